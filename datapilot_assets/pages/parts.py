"""What the month is made of: days, products, channels, categories, campaigns and their weeks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from datapilot_assets.insights.gold import Gold, divided
from datapilot_assets.insights.making import Bench
from datapilot_domain.contracts.ads_gold import CAMPAIGN_MONTH, CAMPAIGN_WEEK
from datapilot_domain.contracts.sales_gold import SALES_DAILY, SALES_PRODUCTS
from datapilot_domain.insights.measures import Term
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform

TOP_PRODUCTS = 10
TOP_MEMBERS = 6
TOP_CAMPAIGNS = 20
CAMPAIGN_LINES = 5
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Part:
    """A member's part of the month's gross revenue. `name` is None where the source does not say."""

    name: str | None
    value: Decimal
    share: Decimal | None
    units: Decimal | None = None


@dataclass(frozen=True)
class Parts:
    """The largest members, and the others together."""

    top: tuple[Part, ...]
    others: int = 0
    rest: Part | None = None


@dataclass(frozen=True)
class Campaign:
    """`name` is None where only the whole account was reported."""

    platform: str
    name: str | None
    spend: Decimal
    conversions: Decimal
    cost_per_conversion: Decimal | None
    roas_claimed: Decimal | None


@dataclass(frozen=True)
class CampaignLine:
    """Cost per conversion of one campaign, week by week; None in a week without conversions."""

    platform: str
    name: str | None
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True)
class Weeks:
    weeks: tuple[str, ...]
    partial: tuple[bool, ...]
    campaigns: tuple[CampaignLine, ...]


def daily(platform: Platform, bench: Bench) -> tuple[Decimal | None, ...]:
    """Gross revenue of each day of the month; None on days that the sales do not cover."""
    period = bench.sales.of(bench.month)
    if period is None:
        return ()
    sold: dict[dt.date, Decimal] = {
        row["date"]: row["gross_revenue"]
        for row in _rows(platform, bench.gold, SALES_DAILY, bench.month, ("date", "gross_revenue"))
    }
    last = bench.month.last_day.day
    covered = range(period.first_day or 1, (period.last_day or last) + 1)
    days = (bench.month.first_day.replace(day=day) for day in range(1, last + 1))
    return tuple(sold.get(day, _ZERO if day.day in covered else None) for day in days)


def products(platform: Platform, bench: Bench) -> Parts:
    columns = ("product_key", "product_name", "gross_revenue", "units", "rank")
    rows = sorted(_rows(platform, bench.gold, SALES_PRODUCTS, bench.month, columns), key=lambda row: row["rank"])
    total = sum((row["gross_revenue"] for row in rows), _ZERO)
    parts = [
        Part(
            row["product_name"] or row["product_key"],
            row["gross_revenue"],
            divided(row["gross_revenue"], total),
            row["units"],
        )
        for row in rows
    ]
    return _largest(parts, TOP_PRODUCTS, total)


def breakdown(bench: Bench, dimension: str) -> Parts:
    """The month's gross revenue by members of the dimension; no parts where nobody says more than one thing."""
    found = bench.gold.series("gross_revenue", dimension).get(bench.month, {})
    total = sum((of.value or _ZERO for of in found.values()), _ZERO)
    parts = [Part(member, of.value or _ZERO, divided(of.value, total)) for member, of in found.items()]
    return _largest(sorted(parts, key=lambda part: (-part.value, part.name or "")), TOP_MEMBERS, total)


def _largest(parts: Sequence[Part], most: int, total: Decimal) -> Parts:
    """One more than `most` is shown itself: a line for the rest would take the same room."""
    if len(parts) <= most + 1:
        return Parts(tuple(parts))
    rest = sum((part.value for part in parts[most:]), _ZERO)
    return Parts(tuple(parts[:most]), len(parts) - most, Part(None, rest, divided(rest, total)))


def campaigns(platform: Platform, bench: Bench) -> tuple[Campaign, ...]:
    """Campaigns of the month, the dearest first; one that stands in several account currencies is added up."""
    rows = _rows(platform, bench.gold, CAMPAIGN_MONTH, bench.month, (*_CAMPAIGN, "campaign_name", *_SUMMED))
    found = []
    for key, of in _by_campaign(rows).items():
        spend, conversions, value = (sum((row[name] for row in of), _ZERO) for name in _SUMMED)
        name = _newest_name(of)
        cost, roas = divided(spend, conversions), divided(value, spend)
        found.append(Campaign(str(key[0]), name, spend, conversions, cost, roas))
    return tuple(sorted(found, key=lambda one: (-one.spend, one.platform, one.name or "")))


_CAMPAIGN = ("platform", "account_id", "campaign_id")
_SUMMED = ("spend", "conversions", "conversion_value")
_Key = tuple[str | None, ...]


def weeks(platform: Platform, bench: Bench) -> Weeks:
    """Cost per conversion by ISO week of the campaigns that cost most; weeks that some account covers in part."""
    columns = (*_CAMPAIGN, "campaign_name", "iso_week", "is_partial", *_SUMMED)
    rows = _rows(platform, bench.gold, CAMPAIGN_WEEK, bench.month, columns)
    names = sorted({row["iso_week"] for row in rows})
    dearest = sorted(_by_campaign(rows).items(), key=lambda one: (-sum(row["spend"] for row in one[1]), str(one[0])))
    lines = []
    for key, of in dearest[:CAMPAIGN_LINES]:
        values = []
        for week in names:
            here = [row for row in of if row["iso_week"] == week]
            values.append(divided(*(sum((row[name] for row in here), _ZERO) for name in _SUMMED[:2])))
        if any(value is not None for value in values):
            lines.append(CampaignLine(str(key[0]), _newest_name(of), tuple(values)))
    partial = tuple(any(row["is_partial"] for row in rows if row["iso_week"] == week) for week in names)
    return Weeks(tuple(names), partial, tuple(lines))


def _by_campaign(rows: Sequence[dict[str, Any]]) -> dict[_Key, list[dict[str, Any]]]:
    found: dict[_Key, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: [str(row.get(name)) for name in (*_CAMPAIGN, "iso_week", *_SUMMED)]):
        found.setdefault(tuple(row[name] for name in _CAMPAIGN), []).append(row)
    return found


def _newest_name(rows: Sequence[dict[str, Any]]) -> str | None:
    """None: the whole account, which has no campaign to name."""
    names = [row["campaign_name"] or row["campaign_id"] for row in rows]
    return names[-1]


def _rows(platform: Platform, gold: Gold, contract: Any, month: Month, columns: Sequence[str]) -> list[dict[str, Any]]:
    """The month's rows in the organization's currency, at the version that the page reads."""
    read = platform.lakehouse.read(
        contract,
        gold.organization.org_id,
        [month],
        columns=[*columns, "currency"],
        version=gold.versions.get(contract.id),
    )
    return [row for row in read.to_pylist() if row["currency"] == gold.currency]


def days_of(bench: Bench, column: str) -> int | None:
    """Days of the month that gold.marketing_month counts; None without ads data."""
    if "gold.marketing_month" not in bench.gold.versions:
        return None
    term = Term(kpi="spend", months=(bench.month,), at="gold.marketing_month", column=column)
    found = bench.gold.value(term)
    return None if found is None else int(found)
