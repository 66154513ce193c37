"""OrgMonth: the one place that knows key text, month bounds, storage prefix and table predicate."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from datapilot_domain.organizations import OrgId

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


class InvalidPartition(ValueError):
    """Text that is not a month, a partition key, or lies outside the calendar."""


@dataclass(frozen=True, order=True)
class Month:
    """A civil month. `str(month)` is `2024-01`; `Month.parse` accepts exactly that and nothing else."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        match = _MONTH.fullmatch(text) if isinstance(text, str) else None
        if not match or match[1] == "0000":
            raise InvalidPartition(f"month {text!r}: write YYYY-MM, as in 2024-01")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: dt.date) -> Month:
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    def plus(self, months: int) -> Month:
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1)

    @property
    def first_day(self) -> dt.date:
        return dt.date(self.year, self.number, 1)

    @property
    def last_day(self) -> dt.date:
        return self.plus(1).first_day - dt.timedelta(days=1)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(value: Any) -> Month:
            return value if isinstance(value, Month) else cls.parse(value)

        return core_schema.no_info_plain_validator_function(validate, serialization=core_schema.to_string_ser_schema())


def is_month(text: str) -> bool:
    try:
        return bool(Month.parse(text))
    except InvalidPartition:
        return False


@dataclass(frozen=True, order=True)
class OrgMonth:
    """One partition. `OrgMonth.parse(key).key == key` for every key that Dagster may hold."""

    org: OrgId
    month: Month

    @classmethod
    def of(cls, org: str, month: str) -> OrgMonth:
        return cls(OrgId(org), Month.parse(month))

    @classmethod
    def parse(cls, key: str) -> OrgMonth:
        """Read `2024-01|acme` (dimension names sorted: month, org). Raises InvalidPartition, InvalidName."""
        parts = key.split("|") if isinstance(key, str) else []
        if len(parts) != 2:
            raise InvalidPartition(f"partition key {key!r}: expected YYYY-MM|organization")
        return cls.of(parts[1], parts[0])

    @property
    def key(self) -> str:
        return f"{self.month}|{self.org}"

    def __str__(self) -> str:
        return self.key


def organization_prefix(org: OrgId, *parts: str) -> str:
    """Store prefix of an organization's things: `org_id=acme/landing/log`."""
    return "/".join((f"org_id={OrgId(org)}", *parts))


def table_prefix(org: OrgId, layer: str, table: str) -> str:
    """Store prefix of one Delta table: `org_id=acme/silver/sales`."""
    return organization_prefix(org, layer, table)


def months_predicate(months: Iterable[Month]) -> str:
    """Table predicate of a set of months. A range would delete a skipped month, so it is never one."""
    listed = ", ".join(f"'{month}'" for month in sorted(set(months)))
    if not listed:
        raise InvalidPartition("a table predicate needs at least one month")
    return f"month IN ({listed})"


@dataclass(frozen=True)
class Calendar:
    """The months that exist: from the first one to the month of the day after `today`."""

    first: Month
    today: dt.date

    @property
    def last(self) -> Month:
        return Month.of(self.today + dt.timedelta(days=1))

    def __contains__(self, month: object) -> bool:
        return isinstance(month, Month) and self.first <= month <= self.last

    def check(self, month: Month) -> Month:
        if month not in self:
            raise InvalidPartition(f"month {month} is outside the calendar {self.first} to {self.last}")
        return month

    def between(self, start: Month, end: Month) -> list[Month]:
        """Every month from start to end, clamped to the calendar."""
        start, end = max(start, self.first), min(end, self.last)
        count = (end.year - start.year) * 12 + end.number - start.number + 1
        return [start.plus(n) for n in range(max(count, 0))]


def contiguous_stretches(months: Iterable[Month]) -> list[Sequence[Month]]:
    """Sorted months cut where one is missing: one run covers one stretch."""
    stretches: list[list[Month]] = []
    for month in sorted(set(months)):
        if stretches and stretches[-1][-1].plus(1) == month:
            stretches[-1].append(month)
        else:
            stretches.append([month])
    return list(stretches)
