"""Which files are worth an alert: held, waiting, and lately refused ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from datapilot_assets.alerts.files import undecided_files
from datapilot_domain.alerts import Condition
from datapilot_domain.findings import found
from datapilot_domain.landing import LandingEntry, Verdict
from datapilot_tests.domain.entries import entry

CELL = "canary-cell-value"


def refused(seq: int, content: str = "a", **values: Any) -> LandingEntry:
    told = found("as_told", text=CELL)
    return entry(seq, content, verdict=Verdict.REFUSED, reason="HEADER_UNKNOWN", found=told, **values)


def conditions(entries: list[LandingEntry], today: dt.date = dt.date(2024, 4, 2)) -> list[Condition]:
    return list(undecided_files(entries, today))


@pytest.mark.parametrize(
    ("verdict", "code"),
    [(Verdict.HELD, "FILE_HELD"), (Verdict.WAITING, "FILE_WAITING"), (Verdict.REFUSED, "FILE_REFUSED")],
    ids=str,
)
def test_a_file_that_is_not_taken_is_told(verdict: Verdict, code: str) -> None:
    (told,) = conditions([entry(1, "a", verdict=verdict, reason="PAGES_MISSING")])
    assert told.code == code
    assert told.cause.words("en") == "a.csv, source main: Pages of the extraction are missing."
    assert told.cause.words("pt-BR") == "a.csv, origem main: Faltam páginas da extração."


def test_accepted_files_are_not() -> None:
    assert conditions([entry(1), entry(2, "content1", verdict=Verdict.ALREADY_LOADED)]) == []


def test_no_cell_of_the_file_is_told() -> None:
    (told,) = conditions([refused(1)])
    assert CELL not in told.model_dump_json()


def test_a_refused_file_is_over_when_its_next_version_is_taken_or_it_is_old() -> None:
    assert len(conditions([refused(1)])) == 1
    assert conditions([refused(1), entry(2, "b", file="a.csv")]) == []
    assert len(conditions([refused(1), entry(2, "b", file="other.csv")])) == 1
    assert len(conditions([refused(1)], dt.date(2024, 4, 15))) == 1
    assert conditions([refused(1)], dt.date(2024, 4, 16)) == []


def test_the_same_bytes_refused_again_are_the_same_alert() -> None:
    first, again = conditions([refused(1)]), conditions([refused(1), refused(2)])
    assert [c.fingerprint for c in first] == [c.fingerprint for c in again]


def test_the_same_bytes_under_two_names_are_two_files() -> None:
    told = conditions([refused(1, file="monday.csv"), refused(2, file="tuesday.csv")])
    assert len({condition.fingerprint for condition in told}) == 2


def test_a_decided_file_is_over() -> None:
    held = entry(1, "a", verdict=Verdict.HELD, reason="COLUMN_LOST")
    assert len(conditions([held])) == 1
    assert conditions([held, entry(2, "a")]) == []


def test_a_refused_file_whose_bytes_were_taken_under_another_name_is_over() -> None:
    assert conditions([refused(1), entry(2, "a", file="renamed.csv")]) == []
