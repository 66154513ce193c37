"""What happens to whole files: some of it can be refused for one reason only, some of it may come to anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random

from datapilot_tests.fuzz.layouts import Column
from datapilot_tests.fuzz.rendering import cells
from datapilot_tests.fuzz.tables import Row, Table, encode, make_table

Damage = Callable[[Random, Table], Table | None]
# Shares of the cases that are whole, must be refused, and may come to anything.
_SHARES = (6, 2, 2)


def make_case(seed: int, number: int) -> Table:
    """Case `number` of a seed, damaged or not."""
    table, random = make_table(seed, number), Random(f"{seed}/{number}/damage")
    (kind,) = random.choices((None, REFUSED, ANYTHING), _SHARES)
    if kind is None:
        return table
    names = list(kind)
    random.shuffle(names)
    for name in names:
        damage = REFUSED[name][0] if kind is REFUSED else ANYTHING[name]
        if damaged := damage(random, table):
            return replace(damaged, damage=name)
    return table


def _rewritten(random: Random, table: Table, columns: tuple[Column, ...]) -> Table:
    rendering = replace(table.rendering, columns=columns)
    rows = [Row(row.kind, cells(rendering, row.line, random), row.line) for row in table.rows if row.line is not None]
    return replace(table, rendering=rendering, rows=rows, content=encode(rendering, rows))


def _without(*held: str) -> Damage:
    def damage(random: Random, table: Table) -> Table:
        return _rewritten(random, table, tuple(c for c in table.rendering.columns if c[1] not in held))

    return damage


def _two_quantities(random: Random, table: Table) -> Table | None:
    if not table.layout.has("quantity"):
        return None
    mine = {header for header, what in table.rendering.columns if what == "quantity"}
    second = "Quantidade de itens" if mine & {"Qtd", "Qtde"} else "Qtd"
    return _rewritten(random, table, (*table.rendering.columns, (second, "quantity")))


def _changed(table: Table, number: int, what: str, text: str) -> Table:
    """The table with another text in one cell."""
    place = next(n for n, (_, held) in enumerate(table.rendering.columns) if held == what)
    rows = list(table.rows)
    found = list(rows[number].cells)
    found[place] = text
    rows[number] = replace(rows[number], cells=found)
    return replace(table, rows=rows, content=encode(table.rendering, rows))


def _plain_rows(table: Table) -> list[int]:
    """Positions of rows without fault, those of the first order left out: they prove what the file is like."""
    return [
        n
        for n, row in enumerate(table.rows)
        if row.line and not row.line.fault and row.line.is_first and row.line.order is not table.first
    ]


def _mixed_marks(random: Random, table: Table) -> Table | None:
    # The numbers of a sheet have no mark.
    places = _plain_rows(table) if table.rendering.container != "xlsx" else []
    if not places:
        return None
    other = "." if table.rendering.mark == "," else ","
    return _changed(table, random.choice(places), table.layout.money, f"7{other}77")


def _mixed_dates(random: Random, table: Table) -> Table | None:
    # The days of a sheet are no text.
    places = _plain_rows(table) if table.rendering.container != "xlsx" else []
    if not places or table.first.sold_on.day <= 12 or table.rendering.dates not in ("dmy", "mdy"):
        return None
    text = "01/27/2024" if table.rendering.dates == "dmy" else "27/01/2024"
    return _changed(table, random.choice(places), "date", text)


def _wrong_total(random: Random, table: Table) -> Table | None:
    if not table.layout.has("amount"):
        return None
    amount = table.rendering.number(Decimal(1000) + sum(abs(line.amount) for o in table.orders for line in o.lines))
    found = [amount if what == "amount" else "" for _, what in table.rendering.columns]
    rows = [*table.rows, Row("totals", ["TOTAL", *found[1:]])]
    return replace(table, rows=rows, content=encode(table.rendering, rows))


def _content(content: bytes) -> Damage:
    return lambda random, table: replace(table, content=content)


def _header_only(random: Random, table: Table) -> Table:
    return replace(table, rows=[], content=encode(table.rendering, []))


def _nul(random: Random, table: Table) -> Table | None:
    if table.rendering.container or table.rendering.encoding.startswith("utf-16"):
        return None
    at = random.randrange(len(table.content))
    return replace(table, content=table.content[:at] + b"\0" + table.content[at:])


# Name → what is done, and the reasons that are right.
REFUSED: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "empty": (_content(b""), ("EMPTY_FILE",)),
    "nothing but blanks": (_content(b" \r\n\t\r\n"), ("EMPTY_FILE",)),
    "web page": (_content(b"<!DOCTYPE html><html><body>Login</body></html>"), ("NOT_A_TABLE",)),
    "PDF": (_content(b"%PDF-1.7 \xe2\xe3\xcf\xd3"), ("NOT_A_TABLE",)),
    "prose": (_content(b"Segue em anexo o relatorio.\nObrigado, Maria\n"), ("HEADER_NOT_FOUND",)),
    "header only": (_header_only, ("NO_GOOD_ROW",)),
    "no date column": (_without("date"), ("COLUMNS_MISSING",)),
    "no amount column": (_without("amount", "price", "received", "subtotal", "total"), ("COLUMNS_MISSING",)),
    "neither order nor product": (_without("order", "sku", "product"), ("COLUMNS_MISSING",)),
    "two quantities": (_two_quantities, ("COLUMNS_CONFLICT",)),
    "mixed decimal marks": (_mixed_marks, ("DECIMAL_MARK_MIXED",)),
    "mixed day and month": (_mixed_dates, ("DATE_ORDER_MIXED",)),
    "wrong total": (_wrong_total, ("TOTALS_DIFFER",)),
    "endless line": (
        lambda random, table: replace(table, content=b"Pedido;Data;Valor\n1;02/01/2024;" + b"9" * 3_000_000),
        ("LIMIT_EXCEEDED",),
    ),
    "NUL byte": (_nul, ("NOT_A_TABLE",)),
}


def _flipped(random: Random, table: Table) -> Table:
    content = bytearray(table.content)
    for _ in range(random.choice([1, 3, 30])):
        content[random.randrange(len(content))] = random.randrange(256)
    return replace(table, content=bytes(content))


def _cut(random: Random, table: Table) -> Table:
    return replace(table, content=table.content[: random.randrange(len(table.content))])


def _removed(random: Random, table: Table) -> Table:
    at = random.randrange(len(table.content))
    return replace(table, content=table.content[:at] + table.content[at + random.choice([1, 2, 40]) :])


def _repeated(random: Random, table: Table) -> Table:
    at = random.randrange(len(table.content))
    piece = table.content[at : at + random.choice([1, 10, 200])]
    return replace(table, content=table.content[:at] + piece + table.content[at:])


def _quote_opened(random: Random, table: Table) -> Table | None:
    """A quote at the start of a cell that nobody closes: it must not swallow the records after it."""
    encoding = table.rendering.encoding.partition("+")[0]
    if table.rendering.container:
        return None
    delimiter, quote = table.rendering.delimiter.encode(encoding), '"'.encode(encoding)
    places = [
        at for at in range(len(table.content) // 4, len(table.content)) if table.content.startswith(delimiter, at)
    ]
    places = [at for at in places if at % len(quote) == 0]
    if not places:
        return None
    at = random.choice(places) + len(delimiter)
    return replace(table, content=table.content[:at] + quote + table.content[at:])


def _other_encoding(random: Random, table: Table) -> Table:
    """The second half written by another program."""
    half = len(table.content) // 2
    tail = table.content[half:].decode("latin-1").encode("utf-8")
    return replace(table, content=table.content[:half] + tail)


def _noise(random: Random, table: Table) -> Table:
    return replace(table, content=random.randbytes(random.choice([1, 100, 5000])))


ANYTHING: dict[str, Damage] = {
    "bytes changed": _flipped,
    "cut": _cut,
    "bytes removed": _removed,
    "bytes repeated": _repeated,
    "quote opened": _quote_opened,
    "second half in another encoding": _other_encoding,
    "random bytes": _noise,
}
