"""Replay: decide kept files again under today's mappings, settings and decoder, each at its place in the log.

A replay acts as if today's recipe had held when the file came: declaration, source, name and age stay. What
still decodes to the same content gets no entry, and a file that would now be refused keeps what it had.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from datapilot_assets.landing.acceptance import decide_again
from datapilot_assets.landing.decode import recipe_of
from datapilot_domain.contracts.sales import FAMILY
from datapilot_domain.findings import Command, Found, found
from datapilot_domain.landing import CORRECTIONS, LandingEntry, Verdict, content_id
from datapilot_domain.ledger import counted_entries, current_entries, find_loaded
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import Refusal
from datapilot_resources.lakehouse import WriteConflict
from datapilot_resources.landing_log import LandingLog
from datapilot_resources.platform import Platform

_ATTEMPTS = 20
logger = logging.getLogger(__name__)


class Replay(str, Enum):
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    # Today's recipe would refuse or hold a file that counts: nothing is taken away.
    KEPT = "kept"
    FAILED = "failed"


@dataclass(frozen=True)
class Replayed:
    """What a replay did, or would do, with one file. `entry`: the decision that holds now."""

    entry: LandingEntry
    outcome: Replay
    before: Verdict
    reason: str | None = None
    found: Found | None = None
    commands: tuple[Command, ...] = ()

    @property
    def line(self) -> str:
        """What became of the file, for an engineer's log."""
        told = self.found.words("en") if self.found else ""
        return " ".join(filter(None, (f"{self.entry.file}: {self.outcome.value}", self.reason, told)))

    @property
    def months(self) -> list[Month]:
        """Months whose active rows changed."""
        return sorted(self.entry.touched) if self.outcome is Replay.CHANGED else []


class FileNotLanded(LookupError):
    """No entry of the log has this name or sha256."""


def select(entries: Iterable[LandingEntry], file: str | None) -> list[int]:
    """Places to decide again, oldest first: all, or the files of that name or sha256 (or its first 8 characters).

    A part is decided together with the other parts of its month. Raises FileNotLanded.
    """
    # A correction file has no records of its own: it is replayed with the files that it corrected.
    known = [entry for entry in current_entries(entries) if entry.family != CORRECTIONS]
    if file is None:
        return [entry.place for entry in known]
    named = [e for e in known if file in (e.file, e.sha256) or (len(file) >= 8 and e.sha256.startswith(file))]
    if not named:
        raise FileNotLanded(file)
    wholes = {_whole(entry) for entry in named} - {None}
    return [entry.place for entry in known if entry in named or _whole(entry) in wholes]


def _whole(entry: LandingEntry) -> tuple[str, Month | None, int] | None:
    """What a part is a part of."""
    part = entry.declaration.part
    return (entry.source, entry.declaration.complete, part[1]) if part else None


def replay(
    platform: Platform,
    organization: Organization,
    places: Sequence[int],
    run_id: str,
    *,
    dry_run: bool = False,
    repair: bool = False,
    tell: Callable[[Replayed], None] = lambda result: None,
) -> list[Replayed]:
    """Decide the files at these places again, each on its own: one that fails stops no other.

    dry_run: decode and compare, write nothing; each file is then compared with the log as it is.
    repair: write the bronze rows of unchanged contents again too.
    """
    results = []
    for place in places:
        try:
            result = _replay_one(platform, organization, place, run_id, dry_run, repair)
        except Exception as error:
            logger.exception("place %s of %s: not replayed", place, organization.org_id)
            entry = _at(platform.lakehouse.landing_log(organization.org_id), place)
            failed = found("program_failed", error=f"{type(error).__name__}: {error}")
            result = Replayed(entry, Replay.FAILED, entry.verdict, entry.reason, failed)
        results.append(result)
        tell(result)
    return results


def _at(log: LandingLog, place: int) -> LandingEntry:
    return next(entry for entry in current_entries(log.entries) if entry.place == place)


def _replay_one(
    platform: Platform, organization: Organization, place: int, run_id: str, dry_run: bool, repair: bool
) -> Replayed:
    for _ in range(_ATTEMPTS):
        log = platform.lakehouse.landing_log(organization.org_id)
        old = _at(log, place)
        if settled := _settled(log, old):
            return settled

        def writes(content: str, there: str | None = None if repair else old.content_id) -> bool:
            return not dry_run and content != there

        try:
            with tempfile.TemporaryDirectory(prefix="datapilot-replay-") as directory:
                new = decide_again(platform, organization, old, log, Path(directory), run_id, writes=writes)
        except Refusal as refusal:
            kept = old in counted_entries(log.entries)
            outcome = Replay.KEPT if kept else Replay.UNCHANGED
            return Replayed(old, outcome, old.verdict, refusal.code, refusal.found, refusal.commands)
        except WriteConflict:
            continue
        if _decision(new) == _decision(old):
            return _unchanged(old)
        if new.verdict not in (Verdict.ACCEPTED, old.verdict) and old in counted_entries(log.entries):
            return Replayed(old, Replay.KEPT, old.verdict, new.reason, new.found, new.commands)
        if dry_run or platform.lakehouse.append_if(organization.org_id, new, log.version):
            return Replayed(new, Replay.CHANGED, old.verdict, new.reason, new.found, new.commands)
    raise RuntimeError(f"{_ATTEMPTS} other writers were faster; replay the file again")


def _unchanged(old: LandingEntry) -> Replayed:
    return Replayed(old, Replay.UNCHANGED, old.verdict, old.reason, old.found, old.commands)


def _settled(log: LandingLog, old: LandingEntry) -> Replayed | None:
    """The answer for an entry that no recipe changes: a false declaration, bytes that another entry took, a no."""
    # What was declared falsely is not in the log: nobody may guess it.
    if old.reason in ("DECLARATION_INVALID", "DECIDED_AGAINST"):
        return _unchanged(old)
    if old in counted_entries(log.entries) or old.verdict is Verdict.WAITING:
        return None
    taken = find_loaded([e for e in log.entries if e.place != old.place], old.sha256, old.declaration)
    if taken is None:
        return None
    told = found("loaded_elsewhere", file=taken.file, source=taken.source)
    return Replayed(old, Replay.UNCHANGED, old.verdict, old.reason, told)


def _decision(entry: LandingEntry) -> tuple[object, ...]:
    """What of an entry counts for any figure."""
    return (
        entry.verdict,
        entry.content_id,
        entry.months,
        entry.complete_months,
        entry.replaces_seq,
        sorted(entry.joins),
    )


def older_recipe(entries: Iterable[LandingEntry], organization: Organization) -> list[LandingEntry]:
    """Entries that count and were decoded under another decoder, locale, time zone or saved mapping than today's.

    Reads no file: a replay may still find that some of them decode to the same records.
    """
    return [entry for entry in counted_entries(entries, FAMILY) if not _is_todays(entry, organization)]


def _is_todays(entry: LandingEntry, organization: Organization) -> bool:
    assert entry.layout is not None
    saved = organization.mappings.get(entry.layout.header_hash, {})
    used = {column: entry.layout.mapping.get(column, "extras") for column in saved}
    recipe = recipe_of(entry.layout, organization, [correction.overlay for correction in entry.corrections])
    return saved == used and content_id(entry.sha256, recipe) == entry.content_id
