"""Numbers of Brazilian and English exports, and order-level amounts that must count once (R15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from datapilot_assets.landing.values import (
    NUMBER_DIGITS,
    NUMBER_EXPONENT,
    NUMBER_NEGATIVE,
    number_marks,
    number_pattern,
)
from datapilot_domain.contracts.sales import MONEY


def parse_number(text: Column, decimal_mark: Column, ddl: str = MONEY) -> Column:
    """Decimal of a text such as `R$ 1.234,56`, `(10.00)` or `5,00-`; null for anything else.

    decimal_mark is "," or "."; the grammar is `number_pattern`, the one that landing reads with.
    """

    def when_mark_is(mark: str) -> Column:
        is_number = text.rlike(f"^(?:{number_pattern(mark)})$")
        return F.when((decimal_mark == mark) & is_number, F.translate(written, number_marks(mark), "."))

    written = F.regexp_extract(text, f"({NUMBER_DIGITS})", 1)
    digits = F.coalesce(when_mark_is(","), when_mark_is("."))
    exponent = F.regexp_extract(text, NUMBER_EXPONENT, 1)
    sign = F.when(text.rlike(NUMBER_NEGATIVE), F.lit("-")).otherwise(F.lit(""))
    return F.concat(sign, digits, F.when(exponent != "", F.concat(F.lit("E"), exponent)).otherwise("")).try_cast(ddl)


@dataclass(frozen=True)
class Share:
    """An order-level amount to spread.

    value: the order's value as each line has it; takes: name of a boolean column, the lines that take part.
    """

    value: Column
    takes: str


def allocate(lines: DataFrame, order: tuple[str, ...], last: Column, shares: Mapping[str, Share]) -> DataFrame:
    """Add to `lines` one column per share whose sum over the lines that take part is the order's value.

    order: columns that name the order. Its value is its single non-zero value, on whichever lines the
    export writes it, zero when it is blank everywhere. It is spread in proportion to |gross_amount|
    (all zero: equally), rounded half up to cents; the line with the greatest `last` takes the rest.
    Null on lines that take no part.
    """
    window = Window.partitionBy(*order)
    weight = F.coalesce(F.abs("gross_amount"), F.lit(0).cast(MONEY))
    parts: dict[str, Column] = {}
    # Once per set of lines, not once per share: every window function costs as much as all of parsing.
    for takes in {share.takes for share in shares.values()}:
        parts[f"_{takes}_weight"] = F.sum(F.when(F.col(takes), weight)).over(window)
        parts[f"_{takes}_lines"] = F.count_if(F.col(takes)).over(window)
        parts[f"_{takes}_last"] = F.max(F.when(F.col(takes), last)).over(window)
    rounded: dict[str, Column] = {}
    spread: dict[str, Column] = {}
    for name, share in shares.items():
        of_order = F.max(F.when(share.value != 0, share.value)).over(window)
        parts[f"_{name}_value"] = F.coalesce(of_order, F.lit(0).cast(MONEY))
        value, whole, mine = F.col(f"_{name}_value"), F.col(f"_{share.takes}_weight"), F.col(f"_{name}_rounded")
        exact = F.when(whole > 0, value * weight / whole).otherwise(value / F.col(f"_{share.takes}_lines"))
        rounded[f"_{name}_rounded"] = F.when(F.col(share.takes), F.round(exact, 2).cast(MONEY))
        rest = value - F.col(f"_{name}_total") + mine
        spread[name] = F.when(
            F.col(share.takes), F.when(last == F.col(f"_{share.takes}_last"), rest).otherwise(mine)
        ).cast(MONEY)
    totals = {f"_{name}_total": F.sum(f"_{name}_rounded").over(window) for name in shares}
    result = lines.withColumns(parts).withColumns(rounded).withColumns(totals).withColumns(spread)
    return result.drop(*parts, *rounded, *totals)
