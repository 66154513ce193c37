"""What Microsoft documents of push semantic models, each with its page; read in November 2026."""

from __future__ import annotations

from typing import Final

# https://learn.microsoft.com/power-bi/developer/embedded/push-datasets-limitations
TABLES: Final = 75  # per semantic model
COLUMNS: Final = 75  # per table, as its tables and columns are counted there
ROWS_PER_REQUEST: Final = 10_000  # per POST rows request
ROWS_PER_HOUR: Final = 1_000_000  # added per semantic model
PENDING_REQUESTS: Final = 5  # POST rows requests under way per semantic model; we have one
REQUESTS_PER_MINUTE: Final = 120  # POST rows requests per semantic model
LARGE_TABLE_ROWS: Final = 250_000  # from so many rows in a table on …
LARGE_TABLE_REQUESTS_PER_HOUR: Final = 120  # … POST rows requests per semantic model
TABLE_ROWS: Final = {"none": 5_000_000, "basicFIFO": 200_000}  # stored per table, by retention policy
TEXT_CHARACTERS: Final = 4_000  # per value of a string column

# https://learn.microsoft.com/power-bi/connect-data/service-real-time-streaming ("Max rate of data ingestion")
BYTES_PER_REQUEST: Final = 16_000_000  # said as 16 MB

# https://learn.microsoft.com/power-bi/developer/automation/api-dataset-properties ("Data type restrictions")
DECIMAL_PRECISION: Final = 28
DECIMAL_SCALE: Final = 4
INT64_BEYOND: Final = (-(2**63), 2**63 - 1)  # neither of the two is allowed, nor what lies beyond

MINUTE: Final = 60.0  # seconds
HOUR: Final = 3600.0
