"""Landing one file: keep the bytes, decide what it is and what it changes, write that decision down.

A crash anywhere leaves nothing to undo: rows in bronze that no log entry names are invisible, and the file
stays claimed or in the inbox until its decision is in the log.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from datapilot_assets.landing.acceptance import accept
from datapilot_assets.landing.arrival import Arrival, refused_entry
from datapilot_assets.landing.correcting import correct
from datapilot_assets.landing.corrections import read_sheet
from datapilot_assets.landing.inbox import InboxFile
from datapilot_assets.landing.kept import keep_bytes
from datapilot_domain.findings import Command, Found, found
from datapilot_domain.landing import Declaration, LandingEntry, Verdict
from datapilot_domain.ledger import find_loaded
from datapilot_domain.organizations import Organization
from datapilot_domain.reasons import Refusal
from datapilot_resources.lakehouse import WriteConflict
from datapilot_resources.object_store import Claim
from datapilot_resources.platform import Platform

_LOG_ATTEMPTS = 20


@dataclass(frozen=True)
class Landed:
    """The answer to the sender of one file; `entry` is the decision, or the earlier one that took the bytes."""

    file: str
    sha256: str
    verdict: Verdict
    reason: str | None
    found: Found | None
    entry: LandingEntry
    # Entries that a correction file put in the place of those of the files that it corrects.
    corrected: tuple[LandingEntry, ...] = ()

    @property
    def commands(self) -> tuple[Command, ...]:
        return () if self.verdict is Verdict.ALREADY_LOADED else self.entry.commands

    @property
    def line(self) -> str:
        """What became of the file, for an engineer's log."""
        told = self.found.words("en") if self.found else ""
        return " ".join(filter(None, (f"{self.file}: {self.verdict.value}", self.reason, told)))


class FileStillChanging(RuntimeError):
    """The sender was still writing; the file stays and is taken later."""


def land(
    platform: Platform,
    organization: Organization,
    inbox_file: InboxFile,
    claim: Claim,
    arrived_at: dt.datetime,
    run_id: str,
) -> Landed:
    """Land a claimed inbox file. Raises FileStillChanging when its sender has not finished."""
    with tempfile.TemporaryDirectory(prefix="datapilot-landing-") as directory:
        workdir = Path(directory)
        path = workdir / "content"
        platform.store.download(claim.key, path)
        sha256 = sha256_of(path)
        if not platform.store.claim_is_stable(claim):
            raise FileStillChanging(f"{inbox_file.key}: changed while it was read; it is taken at the next intake")
        arrival = Arrival(platform, organization, inbox_file, arrived_at, run_id, path, sha256, workdir)
        landed = _decide(arrival)
    platform.store.finish(claim)
    return landed


def sha256_of(path: Path) -> str:
    """Of a file of any size, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _decide(arrival: Arrival) -> Landed:
    """Read the log, decide, append; when somebody else appended meanwhile, decide again on the new log."""
    lakehouse, org = arrival.platform.lakehouse, arrival.organization.org_id
    sheet = read_sheet(arrival.path, arrival.organization, arrival.workdir / "sheet")
    for _ in range(_LOG_ATTEMPTS):
        log = lakehouse.landing_log(org)
        corrected: list[LandingEntry] = []
        declaration = Declaration()
        try:
            declaration = arrival.inbox_file.declaration(arrival.organization.time_zone)
            if loaded := find_loaded(log.entries, arrival.sha256, declaration):
                return _already_loaded(arrival, loaded)
            if sheet is not None:
                if not declaration.same_as(Declaration()):
                    raise Refusal("DECLARATION_INVALID", "correction_declares")
                entry, corrected = correct(arrival, log, sheet)
            else:
                entry = accept(arrival, log, declaration)
        except Refusal as refusal:
            entry = refused_entry(arrival, log, declaration, refusal)
        except WriteConflict:
            continue  # another intake of the same bytes is writing the same rows
        keep_bytes(arrival.platform.store, org, arrival.sha256, arrival.path)
        if lakehouse.append_if(org, [entry, *corrected], log.version):
            return Landed(entry.file, entry.sha256, entry.verdict, entry.reason, entry.found, entry, tuple(corrected))
    raise RuntimeError(f"landing log of {org}: {_LOG_ATTEMPTS} other writers were faster; land the file again")


def _already_loaded(arrival: Arrival, loaded: LandingEntry) -> Landed:
    told = found("loaded_before", file=loaded.file, source=loaded.source, time=_minute(loaded.arrived_at))
    return Landed(arrival.inbox_file.file, arrival.sha256, Verdict.ALREADY_LOADED, None, told, loaded)


def _minute(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def decide_against(platform: Platform, entry: LandingEntry, at: dt.datetime) -> LandingEntry:
    """Close a held or waiting file: it does not count. Its bytes are kept; sent again, it is decided again."""
    organization = platform.registry.get(entry.org_id)
    was = "was_held" if entry.verdict is Verdict.HELD else "was_waiting"
    for _ in range(_LOG_ATTEMPTS):
        log = platform.lakehouse.landing_log(entry.org_id)
        closed = LandingEntry.model_validate(
            {
                **{
                    name: getattr(entry, name) for name in ("org_id", "source", "file", "sha256", "size", "declaration")
                },
                "seq": log.head + 1,
                "family": None,
                "arrived_at": at,
                "arrived_on": at.astimezone(ZoneInfo(organization.time_zone)).date(),
                "verdict": Verdict.REFUSED,
                "reason": "DECIDED_AGAINST",
                "replays": entry.place,
                "found": found(was, time=_minute(entry.arrived_at), code=str(entry.reason)),
            }
        )
        if platform.lakehouse.append_if(entry.org_id, closed, log.version):
            return closed
    raise RuntimeError(f"landing log of {entry.org_id}: {_LOG_ATTEMPTS} other writers were faster; decide again")
