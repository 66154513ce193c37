"""Change of a KPI against the month before and the same month last year."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from datapilot_assets.insights.making import Bench, Number, against, over
from datapilot_assets.insights.proportions import poisson_ratio_p, two_proportion_p
from datapilot_domain.insights.fact import Claim, Compare, Direction, Fact, Period
from datapilot_domain.insights.measures import Term
from datapilot_domain.kpis import KPIS
from datapilot_domain.partitions import Month

# KPI → what a unit of it is worth in money: itself, a KPI of the month, or the quotient of two.
_WORTH: dict[str, tuple[str, ...]] = {
    "gross_revenue": (),
    "net_revenue": (),
    "discounts": (),
    "cancelled_amount": (),
    "paid_orders": ("gross_revenue", "paid_orders"),
    "average_ticket": ("paid_orders",),
    "units": ("gross_revenue", "units"),
    "refund_rate": ("gross_revenue",),
    "spend": (),
    "conversions": ("conversion_value", "conversions"),
    "cost_per_conversion": ("conversions",),
    "ctr": ("conversion_value", "ctr"),
    "roas_claimed": ("spend",),
    "roas_verified": ("spend",),
}
# The daily table has what adds up; the others need whole months.
_OF_CONVERSIONS = ("cost_per_conversion", "roas_claimed")


def changes(bench: Bench) -> Iterator[Fact]:
    """Changes of at least 5 % that are worth at least 1 % of the month's revenue."""
    for compare, baseline in (
        ("previous_month", bench.month.plus(-1)),
        ("same_month_last_year", bench.month.plus(-12)),
    ):
        for kpi in _WORTH:
            if fact := _change(bench, kpi, compare, baseline):  # type: ignore[arg-type]  # both are a Compare
                yield fact


def _change(bench: Bench, kpi: str, compare: Compare, baseline: Month) -> Fact | None:
    limits = bench.thresholds
    periods = bench.compared(kpi, baseline)
    if periods is None or (not periods[0].complete and not KPIS[kpi].additive):
        return None
    current, before = (over(kpi, period) for period in periods)
    now, then = bench.gold.value(current), bench.gold.value(before)
    if now is None or then is None or then <= 0 or _is_thin(bench, kpi, periods):
        return None
    impact = bench.impact((now - then) * worth(bench, kpi))
    if abs(now - then) / then < limits.change or impact < limits.impact:
        return None
    direction: Direction = "up" if now > then else "down"
    claim = Claim(type="change", kpi=kpi, period=periods[0], baseline=periods[1], compare=compare, direction=direction)
    p_value, tested = _significance(bench, kpi, periods)
    numbers = {**against(current, before), **_orders_and_ticket(bench, kpi, periods)}
    return bench.fact(claim, numbers, impact, p_value=p_value, n=2, read=tested)


def _orders_and_ticket(bench: Bench, kpi: str, periods: tuple[Period, Period]) -> dict[str, Number]:
    """How much of a change of revenue is of the number of orders, and how much of what an order is worth."""
    if kpi != "gross_revenue" or not (periods[0].complete and periods[1].complete):
        return {}
    terms = tuple(over(of, period) for of in (kpi, "paid_orders") for period in periods)
    if any(
        (bench.gold.value(term) or 0) < (bench.thresholds.least_orders if place > 1 else 1)
        for place, term in enumerate(terms)
    ):
        return {}
    return {"orders_effect": Number("factor", terms), "ticket_effect": Number("rest", terms)}


def worth(bench: Bench, kpi: str) -> Decimal:
    """Money that one unit of the KPI stands for in this month; 0 where that is unknown."""
    of = [bench.gold.value(Term(kpi=name, months=(bench.month,))) for name in _WORTH[kpi]]
    if not of:
        return Decimal(1)
    first, *others = of
    if first is None or any(not other for other in others):
        return Decimal(0)
    return first / (others[0] or 1) if others else first


def _is_thin(bench: Bench, kpi: str, periods: tuple[Period, Period]) -> bool:
    """Too few observations in one of the periods for a quotient to mean anything."""
    if kpi in _OF_CONVERSIONS:
        least, of = bench.thresholds.least_conversions, "conversions"
    elif kpi in ("average_ticket", "refund_rate"):
        least, of = bench.thresholds.least_orders, "paid_orders"
    else:
        return False
    return any((bench.gold.value(over(of, period)) or 0) < least for period in periods)


def _significance(bench: Bench, kpi: str, periods: tuple[Period, Period]) -> tuple[float | None, tuple[Term, ...]]:
    """p-value of conversions per money spent, or clicks per view, and what it was computed from; None: not tested."""
    if kpi not in ("cost_per_conversion", "ctr"):
        return None, ()
    parts = ("clicks", "impressions") if kpi == "ctr" else ("conversions", "spend")
    terms = tuple(over(of, period) for period in reversed(periods) for of in parts)
    count0, of0, count1, of1 = (bench.gold.value(term) or Decimal(0) for term in terms)
    if kpi == "ctr":
        return two_proportion_p(int(count0), int(of0), int(count1), int(of1)), terms
    return poisson_ratio_p(int(count0), float(of0), int(count1), float(of1)), terms
