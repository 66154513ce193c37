"""The demo's truth: seeded orders, and the figures that must come out of them."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from datapilot_domain.partitions import Month

MONTHS = (Month(2024, 1), Month(2024, 2), Month(2024, 3))
_CENT = Decimal("0.01")
_ORDERS_PER_MONTH = 40


@dataclass(frozen=True)
class Product:
    sku: str
    name: str
    price: Decimal


@dataclass(frozen=True)
class Line:
    number: int
    product: Product
    quantity: int

    @property
    def amount(self) -> Decimal:
        return self.product.price * self.quantity


@dataclass(frozen=True)
class Order:
    """One event of an order: a sale, a cancelled sale, or a return with negative quantities."""

    number: str
    at: dt.datetime
    status: str
    lines: tuple[Line, ...]
    discount: Decimal
    freight: Decimal
    channel: str
    state: str
    payment: str

    @property
    def month(self) -> Month:
        return Month.of(self.at.date())

    @property
    def subtotal(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))


@dataclass(frozen=True)
class Figures:
    """What gold.sales_month must say of a month. `discounts` is null where the layout has no such column."""

    lines: int
    gross_revenue: Decimal
    discounts: Decimal | None
    returns_amount: Decimal
    net_revenue: Decimal
    paid_orders: int
    average_ticket: Decimal | None


def draw_orders(seed: str, first_number: int, products: Sequence[Product]) -> list[Order]:
    """About 40 orders a month, some cancelled, some returned nine days later. Same seed, same orders."""
    rng = random.Random(seed)
    orders: list[Order] = []
    for month in MONTHS:
        for n in range(_ORDERS_PER_MONTH):
            at = dt.datetime.combine(month.first_day, dt.time()) + dt.timedelta(minutes=rng.randrange(28 * 1440))
            if n == 0:  # 23:40 of the last day, local time, belongs to this month
                at = dt.datetime.combine(month.last_day, dt.time(23, 40))
            chosen = rng.sample(products, rng.choice((1, 1, 2, 3)))
            lines = tuple(Line(i, product, rng.randint(1, 6)) for i, product in enumerate(chosen, start=1))
            order = Order(
                number=str(first_number + len(orders)),
                at=at,
                status="cancelled" if n % 13 == 5 else "paid",
                lines=lines,
                discount=Decimal(0),
                freight=Decimal(rng.choice(("0.00", "15.00", "22.90"))),
                channel=rng.choice(("Loja física", "Site", "Marketplace")),
                state=rng.choice(("SP", "MG", "BA", "PR")),
                payment=rng.choice(("Pix", "Cartão de crédito", "Boleto")),
            )
            if rng.random() < 0.2:
                order = replace(order, discount=(order.subtotal / 10).quantize(_CENT, ROUND_HALF_UP))
            orders.append(order)
    paid = [order for order in orders if order.status == "paid"]
    returns = [_returned(order) for order in paid[3::17] if order.at + dt.timedelta(days=9) < _END]
    return sorted([*orders, *returns], key=lambda order: (order.at, order.number, order.status))


_END = dt.datetime.combine(MONTHS[-1].plus(1).first_day, dt.time())


def _returned(order: Order) -> Order:
    first = order.lines[0]
    line = replace(first, number=900 + first.number, quantity=-1)
    at = order.at + dt.timedelta(days=9)
    return replace(order, at=at, status="returned", lines=(line,), discount=Decimal(0), freight=Decimal(0))


def figures(orders: Iterable[Order], has_discount: bool) -> dict[Month, Figures]:
    """Month → figures, added up here from the orders alone: none of the pipeline's code takes part."""
    by_month: dict[Month, list[Order]] = {}
    for order in orders:
        by_month.setdefault(order.month, []).append(order)
    return {month: _figures(found, has_discount) for month, found in sorted(by_month.items())}


def _figures(orders: Sequence[Order], has_discount: bool) -> Figures:
    paid = [order for order in orders if order.status == "paid"]
    gross = sum((order.subtotal for order in paid), Decimal(0))
    discounts = sum((order.discount for order in paid), Decimal(0)) if has_discount else None
    returns = sum((order.subtotal for order in orders if order.status == "returned"), Decimal(0))
    ticket = (gross / len(paid)).quantize(Decimal("1e-10"), ROUND_HALF_UP) if paid else None
    return Figures(
        lines=sum(len(order.lines) for order in orders),
        gross_revenue=gross,
        discounts=discounts,
        returns_amount=returns,
        net_revenue=gross - (discounts or 0) + returns,
        paid_orders=len(paid),
        average_ticket=ticket,
    )
