"""Figures are written as a reader in Brazil or elsewhere expects them, rounded half up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from datapilot_domain.locales import format_date, format_moment, format_money, format_month, format_number, format_share
from datapilot_domain.partitions import Month


@pytest.mark.rule("R22")
@pytest.mark.parametrize(
    ("amount", "currency", "pt", "en"),
    [
        ("1234.56", "BRL", "R$ 1.234,56", "R$ 1,234.56"),
        ("-1234567.005", "BRL", "-R$ 1.234.567,01", "-R$ 1,234,567.01"),
        ("0", "USD", "US$ 0,00", "US$ 0.00"),
        ("-0.001", "BRL", "R$ 0,00", "R$ 0.00"),
        ("2.675", "JPY", "JPY 2,68", "JPY 2.68"),
    ],
)
def test_money(amount: str, currency: str, pt: str, en: str) -> None:
    assert format_money(Decimal(amount), currency, "pt-BR") == pt
    assert format_money(Decimal(amount), currency, "en") == en


@pytest.mark.parametrize(
    ("number", "pt"), [("12", "12"), ("12.0000", "12"), ("1500.5", "1.500,5"), ("0.33335", "0,3334"), ("100", "100")]
)
def test_numbers_have_the_places_that_they_need(number: str, pt: str) -> None:
    assert format_number(Decimal(number), "pt-BR") == pt


@pytest.mark.parametrize(
    ("share", "pt"), [("0", "0 %"), ("1", "100 %"), ("0.7333", "73,3 %"), ("0.99999", "99,9 %"), ("0.00001", "0,1 %")]
)
def test_a_share_is_all_or_nothing_only_when_it_is(share: str, pt: str) -> None:
    assert format_share(Decimal(share), "pt-BR") == pt


def test_months_and_days() -> None:
    assert (format_month(Month(2024, 3), "pt-BR"), format_month(Month(2024, 3), "en")) == ("março/2024", "March 2024")
    assert format_date(dt.date(2024, 1, 31), "pt-BR") == "31/01/2024"
    assert format_date(dt.date(2024, 2, 1), "en") == "1 Feb 2024"
    moment = dt.datetime(2024, 1, 31, 7, 5, tzinfo=dt.timezone.utc)
    assert format_moment(moment, "pt-BR") == "31/01/2024 07:05"
