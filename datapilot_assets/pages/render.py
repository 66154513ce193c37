"""The page of a month as one HTML file that asks nobody for anything: no script, no font, no image from elsewhere."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from datapilot_assets.insights.markdown import SEVERITIES
from datapilot_assets.insights.offline import recommendation_text
from datapilot_assets.pages.figures import Headline, Restatement
from datapilot_assets.pages.model import MonthPage, Origin
from datapilot_assets.pages.parts import TOP_CAMPAIGNS
from datapilot_assets.pages.plots import Plots
from datapilot_assets.pages.wording import Words
from datapilot_domain.insights.codes import CODES
from datapilot_domain.insights.fact import Period
from datapilot_domain.kpis import KPIS
from datapilot_domain.locales import (
    format_date,
    format_money,
    format_month,
    format_number,
    format_percent,
    format_share,
    format_value,
)
from datapilot_domain.markdown import one_line
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import REASONS

NAME_LENGTH = 80
_UNITS = ("count", "quantity", "fraction", "points", "multiple", "days")
_ARROWS = {1: "▲", -1: "▼", 0: "="}
_MOVES = {1: "up", -1: "down", 0: "unchanged"}


def month_html(page: MonthPage) -> str:
    """The whole file as text, UTF-8."""
    view = View(page)
    template = _environment().get_template("month.html.j2")
    plots = Plots(page, view.words, view.figure)
    return template.render(page=page, view=view, t=view.words, plots=plots, most_campaigns=TOP_CAMPAIGNS)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("datapilot_assets.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _clean(value: Any) -> Any:
    """Text of anybody on one line, without marks that nobody sees or that turn the direction of writing."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(letter for letter in one_line(value) if unicodedata.category(letter) not in ("Cf", "Cs"))


def _unbroken(number: str) -> str:
    """A number stays on one line with its currency or its sign."""
    return number.replace(" ", "\u00a0")


class View:
    """The page's values in the words and numbers of its organization."""

    def __init__(self, page: MonthPage) -> None:
        self.page = page
        self.locale = page.organization.locale
        self.currency = page.organization.currency
        self.words = Words(self.locale)

    def figure(self, kpi: str, value: Decimal) -> str:
        return _unbroken(format_value(value, KPIS[kpi].unit, self.currency, self.locale))

    def money(self, value: Decimal, currency: str | None = None) -> str:
        return _unbroken(format_money(value, currency or self.currency, self.locale))

    def number(self, value: Decimal | int) -> str:
        return format_number(value, self.locale)

    def share(self, value: Decimal) -> str:
        return _unbroken(format_share(value, self.locale))

    def month(self, month: Month) -> str:
        return format_month(month, self.locale)

    def title(self, kpi: str) -> str:
        text = KPIS[kpi].title.of(self.locale)
        return text[:1].upper() + text[1:]

    def definition(self, kpi: str) -> str:
        return KPIS[kpi].definition.of(self.locale)

    def name(self, text: str | None, unnamed: str = "not_given") -> str:
        """A member's name, of a length that leaves room beside it."""
        name = _clean(text or "")
        if not name:
            return self.words(unnamed)
        return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1].rstrip()}…"

    def period(self, period: Period) -> str:
        return period.words(self.locale)

    def severity(self, name: str) -> str:
        return SEVERITIES[name].of(self.locale).partition(" ")[2]  # the mark before it is the stylesheet's here

    def advice(self, recommendation: str) -> str:
        return recommendation_text(recommendation, self.locale)

    def origin(self, origin: Origin) -> str:
        """The number as it is stored, in the reader's writing; its unit is the catalogue's or a currency."""
        if origin.unit in _UNITS:
            return format_value(origin.value, origin.unit, self.currency, self.locale)
        return format_money(origin.value, origin.unit, self.locale)

    def reason(self, code: str) -> str:
        return REASONS[code].text(self.locale) if code in REASONS else code

    def remedy(self, code: str) -> str:
        return REASONS[code].remedy(self.locale) if code in REASONS else ""

    def refusal(self, code: str) -> str:
        return CODES[code].of(self.locale) if code in CODES else code

    def move(self, headline: Headline) -> str:
        """`▲ subiu 12,3%`; empty without a comparison."""
        change = headline.comparison.change if headline.comparison else None
        if change is None:
            return ""
        sign = (change > 0) - (change < 0)
        percent = f" {format_percent(abs(change), self.locale)}" if sign else ""
        return f"{_ARROWS[sign]} {self.words(_MOVES[sign])}{percent}"

    def against(self, headline: Headline) -> str:
        """What the KPI is compared with, or why it is not."""
        before, comparison = self.page.month.plus(-1), headline.comparison
        if headline.previous is None:
            return self.words("first_month")
        if comparison is None:
            value = self.figure(headline.kpi, headline.previous)
            return self.words("not_compared", month=self.month(before), value=value)
        then = self.figure(headline.kpi, comparison.baseline)
        if not comparison.is_partial:
            return self.words("than_before", value=then, month=self.month(before))
        period = comparison.period
        return self.words(
            "same_days",
            first=period.first_day,
            last=period.last_day,
            now=self.figure(headline.kpi, comparison.current),
            before=then,
            month=self.month(before),
        )

    def restated(self, headline: Headline, restatement: Restatement) -> str:
        values = {
            "before": self.figure(headline.kpi, restatement.before),
            "now": self.figure(headline.kpi, headline.value),
            "version": restatement.version,
        }
        if restatement.until is None:
            return self.words("restated", **values)
        return self.words("restated_until", day=format_date(restatement.until, self.locale), **values)
