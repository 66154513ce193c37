"""What charts are drawn on: one style on every machine, and the figure as inline SVG or as a small PNG."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours that stay readable on white paper, told apart by everybody.
COLOURS = ("#0072B2", "#D55E00", "#00795C", "#A6518A", "#555555")
DASHES = ("-", "--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)))
INK, FAINT, PALE = "#33404d", "#d9dee3", "#a9cbe2"
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "datapilot",
    # Only to measure words with: it comes with matplotlib. The page writes them in its own face.
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10.0,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@contextmanager
def style() -> Iterator[None]:
    """The same on every machine: whatever the reader's own matplotlibrc says does not count."""
    import matplotlib  # most commands draw nothing

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        settings: Any = matplotlib.rcParams  # which names it knows is another list in every release
        settings.update(_STYLE)
        yield


def new_figure(size: tuple[float, float], margins: tuple[float, float, float, float]) -> tuple[Figure, Axes]:
    """`margins`: left, bottom, right, top, as shares of the figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size)
    left, bottom, right, top = margins
    return figure, figure.add_axes((left, bottom, right - left, top - bottom))


def svg(figure: Figure, title: str, name: str) -> str:
    """The figure to stand inside a page: ids of its own, a title for screen readers, no size or metadata."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata=_NO_METADATA, transparent=True)
    text = out.getvalue()[out.getvalue().index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style .*?</style>|<!--.*?-->", "", text, flags=re.DOTALL)
    box = re.search(r'viewBox="[^"]*"', text)
    assert box is not None
    text = f"<svg {_role(title)} {box[0]}>{_title(title)}{text[text.index('>') + 1 :]}"
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r'xlink:href="#', f'href="#{name}-', text)
    text = re.sub(r'(\bid="|url\(#)', rf"\g<1>{name}-", text)
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def _role(title: str) -> str:
    return f'role="img" aria-label="{html.escape(title)}"' if title else 'aria-hidden="true"'


def _title(title: str) -> str:
    return f"<title>{html.escape(title)}</title>" if title else ""


def png_data_uri(figure: Figure) -> str:
    """The figure as `data:image/png;base64,…`, for markdown that may not load anything."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110, metadata={"Software": None})
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
