"""Generated files: a truth, how it is written, and what is wrong with it. The same seed gives the same bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from datapilot_tests.fuzz.layouts import LAYOUTS, Layout
from datapilot_tests.fuzz.packing import write_file
from datapilot_tests.fuzz.rendering import Rendering, cells, choose_rendering
from datapilot_tests.fuzz.truth import Line, Order, add_faults, make_orders


@dataclass(frozen=True)
class Row:
    """One logical record. kind: line, or what a report writes beside its lines."""

    kind: str
    cells: list[str]
    line: Line | None = None


@dataclass(frozen=True)
class Table:
    """A case. rows: every logical record but the header, in the order of the file.

    damage: what was done to the file as a whole, "" for nothing: see `damages`.
    """

    seed: int
    number: int
    layout: Layout
    rendering: Rendering
    orders: list[Order]
    rows: list[Row]
    content: bytes
    damage: str = ""

    @property
    def first(self) -> Order:
        """The order that proves how the file writes numbers and dates: it has no fault."""
        return next(order for order in self.orders if order.proves)

    def __str__(self) -> str:
        faults = sorted({row.line.fault for row in self.rows if row.line and row.line.fault})
        return (
            f"case {self.number} of seed {self.seed}: {self.layout.name}, {len(self.rows)} records, "
            f"damage {self.damage or 'none'}, faults {', '.join(faults) or 'none'}\n  {self.rendering}\n"
            f"  again: DATAPILOT_FUZZ_SEED={self.seed} DATAPILOT_FUZZ_ONLY={self.number} pytest datapilot_tests/fuzz"
        )


def make_table(seed: int, number: int) -> Table:
    """Case `number` of a seed, before `damages` see to it."""
    random = Random(f"{seed}/{number}")
    layout = LAYOUTS[number % len(LAYOUTS)]
    repeats, discounts = random.choice(layout.repeats), random.choice(layout.discounts)
    truth = make_orders(random, layout, repeats, discounts)
    add_faults(random, layout, repeats, discounts, truth)
    rendering = choose_rendering(random, layout, repeats, discounts, random.choice(TIME_ZONES))
    rendering = _possible(rendering, truth)
    if len({order.sold_on.month for order in truth}) > 1 and random.random() < 0.3:
        random.shuffle(truth)
    rows = _rows(random, layout, rendering, truth)
    content = encode(rendering, rows)
    return Table(seed, number, layout, rendering, truth, rows, content)


TIME_ZONES = ("America/Sao_Paulo", "America/Sao_Paulo", "America/Manaus", "UTC")


def _possible(rendering: Rendering, orders: list[Order]) -> Rendering:
    """Without the choices that this truth does not allow."""
    faults = {line.fault for order in orders for line in order.lines}
    if rendering.container == "xlsx":
        # In a sheet all records are as wide as the widest, and line breaks are of one kind.
        misshapen = faults & {"short", "long", "long but empty"}
        container = "zip" if misshapen else "xlsx"
        rendering = replace(rendering, container=container, hint=False, newline="\n", trailing=False)
    accents = any(letter in "ãçéêíóáúÃÇÉÊÍÓÁÚ" for header, what in rendering.columns if what for letter in header)
    if rendering.encoding == "cp850" and (not accents or rendering.header == "plain"):
        return replace(rendering, encoding="cp1252")  # nothing tells that it is not (R6)
    return rendering


def encode(rendering: Rendering, rows: list[Row]) -> bytes:
    preamble = [row.cells for row in rows if row.kind == "preamble"]
    return write_file(rendering, preamble, [row.cells for row in rows if row.kind not in ("preamble", "hint")])


def _rows(random: Random, layout: Layout, rendering: Rendering, orders: list[Order]) -> list[Row]:
    rows = [Row("hint", [])] if rendering.hint else []
    rows += [Row("preamble", list(found)) for found in rendering.preamble]
    readable = not any(
        line.fault in ("amount unreadable", "amount missing", "only price", "short") for o in orders for line in o.lines
    )
    segment = total = Decimal(0)
    for order in orders:
        for line in order.lines:
            rows.append(Row("line", cells(rendering, line, random), line))
            upwards = line.event == "return" and layout.has("nature")
            segment += -line.amount if line.fault == "sign" or upwards else line.amount
            if rendering.blanks and random.random() < 0.1:
                rows.append(Row("blank", random.choice([[], [""] * len(rendering.columns), [" ", ""]])))
        if rendering.subtotals and readable and order.number and random.random() < 0.2:
            rows.append(Row("totals", _total(rendering, "Subtotal", segment)))
            total, segment = total + segment, Decimal(0)
    if rendering.total != "none" and readable:
        label = random.choice(("TOTAL", "Total geral", "Totais:")) if rendering.total == "label" else ""
        rows.append(Row("totals", _total(rendering, label, total + segment)))
    if rendering.footer:
        rows.append(Row("footer", [rendering.footer]))
    return rows


def _total(rendering: Rendering, label: str, amount: Decimal) -> list[str]:
    found = [rendering.number(amount) if what == "amount" else "" for _, what in rendering.columns]
    return [label or found[0], *found[1:]]
