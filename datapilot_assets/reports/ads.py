"""Reports of ads data: the fate of every object, and what it changed beside the sales."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from datapilot_assets.ads_silver import active_extractions
from datapilot_assets.reports.figures import MonthHistory
from datapilot_assets.reports.landed import landed_report
from datapilot_assets.reports.model import FileReport
from datapilot_assets.reports.quarantined import group_reasons
from datapilot_assets.reports.steps import next_steps
from datapilot_assets.reports.wording import Words
from datapilot_assets.status import kept_back, stale_months
from datapilot_domain.contracts.ads import ADS_QUARANTINE, FAMILY, SILVER_ADS_INSIGHTS
from datapilot_domain.landing import LandingEntry
from datapilot_domain.ledger import counted_entries
from datapilot_domain.organizations import Organization
from datapilot_domain.sources import effective_roles
from datapilot_resources.landing_log import LandingLog
from datapilot_resources.platform import Platform


def ads_reports(
    platform: Platform,
    organization: Organization,
    log: LandingLog,
    wanted: Sequence[LandingEntry],
    locale: str,
) -> list[FileReport]:
    """Reports of entries of ads, in their order."""
    org = organization.org_id
    counted = {entry.seq for entry in counted_entries(log.entries, FAMILY)}
    stale = set(stale_months(platform, organization, FAMILY))
    kept = kept_back(platform, organization, FAMILY, stale)
    months = sorted({month for entry in wanted for month in entry.months})
    accepted = Counter(
        platform.lakehouse.read(SILVER_ADS_INSIGHTS, org, months, ["landed_seq"])["landed_seq"].to_pylist()
    )
    held_back: dict[int, list[dict[str, Any]]] = {}
    for row in platform.lakehouse.read(ADS_QUARANTINE, org, months).to_pylist():
        held_back.setdefault(row["landed_seq"], []).append(row)
    active = {item.entry.seq for item in active_extractions(organization, log.entries)}
    roles = effective_roles(log.entries, organization, FAMILY)
    history = MonthHistory(platform, org, log, FAMILY)
    reports = []
    for entry in wanted:
        gates = {month: kept[month] for month in entry.months if month in kept}
        report = landed_report(organization, entry, locale, counts=entry.seq in counted, kept=gates)
        if entry.seq in counted:
            changed: dict[str, Any] = {"effects": history.effects(entry), "computed_with": history.computed_with(entry)}
            if not stale & set(entry.months):
                here = held_back.get(entry.seq, []) if entry.seq in active else []
                changed |= _fates(entry, accepted[entry.seq] if entry.seq in active else 0, here, locale)
            report = report.model_copy(update={**changed, "source_role": roles[entry.source]})
        reports.append(report)
    return reports


def _fates(entry: LandingEntry, accepted: int, held_back: Sequence[dict[str, Any]], locale: str) -> dict[str, Any]:
    """What silver took and what it held back; every other object gave way to a later extraction, or is a copy."""
    reasons = group_reasons(held_back, entry.layout, locale)
    return {
        "accepted": accepted,
        "quarantined": len(held_back),
        "superseded": entry.records - entry.ignored - accepted - len(held_back),
        "ignored": entry.ignored,
        "pending": False,
        "reasons": reasons,
        "next_steps": next_steps(entry, Words(locale), counts=True, pending=False, reasons=reasons),
    }
