"""All that the page of a month says, without a word of HTML: same gold and same alerts, same page."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from datapilot_assets.insights.coverage import SalesCoverage
from datapilot_assets.insights.find import complete_ads_months
from datapilot_assets.insights.gold import Gold, Tables
from datapilot_assets.insights.making import Bench
from datapilot_assets.insights.state import declared_months
from datapilot_assets.insights.stored import published_rows
from datapilot_assets.pages.figures import Headline, headlines, monthly, shown_months
from datapilot_assets.pages.parts import Campaign, Parts, Weeks, breakdown, campaigns, daily, products, weeks
from datapilot_assets.pages.quality import Quality, quality
from datapilot_domain.alerts import ALERTS, SEVERITIES
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.insights.fact import DATA_QUALITY
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform

SERIES = ("gross_revenue", "spend", "roas_claimed", "roas_verified")
DIMENSIONS = ("channel", "category")
# A month is told when one of these has rows of it.
_TELLING = ("gold.sales_month", "gold.campaign_month")


class NoGold(LookupError):
    """Gold has no sales and no ads of the month."""


@dataclass(frozen=True)
class Origin:
    """A number of an insight, and the SQL that gives it again at that Delta version."""

    slot: str
    value: Decimal
    # Unit of the catalogue, or a currency's code.
    unit: str
    table: str
    delta_version: int
    sql: str


@dataclass(frozen=True)
class PageInsight:
    insight_id: str
    is_about_data: bool
    severity: str
    headline: str
    body: str
    recommendation: str
    author: str
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class PageAlert:
    """What waits for somebody: `title` and `cause` in the organization's language."""

    severity: str
    title: str
    cause: str


@dataclass(frozen=True)
class MonthPage:
    organization: Organization
    month: Month
    headlines: tuple[Headline, ...]
    # Gross revenue of each day, None where nothing covers it; empty without sales.
    daily: tuple[Decimal | None, ...]
    months: tuple[Month, ...]
    # KPI of SERIES → its value in each of `months`.
    series: dict[str, tuple[Decimal | None, ...]]
    products: Parts
    # Dimension → its members.
    breakdowns: dict[str, Parts]
    campaigns: tuple[Campaign, ...]
    weeks: Weeks
    insights: tuple[PageInsight, ...]
    quality: Quality
    # Open and acknowledged ones of the month, and of no month; the most urgent first.
    alerts: tuple[PageAlert, ...] = ()

    @property
    def is_partial(self) -> bool:
        return any(one.is_partial for one in self.headlines)


def month_page(platform: Platform, organization: Organization, month: Month) -> MonthPage:
    """The page of one month. Raises NoGold."""
    lakehouse, org = platform.lakehouse, organization.org_id
    states = (lakehouse.months(CONTRACTS[name], org).get(month) for name in _TELLING)
    if not any(state is not None and state.rows for state in states):
        raise NoGold(f"{org} has neither sales nor ads of {month}")
    days = lakehouse.read(CONTRACTS["gold.sales_daily"], org, columns=["date"])["date"].to_pylist()
    with Tables(lakehouse, org) as tables:
        gold = Gold(lakehouse, organization, tables)
        sales = SalesCoverage(days, declared_months(platform, organization))
        bench = Bench(gold, month, sales, complete_ads_months(gold))
        return MonthPage(
            organization,
            month,
            headlines(platform, bench),
            daily(platform, bench),
            shown_months(bench),
            {kpi: monthly(bench, kpi) for kpi in SERIES},
            products(platform, bench),
            {dimension: breakdown(bench, dimension) for dimension in DIMENSIONS},
            campaigns(platform, bench),
            weeks(platform, bench),
            tuple(_insight(row) for row in published_rows(platform, org, [month])),
            quality(platform, bench),
            _alerts(platform, organization, month),
        )


def _alerts(platform: Platform, organization: Organization, month: Month) -> tuple[PageAlert, ...]:
    alerts = [alert for alert in platform.alert_book.alerts(organization.org_id) if alert.month in (month, None)]
    ordered = sorted(alerts, key=lambda alert: (-SEVERITIES.index(alert.severity), alert.code, alert.fingerprint))
    locale = organization.locale
    return tuple(
        PageAlert(alert.severity, ALERTS[alert.code].title.of(locale), alert.cause.words(locale)) for alert in ordered
    )


def _insight(row: dict[str, Any]) -> PageInsight:
    copied = {field.name: row[field.name] for field in dataclasses.fields(PageInsight) if field.name in row}
    origins = tuple(_origin(number) for number in row["quantities"])
    return PageInsight(is_about_data=row["type"] in DATA_QUALITY, origins=origins, **copied)


def _origin(number: dict[str, Any]) -> Origin:
    sql = f"SELECT {number['measure']} FROM {number['table']} WHERE {number['where']}"
    value, version = Decimal(number["value"]), number["delta_version"]
    return Origin(number["slot"], value, number["unit"], number["table"], version, sql)
