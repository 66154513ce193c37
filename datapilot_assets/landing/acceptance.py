"""Whether a file counts, and what it changes: the entry of a readable file, for the first time or decided again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from datapilot_assets.landing.ads.acceptance import accept_ads
from datapilot_assets.landing.ads.decode import is_ads
from datapilot_assets.landing.arrival import Arrival, entry_base
from datapilot_assets.landing.corrected import overlay_of
from datapilot_assets.landing.decode import Decoded, decode_sales
from datapilot_assets.landing.filing import (
    check_calendar,
    check_size,
    indexes_of,
    keep_records,
    past_entries,
    replaced_entry,
)
from datapilot_assets.landing.inbox import InboxFile
from datapilot_assets.landing.judgement import judge_entry
from datapilot_assets.landing.kept import fetch_bytes
from datapilot_domain.commands import land_command
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.findings import Command, found
from datapilot_domain.landing import Correction, Declaration, LandingEntry, Verdict, content_id
from datapilot_domain.ledger import counted_entries, waiting_parts
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.landing_log import LandingLog
from datapilot_resources.platform import Platform


def accept(arrival: Arrival, log: LandingLog, declaration: Declaration) -> LandingEntry:
    """The entry of a readable file: accepted, held, or waiting for the other parts. Raises Refusal."""
    if is_ads(arrival.path):
        return accept_ads(arrival, log, declaration)
    organization, source = arrival.organization, arrival.inbox_file.source
    check_calendar(arrival, declaration)
    if arrival.replayed is None:
        arrival.corrections = _inherited(arrival, log)
    decoded = _decode(arrival, declaration.complete)
    family = BRONZE_SALES.family
    content = content_id(arrival.sha256, decoded.recipe)
    past = past_entries(arrival, log)
    replaced = replaced_entry(past, family, source, declaration)
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
    index_file = keep_records(arrival, BRONZE_SALES, content, decoded.records_file, decoded.units_file)
    every = [*log.entries, entry]
    indexes = indexes_of(arrival, family, log.entries, every, past)
    return judge_entry(entry, log.entries, past, organization, {**indexes, content: index_file})


def _inherited(arrival: Arrival, log: LandingLog) -> tuple[Correction, ...]:
    """Corrections are on the bytes: they stay when the same file of the source is declared anew."""
    same = [
        entry
        for entry in counted_entries(log.entries, BRONZE_SALES.family)
        if (entry.source, entry.sha256) == (arrival.inbox_file.source, arrival.sha256)
    ]
    return same[-1].corrections if same else ()


def _decode(arrival: Arrival, complete: Month | None) -> Decoded:
    """Decode once per arrival: a second decision on a newer log reuses it."""
    if arrival.decoded is None:
        check_size(arrival)
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
