"""The demo's ads of one organization, and what must be said of them beside its sales."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_interfaces.demo.ads import GOOGLE, META, AdDay, Campaign, draw_ad_days, google_stream, meta_pages
from datapilot_interfaces.demo.orders import MONTHS, Order

# From a Monday on: January is covered in part, every week is whole.
FIRST_DAY, LAST_DAY = dt.date(2024, 1, 8), MONTHS[-1].last_day
_CAMPAIGNS = (
    Campaign(META, "900100200300", "120208123456780001", "Verão ☀️"),
    Campaign(META, "900100200300", "120208123456780002", "Remarketing"),
    Campaign(GOOGLE, "5550001111", "21000000001", "Marca"),
)


@dataclass(frozen=True)
class MarketingFigures:
    """What gold.marketing_month must say of a month, under its names; ratios to ten places."""

    spend: Decimal
    conversion_value: Decimal
    roas_claimed: Decimal | None
    gross_revenue: Decimal
    gross_revenue_covered: Decimal
    roas_verified: Decimal | None
    ads_days: int
    is_partial: bool


@dataclass(frozen=True)
class WeekFigures:
    """What gold.campaign_week must say of a campaign's week."""

    spend: Decimal
    conversions: Decimal
    cost_per_conversion: Decimal | None
    is_partial: bool


@dataclass(frozen=True)
class DemoAds:
    """Files by name. `meta` are the pages of one extraction. Weeks by ISO week and campaign id."""

    org: OrgId
    meta: dict[str, bytes]
    google: dict[str, bytes]
    months: dict[Month, MarketingFigures]
    weeks: dict[tuple[str, str], WeekFigures]


def build_ads(seed: str, org: OrgId, orders: Sequence[Order]) -> DemoAds:
    """The ads of the organization that has these orders. Same seed, same bytes."""
    days = draw_ad_days(f"{seed}-ads-{org}", _CAMPAIGNS, FIRST_DAY, LAST_DAY)
    meta = [found for found in days if found.campaign.platform == META]
    half = len(meta) // 2
    first, second = meta_pages(meta, (half, len(meta) - half))
    return DemoAds(
        org=org,
        meta={"meta_insights_1.json": first, "meta_insights_2.json": second},
        google={"google_ads.json": google_stream((found for found in days if found.campaign.platform == GOOGLE), 50)},
        months={month: _month(month, days, orders) for month in MONTHS},
        weeks=_weeks(days),
    )


def _month(month: Month, days: Iterable[AdDay], orders: Iterable[Order]) -> MarketingFigures:
    here = [found for found in days if Month.of(found.day) == month]
    paid = [order for order in orders if order.month == month and order.status == "paid"]
    covered = {found.day for found in here}
    spend = _sum(here, lambda found: found.spend)
    value = _sum(here, lambda found: found.value)
    gross = sum((order.subtotal for order in paid), Decimal(0))
    gross_covered = sum((order.subtotal for order in paid if order.at.date() in covered), Decimal(0))
    return MarketingFigures(
        spend=spend,
        conversion_value=value,
        roas_claimed=_ratio(value, spend),
        gross_revenue=gross,
        gross_revenue_covered=gross_covered,
        roas_verified=_ratio(gross_covered, spend),
        ads_days=len(covered),
        is_partial=len(covered) < month.last_day.day,
    )


def _weeks(days: Iterable[AdDay]) -> dict[tuple[str, str], WeekFigures]:
    by_week: dict[tuple[str, str], list[AdDay]] = {}
    for found in days:
        year, week, _ = found.day.isocalendar()
        by_week.setdefault((f"{year}-W{week:02}", found.campaign.campaign_id), []).append(found)
    figures = {}
    for key, here in by_week.items():
        spend = _sum(here, lambda found: found.spend)
        conversions = _sum(here, lambda found: found.conversions)
        figures[key] = WeekFigures(spend, conversions, _ratio(spend, conversions), len(here) < 7)
    return figures


def _sum(days: Iterable[AdDay], part: Callable[[AdDay], Decimal]) -> Decimal:
    return sum((part(found) for found in days), Decimal(0))


def _ratio(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    return (numerator / denominator).quantize(Decimal("1e-10"), ROUND_HALF_UP) if denominator else None
