"""The landing ledger: what an entry says, which entries are active, and the fingerprint of a month.

Everything here is a pure function of the log, so late and repeated runs are harmless.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from datapilot_domain.organizations import MAIN_SOURCE, OrgId, parse_source_id
from datapilot_domain.partitions import Month

# Family of correction files: their rows change records of other files and are none themselves.
CORRECTIONS = "corrections"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Verdict(str, Enum):
    ACCEPTED = "accepted"
    ALREADY_LOADED = "already_loaded"
    HELD = "held"
    WAITING = "waiting"
    REFUSED = "refused"


class Declaration(_Frozen):
    """What the sender says about a file, by inbox folder or option. `as_of` is an instant."""

    complete: Month | None = None
    part: tuple[int, int] | None = None
    as_of: dt.datetime | None = None
    replaces: str | None = Field(default=None, min_length=1)
    confirm: bool = False

    @field_validator("as_of")
    @classmethod
    def _is_instant(cls, value: dt.datetime | None) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("as_of needs a time zone: the interface applies the organization's")
        try:
            return value.astimezone(dt.timezone.utc)
        except OverflowError as error:
            raise ValueError(f"as_of {value.isoformat()} is outside the calendar in UTC") from error

    @model_validator(mode="after")
    def _parts_are_of_a_month(self) -> Declaration:
        if self.part:
            index, total = self.part
            if not 1 <= index <= total <= 9999:
                raise ValueError(f"part {index} of {total}: write i/n with 1 <= i <= n <= 9999")
            if self.complete is None:
                raise ValueError("a part needs the complete month that it is a part of")
        if self.replaces is not None and self.complete is not None:
            raise ValueError("complete and replaces are two ways to remove: choose one")
        return self

    def same_as(self, other: Declaration) -> bool:
        """Identity is bytes + declaration (R2); a confirmation declares nothing about the content."""
        return self.model_copy(update={"confirm": False}) == other.model_copy(update={"confirm": False})


class Layout(_Frozen):
    """How a file was read: recorded so that the decision can be shown and repeated."""

    header_hash: str
    header: tuple[str, ...]
    # Column as written → field of the bronze contract; columns in no mapping go to `extras`.
    mapping: dict[str, str]
    encoding: str
    delimiter: str
    # Number fields → "," or "."; date fields → "dmy", "mdy", "ymd", "serial" (days as a spreadsheet counts
    # them), or one of the first three and "+serial" where the column has both.
    decimal_marks: dict[str, str]
    date_orders: dict[str, str]
    # Order-level fields that hold several values inside one order: they are line values here (R15).
    line_level: tuple[str, ...] = ()
    # ISO 4217 code that the headers of the amounts name, as `Total (US$)` does.
    currency_hint: str | None = None
    # Member of the archive or sheet of the workbook that was read.
    table: str | None = None

    def has(self, field: str) -> bool:
        return field in self.mapping.values()

    @property
    def is_order_level(self) -> bool:
        """One row per order, which says only what the order came to (R15)."""
        has_lines = self.has("line_amount") or (self.has("quantity") and self.has("unit_price"))
        return not has_lines and not self.names_products and (self.has("order_subtotal") or self.has("order_total"))

    @property
    def names_products(self) -> bool:
        return self.has("sku") or self.has("product_name")


class MonthCount(_Frozen):
    """Logical records of a file in a month, ignored ones included: those are filed under the main month."""

    records: int = Field(ge=0)
    ignored: int = Field(default=0, ge=0)


class Notice(_Frozen):
    """Something the sender should know that refuses nothing; `values` fill the wording of its code."""

    code: str
    values: dict[str, str]


class SourceOverlap(_Frozen):
    """How an undeclared source compared with the sources that count (R25) when an entry landed.

    compared: its sale orders that stand, of months in which `against` has orders too; matched: those found in
    `against`, by order number or by date and total; amounts: the value of their lines, any status.
    """

    source: str
    against: tuple[str, ...]
    compared: int = Field(ge=1)
    matched: int = Field(ge=0)
    amount: Decimal
    matched_amount: Decimal
    # Decided for good: only a declared role overrules it.
    mirror: bool

    @property
    def share(self) -> Decimal:
        """Matched part of the compared orders, 0 to 1, to 10 places."""
        return (Decimal(self.matched) / Decimal(self.compared)).quantize(Decimal("1E-10"), ROUND_HALF_UP)


class Correction(_Frozen):
    """A correction file that changed records of an entry. `seq` is the entry of that file, `overlay` the id of
    the changed cells, `records` how many records they are in."""

    seq: int = Field(ge=1)
    file: str
    sha256: str
    overlay: str
    records: int = Field(ge=1)


class LandingEntry(_Frozen):
    """One decision of landing. `seq` numbers the entries of an organization from 1."""

    seq: int = Field(ge=1)
    org_id: OrgId
    family: str | None
    source: str = MAIN_SOURCE
    file: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)
    arrived_at: dt.datetime
    # Organization-local date of arrival: the calendar's end for this file's records.
    arrived_on: dt.date
    declaration: Declaration = Declaration()
    verdict: Verdict
    reason: str | None = None
    detail: str = ""
    # Of a held or waiting file: the money that the decision moves, in the organization's currency.
    at_stake: Decimal | None = None
    content_id: str | None = None
    layout: Layout | None = None
    records: int = 0
    ignored: int = 0
    main_month: Month | None = None
    months: dict[Month, MonthCount] = Field(default_factory=dict)
    # Months of the source that this entry declares whole, by declaration or by the source's setting.
    complete_months: tuple[Month, ...] = ()
    # Places: of the file that this one drops (R3), and of waiting parts that act together with it.
    replaces_seq: int | None = None
    joins: tuple[int, ...] = ()
    # Months whose active rows changed → their landed hash after this entry.
    touched: dict[Month, str] = Field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    # Comparisons of undeclared sources that this entry made or changed.
    overlaps: tuple[SourceOverlap, ...] = ()
    # First entry of this file's place in the log: the kept bytes were decided again (replay) and what that
    # entry said holds no more. Only accepted or parked decisions replay another, and the word that a held
    # file does not count.
    replays: int | None = Field(default=None, ge=1)
    # Corrections on the records of this file, oldest first; how many records they changed, by their month now.
    corrections: tuple[Correction, ...] = ()
    corrected: dict[Month, int] = Field(default_factory=dict)
    # Of a correction file: places that it corrected → records there. Its other rows said nothing new.
    corrects: dict[int, int] = Field(default_factory=dict)

    @field_validator("source")
    @classmethod
    def _valid_source(cls, value: str) -> str:
        return parse_source_id(value)

    @property
    def effective_at(self) -> dt.datetime:
        """Newer = declared as-of time, else arrival (R4)."""
        return self.declaration.as_of or self.arrived_at

    @property
    def place(self) -> int:
        """Number by which the rules of the log know this file: replayed bytes keep the place of their first entry."""
        return self.replays or self.seq


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


def declared_zero(entries: Iterable[LandingEntry], family: str, month: Month) -> bool:
    """Whether an active entry declares the whole month, so that no rows means zero and not unknown."""
    return any(month in item.complete_months for item in active_entries(entries, family))


def digest(value: Any) -> str:
    """32 hex characters of any JSON-able value: short enough for complete Delta statistics."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def content_id(sha256: str, recipe: Mapping[str, Any]) -> str:
    """Content = bytes + recipe (decoder, header mapping, locale, time zone): 32 hex characters."""
    return sha256[:16] + digest(recipe)[:16]


def table_fingerprint(
    contract_id: str,
    version: int,
    *,
    upstream: Sequence[str],
    settings: Mapping[str, Any],
) -> str:
    """Fingerprint of (contract, organization, month) over everything that its rows depend on."""
    return digest([contract_id, version, dict(settings), list(upstream)])
