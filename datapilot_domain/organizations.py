"""Organizations: the tenant identifier and what the registry keeps about each one."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationInfo, field_validator
from pydantic_core import CoreSchema, core_schema

from datapilot_domain.exchange_rates import CurrencyCode, ExchangeRate, sorted_rates
from datapilot_domain.extractions import PURCHASES, account_digits

_ORG_ID = re.compile(r"[a-z][a-z0-9]{2,30}")
# Words that a file system, SQL, a shell or our own layout would read as something else.
RESERVED_IDS = frozenset(
    "con prn aux nul null none true false default tenant admin landing dead all".split()
    + [f"{device}{n}" for device in ("com", "lpt") for n in range(10)]
)
# `part-1-of-2` is a declaration folder of the inbox.
_SOURCE_ID = re.compile(r"(?!part-[0-9]+-of-[0-9]+$)[a-z][a-z0-9_-]{0,40}")
MAIN_SOURCE = "main"
# R25. counts: reaches gold. mirror: the same sales seen elsewhere: bronze, silver, report and reconciliation.
# off: the bytes and their bronze rows are kept, nothing is made of them.
Role = Literal["counts", "mirror", "off"]
# What a line counts where the file does not say: one unit, and only because somebody said so.
AssumedQuantity = Literal[1]


class InvalidName(ValueError):
    """An organization or source name that must not reach a path, a predicate or a partition key."""


class OrgId(str):
    """A validated organization id: `[a-z][a-z0-9]{2,30}`, whole, ASCII, not reserved.

    Raises `InvalidName` on anything else, so holding an OrgId is the proof that it is safe in a path,
    a predicate and a partition key.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> OrgId:
        if isinstance(text, cls):
            return text
        if not isinstance(text, str) or not _ORG_ID.fullmatch(text):
            raise InvalidName(f"organization {text!r}: use 3 to 31 characters, a-z and 0-9, starting with a letter")
        if text in RESERVED_IDS:
            raise InvalidName(f"organization {text!r} is a reserved word: choose another id")
        return super().__new__(cls, text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls, core_schema.str_schema(), serialization=core_schema.to_string_ser_schema()
        )


def parse_source_id(text: str) -> str:
    """A source id (`main`, `shopee`, `loja-2`), safe in a path. Raises `InvalidName`."""
    if not isinstance(text, str) or not _SOURCE_ID.fullmatch(text):
        raise InvalidName(f"source {text!r}: use a-z, 0-9, - and _, starting with a letter, at most 41")
    return text


def parse_ads_account(text: str) -> str:
    """The digits of an ad account, written with or without `act_` and dashes. Raises `InvalidName`."""
    digits = account_digits(text)
    if digits is None:
        raise InvalidName(f"ad account {text!r}: use its digits, as in 1234567890")
    return digits


class SourceSettings(BaseModel):
    """What the registry keeps about one source of an organization."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # None: undeclared; what landing found decides (`effective_roles`).
    role: Role | None = None
    # R3: every file of this source is the whole truth of the months that it mentions.
    files_are_complete: bool = False
    # Of ads tables that name no account: digits. The sender says it, nothing guesses it.
    ads_account: str | None = None
    # Day of the next month by which a month's rows should be there; later they are late.
    due_day: int = Field(default=5, ge=1, le=28)
    # The month in which the source ended, YYYY-MM: nothing is waited for after it.
    last_month: str | None = Field(default=None, pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")

    @field_validator("ads_account")
    @classmethod
    def _digits(cls, written: str | None) -> str | None:
        return None if written is None else parse_ads_account(written)


class LandingLimits(BaseModel):
    """Bounds on one file, so that one organization's file cannot stop the others.

    `max_bytes` is of the file as sent. Of archives and workbooks: all that is unpacked from the file, and how
    many times its size that may be (asked once it is more than a few megabytes), and the files in an archive.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: int = Field(default=2 * 1024**3, gt=0)
    max_unpacked_bytes: int = Field(default=4 * 1024**3, gt=0)
    max_unpacked_ratio: int = Field(default=200, gt=0)
    max_members: int = Field(default=1000, gt=0)
    max_line_bytes: int = Field(default=2 * 1024**2, gt=0)
    max_records: int = Field(default=20_000_000, gt=0)
    max_columns: int = Field(default=512, gt=0)
    max_field_characters: int = Field(default=131_072, gt=0)


class Organization(BaseModel):
    """One registry entry. `locale` decides date order and wording, `time_zone` the month of an instant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    org_id: OrgId
    name: str = Field(min_length=1, max_length=200)
    locale: Literal["pt-BR", "en"] = "pt-BR"
    time_zone: str = "America/Sao_Paulo"
    currency: CurrencyCode = "BRL"
    sources: dict[str, SourceSettings] = Field(default_factory=dict)
    limits: LandingLimits = LandingLimits()
    # Saved header mappings: hash of the normalised header → {column as written: field of the contract}.
    mappings: dict[str, dict[str, str]] = Field(default_factory=dict)
    # By the same hash: quantity of each line of the files that have no quantity column.
    assumed_quantities: dict[str, AssumedQuantity] = Field(default_factory=dict)
    # Meta's action types that count as conversions; none: the first kind of purchase that an extraction has (R28).
    conversion_types: tuple[str, ...] = ()
    # Return on ads, by its own sales, below which it wants to hear of it (ROAS); None: only below one.
    roas_target: Decimal | None = Field(default=None, gt=1, le=1000)
    # Of other currencies, by currency and day: what is reported in them is converted at these (R22).
    exchange_rates: tuple[ExchangeRate, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"time zone {zone!r} is not in the IANA database") from error
        return zone

    @field_validator("conversion_types")
    @classmethod
    def _count_once(cls, types: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(types)) < len(types) or len({*types} & {*PURCHASES}) > 1:
            raise ValueError(f"{', '.join(types)} count one conversion twice: choose one of {', '.join(PURCHASES)}")
        return types

    @field_validator("exchange_rates")
    @classmethod
    def _one_rate_a_day(cls, rates: tuple[ExchangeRate, ...], info: ValidationInfo) -> tuple[ExchangeRate, ...]:
        own = info.data.get("currency")
        if any(rate.currency == own for rate in rates):
            raise ValueError(f"{own} is the organization's own currency: it has no rate")
        return sorted_rates(rates)

    @field_validator("sources")
    @classmethod
    def _valid_sources(cls, sources: dict[str, SourceSettings]) -> dict[str, SourceSettings]:
        return {parse_source_id(name): settings for name, settings in sources.items()}

    def source(self, source_id: str) -> SourceSettings:
        return self.sources.get(source_id, SourceSettings())

    def with_source(self, source_id: str, settings: SourceSettings) -> Organization:
        return self.model_copy(update={"sources": {**self.sources, parse_source_id(source_id): settings}})

    def with_mapping(self, header_hash: str, columns: dict[str, str]) -> Organization:
        """The organization with that mapping of that header; without columns, with none."""
        others = {key: mapping for key, mapping in self.mappings.items() if key != header_hash}
        return self.model_copy(update={"mappings": {**others, header_hash: columns} if columns else others})

    def with_assumed_quantity(self, header_hash: str, quantity: AssumedQuantity | None) -> Organization:
        """The organization with that quantity assumed under that header; with None, with none."""
        others = {key: assumed for key, assumed in self.assumed_quantities.items() if key != header_hash}
        return self.model_copy(
            update={"assumed_quantities": others if quantity is None else {**others, header_hash: quantity}}
        )

    def assumed_quantity(self, header_hash: str, fields: Collection[str]) -> AssumedQuantity | None:
        """Quantity of each line of a file with that header, None where one of its `fields` is the quantity."""
        return None if "quantity" in fields else self.assumed_quantities.get(header_hash)
