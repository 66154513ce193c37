"""Landing a correction file: the files that it corrects are decided again, at their places in the log."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from datapilot_assets.landing.acceptance import decide_again
from datapilot_assets.landing.arrival import Arrival, entry_base
from datapilot_assets.landing.corrected import keep_overlay
from datapilot_assets.landing.corrections import Sheet, plan_corrections
from datapilot_assets.landing.effects import resolve
from datapilot_assets.landing.kept import fetch_indexes
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.landing import CORRECTIONS, Correction, Declaration, LandingEntry, MonthCount, Verdict
from datapilot_domain.ledger import active_entries, current_entries
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import Refusal
from datapilot_resources.landing_log import LandingLog


def correct(arrival: Arrival, log: LandingLog, sheet: Sheet) -> tuple[LandingEntry, list[LandingEntry]]:
    """The entry of a correction file, and the entries that take the places of those of the files it corrects.

    The corrected files are decoded again as if the cells had been written so. Raises Refusal.
    """
    platform, organization = arrival.platform, arrival.organization
    active = active_entries(log.entries, BRONZE_SALES.family)
    resolution = resolve(active, fetch_indexes(platform, organization.org_id, active, arrival.workdir))
    plan = plan_corrections(platform.store, platform.lakehouse, organization, log.entries, active, resolution, sheet)
    seq = log.head + 1
    current = {entry.place: entry for entry in current_entries(log.entries)}
    ahead = LandingLog(log.version, (*log.entries, *_placeholder(arrival, log)))
    corrected: list[LandingEntry] = []
    for place, cells in sorted(plan.cells.items()):
        was = current[place]
        correction = Correction(
            seq=seq,
            file=arrival.inbox_file.file,
            sha256=arrival.sha256,
            overlay=keep_overlay(platform.store, organization.org_id, cells),
            records=len(cells),
        )
        with tempfile.TemporaryDirectory(dir=arrival.workdir) as directory:
            entry = decide_again(
                platform,
                organization,
                was,
                ahead,
                Path(directory),
                arrival.run_id,
                corrections=(*was.corrections, correction),
            )
        if entry.verdict is not was.verdict:
            raise Refusal(entry.reason or "DECLARATION_INVALID", "inside", place=was.file, found=entry.found or "")
        corrected.append(entry)
        ahead = LandingLog(ahead.version, (*ahead.entries, entry))
    months: Counter[Month] = Counter()
    touched: dict[Month, str] = {}
    for entry in corrected:
        before = Counter(current[entry.place].corrected)
        months.update(Counter(entry.corrected) - before)
        touched.update(entry.touched)
    entry = LandingEntry.model_validate(
        {
            **entry_base(arrival, log, Declaration()),
            "family": CORRECTIONS,
            "verdict": Verdict.ACCEPTED,
            "records": sheet.records,
            "ignored": sheet.records - plan.applied - len(plan.closed),
            "months": {month: MonthCount(records=count) for month, count in sorted(months.items())},
            "corrects": {place: len(cells) for place, cells in sorted(plan.cells.items())},
            "touched": touched,
            "notices": plan.notices(),
        }
    )
    return entry, corrected


def _placeholder(arrival: Arrival, log: LandingLog) -> list[LandingEntry]:
    """Stands for the correction file's own entry while the entries after it are decided."""
    values = {**entry_base(arrival, log, Declaration()), "family": CORRECTIONS, "verdict": Verdict.ACCEPTED}
    return [LandingEntry.model_validate(values)]
