"""Files that wait for a decision or their other parts, or were refused lately."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from datapilot_assets.alerts.words import reason
from datapilot_domain.alerts import Condition
from datapilot_domain.findings import found
from datapilot_domain.held import open_entries
from datapilot_domain.landing import LandingEntry, Verdict
from datapilot_domain.ledger import counted_entries, current_entries

# A refused file that nobody sent again is forgotten then: its report stays.
REFUSED_DAYS = 14


def undecided_files(entries: Sequence[LandingEntry], today: dt.date) -> Iterator[Condition]:
    """Of every held and waiting file, and of every refused one of the last days that no later file answers."""
    for entry in open_entries(entries):
        held = entry.verdict is Verdict.HELD
        yield _condition("FILE_HELD" if held else "FILE_WAITING", entry, f"datapilot held --org {entry.org_id}")
    latest = {(entry.source, entry.file): entry for entry in current_entries(entries)}
    loaded = {entry.sha256 for entry in counted_entries(entries)}
    for entry in latest.values():
        recent = today - entry.arrived_on <= dt.timedelta(days=REFUSED_DAYS)
        if entry.verdict is Verdict.REFUSED and recent and entry.sha256 not in loaded:
            yield _condition("FILE_REFUSED", entry, f"datapilot report --org {entry.org_id}")


def _condition(code: str, entry: LandingEntry, command: str) -> Condition:
    why = reason(entry.reason) if entry.reason else ""
    return Condition(
        code=code,
        org_id=entry.org_id,
        subject=(entry.source, entry.file, entry.sha256),
        severity="warning",
        cause=found("file_undecided", file=entry.file, source=entry.source, reason=why),
        month=entry.main_month,
        ui_path=f"/assets/landing/{entry.family}" if entry.family else None,
        command=command,
    )
