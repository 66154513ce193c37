"""Which days of a month the data cover: only covered days are compared with one another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from itertools import pairwise

from datapilot_domain.insights.fact import Period
from datapilot_domain.partitions import Month

# A first sale on one of the first days of a month begins it: January 1st is a holiday everywhere.
_HOLIDAYS = 3


class SalesCoverage:
    """Days of each month that the sales cover, by what there is of the months beside it.

    The first month begins with its first sale, the last one ends with its last; months between are whole, and so is
    a month that was declared complete. *(choice)* The last month is whole, too, when it lacks no more days at its end
    than lay between two sales before: a shop that is closed on Sundays does not end a month early.
    """

    def __init__(self, days: Iterable[dt.date], declared: Collection[Month] = ()) -> None:
        self._days, self._declared = sorted(set(days)), frozenset(declared)
        self._gap = max(((b - a).days for a, b in pairwise(self._days[-93:])), default=1)

    def of(self, month: Month) -> Period | None:
        """The days that the month's sales cover; None when there are none of it."""
        if month in self._declared:
            return Period(months=(month,))
        if not self._days or not Month.of(self._days[0]) <= month <= Month.of(self._days[-1]):
            return None
        begins_late = month == Month.of(self._days[0]) and self._days[0].day > max(self._gap, _HOLIDAYS)
        first = self._days[0].day if begins_late else 1
        last_day = self._days[-1]
        ends_early = month == Month.of(last_day) and (month.last_day - last_day).days >= self._gap
        last = last_day.day if ends_early else month.last_day.day
        if (first, last) == (1, month.last_day.day):
            return Period(months=(month,))
        return Period(months=(month,), first_day=first, last_day=last, complete=False)


def comparable(current: Period, baseline: Period, least_days: int) -> tuple[Period, Period] | None:
    """Both cut to the days of the month that both cover; None when these are too few to say anything."""
    if current.complete and baseline.complete:
        return current, baseline
    first = max(current.first_day or 1, baseline.first_day or 1)
    last = min(_last(current), _last(baseline))
    if last - first + 1 < least_days:
        return None
    return _cut(current, first, last), _cut(baseline, first, last)


def _last(period: Period) -> int:
    return period.last_day or period.month.last_day.day


def _cut(period: Period, first: int, last: int) -> Period:
    return Period(months=period.months, first_day=first, last_day=last, complete=False)


def dates(period: Period) -> tuple[dt.date, dt.date] | None:
    """Its days as dates, both ends included; None: whole months."""
    if period.first_day is None or period.last_day is None:
        return None
    start = period.month.first_day
    return start.replace(day=period.first_day), start.replace(day=period.last_day)
