"""Quantities: each number is an operation over totals of one table, and the SQL that gives it again.

A stranger checks a number with `SELECT <measure> FROM <table> WHERE <where>` at the Delta version beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.kpis import KPIS
from datapilot_domain.partitions import Month

BREAKDOWNS = ("category", "channel", "state", "payment_method", "store")
# Table and column of the members of the other dimensions of sales.
_SALES_TABLES = {"product": "gold.sales_products", "source": "gold.sales_source_month"}
_KEYS = {"product": "product_key", "campaign": "campaign_id", "platform": "platform", "source": "source_id"}


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Term(Frozen):
    """A total of one KPI over months, or over days of them (both ends included), and members of a dimension."""

    kpi: str
    # None given: all that there are.
    months: tuple[Month, ...]
    days: tuple[dt.date, dt.date] | None = None
    dimension: str | None = None
    # None: all of them. A member None is what the source does not say.
    members: tuple[str | None, ...] | None = None
    # Instead of the KPI's total: its numerator alone, its average by month, how many members, months or records
    # there are, the one member's place, the first or last day of the month with rows.
    of: Literal["total", "numerator", "average", "members", "months", "records", "rank", "first_day", "last_day"] = (
        "total"
    )
    # Instead of where the catalogue says: another table that has the KPI's columns, or another column of it.
    at: str | None = None
    column: str | None = None

    @property
    def table(self) -> str:
        """The table that holds the KPI at this grain."""
        table = self.at or KPIS[self.kpi].table
        if table != "gold.sales_month" or self.at:
            return table
        if self.dimension is None:
            return "gold.sales_daily" if self.days or self.of in ("first_day", "last_day") else table
        return _SALES_TABLES.get(self.dimension, "gold.sales_breakdown")

    @property
    def key_column(self) -> str:
        """Column of the table that names the member."""
        return _KEYS.get(self.dimension or "", "value")

    @property
    def conditions(self) -> tuple[str, ...]:
        """Which rows, as SQL that holds together."""
        parts = [one_of("month", tuple(map(str, self.months)))] if self.months else []
        if self.days:
            parts.append(f"date BETWEEN DATE '{self.days[0]}' AND DATE '{self.days[1]}'")
        if self.dimension in BREAKDOWNS:
            parts.append(one_of("dimension", (self.dimension,)))
        if self.members is not None:
            parts.append(one_of(self.key_column, self.members))
        return tuple(parts)

    def parts(self, only: Sequence[str] = ()) -> tuple[str, str | None]:
        """Numerator and denominator (None: no quotient) as SQL aggregates, over the rows that meet `only`, too."""
        kpi, keep = KPIS[self.kpi], f" FILTER (WHERE {' AND '.join(only)})" if only else ""
        special = {
            "members": f"count(DISTINCT coalesce({self.key_column}, ''))",
            "months": "count(DISTINCT month)",
            "rank": "max(rank)",
            "records": "count(*)",
            "first_day": "min(day(date))",
            "last_day": "max(day(date))",
        }
        if self.of in special:
            return special[self.of] + keep, None
        if self.column or kpi.sum_of:
            months = f"count(DISTINCT month){keep}" if self.of == "average" else None
            return f"sum({self.column or kpi.sum_of}){keep}", months
        if kpi.only:  # gold does not tell its parts apart
            return f"max({kpi.column}){keep}", None
        times = "" if kpi.scale == 1 else f"{kpi.scale} * "
        return f"{times}sum({kpi.numerator}){keep}", None if self.of == "numerator" else f"sum({kpi.denominator}){keep}"

    def measure(self, only: Sequence[str] = ()) -> str:
        """The total as one SQL aggregate."""
        numerator, denominator = self.parts(only)
        return numerator if denominator is None else f"{numerator} / nullif({denominator}, 0)"

    @property
    def is_sum(self) -> bool:
        """No rows are then nothing, not unknown."""
        counts = self.of in ("members", "months", "records")
        return counts or (self.of in ("total", "numerator") and bool(self.column or KPIS[self.kpi].sum_of))


def one_of(column: str, values: Sequence[str | None]) -> str:
    """`column` is one of the values, as SQL; a value is text of anybody, quotes and all."""
    quoted = ["'" + value.replace("'", "''") + "'" for value in values if value is not None]
    parts = [f"{column} = {quoted[0]}" if len(quoted) == 1 else f"{column} IN ({', '.join(quoted)})"] if quoted else []
    if None in values:
        parts.append(f"{column} IS NULL")
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


# value: the first term. difference, relative, share: the first term against the second. contribution: the first
# less the second, as a share of the third.
# factor, rest: logarithmic mean effects (LMDI) on a product that went from the second term to the first: of the factor
# that went from the fourth to the third, and of all other factors together.
# rate, mix: midpoint effects of a quotient over its segments, each a term before and a term after, in turn.
Operation = Literal["value", "difference", "relative", "share", "contribution", "factor", "rest", "rate", "mix"]
QuantityUnit = Literal["money", "count", "quantity", "fraction", "points", "multiple", "days"]


def unit_of(operation: Operation, term: Term) -> QuantityUnit:
    """Unit that a number has by how it is made; of a column of its own choosing: what the KPI has."""
    if operation in ("relative", "share"):
        return "fraction"
    if operation == "contribution":
        return "points"
    if term.of in ("members", "months", "records", "rank"):
        return "count"
    if term.of in ("first_day", "last_day"):
        return "days"
    if term.of == "numerator":
        return "money"
    unit = KPIS[term.kpi].unit
    if unit == "fraction":
        return "fraction" if operation == "value" else "points"
    if unit in ("count", "quantity", "multiple"):
        # An average of counts is seldom whole.
        return "quantity" if term.of == "average" and unit == "count" else unit
    return "money"


class Quantity(Frozen):
    """One number of a fact, and how it is made. `value` is exact, or kept to 10 decimals where it was divided."""

    field: str
    operation: Operation
    terms: tuple[Term, ...]
    unit: QuantityUnit
    currency: str
    value: Decimal
    delta_version: int

    @model_validator(mode="after")
    def _one_table(self) -> Quantity:
        if len({term.table for term in self.terms}) != 1:
            raise ValueError(f"{self.field}: its terms stand in several tables")
        return self

    @property
    def table(self) -> str:
        return self.terms[0].table

    @property
    def months(self) -> tuple[Month, ...]:
        return tuple(sorted({month for term in self.terms for month in term.months}))

    @property
    def where(self) -> str:
        """Which rows of the table, as SQL."""
        has_currency = "currency" in CONTRACTS[self.table].column_names
        money = (one_of("currency", (self.currency,)),) if has_currency else ()
        months = one_of("month", tuple(map(str, self.months)))
        return " AND ".join((months, *(part for part in self._common if part != months), *money))

    @property
    def _common(self) -> tuple[str, ...]:
        return tuple(part for part in self.terms[0].conditions if all(part in t.conditions for t in self.terms))

    def _only(self, term: Term) -> list[str]:
        """What a term asks of a row beyond `where`."""
        return [part for part in term.conditions if part not in self._common]

    @property
    def measure(self) -> str:
        """The number, as one SQL expression over those rows."""
        if self.operation in ("rate", "mix"):
            return self._split()
        first, second, third, *others = (*(term.measure(self._only(term)) for term in self.terms), "", "")
        if self.operation in ("factor", "rest"):
            factor = f"({third}) / ({others[0]})"
            moved = factor if self.operation == "factor" else f"({first}) / ({second}) / ({factor})"
            return f"(({first}) - ({second})) / ln(({first}) / ({second})) * ln({moved})"
        if self.operation == "value":
            return f"coalesce({first}, 0)" if self.terms[0].is_sum else first
        if self.operation in ("difference", "contribution"):
            change = " - ".join(f"coalesce({q}, 0)" if self.terms[0].is_sum else f"({q})" for q in (first, second))
            return change if self.operation == "difference" else f"({change}) / nullif({third}, 0)"
        if self.operation == "share":
            return f"({first}) / nullif({second}, 0)"
        return f"(({first}) - ({second})) / nullif(abs({second}), 0)"

    def _split(self) -> str:
        def total(terms: Sequence[Term]) -> tuple[str, str]:
            numerator, denominator = terms[0].parts(terms[0].conditions[:1])
            return numerator, str(denominator)

        before, after = self.terms[::2], self.terms[1::2]
        (n0, d0), (n1, d1) = total(before), total(after)
        overall = f"({n0} / {d0} + {n1} / {d1}) / 2"
        effects = []
        for old, new in zip(before, after, strict=True):
            (a0, b0), (a1, b1) = (term.parts(self._only(term)) for term in (old, new))
            r0, r1 = f"{a0} / nullif({b0}, 0)", f"{a1} / nullif({b1}, 0)"
            w0, w1 = f"coalesce({b0}, 0) / {d0}", f"coalesce({b1}, 0) / {d1}"
            # A segment of one period only has the same rate in both: all its effect is mix.
            r0, r1 = f"coalesce({r0}, {r1}, 0)", f"coalesce({r1}, {r0}, 0)"
            rate = f"({w0} + {w1}) / 2 * ({r1} - {r0})"
            mix = f"(({r0} + {r1}) / 2 - {overall}) * ({w1} - {w0})"
            effects.append(rate if self.operation == "rate" else mix)
        return " + ".join(effects)
