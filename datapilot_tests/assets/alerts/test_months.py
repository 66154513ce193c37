"""Which months of a source are late or missing, and which closed months changed, as functions of the log."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from datapilot_assets.alerts.months import late_and_missing, restated_months
from datapilot_domain.alerts import Condition
from datapilot_domain.landing import Declaration, LandingEntry, MonthCount
from datapilot_domain.organizations import Organization, OrgId, SourceSettings
from datapilot_domain.partitions import Month
from datapilot_tests.domain.entries import entry


def acme(**sources: dict[str, Any]) -> Organization:
    settings = {name: SourceSettings.model_validate(values) for name, values in sources.items()}
    return Organization(org_id=OrgId("acme"), name="Acme", sources=settings)


def loaded(seq: int, *months: str, **values: Any) -> LandingEntry:
    """An accepted file with records of these months."""
    return entry(seq, months={Month.parse(month): MonthCount(records=1) for month in months}, **values)


def told(conditions: Any) -> list[tuple[str, str]]:
    return [(c.code, str(c.month)) for c in conditions]


def absent(entries: list[LandingEntry], today: str, organization: Organization | None = None) -> list[tuple[str, str]]:
    return told(late_and_missing(entries, organization or acme(), dt.date.fromisoformat(today)))


def test_the_closed_month_is_late_after_its_due_day() -> None:
    january = [loaded(1, "2024-01")]
    assert absent(january, "2024-03-05") == []
    assert absent(january, "2024-03-06") == [("MONTH_LATE", "2024-02")]
    patient = acme(main={"due_day": 20})
    assert absent(january, "2024-03-20", patient) == []
    assert absent(january, "2024-03-21", patient) == [("MONTH_LATE", "2024-02")]


def test_a_late_month_stays_so_in_the_next_one() -> None:
    assert absent([loaded(1, "2024-01")], "2024-04-06") == [("MONTH_LATE", "2024-02"), ("MONTH_LATE", "2024-03")]
    assert absent([loaded(1, "2024-01")], "2024-04-05") == [("MONTH_LATE", "2024-02")]


def test_a_source_long_silent_is_not_waited_for() -> None:
    assert absent([loaded(1, "2024-01")], "2024-05-31") != []
    assert absent([loaded(1, "2024-01")], "2024-06-10") == []


def test_a_month_between_others_is_missing_whatever_its_age() -> None:
    files = [loaded(1, "2020-01"), loaded(2, "2020-03")]
    assert absent(files, "2026-01-10") == [("MONTH_MISSING", "2020-02")]
    declared = entry(3, declaration=Declaration(complete=Month.parse("2020-02")))
    assert absent([*files, declared], "2026-01-10") == []


def test_rows_of_the_running_month_do_not_make_the_closed_one_missing_before_it_is_due() -> None:
    files = [loaded(1, "2024-01"), loaded(2, "2024-03")]
    assert absent(files, "2024-03-05") == []
    assert absent(files, "2024-03-06") == [("MONTH_MISSING", "2024-02")]


def test_one_stray_old_date_does_not_call_for_the_years_since() -> None:
    files = [loaded(1, "2019-03", "2023-12"), loaded(2, "2024-02")]
    assert absent(files, "2024-03-04") == [("MONTH_MISSING", "2024-01")]
    assert len(absent([loaded(1, "2023-05", "2023-12")], "2024-01-04")) == 6
    assert absent([loaded(1, "2023-04", "2023-12")], "2024-01-04") == []


def test_each_source_is_on_its_own() -> None:
    files = [loaded(1, "2024-01", "2024-02"), loaded(2, "2024-01", source="shopee")]
    found = list(late_and_missing(files, acme(), dt.date(2024, 3, 10)))
    assert [c.subject for c in found] == [("sales", "shopee", "2024-02")]


@pytest.mark.parametrize("settings", [{"role": "off"}, {"last_month": "2024-01"}], ids=str)
def test_a_source_that_is_off_or_has_ended_is_not_waited_for(settings: dict[str, Any]) -> None:
    assert absent([loaded(1, "2024-01")], "2024-03-10") == [("MONTH_LATE", "2024-02")]
    assert absent([loaded(1, "2024-01")], "2024-03-10", acme(main=settings)) == []


def test_corrections_are_no_source_of_months() -> None:
    assert absent([loaded(1, "2024-01", family="corrections")], "2024-03-10") == []


def touching(seq: int, arrived: str, landed: str, month: str = "2024-01", **values: Any) -> LandingEntry:
    return entry(seq, arrived_on=dt.date.fromisoformat(arrived), touched={Month.parse(month): landed}, **values)


def restated(entries: list[LandingEntry], today: str = "2024-03-01") -> list[Condition]:
    return list(restated_months(entries, acme(), dt.date.fromisoformat(today)))


def test_a_closed_month_that_changes_is_restated() -> None:
    files = [touching(1, "2024-02-01", "a"), touching(2, "2024-02-20", "b")]
    (found,) = restated(files)
    assert (found.code, str(found.month)) == ("MONTH_RESTATED", "2024-01")
    assert "content2.csv" in found.cause.words("en")
    assert "20/02/2024" in found.cause.words("pt-BR")


@pytest.mark.parametrize(
    ("second", "today"),
    [
        (touching(2, "2024-02-05", "b"), "2024-02-10"),  # the month was not closed yet
        (touching(2, "2024-02-20", "a"), "2024-03-01"),  # nothing changed
        (touching(2, "2024-02-20", "b", month="2023-12"), "2024-03-01"),  # that month had nothing before
        (touching(2, "2024-02-20", "b", family="ads"), "2024-03-01"),  # another family's
        (touching(2, "2024-02-10", "b"), "2024-03-01"),  # long ago
    ],
    ids=["open", "same", "first", "family", "old"],
)
def test_what_is_no_restatement(second: LandingEntry, today: str) -> None:
    assert restated([touching(1, "2024-02-01", "a"), second], today) == []


def test_a_first_load_in_several_files_restates_nothing() -> None:
    assert restated([touching(1, "2024-02-20", "a"), touching(2, "2024-02-20", "b")]) == []


def test_ads_settle_for_the_days_in_which_platforms_still_count() -> None:
    within = [touching(1, "2024-02-01", "a", family="ads"), touching(2, "2024-03-04", "b", family="ads")]
    after = [touching(1, "2024-02-01", "a", family="ads"), touching(2, "2024-03-05", "b", family="ads")]
    assert restated(within, "2024-03-10") == []
    assert len(restated(after, "2024-03-10")) == 1


def test_a_correction_restates_what_it_corrects_and_the_same_bytes_twice_are_two() -> None:
    sales = touching(1, "2024-02-01", "a")
    correction = touching(2, "2024-02-20", "b", family="corrections")
    corrected = touching(3, "2024-02-01", "b", replays=1)
    again = touching(4, "2024-02-21", "c", content="content2", family="corrections")
    found = restated([sales, correction, corrected, again])
    assert [c.subject for c in found] == [("sales", "2024-01", "2"), ("sales", "2024-01", "4")]
    assert {c.ui_path for c in found} == {"/assets/landing/sales"}
