"""Which rows of which file count: the merge rules R2-R4 over the unit index, as a pure function of the log.

The index of a content has one row per (unit_key, line_no, sold_on): unit_key, event_type, order_id, line_no,
sold_on, month, records, amount, and columns that are absent from indexes of before they were known: other_ids,
order_total, status, status_raw, order_level, order_discount, order_freight. A unit is identified within its source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from datapilot_assets.monthly import rows_of
from datapilot_domain.fingerprints import NOTHING_LANDED
from datapilot_domain.landing import digest
from datapilot_domain.ledger import ActiveEntry
from datapilot_domain.partitions import Month

LOST_SCHEMA = pa.schema(
    [
        pa.field("landed_seq", pa.int32()),
        pa.field("unit_key", pa.string()),
        pa.field("line_no", pa.int32()),
        pa.field("sold_on", pa.date32()),
        pa.field("month", pa.string()),
    ]
)
REVISED_SCHEMA = pa.schema(
    [
        ("landed_seq", pa.int32()),
        ("unit_key", pa.string()),
        ("month", pa.string()),
        ("status", pa.string()),
        ("status_raw", pa.string()),
        ("order_discount", pa.decimal128(18, 4)),
        ("order_freight", pa.decimal128(18, 4)),
        ("worth", pa.decimal128(18, 4)),
    ]
)

_LINES = """
CREATE TEMP TABLE lines AS
SELECT e.seq, e.source, e.rank, e.grp, u.unit_key, u.event_type, u.order_id, u.line_no, u.sold_on, u.month,
       u.records, u.amount, u.other_ids, u.order_total, u.status, u.status_raw,
       coalesce(u.order_level, false) AS order_level, u.order_discount, u.order_freight
FROM (FROM read_parquet(getvariable('files'), filename = true, union_by_name = true)
      UNION ALL BY NAME
      SELECT NULL::VARCHAR[] AS other_ids, NULL::DECIMAL(18, 4) AS order_total, NULL::VARCHAR AS status,
             NULL::VARCHAR AS status_raw, NULL::BOOLEAN AS order_level, NULL::DECIMAL(18, 4) AS order_discount,
             NULL::DECIMAL(18, 4) AS order_freight WHERE false) u
JOIN entry e ON e.file = u.filename
"""
# An older line survives a newer version only in part invoicing (R4): both versions carry line numbers and
# the newer one has neither that number nor that date. Parts of one group are one version, in which a later
# part only takes the place of a line with the same number, or of an equal line without an order. A version that
# only knows the order's total never removes lines: `_YIELDING` lets it go itself, and `_REVISED` keeps its word.
_LOST = """
CREATE TEMP TABLE lost AS
WITH version AS (
    SELECT source, unit_key, grp, max(rank) AS rank, bool_and(line_no IS NOT NULL) AS numbered,
           list(DISTINCT line_no) AS line_nos, list(DISTINCT sold_on) AS dates,
           bool_and(order_level) AS order_level
    FROM lines
    WHERE (source, unit_key) IN (SELECT (source, unit_key) FROM lines GROUP BY ALL HAVING count(DISTINCT grp) > 1)
    GROUP BY ALL
)
SELECT l.seq, l.unit_key, l.line_no, l.sold_on, l.month, l.records
FROM lines l
WHERE EXISTS (
    FROM version w, version v
    WHERE (w.source, w.unit_key) = (l.source, l.unit_key) AND w.rank > l.rank
      AND (v.source, v.unit_key, v.grp) = (l.source, l.unit_key, l.grp) AND w.grp <> l.grp
      AND NOT (v.numbered AND w.numbered
               AND NOT list_contains(w.line_nos, l.line_no)
               AND NOT coalesce(list_contains(w.dates, l.sold_on), true))
      AND NOT (w.order_level AND NOT v.order_level)
) OR EXISTS (
    FROM lines p
    WHERE (p.source, p.unit_key, p.grp) = (l.source, l.unit_key, l.grp) AND p.rank > l.rank
      AND (p.line_no = l.line_no OR l.order_id IS NULL)
) OR EXISTS (
    FROM (SELECT source, month, rank, list(seq) AS seqs FROM complete GROUP BY ALL) c
    WHERE (c.source, c.month) = (l.source, l.month) AND c.rank > l.rank AND NOT list_contains(c.seqs, l.seq)
)
"""
_SURVIVORS = """
CREATE TEMP TABLE survivor AS
SELECT * FROM lines l
WHERE NOT EXISTS (
    FROM lost x WHERE x.seq = l.seq AND x.unit_key = l.unit_key AND x.month = l.month
      AND x.line_no IS NOT DISTINCT FROM l.line_no AND x.sold_on IS NOT DISTINCT FROM l.sold_on
)
"""
_YIELDING = """
CREATE TEMP TABLE yielding AS
SELECT * FROM survivor WHERE order_level
  AND (source, unit_key) IN (SELECT (source, unit_key) FROM survivor WHERE NOT order_level);
INSERT INTO lost SELECT seq, unit_key, line_no, sold_on, month, records FROM yielding;
DELETE FROM survivor WHERE order_level AND (source, unit_key) IN (SELECT (source, unit_key) FROM yielding);
"""
_REVISED = """
CREATE TEMP TABLE revised AS
WITH newest AS (
    SELECT source, unit_key, rank, max(status) AS status, max(status_raw) AS status_raw,
           sum(order_discount) AS order_discount, sum(order_freight) AS order_freight
    FROM yielding GROUP BY source, unit_key, rank
    QUALIFY rank = max(rank) OVER (PARTITION BY source, unit_key)
),
detail AS (
    SELECT source, unit_key, max(rank) AS rank, sum(abs(amount)) FILTER (event_type = 'sale') AS worth
    FROM survivor GROUP BY source, unit_key
)
SELECT s.seq AS landed_seq, s.unit_key, s.month, n.status, n.status_raw,
       n.order_discount::DECIMAL(18, 4) AS order_discount, n.order_freight::DECIMAL(18, 4) AS order_freight,
       d.worth::DECIMAL(18, 4) AS worth
FROM (SELECT DISTINCT seq, source, unit_key, month FROM survivor) s
JOIN newest n USING (source, unit_key) JOIN detail d USING (source, unit_key)
WHERE n.rank > d.rank
"""
_REVISED_OF_MONTH = """
SELECT month, list([landed_seq::VARCHAR, unit_key, status, status_raw, order_discount::VARCHAR, order_freight::VARCHAR,
                    worth::VARCHAR] ORDER BY landed_seq, unit_key)
FROM revised GROUP BY month
"""
_STATE_OF_MONTH = """
WITH kept AS (SELECT month, seq FROM survivor GROUP BY ALL),
gone AS (
    SELECT month, seq,
           md5(string_agg(concat_ws('|', unit_key, coalesce(line_no::VARCHAR, ''), coalesce(sold_on::VARCHAR, '')),
                          ';' ORDER BY unit_key, line_no, sold_on)) AS hash
    FROM lost GROUP BY ALL
)
SELECT m.month, list([e.seq::VARCHAR, e.source, e.content_id, coalesce(g.hash, '')] ORDER BY e.seq)
       FILTER (e.seq IS NOT NULL)
FROM (SELECT DISTINCT month FROM lines UNION SELECT DISTINCT month FROM complete) m
LEFT JOIN kept k USING (month)
LEFT JOIN entry e ON e.seq = k.seq
LEFT JOIN gone g ON g.month = m.month AND g.seq = k.seq
GROUP BY m.month
"""


_ORDERS = """
SELECT source, unit_key, month, any_value(order_id) AS order_id,
       list_distinct(coalesce(flatten(list(other_ids)), [])) AS other_ids,
       min(sold_on) AS first_day, sum(amount) AS amount, max(order_total) AS order_total,
       bool_or(coalesce(status = 'paid', false)) AS is_paid
FROM survivor WHERE event_type = 'sale' AND order_id IS NOT NULL
GROUP BY source, unit_key, month
"""


@dataclass(frozen=True)
class Resolution:
    """What the active entries leave standing.

    lost: LOST_SCHEMA, the index rows that a newer version or a complete month took away.
    hashes: landed hash of every month; superseded: records lost per (entry, month); standing: entries with
    records left in a month; repeatable: standing records per entry that repeat an explicit line number of
    their order on their day, the most that silver may find to be copies.
    orders: of the sale orders that stand, per (source, unit_key, month): order_id, other_ids, first_day,
    amount (sum of the lines of that month), order_total (what the source writes as the order's total), is_paid.
    keyless: source, unit_key, amount of the lines without an order that stand.
    revised: REVISED_SCHEMA, what a newer version without lines says of orders whose lines stand (R4).
    """

    lost: pa.Table
    hashes: dict[Month, str]
    superseded: dict[tuple[int, Month], int]
    standing: frozenset[tuple[int, Month]]
    repeatable: dict[int, int]
    orders: pa.Table
    keyless: pa.Table
    revised: pa.Table

    def revised_in(self, months: Sequence[Month]) -> pa.Table:
        return rows_of(self.revised, months)

    def lost_in(self, months: Sequence[Month]) -> pa.Table:
        return rows_of(self.lost, months)


def resolve(active: Sequence[ActiveEntry], index_files: Mapping[str, Path]) -> Resolution:
    """Apply R2-R4 to the active entries of one family. `index_files`: content id → its unit index."""
    connection = duckdb.connect(":memory:")
    try:
        return _resolve(connection, active, index_files)
    finally:
        connection.close()


def _resolve(
    connection: duckdb.DuckDBPyConnection, active: Sequence[ActiveEntry], index_files: Mapping[str, Path]
) -> Resolution:
    connection.execute(
        "CREATE TEMP TABLE entry (seq INT, source VARCHAR, rank INT, grp INT, content_id VARCHAR, file VARCHAR)"
    )
    connection.execute("CREATE TEMP TABLE complete (source VARCHAR, month VARCHAR, rank INT, seq INT)")
    for item in active:
        entry = item.entry
        file = str(index_files[entry.content_id or ""])
        row = [entry.seq, entry.source, item.rank, item.group, entry.content_id, file]
        connection.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", row)
        for month, rank in sorted(item.complete_months.items()):
            claim = [entry.source, str(month), rank, entry.seq]
            connection.execute("INSERT INTO complete VALUES (?, ?, ?, ?)", claim)
    files = sorted({str(path) for path in index_files.values()})
    if active:
        connection.execute("SET VARIABLE files = ?", [files])
        connection.execute(_LINES)
    else:
        connection.execute(_EMPTY_LINES)
    for statement in (_LOST, _SURVIVORS, _YIELDING, _REVISED):
        connection.execute(statement)
    revised = dict(connection.execute(_REVISED_OF_MONTH).fetchall())
    complete = {Month.parse(month) for (month,) in connection.execute("SELECT month FROM complete").fetchall()}
    hashes = {
        Month.parse(month): digest(
            [contents or [], Month.parse(month) in complete, *([revised[month]] if month in revised else [])]
        )
        for month, contents in connection.execute(_STATE_OF_MONTH).fetchall()
    }
    superseded = connection.execute("SELECT seq, month, sum(records)::BIGINT FROM lost GROUP BY ALL").fetchall()
    standing = connection.execute("SELECT DISTINCT seq, month FROM survivor").fetchall()
    repeatable = connection.execute(
        "SELECT seq, sum(records - 1)::BIGINT FROM survivor WHERE line_no IS NOT NULL GROUP BY seq"
    ).fetchall()
    return Resolution(
        lost=_arrow(connection, "SELECT seq AS landed_seq, unit_key, line_no, sold_on, month FROM lost").cast(
            LOST_SCHEMA
        ),
        hashes=hashes,
        superseded={(seq, Month.parse(month)): int(count) for seq, month, count in superseded},
        standing=frozenset((seq, Month.parse(month)) for seq, month in standing),
        repeatable={seq: int(count) for seq, count in repeatable},
        orders=_arrow(
            connection,
            _ORDERS,
        ),
        keyless=_arrow(
            connection,
            "SELECT source, unit_key, sum(amount) AS amount FROM survivor WHERE order_id IS NULL GROUP BY ALL",
        ),
        revised=_arrow(connection, "SELECT * FROM revised").cast(REVISED_SCHEMA),
    )


_EMPTY_LINES = """
CREATE TEMP TABLE lines (seq INT, source VARCHAR, rank INT, grp INT, unit_key VARCHAR, event_type VARCHAR,
    order_id VARCHAR, line_no INT, sold_on DATE, month VARCHAR, records INT, amount DECIMAL(28, 4),
    other_ids VARCHAR[], order_total DECIMAL(18, 4), status VARCHAR, status_raw VARCHAR, order_level BOOLEAN,
    order_discount DECIMAL(18, 4), order_freight DECIMAL(18, 4))
"""


def _arrow(connection: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    return connection.execute(query).to_arrow_table()


def touched_months(before: Mapping[Month, str], after: Mapping[Month, str]) -> dict[Month, str]:
    """Months whose active rows changed → landed hash afterwards. Landed hashes of every month, before and after."""
    changed = {month: after.get(month, NOTHING_LANDED) for month in sorted({*before, *after})}
    return {month: new for month, new in changed.items() if before.get(month, NOTHING_LANDED) != new}
