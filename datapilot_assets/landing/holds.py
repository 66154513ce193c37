"""What makes a file one to be held: a layout that lost a money column (R12), orders of another store (R14)."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from datapilot_assets.landing.dialect import normalise_header
from datapilot_assets.landing.effects import Resolution
from datapilot_domain.commands import PLACEHOLDER, mapping_command
from datapilot_domain.findings import Field, Found, Money, found
from datapilot_domain.landing import LandingEntry, Layout, Notice
from datapilot_domain.ledger import counted_entries
from datapilot_domain.organizations import Organization

# Fields that money depends on (R12); the two discounts say one thing, at the line or at the order.
_MONEY_FIELDS = ("order_id", "line_no", "line_amount", "status", "payment_status", "order_discount", "line_discount")
_SAME = ({"order_discount", "line_discount"},)
LOOKALIKE_ORDERS = 10


@dataclass(frozen=True)
class Hold:
    """Why a file is held, and the money that the decision moves."""

    code: str
    found: Found
    at_stake: Decimal


@dataclass(frozen=True)
class Drift:
    """How a layout differs from the source's last one. lost: column → field of which it was the source's column.

    `money_lost` are those that every earlier file of the source had and money depends on; `new` columns are
    in no field; `renamed` pairs a lost column with the new one that is most like it.
    """

    lost: dict[str, str]
    money_lost: dict[str, str]
    new: tuple[str, ...]
    renamed: dict[str, str]


def layout_drift(entries: Sequence[LandingEntry], entry: LandingEntry) -> Drift | None:
    """Drift of the entry against the source's last accepted file (R12); None for a first file, or one without lines.

    A column that is still there but was given another meaning by the rest of the file is not lost.
    """
    layouts = _layouts(entries, entry)
    if not layouts or entry.layout is None or entry.records == entry.ignored:
        return None
    last, now = layouts[-1], entry.layout
    lost = {
        column: field
        for column, field in last.mapping.items()
        if column not in now.header and not any(now.has(other) for other in _alike(field))
    }
    always = {f for f in _MONEY_FIELDS if all(any(x.has(other) for other in _alike(f)) for x in layouts)}
    new = tuple(name for name in now.header if name and name not in last.header and name not in now.mapping)
    return Drift(lost, {c: f for c, f in lost.items() if f in always}, new, _renamed(lost, new))


def _layouts(entries: Sequence[LandingEntry], entry: LandingEntry) -> list[Layout]:
    """Layouts of the source's accepted files with lines, oldest first; a header alone shows no habit."""
    return [
        other.layout
        for other in counted_entries(entries, entry.family)
        if other.source == entry.source and other.layout is not None and other.records > other.ignored
    ]


def _alike(field: str) -> set[str]:
    return next((fields for fields in _SAME if field in fields), {field})


def _renamed(lost: dict[str, str], new: Sequence[str]) -> dict[str, str]:
    """Lost column → the new column that may be it: the most alike, or the only one for the only one."""
    if len(lost) == len(new) == 1:
        return dict(zip(lost, new, strict=True))
    headers = {normalise_header(name): name for name in new}
    alike = {name: difflib.get_close_matches(normalise_header(name), headers, n=1) for name in lost}
    return {name: headers[close[0]] for name, close in alike.items() if close}


def renaming_command(entry: LandingEntry, drift: Drift) -> str | None:
    """The `mapping set` that says which new column is which lost one."""
    pairs = [(new, drift.lost[old]) for old, new in drift.renamed.items()]
    return mapping_command(entry.org_id, entry.file, pairs) if pairs else None


def drift_notices(entry: LandingEntry, drift: Drift) -> list[Notice]:
    notices = []
    if drift.new:
        notices.append(Notice(code="COLUMNS_NEW", values={"columns": ", ".join(drift.new)}))
    if drift.lost:
        listed = ", ".join(f"{column} ({field})" for column, field in drift.lost.items())
        pairs = [(drift.renamed.get(old, PLACEHOLDER), field) for old, field in drift.lost.items()]
        values = {"columns": listed, "suggestion": f" {mapping_command(entry.org_id, entry.file, pairs)}"}
        notices.append(Notice(code="COLUMNS_GONE", values=values))
    return notices


def hold_lost_columns(entry: LandingEntry, drift: Drift | None, index: Path, organization: Organization) -> Hold | None:
    """R12: a column that money depends on, which the source always had, is gone."""
    if drift is None or not drift.money_lost:
        return None
    amount = value_of(index)
    lost = [found("column_of_field", column=c, field=Field(field=f)) for c, f in drift.money_lost.items()]
    told = found(
        "columns_lost",
        columns=lost,
        source=entry.source,
        amount=Money(amount=amount, currency=organization.currency),
        new=drift.new or found("no_column"),
    )
    return Hold("COLUMN_LOST", told, amount)


def value_of(index: Path) -> Decimal:
    """Value of all sale lines of a unit index, any status."""
    row = duckdb.sql(
        "SELECT sum(amount) FROM read_parquet($file) WHERE event_type = 'sale'", params={"file": str(index)}
    ).fetchone()
    return (row and row[0]) or Decimal(0)


_SHARED = """
WITH mine AS (
    SELECT unit_key, sum(amount) AS amount FROM read_parquet($file)
    WHERE event_type = 'sale' AND order_id IS NOT NULL GROUP BY unit_key
),
earlier AS (SELECT unit_key, sum(amount) AS amount FROM before WHERE source = $source GROUP BY unit_key),
later AS (SELECT unit_key, sum(amount) AS amount FROM after WHERE source = $source GROUP BY unit_key),
shared AS (
    SELECT m.amount AS here, e.amount AS there,
           -- Part invoicing keeps earlier lines, an older file changes nothing: neither contradicts what stands.
           abs(m.amount - e.amount) > 0.01 AND l.amount = m.amount AS differs
    FROM mine m JOIN earlier e USING (unit_key) LEFT JOIN later l USING (unit_key)
)
SELECT (SELECT count(*) FROM mine), count(*), count_if(differs), coalesce(sum(there) FILTER (differs), 0),
       coalesce(sum(here) FILTER (differs), 0)
FROM shared
"""


def hold_lookalike(
    entry: LandingEntry, index: Path, before: Resolution, after: Resolution, organization: Organization
) -> Hold | None:
    """R14: a merging file shares orders with its source, and most of them have another total there."""
    if entry.complete_months or entry.replaces_seq is not None:
        return None
    with duckdb.connect(":memory:") as connection:
        connection.register("before", before.orders)
        connection.register("after", after.orders)
        row = connection.execute(_SHARED, {"file": str(index), "source": entry.source}).fetchone()
    assert row is not None
    orders, shared, differing, there, here = row
    if shared < LOOKALIKE_ORDERS or 2 * differing <= shared:
        return None
    told = found(
        "other_totals",
        orders=orders,
        shared=shared,
        differing=differing,
        share=percent(differing, shared),
        source=entry.source,
        before=Money(amount=there, currency=organization.currency),
        here=Money(amount=here, currency=organization.currency),
    )
    return Hold("STORE_LOOKALIKE", told, there)


def percent(part: int, whole: int) -> str:
    """Whole percent, half up."""
    return f"{(200 * part + whole) // (2 * whole)} %"
