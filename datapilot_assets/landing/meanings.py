"""What the few distinct texts of a file mean: statuses and currencies, each worked out once."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow

from datapilot_domain.contracts.sales_kinds import currency_code
from datapilot_domain.contracts.sales_status import settle_status

_MEANINGS = pyarrow.schema(
    [
        ("status_id", pyarrow.int32()),
        ("status", pyarrow.string()),
        ("payment_status", pyarrow.string()),
        ("status_raw", pyarrow.string()),
        ("sale_status", pyarrow.string()),
    ]
)
_CURRENCIES = pyarrow.schema([("currency", pyarrow.string()), ("currency_code", pyarrow.string())])


def create_meanings(connection: duckdb.DuckDBPyConnection, has_status: bool) -> None:
    """Create the tables `statuses` and `currencies` from the texts of `filled`.

    statuses: status_id, status and payment_status (texts as they stand together in the records), status_raw
    (the text that decides) and sale_status. A file without any status column says paid (R17).
    currencies: currency (text), currency_code (ISO 4217, null for a text that is none).
    """
    pairs = connection.execute("SELECT DISTINCT status, payment_status FROM filled ORDER BY ALL").fetchall()
    rows = []
    for number, (order, payment) in enumerate(pairs):
        raw, meaning = settle_status(order, payment) if has_status else (None, "paid")
        rows.append((number, order, payment, raw, meaning))
    _store(connection, "statuses", _MEANINGS, rows)
    texts = connection.execute("SELECT DISTINCT currency FROM filled WHERE currency IS NOT NULL").fetchall()
    _store(connection, "currencies", _CURRENCIES, [(text, currency_code(text)) for (text,) in texts])


def _store(
    connection: duckdb.DuckDBPyConnection, name: str, schema: pyarrow.Schema, rows: Sequence[tuple[object, ...]]
) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in schema]
    given = pyarrow.table(columns, schema=schema)
    connection.register("given", given)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    connection.unregister("given")
