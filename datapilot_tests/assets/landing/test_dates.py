"""Dates: every way of writing one reads back to the same day, and nothing else does."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datapilot_assets.landing.dates import date_column, date_sql
from datapilot_domain.partitions import Calendar, Month
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import ACME, decode, table

ZONE = "America/Sao_Paulo"
DATABASE = duckdb.connect(config={"autoload_known_extensions": False})


def date(text: str, order: str, zone: str = ZONE) -> dt.date | None:
    return DATABASE.execute(f"SELECT {date_sql('t', order, zone)} FROM (SELECT ? AS t)", [text]).fetchone()[0]  # type: ignore[index]


@settings(deadline=None, max_examples=60)
@given(
    day=st.dates(dt.date(2000, 1, 1), dt.date(2049, 12, 31)),
    order=st.sampled_from(["dmy", "mdy", "ymd"]),
    separator=st.sampled_from("/-."),
    time=st.sampled_from(["", " 23:59", " 07:00:01", "T23:30:00", " 0:05:00.123", " às 23:30", ", 11:30 PM"]),
    short=st.booleans(),
)
def test_a_written_date_reads_back(day: dt.date, order: str, separator: str, time: str, short: bool) -> None:
    year = f"{day.year % 100:02d}" if short and order != "ymd" else str(day.year)
    parts = {"d": f"{day.day:02d}", "m": f"{day.month}", "y": year}
    assert date(separator.join(parts[letter] for letter in order) + time, order) == day


@pytest.mark.parametrize(
    "text",
    [
        *("31 jan 2024", "31 de janeiro de 2024", "31-Jan-24", "31/JAN/2024", "Jan 31, 2024", "January 31 2024"),
        *("20240131", "20240131 23:30", "31/01/2024 - 23:30", "31 de jan. de 2024 23:30 hs.", "31/01/2024 23:30h"),
        *("2024-01-31T23:59:59.999-03:00", "Jan 31, 2024 at 11:30\u202fp.m.", "31/01/2024\u00a023:30:00 -0300"),
    ],
)
def test_the_same_day_is_read_however_it_is_written(text: str) -> None:
    assert date(text, "dmy") == dt.date(2024, 1, 31)


def test_every_month_is_known_by_its_name_and_its_short_name_in_both_languages() -> None:
    portuguese = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro".split()
    english = "January February March April May June July August September October November December".split()
    days = {
        text: dt.date(2024, number, 5)
        for number, names in enumerate(zip(portuguese, english, strict=True), 1)
        for name in names
        for form in (name, name.upper(), name[:3])
        for text in (f"5 {form} 2024", f"{form} 5, 2024")
    }
    query = f"SELECT t, {date_sql('t', 'dmy', ZONE)} FROM (SELECT unnest(?) AS t)"
    assert dict(DATABASE.execute(query, [list(days)]).fetchall()) == days


@pytest.mark.rule("R8")
@pytest.mark.parametrize(
    "text",
    [
        *("31/02/2024", "2024-13-01", "01/02/2024 25:00", "1/2", "x", "01/02/024"),
        *("20241301", "202401311", "30 fev 2024", "5 marketing 2024", "31 mars 2024", "Jan 32, 2024", "45322"),
    ],
)
def test_impossible_dates_are_null(text: str) -> None:
    assert date(text, "dmy") is None


@pytest.mark.rule("R23")
@settings(deadline=None, max_examples=60)
@given(
    instant=st.datetimes(dt.datetime.fromisoformat("2000-01-01"), dt.datetime.fromisoformat("2049-01-01")),
    zone=st.sampled_from([ZONE, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
    offset=st.sampled_from(["Z", " UTC", "+00:00", "-0300", "+05:30"]),
)
def test_an_instant_becomes_the_organizations_civil_date(instant: dt.datetime, zone: str, offset: str) -> None:
    minutes = {"-0300": -180, "+05:30": 330}.get(offset, 0)
    aware = instant.replace(microsecond=0, tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    assert date(f"{aware:%Y-%m-%dT%H:%M:%S}{offset}", "ymd", zone) == aware.astimezone(ZoneInfo(zone)).date()


def dates(folder: Path, *texts: str, locale: str = "pt-BR") -> tuple[str, list[str]]:
    organization = ACME.model_copy(update={"locale": locale})
    lines = [f"{n};{text};Café;1;1,00;1,00;Pago" for n, text in enumerate(texts)]
    decoded, records, _ = decode(folder, table(*lines), organization=organization)
    return decoded.layout.date_orders["sold_at"], [str(row["sold_on"]) for row in records]


@pytest.mark.rule("R8")
def test_all_rows_decide_the_date_order(tmp_path: Path) -> None:
    assert dates(tmp_path, "02/01/2024", "31/01/2024") == ("dmy", ["2024-01-02", "2024-01-31"])
    assert dates(tmp_path, "02/01/2024", "01/31/2024") == ("mdy", ["2024-02-01", "2024-01-31"])
    assert dates(tmp_path, "2024-01-02") == ("ymd", ["2024-01-02"])
    assert dates(tmp_path, "02/01/24") == ("dmy", ["2024-01-02"])
    assert dates(tmp_path, "02/01/2024", locale="en") == ("mdy", ["2024-02-01"])


ARRIVAL_SERIAL = 45384  # 2024-04-02


def test_a_column_of_spreadsheet_serials_is_dates(tmp_path: Path) -> None:
    found = dates(tmp_path, "45293", "45293.979167", "45293,9999999", str(ARRIVAL_SERIAL))
    assert found == ("serial", ["2024-01-02", "2024-01-02", "2024-01-03", "2024-04-02"])


def test_serials_and_written_dates_are_both_read_in_one_column(tmp_path: Path) -> None:
    assert dates(tmp_path, "45293", "31/01/2024", "") == ("dmy+serial", ["2024-01-02", "2024-01-31", "None"])
    assert dates(tmp_path, "2024-01-31", "45293") == ("ymd+serial", ["2024-01-31", "2024-01-02"])
    assert dates(tmp_path, "20240131", "45293") == ("ymd+serial", ["2024-01-31", "2024-01-02"])
    assert dates(tmp_path, "a combinar", "45293") == ("serial", ["None", "2024-01-02"])


@pytest.mark.parametrize("other", ["12", "4529", "452930", str(ARRIVAL_SERIAL + 30), "43100"])
def test_one_number_that_is_no_day_of_the_calendar_makes_the_others_numbers_as_well(tmp_path: Path, other: str) -> None:
    assert dates(tmp_path, "45293", other, "31/01/2024") == ("dmy", ["None", "None", "2024-01-31"])


@pytest.mark.rule("R8")
def test_names_of_months_prove_no_order_and_need_none(tmp_path: Path) -> None:
    assert dates(tmp_path, "31 jan 2024", "02/01/2024") == ("dmy", ["2024-01-31", "2024-01-02"])
    assert dates(tmp_path, "Jan 31, 2024", "01/13/2024") == ("mdy", ["2024-01-31", "2024-01-13"])


@pytest.mark.rule("R8")
@pytest.mark.reason("DATE_ORDER_MIXED")
def test_both_orders_in_one_column_refuse_the_file(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="DATE_ORDER_MIXED") as refused:
        dates(tmp_path, "31/01/2024", "01/31/2024")
    assert "record 1 has '31/01/2024', record 2 has '01/31/2024'" in str(refused.value)


WRITTEN = ["31/01/2024", "1/2/2024", "31/02/2024", "31-01/2024", "2024-01-31", "31/01/2024 23:30", "1/2/2024 7:05"]
WRITTEN += ["31/01/2024 24:00", "31.01.2024 23:59:59", "1/2/024", "1/2/24", "20240131", "31 jan 2024", "45322", "x"]
WRITTEN += ["2024-02-01T02:30:00Z", "01/02/2024 10:00 -0300", "31/01/2024 11:30 PM"]


@settings(deadline=None, max_examples=40)
@given(texts=st.lists(st.sampled_from(WRITTEN), min_size=1, max_size=3), default=st.sampled_from(["dmy", "mdy"]))
def test_a_column_is_read_alike_with_and_without_regular_expressions(texts: list[str], default: str) -> None:
    DATABASE.execute(
        "CREATE OR REPLACE TABLE written AS SELECT unnest(?) AS t, generate_subscripts(?, 1) AS record_no",
        [texts, texts],
    )
    calendar = Calendar(Month(2018, 1), dt.date(2024, 4, 2))
    column = date_column(DATABASE, "written", "t", "Data", calendar, default)
    query = f"SELECT {column.sql('t', ZONE)}, {date_sql('t', column.order, ZONE)} FROM written"
    found = DATABASE.execute(query).fetchall()
    assert [fast for fast, _ in found] == [general for _, general in found]


def test_dates_of_one_form_are_read_without_regular_expressions() -> None:
    DATABASE.execute("CREATE OR REPLACE TABLE written AS SELECT '31/01/2024 23:30' AS t, 1 AS record_no")
    column = date_column(DATABASE, "written", "t", "Data", Calendar(Month(2018, 1), dt.date(2024, 4, 2)), "dmy")
    sql = column.sql("t", ZONE)
    assert "regexp" not in sql
    assert DATABASE.execute(f"SELECT {sql} FROM written").fetchall() == [(dt.date(2024, 1, 31),)]
