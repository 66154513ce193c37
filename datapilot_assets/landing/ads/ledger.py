"""Which rows of which extraction count (R26), as a pure function of the log.

The index of a content has one row per object but its copies: unit_key, account_id, level, breakdown_set, entity_id,
campaign_id, campaign_name, currency, reported_on, month, records (the object and its copies).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from datapilot_domain.contracts.table import EDGE_DAYS
from datapilot_domain.extractions import conversion_types
from datapilot_domain.fingerprints import NOTHING_LANDED
from datapilot_domain.landing import Edges, digest
from datapilot_domain.ledger import ActiveEntry
from datapilot_domain.partitions import Month

# Platform, account, campaign, number of the extraction, name, currency (None where it does not say).
CampaignName = tuple[str, str, str, int, str | None, str | None]
LOST_SCHEMA = pa.schema(
    [pa.field("landed_seq", pa.int32()), pa.field("unit_key", pa.string()), pa.field("month", pa.string())]
)
COVERAGE_SCHEMA = pa.schema(
    [pa.field("platform", pa.string()), pa.field("account_id", pa.string()), pa.field("day", pa.date32())]
)
_SPAN_SCHEMA = pa.schema(
    [
        pa.field("extraction", pa.int32()),
        pa.field("platform", pa.string()),
        pa.field("account_id", pa.string()),
        pa.field("first_day", pa.date32()),
        pa.field("last_day", pa.date32()),
    ]
)
_COVERAGE = """
SELECT DISTINCT platform, account_id, unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS day
FROM span ORDER BY ALL
"""

_OBJECTS = """
CREATE TEMP TABLE objects AS
SELECT e.seq, e.rank, e.extraction, e.platform, u.*
FROM read_parquet(getvariable('files'), filename = true) u JOIN entry e ON e.file = u.filename
"""
_NO_OBJECTS = """
CREATE TEMP TABLE objects (seq INT, rank INT, extraction INT, platform VARCHAR, unit_key VARCHAR, account_id VARCHAR,
    level VARCHAR, breakdown_set VARCHAR, entity_id VARCHAR, campaign_id VARCHAR, campaign_name VARCHAR,
    currency VARCHAR, reported_on DATE, month VARCHAR, records INT)
"""
# The later extraction wins the days that it covers, for the entities that it has anywhere; of two pages of one
# extraction with the same object the later. `extraction` is ordered by time.
_LOST = """
CREATE TEMP TABLE lost AS
WITH entity AS (
    SELECT DISTINCT extraction, platform, account_id, level, breakdown_set, entity_id FROM objects),
wins AS (
    SELECT e.*, s.first_day, s.last_day FROM entity e
    JOIN span s USING (extraction, platform, account_id))
SELECT o.seq, o.unit_key, o.month, o.records FROM objects o
WHERE EXISTS (
    FROM wins w
    WHERE (w.platform, w.account_id, w.level, w.breakdown_set, w.entity_id)
            = (o.platform, o.account_id, o.level, o.breakdown_set, o.entity_id)
      AND w.extraction > o.extraction AND o.reported_on BETWEEN w.first_day AND w.last_day
) OR EXISTS (
    FROM objects p WHERE (p.extraction, p.unit_key) = (o.extraction, o.unit_key) AND p.rank > o.rank
)
"""
_STANDING = """
CREATE TEMP TABLE standing AS
SELECT * FROM objects o WHERE NOT EXISTS (FROM lost x WHERE x.seq = o.seq AND x.unit_key = o.unit_key)
"""
_STATE_OF_MONTH = """
WITH kept AS (SELECT DISTINCT month, seq FROM standing),
gone AS (SELECT month, seq, md5(string_agg(unit_key, ';' ORDER BY unit_key)) AS hash FROM lost GROUP BY ALL),
days AS (
    SELECT strftime(day, '%Y-%m') AS month,
           md5(string_agg(concat_ws('|', platform, account_id, day), ';' ORDER BY platform, account_id, day)) AS hash
    FROM covered GROUP BY ALL)
SELECT d.month, list([e.seq::VARCHAR, e.content_id, e.types, coalesce(g.hash, '')] ORDER BY e.seq)
       FILTER (e.seq IS NOT NULL), any_value(d.hash)
FROM days d LEFT JOIN kept k USING (month) LEFT JOIN entry e ON e.seq = k.seq
LEFT JOIN gone g ON g.month = d.month AND g.seq = k.seq
GROUP BY d.month
"""
# What stands and what is covered in the first days of each month, and in its last ones.
_EDGES = f"""
WITH days AS (
    SELECT platform || account_id || day AS what, day FROM covered
    UNION ALL
    SELECT e.content_id || e.types || o.unit_key, o.reported_on FROM standing o JOIN entry e USING (seq))
SELECT strftime(day, '%Y-%m') AS month,
       md5(string_agg(what, ';' ORDER BY what) FILTER (dayofmonth(day) <= {EDGE_DAYS})),
       md5(string_agg(what, ';' ORDER BY what) FILTER (day > last_day(day) - {EDGE_DAYS}))
FROM days WHERE dayofmonth(day) <= {EDGE_DAYS} OR day > last_day(day) - {EDGE_DAYS} GROUP BY month
"""
# A campaign that a later extraction does not have at all, in days that it covers, though it has others at that level
# and breakdown set: one without campaigns misses none.
_ABSENT = """
SELECT o.campaign_id, arg_max(o.campaign_name, o.extraction) FROM standing o
JOIN span s USING (platform, account_id)
WHERE s.extraction = $extraction AND o.extraction < s.extraction
  AND o.reported_on BETWEEN s.first_day AND s.last_day AND o.campaign_id IS NOT NULL
  AND EXISTS (
    FROM objects p WHERE (p.extraction, p.platform, p.account_id, p.level, p.breakdown_set)
        = (s.extraction, o.platform, o.account_id, o.level, o.breakdown_set))
  AND NOT EXISTS (
    FROM objects p WHERE (p.extraction, p.platform, p.account_id, p.campaign_id)
        = (s.extraction, o.platform, o.account_id, o.campaign_id))
GROUP BY o.platform, o.account_id, o.campaign_id ORDER BY ALL
"""
_NAMES = """
SELECT platform, account_id, campaign_id, extraction, arg_max(campaign_name, (reported_on, rank)) AS campaign_name,
       max(currency) AS currency
FROM objects WHERE campaign_id IS NOT NULL
GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class Resolution:
    """What the active extractions leave standing.

    lost: LOST_SCHEMA, objects that a later extraction or page took away. hashes: landed hash of every month with a
    covered day; edges: of its first and last days. superseded: records lost per (entry, month). standing: entries
    with objects left in a month.
    names: what each extraction called its campaigns, oldest first.
    absent: campaigns (id, name) that the extraction asked about lacks though it covers days of theirs.
    """

    lost: pa.Table
    hashes: dict[Month, str]
    edges: dict[Month, Edges]
    superseded: dict[tuple[int, Month], int]
    standing: frozenset[tuple[int, Month]]
    names: list[CampaignName]
    absent: list[tuple[str, str | None]]


def extraction_numbers(active: Sequence[ActiveEntry]) -> dict[int, int]:
    """Sequence number of each entry → number of its extraction, in the order in which they count.

    Pages that joined act together; so do all files of one platform that a sender declared to be one set.
    """
    newest: dict[tuple[str, ...], int] = {}
    for item in active:
        newest[_set_of(item)] = item.rank
    order = {rank: number for number, rank in enumerate(sorted(set(newest.values())), start=1)}
    return {item.entry.seq: order[newest[_set_of(item)]] for item in active}


def _set_of(item: ActiveEntry) -> tuple[str, ...]:
    entry = item.entry
    platform = entry.extraction.platform if entry.extraction else ""
    if entry.declaration.set_id is None:
        return (platform, str(item.group))
    # An id that comes again at another time is another set.
    return (platform, entry.source, entry.declaration.set_id, str(entry.declaration.as_of))


def coverage(active: Sequence[ActiveEntry]) -> pa.Table:
    """COVERAGE_SCHEMA: the days that some active extraction of each account covers, once each."""
    with duckdb.connect(":memory:") as connection:
        connection.register("span", _spans(active))
        return connection.execute(_COVERAGE).to_arrow_table().cast(COVERAGE_SCHEMA)


def _spans(active: Sequence[ActiveEntry]) -> pa.Table:
    """_SPAN_SCHEMA: an extraction covers every day from its first to its last, for all accounts that share a file."""
    number_of = extraction_numbers(active)
    spans: dict[tuple[int, str, str], list[dt.date]] = {}
    for item in active:
        extraction = item.entry.extraction
        assert extraction is not None
        for account in extraction.account_ids:
            days = (day for part in extraction.slices for day in (part.first_day, part.last_day))
            spans.setdefault((number_of[item.entry.seq], extraction.platform, account), []).extend(days)
    rows = [
        dict(zip(_SPAN_SCHEMA.names, (*key, min(days), max(days)), strict=True)) for key, days in sorted(spans.items())
    ]
    return pa.Table.from_pylist(rows, _SPAN_SCHEMA)


def types_of_entries(active: Sequence[ActiveEntry], chosen: Sequence[str]) -> dict[int, dict[str, tuple[str, ...]]]:
    """Sequence number of each entry → account → action types that count in its extraction (R28).

    Never chosen per file, nor by what another account has. chosen: the organization's setting.
    """
    number_of = extraction_numbers(active)
    extractions = {item.entry.seq: item.entry.extraction for item in active if item.entry.extraction is not None}
    present: dict[tuple[int, str], set[str]] = {}
    for seq, extraction in extractions.items():
        for account in extraction.accounts:
            present.setdefault((number_of[seq], account.account_id), set()).update(account.action_types)
    return {
        seq: {
            account: conversion_types(extraction.platform, present[number_of[seq], account], chosen)
            for account in sorted(extraction.account_ids)
        }
        for seq, extraction in extractions.items()
    }


def resolve(active: Sequence[ActiveEntry], index_files: Mapping[str, Path], about: int | None = None) -> Resolution:
    """Apply R26 to the active entries of ads.

    index_files: content id → its index. about: sequence number of an entry whose extraction is asked about.
    """
    with duckdb.connect(":memory:") as connection:
        return _resolve(connection, active, index_files, about)


def _resolve(
    connection: duckdb.DuckDBPyConnection,
    active: Sequence[ActiveEntry],
    index_files: Mapping[str, Path],
    about: int | None,
) -> Resolution:
    connection.execute(
        "CREATE TEMP TABLE entry (seq INT, rank INT, extraction INT, platform VARCHAR, content_id VARCHAR, "
        "types VARCHAR, file VARCHAR)"
    )
    number_of, types = extraction_numbers(active), types_of_entries(active, ())
    for item in active:
        entry = item.entry
        assert entry.extraction is not None
        assert entry.content_id is not None
        file = str(index_files[entry.content_id])
        counted = ";".join(f"{account}={','.join(names)}" for account, names in types[entry.seq].items())
        about_it = [entry.extraction.platform, entry.content_id, counted, file]
        row = [entry.seq, item.rank, number_of[entry.seq], *about_it]
        connection.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    if active:
        files = sorted({str(index_files[str(item.entry.content_id)]) for item in active})
        connection.execute("SET VARIABLE files = ?", [files])
        connection.execute(_OBJECTS)
    else:
        connection.execute(_NO_OBJECTS)
    for name, found in (("span", _spans(active)), ("covered", coverage(active))):
        connection.register(name, found)
    connection.execute(_LOST)
    connection.execute(_STANDING)
    standing = connection.execute("SELECT DISTINCT seq, month FROM standing").fetchall()
    superseded = connection.execute("SELECT seq, month, sum(records)::BIGINT FROM lost GROUP BY ALL").fetchall()
    absent = [] if about is None else connection.execute(_ABSENT, {"extraction": number_of[about]}).fetchall()
    return Resolution(
        lost=connection.execute("SELECT seq AS landed_seq, unit_key, month FROM lost")
        .to_arrow_table()
        .cast(LOST_SCHEMA),
        hashes={
            Month.parse(month): digest([contents or [], days])
            for month, contents, days in connection.execute(_STATE_OF_MONTH).fetchall()
        },
        edges=_edges_of(connection),
        superseded={(seq, Month.parse(month)): int(count) for seq, month, count in superseded},
        standing=frozenset((seq, Month.parse(month)) for seq, month in standing),
        names=connection.execute(_NAMES).fetchall(),
        absent=absent,
    )


def _edges_of(connection: duckdb.DuckDBPyConnection) -> dict[Month, Edges]:
    return {
        Month.parse(month): Edges(head or NOTHING_LANDED, tail or NOTHING_LANDED)
        for month, head, tail in connection.execute(_EDGES).fetchall()
    }
