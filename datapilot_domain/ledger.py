"""The landing log as a ledger: which of its files count, which are active, and what they say of a month.

Everything here is a pure function of the log, so late and repeated runs are harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from datapilot_domain.landing import Declaration, Edges, LandingEntry, Verdict
from datapilot_domain.partitions import Month


def current_entries(entries: Iterable[LandingEntry]) -> list[LandingEntry]:
    """The last decision about every place of the log, by place. `entries` in the order of the log."""
    latest = {entry.place: entry for entry in entries}
    return [latest[place] for place in sorted(latest)]


@dataclass(frozen=True)
class ActiveEntry:
    """An entry whose rows may count. A higher `rank` is newer; entries of one `group` act together.

    `complete_months` are the months that this file, under any of its declarations, says are whole, each with
    the rank of that declaration: it takes away the rows of the source that are older than that.
    """

    entry: LandingEntry
    rank: int
    group: int
    complete_months: Mapping[Month, int]


def active_entries(entries: Iterable[LandingEntry], family: str) -> list[ActiveEntry]:
    """Active entries of a family, oldest first.

    Accepted, or a waiting part that an accepted entry joins; not replaced since. The same bytes in one source
    count once, as declared last; what earlier declarations of them said of other months still holds.
    """
    at = {entry.place: entry for entry in current_entries(entries) if entry.family == family}
    accepted = [entry for entry in at.values() if entry.verdict is Verdict.ACCEPTED]
    # Group of a place = that of the accepted entry through which it counts.
    group_of = {part: entry.place for entry in accepted for part in entry.joins if part in at}
    group_of.update({entry.place: entry.place for entry in accepted})
    replaced_by = {_file(at[entry.replaces_seq]): entry.place for entry in accepted if entry.replaces_seq is not None}
    standing = [place for place in group_of if group_of[place] >= replaced_by.get(_file(at[place]), 0)]
    # Parts of a group in the order of their numbers, so that it does not matter which arrived last.
    standing.sort(
        key=lambda place: (
            at[group_of[place]].effective_at,
            group_of[place],
            at[place].declaration.part or (0, 0),
        )
    )
    rank_of = {place: rank for rank, place in enumerate(standing, start=1)}
    rank_of_group = {group_of[place]: rank_of[place] for place in reversed(standing)}
    latest: dict[tuple[str, str], int] = {}
    complete: dict[tuple[str, str], dict[Month, int]] = {}
    for place in sorted(standing):
        latest[_file(at[place])] = place
        group = group_of[place]
        claims = dict.fromkeys(at[group].complete_months, rank_of_group[group])
        complete.setdefault(_file(at[place]), {}).update(claims)
    return [
        ActiveEntry(at[place], rank_of[place], group_of[place], complete[_file(at[place])])
        for place in standing
        if latest[_file(at[place])] == place
    ]


def _file(entry: LandingEntry) -> tuple[str, str]:
    return (entry.source, entry.sha256)


def counted_entries(entries: Iterable[LandingEntry], family: str | None = None) -> list[LandingEntry]:
    """Every entry whose records must be accounted for (R10): accepted, or a part that an accepted one joins.

    Of a replayed file only the last decision counts.
    """
    mine = [entry for entry in current_entries(entries) if family is None or entry.family == family]
    joined = {place for entry in mine if entry.verdict is Verdict.ACCEPTED for place in entry.joins}
    return [entry for entry in mine if entry.verdict is Verdict.ACCEPTED or entry.place in joined]


def find_loaded(entries: Iterable[LandingEntry], sha256: str, declaration: Declaration) -> LandingEntry | None:
    """The entry that already took these bytes with this declaration (R2), whatever its name and source.

    A file without a declaration is known as soon as the bytes were accepted with any.
    """
    taken = [entry for entry in counted_entries(entries) if entry.sha256 == sha256]
    plain = declaration.same_as(Declaration())
    matching = [entry for entry in taken if plain or entry.declaration.same_as(declaration)]
    return matching[-1] if matching else None


def find_replaced(entries: Sequence[LandingEntry], family: str, source: str, name: str) -> LandingEntry | None:
    """The latest accepted file of that name or sha256 in the source, if its rows still count (R3).

    An earlier file of the same name is another file: many systems export `vendas.csv` every week.
    """
    counted = counted_entries(entries, family)
    named = [entry for entry in counted if entry.source == source and name in (entry.file, entry.sha256)]
    if not named:
        return None
    meant = _file(max(named, key=lambda entry: entry.place))
    active = (item.entry for item in active_entries(entries, family))
    return next((entry for entry in active if _file(entry) == meant), None)


def waiting_parts(entries: Iterable[LandingEntry], source: str, declaration: Declaration) -> list[LandingEntry]:
    """Waiting parts of the same complete month and count, the newest of each number, without `declaration`'s."""
    if declaration.part is None:
        return []
    number, total = declaration.part
    newest: dict[int, LandingEntry] = {}
    joined: set[int] = set()
    for entry in current_entries(entries):
        joined.update(entry.joins)
        if entry.verdict is Verdict.WAITING and entry.source == source and entry.declaration.part:
            other, other_total = entry.declaration.part
            if entry.declaration.complete == declaration.complete and other_total == total and other != number:
                newest[other] = entry
    return [entry for _, entry in sorted(newest.items()) if entry.place not in joined]


def landed_hashes(entries: Iterable[LandingEntry], family: str) -> dict[Month, str]:
    """Landed hash of every month that the family's log ever touched: the last word of each month."""
    hashes: dict[Month, str] = {}
    for entry in entries:
        if entry.family == family:
            hashes.update(entry.touched)
    return hashes


def landed_edges(entries: Iterable[LandingEntry], family: str) -> dict[Month, list[Edges]]:
    """Of every month with known edges, all that they ever were, the last word last."""
    edges: dict[Month, list[Edges]] = {}
    for entry in entries:
        for month, found in entry.touched_edges.items() if entry.family == family else ():
            edges.setdefault(month, []).append(found)
    return edges


def declared_whole(entries: Iterable[LandingEntry], family: str, month: Month) -> bool:
    """Whether an active entry declares the whole month, so that no rows means zero and not unknown."""
    return any(month in item.complete_months for item in active_entries(entries, family))
