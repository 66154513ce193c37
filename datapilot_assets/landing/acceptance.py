"""Whether a file counts, and what it changes: the entry of a readable file, for the first time or decided again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datapilot_assets.landing.arrival import Arrival, entry_base
from datapilot_assets.landing.corrected import overlay_of
from datapilot_assets.landing.decode import Decoded, decode_sales
from datapilot_assets.landing.inbox import InboxFile
from datapilot_assets.landing.judgement import judge_entry
from datapilot_assets.landing.kept import fetch_bytes, fetch_indexes, index_key
from datapilot_domain.commands import land_command
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.findings import Command, found
from datapilot_domain.landing import Correction, Declaration, LandingEntry, Verdict, content_id
from datapilot_domain.ledger import active_entries, counted_entries, current_entries, find_replaced, waiting_parts
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Calendar, Month
from datapilot_domain.reasons import Refusal
from datapilot_resources.lakehouse import arrow_schema
from datapilot_resources.landing_log import LandingLog
from datapilot_resources.platform import Platform


def accept(arrival: Arrival, log: LandingLog, declaration: Declaration) -> LandingEntry:
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
            **entry_base(arrival, log, declaration),
            "family": family,
            "verdict": Verdict.ACCEPTED,
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
    if not complete_parts:
        entry = _waiting(entry, others)
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


def _inherited(arrival: Arrival, log: LandingLog) -> tuple[Correction, ...]:
    """Corrections are on the bytes: they stay when the same file of the source is declared anew."""
    same = [
        entry
        for entry in counted_entries(log.entries, BRONZE_SALES.family)
        if (entry.source, entry.sha256) == (arrival.inbox_file.source, arrival.sha256)
    ]
    return same[-1].corrections if same else ()


def _past(arrival: Arrival, log: LandingLog) -> list[LandingEntry]:
    """The entries that the decision may see: a replay decides as if today's recipe had held when the file came."""
    entries = current_entries(log.entries)
    return [entry for entry in entries if arrival.replayed is None or entry.place < arrival.replayed.place]


def _check_declaration(arrival: Arrival, declaration: Declaration) -> None:
    calendar = Calendar(arrival.platform.first_month, arrival.arrived_on)
    if declaration.complete is not None and declaration.complete not in calendar:
        raise Refusal(
            "DECLARATION_INVALID",
            "month_outside",
            month=str(declaration.complete),
            first=str(calendar.first),
            last=str(calendar.last),
        )


def _decode(arrival: Arrival, complete: Month | None) -> Decoded:
    """Decode once per arrival: a second decision on a newer log reuses it."""
    if arrival.decoded is None:
        limit = arrival.organization.limits.max_bytes
        if (size := arrival.path.stat().st_size) > limit:
            raise Refusal("LIMIT_EXCEEDED", "too_many_bytes", size=size, limit=limit)
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
    replaced = find_replaced(entries, family, source, declaration.replaces)
    if replaced is None:
        names = sorted({item.entry.file for item in active_entries(entries, family) if item.entry.source == source})
        raise Refusal(
            "REPLACED_FILE_UNKNOWN",
            "replaced_unknown",
            name=declaration.replaces,
            source=source,
            files=names or found("no_file"),
        )
    return replaced


def _waiting(entry: LandingEntry, others: Iterable[LandingEntry]) -> LandingEntry:
    """The entry of a part whose month lacks others, with the command that lands each of them."""
    assert entry.declaration.part is not None
    number, total = entry.declaration.part
    here = {number, *(other.declaration.part[0] for other in others if other.declaration.part)}
    missing = [part for part in range(1, total + 1) if part not in here]
    month = str(entry.declaration.complete)
    commands = tuple(
        Command(
            purpose=found("to_send_part", number=part, total=total),
            command=land_command(entry, f"--complete {month}", f"--part {part}/{total}", file="FILE"),
        )
        for part in missing
    )
    waits = {"verdict": Verdict.WAITING, "reason": "PARTS_MISSING", "commands": commands}
    return entry.model_copy(
        update={**waits, "found": found("parts_missing", month=month, missing=missing, total=total)}
    )


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
    arrival = Arrival(
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
    return accept(arrival, log, replayed.declaration)
