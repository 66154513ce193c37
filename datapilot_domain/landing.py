"""The landing log's entries: what landing decides about a file, and the ids of what it decided on."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from datapilot_domain.extractions import Extraction
from datapilot_domain.findings import Command, Found, found
from datapilot_domain.organizations import MAIN_SOURCE, AssumedQuantity, OrgId, parse_source_id
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


class DeclarationInvalid(ValueError):
    """A declaration that says nothing clear: `found` is what is wrong with it."""

    def __init__(self, found: Found) -> None:
        self.found = found
        super().__init__(found.words("en"))


class Declaration(_Frozen):
    """What the sender says about a file, by inbox folder or option. `as_of` is an instant."""

    complete: Month | None = None
    part: tuple[int, int] | None = None
    as_of: dt.datetime | None = None
    replaces: str | None = Field(default=None, min_length=1)
    confirm: bool = False
    # Files of ads data that were landed together are one extraction (R26).
    set_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")

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
            raise DeclarationInvalid(found("time_outside", time=value.isoformat())) from error

    @model_validator(mode="after")
    def _parts_are_of_a_month(self) -> Declaration:
        if self.part:
            index, total = self.part
            if not 1 <= index <= total <= 9999:
                raise DeclarationInvalid(found("part_number", index=index, total=total))
            if self.complete is None:
                raise DeclarationInvalid(found("part_of_no_month"))
        if self.replaces is not None and self.complete is not None:
            raise DeclarationInvalid(found("two_ways_to_remove"))
        return self

    def same_as(self, other: Declaration) -> bool:
        """Identity is bytes + declaration (R2); a confirmation and a set declare nothing about the content."""
        nothing: dict[str, object] = {"confirm": False, "set_id": None}
        return self.model_copy(update=nothing) == other.model_copy(update=nothing)


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
    # Quantity of every line of a file without a quantity column, where the organization said so.
    assumed_quantity: AssumedQuantity | None = None

    def has(self, field: str) -> bool:
        return field in self.mapping.values()

    @property
    def is_order_level(self) -> bool:
        """One row per order, which says only what the order came to (R15)."""
        has_quantity = self.has("quantity") or self.assumed_quantity is not None
        has_lines = self.has("line_amount") or (has_quantity and self.has("unit_price"))
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


def first_of(names: Sequence[str], most: int = 20) -> str:
    """The first of some names, as a notice lists them; `…` where there are more."""
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


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


class Edges(NamedTuple):
    """Landed hashes of the first days of a month, and of its last days."""

    head: str
    tail: str


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
    # Of a file that was not taken: what was found, and the commands that answer it.
    found: Found | None = None
    commands: tuple[Command, ...] = ()
    # Of a held or waiting file: the money that the decision moves, in the organization's currency.
    at_stake: Decimal | None = None
    content_id: str | None = None
    layout: Layout | None = None
    extraction: Extraction | None = None
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
    # Of them, where the family tells: hashes of their first and of their last days (EDGE_DAYS).
    touched_edges: dict[Month, Edges] = Field(default_factory=dict)
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

    @model_validator(mode="before")
    @classmethod
    def _of_older_logs(cls, values: Any) -> Any:
        """Entries once held what was found as text, `detail`: it is kept and shown as it was written."""
        if not isinstance(values, Mapping) or "detail" not in values:
            return values
        told = found("as_told", text=values["detail"]) if values["detail"] else None
        return {"found": told, **{name: value for name, value in values.items() if name != "detail"}}

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


def digest(value: Any) -> str:
    """32 hex characters of any JSON-able value: short enough for complete Delta statistics."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def content_id(sha256: str, recipe: Mapping[str, Any]) -> str:
    """Content = bytes + recipe (decoder, header mapping, locale, time zone): 32 hex characters."""
    return sha256[:16] + digest(recipe)[:16]
