"""What the sender of a file can do now, as steps with commands ready to copy."""

from __future__ import annotations

import re
import shlex

from datapilot_assets.reports.details import split_detail
from datapilot_assets.reports.model import KeptMonth, ReasonGroup, Step
from datapilot_assets.reports.wording import Words
from datapilot_domain.landing import LandingEntry, Verdict
from datapilot_domain.markdown import one_line
from datapilot_domain.organizations import MAIN_SOURCE
from datapilot_domain.reasons import REASONS

_MISSING_PART = re.compile(r"part-([0-9]+)-of-([0-9]+)")
# Option of a command that decides a held file → what choosing it means.
_CHOICES = {
    " --again": "choice_again",
    " --confirm": "choice_confirm",
    " --source ": "choice_source",
    " --replaces ": "choice_replaces",
    " --complete ": "choice_complete",
    " --reject": "choice_reject",
}
QUARANTINE_FILE = "quarantine.csv"


def next_steps(
    entry: LandingEntry,
    words: Words,
    *,
    counts: bool,
    pending: bool,
    reasons: tuple[ReasonGroup, ...] = (),
    kept: tuple[KeptMonth, ...] = (),
) -> tuple[Step, ...]:
    """In the order to take them; nothing where all is well."""
    if counts or entry.verdict is Verdict.ACCEPTED:
        return _of_counted(entry, words, pending, reasons, kept)
    return _of_others(entry, words)


def _of_counted(
    entry: LandingEntry, words: Words, pending: bool, reasons: tuple[ReasonGroup, ...], kept: tuple[KeptMonth, ...]
) -> tuple[Step, ...]:
    steps = [Step(text=f"{words.month(month.month)}: {month.remedy}") for month in kept]
    if pending and not kept:
        steps.append(Step(text=words("step_wait"), commands=(f"datapilot run --org {entry.org_id}",)))
    if reasons:
        export = f"datapilot quarantine export --org {entry.org_id} --output {QUARANTINE_FILE}"
        again = land_command(entry, file=QUARANTINE_FILE)
        steps.append(Step(text=words("step_correct"), commands=(export, again)))
    return tuple(steps)


def _of_others(entry: LandingEntry, words: Words) -> tuple[Step, ...]:
    """Refused, held, or waiting for the other parts."""
    remedy = REASONS[entry.reason].remedy(words.locale) if entry.reason in REASONS else ""
    if entry.verdict is Verdict.REFUSED:
        return (*_as_told(entry, remedy, words), Step(text=words("step_send_again"), commands=(land_command(entry),)))
    if entry.verdict is Verdict.HELD:
        told = _as_told(entry, remedy, words)
        confirm = Step(text=words("step_confirm"), commands=(land_command(entry, "--confirm"),))
        return told if any(step.commands for step in told) else (*told, confirm)
    parts = [f"{number}/{total}" for number, total in _MISSING_PART.findall(entry.detail)]
    month = f"--complete {entry.declaration.complete}"
    commands = tuple(land_command(entry, month, f"--part {part}", file="FILE") for part in parts)
    return (Step(text=words("step_parts"), commands=commands),)


def _as_told(entry: LandingEntry, remedy: str, words: Words) -> tuple[Step, ...]:
    """The remedy of the reason, then each command that the check gave, for this very file."""
    _, commands = split_detail(entry.detail, words.locale)
    steps = [Step(text=remedy)] if remedy else []
    for purpose, command in commands:
        ready = for_file(entry.file, command)
        choice = next((name for option, name in _CHOICES.items() if option in command), "step_command")
        said = words("step_command_for", purpose=purpose) if purpose else words(choice)
        steps.append(Step(text=said, commands=(ready,)))
    return tuple(steps)


def for_file(file: str, command: str) -> str:
    """A command of a detail with the name of its file in the place of FILE."""
    return re.sub(r"\bFILE\b", lambda _: shlex.quote(one_line(file)), command)


def land_command(entry: LandingEntry, *options: str, file: str | None = None) -> str:
    """The command that lands a file (this one) in the entry's source, with what this one declared."""
    name = shlex.quote(one_line(entry.file)) if file is None else file
    source = [] if entry.source == MAIN_SOURCE else ["--source", entry.source]
    declared = _declared(entry) if file is None else []
    return " ".join(["datapilot land", name, "--org", entry.org_id, *source, *declared, *options])


def _declared(entry: LandingEntry) -> list[str]:
    said = entry.declaration
    part = [f"--part {said.part[0]}/{said.part[1]}"] if said.part else []
    complete = [f"--complete {said.complete}", *part] if said.complete else []
    as_of = [f"--as-of {said.as_of:%Y-%m-%dT%H:%M:%SZ}"] if said.as_of else []
    replaces = "NAME" if entry.reason == "REPLACED_FILE_UNKNOWN" else shlex.quote(said.replaces or "")
    return [*complete, *as_of, *([f"--replaces {replaces}"] if said.replaces else [])]
