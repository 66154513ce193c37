"""The charts of a page, drawn from its model; each has a title that says in words what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from markupsafe import Markup

from datapilot_assets.pages.charts import Line, Values, columns, lines, month_labels, short_number, sparkline, swatch
from datapilot_assets.pages.figures import Headline
from datapilot_assets.pages.model import MonthPage
from datapilot_assets.pages.wording import Words
from datapilot_domain.kpis import KPIS
from datapilot_domain.locales import format_money, format_number

_ROAS = {"roas_claimed": "claimed", "roas_verified": "verified"}


class Plots:
    """SVG ready to stand in the page; an empty text where there is nothing to draw."""

    def __init__(self, page: MonthPage, words: Words, figure: Callable[[str, Decimal], str]) -> None:
        self._page, self._words, self._figure = page, words, figure
        self._locale = page.organization.locale
        self._symbol = format_money(Decimal(0), page.organization.currency, self._locale).split()[0]

    def spark(self, headline: Headline) -> Markup:
        """The KPI over the last months; one point is no line."""
        if not _is_line(headline.series):
            return Markup("")
        title = self._range(self._words("monthly", kpi=self._title(headline.kpi)), headline.kpi, headline.series)
        return Markup(sparkline(headline.series, title, f"spark-{headline.kpi}"))

    def daily_title(self) -> str:
        return self._words("daily", kpi=self._title("gross_revenue"), unit=self._symbol)

    def daily(self) -> Markup:
        values = self._page.daily
        if not any(values):
            return Markup("")
        marks = {1, 5, 10, 15, 20, 25, len(values)}
        labels = [str(day) if day in marks else "" for day in range(1, len(values) + 1)]
        return self._columns(labels, values, self.daily_title(), "gross_revenue", "daily", None)

    def monthly_title(self, kpi: str) -> str:
        return self._words("monthly_money", kpi=self._title(kpi), unit=self._symbol)

    def monthly(self, kpi: str) -> Markup:
        """Money by month, this month in full colour."""
        values = self._page.series[kpi]
        if not _is_line(values):
            return Markup("")
        labels = month_labels(self._page.months, self._locale)
        return self._columns(labels, values, self.monthly_title(kpi), kpi, f"monthly-{kpi}", len(values) - 1)

    def roas(self) -> Markup:
        series = {word: self._page.series[kpi] for kpi, word in _ROAS.items()}
        drawn = [Line(self._words(word), values) for word, values in series.items() if _is_line(values)]
        if not drawn:
            return Markup("")
        return Markup(
            lines(
                # The words at the lines' ends leave no room for every month.
                month_labels(self._page.months, self._locale, every=2 if len(self._page.months) > 7 else 1),
                drawn,
                title=self._words("roas"),
                name="roas",
                number=lambda value: f"{format_number(Decimal(repr(value)), self._locale)}x",
                reference=1.0,
            )
        )

    def weekly_title(self) -> str:
        return self._words("weekly_cost", unit=self._symbol)

    def weekly(self) -> Markup:
        weeks = self._page.weeks
        if not weeks.campaigns:
            return Markup("")
        labels = [
            self._words("week", number=int(week[-2:])) + ("*" if partial else "")
            for week, partial in zip(weeks.weeks, weeks.partial, strict=True)
        ]
        return Markup(
            lines(
                labels,
                [Line(self.letter(place), line.values) for place, line in enumerate(weeks.campaigns)],
                title=self.weekly_title(),
                name="weekly",
                number=lambda value: short_number(value, self._locale),
            )
        )

    def letter(self, place: int) -> str:
        """What stands at the end of a campaign's line: its name is text of anybody, and long."""
        return "ABCDE"[place]

    def swatch(self, place: int) -> Markup:
        return Markup(swatch(place, f"swatch-{place}"))

    def _title(self, kpi: str) -> str:
        title = KPIS[kpi].title.of(self._locale)
        return title[:1].upper() + title[1:]

    def _columns(
        self, labels: Sequence[str], values: Values, title: str, kpi: str, name: str, highlight: int | None
    ) -> Markup:
        title = self._range(title, kpi, values)
        return Markup(columns(labels, values, title=title, name=name, locale=self._locale, highlight=highlight))

    def _range(self, title: str, kpi: str, values: Values) -> str:
        known = [value for value in values if value is not None]
        low, high = (self._figure(kpi, value) for value in (min(known), max(known)))
        return self._words("chart_range", title=title, low=low, high=high)


def _is_line(values: Values) -> bool:
    return sum(value is not None for value in values) > 1
