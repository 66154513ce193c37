"""What a month says by itself: concentration, returns of ads, refunds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from statistics import quantiles

from datapilot_assets.insights.gold import divided
from datapilot_assets.insights.making import Bench, Number, over
from datapilot_assets.insights.members import concentration
from datapilot_domain.insights.fact import Claim, Fact, Member, Period
from datapilot_domain.insights.measures import Term

_MARKETING = "gold.marketing_month"
_CONCENTRATED = (
    ("gross_revenue", "product"),
    ("gross_revenue", "category"),
    ("gross_revenue", "channel"),
    ("gross_revenue", "state"),
    ("spend", "campaign"),
)
# More names than that in one condition explain nothing.
_MOST_MEMBERS = 25


def concentrations(bench: Bench) -> Iterator[Fact]:
    """Few members with most of the total: one with more than half, or a fifth of them with four fifths."""
    limits = bench.thresholds
    for kpi, dimension in _CONCENTRATED:
        found = bench.gold.series(kpi, dimension).get(bench.month, {})
        amounts = {key: t.numerator for key, t in found.items() if t.numerator and t.numerator > 0 and key is not None}
        told = concentration(list(amounts.values()), limits.concentration_share)
        if told is None:
            continue
        alone = told.top_share > limits.concentration_top
        few = told.needed <= min(_MOST_MEMBERS, int(limits.concentration_members * told.members))
        if not alone and not few:
            continue
        top = sorted(amounts, key=lambda key: (-amounts[key], key))[: 1 if alone else told.needed]
        period = _of_month(bench, kpi)
        leaders, everybody = over(kpi, period, dimension, *top), over(kpi, period, dimension)
        count = everybody.model_copy(update={"members": tuple(sorted(amounts))}) if None in found else everybody
        claim = Claim(
            type="concentration",
            kpi=kpi,
            period=period,
            compare="whole",
            member=bench.member(dimension, top[0]) if alone else Member(dimension=dimension, key=None),
        )
        numbers = {
            "share": Number("share", (leaders, everybody)),
            "top": Number("value", (leaders.model_copy(update={"of": "members"}),)),
            "members": Number("value", (count.model_copy(update={"of": "members"}),)),
        }
        share = divided(sum((amounts[key] for key in top), Decimal(0)), bench.revenue) or Decimal(0)
        # A risk, not a loss: what stands on few is at stake, and it weighs as much as a fifth of it.
        if fact := bench.fact(claim, numbers, share / 5, n=told.members):
            yield fact


def weak_returns(bench: Bench) -> Iterator[Fact]:
    """Verified return of all ads below one or the organization's target, and claimed return of a campaign below one."""
    period = _of_ads(bench)
    verified, spend = (Term(kpi=k, months=(bench.month,), at=_MARKETING) for k in ("roas_verified", "spend"))
    value, cost = bench.gold.value(verified), bench.gold.value(spend)
    if value is not None and cost and value < 1 and _is_worth_a_word(bench, cost):
        claim = Claim(type="roas_below_one", kpi="roas_verified", period=period, direction="down")
        numbers = {"current": Number("value", (verified,)), "spend": Number("value", (spend,))}
        if fact := bench.fact(claim, numbers, bench.impact(cost * (1 - value))):
            yield fact
    target = bench.gold.organization.roas_target
    if target is not None and value is not None and cost and 1 <= value < target and _is_worth_a_word(bench, cost):
        claim = Claim(type="roas_below_target", kpi="roas_verified", period=period, direction="down")
        numbers = {"current": Number("value", (verified,)), "spend": Number("value", (spend,))}
        if fact := bench.fact(claim, numbers, bench.impact(cost * (target - value))):
            yield fact
    for key, spent in _campaigns(bench, "spend").items():
        brought = _campaigns(bench, "conversion_value").get(key, Decimal(0))
        conversions = _campaigns(bench, "conversions").get(key, Decimal(0))
        if not _is_worth_a_word(bench, spent) or brought >= spent or not conversions or _is_provisional(bench, key):
            continue
        claim = Claim(
            type="roas_below_one",
            kpi="roas_claimed",
            period=period,
            direction="down",
            member=bench.member("campaign", key),
        )
        numbers = {
            "current": Number("value", (over("roas_claimed", period, "campaign", key),)),
            "spend": Number("value", (over("spend", period, "campaign", key),)),
        }
        if fact := bench.fact(claim, numbers, bench.impact(spent - brought)):
            yield fact


def spend_without_conversions(bench: Bench) -> Iterator[Fact]:
    """Campaigns that cost and brought nothing."""
    period = _of_ads(bench)
    for key, spent in _campaigns(bench, "spend").items():
        if _campaigns(bench, "conversions").get(key) or not _is_worth_a_word(bench, spent):
            continue
        claim = Claim(
            type="spend_without_conversions", kpi="spend", period=period, member=bench.member("campaign", key)
        )
        mine, everything = over("spend", period, "campaign", key), over("spend", period, "campaign")
        numbers = {"spend": Number("value", (mine,)), "share": Number("share", (mine, everything))}
        if fact := bench.fact(claim, numbers, bench.impact(spent)):
            yield fact


def high_refunds(bench: Bench) -> Iterator[Fact]:
    """A refund rate above the 90th percentile of the earlier months, and clearly above their rate taken together."""
    limits = bench.thresholds
    period = bench.sales.of(bench.month)
    series = bench.gold.series("refund_rate")
    earlier = [
        m
        for m in series
        if bench.month.plus(-limits.history_months) <= m < bench.month and series[m][None].value is not None
    ]
    if period is None or not period.complete or len(earlier) < limits.refund_history:
        return
    rates = [series[month][None].value or Decimal(0) for month in earlier]
    history = Period(months=tuple(earlier))
    current, baseline = over("refund_rate", period), over("refund_rate", history)
    now, usual = bench.gold.value(current), bench.gold.value(baseline)
    orders = bench.gold.value(over("paid_orders", period)) or 0
    if now is None or usual is None or orders < limits.least_orders:
        return
    bound = quantiles(rates, n=100, method="inclusive")[limits.refund_percentile - 1]
    if now <= bound or now - usual < limits.refund_excess:
        return
    claim = Claim(
        type="refund_rate_high",
        kpi="refund_rate",
        period=period,
        baseline=history,
        compare="own_history",
        direction="up",
    )
    returned = current.model_copy(update={"of": "numerator"})
    numbers = {
        "current": Number("value", (current,)),
        "baseline": Number("value", (baseline,)),
        "amount": Number("value", (returned,)),
    }
    read = tuple(Term(kpi="refund_rate", months=(month,)) for month in earlier)
    if fact := bench.fact(claim, numbers, bench.impact((now - usual) * bench.revenue), n=len(earlier), read=read):
        yield fact


def roas_gap(bench: Bench) -> Iterator[Fact]:
    """What the platforms claim beside what the organization's own sales verify."""
    claimed, verified, spend = (
        Term(kpi=kpi, months=(bench.month,), at=_MARKETING) for kpi in ("roas_claimed", "roas_verified", "spend")
    )
    claims, own, cost = (bench.gold.value(term) for term in (claimed, verified, spend))
    if claims is None or not own or not cost or not _is_worth_a_word(bench, cost):
        return
    if abs(claims - own) / own < bench.thresholds.roas_gap:
        return
    claim = Claim(
        type="roas_gap",
        kpi="roas_claimed",
        period=_of_ads(bench),
        compare="claimed_by_platforms",
        direction="up" if claims > own else "down",
    )
    numbers = {
        "claimed": Number("value", (claimed,)),
        "verified": Number("value", (verified,)),
        "change_abs": Number("difference", (claimed, verified)),
    }
    # More than was sold cannot have come from ads; less says only that not every sale did.
    stake = bench.impact((claims - own) * cost) if claims > own else Decimal(0)
    if fact := bench.fact(claim, numbers, stake):
        yield fact


def _is_worth_a_word(bench: Bench, spent: Decimal) -> bool:
    limits = bench.thresholds
    return spent > 0 and (spent >= limits.spend_amount or spent >= limits.spend_share * bench.revenue)


def _is_provisional(bench: Bench, key: str | None) -> bool:
    """Most of the campaign's conversions may still change."""
    conversions = _campaigns(bench, "conversions").get(key, Decimal(0))
    return _campaigns(bench, "provisional_conversions").get(key, Decimal(0)) * 2 > conversions


def _campaigns(bench: Bench, kpi: str) -> dict[str | None, Decimal]:
    found = bench.gold.series(kpi, "campaign").get(bench.month, {})
    return {key: total.numerator or Decimal(0) for key, total in found.items()}


def _of_ads(bench: Bench) -> Period:
    return Period(months=(bench.month,), complete=bench.month in bench.ads_complete)


def _of_month(bench: Bench, kpi: str) -> Period:
    sales = bench.sales.of(bench.month)
    complete = bench.month in bench.ads_complete if kpi == "spend" else sales is not None and sales.complete
    return Period(months=(bench.month,), complete=complete)
