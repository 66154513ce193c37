"""What must be known of the month's data: coverage, sources, records that were not taken, and what waits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from datapilot_assets.insights.making import Bench
from datapilot_assets.insights.state import pending_insights
from datapilot_assets.pages.parts import days_of
from datapilot_assets.status import table_status
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.insights import PUBLISHED, REJECTED
from datapilot_domain.contracts.sales_gold import SALES_SOURCE_MONTH
from datapilot_domain.insights.fact import Period
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform

_QUARANTINES = ("silver.sales_quarantine", "silver.ads_quarantine")


@dataclass(frozen=True)
class Count:
    """How often a code was met."""

    code: str
    times: int


@dataclass(frozen=True)
class Source:
    name: str
    role: str
    currency: str
    gross_revenue: Decimal
    paid_orders: int
    # Of a mirror: orders that were found in the sources that count.
    matched_share: Decimal | None


@dataclass(frozen=True)
class Coverage:
    """Days of the month that the data cover. `sales` and `ads_days` are None without any."""

    days: int
    sales: Period | None
    sales_days: int
    ads_days: int | None


@dataclass(frozen=True)
class Version:
    """The commit that last wrote the month into a table."""

    table: str
    version: int
    fingerprint: str


@dataclass(frozen=True)
class Freshness:
    """`waiting`: gold tables of the month that are not of today's files. `insights`: of today's gold, or not."""

    waiting: tuple[str, ...]
    insights: Literal["current", "stale", "none"]

    @property
    def is_current(self) -> bool:
        return not self.waiting and self.insights == "current"


@dataclass(frozen=True)
class Rejections:
    """Drafts of a model that were not published, whole answers and facts among them, and the checks they failed."""

    count: int
    codes: tuple[Count, ...]


@dataclass(frozen=True)
class Quality:
    coverage: Coverage
    sources: tuple[Source, ...]
    quarantined: tuple[Count, ...]
    other_currencies: tuple[str, ...]
    freshness: Freshness
    rejections: Rejections
    versions: tuple[Version, ...]


def quality(platform: Platform, bench: Bench) -> Quality:
    organization, month = bench.gold.organization, bench.month
    return Quality(
        _coverage(platform, bench),
        _sources(platform, organization, month),
        _quarantined(platform, organization, month),
        tuple(sorted(bench.gold.currencies(month) - {organization.currency})),
        _freshness(platform, organization, month),
        _rejections(platform, organization, month),
        _versions(platform, bench),
    )


def _coverage(platform: Platform, bench: Bench) -> Coverage:
    contract = CONTRACTS["gold.sales_daily"]
    dates = platform.lakehouse.read(contract, bench.gold.organization.org_id, [bench.month], columns=["date"])["date"]
    ads_days = days_of(bench, "ads_days")
    return Coverage(bench.month.last_day.day, bench.sales.of(bench.month), len(set(dates.to_pylist())), ads_days)


def _sources(platform: Platform, organization: Organization, month: Month) -> tuple[Source, ...]:
    rows = platform.lakehouse.read(SALES_SOURCE_MONTH, organization.org_id, [month]).to_pylist()
    found = [
        Source(
            row["source_id"],
            row["role"],
            row["currency"],
            row["gross_revenue"],
            row["paid_orders"],
            row["matched_share"],
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: (one.role, -one.gross_revenue, one.name, one.currency)))


def _quarantined(platform: Platform, organization: Organization, month: Month) -> tuple[Count, ...]:
    """Only the codes are read: what the records say stays where it is."""
    codes: Counter[str] = Counter()
    for name in _QUARANTINES:
        rows = platform.lakehouse.read(CONTRACTS[name], organization.org_id, [month], columns=["reason"])
        codes.update(rows["reason"].to_pylist())
    return _counts(codes)


def _counts(codes: Counter[str]) -> tuple[Count, ...]:
    return tuple(Count(code, times) for code, times in sorted(codes.items(), key=lambda one: (-one[1], one[0])))


def _freshness(platform: Platform, organization: Organization, month: Month) -> Freshness:
    waiting = {
        row["table"]
        for row in table_status(platform, organization.org_id)
        if row["month"] == str(month) and row["state"] != "current" and row["table"].startswith("gold.")
    }
    if month not in platform.lakehouse.months(PUBLISHED, organization.org_id):
        return Freshness(tuple(sorted(waiting)), "none")
    stale = month in pending_insights(platform, organization)
    return Freshness(tuple(sorted(waiting)), "stale" if stale else "current")


def _rejections(platform: Platform, organization: Organization, month: Month) -> Rejections:
    rows = platform.lakehouse.read(REJECTED, organization.org_id, [month], columns=["codes"])["codes"].to_pylist()
    return Rejections(len(rows), _counts(Counter(code for codes in rows for code in codes)))


def _versions(platform: Platform, bench: Bench) -> tuple[Version, ...]:
    """Not the tables' newest: another month's commit changes nothing of this page."""
    found = []
    for name in (*bench.gold.versions, "gold.campaign_week", PUBLISHED.id):
        state = platform.lakehouse.months(CONTRACTS[name], bench.gold.organization.org_id).get(bench.month)
        if state is not None and not name.startswith("silver."):
            found.append(Version(name, state.version, state.fingerprint))
    return tuple(found)
