"""What an entry would change, and whether it may: effects, comparison of sources, reasons to hold the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from datapilot_assets.landing.effects import Resolution, resolve, touched_months
from datapilot_assets.landing.holds import (
    Drift,
    Hold,
    drift_notices,
    hold_lookalike,
    hold_lost_columns,
    layout_drift,
    percent,
    renaming_command,
    value_of,
)
from datapilot_assets.landing.order_notices import money, order_notices
from datapilot_assets.landing.sources import compare_sources
from datapilot_assets.landing.versions import version_notices
from datapilot_domain.held import choices
from datapilot_domain.landing import LandingEntry, Notice, SourceOverlap, Verdict
from datapilot_domain.ledger import active_entries
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_domain.sources import effective_roles, latest_overlaps, mirrored


def judge_entry(
    entry: LandingEntry,
    entries: Sequence[LandingEntry],
    past: Sequence[LandingEntry],
    organization: Organization,
    indexes: Mapping[str, Path],
) -> LandingEntry:
    """The entry as it is appended to the log: accepted or waiting with what it changes and tells, or held.

    entries: the log that it would be appended to; past: those of it that the file found when it came (a replay
    is judged by these); indexes: content id → unit index of every active entry of both, and of this one.
    A confirmed file is never held.
    """
    assert entry.family is not None
    index = indexes[str(entry.content_id)]
    drift = layout_drift(past, entry)
    may_hold = not entry.declaration.confirm
    if may_hold and (hold := hold_lost_columns(entry, drift, index, organization)):
        return _held(entry, entries, hold, drift)
    told = (*entry.notices, *(drift_notices(entry, drift) if drift else ()))
    if entry.verdict is Verdict.WAITING and entry.replays is None:
        return entry.model_copy(update={"notices": told, "at_stake": value_of(index)})
    was, becomes = _resolutions(entry, entries, indexes)
    # What the file says of earlier orders is said of those that were there when it came.
    then, now = (was, becomes) if entry.replays is None else _resolutions(entry, past, indexes)
    entry = entry.model_copy(update={"touched": touched_months(was.hashes, becomes.hashes), "notices": told})
    if entry.verdict is Verdict.WAITING:
        return entry.model_copy(update={"at_stake": value_of(index)})
    if may_hold and (hold := hold_lookalike(entry, index, then, now, organization)):
        return _held(entry, entries, hold, drift)
    about = (entry, index, then, now, organization.currency)
    told = (*told, *order_notices(*about), *version_notices(*about))
    return _with_sources(entry.model_copy(update={"notices": told}), entries, organization, becomes)


def _resolutions(
    entry: LandingEntry, entries: Sequence[LandingEntry], indexes: Mapping[str, Path]
) -> tuple[Resolution, Resolution]:
    """What stands without the entry, and with it."""
    before, after = (active_entries(known, str(entry.family)) for known in (entries, [*entries, entry]))
    return resolve(before, indexes), resolve(after, indexes)


def _held(entry: LandingEntry, entries: Sequence[LandingEntry], hold: Hold, drift: Drift | None) -> LandingEntry:
    """Nothing changes: what was found, and the commands that decide."""
    held = entry.model_copy(
        update={
            "verdict": Verdict.HELD,
            "reason": hold.code,
            "found": hold.found,
            "at_stake": hold.at_stake,
            "complete_months": (),
            "replaces_seq": None,
            "joins": (),
            "touched": {},
        }
    )
    active = [item.entry for item in active_entries(entries, str(entry.family))]
    commands = choices(held, active, renaming_command(held, drift) if drift else None)
    return held.model_copy(update={"commands": tuple(commands)})


def _with_sources(
    entry: LandingEntry, entries: Sequence[LandingEntry], organization: Organization, after: Resolution
) -> LandingEntry:
    """Comparisons that are new (R25), and the months that a source found to be a mirror takes out of the sums."""
    family = str(entry.family)
    known, were_mirrors = latest_overlaps(entries, family), mirrored(entries, family)
    now = [*entries, entry]
    found = compare_sources(now, organization, family, after.orders)
    told = [
        _overlap_notice(overlap, organization.currency)
        for overlap in found
        if overlap.source == entry.source or (overlap.mirror and overlap.source not in were_mirrors)
    ]
    role = organization.source(entry.source).role
    if role in ("mirror", "off"):
        told.append(Notice(code="SOURCE_NOT_COUNTED", values={"source": entry.source, "role": role}))
    before_roles = effective_roles(entries, organization, family)
    changed = [entry.model_copy(update={"overlaps": tuple(o for o in found if known.get(o.source) != o)})]
    roles = effective_roles([*entries, *changed], organization, family)
    restated = {source for source, before in before_roles.items() if roles[source] != before}
    hashes = {month: after.hashes[month] for month in _months_of(entries, restated) if month in after.hashes}
    return changed[0].model_copy(update={"touched": {**hashes, **entry.touched}, "notices": (*entry.notices, *told)})


def _months_of(entries: Sequence[LandingEntry], sources: set[str]) -> set[Month]:
    return {month for entry in entries if entry.source in sources for month in entry.months}


def _overlap_notice(overlap: SourceOverlap, currency: str) -> Notice:
    values = {
        "source": overlap.source,
        "against": ", ".join(overlap.against),
        "matched": str(overlap.matched),
        "compared": str(overlap.compared),
        "share": percent(overlap.matched, overlap.compared),
        "amount": money(overlap.matched_amount, currency),
    }
    return Notice(code="SOURCE_MIRRORED" if overlap.mirror else "SOURCE_COMPARED", values=values)
