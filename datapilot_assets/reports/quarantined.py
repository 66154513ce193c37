"""Why records of a file were not taken: grouped by reason, with examples that the sender can find again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from datapilot_assets.landing.values import number_sql
from datapilot_assets.reports.figures import exact
from datapilot_assets.reports.model import Example, ReasonGroup
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.landing import Layout
from datapilot_domain.reasons import REASONS

EXAMPLES = 3
_FIELDS = "|".join(field.name for field in SALES_FIELDS)
_FIELD = re.compile(rf"(?:^|; )({_FIELDS})=")
_AMOUNT_FIELDS = ("line_amount", "quantity", "unit_price")


def group_reasons(rows: Sequence[Mapping[str, Any]], layout: Layout | None, locale: str) -> tuple[ReasonGroup, ...]:
    """Rows of SALES_QUARANTINE of one file, the most frequent reason first."""
    amounts = _amounts(rows, layout)
    by_code: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["record_no"]):
        by_code.setdefault(row["reason"], []).append(row)
    groups = []
    for code, found in sorted(by_code.items(), key=lambda item: (-len(item[1]), item[0])):
        known = [amounts[row["record_no"]] for row in found if row["record_no"] in amounts]
        groups.append(
            ReasonGroup(
                code=code,
                count=len(found),
                amount=exact(sum(known, Decimal(0))) if known else None,
                text=REASONS[code].text(locale),
                remedy=REASONS[code].remedy(locale),
                examples=tuple(_example(row, layout) for row in found[:EXAMPLES]),
            )
        )
    return tuple(groups)


def fields_of(text: str) -> dict[str, str]:
    """The masked text of a quarantined record, `field=value; field=value`, as a map."""
    parts = _FIELD.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def spreadsheet_line(record_no: int) -> int:
    """The row that a spreadsheet shows for a record: the header is a row too, and stands before every sale."""
    return record_no + 1


def _example(row: Mapping[str, Any], layout: Layout | None) -> Example:
    headers = [header for header, field in layout.mapping.items() if field == row["column"]] if layout else []
    return Example(
        record=row["record_no"],
        line=spreadsheet_line(row["record_no"]),
        column=row["column"],
        header=" + ".join(headers) or None,
        value=fields_of(row["text"]).get(row["column"]),
        text=row["text"],
    )


def _amounts(rows: Sequence[Mapping[str, Any]], layout: Layout | None) -> dict[int, Decimal]:
    """Record → its line value, where the text still says one: the amount, else quantity × price."""
    if layout is None or not rows:
        return {}
    texts = {row["record_no"]: fields_of(row["text"]) for row in rows}
    schema = pa.schema([("record_no", pa.int32()), *((name, pa.string()) for name in _AMOUNT_FIELDS)])
    table = pa.Table.from_pylist(
        [{"record_no": number, **{n: text.get(n) for n in _AMOUNT_FIELDS}} for number, text in texts.items()], schema
    )
    absent = {"quantity": str(layout.assumed_quantity)} if layout.assumed_quantity else {}
    amount, quantity, price = (
        number_sql(name, layout.decimal_marks[name]) if name in layout.decimal_marks else absent.get(name, "NULL")
        for name in _AMOUNT_FIELDS
    )
    with duckdb.connect(":memory:") as connection:
        connection.register("texts", table)
        found = connection.execute(
            f"SELECT record_no, amount FROM (SELECT record_no, CAST(coalesce({amount}, "
            f"TRY_CAST(({quantity}) * ({price}) AS DECIMAL(18,4))) AS DECIMAL(28,4)) AS amount FROM texts) "
            "WHERE amount IS NOT NULL"
        ).fetchall()
    return dict(found)
