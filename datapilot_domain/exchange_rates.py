"""Dated exchange rates of an organization: what one unit of a currency is worth in the organization's own (R22)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
# A rate stands until the next one, but not for ever: a table of one rate a month is enough, and money is never
# converted at a rate that nobody renewed.
RATE_DAYS = 31


class ExchangeRate(BaseModel):
    """From `valid_on` on, one unit of `currency` is `rate` units of the organization's currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: CurrencyCode
    valid_on: dt.date
    rate: Decimal = Field(gt=0, max_digits=18, decimal_places=8)


@dataclass(frozen=True)
class DayRate:
    """The rate at which money of `currency` of that day is converted, and the day that it is dated."""

    currency: str
    day: dt.date
    rate: Decimal
    rate_on: dt.date


def sorted_rates(rates: Iterable[ExchangeRate]) -> tuple[ExchangeRate, ...]:
    """By currency and day. Raises ValueError for two rates of one currency and day."""
    ordered = sorted(rates, key=lambda rate: (rate.currency, rate.valid_on))
    for one, other in pairwise(ordered):
        if (one.currency, one.valid_on) == (other.currency, other.valid_on):
            raise ValueError(f"two rates of {one.currency} on {one.valid_on}: give one")
    return tuple(ordered)


def day_rates(rates: Iterable[ExchangeRate], first: dt.date, last: dt.date) -> list[DayRate]:
    """Of every currency and day from `first` to `last` the newest rate dated on it or at most RATE_DAYS before.

    rates: sorted (`sorted_rates`). Days without such a rate are left out.
    """
    found: dict[tuple[str, dt.date], DayRate] = {}
    for rate in rates:
        start = max(rate.valid_on, first)
        end = min(rate.valid_on + dt.timedelta(days=RATE_DAYS), last)
        for offset in range((end - start).days + 1):
            day = start + dt.timedelta(days=offset)
            found[rate.currency, day] = DayRate(rate.currency, day, rate.rate, rate.valid_on)
    return list(found.values())
