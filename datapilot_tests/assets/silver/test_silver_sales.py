"""silver.sales: each rule with a line that meets it, decoded by landing and refined in one pass."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from datapilot_domain.contracts.sales import SILVER_SALES
from datapilot_tests.assets.landed import Landed, Refined

USUAL = {"sku": "A", "quantity": "1", "unit_price": "10.00", "line_amount": "10.00", "status": "paid"}
FULL = (
    "order_id line_no sold_at sku product_name quantity unit_price line_amount order_discount order_freight"
    " order_tax fees status payment_status refund_amount returned_quantity currency customer_email store"
    " operation_nature obs nota ean"
)


def _land() -> Landed:
    landed = Landed()
    full = landed.file(FULL)

    def order(order_id: str | None, *surplus: str, **values: str | None) -> tuple[int, int]:
        return landed.line(full, *surplus, **{"order_id": order_id, **USUAL, **values})

    # Statuses (R17).
    order("status-both", status="pago", payment_status="Pendente")
    order("status-cancelled", status="Cancelado", payment_status="Pago")
    order("status-order", status="  NÃO   Aprovado ", payment_status=None)
    order("status-blank", status=None)
    order("status-odd", status="talvez")
    bare = landed.file("order_id sold_at sku quantity unit_price", currency="USD")
    landed.line(bare, order_id="bare", sku="A", quantity="3", unit_price="0.3333333")
    # Times (R23).
    local = landed.file("order_id sold_at sku quantity unit_price")
    american = landed.file("order_id sold_at sku quantity unit_price")
    sold = {"sku": "A", "quantity": "1", "unit_price": "1.00"}
    landed.line(local, order_id="time-local", sold_at="31/01/2024 23:30:15.5", **sold)
    landed.line(american, order_id="time-noon", sold_at="01/31/2024 12:05 AM", **sold)
    order("time-offset", sold_at="2024-02-01T02:30:00Z")
    order("time-none", sold_at="2024-01-31")
    # Returns (R18).
    order("back-status", line_no="1", quantity="2", line_amount="20.00", status="Devolvido", order_discount="5")
    order("back-refund", line_no="1", line_amount="30.00", status="refunded", refund_amount="-12.00")
    order("back-refund", line_no="2", line_amount="10.00", status="refunded", refund_amount="-12.00")
    order("back-small", line_no="1", line_amount="1000.00", status="refunded", refund_amount="-0.50")
    order("back-small", line_no="2", line_amount="1.00", status="refunded", refund_amount="-0.50")
    order("back-one", line_no="1", line_amount="30.00", status="paid", refund_amount="-7.00")
    order("back-one", line_no="2", line_amount="10.00", status="returned", refund_amount="-7.00")
    order("back-part", quantity="3", line_amount="30.00", returned_quantity="1")
    order("back-partly-paid", line_amount="30.00", refund_amount="-4.00")
    order("back-up", operation_nature="DEVOLUÇÃO DE VENDA", quantity="2", line_amount="20.00")
    order("back-down", quantity="-2", line_amount="-20.00", status="returned")
    # Same line number twice in a file.
    order("twice-equal", line_no="1")
    order("twice-equal", line_no="1")
    order("twice-other", line_no="1", sku="B")
    order("twice-other", line_no="1", sku="C")
    order("unnumbered", sku="B")
    order("unnumbered", sku="B")
    order("unnumbered", sku="C")
    # Merged away: one line of an order, an order without numbers, an undated line.
    order("lost", line_no="1")
    landed.lose(order("lost", line_no="2", order_discount="4.00"), line_no=2)
    landed.lose(order("lost-plain"))
    landed.lose(order("lost-undated", sold_at=None))
    # A newer version that knows only the order's total.
    revised = order("revised", line_no="1", line_amount="30.00", order_discount="8.00", order_freight="2.00")
    order("revised", line_no="2", order_discount="8.00", order_freight="2.00")
    landed.revisions[revised] = {
        **{"status": "cancelled", "status_raw": "Cancelado", "worth": Decimal(40)},
        **{"order_discount": Decimal(4), "order_freight": None},
    }
    # Others.
    order("gift", line_amount="0.00", unit_price="0.00")
    order("postage", product_name="Frete - Sedex")
    order("postage", line_no="2")
    order("dollar", currency=" usd ")
    order("freight-odd", order_freight="grátis")
    order("name", sku=None, product_name="  Café  Ção ")
    order("extras", obs="a@b.com.br e 123.456.789-09", nota="12.345.678/0001-95", ean="7891000100103")
    # Quarantine.
    order("bad-shape", "surplus", quantity="", line_amount=None, unit_price=None)
    order("bad-date", sold_at="2024-02-31", customer_email="a@b.com", sku="cpf 12345678909")
    order("bad-nodate", sold_at=None)
    order("bad-early", sold_at="2017-01-02")
    order("bad-late", sold_at="2024-04-04")
    order("good-late", sold_at="2024-04-03")
    order("bad-quantity", quantity="")
    order("bad-quantity-text", quantity="x")
    order("bad-amount", line_amount="1,2,3")
    order("bad-price", line_amount=None, unit_price="abc")
    order("bad-huge", line_amount=None, quantity="99999999999", unit_price="99999999999")
    order("bad-empty", line_amount=None, unit_price=None)
    order("bad-sign", quantity="-1", line_amount="10.00")
    order(None, sku=None)
    order("bad-discount", order_discount="10%")
    order("bad-currency", currency="$")
    order("large-discount", order_discount="30.00")
    # Order-level files, and files without a quantity.
    whole = landed.file("order_id sold_at order_total order_freight status")
    landed.line(whole, order_id="whole", order_total="30.00", order_freight="5.00", status="pago")
    landed.line(whole, order_id="whole-odd", order_total="x", status="pago")
    landed.line(whole, order_id="whole-blank", order_total="", status="pago")
    amounts = landed.file("sold_at product_name line_amount")
    landed.line(amounts, product_name="Aula", line_amount="80.00")
    # Files whose lines are one unit each, as the organization said.
    ones = landed.file("order_id sold_at sku line_amount status operation_nature returned_quantity", assumes_one=True)
    one = {"sku": "A", "line_amount": "10.00", "status": "paid"}
    landed.line(ones, order_id="one", **one)
    landed.line(ones, order_id="one-back", **{**one, "line_amount": "-10.00"})
    landed.line(ones, order_id="one-back-up", operation_nature="DEVOLUÇÃO DE VENDA", **one)
    landed.line(ones, order_id="one-returned", **{**one, "status": "Devolvido"})
    landed.line(ones, order_id="one-half-returned", returned_quantity="0,5", **one)
    landed.line(ones, order_id="one-gift", **{**one, "line_amount": "0.00"})
    prices = landed.file("order_id sold_at sku unit_price", assumes_one=True)
    landed.line(prices, order_id="one-price", sku="A", unit_price="7.50")
    landed.line(prices, order_id="one-price-back", sku="A", unit_price="-7.50")
    counted = landed.file("order_id sold_at sku quantity line_amount", assumes_one=True)
    landed.line(counted, order_id="counted", sku="A", quantity="3", line_amount="30.00")
    landed.line(counted, order_id="counted-blank", sku="A", quantity="", line_amount="30.00")
    total = landed.file("order_id sold_at order_total", assumes_one=True)
    landed.line(total, order_id="one-total", order_total="30.00")
    # The same content in two sources.
    shared = landed.file("order_id sold_at sku line_amount quantity", sources=("main", "shop"))
    landed.line(shared, order_id="shared", sku="A", line_amount="1.00", quantity="1")
    return landed


@pytest.fixture(scope="module")
def refined(spark: SparkSession) -> Refined:
    return _land().refine(spark)


def test_rows_are_the_contracts(refined: Refined) -> None:
    assert tuple(refined.silver[0]) == SILVER_SALES.column_names
    required = [column.name for column in SILVER_SALES.columns if not column.nullable]
    assert [(row["order_id"], name) for row in refined.silver for name in required if row[name] is None] == []
    ids = [row["sale_line_id"] for row in refined.silver]
    assert len(ids) == len(set(ids))


@pytest.mark.rule("R17")
@pytest.mark.reason("STATUS_UNKNOWN")
@pytest.mark.parametrize(
    ("order", "raw", "status"),
    [
        ("status-both", "Pendente", "open"),
        ("status-cancelled", "Cancelado", "cancelled"),
        ("status-order", "NÃO   Aprovado", "refused"),
        ("status-blank", None, "unknown"),
        ("status-odd", "talvez", "unknown"),
        ("bare", None, "paid"),
    ],
)
def test_status(refined: Refined, order: str, raw: str | None, status: str) -> None:
    (row,) = refined.order(order)
    assert (row["status_raw"], row["status"]) == (raw, status)
    assert ("status_assumed" in row["flags"]) == (order == "bare")


@pytest.mark.rule("R12")
@pytest.mark.rule("R16")
@pytest.mark.rule("R17")
def test_amount_is_derived_from_quantity_and_price_where_only_they_exist(refined: Refined) -> None:
    (row,) = refined.order("bare")
    assert (row["unit_price"], row["gross_amount"]) == (Decimal("0.333333"), Decimal("1.0000"))
    assert row["flags"] == ["derived", "status_assumed", "discount_absent"]
    assert row["currency"] == "USD"
    assert [row[name] for name in ("line_discount", "order_discount_alloc", "freight_alloc", "fee_alloc")] == [None] * 4


@pytest.mark.rule("R23")
@pytest.mark.parametrize(
    ("order", "instant"),
    [
        ("time-local", dt.datetime(2024, 2, 1, 2, 30, 15, 500000, tzinfo=dt.timezone.utc)),
        ("time-offset", dt.datetime(2024, 2, 1, 2, 30, tzinfo=dt.timezone.utc)),
        ("time-noon", dt.datetime(2024, 1, 31, 3, 5, tzinfo=dt.timezone.utc)),
        ("time-none", None),
    ],
)
def test_instants_lie_on_the_civil_date(refined: Refined, order: str, instant: dt.datetime | None) -> None:
    (row,) = refined.order(order)
    assert row["sold_on"] == dt.date(2024, 1, 31)
    # Spark hands timestamps out naive, in the zone of this process.
    assert (row["sold_at"] and row["sold_at"].astimezone(dt.timezone.utc)) == instant


def _amounts(rows: list[dict[str, Any]], name: str) -> list[str | None]:
    return [None if row[name] is None else f"{row[name]:.2f}" for row in rows]


@pytest.mark.rule("R18")
def test_a_status_that_says_returned_adds_a_return_row(refined: Refined) -> None:
    sale, back = refined.order("back-status")
    assert (sale["event_type"], sale["status"], "status_returned" in sale["flags"]) == ("sale", "paid", True)
    assert (back["event_type"], back["status"]) == ("return", "returned")
    assert back["flags"] == ["derived_return", "return_date_assumed"]
    assert (back["quantity"], back["gross_amount"], back["net_amount"]) == (-2, -20, -20)
    assert (sale["net_amount"], back["order_discount_alloc"]) == (15, None)
    assert back["sold_on"] == sale["sold_on"]


def _back(refined: Refined, order: str) -> list[tuple[Any, ...]]:
    rows = refined.order(order)
    assert all(row["status"] == "paid" for row in rows if row["event_type"] == "sale")
    return [(row["line_no"], row["gross_amount"], row["quantity"]) for row in rows if "derived_return" in row["flags"]]


@pytest.mark.rule("R18")
def test_a_return_is_what_was_given_back(refined: Refined) -> None:
    assert _back(refined, "back-refund") == [(1, -9, None), (2, -3, None)]
    assert _back(refined, "back-small") == [(1, Decimal("-0.50"), None), (2, 0, None)]
    assert _back(refined, "back-one") == [(2, -7, None)]
    assert _back(refined, "back-part") == [(1, -10, -1)]
    assert _back(refined, "back-partly-paid") == [(1, -4, None)]


@pytest.mark.rule("R18")
@pytest.mark.parametrize("order", ["back-up", "back-down"])
def test_return_events_are_negative_and_alone(refined: Refined, order: str) -> None:
    (row,) = refined.order(order)
    assert (row["event_type"], row["quantity"], row["gross_amount"]) == ("return", -2, -20)


@pytest.mark.rule("R21")
def test_repeated_line_numbers(refined: Refined) -> None:
    assert len(refined.order("twice-equal")) == 1
    assert [(row["sku"], row["line_no"]) for row in refined.order("twice-other")] == [("B", 1), ("C", 2)]
    assert [row["line_no"] for row in refined.order("unnumbered")] == [1, 2, 1]


@pytest.mark.rule("R4")
def test_lost_lines_are_gone_and_take_their_share_with_them(refined: Refined) -> None:
    (row,) = refined.order("lost")
    assert (row["line_no"], row["order_discount_alloc"]) == (1, 2)
    assert refined.order("lost-plain") == []
    assert "lost-undated" not in str(refined.quarantine)


@pytest.mark.rule("R4")
def test_a_newer_total_revises_status_and_discount_of_the_lines_that_stay(refined: Refined) -> None:
    rows = refined.order("revised")
    assert [(row["status"], row["status_raw"]) for row in rows] == [("cancelled", "Cancelado")] * 2
    assert _amounts(rows, "order_discount_alloc") == ["3.00", "1.00"]
    assert _amounts(rows, "freight_alloc") == ["1.50", "0.50"]
    assert _amounts(rows, "net_amount") == ["27.00", "9.00"]
    assert all("order_revised" in row["flags"] for row in rows)


@pytest.mark.rule("R19")
@pytest.mark.parametrize(
    ("order", "flag"),
    [("gift", "gift"), ("freight-odd", "order_freight_unreadable"), ("postage", "adjustment")],
)
def test_flags(refined: Refined, order: str, flag: str) -> None:
    assert refined.order(order)[0]["flags"] == [flag]


def test_texts(refined: Refined) -> None:
    assert refined.order("dollar")[0]["currency"] == "USD"
    (named,) = refined.order("name")
    assert (named["product_name"], named["product_key"]) == ("Café  Ção", "café  ção")
    assert refined.order("extras")[0]["extras"] == {"obs": "*** e ***", "nota": "***", "ean": "7891000100103"}


@pytest.mark.rule("R15")
def test_an_order_without_lines_is_worth_its_total(refined: Refined) -> None:
    (row,) = refined.order("whole")
    assert (row["gross_amount"], row["freight_alloc"], row["quantity"], row["product_key"]) == (25, 5, None, None)
    assert {"order_level", "quantity_absent"} <= set(row["flags"])


@pytest.mark.rule("R12")
def test_a_quantity_that_the_file_does_not_have_is_null(refined: Refined) -> None:
    (row,) = (row for row in refined.silver if row["product_name"] == "Aula")
    assert (row["quantity"], row["gross_amount"], row["event_type"]) == (None, 80, "sale")
    assert "quantity_absent" in row["flags"]


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("order", "event", "quantity", "gross"),
    [
        ("one", "sale", 1, 10),
        ("one-back", "return", -1, -10),
        ("one-back-up", "return", -1, -10),
        ("one-gift", "sale", 1, 0),
        ("one-price", "sale", 1, Decimal("7.50")),
        ("one-price-back", "return", -1, Decimal("-7.50")),
        ("one-total", "sale", 1, 30),
    ],
)
def test_a_quantity_is_one_where_the_organization_said_so_and_flagged(
    refined: Refined, order: str, event: str, quantity: int, gross: Decimal
) -> None:
    (row,) = refined.order(order)
    assert (row["event_type"], row["quantity"], row["gross_amount"]) == (event, quantity, gross)
    assert "quantity_assumed" in row["flags"]
    assert "quantity_absent" not in row["flags"]
    assert ("gift" in row["flags"]) == (order == "one-gift")


@pytest.mark.rule("R18")
def test_what_came_back_of_an_assumed_unit_is_assumed_unless_it_is_written(refined: Refined) -> None:
    sale, back = refined.order("one-returned")
    assert (sale["quantity"], back["quantity"]) == (1, -1)
    assert "quantity_assumed" in sale["flags"]
    assert back["flags"] == ["derived_return", "return_date_assumed", "quantity_assumed"]
    _, half = refined.order("one-half-returned")
    assert (half["quantity"], half["gross_amount"]) == (Decimal("-0.5"), -5)
    assert half["flags"] == ["derived_return", "return_date_assumed"]


@pytest.mark.rule("R12")
def test_a_quantity_column_is_never_overruled_by_an_assumption(refined: Refined) -> None:
    (row,) = refined.order("counted")
    assert row["quantity"] == 3
    assert "quantity_assumed" not in row["flags"]
    (blank,) = (row for row in refined.quarantine if "counted-blank" in row["text"])
    assert blank["failures"] == ["QUANTITY_MISSING:quantity"]


def test_a_content_counts_in_each_source_that_landed_it(refined: Refined) -> None:
    rows = refined.order("shared")
    assert {row["source_id"] for row in rows} == {"main", "shop"}
    assert len({row["sale_line_id"] for row in rows}) == 2


CASES = [
    ("bad-shape", ["RECORD_SHAPE:record", "QUANTITY_MISSING:quantity", "AMOUNT_MISSING:line_amount"]),
    ("bad-date", ["DATE_UNREADABLE:sold_at"]),
    ("bad-nodate", ["DATE_MISSING:sold_at"]),
    ("bad-early", ["DATE_OUTSIDE_CALENDAR:sold_at"]),
    ("bad-late", ["DATE_OUTSIDE_CALENDAR:sold_at"]),
    ("bad-quantity", ["QUANTITY_MISSING:quantity"]),
    ("bad-quantity-text", ["QUANTITY_UNREADABLE:quantity"]),
    ("bad-amount", ["AMOUNT_UNREADABLE:line_amount"]),
    ("bad-price", ["AMOUNT_UNREADABLE:unit_price"]),
    ("bad-huge", ["AMOUNT_UNREADABLE:unit_price"]),
    ("bad-empty", ["AMOUNT_MISSING:line_amount"]),
    ("bad-sign", ["SIGN_CONFLICT:quantity"]),
    ("bad-discount", ["DISCOUNT_UNREADABLE:order_discount"]),
    ("bad-currency", ["CURRENCY_UNKNOWN:currency"]),
    ("whole-odd", ["AMOUNT_UNREADABLE:order_total"]),
    ("whole-blank", ["AMOUNT_MISSING:order_total"]),
]


@pytest.mark.rule("R8")
@pytest.mark.rule("R10")
@pytest.mark.reason(
    "RECORD_SHAPE",
    "DATE_UNREADABLE",
    "DATE_MISSING",
    "DATE_OUTSIDE_CALENDAR",
    "QUANTITY_MISSING",
    "QUANTITY_UNREADABLE",
    "AMOUNT_UNREADABLE",
    "AMOUNT_MISSING",
    "SIGN_CONFLICT",
    "DISCOUNT_UNREADABLE",
    "CURRENCY_UNKNOWN",
)
@pytest.mark.parametrize(("order", "failures"), CASES)
def test_quarantine_reasons(refined: Refined, order: str, failures: list[str]) -> None:
    (row,) = (row for row in refined.quarantine if row["text"].startswith(f"order_id={order};"))
    assert row["failures"] == failures
    assert [row["reason"], row["column"]] == failures[0].split(":")


@pytest.mark.reason("PRODUCT_AND_ORDER_MISSING")
def test_a_line_of_nothing_is_quarantined(refined: Refined) -> None:
    assert [row["failures"] for row in refined.quarantine if "order_id=" not in row["text"]] == [
        ["PRODUCT_AND_ORDER_MISSING:order_id"]
    ]


@pytest.mark.rule("R10")
def test_quarantine_shows_the_fields_and_hides_people(refined: Refined) -> None:
    (row,) = (row for row in refined.quarantine if "bad-date" in row["text"])
    assert row["text"] == (
        "order_id=bad-date; sold_at=2024-02-31; status=paid; sku=cpf ***; quantity=1; unit_price=10.00;"
        " line_amount=10.00; customer_email=***"
    )
    assert (row["file"], row["landed_seq"], row["month"]) == ("file0.csv", 1, "2024-01")


@pytest.mark.rule("R8")
def test_a_date_one_day_after_arrival_is_still_good(refined: Refined) -> None:
    assert [row["month"] for row in refined.order("good-late")] == ["2024-04"]


@pytest.mark.rule("R10")
@pytest.mark.reason("STATUS_UNKNOWN")
@pytest.mark.reason("DISCOUNT_EXCEEDS_GROSS")
def test_every_record_has_one_fate(refined: Refined) -> None:
    landed = _land()
    landed.decode()
    lost, shared = 3, 1
    assert sum(row["records"] for row in refined.fates) == len(landed.records) - lost + shared
    assert all(row["records"] == row["good"] + row["quarantined"] + row["superseded"] for row in refined.fates)
    derived = sum("derived_return" in row["flags"] for row in refined.silver)
    assert sum(row["good"] for row in refined.fates) == len(refined.silver) - derived
    assert sum(row["quarantined"] for row in refined.fates) == len(refined.quarantine)
    assert sum(row["superseded"] for row in refined.fates) == 1
    (january,) = (row for row in refined.fates if (row["month"], row["source_id"]) == ("2024-01", "main"))
    assert january["warned_lines"] == {"STATUS_UNKNOWN": 2, "DISCOUNT_EXCEEDS_GROSS": 1}
    assert january["warned_amount"] == {"STATUS_UNKNOWN": Decimal(20), "DISCOUNT_EXCEEDS_GROSS": Decimal(10)}
