"""Headline figures of a month: against the month before, over the last months, and as gold told them earlier."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from datapilot_assets.insights.gold import divided
from datapilot_assets.insights.making import Bench, over
from datapilot_assets.pages.charts import MONTHS_SHOWN
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.insights.fact import Period
from datapilot_domain.insights.measures import Term
from datapilot_domain.kpis import KPIS
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform

HEADLINES = (
    "gross_revenue", "net_revenue", "paid_orders", "average_ticket", "spend", "roas_claimed", "roas_verified",
    "cost_per_conversion",
)  # fmt: skip
_TOLD_RESTATEMENTS = 3
Tone = Literal["good", "bad", "neutral"]


@dataclass(frozen=True)
class Comparison:
    """The KPI in two periods, and the change as a share of the earlier; None where that is nothing."""

    current: Decimal
    baseline: Decimal
    change: Decimal | None
    period: Period
    baseline_period: Period

    @property
    def is_partial(self) -> bool:
        return not (self.period.complete and self.baseline_period.complete)


@dataclass(frozen=True)
class Restatement:
    """What an earlier Delta version said. `until`: the last day that had sales then, where it is not today's."""

    before: Decimal
    table: str
    version: int
    until: dt.date | None = None


@dataclass(frozen=True)
class Headline:
    """One KPI of the month."""

    kpi: str
    value: Decimal
    is_partial: bool
    previous: Decimal | None
    comparison: Comparison | None
    series: tuple[Decimal | None, ...]
    # The newest first.
    restatements: tuple[Restatement, ...]

    @property
    def tone(self) -> Tone:
        """Whether the change is good news, by the catalogue."""
        change = self.comparison.change if self.comparison else None
        good = KPIS[self.kpi].good
        if not change or good == "neutral":
            return "neutral"
        return "good" if (change > 0) == (good == "up") else "bad"


def shown_months(bench: Bench) -> tuple[Month, ...]:
    """Up to 13 months that end with this one, from the first that gold tells of."""
    first = bench.month.plus(1 - MONTHS_SHOWN)
    known = [m for kpi in ("gross_revenue", "spend") for m in bench.gold.series(kpi) if first <= m <= bench.month]
    start = min(known, default=bench.month)
    found = [start]
    while found[-1] < bench.month:
        found.append(found[-1].plus(1))
    return tuple(found)


def monthly(bench: Bench, kpi: str) -> tuple[Decimal | None, ...]:
    """The KPI in each of the shown months; None where gold does not tell it."""
    series = bench.gold.series(kpi)
    return tuple(series[month][None].value if month in series else None for month in shown_months(bench))


def headlines(platform: Platform, bench: Bench) -> tuple[Headline, ...]:
    """The KPIs that the month has, in their order."""
    found = []
    for kpi in HEADLINES:
        value = bench.gold.value(Term(kpi=kpi, months=(bench.month,)))
        if value is not None:
            before = bench.gold.value(Term(kpi=kpi, months=(bench.month.plus(-1),)))
            restatements = _restatements(platform, bench, kpi, value)
            comparison = _comparison(bench, kpi)
            series = monthly(bench, kpi)
            found.append(Headline(kpi, value, _is_partial(bench, kpi), before, comparison, series, restatements))
    return tuple(found)


def _is_partial(bench: Bench, kpi: str) -> bool:
    """Sales by the days that they cover, ads by theirs; what is made of both, by both."""
    table = KPIS[kpi].table
    sales = bench.sales.of(bench.month)
    some_sales = table != "gold.campaign_month" and sales is not None and not sales.complete
    return some_sales or (not table.startswith("gold.sales") and bench.month not in bench.ads_complete)


def _comparison(bench: Bench, kpi: str) -> Comparison | None:
    """Over whole months, or over the days that both cover where the KPI adds up; None: nothing is comparable."""
    periods = bench.compared(kpi, bench.month.plus(-1))
    if periods is None:
        return None
    by_days = KPIS[kpi].additive and not periods[0].complete
    if not by_days and (_is_partial(bench, kpi) or not periods[0].complete):
        return None
    now, then = (bench.gold.value(over(kpi, period)) for period in periods)
    if now is None or then is None:
        return None
    return Comparison(now, then, divided(now - then, abs(then)), *periods)


def _restatements(platform: Platform, bench: Bench, kpi: str, value: Decimal) -> tuple[Restatement, ...]:
    """Earlier values that really differed, each once, at the last version that said so."""
    table, org = KPIS[kpi].table, bench.gold.organization.org_id
    states = platform.lakehouse.history(CONTRACTS[table], org).get(bench.month, [])
    found: dict[Decimal, Restatement] = {}
    for place in range(len(states) - 2, -1, -1):
        if len(found) == _TOLD_RESTATEMENTS:
            break
        state = states[place]
        before = bench.gold.value(Term(kpi=kpi, months=(bench.month,)), state.version) if state.rows else None
        if before is not None and before != value and before not in found:
            until = _until(platform, bench, place) if table == "gold.sales_month" else None
            found[before] = Restatement(before, table, state.version, until)
    return tuple(found.values())


def _until(platform: Platform, bench: Bench, place: int) -> dt.date | None:
    """The last day that had sales at that state of the month; None where it is still the last one.

    gold.sales_daily is written from the same silver: its states of a month come in the same order.
    """
    contract, org = CONTRACTS["gold.sales_daily"], bench.gold.organization.org_id
    states = platform.lakehouse.history(contract, org).get(bench.month, [])
    if place >= len(states):
        return None
    days = (
        platform.lakehouse.read(contract, org, [bench.month], columns=["date"], version=state.version)["date"]
        for state in (states[place], states[-1])
    )
    then, now = (max(of.to_pylist(), default=None) for of in days)
    return then if then != now else None
