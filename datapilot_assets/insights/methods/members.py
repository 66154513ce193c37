"""Who moved a total: drivers and detractors, members that came and went, places that changed, and the mix."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from datapilot_assets.insights.decomposition import contributions, leading, mix_shift
from datapilot_assets.insights.gold import Total
from datapilot_assets.insights.making import Bench, Number, against, over
from datapilot_assets.insights.members import explaining, rank_of, surprise
from datapilot_assets.insights.methods.change import worth
from datapilot_domain.insights.fact import Claim, Direction, Fact, Member, Period
from datapilot_domain.insights.measures import BREAKDOWNS

_MONEY_BY = (("gross_revenue", "product"), ("conversion_value", "campaign"))
# Members that come or go, by the money that they stand for.
_APPEARING = (
    ("gross_revenue", "product"),
    ("gross_revenue", "category"),
    ("gross_revenue", "channel"),
    ("gross_revenue", "store"),
    ("spend", "campaign"),
)
_MIXES = (
    ("roas_claimed", "campaign", "conversions"),
    ("cost_per_conversion", "campaign", "conversions"),
    ("refund_rate", "category", "paid_orders"),
    ("refund_rate", "channel", "paid_orders"),
)


def drivers(bench: Bench) -> Iterator[Fact]:
    """The members behind the larger part of the movement: with the total they are drivers, against it detractors."""
    for kpi, dimension in (*_MONEY_BY, *(("gross_revenue", by) for by in _telling(bench))):
        if (periods := bench.whole(kpi)) is None:
            continue
        before, after = (_amounts(bench, kpi, dimension, period) for period in reversed(periods))
        total = sum(before.values(), Decimal(0))
        change = sum(after.values(), Decimal(0)) - total
        if len({*before, *after}) < 2 or total <= 0:
            continue
        limits = bench.thresholds
        told = contributions(before, after)
        for part in leading(told, limits.leading_share, limits.leading_most):
            impact = bench.impact(part.change)
            big = max(abs(change), abs(part.change)) / total >= limits.change
            if part.change and big and impact >= limits.impact:
                yield from _contribution(bench, kpi, dimension, part.member, periods, change, part.change, impact)


def _telling(bench: Bench) -> list[str]:
    """The breakdowns that explain the movement best: by Adtributor's surprise of the members that explain most."""
    if (periods := bench.whole("gross_revenue")) is None:
        return []
    surprises = {}
    for dimension in BREAKDOWNS:
        after, before = (_amounts(bench, "gross_revenue", dimension, period) for period in periods)
        surprises[dimension] = sum(member.surprise for member in explaining(surprise(before, after)))
    ranked = sorted(BREAKDOWNS, key=lambda dimension: (-surprises[dimension], dimension))
    return ranked[: bench.thresholds.telling_dimensions]


def _contribution(
    bench: Bench,
    kpi: str,
    dimension: str,
    key: str | None,
    periods: tuple[Period, Period],
    total: Decimal,
    change: Decimal,
    impact: Decimal,
) -> Iterator[Fact]:
    current, before = (over(kpi, period, dimension, key) for period in periods)
    whole = over(kpi, periods[1], dimension)
    claim = Claim(
        type="driver" if total == 0 or (change > 0) == (total > 0) else "detractor",
        kpi=kpi,
        period=periods[0],
        baseline=periods[1],
        compare="previous_month",
        direction="up" if change > 0 else "down",
        member=bench.member(dimension, key),
    )
    numbers = {
        "current": Number("value", (current,)),
        "baseline": Number("value", (before,)),
        "change_abs": Number("difference", (current, before)),
        "contribution": Number("contribution", (current, before, whole)),
    }
    if fact := bench.fact(claim, numbers, impact, n=2):
        yield fact


def appearances(bench: Bench) -> Iterator[Fact]:
    """Members with a fair share of one month and nothing in the other."""
    for kpi, dimension in _APPEARING:
        if (periods := bench.whole(kpi)) is None:
            continue
        now, then = (_amounts(bench, kpi, dimension, period) for period in periods)
        for kind, here, there, period in (("appeared", now, then, periods[0]), ("disappeared", then, now, periods[1])):
            if not there:  # a month without any says nothing of a member
                continue
            total = sum(here.values(), Decimal(0))
            for key, amount in here.items():
                if key is None or there.get(key) or total <= 0 or amount / total < bench.thresholds.member_share:
                    continue
                claim = Claim(
                    type=kind,
                    kpi=kpi,
                    period=periods[0],
                    baseline=periods[1],
                    compare="previous_month",
                    direction="up" if kind == "appeared" else "down",
                    member=bench.member(dimension, key),
                )
                member, whole = over(kpi, period, dimension, key), over(kpi, period, dimension)
                numbers = {
                    "current" if kind == "appeared" else "baseline": Number("value", (member,)),
                    "share": Number("share", (member, whole)),
                }
                if fact := bench.fact(claim, numbers, bench.impact(amount), n=2):
                    yield fact


def rank_changes(bench: Bench) -> Iterator[Fact]:
    """Products that came among the first places or left them, by at least two places or to or from the first."""
    if (periods := bench.whole("gross_revenue")) is None:
        return
    # Gold ranks a gift, too.
    now, then = (_amounts(bench, "gross_revenue", "product", period, gifts=True) for period in periods)
    places, before = rank_of(now), rank_of(then)
    top = bench.thresholds.top_places
    for key in sorted({k for k in places.keys() & before.keys() if min(places[k], before[k]) <= top}, key=str):
        moved = before[key] - places[key]
        takes_or_leaves_the_lead = moved and 1 in (places[key], before[key])
        impact = bench.impact(now[key] - then[key])
        if (abs(moved) < 2 and not takes_or_leaves_the_lead) or impact < bench.thresholds.impact:
            continue
        claim = Claim(
            type="rank_change",
            kpi="gross_revenue",
            period=periods[0],
            baseline=periods[1],
            compare="previous_month",
            direction="up" if moved > 0 else "down",
            member=bench.member("product", key),
        )
        current, baseline = (over("gross_revenue", period, "product", key) for period in periods)
        numbers = {
            "current": Number("value", (current.model_copy(update={"of": "rank"}),)),
            "baseline": Number("value", (baseline.model_copy(update={"of": "rank"}),)),
            "amount": Number("value", (current,)),
        }
        if fact := bench.fact(claim, numbers, impact, n=2):
            yield fact


def mix_shifts(bench: Bench) -> Iterator[Fact]:
    """Quotients that moved by the weights of their segments rather than by the segments themselves."""
    limits = bench.thresholds
    for kpi, dimension, observed in _MIXES:
        periods = bench.whole(kpi)
        if periods is None or any((bench.gold.value(over(observed, p)) or 0) < limits.least_orders for p in periods):
            continue
        series = bench.gold.series(kpi, dimension)
        after, before = (_parts(series.get(period.month, {})) for period in periods)
        keys = sorted({*before, *after}, key=lambda key: (key is None, key))
        found = mix_shift(before, after) if 1 < len(keys) <= limits.mix_segments else None
        if (
            found is None
            or not found.is_paradox
            or abs(found.mix) < limits.mix_part * (abs(found.mix) + abs(found.rate))
        ):
            continue
        terms = tuple(over(kpi, period, dimension, key) for key in keys for period in reversed(periods))
        current, baseline = (over(kpi, period, dimension) for period in periods)
        now, then = bench.gold.value(current), bench.gold.value(baseline)
        if now is None or not then:
            continue
        impact = bench.impact(found.mix * worth(bench, kpi))
        if abs(found.mix) / abs(then) < limits.change or impact < limits.impact:
            continue
        direction: Direction = "up" if now > then else "down" if now < then else "none"
        claim = Claim(
            type="mix_shift",
            kpi=kpi,
            period=periods[0],
            baseline=periods[1],
            compare="previous_month",
            direction=direction,
            member=Member(dimension=dimension, key=None),
        )
        numbers = {key: number for key, number in against(current, baseline).items() if key != "change_pct"}
        numbers |= {"rate_effect": Number("rate", terms), "mix_effect": Number("mix", terms)}
        if fact := bench.fact(claim, numbers, impact, n=len(keys)):
            yield fact


def _amounts(bench: Bench, kpi: str, dimension: str, period: Period, gifts: bool = False) -> dict[str | None, Decimal]:
    """Totals of the members that have any; `gifts`: of those with nothing, too."""
    found = bench.gold.series(kpi, dimension).get(period.month, {})
    return {
        key: total.numerator
        for key, total in found.items()
        if total.numerator is not None and (total.numerator or gifts)
    }


def _parts(totals: dict[str | None, Total]) -> dict[str | None, tuple[Decimal, Decimal]]:
    return {key: (t.numerator, t.denominator) for key, t in totals.items() if t.numerator is not None and t.denominator}
