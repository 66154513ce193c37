"""Numbers, money, dates and months as a reader of the organization's locale writes them."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from datapilot_domain.partitions import Month

_SYMBOLS = {"BRL": "R$", "USD": "US$", "EUR": "€", "GBP": "£"}
_MONTHS = {
    "pt-BR": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "en": "January February March April May June July August September October November December",
}


def format_number(value: Decimal | int, locale: str, places: int | None = None) -> str:
    """`1.234,56` or `1,234.56`; rounded half up to `places`, None: as many as the value needs, at most 4."""
    number = Decimal(value)
    if places is None:
        exact = number.quantize(Decimal("0.0001"), ROUND_HALF_UP).normalize()
        exponent = exact.as_tuple().exponent
        places = max(0, -exponent) if isinstance(exponent, int) else 0
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{abs(rounded) if rounded == 0 else rounded:,.{places}f}"
    return text.translate(str.maketrans(",.", ".,")) if locale == "pt-BR" else text


def format_money(amount: Decimal, currency: str, locale: str) -> str:
    """`R$ 1.234,56`, `-R$ 1.234,56`: cents, rounded half up. Other currencies by their ISO code."""
    text = format_number(amount, locale, 2)
    sign = "-" if text.startswith("-") else ""
    return f"{sign}{_SYMBOLS.get(currency, currency)} {text.removeprefix('-')}"


def format_share(share: Decimal, locale: str) -> str:
    """A ratio as a percentage with one decimal. Only all is 100 %, and only nothing is 0 %."""
    percent = (share * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if 0 < share < 1:
        percent = min(max(percent, Decimal("0.1")), Decimal("99.9"))
    return f"{format_number(percent, locale, 0 if percent in (0, 100) else 1)}{' %' if locale == 'pt-BR' else '%'}"


def format_percent(fraction: Decimal, locale: str) -> str:
    """A relative change or a rate: one decimal, half up; `12,3%`, `12.3%`."""
    return f"{format_number(fraction * 100, locale, 1)}%"


def format_points(fraction: Decimal, locale: str) -> str:
    """A difference of two fractions: percentage points are not per cent."""
    return f"{format_number(fraction * 100, locale, 1)}\u00a0{'p.p.' if locale == 'pt-BR' else 'pp'}"


def format_value(value: Decimal, unit: str, currency: str, locale: str) -> str:
    """A figure with its unit, as the KPI catalogue names units (`Unit`), and `points` and `days`."""
    if unit.startswith("money"):
        return format_money(value, currency, locale)
    if unit == "fraction":
        return format_percent(value, locale)
    if unit == "points":
        return format_points(value, locale)
    if unit == "multiple":
        return f"{format_number(value, locale, 2)}x"
    return format_number(value, locale, 0 if unit in ("count", "days") else None)


def format_date(date: dt.date, locale: str) -> str:
    """`31/01/2024`; in English `31 Jan 2024`, which no reader takes for another day."""
    if locale == "pt-BR":
        return f"{date:%d/%m/}{date.year:04d}"
    return f"{date.day} {_month_name(date.month, locale)[:3]} {date.year}"


def format_moment(moment: dt.datetime, locale: str) -> str:
    """Date and time of day in the moment's own zone."""
    return f"{format_date(moment.date(), locale)} {moment:%H:%M}"


def format_month(month: Month, locale: str) -> str:
    """`janeiro/2024`, `January 2024`."""
    return f"{_month_name(month.number, locale)}{'/' if locale == 'pt-BR' else ' '}{month.year}"


def _month_name(number: int, locale: str) -> str:
    return _MONTHS.get(locale, _MONTHS["en"]).split()[number - 1]
