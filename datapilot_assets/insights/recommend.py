"""What to do about a fact: one of the closed list, chosen by rule."""

from __future__ import annotations

from datapilot_domain.insights.draft import Recommendation
from datapilot_domain.insights.fact import Claim, Fact, FactType
from datapilot_domain.kpis import KPIS

# Types that call for the same whatever moved.
_ALWAYS: dict[FactType, Recommendation] = {
    "partial_sales": "wait_month_close",
    "partial_ads": "wait_month_close",
    "provisional_conversions": "wait_month_close",
    "spend_without_conversions": "pause_zero_conversion",
    "roas_below_one": "review_bid",
    "roas_below_target": "review_bid",
    "roas_gap": "check_tracking",
}
# By the KPI, where it went the wrong way.
_BY_KPI: dict[str, Recommendation] = {
    "average_ticket": "review_price",
    "ctr": "review_bid",
    "cost_per_conversion": "review_bid",
    "roas_claimed": "review_bid",
    "roas_verified": "review_bid",
}
# By the dimension of a member that lost sales.
_BY_DIMENSION: dict[str, Recommendation] = {
    "product": "check_stock",
    "channel": "investigate_channel",
    "store": "investigate_channel",
}
_LOSSES: tuple[FactType, ...] = ("driver", "detractor", "disappeared", "rank_change", "change")


def recommended(fact: Fact) -> Recommendation:
    """Nothing is decided on a month that is not over."""
    claim = fact.claim
    if claim.type == "roas_gap" and claim.direction == "down":
        return "none"  # that not every sale came from an ad is as it should be
    if claim.type in _ALWAYS:
        return _ALWAYS[claim.type]
    if fact.is_about_data:
        return "none"
    chosen = _by_movement(claim)
    return "wait_month_close" if chosen != "none" and not fact.is_complete else chosen


def _by_movement(claim: Claim) -> Recommendation:
    kpi = KPIS[claim.kpi]
    if claim.kpi == "discounts" and claim.direction == "up":
        return "review_discount"
    if claim.direction == "none" or kpi.good in ("neutral", claim.direction) or claim.type == "seasonality":
        return "none"
    if claim.type == "mix_shift":
        return "shift_budget" if claim.member and claim.member.dimension in ("campaign", "platform") else "none"
    if claim.member is not None:
        losing = claim.type in _LOSSES and claim.direction == "down"
        return _BY_DIMENSION.get(claim.member.dimension, "none") if losing else _BY_KPI.get(claim.kpi, "none")
    return _BY_KPI.get(claim.kpi, "none")
