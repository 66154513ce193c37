"""Months, partition keys, prefixes, predicates and the calendar."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datapilot_domain.organizations import RESERVED_IDS, InvalidName, OrgId
from datapilot_domain.partitions import (
    Calendar,
    InvalidPartition,
    Month,
    OrgMonth,
    contiguous_stretches,
    months_predicate,
    organization_prefix,
    table_prefix,
)

MONTHS = st.builds(Month, st.integers(1, 9999), st.integers(1, 12))
NEAR_MONTHS = st.builds(Month, st.integers(2023, 2025), st.integers(1, 12))
ORGS = st.from_regex(r"[a-z][a-z0-9]{2,30}", fullmatch=True).filter(lambda text: text not in RESERVED_IDS)


@given(month=MONTHS, org=ORGS)
def test_a_key_reads_back_as_itself(month: Month, org: str) -> None:
    key = OrgMonth(OrgId(org), month).key
    assert OrgMonth.parse(key).key == key
    assert OrgMonth.parse(key) == OrgMonth(OrgId(org), month)


@given(text=st.one_of(st.text(), st.from_regex(r"\d{4}-\d\d\|?[a-z]{0,4}\|?\n?", fullmatch=True)))
@example("2024-01|acme\n")
@example("\n2024-01|acme")
@example("2024-01|acme|acme")
@example("2024-1|acme")
@example("2024-13|acme")
@example("0000-01|acme")
@example("٢٠٢٤-01|acme")
@example("2024-01\n|acme")
@example("acme|2024-01")
def test_what_is_taken_for_a_key_is_exactly_its_key(text: str) -> None:
    try:
        partition = OrgMonth.parse(text)
    except (InvalidPartition, InvalidName):
        assert not re.fullmatch(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])\|[a-z][a-z0-9]{2,30}", text) or any(
            text.endswith(f"|{word}") for word in RESERVED_IDS
        )
    else:
        assert partition.key == text


@pytest.mark.parametrize("value", [None, 202401, dt.date(2024, 1, 1)])
def test_only_text_is_a_key_or_a_month(value: object) -> None:
    with pytest.raises(InvalidPartition):
        OrgMonth.parse(value)  # type: ignore[arg-type]
    with pytest.raises(InvalidPartition):
        Month.parse(value)  # type: ignore[arg-type]


@given(month=st.builds(Month, st.integers(1900, 2100), st.integers(1, 12)), n=st.integers(-600, 600))
def test_months_count_like_the_calendar(month: Month, n: int) -> None:
    assert month.plus(n).plus(-n) == month
    assert (month < month.plus(n)) == (n > 0)
    assert month.last_day + dt.timedelta(days=1) == month.plus(1).first_day
    assert Month.of(month.first_day) == Month.of(month.last_day) == month


def test_prefixes_begin_with_the_organization_and_refuse_a_bad_one() -> None:
    assert table_prefix(OrgId("acme"), "silver", "sales") == "org_id=acme/silver/sales"
    assert organization_prefix(OrgId("acme"), "landing", "log") == "org_id=acme/landing/log"
    for name in ("../x", "ACME", "null", "acme\n"):
        with pytest.raises(InvalidName):
            organization_prefix(name, "landing")  # type: ignore[arg-type]


@given(months=st.sets(NEAR_MONTHS, min_size=1))
def test_a_predicate_names_every_month_and_is_never_a_range(months: set[Month]) -> None:
    predicate = months_predicate(months)
    assert re.fullmatch(r"month IN \('[0-9-]{7}'(, '[0-9-]{7}')*\)", predicate)
    assert re.findall(r"'([^']*)'", predicate) == [str(month) for month in sorted(months)]


def test_a_predicate_of_no_month_is_refused() -> None:
    with pytest.raises(InvalidPartition):
        months_predicate([])


@given(months=st.lists(NEAR_MONTHS))
def test_stretches_partition_the_months_and_are_as_long_as_can_be(months: list[Month]) -> None:
    stretches = contiguous_stretches(months)
    assert [month for stretch in stretches for month in stretch] == sorted(set(months))
    for stretch in stretches:
        assert all(b == a.plus(1) for a, b in pairwise(stretch))
    for earlier, later in pairwise(stretches):
        assert earlier[-1].plus(1) < later[0]


class TestCalendar:
    CALENDAR = Calendar(Month(2018, 1), dt.date(2024, 1, 31))

    def test_it_ends_with_the_month_of_the_day_after(self) -> None:
        assert self.CALENDAR.last == Month(2024, 2)
        assert Calendar(Month(2018, 1), dt.date(2024, 1, 30)).last == Month(2024, 1)

    def test_months_outside_are_refused(self) -> None:
        assert self.CALENDAR.check(Month(2018, 1)) == Month(2018, 1)
        assert self.CALENDAR.check(Month(2024, 2)) == Month(2024, 2)
        for outside in (Month(2017, 12), Month(2024, 3)):
            assert outside not in self.CALENDAR
            with pytest.raises(InvalidPartition, match="outside the calendar"):
                self.CALENDAR.check(outside)
        assert "2024-01" not in self.CALENDAR

    @given(start=st.builds(Month, st.integers(2016, 2026), st.integers(1, 12)), length=st.integers(-30, 60))
    def test_between_is_every_month_of_the_calendar_from_start_to_end(self, start: Month, length: int) -> None:
        end = start.plus(length)
        asked = {start.plus(n) for n in range(length + 1)}
        assert self.CALENDAR.between(start, end) == sorted(m for m in asked if m in self.CALENDAR)
