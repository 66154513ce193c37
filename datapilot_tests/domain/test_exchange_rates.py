"""Dated exchange rates: which one holds on a day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from pydantic import ValidationError

from datapilot_domain.exchange_rates import ExchangeRate, day_rates, sorted_rates
from datapilot_domain.organizations import Organization, OrgId


def rate(day: int, value: str, currency: str = "USD", month: int = 1) -> ExchangeRate:
    return ExchangeRate(currency=currency, valid_on=dt.date(2024, month, day), rate=Decimal(value))


@pytest.mark.rule("R22")
def test_the_newest_rate_of_at_most_31_days_holds() -> None:
    rates = sorted_rates([rate(20, "5"), rate(10, "4"), rate(12, "6", "EUR")])
    held = {
        (of.currency, of.day.day): (str(of.rate), of.rate_on.day)
        for of in day_rates(rates, dt.date(2024, 1, 9), dt.date(2024, 1, 31))
    }
    assert ("USD", 9) not in held
    assert held["USD", 10] == held["USD", 19] == ("4", 10)
    assert held["USD", 20] == held["USD", 31] == ("5", 20)
    assert held["EUR", 31] == ("6", 12)
    later = day_rates(rates, dt.date(2024, 2, 1), dt.date(2024, 3, 1))
    # A rate that nobody renewed ends: 20 January and 31 days.
    assert max(of.day for of in later if of.currency == "USD") == dt.date(2024, 2, 20)
    assert max(of.day for of in later if of.currency == "EUR") == dt.date(2024, 2, 12)


@pytest.mark.rule("R22")
def test_two_rates_of_a_day_and_a_rate_of_the_own_currency_are_refused() -> None:
    for rates, what in (((rate(1, "4"), rate(1, "5")), "two rates of USD"), ((rate(1, "1", "BRL"),), "own currency")):
        with pytest.raises(ValidationError, match=what):
            Organization(org_id=OrgId("acme"), name="Acme", exchange_rates=rates)
