"""What the domain rules make of a generated table, in plain Python: R7, R8, R10, R15-R23 once more.

Written from the text of the rules; it shares no code with the pipeline and reads the truth, not the file.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from datapilot_tests.fuzz.damages import REFUSED
from datapilot_tests.fuzz.layouts import CONTINUED
from datapilot_tests.fuzz.tables import Table
from datapilot_tests.fuzz.truth import ARRIVED_ON, CENT, DATE_FAULTS, EARLY, FAR, FAULTS, FEE, TOMORROW_BUT_ONE, Line

FIRST_MONTH, LAST_MONTH = "2018-01", f"{ARRIVED_ON + dt.timedelta(days=1):%Y-%m}"
TENTH = Decimal("0.0001")
BUCKETS = ("gross_revenue", "returns_amount", "cancelled_amount", "open_amount", "unknown_amount", "adjustments_amount")
# Measures of what an order's lines share, and what they are called in `rendering`.
SHARED = {"discounts": "discount", "freight": "freight", "fees": "fee"}


@dataclass(frozen=True)
class Fate:
    """What becomes of one record: ignored, superseded, quarantined (by a reason) or good."""

    fate: str
    month: str
    reason: str | None = None
    sold_on: dt.date | None = None
    event: str = "sale"


@dataclass
class Measures:
    """One row of the month: additive measures, and the orders that were paid."""

    amounts: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(BUCKETS, Decimal(0)))
    lines: int = 0
    units: Decimal = Decimal(0)
    gift_units: Decimal = Decimal(0)
    shared: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(SHARED.values(), Decimal(0)))
    paid: set[tuple[str | None, str]] = field(default_factory=set)


@dataclass(frozen=True)
class Prediction:
    """Fates by record number, and measures by (month, currency); `refused` are the reasons that are right."""

    refused: frozenset[str]
    fates: dict[int, Fate]
    measures: dict[tuple[str, str], Measures]
    amount: Decimal

    @property
    def months(self) -> dict[str, tuple[int, int]]:
        """Records and ignored records of each month."""
        records = Counter(fate.month for fate in self.fates.values())
        ignored = Counter(fate.month for fate in self.fates.values() if fate.fate == "ignored")
        return {month: (count, ignored[month]) for month, count in records.items()}


def predict(table: Table) -> Prediction:
    if table.damage:
        right = REFUSED[table.damage][1] if table.damage in REFUSED else ()
        return Prediction(frozenset(right), {}, {}, Decimal(0))
    found = {n: row.line for n, row in enumerate(table.rows, 1) if row.line}
    dates = {n: _written_date(table, n, line) for n, line in found.items()}
    main = _main_month(dates)
    fates: dict[int, Fate] = {}
    for number in range(1, len(table.rows) + 1):
        line = found.get(number)
        fates[number] = Fate("ignored", main) if line is None else _fate(table, line, dates[number], main)
    measures = _measures(table, found, fates)
    amount = sum((_readable_amount(table, number, line) for number, line in found.items()), Decimal(0))
    return Prediction(frozenset(), fates, measures, amount)


def _written_date(table: Table, number: int, line: Line) -> dt.date | None:
    fault = _date_fault(table, line)
    wrong = {"date early": EARLY, "date tomorrow but one": TOMORROW_BUT_ONE, "date far": FAR}
    if fault in DATE_FAULTS:
        return wrong.get(fault or "")
    return line.order.sold_on if _is_written(table, number, "date") else None


def _date_fault(table: Table, line: Line) -> str | None:
    """Where an order's text is written once, its date is right or wrong for all its lines."""
    return (line.order.lines[0] if table.rendering.repeats in CONTINUED else line).fault


def _is_written(table: Table, number: int, what: str) -> bool:
    """Whether the record is long enough to have this column."""
    place = next((n for n, (_, held) in enumerate(table.rendering.columns) if held == what), None)
    return place is not None and len(table.rows[number - 1].cells) > place


def _main_month(dates: dict[int, dt.date | None]) -> str:
    """The month with most dated records (R8): ties go to the earliest."""
    counted = Counter(f"{day:%Y-%m}" for day in dates.values() if day)
    inside = {month: count for month, count in counted.items() if FIRST_MONTH <= month <= LAST_MONTH}
    return min(inside, key=lambda month: (-inside[month], month))


def _fate(table: Table, line: Line, date: dt.date | None, main: str) -> Fate:
    month = f"{date:%Y-%m}" if date and FIRST_MONTH <= f"{date:%Y-%m}" <= LAST_MONTH else main
    event = "return" if line.fault == "sign" else line.event
    reasons = FAULTS.get(line.fault or "", ())
    date_fault = _date_fault(table, line)
    if date_fault in DATE_FAULTS and reasons != FAULTS["long"]:  # the shape is looked at first
        reasons = FAULTS[date_fault or ""]
    if line.copy and table.layout.has("line_no"):
        return Fate("superseded", month, None, date, event)
    if reasons:
        return Fate("quarantined", month, reasons[0], date, event)
    return Fate("good", month, None, date, event)


def _measures(table: Table, found: dict[int, Line], fates: dict[int, Fate]) -> dict[tuple[str, str], Measures]:
    measures: dict[tuple[str, str], Measures] = {}
    shares = {what: _shares(table, found, fates, what) for what in (*SHARED.values(), "refund")}
    for number, line in found.items():
        fate = fates[number]
        if fate.fate != "good":
            continue
        order, status = line.order, _status(table, line)
        currency = order.currency if table.layout.has("currency") else "BRL"
        month = measures.setdefault((fate.month, currency), Measures())
        month.lines += 1
        gross = _gross(table, line)
        month.amounts[_bucket(line, status)] += gross
        if line.event != "sale" or status not in ("paid", "returned"):
            continue
        month.amounts["returns_amount"] -= _came_back(status, gross, shares["refund"].get(number))
        month.units += line.quantity
        month.gift_units += line.quantity if gross == 0 else 0
        if table.layout.has("order"):
            month.paid.add((order.store if table.layout.has("store") else None, order.number or ""))
        for what in SHARED.values():
            month.shared[what] += shares[what].get(number) or Decimal(0)
    return measures


def _came_back(status: str, gross: Decimal, refund: Decimal | None) -> Decimal:
    """What a status or a refund says came back of a sale: the refund, else all of it (R18)."""
    if refund is not None:
        return refund
    return gross if status == "returned" else Decimal(0)


def _shares(table: Table, found: dict[int, Line], fates: dict[int, Fate], what: str) -> dict[int, Decimal]:
    """Record → its part of its order's discount, freight, fee or refund; nobody has a part of no refund (R15)."""
    shares: dict[int, Decimal] = {}
    for order in table.orders:
        mine = {n: line for n, line in found.items() if line.order is order}
        good = [n for n, line in mine.items() if fates[n].fate == "good" and line.event != "adjustment"]
        if what == "discount" and table.rendering.discounts == "line":
            shares |= {n: mine[n].discount for n in good}
        elif value := _order_value(table, mine, what):
            shares |= _spread(value, {n: abs(_gross(table, mine[n])) for n in good})
    return shares


def _order_value(table: Table, lines: dict[int, Line], what: str) -> Decimal:
    """The order's value, if any of its lines that the layout writes it on can be read."""
    order = next(iter(lines.values())).order
    columns = sum(held == what for _, held in table.rendering.columns)
    value = {"discount": order.discount, "freight": order.freight, "refund": order.refund, "fee": FEE * columns}[what]
    carriers = [n for n, line in lines.items() if table.rendering.repeats == "all" or line.is_first]
    readable = [
        n
        for n in carriers
        if _is_written(table, n, what) and (what, lines[n].fault) != ("discount", "discount unreadable")
    ]
    return value if readable and lines[readable[0]].fault != "sign" else Decimal(0)


def _spread(value: Decimal, weights: dict[int, Decimal]) -> dict[int, Decimal]:
    """In proportion to the weights, to the cent; the last line takes the rest."""
    whole = sum(weights.values(), Decimal(0))
    shares = {
        n: (value * (weight / whole if whole else Decimal(1) / len(weights))).quantize(CENT, ROUND_HALF_UP)
        for n, weight in weights.items()
    }
    if shares:
        last = max(shares)
        shares[last] += value - sum(shares.values())
    return shares


def _status(table: Table, line: Line) -> str:
    """Payment beats order, except that cancelled stays cancelled; without any status column: paid (R17)."""
    by_order, by_payment = table.layout.has("status"), table.layout.has("payment_status")
    if not (by_order or by_payment):
        return "paid"
    if line.fault in ("status unknown", "status blank"):
        return "unknown"
    order = line.order
    if by_order and (order.status == "cancelled" or not by_payment):
        return order.status
    return order.payment_status


def _bucket(line: Line, status: str) -> str:
    if line.event == "adjustment":
        return "adjustments_amount"
    if line.event == "cancellation" or status in ("cancelled", "refused"):
        return "cancelled_amount"
    if status in ("open", "unknown"):
        return f"{status}_amount"
    return "returns_amount" if line.event == "return" else "gross_revenue"


def _gross(table: Table, line: Line) -> Decimal:
    if (table.layout.has("amount") and line.fault != "only price") or not table.layout.has("price"):
        return line.amount
    return (line.quantity * line.price).quantize(TENTH, ROUND_HALF_UP)


def _readable_amount(table: Table, number: int, line: Line) -> Decimal:
    """The line's value as far as the record gives it, whatever else is wrong: what landing indexes."""
    money = table.layout.money
    has_amount = money != "price" and line.fault not in ("only price", "amount missing")
    sign = -1 if line.fault == "sign" else 1
    if line.fault in ("amount unreadable", "amount missing"):
        return Decimal(0)
    if has_amount and _is_written(table, number, money):
        # A document that says it is a return may count upwards.
        upwards = table.layout.has("nature") and line.event == "return"
        return line.amount * sign * (-1 if upwards else 1)
    if not table.layout.has("price") or line.fault in ("quantity unreadable", "quantity missing"):
        return Decimal(0)
    if _is_written(table, number, "price") and _is_written(table, number, "quantity"):
        return (line.quantity * line.price).quantize(TENTH, ROUND_HALF_UP) * sign
    return Decimal(0)
