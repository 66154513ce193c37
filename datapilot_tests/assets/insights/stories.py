"""A shop's two years, flat or with changes on purpose, and what a reader must then be told of its last month."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from decimal import Decimal

from datapilot_domain.partitions import Month
from datapilot_tests.assets.insights.golden import Ad, Line

FIRST, MONTHS = Month(2023, 1), 14
LAST = FIRST.plus(MONTHS - 1)
PRODUCTS = ("Pão francês", "Bolo de fubá", "Café coado", "Suco de caju", "Torta salgada", "Biscoito")
_CENT = Decimal("0.01")
# Sales of a month stand on these days only, so that every month is as long as any other.
_DAYS = range(1, 29)


def sales(planted: bool, months: int = MONTHS, first: Month = FIRST, noise: float = 0.01) -> list[Line]:
    """`planted`: from November on 30 % more; in the last month Bolo de fubá sells 40 % of what it did, returns are
    eightfold, a new product takes a tenth, and the site takes over from the shop."""
    rng = random.Random(f"sales {planted}")
    lines = []
    for number in range(months):
        month = first.plus(number)
        is_last = planted and number == months - 1
        level = 1.3 if planted and number >= months - 4 else 1.0
        for day in _DAYS:
            for place, product in enumerate(PRODUCTS):
                factor = level * (1 + rng.uniform(-noise, noise)) * (0.4 if is_last and place == 1 else 1)
                channel = "site" if is_last or place % 2 else "loja"
                gross = Decimal(str((60 - 6 * place) * factor)).quantize(_CENT)
                refund = gross / 50 * (8 if is_last else 1)
                date = month.first_day.replace(day=day)
                category = "doces" if place % 2 else "salgados"
                lines.append(
                    Line(date, product, gross, Decimal(3), 2, refund.quantize(_CENT), _tenth(gross), category, channel)
                )
            if is_last:
                lines.append(Line(month.first_day.replace(day=day), "Panetone", Decimal("42.00"), Decimal(1), 1))
    lines.append(_end(first.plus(months)))
    return lines


def _tenth(gross: Decimal) -> Decimal:
    return (gross / 20).quantize(_CENT)


def _end(month: Month) -> Line:
    """A sale of the month after, which makes the last one whole."""
    return Line(month.first_day, PRODUCTS[0], Decimal("10.00"))


def ads(planted: bool, months: int = MONTHS, first: Month = FIRST) -> list[Ad]:
    """`planted`: in the last month Busca brings back less than it costs and Inverno costs without a conversion."""
    found = []
    for number in range(months):
        month, is_last = first.plus(number), planted and number == months - 1
        wobble = Decimal(str(round(1 + 0.01 * math.sin(number * 2.3), 6)))
        found.append(Ad(month, "Remarketing", Decimal(500), (2000 * wobble).quantize(_CENT), Decimal(60)))
        value = Decimal(200) if is_last else (900 * wobble).quantize(_CENT)
        found.append(Ad(month, "Busca", Decimal(300), value, Decimal(40)))
        if is_last:
            found.append(Ad(month, "Inverno", Decimal(250), Decimal(0), Decimal(0)))
    return found


# (type, KPI, member) that the last month of the planted story must tell.
PLANTED: Sequence[tuple[str, str, str | None]] = (
    ("change", "gross_revenue", None),
    ("change_point", "gross_revenue", None),
    ("driver", "gross_revenue", "loja"),
    ("detractor", "gross_revenue", "site"),
    ("rank_change", "gross_revenue", "Bolo de fubá"),
    ("appeared", "gross_revenue", "Panetone"),
    ("refund_rate_high", "refund_rate", None),
    ("change", "roas_claimed", None),
    ("outlier", "roas_claimed", None),
    ("record", "roas_claimed", None),
    ("roas_below_one", "roas_claimed", "Busca"),
    ("spend_without_conversions", "spend", "Inverno"),
    ("appeared", "spend", "Inverno"),
    ("driver", "conversion_value", "Busca"),
)
