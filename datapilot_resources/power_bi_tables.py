"""The tables of the delivery ledger of Power BI. Times are seconds since 1970, UTC."""

from __future__ import annotations

import sqlalchemy as sa

from datapilot_resources.side_records import SCHEMA

METADATA = sa.MetaData(schema=SCHEMA)


def _key(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


# Bodies of rows: planned → sending → sent. One left in `sending` may have arrived or not: nobody knows.
CHUNKS = sa.Table(
    "power_bi_chunks",
    METADATA,
    *_key("org_id", "dataset", "table_name", "month", "fingerprint"),
    sa.Column("chunk", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("planned_at", sa.Double, nullable=False),
    sa.Column("sent_at", sa.Double),
)
# Tables that are being emptied: a row stands until the service said that it was done.
EMPTYING = sa.Table(
    "power_bi_emptying",
    METADATA,
    *_key("org_id", "dataset", "table_name"),
    sa.Column("begun_at", sa.Double, nullable=False),
)
# POST rows requests of the last hour, which outlive the chunks of a table that is emptied.
REQUESTS = sa.Table(
    "power_bi_requests",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("org_id", sa.Text, nullable=False),
    sa.Column("dataset", sa.Text, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("at", sa.Double, nullable=False),  # its end, or the latest moment at which it ends
    sa.Index("power_bi_requests_by_time", "dataset", "at"),
    sqlite_autoincrement=True,
)
# Whose a semantic model is, who writes to it now, and until when it is left alone.
DATASETS = sa.Table(
    "power_bi_datasets",
    METADATA,
    *_key("dataset"),
    sa.Column("org_id", sa.Text, nullable=False),
    sa.Column("holder", sa.Text),
    sa.Column("held_until", sa.Double, nullable=False, default=0.0),
    sa.Column("not_before", sa.Double, nullable=False, default=0.0),
    sa.Column("failures", sa.Integer, nullable=False, default=0),  # in a row
    sa.Column("outages", sa.Integer, nullable=False, default=0),  # all failures that there ever were
)
ALL = (CHUNKS, EMPTYING, REQUESTS, DATASETS)
