"""Reports as they are kept: markdown, CSV and JSON in the store, and events of the external asset for the UI."""

from __future__ import annotations

import dagster as dg

from datapilot_assets.reports.facts import gather
from datapilot_assets.reports.landed import landed_report
from datapilot_assets.reports.markdown import report_markdown
from datapilot_assets.reports.model import FileReport
from datapilot_assets.reports.sheet import report_csv
from datapilot_domain.contracts.sales import FAMILY
from datapilot_domain.landing import CORRECTIONS, LandingEntry, Verdict
from datapilot_domain.ledger import current_entries, landed_hashes
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_resources.platform import Platform


def publish_report(platform: Platform, organization: Organization, entry: LandingEntry) -> dg.AssetObservation | None:
    """Keep what landing alone says of a file that has just landed.

    The event is for a file that was not taken: an accepted one gets its own per month, here and after its run.
    """
    accepted = entry.verdict is Verdict.ACCEPTED
    report = landed_report(organization, entry, organization.locale, counts=accepted)
    text = _keep(platform, organization, report)
    if accepted:
        return None
    return dg.AssetObservation(asset_key=["landing", entry.family or FAMILY], metadata=_metadata(report, text))


def write_reports(
    platform: Platform, organization: Organization, family: str, settled: set[Month]
) -> list[dg.AssetObservation]:
    """Keep the reports of every file that touched the settled months; returns them as events for the UI."""
    log = platform.lakehouse.landing_log(organization.org_id)
    # Corrections are of records of sales.
    told = (family, CORRECTIONS) if family == FAMILY else (family,)
    entries = [e for e in current_entries(log.entries) if e.family in told and settled & {*e.touched, *e.months}]
    hashes = landed_hashes(log.entries, family)
    observations = []
    for entry, report in zip(entries, gather(platform, organization, log, entries, organization.locale), strict=True):
        text = _keep(platform, organization, report)
        observations += [
            dg.AssetObservation(
                asset_key=["landing", family],
                partition=OrgMonth(organization.org_id, month).key,
                metadata=_metadata(report, text),
                tags={"dagster/data_version": hashes[month]},
            )
            for month in sorted(settled & set(entry.touched))
        ]
    return observations


def _keep(platform: Platform, organization: Organization, report: FileReport) -> str:
    key = report.stored_at.removesuffix(".md")
    text = report_markdown(report, organization.locale)
    platform.store.write(f"{key}.json", report.model_dump_json(indent=2).encode())
    platform.store.write(f"{key}.csv", report_csv(report, organization.locale).encode("utf-8-sig"))
    platform.store.write(f"{key}.md", text.encode())
    return text


def _metadata(report: FileReport, text: str) -> dict[str, dg.MetadataValue | str]:
    return {
        "file": report.file,
        "verdict": report.verdict,
        "report": dg.MetadataValue.md(text),
        "stored_at": report.stored_at,
    }
