"""Values of causes as a reader of each language writes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from datapilot_domain.findings import Words
from datapilot_domain.kpis import KPIS
from datapilot_domain.locales import format_date, format_month, format_value
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import REASONS


def day(date: dt.date) -> Words:
    return Words(pt=format_date(date, "pt-BR"), en=format_date(date, "en"))


def month(of: Month) -> Words:
    return Words(pt=format_month(of, "pt-BR"), en=format_month(of, "en"))


def figure(value: Decimal, unit: str, currency: str) -> Words:
    return Words(pt=format_value(value, unit, currency, "pt-BR"), en=format_value(value, unit, currency, "en"))


def kpi(name: str) -> Words:
    return Words(pt=KPIS[name].title.pt, en=KPIS[name].title.en)


def reason(code: str) -> Words:
    """What a code says in general; the code itself where it is of another version."""
    known = REASONS.get(code)
    return Words(pt=known.pt if known else code, en=known.en if known else code)
