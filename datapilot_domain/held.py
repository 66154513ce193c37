"""Files that wait for somebody's decision (R2, R3, R12, R14), and the ready-made commands that decide them."""

from __future__ import annotations

from collections.abc import Sequence

from datapilot_domain.commands import quoted
from datapilot_domain.findings import Command, found
from datapilot_domain.landing import Declaration, LandingEntry, Verdict
from datapilot_domain.ledger import counted_entries, current_entries

_OPEN = (Verdict.HELD, Verdict.WAITING)


def open_entries(entries: Sequence[LandingEntry]) -> list[LandingEntry]:
    """Held and waiting files that nobody decided yet, oldest first: the last word on their bytes is still that.

    Sending them again in a way that is refused decides nothing.
    """
    counted = {entry.place for entry in counted_entries(entries)}
    last = {entry.sha256: entry for entry in current_entries(entries) if entry.verdict is not Verdict.REFUSED}
    return [entry for entry in last.values() if entry.verdict in _OPEN and entry.place not in counted]


def find_open(entries: Sequence[LandingEntry], file: str) -> list[LandingEntry]:
    """The undecided files of that name, sha256 or beginning of a sha256 (8 characters at least)."""
    return [
        entry
        for entry in open_entries(entries)
        if file == entry.file or (len(file) >= 8 and entry.sha256.startswith(file.lower()))
    ]


def decided(entry: LandingEntry, **choice: object) -> Declaration:
    """The declaration under which a held file is landed again: its own, with what was decided.

    Its data is as old as its arrival: a decision that comes late does not make it newer than what came since.
    """
    own = entry.declaration.model_dump(exclude_none=True)
    if {"complete", "replaces"} & choice.keys():
        own = {name: value for name, value in own.items() if name not in ("complete", "part", "replaces")}
    return Declaration.model_validate({"as_of": entry.arrived_at, **own, **choice})


def choices(entry: LandingEntry, active: Sequence[LandingEntry], suggestion: str | None = None) -> list[Command]:
    """Commands that decide the file, the likeliest first, each with what choosing it means.

    active: entries whose rows count. suggestion: the command that maps a renamed column, where there is one.
    """
    command = f"datapilot decide {entry.sha256[:12]} --org {entry.org_id}"

    def choice(purpose: str, option: str) -> Command:
        return Command(purpose=found(purpose), command=f"{command} {option}")

    reject = choice("if_not_valid", "--reject")
    if entry.verdict is Verdict.WAITING:
        return [reject]
    elsewhere, confirm = choice("if_of_another_source", "--source NAME"), choice("if_right", "--confirm")
    if entry.reason == "COLUMN_LOST":
        again = f"{suggestion} && {command} --again"
        mapped = [Command(purpose=found("if_renamed"), command=again)] if suggestion else []
        return [*mapped, confirm, elsewhere, reject]
    files = [other.file for other in active if other.source == entry.source]
    replaces = [choice("if_it_replaces", f"--replaces {quoted(files[-1])}")] if files else []
    complete = [choice("if_complete", f"--complete {entry.main_month}")] if entry.main_month else []
    return [elsewhere, confirm, *replaces, *complete, reject]
