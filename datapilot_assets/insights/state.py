"""Which months have insights, and which need them again: fingerprints of gold against what was written."""

from __future__ import annotations

from dataclasses import asdict

from datapilot_assets.insights.gold import COUNTED, GOLD
from datapilot_assets.insights.thresholds import THRESHOLDS
from datapilot_assets.status import unsettled_months
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.insights import INSIGHT_TABLES
from datapilot_domain.contracts.sales import FAMILY as SALES
from datapilot_domain.landing import digest
from datapilot_domain.ledger import declared_whole
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_domain.sources import effective_roles, with_role
from datapilot_resources.platform import Platform

_TELLING = ("gold.sales_month", "gold.campaign_month")


def declared_months(platform: Platform, organization: Organization) -> frozenset[Month]:
    """Months whose sales were declared complete: a day without a line is then a fact."""
    entries = platform.lakehouse.landing_log(organization.org_id).entries
    counting = with_role(entries, effective_roles(entries, organization, SALES), "counts")
    months = platform.lakehouse.months(CONTRACTS["gold.sales_month"], organization.org_id)
    return frozenset(month for month in months if declared_whole(counting, SALES, month))


def expected_fingerprints(platform: Platform, organization: Organization) -> dict[Month, str]:
    """Every month that gold tells something of, or did → fingerprint over all that its insights are made from.

    Gold of the month and of the history before it, whether sales of a later month exist (which makes it whole),
    thresholds, the versions of the three tables, and the organization's language, currency and target. Not who
    writes: another model must not set years of months to be written, and paid for, again.
    """
    org, lakehouse = organization.org_id, platform.lakehouse
    stored = {name: lakehouse.months(CONTRACTS[name], org) for name in (*GOLD, *COUNTED)}
    told = [lakehouse.months(contract, org) for contract in INSIGHT_TABLES]
    # A month that gold lost still has what was said of it.
    of = (*(stored[name] for name in _TELLING), *told)
    months = sorted({month for states in of for month, state in states.items() if state.rows})
    sold = [month for month, state in stored["gold.sales_daily"].items() if state.rows]
    declared = declared_months(platform, organization) if months else frozenset()
    settings = [
        asdict(THRESHOLDS),
        [contract.version for contract in INSIGHT_TABLES],
        organization.locale,
        organization.currency,
        # Only where one is set: without it nothing is to be written again.
        *([str(organization.roas_target)] if organization.roas_target is not None else []),
    ]
    found = {}
    for month in months:
        first = month.plus(-THRESHOLDS.history_months - 1)
        read = [
            [name, str(of), state.fingerprint]
            for name, states in stored.items()
            for of, state in sorted(states.items())
            if first <= of <= month
        ]
        found[month] = digest([settings, read, any(of > month for of in sold), month in declared])
    return found


def pending_insights(platform: Platform, organization: Organization) -> dict[Month, str]:
    """Months whose insights are not those of today's gold → what they would become.

    Not those whose gold itself is about to change: their turn comes after it.
    """
    stored = {contract.id: platform.lakehouse.months(contract, organization.org_id) for contract in INSIGHT_TABLES}
    waiting = unsettled_months(platform, organization)
    return {
        month: fingerprint
        for month, fingerprint in expected_fingerprints(platform, organization).items()
        if month not in waiting
        and any(month not in states or states[month].fingerprint != fingerprint for states in stored.values())
    }


def restated_versions(platform: Platform, organization: Organization) -> dict[Month, int]:
    """Closed months that gold.sales_month told otherwise before → the last version that did.

    Closed: the days that its sales covered then are the days that they cover now, so nothing was merely missing.
    """
    org, lakehouse = organization.org_id, platform.lakehouse
    monthly, daily = CONTRACTS["gold.sales_month"], CONTRACTS["gold.sales_daily"]
    histories = lakehouse.history(monthly, org), lakehouse.history(daily, org)
    found = {}
    for month, states in histories[0].items():
        days = histories[1].get(month, [])
        if len(states) < 2 or not days:
            continue
        now = _last_day(platform, organization, month, days[-1].version)
        for place in range(len(states) - 2, -1, -1):
            if states[place].fingerprint == states[-1].fingerprint or place >= len(days):
                continue
            if now is not None and _last_day(platform, organization, month, days[place].version) == now:
                found[month] = states[place].version
                break
    return found


def _last_day(platform: Platform, organization: Organization, month: Month, version: int) -> object:
    daily = CONTRACTS["gold.sales_daily"]
    rows = platform.lakehouse.read(daily, organization.org_id, [month], columns=["date"], version=version)
    return max(rows["date"].to_pylist(), default=None)
