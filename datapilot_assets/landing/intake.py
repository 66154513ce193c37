"""Landing one file: keep the bytes, decide what it is and what it changes, write that decision down.

A crash anywhere leaves nothing to undo: rows in bronze that no log entry names are invisible, and the file
stays claimed or in the inbox until its decision is in the log.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from datapilot_assets.landing.corrected import keep_overlay, overlay_of
from datapilot_assets.landing.corrections import Sheet, plan_corrections, read_sheet
from datapilot_assets.landing.decode import Decoded, decode_sales
from datapilot_assets.landing.effects import resolve
from datapilot_assets.landing.inbox import InboxFile, InvalidInboxPath
from datapilot_assets.landing.judgement import judge_entry
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.landing import (
    CORRECTIONS,
    ActiveEntry,
    Correction,
    Declaration,
    LandingEntry,
    MonthCount,
    Verdict,
    active_entries,
    content_id,
    counted_entries,
    current_entries,
    find_loaded,
    find_replaced,
    waiting_parts,
)
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Calendar, Month, organization_prefix
from datapilot_domain.reasons import Refusal
from datapilot_resources.lakehouse import LandingLog, WriteConflict, arrow_schema
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
    detail: str
    entry: LandingEntry
    # Entries that a correction file put in the place of those of the files that it corrects.
    corrected: tuple[LandingEntry, ...] = ()


class FileStillChanging(RuntimeError):
    """The sender was still writing; the file stays and is taken later."""


@dataclass
class _Arrival:
    """One file on its way in: what is known before any decision."""

    platform: Platform
    organization: Organization
    inbox_file: InboxFile
    arrived_at: dt.datetime
    run_id: str
    path: Path
    sha256: str
    workdir: Path
    decoded: Decoded | None = None
    # The entry whose kept bytes are decided again (replay or correction), and corrections on its records.
    replayed: LandingEntry | None = None
    corrections: tuple[Correction, ...] = ()
    # Whether a content's records go to bronze.
    writes: Callable[[str], bool] = lambda content: True

    @property
    def arrived_on(self) -> dt.date:
        return self.arrived_at.astimezone(ZoneInfo(self.organization.time_zone)).date()


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
        sha256 = _sha256(path)
        if not platform.store.claim_is_stable(claim):
            raise FileStillChanging(f"{inbox_file.key}: changed while it was read; it is taken at the next intake")
        arrival = _Arrival(platform, organization, inbox_file, arrived_at, run_id, path, sha256, workdir)
        landed = _decide(arrival)
    platform.store.finish(claim)
    return landed


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _decide(arrival: _Arrival) -> Landed:
    """Read the log, decide, append; when somebody else appended meanwhile, decide again on the new log."""
    lakehouse, org = arrival.platform.lakehouse, arrival.organization.org_id
    sheet = read_sheet(arrival.path, arrival.organization, arrival.workdir / "sheet")
    for _ in range(_LOG_ATTEMPTS):
        log = lakehouse.landing_log(org)
        corrected: list[LandingEntry] = []
        try:
            declaration = arrival.inbox_file.declaration(arrival.organization.time_zone)
            if loaded := find_loaded(log.entries, arrival.sha256, declaration):
                return _already_loaded(arrival, loaded)
            if sheet is not None:
                if not declaration.same_as(Declaration()):
                    raise Refusal(
                        "DECLARATION_INVALID", "a correction file declares nothing: its rows name their records"
                    )
                entry, corrected = _correct(arrival, log, sheet)
            else:
                entry = _accept(arrival, log, declaration)
        except InvalidInboxPath as error:
            entry = _refused(arrival, log, Declaration(), Refusal("DECLARATION_INVALID", str(error)))
        except Refusal as refusal:
            entry = _refused(arrival, log, declaration, refusal)
        except WriteConflict:
            continue  # another intake of the same bytes is writing the same rows
        _keep_bytes(arrival)
        if lakehouse.append_if(org, [entry, *corrected], log.version):
            return Landed(entry.file, entry.sha256, entry.verdict, entry.reason, entry.detail, entry, tuple(corrected))
    raise RuntimeError(f"landing log of {org}: {_LOG_ATTEMPTS} other writers were faster; land the file again")


def _base(arrival: _Arrival, log: LandingLog, declaration: Declaration) -> dict[str, object]:
    return {
        "seq": log.head + 1,
        "org_id": arrival.organization.org_id,
        "family": None,
        "source": arrival.inbox_file.source,
        "file": arrival.inbox_file.file,
        "sha256": arrival.sha256,
        "size": arrival.path.stat().st_size,
        "arrived_at": arrival.arrived_at,
        "arrived_on": arrival.arrived_on,
        "declaration": declaration,
        "replays": arrival.replayed.place if arrival.replayed else None,
        "corrections": arrival.corrections,
    }


def _already_loaded(arrival: _Arrival, loaded: LandingEntry) -> Landed:
    detail = f"loaded as {loaded.file} in source {loaded.source} on {loaded.arrived_at:%Y-%m-%d %H:%M} UTC"
    return Landed(arrival.inbox_file.file, arrival.sha256, Verdict.ALREADY_LOADED, None, detail, loaded)


def _refused(arrival: _Arrival, log: LandingLog, declaration: Declaration, refusal: Refusal) -> LandingEntry:
    return LandingEntry.model_validate(
        {
            **_base(arrival, log, declaration),
            "verdict": Verdict.REFUSED,
            "reason": refusal.code,
            "detail": refusal.detail,
        }
    )


def _accept(arrival: _Arrival, log: LandingLog, declaration: Declaration) -> LandingEntry:
    """The entry of a readable file: accepted, held, or waiting for the other parts. Raises Refusal."""
    organization, source = arrival.organization, arrival.inbox_file.source
    _check_declaration(arrival, declaration)
    if arrival.replayed is None:
        arrival.corrections = _inherited(arrival, log)
    decoded = _decode(arrival, declaration.complete)
    family = BRONZE_SALES.family
    content = content_id(arrival.sha256, decoded.recipe)
    past = _past(arrival, log)
    replaced = _replaced(past, family, source, declaration)
    others = waiting_parts(past, source, declaration)
    complete_parts = declaration.part is None or len(others) + 1 == declaration.part[1]
    entry = LandingEntry.model_validate(
        {
            **_base(arrival, log, declaration),
            "family": family,
            "verdict": Verdict.ACCEPTED if complete_parts else Verdict.WAITING,
            "reason": None if complete_parts else "PARTS_MISSING",
            "detail": "" if complete_parts else _missing_parts(declaration, others),
            "content_id": content,
            "layout": decoded.layout,
            "records": decoded.records,
            "ignored": decoded.ignored,
            "main_month": decoded.main_month,
            "months": decoded.months,
            "corrected": decoded.corrected,
            "complete_months": _complete_months(organization, source, declaration, decoded),
            "replaces_seq": replaced.place if replaced else None,
            "joins": tuple(part.place for part in others) if complete_parts else (),
            "notices": decoded.notices,
        }
    )
    index_file = arrival.workdir / f"{content}.parquet"
    if not index_file.exists():
        if arrival.writes(content):
            _write_bronze(arrival.platform, organization.org_id, decoded, content, arrival.run_id)
        decoded.units_file.rename(index_file)
        if arrival.writes(content):
            arrival.platform.store.write_file(index_key(organization.org_id, arrival.sha256, content), index_file)
    past = _past(arrival, log)
    every = [*log.entries, entry]
    active = [item for known in (log.entries, every, past) for item in active_entries(known, family)]
    indexes = fetch_indexes(arrival.platform, organization.org_id, active, arrival.workdir)
    return judge_entry(entry, log.entries, past, organization, {**indexes, content: index_file})


def _inherited(arrival: _Arrival, log: LandingLog) -> tuple[Correction, ...]:
    """Corrections are on the bytes: they stay when the same file of the source is declared anew."""
    same = [
        entry
        for entry in counted_entries(log.entries, BRONZE_SALES.family)
        if (entry.source, entry.sha256) == (arrival.inbox_file.source, arrival.sha256)
    ]
    return same[-1].corrections if same else ()


def _past(arrival: _Arrival, log: LandingLog) -> list[LandingEntry]:
    """The entries that the decision may see: a replay decides as if today's recipe had held when the file came."""
    entries = current_entries(log.entries)
    return [entry for entry in entries if arrival.replayed is None or entry.place < arrival.replayed.place]


def _check_declaration(arrival: _Arrival, declaration: Declaration) -> None:
    calendar = Calendar(arrival.platform.first_month, arrival.arrived_on)
    if declaration.complete is not None and declaration.complete not in calendar:
        raise Refusal(
            "DECLARATION_INVALID",
            f"complete={declaration.complete} is outside the calendar {calendar.first} to {calendar.last}",
        )


def _decode(arrival: _Arrival, complete: Month | None) -> Decoded:
    """Decode once per arrival: a second decision on a newer log reuses it."""
    if arrival.decoded is None:
        limit = arrival.organization.limits.max_bytes
        if arrival.path.stat().st_size > limit:
            raise Refusal("LIMIT_EXCEEDED", f"{arrival.path.stat().st_size} bytes; the limit is {limit}")
        arrival.decoded = decode_sales(
            arrival.path,
            sha256=arrival.sha256,
            organization=arrival.organization,
            arrived_on=arrival.arrived_on,
            first_month=arrival.platform.first_month,
            customer_key=arrival.platform.settings.organization_key(arrival.organization.org_id),
            workdir=arrival.workdir,
            header_only_month=complete,
            file_name=arrival.inbox_file.file,
            overlay=overlay_of(arrival.platform.store, arrival.organization.org_id, arrival.corrections),
        )
    return arrival.decoded


def _replaced(
    entries: Sequence[LandingEntry], family: str, source: str, declaration: Declaration
) -> LandingEntry | None:
    if declaration.replaces is None:
        return None
    found = find_replaced(entries, family, source, declaration.replaces)
    if found is None:
        names = sorted({item.entry.file for item in active_entries(entries, family) if item.entry.source == source})
        raise Refusal(
            "REPLACED_FILE_UNKNOWN",
            f"{declaration.replaces!r} is not among the active files of source {source}: {', '.join(names) or 'none'}",
        )
    return found


def _missing_parts(declaration: Declaration, others: Iterable[LandingEntry]) -> str:
    assert declaration.part is not None
    number, total = declaration.part
    here = {number, *(other.declaration.part[0] for other in others if other.declaration.part)}
    missing = ", ".join(f"part-{n}-of-{total}" for n in range(1, total + 1) if n not in here)
    return f"complete={declaration.complete}: still missing {missing}"


def _complete_months(
    organization: Organization, source: str, declaration: Declaration, decoded: Decoded
) -> tuple[Month, ...]:
    if declaration.complete is not None:
        return (declaration.complete,)
    return tuple(sorted(decoded.months)) if organization.source(source).files_are_complete else ()


def _write_bronze(platform: Platform, org: OrgId, decoded: Decoded, content: str, run_id: str) -> None:
    schema = arrow_schema(BRONZE_SALES)
    batches = pq.ParquetFile(decoded.records_file).iter_batches(65_536)
    rows = pa.RecordBatchReader.from_batches(schema, (batch.select(schema.names).cast(schema) for batch in batches))
    platform.lakehouse.replace_content(BRONZE_SALES, org, content, rows, run_id)


def _keep_bytes(arrival: _Arrival) -> None:
    key = files_prefix(arrival.organization.org_id, arrival.sha256) + "content"
    if not arrival.platform.store.exists(key):
        arrival.platform.store.write_file(key, arrival.path)


def fetch_bytes(platform: Platform, entry: LandingEntry, directory: Path) -> Path:
    """The kept bytes of a file, exactly as it arrived."""
    path = directory / "content"
    platform.store.download(files_prefix(entry.org_id, entry.sha256) + "content", path)
    return path


def files_prefix(org: OrgId, sha256: str) -> str:
    return organization_prefix(org, "landing", "files", sha256) + "/"


def index_key(org: OrgId, sha256: str, content: str) -> str:
    return f"{files_prefix(org, sha256)}units-{content}.parquet"


def fetch_indexes(platform: Platform, org: OrgId, active: Iterable[ActiveEntry], directory: Path) -> Mapping[str, Path]:
    """Unit indexes of the entries as local files, by content id."""
    files: dict[str, Path] = {}
    for item in active:
        content = item.entry.content_id
        assert content is not None
        files[content] = directory / f"{content}.parquet"
        if not files[content].exists():
            platform.store.download(index_key(org, item.entry.sha256, content), files[content])
    return files


def decide_against(platform: Platform, entry: LandingEntry, at: dt.datetime) -> LandingEntry:
    """Close a held or waiting file: it does not count. Its bytes are kept; sent again, it is decided again."""
    organization = platform.registry.get(entry.org_id)
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
                "detail": f"it was {entry.verdict.value} since {entry.arrived_at:%Y-%m-%d %H:%M} UTC: {entry.reason}",
            }
        )
        if platform.lakehouse.append_if(entry.org_id, closed, log.version):
            return closed
    raise RuntimeError(f"landing log of {entry.org_id}: {_LOG_ATTEMPTS} other writers were faster; decide again")


def _correct(arrival: _Arrival, log: LandingLog, sheet: Sheet) -> tuple[LandingEntry, list[LandingEntry]]:
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
            raise Refusal(entry.reason or "DECLARATION_INVALID", f"{was.file}: {entry.detail}")
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
            **_base(arrival, log, Declaration()),
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


def _placeholder(arrival: _Arrival, log: LandingLog) -> list[LandingEntry]:
    """Stands for the correction file's own entry while the entries after it are decided."""
    values = {**_base(arrival, log, Declaration()), "family": CORRECTIONS, "verdict": Verdict.ACCEPTED}
    return [LandingEntry.model_validate(values)]


def decide_again(
    platform: Platform,
    organization: Organization,
    replayed: LandingEntry,
    log: LandingLog,
    workdir: Path,
    run_id: str,
    writes: Callable[[str], bool] = lambda content: True,
    corrections: tuple[Correction, ...] | None = None,
) -> LandingEntry:
    """Decode an entry's kept bytes under today's recipe: the entry that would take its place. Appends nothing.

    `workdir` is empty. `writes`: whether a content's records go to bronze. `corrections`: on its records, those of
    the entry by default. Raises Refusal, WriteConflict.
    """
    path = fetch_bytes(platform, replayed, workdir)
    inbox_file = InboxFile("", organization.org_id, replayed.source, replayed.file, ())
    arrival = _Arrival(
        platform,
        organization,
        inbox_file,
        replayed.arrived_at,
        run_id,
        path,
        replayed.sha256,
        workdir,
        replayed=replayed,
        corrections=replayed.corrections if corrections is None else corrections,
        writes=writes,
    )
    return _accept(arrival, log, replayed.declaration)
