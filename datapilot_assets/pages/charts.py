"""Charts without a browser or JavaScript: inline SVG for the page, small PNGs for Dagster's UI.

No text of strangers reaches a chart, and none is drawn by colour alone: lines differ in dash and carry their label.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from datapilot_assets.pages.canvas import COLOURS, DASHES, INK, PALE, new_figure, png_data_uri, style, svg
from datapilot_domain.contracts.sales_gold import SALES_MONTH
from datapilot_domain.kpis import KPIS
from datapilot_domain.locales import format_month, format_number
from datapilot_domain.markdown import escape
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from datapilot_resources.platform import Platform

MONTHS_SHOWN = 13
# As wide as a phone, so that its letters keep their size there.
_SIZE = (4.6, 2.2)
_SCALES = {"pt-BR": ((10**9, " bi"), (10**6, " mi"), (10**3, " mil")), "en": ((10**9, "B"), (10**6, "M"), (10**3, "k"))}

Values = Sequence[Decimal | None]


@dataclass(frozen=True)
class Line:
    """A line and what stands at its end."""

    label: str
    values: Values


def short_number(value: float, locale: str) -> str:
    """`12,5 mil`, `12.5k`: a number of an axis."""
    number = Decimal(repr(value))
    for scale, word in _SCALES.get(locale, _SCALES["en"]):
        if abs(number) >= scale:
            return f"{format_number((number / scale).quantize(Decimal('0.1')), locale)}{word}"
    return format_number(number, locale)


def sparkline(values: Values, title: str, name: str) -> str:
    """A line without axes, its last point marked."""
    with style():
        figure, axes = new_figure((1.6, 0.36), margins=(0.03, 0.12, 0.97, 0.88))
        axes.set_axis_off()
        points = _floats(values)
        axes.plot(range(len(points)), points, color=COLOURS[0], linewidth=1.4)
        axes.plot(len(points) - 1, points[-1], marker="o", markersize=3.6, color=COLOURS[0])
        axes.margins(x=0.04, y=0.15)
        return svg(figure, title, name)


def columns(
    labels: Sequence[str], values: Values, *, title: str, name: str, locale: str, highlight: int | None = None
) -> str:
    """Columns from zero; an empty label has no mark on the axis, a missing value no column."""
    with style():
        return svg(_columns(labels, values, locale, highlight, _SIZE), title, name)


def lines(
    labels: Sequence[str],
    drawn: Sequence[Line],
    *,
    title: str,
    name: str,
    number: Callable[[float], str],
    reference: float | None = None,
) -> str:
    """Lines over the same points, from zero. `reference`: a value that is worth a line of its own."""
    with style():
        # Room for the words at the lines' ends.
        right = 0.97 - 0.02 * max((len(line.label) for line in drawn), default=0)
        figure, axes = new_figure(_SIZE, margins=(0.13, 0.2, right, 0.95))
        if reference is not None:
            axes.axhline(reference, color=INK, linewidth=0.7)
        ends = []
        for place, line in enumerate(drawn):
            points = _floats(line.values)
            look: dict[str, Any] = {"color": COLOURS[place], "linestyle": DASHES[place]}
            axes.plot(range(len(points)), points, linewidth=1.7, marker="o", markersize=2.8, **look)
            last = [at for at, value in enumerate(line.values) if value is not None]
            if last:
                ends.append((points[last[-1]], line.label, COLOURS[place]))
        _dress(axes, labels, number)
        axes.set_xlim(-0.3, len(labels) - 0.7)
        _label_ends(axes, ends)
        return svg(figure, title, name)


def swatch(place: int, name: str) -> str:
    """A piece of the line at that place, for a legend."""
    with style():
        figure, axes = new_figure((0.42, 0.14), margins=(0, 0, 1, 1))
        axes.set_axis_off()
        axes.plot((0, 1), (0, 0), color=COLOURS[place], linestyle=DASHES[place], linewidth=1.7)
        return svg(figure, "", name)


def columns_png(labels: Sequence[str], values: Values, *, locale: str, highlight: int | None = None) -> str:
    """The same columns as a PNG in a `data:` URI."""
    with style():
        return png_data_uri(_columns(labels, values, locale, highlight, (5.0, 1.9)))


def _columns(
    labels: Sequence[str], values: Values, locale: str, highlight: int | None, size: tuple[float, float]
) -> Figure:
    figure, axes = new_figure(size, margins=(0.13, 0.2, 0.99, 0.95))
    colours = [COLOURS[0] if highlight in (None, place) else PALE for place in range(len(values))]
    axes.bar(range(len(values)), _floats(values), width=0.72, color=colours)
    _dress(axes, labels, lambda value: short_number(value, locale))
    axes.set_xlim(-0.6, max(len(values), 1) - 0.4)
    return figure


def _dress(axes: Axes, labels: Sequence[str], number: Callable[[float], str]) -> None:
    """Ticks in the reader's words, values from zero."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    marked = [place for place, label in enumerate(labels) if label]
    axes.set_xticks(marked, [labels[place] for place in marked])
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(float(value))))
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]) if axes.dataLim.y0 < 0 else 0.0)


def _label_ends(axes: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Labels beside the last points, moved apart where they would cover one another."""
    low, high = axes.get_ylim()
    least, at = (high - low) * 0.1, float("-inf")
    for value, label, colour in sorted(ends):
        at = max(value, at + least)
        axes.annotate(label, (1.01, at), xycoords=("axes fraction", "data"), va="center", color=colour, weight="bold")


def _floats(values: Values) -> list[float]:
    return [float("nan") if value is None else float(value) for value in values]


def month_chart(platform: Platform, organization: Organization, month: Month) -> str | None:
    """Gross revenue of up to 13 months as a markdown image, the month itself in full colour; None without sales."""
    rows = platform.lakehouse.read(
        SALES_MONTH, organization.org_id, columns=["month", "currency", "gross_revenue"]
    ).to_pylist()
    sold = {Month.parse(row["month"]): row["gross_revenue"] for row in rows if row["currency"] == organization.currency}
    if month not in sold:
        return None
    first = max(min(sold), month.plus(1 - MONTHS_SHOWN))
    months = [first]
    while months[-1] < month:
        months.append(months[-1].plus(1))
    locale = organization.locale
    uri = columns_png(
        month_labels(months, locale), [sold.get(of) for of in months], locale=locale, highlight=len(months) - 1
    )
    return f"![{escape(KPIS['gross_revenue'].title.of(locale))}]({uri})"


def month_labels(months: Sequence[Month], locale: str, every: int = 1) -> list[str]:
    """`jan`, with the year below it where one begins; every so many back from the last, the others empty."""
    labels, year = [], 0
    for place, month in enumerate(months):
        if (len(months) - 1 - place) % every:
            labels.append("")
            continue
        name = format_month(month, locale)[:3]
        labels.append(name if month.year == year else f"{name}\n{month.year}")
        year = month.year
    return labels
