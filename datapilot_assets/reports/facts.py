"""The numbers of a file's report, from the log and the lake alone: no Dagster, no JVM, no words of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from datapilot_assets.landing.effects import Resolution, resolve
from datapilot_assets.landing.kept import fetch_indexes
from datapilot_assets.reports.ads import ads_reports
from datapilot_assets.reports.corrections import CorrectedRecords
from datapilot_assets.reports.figures import MonthHistory, exact
from datapilot_assets.reports.landed import landed_report
from datapilot_assets.reports.model import (
    Amount,
    FileReport,
)
from datapilot_assets.reports.quarantined import group_reasons
from datapilot_assets.reports.steps import next_steps
from datapilot_assets.reports.wording import Words
from datapilot_assets.status import kept_back, stale_months
from datapilot_domain.contracts.ads import FAMILY as ADS
from datapilot_domain.contracts.sales import FAMILY, SALES_QUARANTINE, SILVER_SALES
from datapilot_domain.landing import CORRECTIONS, LandingEntry
from datapilot_domain.ledger import active_entries, counted_entries, current_entries
from datapilot_domain.organizations import Organization
from datapilot_domain.sources import effective_roles, without_off
from datapilot_resources.landing_log import LandingLog
from datapilot_resources.platform import Platform

_ACCEPTED = """
SELECT landed_seq, currency, count(*), sum(gross_amount), min(sold_on), max(sold_on)
FROM silver WHERE NOT coalesce(list_contains(flags, 'derived_return'), false) GROUP BY ALL ORDER BY currency
"""


def file_reports(
    platform: Platform, organization: Organization, file: str | None = None, locale: str | None = None
) -> list[dict[str, Any]]:
    """One row per decision of the landing log, oldest first, in the shape of `FileReport`.

    Of a replayed file only the last decision is told. file: only files of that name or sha256. locale: language
    of the texts, else the organization's.
    """
    log = platform.lakehouse.landing_log(organization.org_id)
    wanted = [entry for entry in current_entries(log.entries) if file is None or file in (entry.file, entry.sha256)]
    reports = gather(platform, organization, log, wanted, locale or organization.locale)
    return [report.model_dump(mode="json") for report in reports]


def gather(
    platform: Platform, organization: Organization, log: LandingLog, wanted: Sequence[LandingEntry], locale: str
) -> list[FileReport]:
    """Reports of these entries of the log, in their order."""
    of_ads = [entry for entry in wanted if entry.family == ADS]
    if of_ads:
        ads = ads_reports(platform, organization, log, of_ads, locale)
        others = gather(platform, organization, log, [e for e in wanted if e.family != ADS], locale)
        known = {report.seq: report for report in (*ads, *others)}
        return [known[entry.seq] for entry in wanted]
    roles = effective_roles(log.entries, organization, FAMILY)
    counted = {entry.seq for entry in counted_entries(log.entries, FAMILY)}
    mine = [entry for entry in wanted if entry.seq in counted]
    corrections = [entry for entry in wanted if entry.family == CORRECTIONS]
    if not mine and not corrections:
        return [landed_report(organization, entry, locale, counts=False) for entry in wanted]
    stale = set(stale_months(platform, organization, FAMILY))
    kept = kept_back(platform, organization, FAMILY, stale)
    judged = [entry for entry in without_off(mine, roles) if not stale & set(entry.months)]
    lake = _Lake.read(platform, organization, without_off(log.entries, roles), judged)
    history = MonthHistory(platform, organization.org_id, log)
    corrected = CorrectedRecords.read(platform, organization.org_id, without_off(log.entries, roles))
    reports = []
    for entry in wanted:
        gates = {month: kept[month] for month in entry.months if month in kept}
        report = landed_report(organization, entry, locale, counts=entry.seq in counted, kept=gates)
        if entry in judged:
            report = _judged(report, entry, lake, locale)
            fates = (report.accepted or 0, report.superseded or 0, report.quarantined or 0)
            report = report.model_copy(update=corrected.of_original(entry, *fates))
        if entry in corrections and not stale & set(entry.months):
            settled = {"pending": False, "next_steps": next_steps(entry, Words(locale), counts=True, pending=False)}
            report = report.model_copy(update={**corrected.of_correction(entry), **settled})
            report = report.model_copy(update={"effects": history.effects(entry)})
        if entry.seq in counted:
            changed = {"effects": history.effects(entry), "computed_with": history.computed_with(entry)}
            report = report.model_copy(update={**changed, "source_role": roles[entry.source]})
        reports.append(report)
    return reports


@dataclass
class _Lake:
    """What silver and its quarantine hold of the judged entries, by landing number."""

    resolution: Resolution
    active: set[int]
    accepted: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)
    quarantined: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        platform: Platform,
        organization: Organization,
        log: Iterable[LandingEntry],
        entries: Iterable[LandingEntry],
    ) -> _Lake:
        org = organization.org_id
        wanted = {entry.seq: entry for entry in entries}
        if not wanted:
            return cls(resolve([], {}), set())
        active = active_entries(log, FAMILY)
        with tempfile.TemporaryDirectory(prefix="datapilot-units-") as directory:
            lake = cls(resolve(active, fetch_indexes(platform, org, active, Path(directory))), set())
        lake.active = {item.entry.seq for item in active}
        months = sorted({month for entry in wanted.values() for month in entry.months})
        columns = ["landed_seq", "currency", "gross_amount", "sold_on", "flags"]
        silver = platform.lakehouse.read(SILVER_SALES, org, months, columns=columns)
        with duckdb.connect(":memory:") as connection:
            connection.register("silver", silver)
            for seq, *numbers in connection.execute(_ACCEPTED).fetchall():
                lake.accepted.setdefault(seq, []).append(tuple(numbers))
        for row in platform.lakehouse.read(SALES_QUARANTINE, org, months).to_pylist():
            lake.quarantined.setdefault(row["landed_seq"], []).append(row)
        return lake


def _judged(report: FileReport, entry: LandingEntry, lake: _Lake, locale: str) -> FileReport:
    """The report with every record's fate, now that all months of the file are refined."""
    by_currency = lake.accepted.get(entry.seq, [])
    held_back = lake.quarantined.get(entry.seq, [])
    accepted = sum(count for _, count, *_ in by_currency)
    fates = _fates(entry, entry.seq in lake.active, lake.resolution, accepted, len(held_back))
    reasons = group_reasons(held_back, entry.layout, locale)
    of, good = entry.records - entry.ignored, accepted + fates["superseded"]
    return report.model_copy(
        update={
            **fates,
            "pending": False,
            "share_accepted": f"{Decimal(good) / of:.10f}" if of else None,
            "accepted_amounts": tuple(
                Amount(currency=currency, amount=str(exact(amount))) for currency, _, amount, *_ in by_currency
            ),
            "first_date": min((str(first) for *_, first, _ in by_currency), default=None),
            "last_date": max((str(last) for *_, last in by_currency), default=None),
            "reasons": reasons,
            "next_steps": next_steps(entry, Words(locale), counts=True, pending=False, reasons=reasons),
        }
    )


def _fates(
    entry: LandingEntry, is_active: bool, resolution: Resolution, accepted: int, quarantined: int
) -> dict[str, int]:
    """R10 for one file whose records count: what silver and quarantine hold of it, what lost, what is no sale.

    The rest may only be copies inside the file: equal rows under one explicit line number of an order. Were
    there more of them than the index knows, the file would not balance, and that must be seen.
    """
    dated = sum(count.records - count.ignored for count in entry.months.values())
    lost = dated if not is_active else sum(n for (seq, _), n in resolution.superseded.items() if seq == entry.seq)
    copies = min(dated - lost - accepted - quarantined, resolution.repeatable.get(entry.seq, 0))
    return {
        "accepted": accepted,
        "superseded": lost + (copies if is_active else 0),
        "quarantined": quarantined,
        "ignored": entry.ignored,
    }
