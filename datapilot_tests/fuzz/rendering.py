"""A truth written down the way exports write: columns, text of each cell, dialect, encoding, noise around it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from datapilot_tests.fuzz.layouts import CONTINUED, Column, Layout, Repeats
from datapilot_tests.fuzz.truth import DATE_FAULTS, EARLY, FAR, FEE, STATUS_TEXTS, TOMORROW_BUT_ONE, Line, Order

DATES = {
    "dmy": ("%d/%m/%Y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y"),
    "ymd": ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d"),
    "mdy": ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%y"),
    "instant": ("%Y-%m-%d %H:%M:%S {offset}", "%Y-%m-%dT%H:%M:%S{offset}"),
}
IMPOSSIBLE = {"dmy": "31/02/2024", "ymd": "2024-02-31", "mdy": "02/31/2024", "instant": "2024-02-31 10:00:00 -0300"}
OFFSETS = {"Z": 0, "+00:00": 0, "-0300": -180, "-03:00": -180, "-0500": -300, "+09:00": 540}
# With `+mark` a byte order mark stands before the text.
ENCODINGS = (
    *("utf-8", "utf-8", "utf-8+mark", "cp1252", "latin-1", "cp850"),
    *("utf-16-le+mark", "utf-16-be+mark", "utf-16-le", "utf-16-be"),
)
EXTRA_COLUMNS = ("Observação interna", "Peso (kg)", "Rastreio", "Transportadora", "")
NATURES = {
    "sale": ("Venda de mercadoria", "VENDA"),
    "return": ("Devolução de venda de mercadoria",),
    "adjustment": ("Remessa em bonificação", "Transferência de mercadoria"),
    "cancellation": ("Cancelamento de nota fiscal",),
}
_ORDER_AMOUNTS = ("discount", "freight", "tax", "subtotal", "total", "refund", "fee", "received")
_ORDER_TEXT = (
    "date", "status", "payment_status", "fulfilment", "currency", "customer", "email", "channel", "store", "seller",
    "payment", "coupon", "city", "state", "country",
)  # fmt: skip
_MARKS_AROUND_NUMBERS = ("", "", "", "R$ ", "R$\u00a0", "R$")


@dataclass(frozen=True)
class Rendering:
    """Every choice that the file's text follows from, beside the truth."""

    columns: tuple[Column, ...]
    repeats: Repeats
    discounts: str
    header: str
    delimiter: str
    encoding: str
    newline: str
    quoting: int
    mark: str
    thousands: bool
    currency: str
    negative: str
    quantity: str
    dates: str
    date_format: str
    offset: str
    time_zone: str
    preamble: tuple[tuple[str, ...], ...]
    total: str
    subtotals: bool
    footer: str
    blanks: bool
    trailing: bool
    end: bool
    hint: bool
    container: str

    def number(self, value: Decimal, places: int = 2) -> str:
        text = f"{abs(value):,.{places}f}" if self.thousands else f"{abs(value):.{places}f}"
        if self.mark == ",":
            text = text.translate(str.maketrans(",.", ".,"))
        return self._signed(value, self.currency + text)

    def _signed(self, value: Decimal, text: str) -> str:
        if value >= 0:
            return text
        return {"before": f"-{text}", "after": f"{text}-", "brackets": f"({text})"}[self.negative]

    def quantity_text(self, value: Decimal) -> str:
        whole = value == value.to_integral_value()
        places = 0 if whole and self.quantity == "shortest" else 3 if (value * 100) % 1 else 2
        text = f"{abs(value):.{places}f}".replace(".", self.mark)
        return self._signed(value, text)

    def date_text(self, day: dt.date, clock: dt.time) -> str:
        """An instant is written at its offset; everything else is the civil time of the shop."""
        moment = dt.datetime.combine(day, clock)
        if self.dates == "instant":
            there = dt.timezone(dt.timedelta(minutes=OFFSETS[self.offset]))
            moment = moment.replace(tzinfo=ZoneInfo(self.time_zone)).astimezone(there)
        return moment.strftime(self.date_format).replace("{offset}", self.offset)


def choose_rendering(random: Random, layout: Layout, repeats: Repeats, discounts: str, time_zone: str) -> Rendering:
    mark = random.choice(layout.marks)
    dates = random.choice(layout.dates)
    columns = list(layout.columns)
    for header in EXTRA_COLUMNS:
        if random.random() < 0.15:
            columns.insert(random.randint(1, len(columns)), (header, None))
    if random.random() < 0.4:
        random.shuffle(columns)
    # The label of a total stands in the first column: it must not be one of the numbers.
    first = next(n for n, (_, what) in enumerate(columns) if what in ("order", "date", "store", "product"))
    columns.insert(0, columns.pop(first))
    report = layout.report and random.random() < 0.8
    amount_faults_allowed = layout.has("amount")
    return Rendering(
        columns=tuple(columns),
        repeats=repeats,
        discounts=discounts,
        header=random.choice(("as is", "as is", "as is", "upper", "lower", "plain", "spaced")),
        delimiter=random.choice(";;,\t|"),
        encoding=random.choice(ENCODINGS),
        newline=random.choice(("\r\n", "\r\n", "\n", "\r")),
        quoting=random.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
        mark=mark,
        thousands=random.random() < 0.5,
        currency=random.choice(_MARKS_AROUND_NUMBERS),
        negative=random.choice(("before", "before", "before", "after", "brackets")),
        quantity=random.choice(("shortest", "fixed")),
        dates=dates,
        date_format=random.choice(DATES[dates]),
        offset=random.choice(tuple(OFFSETS)),
        time_zone=time_zone,
        preamble=random.choice(_PREAMBLES) if report or random.random() < 0.1 else (),
        total=random.choice(("none", "label", "label", "bare")) if report and amount_faults_allowed else "none",
        subtotals=report and amount_faults_allowed and random.random() < 0.3,
        footer=random.choice(("", "Registros: 32", "Gerado em 02/04/2024 08:00", "Página 1 de 1")) if report else "",
        blanks=random.random() < 0.2,
        trailing=random.random() < 0.15,
        end=random.random() < 0.8,
        hint=random.random() < 0.1,
        container=random.choice(("", "", "", "", "", "gz", "zip", "xlsx")),
    )


_PREAMBLES = (
    (("RELATÓRIO DE VENDAS",), ("Gerado em: 02/04/2024 08:00",), ()),
    (("Loja", "Matriz"), ("Período", "01/01/2024", "31/03/2024"), (), ()),
    (("Minha Loja Ltda.",),),
)


def header_cells(rendering: Rendering) -> list[str]:
    return [_header(name, rendering.header) for name, _ in rendering.columns]


def _header(name: str, style: str) -> str:
    if style == "plain":
        decomposed = unicodedata.normalize("NFKD", name.replace("º", "").replace("°", ""))
        return "".join(c for c in decomposed if not unicodedata.combining(c)).replace(" ", "_").replace(".", "")
    return {"as is": name, "upper": name.upper(), "lower": name.lower(), "spaced": f"  {name} "}[style]


def cells(rendering: Rendering, line: Line, random: Random) -> list[str]:
    """The record of a line, with what its fault does to it."""
    texts = _texts(rendering, line)
    if rendering.repeats == "number and date" and line.order.lines[0].fault in DATE_FAULTS:
        _spoil(rendering, line, line.order.lines[0].fault, texts, random)
    _spoil(rendering, line, line.fault, texts, random)
    found = [texts.get(what, "") if what else _free_text(name, line) for name, what in rendering.columns]
    if line.fault == "short":
        return _shortened(rendering, found, random)
    if rendering.trailing or line.fault == "long but empty":
        found.append("")
    if line.fault == "long":
        found += ["", "sobra"] if random.random() < 0.5 else ["sobra"]
    return found


def _shortened(rendering: Rendering, found: list[str], random: Random) -> list[str]:
    """Without its end, but with its order number: it must not look like a line of the order before it."""
    held = [what for _, what in rendering.columns]
    least = held.index("order") + 1 if "order" in held else 1
    most = max(n for n, what in enumerate(held) if what in _NEEDED_OF_A_RECORD)
    return found[: random.randint(least, most)] if least <= most else [*found, "sobra"]


_NEEDED_OF_A_RECORD = (
    "order", "date", "sku", "product", "quantity", "price", "amount", "subtotal", "status", "payment_status",
    "discount",
)  # fmt: skip


def _texts(rendering: Rendering, line: Line) -> dict[str, str]:
    order, number = line.order, rendering.number
    subtotal = sum((other.amount for other in order.lines), Decimal(0))
    discount = line.discount if rendering.discounts == "line" else order.discount
    texts = {
        "order": order.number or "",
        "line_no": str(line.number),
        "date": rendering.date_text(order.sold_on, order.clock),
        "status": _status_text(order.status, order),
        "payment_status": _status_text(order.payment_status, order),
        "sku": line.sku,
        "product": product_text(rendering, line),
        "quantity": rendering.quantity_text(line.quantity),
        "price": number(line.price),
        "list_price": number(line.price + 1),
        "amount": number(line.amount),
        "discount": number(discount),
        "freight": number(order.freight),
        "tax": number(Decimal(0)),
        "fee": number(-FEE),
        "refund": number(-order.refund),
        "nature": NATURES[order.event][sum(map(ord, order.number or "")) % len(NATURES[order.event])],
        "subtotal": number(subtotal),
        "total": number(subtotal - order.discount + order.freight),
        "received": number(subtotal - 2),
        "store": order.store,
        "currency": order.currency,
        "category": "Mercearia",
        "variant": "Único",
        "unit": "UN",
        "customer": "Maria da Silva",
        "email": "maria@example.com",
        "seller": "João",
        "channel": "Site",
        "payment": "Pix",
        "fulfilment": "Enviado",
        "coupon": "",
        "city": "São Paulo",
        "state": "SP",
        "country": "Brasil",
    }
    if order.event == "return" and any(what == "nature" for _, what in rendering.columns):
        # The document says that it is a return; its numbers count upwards.
        texts |= {"quantity": rendering.quantity_text(-line.quantity), "amount": number(-line.amount)}
    if line.is_first or (line.copy and order.lines[1] is line):
        return texts
    if rendering.repeats == "zeros":
        texts |= dict.fromkeys(_ORDER_AMOUNTS, number(Decimal(0)))
        texts["discount"] = number(line.discount)
    if rendering.repeats in CONTINUED:
        kept = {"number": "order", "number and date": "order date", "nothing": ""}[rendering.repeats].split()
        texts |= {what: "" for what in ("order", *_ORDER_TEXT, *_ORDER_AMOUNTS) if what not in kept}
    return texts


def product_text(rendering: Rendering, line: Line) -> str:
    """Line breaks inside a cell are those of the file."""
    return line.product.replace("\n", rendering.newline)


def _status_text(status: str, order: Order) -> str:
    """One of the words for it; which one follows from the order, so that all its lines agree."""
    words = STATUS_TEXTS[status]
    return words[sum(map(ord, order.number or "")) % len(words)]


def _spoil(rendering: Rendering, line: Line, fault: str | None, texts: dict[str, str], random: Random) -> None:
    clock = line.order.clock
    held = [what for _, what in rendering.columns]
    money = next((what for what in ("amount", "price", "subtotal") if what in held), "amount")
    match fault:
        case "date unreadable":
            wrong = (IMPOSSIBLE[rendering.dates], "amanhã", "45292x", "00/00/0000", "-")
            texts["date"] = wrong[sum(map(ord, line.order.number or "")) % len(wrong)]
        case "date missing":
            texts["date"] = ""
        case "date early":
            texts["date"] = rendering.date_text(EARLY, clock)
        case "date tomorrow but one":
            texts["date"] = rendering.date_text(TOMORROW_BUT_ONE, dt.time(12))
        case "date far":
            texts["date"] = rendering.date_text(FAR, clock)
        case "amount unreadable":
            texts[money] = random.choice(("abc", "1,2,3.4.5", "R$", "12,5O", "#REF!", "--5"))
        case "amount missing":
            texts |= dict.fromkeys(("amount", "price", "subtotal", "total"), "")
        case "only price":
            texts["amount"] = ""
        case "quantity unreadable":
            texts["quantity"] = random.choice(("uma", "1x", "#N/A", "1 2"))
        case "quantity missing":
            texts["quantity"] = ""
        case "sign":
            texts[money] = rendering.number(-line.amount if money == "amount" else -line.price)
        case "nobody":
            texts["order"] = texts["sku"] = texts["product"] = ""
        case "discount unreadable":
            texts["discount"] = "dez reais"
        case "status unknown":
            texts["status"] = texts["payment_status"] = "talvez"
        case "status blank":
            texts["status"] = texts["payment_status"] = ""


def _free_text(header: str, line: Line) -> str:
    return {"Peso (kg)": "0,5", "Rastreio": "BR" + str(line.number), "": ""}.get(header, 'obs; com, tudo | "dentro"')


def write_rows(rendering: Rendering, rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=rendering.delimiter,
        lineterminator=rendering.newline,
        quoting=rendering.quoting,  # type: ignore[arg-type]
    )
    for row in rows:
        if row:
            writer.writerow(row)
        else:
            text.write(rendering.newline)
    written = text.getvalue()
    return written if rendering.end or not rows[-1] else written.removesuffix(rendering.newline)
