"""What the sender of a file can do now, as steps with commands ready to copy."""

from __future__ import annotations

from datapilot_assets.reports.model import KeptMonth, ReasonGroup, Step
from datapilot_assets.reports.wording import Words
from datapilot_domain.commands import land_command, remedy_command
from datapilot_domain.findings import Command
from datapilot_domain.landing import LandingEntry, Verdict
from datapilot_domain.reasons import REASONS

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
    if reasons and entry.extraction is not None:
        steps += [Step(text=group.remedy) for group in reasons]
    elif reasons:
        export = f"datapilot quarantine export --org {entry.org_id} --output {QUARANTINE_FILE}"
        again = land_command(entry, file=QUARANTINE_FILE)
        steps.append(Step(text=words("step_correct"), commands=(export, again)))
    return tuple(steps)


def _of_others(entry: LandingEntry, words: Words) -> tuple[Step, ...]:
    """Refused, held, or waiting for the other parts."""
    told = _as_told(entry, words)
    if entry.verdict is Verdict.REFUSED:
        again = "step_send_replacing" if entry.reason == "REPLACED_FILE_UNKNOWN" else "step_send_again"
        return (*told, Step(text=words(again), commands=(land_command(entry),)))
    if entry.verdict is Verdict.HELD and not entry.commands:
        return (*told, Step(text=words("step_confirm"), commands=(land_command(entry, "--confirm"),)))
    return told


def _as_told(entry: LandingEntry, words: Words) -> tuple[Step, ...]:
    """The remedy of the reason, then each command that the check gave, for this very file."""
    if entry.reason not in REASONS:
        return ()
    reason = REASONS[entry.reason]
    usual = "" if entry.commands else remedy_command(reason, entry.org_id, entry.file)
    remedy = Step(text=reason.remedy(words.locale), commands=(usual,) if usual else ())
    return (remedy, *(_step(command, words) for command in entry.commands))


def _step(command: Command, words: Words) -> Step:
    purpose = command.purpose.words(words.locale)
    return Step(text=f"{purpose[0].upper()}{purpose[1:]}:", commands=(command.command,))
