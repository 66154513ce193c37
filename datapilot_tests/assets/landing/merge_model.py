"""R2-R4 of the domain rules once more, in plain Python and one file at a time: what `effects` is compared with.

Written from the text of the rules; it shares no code with the ledger or with the SQL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Line:
    """One row of a unit index."""

    unit: str
    order_id: str | None
    line_no: int | None
    sold_on: dt.date | None
    month: str
    event: str = "sale"
    records: int = 1
    amount: Decimal | None = Decimal("10.0000")


@dataclass(frozen=True)
class Drop:
    """A file as a sender drops it. `bytes` stands for its sha256, `lines` are what decoding found."""

    bytes: str
    lines: tuple[Line, ...]
    name: str = "vendas.csv"
    source: str = "main"
    complete: str | None = None
    part: tuple[int, int] | None = None
    as_of: int | None = None
    replaces: str | None = None

    @property
    def declared(self) -> tuple[object, ...]:
        return (self.complete, self.part, self.as_of, self.replaces)

    @property
    def file(self) -> tuple[str, str]:
        return (self.source, self.bytes)


@dataclass
class _Group:
    """Files that act together; a file that is no part acts alone."""

    members: list[tuple[int, Drop]]
    time: tuple[int, int]
    # Files that were replaced after they acted.
    dropped: set[tuple[str, str]] = field(default_factory=set)

    @property
    def complete(self) -> str | None:
        return self.members[-1][1].complete


@dataclass
class Outcome:
    verdicts: list[str]
    standing: set[tuple[int, Line]]
    # Files whose rows compete for a place at all; of the others every record is superseded.
    competing: dict[int, Drop]
    whole: set[str]

    def superseded(self) -> dict[tuple[int, str], int]:
        lost: dict[tuple[int, str], int] = {}
        for seq, drop in self.competing.items():
            for line in drop.lines:
                if (seq, line) not in self.standing:
                    lost[seq, line.month] = lost.get((seq, line.month), 0) + line.records
        return lost


def merge(drops: Sequence[Drop]) -> Outcome:
    """Land the drops in this order; the entry of the n-th has seq n (an already loaded one has no entry)."""
    groups: list[_Group] = []
    waiting: list[tuple[int, Drop]] = []
    accepted: list[tuple[int, Drop]] = []
    verdicts = []
    for seq, drop in enumerate(drops, 1):
        known = [other for _, other in accepted if other.bytes == drop.bytes]
        if known and (not any(drop.declared) or any(other.declared == drop.declared for other in known)):
            verdicts.append("already_loaded")
            continue
        if drop.replaces and not _drop_replaced(drop, accepted, groups):
            verdicts.append("refused")
            continue
        others = _other_parts(drop, waiting)
        if drop.part and len(others) + 1 < drop.part[1]:
            waiting.append((seq, drop))
            verdicts.append("waiting")
            continue
        waiting = [item for item in waiting if item not in others]
        members = sorted([*others, (seq, drop)], key=lambda item: item[1].part or (0, 0))
        # Declared times lie before all arrivals; equal times keep the order of landing.
        groups.append(_Group(members, (drop.as_of if drop.as_of is not None else 1000 + seq, seq)))
        accepted += [*others, (seq, drop)]
        verdicts.append("accepted")
    return _replay(groups, verdicts)


def _other_parts(drop: Drop, waiting: list[tuple[int, Drop]]) -> list[tuple[int, Drop]]:
    if not drop.part:
        return []
    newest = {}
    for seq, other in waiting:
        same = (other.source, other.complete) == (drop.source, drop.complete)
        if same and other.part and other.part[1] == drop.part[1] and other.part != drop.part:
            newest[other.part] = (seq, other)
    return list(newest.values())


def _drop_replaced(drop: Drop, accepted: list[tuple[int, Drop]], groups: list[_Group]) -> bool:
    """Everything that the latest accepted file of that name contributed goes, as if it had never come."""
    named = [item for item in accepted if item[1].source == drop.source and item[1].name == drop.replaces]
    if not named:
        return False
    file = max(named)[1].file
    contributing = [g for g in groups if file not in g.dropped and any(d.file == file for _, d in g.members)]
    for group in contributing:
        group.dropped.add(file)
    return bool(contributing)


def _replay(groups: list[_Group], verdicts: list[str]) -> Outcome:
    present = [
        (group, [(seq, drop) for seq, drop in group.members if drop.file not in group.dropped]) for group in groups
    ]
    last = {drop.file: seq for seq, drop in sorted(item for _, members in present for item in members)}
    # What the same bytes say of the same month was said by their last declaration of it.
    said = {}
    for group, members in present:
        for seq, drop in sorted(members):
            if group.complete:
                said[drop.file, group.complete] = seq
    standing: set[tuple[int, Line]] = set()
    versions: dict[int, tuple[Line, ...]] = {}
    competing: dict[int, Drop] = {}
    file_of: dict[int, tuple[str, str]] = {}
    whole = set()
    for group, members in sorted(present, key=lambda item: item[0].time):
        claimants = {drop.file for seq, drop in members if said.get((drop.file, group.complete or "")) == seq}
        if claimants and group.complete:
            whole.add(group.complete)
            source = members[0][1].source
            # A file under any of its declarations, or another part of the group, is in the month that it makes whole.
            own = claimants
            standing = {
                (seq, line)
                for seq, line in standing
                if file_of[seq][0] != source or line.month != group.complete or file_of[seq] in own
            }
        rows: list[tuple[int, Line]] = []
        for seq, drop in members:
            if last[drop.file] == seq:
                competing[seq], file_of[seq] = drop, drop.file
                rows = [old for old in rows if not any(_same_line(old[1], line) for line in drop.lines)]
                rows += [(seq, line) for line in drop.lines]
        version = tuple(line for seq, drop in members if last[drop.file] == seq for line in drop.lines)
        for seq, _ in members:
            versions[seq] = version
        source = members[0][1].source if members else ""
        mentioned = {line.unit for line in version}
        standing = {
            (seq, line)
            for seq, line in standing
            if file_of[seq][0] != source or line.unit not in mentioned or _survives(line, versions[seq], version)
        }
        standing |= set(rows)
    return Outcome(verdicts, standing, competing, whole)


def _same_line(line: Line, other: Line) -> bool:
    """Two parts of one whole that hold the same line: the same number, or the same line without an order."""
    numbered = line.line_no is not None and line.line_no == other.line_no
    return line.unit == other.unit and (numbered or line.order_id is None)


def _survives(line: Line, older: Sequence[Line], newer: Sequence[Line]) -> bool:
    """Part invoicing: both versions carry line numbers, the newer has neither that number nor that date."""
    old = [other for other in older if other.unit == line.unit]
    new = [other for other in newer if other.unit == line.unit]
    numbered = all(other.line_no is not None for other in (*old, *new))
    same_number = any(other.line_no == line.line_no for other in new)
    same_date = line.sold_on is None or any(other.sold_on == line.sold_on for other in new)
    return numbered and not same_number and not same_date
