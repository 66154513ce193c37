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
from datapilot_domain.locales import format_number

_ROAS = {"roas_claimed": "claimed", "roas_verified": "verified"}


class Plots:
    """SVG ready to stand in the page; an empty text where there is nothing to draw."""

    def __init__(self, page: MonthPage, words: Words, figure: Callable[[str, Decimal], str]) -> None:
        self._page, self._words, self._figure = page, words, figure
        self._locale = page.organization.locale

    def spark(self, headline: Headline) -> Markup:
        """The KPI over the last months; one point is no line."""
        if sum(value is not None for value in headline.series) < 2:
            return Markup("")
        title = self._range(self._titled("monthly", headline.kpi), headline.kpi, headline.series)
        return Markup(sparkline(headline.series, title, f"spark-{headline.kpi}"))

    def daily(self) -> Markup:
        values = self._page.daily
        if not any(values):
            return Markup("")
        # The last mark stands clear of the one before it.
        marks = {1, 5, 10, 15, 20, 25, len(values)}
        labels = [str(day) if day in marks else "" for day in range(1, len(values) + 1)]
        return self._columns(labels, values, "daily", "gross_revenue", None)

    def monthly(self, kpi: str) -> Markup:
        values = self._page.series[kpi]
        if sum(value is not None for value in values) < 2:
            return Markup("")
        labels = month_labels(self._page.months, self._locale)
        return self._columns(labels, values, "monthly", kpi, len(values) - 1)

    def roas(self) -> Markup:
        drawn = [
            Line(self._words(word), self._page.series[kpi])
            for kpi, word in _ROAS.items()
            if any(value is not None for value in self._page.series[kpi])
        ]
        if not drawn or len(self._page.months) < 2:
            return Markup("")
        return Markup(
            lines(
                month_labels(self._page.months, self._locale),
                drawn,
                title=self._words("roas"),
                name="roas",
                number=lambda value: f"{format_number(Decimal(repr(value)), self._locale)}x",
                reference=1.0,
            )
        )

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
                title=self._words("weekly_cost"),
                name="weekly",
                number=lambda value: short_number(value, self._locale),
            )
        )

    def letter(self, place: int) -> str:
        """What stands at the end of a campaign's line: its name is text of anybody, and long."""
        return "ABCDE"[place]

    def swatch(self, place: int) -> Markup:
        return Markup(swatch(place, f"swatch-{place}"))

    def _titled(self, name: str, kpi: str) -> str:
        title = KPIS[kpi].title.of(self._locale)
        return self._words(name, kpi=title[:1].upper() + title[1:])

    def _columns(self, labels: Sequence[str], values: Values, name: str, kpi: str, highlight: int | None) -> Markup:
        title = self._range(self._titled(name, kpi), kpi, values)
        drawn = columns(labels, values, title=title, name=f"{name}-{kpi}", locale=self._locale, highlight=highlight)
        return Markup(drawn)

    def _range(self, title: str, kpi: str, values: Values) -> str:
        known = [value for value in values if value is not None]
        low, high = (self._figure(kpi, value) for value in (min(known), max(known)))
        return self._words("chart_range", title=title, low=low, high=high)
