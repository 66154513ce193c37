"""What a year or more of complete months says: trend, new level, outlier, season, record, streak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from datapilot_assets.insights import series as method
from datapilot_assets.insights.making import Bench, Number, against
from datapilot_assets.insights.methods.change import worth
from datapilot_domain.insights.fact import Claim, Direction, Fact, FactType, Period
from datapilot_domain.insights.measures import Term
from datapilot_domain.kpis import KPIS
from datapilot_domain.partitions import Month

_KPIS = (
    "gross_revenue",
    "paid_orders",
    "average_ticket",
    "spend",
    "conversions",
    "roas_claimed",
    "cost_per_conversion",
)


@dataclass(frozen=True)
class Series:
    """A KPI over complete months without a gap, up to the month of the facts."""

    bench: Bench
    kpi: str
    months: tuple[Month, ...]
    values: tuple[Decimal, ...]

    @property
    def floats(self) -> list[float]:
        return [float(value) for value in self.values]

    def term(self, months: Sequence[Month], average: bool = False) -> Term:
        of = "average" if average and KPIS[self.kpi].sum_of else "total"
        return Term(kpi=self.kpi, months=tuple(months), of=of)

    @property
    def every_month(self) -> tuple[Term, ...]:
        return tuple(self.term((month,)) for month in self.months)

    def usual(self, months: Sequence[Month]) -> Term | None:
        """What the months are like together: their average, or the quotient of their sums.

        None for a quotient whose parts gold does not have.
        """
        return None if KPIS[self.kpi].only else self.term(months, average=True)

    def impact(self, change: Decimal) -> Decimal:
        return self.bench.impact(change * worth(self.bench, self.kpi))

    def fact(
        self,
        kind: FactType,
        direction: Direction,
        baseline: Sequence[Month],
        numbers: dict[str, Number],
        change: Decimal,
        p_value: float | None = None,
        period: Sequence[Month] = (),
    ) -> Iterator[Fact]:
        limits, impact = self.bench.thresholds, self.impact(change)
        if impact < limits.impact:
            return
        claim = Claim(
            type=kind,
            kpi=self.kpi,
            period=Period(months=tuple(period) or self.months[-1:]),
            baseline=Period(months=tuple(baseline)),
            compare="own_history",
            direction=direction,
        )
        found = self.bench.fact(claim, numbers, impact, n=len(self.values), p_value=p_value, read=self.every_month)
        if found is not None:
            yield found


def histories(bench: Bench) -> Iterator[Fact]:
    """All that the series of the month's KPIs say, where each has at least twelve complete months."""
    for kpi in _KPIS:
        series = _series(bench, kpi)
        if series is not None:
            for told in (_trend, _change_point, _outlier, _season, _record, _streak):
                yield from told(series)


def _series(bench: Bench, kpi: str) -> Series | None:
    stored = bench.gold.series(kpi)
    months: list[Month] = []
    month = bench.month
    while len(months) < bench.thresholds.history_months and _is_complete(bench, kpi, month):
        total = stored.get(month, {}).get(None)
        if total is None or total.value is None:
            break
        months.insert(0, month)
        month = month.plus(-1)
    if len(months) < bench.thresholds.series_months:
        return None
    values = tuple(stored[m][None].value or Decimal(0) for m in months)
    return Series(bench, kpi, tuple(months), values)


def _is_complete(bench: Bench, kpi: str, month: Month) -> bool:
    if KPIS[kpi].table.startswith("gold.sales"):
        period = bench.sales.of(month)
        return period is not None and period.complete
    return month in bench.ads_complete


def _direction(change: Decimal | float) -> Direction:
    return "up" if change > 0 else "down"


def _is_small(series: Series, change: Decimal, base: Decimal) -> bool:
    return not base or abs(change / base) < series.bench.thresholds.change


def _trend(series: Series) -> Iterator[Fact]:
    found = method.trend(method.without_season(series.floats))
    first, last = series.values[0], series.values[-1]
    if found is None or _is_small(series, last - first, first) or (found.slope > 0) != (last > first):
        return
    now, then = (series.term((month,)) for month in (series.months[-1], series.months[0]))
    numbers = {
        **against(now, then, absolute=False),
        "months": Number("value", (Term(kpi=series.kpi, months=series.months, of="months"),)),
    }
    change = Decimal(repr(found.slope))
    # A month's worth of it, in the month's revenue, would look small: the year's is at stake.
    yield from series.fact("trend", _direction(found.slope), series.months[:1], numbers, change * 12, found.p_value)


def _change_point(series: Series) -> Iterator[Fact]:
    levels = method.without_season(series.floats)
    points = method.change_points(levels)
    if not points or len(series.months) - points[-1] > series.bench.thresholds.recent_months:
        return
    start = points[-1]
    since, before = series.months[start:], series.months[points[-2] if len(points) > 1 else 0 : start]
    now, then = series.usual(since), series.usual(before)
    if now is None or then is None:
        return
    level, was = series.bench.gold.value(now), series.bench.gold.value(then)
    if level is None or was is None or _is_small(series, level - was, was):
        return
    p_value = method.level_shift_p(levels, start)
    numbers = against(now, then, absolute=False)
    yield from series.fact("change_point", _direction(level - was), before, numbers, level - was, p_value, since)


def _outlier(series: Series) -> Iterator[Fact]:
    scores = dict(method.outliers(series.floats))
    last = len(series.values) - 1
    before = series.months[max(0, last - 12) : last]
    usual = series.usual(before)
    if last not in scores or usual is None:
        return
    now, expected = series.values[-1], series.bench.gold.value(usual)
    if expected is None or _is_small(series, now - expected, expected) or (scores[last] > 0) != (now > expected):
        return
    p_value = method.p_of_modified_z(scores[last])
    numbers = against(series.term(series.months[-1:]), usual, absolute=False)
    yield from series.fact("outlier", _direction(now - expected), before, numbers, now - expected, p_value)


def _season(series: Series) -> Iterator[Fact]:
    strength = method.seasonal_strength(series.floats)
    same = [month for month in series.months if month.number == series.months[-1].number]
    usual, here = series.usual(series.months), series.usual(same)
    if strength is None or strength < series.bench.thresholds.seasonal_strength or usual is None or here is None:
        return
    mine, average = series.bench.gold.value(here), series.bench.gold.value(usual)
    if mine is None or average is None or _is_small(series, mine - average, average):
        return
    numbers = {"change_pct": Number("relative", (here, usual))}
    yield from series.fact("seasonality", _direction(mine - average), series.months, numbers, mine - average)


def _record(series: Series) -> Iterator[Fact]:
    kind = method.is_record(series.floats)
    if kind is None:
        return
    pick = max if kind == "highest" else min
    best = pick(range(len(series.values) - 1), key=lambda place: series.values[place])
    now, was = series.values[-1], series.values[best]
    if not was or abs(now - was) / abs(was) < series.bench.thresholds.record_margin:
        return
    numbers = {
        "current": Number("value", (series.term(series.months[-1:]),)),
        "baseline": Number("value", (series.term((series.months[best],)),)),
        "months": Number("value", (Term(kpi=series.kpi, months=series.months, of="months"),)),
    }
    yield from series.fact("record", _direction(now - was), (series.months[best],), numbers, now - was)


def _streak(series: Series) -> Iterator[Fact]:
    length = method.streak(series.floats)
    if abs(length) < series.bench.thresholds.streak:
        return
    start = len(series.values) - 1 - abs(length)
    now, was = series.values[-1], series.values[start]
    if _is_small(series, now - was, was):
        return
    counted = Term(kpi=series.kpi, months=series.months[start + 1 :], of="months")
    numbers = {
        **against(series.term(series.months[-1:]), series.term((series.months[start],)), absolute=False),
        "months": Number("value", (counted,)),
    }
    yield from series.fact("streak", _direction(length), (series.months[start],), numbers, now - was)
