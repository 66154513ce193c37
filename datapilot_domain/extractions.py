"""Extractions of ads data (R26): what a file says that it holds, and whether the pages of a set are all there."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

_ACCOUNT = re.compile(r"[0-9]+")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AdAccount(_Frozen):
    """An ad account as the file shows it; currency (ISO 4217) and time zone are None where it does not say.

    action_types: all that occur in its objects, sorted (Meta only).
    """

    account_id: str = Field(pattern=r"^[0-9]+$")
    currency: str | None = None
    time_zone: str | None = None
    action_types: tuple[str, ...] = ()


def account_digits(written: str) -> str | None:
    """An ad account's digits, without `act_` and dashes; None for what is no account."""
    digits = written.strip().removeprefix("act_").replace("-", "")
    return digits if _ACCOUNT.fullmatch(digits) else None


class AdSlice(_Frozen):
    """What is replaced at once: the days from first to last of an account at one level and breakdown set."""

    account_id: str
    level: str
    breakdown_set: tuple[str, ...] = ()
    first_day: dt.date
    last_day: dt.date


class Page(_Frozen):
    """Where a page stands among others. `before`, `after`: its cursors, None where it names none."""

    before: str | None = None
    after: str | None = None
    has_previous: bool = False
    has_next: bool = False


class Extraction(_Frozen):
    """What a file of ads data holds."""

    platform: str
    accounts: tuple[AdAccount, ...]
    slices: tuple[AdSlice, ...]
    attribution_window: str | None = None
    api_version: str | None = None
    page: Page = Page()

    @model_validator(mode="before")
    @classmethod
    def _types_of_the_file(cls, values: Any) -> Any:
        """Entries written before the types were kept by account have those of the file."""
        if not isinstance(values, dict) or "action_types" not in values:
            return values
        others = {name: value for name, value in values.items() if name != "action_types"}
        accounts = [{**account, "action_types": values["action_types"]} for account in values["accounts"]]
        return {**others, "accounts": accounts}

    @property
    def account_ids(self) -> frozenset[str]:
        return frozenset(account.account_id for account in self.accounts)


def follows(page: Page, other: Page) -> bool:
    """Whether `other` begins where `page` ends: the same cursor, or the next place of a numbered one."""
    if page.after is None or other.before is None or not (page.has_next and other.has_previous):
        return False
    if page.after == other.before:
        return True
    end, begin = _place(page.after), _place(other.before)
    return end is not None and begin == end + 1


def is_whole(pages: Sequence[Page], *, declared: bool) -> bool:
    """Whether the pages of one extraction are all there: each that has a next has its follower, and the reverse.

    declared: the sender said that these files are one set. Cursors that cannot be compared are believed then,
    as long as one page is the first and one the last; of pages that never name what precedes them, one is the last.
    """
    linked = all(any(follows(page, other) for other in pages) for page in pages if page.has_next)
    preceded = all(any(follows(other, page) for other in pages) for page in pages if page.has_previous)
    if linked and preceded:
        return True
    lasts = sum(not page.has_next for page in pages)
    if not declared or lasts != 1:
        return False
    if all(page.before is None for page in pages):
        return True
    numbered = all(page.after is not None and _place(page.after) is not None for page in pages if page.has_next)
    return not numbered and sum(not page.has_previous for page in pages) == 1


def _place(cursor: str) -> int | None:
    """The number that Meta's insights cursors hold: base64, with ZD for each padding character."""
    text = cursor.replace("ZD", "=")
    try:
        number = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return int(number) if number.isdigit() else None


# Days for which a platform still attributes conversions (R26, R29): Meta's longest window, Google's default.
PROVISIONAL_DAYS = {"meta": 28, "google": 30}
# Meta reports one purchase under each of these at once; the first that an account's extraction has counts (R28).
PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")


def conversion_types(platform: str, present: Iterable[str], chosen: Sequence[str]) -> tuple[str, ...]:
    """Action types that count as conversions of an account in whose extraction those `present` occur.

    chosen: what the organization set, which always wins. Google's are what the account set up: none to choose.
    """
    if platform != "meta":
        return ()
    if chosen:
        return tuple(chosen)
    found = set(present)
    return next(((name,) for name in PURCHASES if name in found), (PURCHASES[0],))
