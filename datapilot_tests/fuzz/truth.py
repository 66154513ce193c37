"""What happened in a generated shop, before anybody exports it: orders, lines, returns, gifts and faults."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from datapilot_tests.fuzz.layouts import CONTINUED, Layout, Repeats

ARRIVED_ON = dt.date(2024, 4, 2)
CENT = Decimal("0.01")
# What the platform takes of each order, in each of its fee columns.
FEE = Decimal("1.10")
# Text → what it means for revenue, as the rules list it; "unknown" for words that they do not list.
STATUS_TEXTS = {
    "paid": ("Pago", "PAGO", "paid", "Concluído", "Enviado", "em trânsito", "Delivered", " Pronto  para envio"),
    "open": ("Pendente", "Aguardando pagamento", "pending", "Em aberto"),
    "cancelled": ("Cancelado", "CANCELADA", "canceled", "voided"),
    "refused": ("Recusado", "não autorizado", "chargeback", "Expirado"),
    "returned": ("Devolvido", "Reembolsado", "refunded", "ESTORNADO"),
    "unknown": ("talvez", "Status 7", "???"),
}
_PRODUCTS = (
    ("00123", "Café Torrado 500g"),
    ("00045", "Açúcar União 1kg"),
    ("7891000100103", "Feijão Preto 1kg"),
    ("CAM-P", 'Camiseta "Básica" P'),
    ("KIT-01", 'Cesta "Pão & Cia"; edição 2024'),
    ("9007199254740993", "Tênis, corrida | 42"),
    ("X\t1", "Caneta"),
    ("Q1", "Quadro\nduas linhas"),
    ("=1+1", "Fórmula"),
    ("TOT", "Total Flex 2L"),
)
_FEES = (("FRETE", "Frete"), ("TX-1", "Taxa de entrega"), ("POST", "POSTAGE"))
_GIFT = ("BRINDE", "Brinde (grátis)")
# Faults of one line → the reasons that quarantine it; none: it is kept all the same.
FAULTS: dict[str, tuple[str, ...]] = {
    "date unreadable": ("DATE_UNREADABLE",),
    "date missing": ("DATE_MISSING",),
    "date early": ("DATE_OUTSIDE_CALENDAR",),
    "date tomorrow but one": ("DATE_OUTSIDE_CALENDAR",),
    "date far": ("DATE_OUTSIDE_CALENDAR",),
    "amount unreadable": ("AMOUNT_UNREADABLE",),
    "amount missing": ("AMOUNT_MISSING",),
    "only price": (),
    "quantity unreadable": ("QUANTITY_UNREADABLE",),
    "quantity missing": ("QUANTITY_MISSING",),
    "sign": ("SIGN_CONFLICT",),
    "nobody": ("PRODUCT_AND_ORDER_MISSING",),
    "discount unreadable": ("DISCOUNT_UNREADABLE",),
    "short": ("RECORD_SHAPE",),
    "long": ("RECORD_SHAPE",),
    "long but empty": (),
    "status unknown": (),
    "status blank": (),
}
DATE_FAULTS = tuple(name for name in FAULTS if name.startswith("date"))
EARLY, TOMORROW_BUT_ONE, FAR = dt.date(2016, 5, 7), ARRIVED_ON + dt.timedelta(days=2), dt.date(2031, 1, 30)


@dataclass
class Order:
    """An order event: a sale, or what came back of it on another day."""

    number: str | None
    sold_on: dt.date
    clock: dt.time
    status: str = "paid"
    payment_status: str = "paid"
    store: str = "Matriz"
    currency: str = "BRL"
    discount: Decimal = Decimal(0)
    freight: Decimal = Decimal(0)
    refund: Decimal = Decimal(0)
    # sale, return, adjustment (no sale at all) or cancellation (a document that cancels).
    event: str = "sale"
    # Written without fault, so that the file proves how it writes numbers and dates.
    proves: bool = False
    lines: list[Line] = field(default_factory=list)


@dataclass
class Line:
    """One line; `copy` says that the export wrote the line before it a second time."""

    order: Order
    number: int
    sku: str
    product: str
    quantity: Decimal
    price: Decimal
    discount: Decimal = Decimal(0)
    fault: str | None = None
    copy: bool = False
    # Freight or a fee as a line: no product, and no part of what the order's lines share.
    is_fee: bool = False

    @property
    def event(self) -> str:
        return "adjustment" if self.is_fee else self.order.event

    @property
    def amount(self) -> Decimal:
        return (self.quantity * self.price).quantize(CENT, ROUND_HALF_UP)

    @property
    def is_first(self) -> bool:
        return self.order.lines[0] is self


def make_orders(random: Random, layout: Layout, repeats: Repeats, discounts: str) -> list[Order]:
    """Orders of two to four months. The first has two different lines, so that an order is told from a line."""
    months = sorted(random.sample([(2023, 12), (2024, 1), (2024, 2), (2024, 3)], random.choice([1, 1, 2, 3])))
    # Dates of the first days of a month prove no order of day and month: the locale's counts (R8).
    first_days = layout.dates == ("dmy",) and random.random() < 0.15
    orders: list[Order] = []
    for position in range(random.choice([3, 6, 12, 25])):
        year, month = random.choice(months)
        day = random.choice([1, 15, 28, 29, random.randint(1, 28), random.randint(13, 28)])
        day = day if position else 25
        if first_days:
            day = random.randint(1, 12)
        order = Order(
            number=_number(random, layout, position),
            sold_on=dt.date(year, month, day),
            clock=dt.time(*random.choice([(0, 5, 0), (23, 40, 59), (12, 0, 0), (16, 51, 7)])),
            store=random.choice(["Matriz", "Loja 2", "São Paulo"]),
        )
        _set_status(random, layout, order)
        if layout.has("currency") and random.random() < 0.15:
            order.currency = "USD"
        if layout.has("discount") and discounts == "order" and random.random() < 0.4:
            order.discount = Decimal(random.randint(100, 3000)) / 100
        if layout.has("freight") and random.random() < 0.5:
            order.freight = Decimal(random.choice(["15.00", "22.90"]))
        if layout.has("nature") and position and random.random() < 0.2:
            order.event = random.choice(["adjustment", "cancellation"])
        _add_lines(random, layout, order, least=2 if position == 0 else 1)
        if discounts == "line":
            for line in order.lines:
                line.discount = Decimal(random.randint(0, 300)) / 100 if random.random() < 0.5 else Decimal(0)
            if position == 0:
                order.lines[0].discount, order.lines[1].discount = Decimal("1.50"), Decimal("2.75")
        back = {"returned": 0.5, "paid": 0.1}.get(order.payment_status if order.status == "paid" else order.status, 0)
        if layout.has("refund") and random.random() < back:
            whole = sum((line.amount for line in order.lines), Decimal(0))
            order.refund = random.choice([(whole / 2).quantize(CENT, ROUND_HALF_UP), Decimal("0.50")])
        orders.append(order)
    orders[0].status = orders[0].payment_status = "paid"
    orders[0].refund, orders[0].proves = Decimal(0), True
    bought = [order for order in orders if order.number and order.lines[0].price and order.event == "sale"]
    orders += [_returned(random, order) for order in bought if random.random() < 0.08]
    _copy_lines(random, layout, orders)
    return orders


def _number(random: Random, layout: Layout, position: int) -> str | None:
    if not layout.has("order"):
        return None
    number = 1001 + position
    return {
        "digits": f"{number:06d}" if position % 3 == 0 else str(number),
        "#": f"#{number}",
        "code": f"2401{number}ABQ{position}",
        "key": f"3524{position:040d}",
        "long": str(2000009007199254740993 + position),
    }[layout.numbers]


def _set_status(random: Random, layout: Layout, order: Order) -> None:
    usual = ("paid",) * 10
    order.status = order.payment_status = random.choice(
        (*usual, "open", "cancelled", "cancelled", "refused", "returned", "returned", "unknown")
    )
    if layout.has("status") and layout.has("payment_status") and random.random() < 0.3:
        order.payment_status = random.choice((*usual, "open", "refused", "returned"))


def _add_lines(random: Random, layout: Layout, order: Order, least: int) -> None:
    count = random.choice([1, 1, 2, 3]) if layout.several_lines and order.number else 1
    count = max(count, least if layout.several_lines and order.number else 1)
    for number in range(1, count + 1):
        sku, product = _PRODUCTS[(number * 3 + random.randint(0, 2)) % len(_PRODUCTS)]
        quantity = Decimal(random.choice(["1", "1", "2", "10", "0.5", "1.250"]))
        price = Decimal(random.choice(["18.90", "4.59", "8.00", "59.90", "1234.56", "0.99"]))
        if random.random() < 0.07 and layout.has("product") and not (least == 2 and number <= 2):
            (sku, product), price, quantity = _GIFT, Decimal("0.00"), Decimal(1)
        order.lines.append(Line(order, number, sku, product, quantity, price))
    if layout.several_lines and order.event == "sale" and random.random() < 0.08:
        sku, product = random.choice(_FEES)
        order.lines.append(Line(order, count + 1, sku, product, Decimal(1), Decimal("15.00"), is_fee=True))
    if least == 2 and len(order.lines) > 1:
        order.lines[0].price, order.lines[1].price = Decimal("18.90"), Decimal("1234.56")
        order.lines[0].quantity = order.lines[1].quantity = Decimal(1)


def _returned(random: Random, order: Order) -> Order:
    """Some of the order's first line, back on a later day."""
    event = replace(
        order,
        sold_on=min(order.sold_on + dt.timedelta(days=random.choice([1, 10, 35])), ARRIVED_ON),
        status=random.choice(["returned", "paid"]),
        discount=Decimal(0),
        freight=Decimal(0),
        refund=Decimal(0),
        event="return",
        proves=False,
        lines=[],
    )
    event.payment_status = event.status
    first = order.lines[0]
    event.lines.append(replace(first, order=event, number=901, quantity=-first.quantity, discount=Decimal(0)))
    return event


def _copy_lines(random: Random, layout: Layout, orders: list[Order]) -> None:
    """With line numbers the copy is a mistake of the export, without them it may be a real line (R21)."""
    if layout.has("order") and not layout.several_lines:
        return
    for order in orders[1:]:
        if random.random() < 0.06 and order.event != "return":
            place = random.randrange(len(order.lines))
            order.lines.insert(place + 1, replace(order.lines[place], copy=True))


def add_faults(random: Random, layout: Layout, repeats: Repeats, discounts: str, orders: list[Order]) -> None:
    """Give some lines one fault each, of those whose fate the rules settle for this layout."""
    share = random.choice([0.0, 0.05, 0.1, 0.25])
    for order in orders[1:]:
        for line in order.lines:
            possible = (
                [fault for fault in FAULTS if _is_possible(fault, line, layout, repeats, discounts)]
                if random.random() < share
                else []
            )
            if possible:
                line.fault = random.choice(possible)


def _is_possible(fault: str, line: Line, layout: Layout, repeats: Repeats, discounts: str) -> bool:
    order = line.order
    alone = len(order.lines) == 1
    has_status = layout.has("status") or layout.has("payment_status")
    if line.copy or line.event != "sale" or any(other.copy for other in order.lines):
        return False
    # A line that looks like one of the order before it would be read as its continuation.
    own_order = line.is_first and (alone or repeats not in CONTINUED)
    if fault in DATE_FAULTS:
        return own_order or (line.is_first and repeats in CONTINUED)
    if fault == "short":
        return own_order
    if fault == "nobody":
        return own_order and layout.has("order")
    if fault.startswith("status"):
        return has_status and own_order
    if fault == "only price":
        return layout.has("price") and layout.has("amount")
    if fault.startswith("quantity") and not layout.has("quantity"):
        return False
    if fault == "sign":
        # Its line becomes an event of its own: the order's amounts must not stand on it alone.
        return line.price > 0 and layout.has("quantity") and (alone or repeats == "all" or not line.is_first)
    if fault == "discount unreadable":
        return layout.has("discount") and (line.is_first or repeats not in CONTINUED)
    return True
