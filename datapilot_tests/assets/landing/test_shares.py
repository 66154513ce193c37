"""Order-level amounts are spread once over the lines of their order (R15)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datapilot_tests.assets.landing.decoding import decode, table

HEADER = "Pedido;Data;Item;Produto;Qtd;Preço;Desconto do Pedido;Frete;Taxes;Tarifa;Valor cancelado;Status"


def spread(folder: Path, *lines: str, header: str = HEADER) -> list[dict[str, Any]]:
    return decode(folder, table(*lines, header=header))[1]


def shares(rows: list[dict[str, Any]], name: str) -> list[str | None]:
    return [None if row[name] is None else f"{row[name]:.2f}" for row in rows]


@pytest.mark.rule("R15")
def test_a_repeated_a_first_line_and_a_blank_amount_count_once(tmp_path: Path) -> None:
    """The last line takes the cent."""
    rows = spread(
        tmp_path,
        "1;02/01/2024;1;A;1;10,00;0,10;15,00;;;;Pago",
        "1;02/01/2024;2;A;1;10,00;0,00;15,00;;;;Pago",
        "1;02/01/2024;3;A;1;10,00;0,00;15,00;;;;Pago",
    )
    assert shares(rows, "order_discount_alloc") == ["0.03", "0.03", "0.04"]
    assert shares(rows, "freight_alloc") == ["5.00"] * 3
    assert shares(rows, "tax_alloc") == ["0.00"] * 3


@pytest.mark.rule("R15")
def test_a_record_cut_short_does_not_say_what_its_order_pays(tmp_path: Path) -> None:
    """It holds one fee of two: neither the order's fees nor a proof that each line has its own."""
    rows = spread(
        tmp_path,
        "1;02/01/2024;A;1;10,00;1,00",
        "1;02/01/2024;B;1;10,00;1,00;0,50",
        "1;02/01/2024;C;1;10,00;1,00;0,50",
        header="Pedido;Data;Produto;Qtd;Preço;Tarifa;Valor Taxa",
    )
    assert [row["defect"] for row in rows] == ["RECORD_SHAPE:fees", None, None]
    assert shares(rows, "fee_alloc") == [None, "0.75", "0.75"]


@pytest.mark.rule("R15")
def test_an_order_of_gifts_shares_its_freight_equally(tmp_path: Path) -> None:
    rows = spread(
        tmp_path, *(f"1;02/01/2024;{n};A;1;0,00;;1,00;;;;Pago" for n in (1, 2, 3)), "2;02/01/2024;1;A;1;5;;;;;;"
    )
    assert shares(rows, "freight_alloc") == ["0.33", "0.33", "0.34", "0.00"]


@pytest.mark.rule("R15")
def test_an_order_in_two_months_takes_its_amounts_once(tmp_path: Path) -> None:
    rows = spread(tmp_path, "1;31/01/2024;1;A;1;30,00;4,00;8,00;;;;Pago", "1;02/02/2024;2;B;1;10,00;4,00;8,00;;;;Pago")
    assert [row["month"] for row in rows] == ["2024-01", "2024-02"]
    assert shares(rows, "order_discount_alloc") == ["3.00", "1.00"]
    assert shares(rows, "freight_alloc") == ["6.00", "2.00"]


@pytest.mark.rule("R15")
@pytest.mark.parametrize(
    "bad",
    ["x;10,00", "1;", "1;abc", "-1;10,00"],
    ids=["quantity unreadable", "amount missing", "amount unreadable", "a return of the same day"],
)
def test_lines_that_will_not_stand_leave_the_whole_amount_to_the_others(tmp_path: Path, bad: str) -> None:
    rows = spread(
        tmp_path,
        f"1;02/01/2024;1;A;{bad};3,00;;;;;Pago",
        "1;02/01/2024;2;B;1;20,00;3,00;;;;;Pago",
        "1;02/01/2024;3;C;1;10,00;3,00;;;;;Pago",
        "1;02/01/2024;3;C;1;10,00;3,00;;;;;Pago",
        "1;02/01/2024;4;Frete;1;99,00;3,00;;;;;Pago",
    )
    assert shares(rows, "order_discount_alloc")[1:] == ["2.00", "1.00", None, None]


@pytest.mark.rule("R4")
@pytest.mark.reason("ORDERS_INCOMPLETE")
def test_an_order_with_a_line_that_will_not_stand_is_named(tmp_path: Path) -> None:
    lines = ["1;02/01/2024;1;A;1;9,00;;;;;;Pago", "1;02/01/2024;2;B;x;9,00;;;;;;Pago", "2;02/01/2024;1;A;x;9,00;;;;;;"]
    decoded, _, _ = decode(tmp_path, table(*lines, header=HEADER))
    told = {notice.code: notice.values for notice in decoded.notices}
    assert told["ORDERS_INCOMPLETE"] == {"count": "1", "orders": "1"}


@pytest.mark.rule("R15")
def test_values_that_differ_inside_an_order_stay_on_their_line(tmp_path: Path) -> None:
    rows = spread(tmp_path, "1;02/01/2024;1;A;1;9,00;1,00;;;;;Pago", "1;02/01/2024;2;B;1;9,00;2,50;;;;;Pago")
    assert shares(rows, "line_discount_alloc") == ["1.00", "2.50"]
    assert shares(rows, "order_discount_alloc") == [None, None]


@pytest.mark.rule("R18")
def test_a_refund_goes_to_the_lines_that_came_back_or_to_all(tmp_path: Path) -> None:
    rows = spread(
        tmp_path,
        "1;02/01/2024;1;A;1;30,00;;;;;7,00;Pago",
        "1;02/01/2024;2;B;1;10,00;;;;;7,00;Devolvido",
        "2;02/01/2024;1;A;1;30,00;;;;;8,00;Pago",
        "2;02/01/2024;2;B;1;10,00;;;;;8,00;Pago",
    )
    assert shares(rows, "refund_alloc") == [None, "7.00", "6.00", "2.00"]


@pytest.mark.rule("R18")
def test_a_part_of_a_refund_that_rounds_to_nothing_is_not_the_lack_of_one(tmp_path: Path) -> None:
    rows = spread(
        tmp_path,
        "1;02/01/2024;1;A;1;1000,00;;;;;0,50;Devolvido",
        "1;02/01/2024;2;B;1;1,00;;;;;0,50;Devolvido",
        "2;02/01/2024;1;A;1;30,00;;;;;0,00;Devolvido",
        *(f"3;02/01/2024;{n};A;1;30,00;;;;;0,00;Devolvido" for n in (1, 2)),
        *(f"4;02/01/2024;{n};A;1;30,00;1,00;;;;0,00;Devolvido" for n in (1, 2)),
    )
    assert shares(rows, "refund_alloc") == ["0.50", "0.00", None, None, None, None, None]


@pytest.mark.rule("R16")
def test_fees_and_discounts_written_as_what_they_take_away_are_turned(tmp_path: Path) -> None:
    """Mercado Livre writes fees negative; a fee given back in the same column stays one given back."""
    rows = spread(
        tmp_path,
        "1;02/01/2024;1;A;1;30,00;-3,00;;;-5,00;;Pago",
        "2;02/01/2024;1;A;1;30,00;;;;1,00;;Pago",
    )
    assert shares(rows, "order_discount_alloc") == ["3.00", "0.00"]
    assert shares(rows, "fee_alloc") == ["5.00", "-1.00"]


@pytest.mark.rule("R12")
def test_a_column_that_the_file_does_not_have_shares_nothing(tmp_path: Path) -> None:
    (row,) = spread(tmp_path, "1;02/01/2024;A;5,00", header="Pedido;Data;Produto;Valor")
    assert {name: row[name] for name in row if name.endswith("_alloc")} == dict.fromkeys(
        ("gross_alloc", "line_discount_alloc", "order_discount_alloc", "freight_alloc", "tax_alloc", "fee_alloc",
         "refund_alloc")
    )  # fmt: skip
    # One that it has and leaves empty is zero; those beside it that it has not stay null.
    (row,) = spread(tmp_path, "1;02/01/2024;5,00;", header="Pedido;Data;Valor;Desconto")
    assert (row["order_discount_alloc"], row["freight_alloc"], row["fee_alloc"]) == (0, None, None)


cents = st.integers(0, 10_000_000)
orders = st.lists(
    st.tuples(st.integers(-100_000, 100_000), st.lists(cents, min_size=1, max_size=6)), min_size=1, max_size=8
)


@pytest.mark.rule("R15")
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=orders)
def test_shares_sum_to_the_order_value(tmp_path: Path, orders: list[tuple[int, list[int]]]) -> None:
    """Whatever the weights, on whichever line the value is written."""
    lines = [
        f"{order};02/01/2024;{n};A;1;{price / 100:.2f};;{(value if n == order % len(prices) else 0) / 100:.2f};;;;Pago"
        for order, (value, prices) in enumerate(orders)
        for n, price in enumerate(prices)
    ]
    rows = spread(tmp_path, *(line.replace(".", ",") for line in lines))
    found = {(int(row["order_id"]), int(row["line_no"])): row["freight_alloc"] for row in rows}
    for order, (value, prices) in enumerate(orders):
        parts, total = [found[order, n] for n in range(len(prices))], sum(prices)
        assert sum(parts) == Decimal(value) / 100
        for n, part in enumerate(parts[:-1]):
            exact = Decimal(value) / 100 * prices[n] / total if total else Decimal(value) / 100 / len(prices)
            assert part == abs(exact).quantize(Decimal("0.01"), ROUND_HALF_UP).copy_sign(exact)


@pytest.mark.rule("R22")
def test_an_order_in_two_currencies_shares_its_freight_in_the_first(tmp_path: Path) -> None:
    header = "Pedido;Data;Produto;Qtd;Preço;Frete;Moeda"
    rows = spread(tmp_path, "1;02/01/2024;A;1;9,00;3,00;BRL", "1;02/01/2024;B;1;9,00;3,00;USD", header=header)
    assert [(row["currency_code"], row["freight_alloc"]) for row in rows] == [("BRL", 3), ("USD", None)]
