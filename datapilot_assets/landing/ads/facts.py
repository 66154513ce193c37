"""What one object of ads data says that it is about, whichever platform wrote it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from datapilot_domain.extractions import account_digits
from datapilot_domain.findings import Found, found

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BETWEEN = chr(31)
# What an object that was made of a connector's row says beside the row.
CONNECTOR, CONNECTOR_NAME = "connector", "fivetran"


@dataclass(frozen=True)
class AdsFact:
    """One object: a day of one entity of an ad account.

    account_id: digits. level: account, campaign, ad_group (Meta's ad set) or ad, the narrowest entity that the
    object names; entity_id: the id of that one. reported_on: in the account's time zone. breakdowns: segments
    beside the day, as the platform names them. action_types: those of its actions (Meta only).
    currency (ISO 4217), time_zone, attribution_window: None where the object does not say.
    """

    platform: str
    account_id: str
    level: str
    entity_id: str
    reported_on: dt.date
    campaign_id: str | None = None
    campaign_name: str | None = None
    currency: str | None = None
    time_zone: str | None = None
    breakdowns: dict[str, str] = field(default_factory=dict)
    action_types: frozenset[str] = frozenset()
    attribution_window: str | None = None

    @property
    def breakdown_set(self) -> tuple[str, ...]:
        return tuple(sorted(self.breakdowns))


class Unfit(Exception):
    """An object that is no daily row of an entity: the reason code, the field and what was found there."""

    def __init__(self, code: str, field: str, what: Found) -> None:
        self.code, self.field, self.found = code, field, what
        super().__init__(f"{code}: {field}: {what.words('en')}")


def unit_key(fact: AdsFact) -> str:
    """32 hex characters over platform, account, level, entity, day and every breakdown (R27)."""
    parts = [fact.platform, fact.account_id, fact.level, fact.entity_id, fact.reported_on.isoformat()]
    parts += [f"{name}={value}" for name, value in sorted(fact.breakdowns.items())]
    return hashlib.md5(_BETWEEN.join(parts).encode(), usedforsecurity=False).hexdigest()


def read_text(value: Any) -> str | None:
    """A value as text; null, empty text, objects and lists are None. Halves of a character become U+FFFD."""
    if isinstance(value, str):
        written = value.strip()
        if not written.isascii():
            written = written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return written or None
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None or isinstance(value, (dict, list)) else str(value)


def read_breakdown(value: Any) -> str | None:
    """A segment's value as text: of an object its id, else all of it."""
    if isinstance(value, (dict, list)):
        named = read_text(value.get("id")) if isinstance(value, dict) else None
        return named or read_text(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str))
    return read_text(value)


def split_by(segments: Mapping[str, str | None], item: Mapping[str, Any]) -> dict[str, str]:
    """The segments that split an entity's rows: those with a value, of a connector's row every column.

    All rows of a table are of one breakdown set, or gold, which takes one set a day, would leave some of them out.
    """
    if CONNECTOR in item:
        return {name: value or "" for name, value in segments.items()}
    return {name: value for name, value in segments.items() if value is not None}


def read_id(value: Any, name: str) -> str | None:
    """An id as written, an integer of any size or text. Raises Unfit: a number with a point has lost digits."""
    if value is None or value == "":
        return None
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return read_text(value)
    raise Unfit("ADS_NOT_DAILY_ROW", name, found("no_id", text=repr(value)))


def read_account(value: Any, name: str) -> str:
    """An ad account's digits, without `act_` and dashes. Raises Unfit."""
    written = read_id(value, name)
    if written is None:
        raise Unfit("ADS_ACCOUNT_MISSING", name, found("account_unnamed"))
    digits = account_digits(written)
    if digits is None:
        raise Unfit("ADS_ACCOUNT_MISSING", name, found("no_account", text=written))
    return digits


def read_day(value: Any, name: str) -> dt.date:
    """A civil day as the platforms write it. Raises Unfit."""
    day = _day(value) if isinstance(value, str) else None
    if day is None:
        raise Unfit("ADS_NOT_DAILY_ROW", name, found("no_day", text=repr(value)))
    return day


@lru_cache(4096)
def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
