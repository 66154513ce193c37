"""Numbers and dates: every way of writing one reads back to the same value, and nothing else does."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datapilot_assets.landing.values import date_sql, number_sql
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import ACME, decode, table

ZONE = "America/Sao_Paulo"
DATABASE = duckdb.connect(config={"autoload_known_extensions": False})


def number(text: str, mark: str) -> Decimal | None:
    return DATABASE.execute(f"SELECT {number_sql('t', mark)} FROM (SELECT ? AS t)", [text]).fetchone()[0]  # type: ignore[index]


def date(text: str, order: str, zone: str = ZONE) -> dt.date | None:
    return DATABASE.execute(f"SELECT {date_sql('t', order, zone)} FROM (SELECT ? AS t)", [text]).fetchone()[0]  # type: ignore[index]


WRAPS = ("{}", "R$ {}", "R$\u00a0{}", "US${}", "{} BRL", "€ {}")
NEGATIVE_WRAPS = ("-{}", "- {}", "-R$ {}", "R$ -{}", "{}-", "({})", "(R$ {})", "R$ ({})")


@settings(deadline=None, max_examples=60)
@given(
    cents=st.integers(0, 10**11),
    mark=st.sampled_from(",."),
    grouped=st.booleans(),
    wrap=st.sampled_from(WRAPS + NEGATIVE_WRAPS),
)
def test_a_written_number_reads_back(cents: int, mark: str, grouped: bool, wrap: str) -> None:
    value = Decimal(cents) / 100
    text = f"{value:,.2f}" if grouped else f"{value:.2f}"
    if mark == ",":
        text = text.translate(str.maketrans(",.", ".,"))
    assert number(wrap.format(text), mark) == (-value if wrap in NEGATIVE_WRAPS else value)


@pytest.mark.parametrize(
    "text", ["", "abc", "--5", "-5-", "-(5)", "1.2345,6", "12.34.567", "5,", ",5", "1e5", "1 234", "0.125"]
)
def test_anything_else_is_no_number(text: str) -> None:
    assert number(text, ",") is None


@settings(deadline=None, max_examples=60)
@given(
    day=st.dates(dt.date(2000, 1, 1), dt.date(2049, 12, 31)),
    order=st.sampled_from(["dmy", "mdy", "ymd"]),
    separator=st.sampled_from("/-."),
    time=st.sampled_from(["", " 23:59", " 07:00:01", "T23:30:00", " 0:05:00.123"]),
    short=st.booleans(),
)
def test_a_written_date_reads_back(day: dt.date, order: str, separator: str, time: str, short: bool) -> None:
    year = f"{day.year % 100:02d}" if short and order != "ymd" else str(day.year)
    parts = {"d": f"{day.day:02d}", "m": f"{day.month}", "y": year}
    assert date(separator.join(parts[letter] for letter in order) + time, order) == day


@pytest.mark.rule("R8")
@pytest.mark.parametrize("text", ["31/02/2024", "2024-13-01", "01/02/2024 25:00", "1/2", "x", "01/02/024"])
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


def amounts(folder: Path, *texts: str, locale: str = "pt-BR") -> tuple[str, list[Decimal]]:
    organization = ACME.model_copy(update={"locale": locale})
    lines = [f"{n};2024-01-05;Café;1;;{text};Pago" for n, text in enumerate(texts)]
    decoded, _, units = decode(folder, table(*lines), organization=organization)
    found = {unit["order_id"]: unit["amount"] for unit in units}
    return decoded.layout.decimal_marks["line_amount"], [found[str(n)] for n in range(len(texts))]


@pytest.mark.rule("R7")
def test_the_other_rows_decide_what_an_ambiguous_number_means(tmp_path: Path) -> None:
    assert amounts(tmp_path, "1.234", "18,90") == (",", [Decimal(1234), Decimal("18.9")])
    assert amounts(tmp_path, "1.234", "18.90") == (".", [Decimal("1.234"), Decimal("18.9")])
    assert amounts(tmp_path, "0.125") == (".", [Decimal("0.125")])


def test_without_proof_the_other_columns_decide_then_the_locale(tmp_path: Path) -> None:
    assert amounts(tmp_path, "1.234")[0] == ","
    assert amounts(tmp_path, "1.234", locale="en")[0] == "."
    decoded, _, _ = decode(tmp_path, table("1;05/01/2024;Café;1;12.50;1.234;Pago"))
    assert decoded.layout.decimal_marks["line_amount"] == "."


@pytest.mark.rule("R7")
@pytest.mark.reason("DECIMAL_MARK_MIXED")
def test_both_marks_in_one_column_refuse_the_file(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="DECIMAL_MARK_MIXED") as refused:
        amounts(tmp_path, "1", "18,90", "18.90")
    assert refused.value.detail == "column 'Vlr. Total': record 2 has '18,90', record 3 has '18.90'"


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


@pytest.mark.rule("R8")
@pytest.mark.reason("DATE_ORDER_MIXED")
def test_both_orders_in_one_column_refuse_the_file(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="DATE_ORDER_MIXED") as refused:
        dates(tmp_path, "31/01/2024", "01/31/2024")
    assert "record 1 has '31/01/2024', record 2 has '01/31/2024'" in refused.value.detail
