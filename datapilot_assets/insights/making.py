"""From a claim and what its numbers are made of to a fact: values, evidence, impact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from datapilot_assets.insights.coverage import SalesCoverage, comparable, dates
from datapilot_assets.insights.decomposition import chain, mix_shift
from datapilot_assets.insights.gold import Gold, divided, quotient, rounded
from datapilot_assets.insights.thresholds import THRESHOLDS, Thresholds
from datapilot_domain.insights.fact import Claim, Evidence, EvidenceRow, Fact, Member, Period
from datapilot_domain.insights.measures import Operation, Quantity, QuantityUnit, Term, unit_of
from datapilot_domain.kpis import KPIS
from datapilot_domain.partitions import Month

# A month of one cent would make anything a trillion times its revenue.
_MOST_IMPACT = Decimal(1000)


@dataclass(frozen=True)
class Number:
    """How one number of a fact is made. `unit`: None where it follows from the KPI and the operation."""

    operation: Operation
    terms: tuple[Term, ...]
    unit: QuantityUnit | None = None
    # Of an earlier state of the table; None: today's.
    delta_version: int | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Bench:
    """What every method works with: gold, the month, and which of its days can be compared."""

    gold: Gold
    month: Month
    sales: SalesCoverage
    # Months whose every day the ads data cover.
    ads_complete: frozenset[Month]
    thresholds: Thresholds = field(default=THRESHOLDS)

    @cached_property
    def revenue(self) -> Decimal:
        """The month's gross revenue, against which everything is weighed; without sales, what the ads cost."""
        amounts = (self.gold.value(Term(kpi=kpi, months=(self.month,))) for kpi in ("gross_revenue", "spend"))
        return next((amount for amount in amounts if amount is not None and amount > 0), Decimal(0))

    def impact(self, amount: Decimal | None) -> Decimal:
        """Money as a share of the month's revenue; 0 where either is unknown. More than enough is enough."""
        share = divided(abs(amount), self.revenue) if amount is not None else None
        return min(share or Decimal(0), _MOST_IMPACT)

    def compared(self, kpi: str, baseline: Month) -> tuple[Period, Period] | None:
        """The month and an earlier one, cut to what can be compared for the KPI; None: nothing can."""
        if KPIS[kpi].table.startswith("gold.sales"):
            current, before = self.sales.of(self.month), self.sales.of(baseline)
            return comparable(current, before, self.thresholds.least_days) if current and before else None
        if {self.month, baseline} <= self.ads_complete:
            return Period(months=(self.month,)), Period(months=(baseline,))
        return None

    def whole(self, kpi: str) -> tuple[Period, Period] | None:
        """The month and the one before it, both complete; else None."""
        periods = self.compared(kpi, self.month.plus(-1))
        return periods if periods and periods[0].complete and periods[1].complete else None

    def member(self, dimension: str, key: str | None) -> Member:
        return Member(dimension=dimension, key=key, name=self.gold.names(dimension).get(key, key))

    def fact(
        self,
        claim: Claim,
        numbers: Mapping[str, Number],
        impact: Decimal,
        *,
        n: int = 1,
        p_value: float | None = None,
        read: Sequence[Term] = (),
    ) -> Fact | None:
        """The fact; None when one of its numbers cannot be told. `read`: what the test read beside its numbers."""
        quantities = []
        for name, number in numbers.items():
            value = self._value(number)
            if value is None:
                return None
            version = number.delta_version
            quantities.append(
                Quantity(
                    field=name,
                    operation=number.operation,
                    terms=number.terms,
                    unit=number.unit or unit_of(number.operation, number.terms[0]),
                    currency=number.currency or self.gold.currency,
                    value=value,
                    delta_version=self.gold.versions[number.terms[0].table] if version is None else version,
                )
            )
        return Fact(
            org_id=self.gold.organization.org_id,
            month=self.month,
            claim=claim,
            quantities=tuple(quantities),
            evidence=self._evidence(quantities, read),
            impact=impact,
            n=n,
            p_value=p_value,
        )

    def _value(self, number: Number) -> Decimal | None:
        """The number in exact decimals, quotients to ten places: what SQL says later has to agree with it."""
        if number.terms[0].table not in self.gold.versions:
            return None
        if number.operation in ("rate", "mix"):
            return self._split(number)
        if number.operation in ("factor", "rest"):
            return self._factor(number)
        totals = [self.gold.total(term, number.delta_version, number.currency).value for term in number.terms]
        if number.operation in ("value", "difference", "contribution"):
            totals = [
                Decimal(0) if t is None and term.is_sum else t for t, term in zip(totals, number.terms, strict=True)
            ]
        value = _operation(number.operation, *totals)
        # A sum has few decimals and keeps them all; a quotient never ends.
        return value if value is None or (number.terms[0].is_sum and _is_exact(number)) else rounded(value)

    def _factor(self, number: Number) -> Decimal | None:
        after, before, factor_after, factor_before = (self.gold.value(term) for term in number.terms)
        if not (after and before and factor_after and factor_before) or after == before:
            return None
        factor, rest = chain([factor_before, before / factor_before], [factor_after, after / factor_after])
        return rounded(factor if number.operation == "factor" else rest)

    def _split(self, number: Number) -> Decimal | None:
        segments: list[dict[str | None, tuple[Decimal, Decimal]]] = [{}, {}]
        for place, term in enumerate(number.terms):
            total = self.gold.total(term)
            (key,) = term.members or (None,)
            if total.numerator is not None and total.denominator:
                segments[place % 2][key] = total.numerator, total.denominator
        found = mix_shift(*segments)
        if found is None:
            return None
        return rounded(found.rate if number.operation == "rate" else found.mix)

    def _evidence(self, quantities: Sequence[Quantity], read: Sequence[Term]) -> tuple[Evidence, ...]:
        asked: dict[tuple[str, int, str], dict[Term, None]] = {}
        for quantity in quantities:
            key = quantity.table, quantity.delta_version, quantity.currency
            asked.setdefault(key, {}).update(dict.fromkeys(quantity.terms))
        for term in read:
            asked.setdefault((term.table, self.gold.versions[term.table], self.gold.currency), {})[term] = None
        found = []
        for (table, version, currency), terms in sorted(asked.items(), key=lambda item: item[0]):
            totals = [(term, self.gold.total(term, version, currency)) for term in terms]
            rows = tuple(EvidenceRow(term=t, numerator=v.numerator, denominator=v.denominator) for t, v in totals)
            org = self.gold.organization.org_id
            found.append(Evidence(org_id=org, table=table, delta_version=version, currency=currency, rows=rows))
        return tuple(found)


def _is_exact(number: Number) -> bool:
    return number.operation in ("value", "difference")


def _operation(
    operation: Operation, first: Decimal | None, second: Decimal | None = None, third: Decimal | None = None
) -> Decimal | None:
    if operation == "value" or first is None or second is None:
        return first if operation == "value" else None
    if operation == "difference":
        return first - second
    if operation == "share":
        return quotient(first, second)
    return quotient(first - second, third if operation == "contribution" else abs(second))


def over(kpi: str, period: Period, dimension: str | None = None, *members: str | None) -> Term:
    """The total of a KPI over a period, of all or of these members of a dimension."""
    named = members if dimension is not None and members else None
    return Term(kpi=kpi, months=period.months, days=dates(period), dimension=dimension, members=named)


def against(current: Term, baseline: Term, *, absolute: bool = True) -> dict[str, Number]:
    """The numbers of a comparison: current, baseline, change_abs (if asked), change_pct."""
    numbers = {
        "current": Number("value", (current,)),
        "baseline": Number("value", (baseline,)),
        "change_pct": Number("relative", (current, baseline)),
    }
    return {**numbers, "change_abs": Number("difference", (current, baseline))} if absolute else numbers
