"""What sales mean, from the inbox to gold: orders in two months, totals after lines, files of orders, currencies."""

from __future__ import annotations

from typing import Any

import pytest

from datapilot_domain.landing import Verdict
from datapilot_tests.workbench import Workbench

ORG = "semantics"
LINES = "Pedido;Data;Item;Produto;Quantidade;Vlr. Total;Desconto do Pedido;Frete;Moeda;Status\r\n"
TOTALS = "Pedido;Data;Total da Venda;Desconto do Pedido;Status\r\n"


@pytest.fixture(scope="module")
def refined(workbench: Workbench) -> Workbench:
    lines = [
        # One order in two months, with one discount and one freight.
        "1;31/01/2024;1;Café;1;30,00;4,00;8,00;;Pago",
        "1;01/02/2024;2;Chá;1;10,00;4,00;8,00;;Pago",
        "2;30/01/2024;1;Bolo;2;50,00;;;;Pago - Pix",
        "3;30/01/2024;1;Bolo;1;25,00;;;USD;Pago",
        "4;30/01/2024;1;Frete;1;9,00;;;;Pago",
        "4;30/01/2024;2;Bolo;1;25,00;;;;Pago",
    ]
    # The first order's total comes later, cancelled; a new order has nothing but a total.
    totals = ["1;05/02/2024;36,00;4,00;Cancelado", "9;05/02/2024;90,00;10,00;Pago"]
    workbench.add(ORG)
    (first,) = workbench.land(ORG, ("linhas.csv", LINES + "\r\n".join(lines)))
    # Without a word, a file that lost the source's amounts per line would be held (R12).
    (second,) = workbench.land(ORG, ("totais.csv", TOTALS + "\r\n".join(totals)), confirm=True)
    assert (first.verdict, second.verdict) == (Verdict.ACCEPTED, Verdict.ACCEPTED)
    (run,) = workbench.refine(ORG)
    assert run.error is None
    return workbench


def _month(workbench: Workbench, month: str, currency: str = "BRL") -> dict[str, Any]:
    (row,) = (row for row in workbench.rows("gold.sales_month", ORG, month) if row["currency"] == currency)
    return row


@pytest.mark.rule("R4")
@pytest.mark.rule("R15")
@pytest.mark.rule("R17")
def test_a_later_total_cancels_the_lines_of_both_months(refined: Workbench) -> None:
    january, february = _month(refined, "2024-01"), _month(refined, "2024-02")
    assert (january["cancelled_amount"], february["cancelled_amount"]) == (30, 10)
    assert january["gross_revenue"] == 75
    shares = {
        row["month"]: (row["order_discount_alloc"], row["freight_alloc"])
        for row in refined.rows("silver.sales", ORG)
        if row["order_id"] == "1"
    }
    assert shares == {"2024-01": (3, 6), "2024-02": (1, 2)}


@pytest.mark.rule("R16")
@pytest.mark.rule("R20")
def test_an_order_without_lines_counts_and_is_no_product(refined: Workbench) -> None:
    february = _month(refined, "2024-02")
    assert (february["gross_revenue"], february["discounts"], february["net_revenue"]) == (100, 10, 90)
    assert (february["paid_orders"], february["average_ticket"], february["units"]) == (1, 100, 0)
    assert refined.rows("gold.sales_products", ORG, "2024-02") == []


@pytest.mark.rule("R19")
@pytest.mark.rule("R22")
def test_freight_rows_and_other_currencies_stay_apart(refined: Workbench) -> None:
    january = _month(refined, "2024-01")
    assert (january["adjustments_amount"], january["units"], january["paid_orders"]) == (9, 3, 2)
    assert _month(refined, "2024-01", "USD")["gross_revenue"] == 25


@pytest.mark.rule("R12")
def test_a_month_of_products_without_quantities_is_published_and_its_units_are_null(workbench: Workbench) -> None:
    workbench.add("lessons")
    workbench.land("lessons", ("aulas.csv", "Data;Produto;Valor\r\n02/01/2024;Aula;80,00\r\n"))
    (run,) = workbench.refine("lessons")
    assert run.error is None
    month = workbench.month("lessons", "2024-01")
    (product,) = workbench.rows("gold.sales_products", "lessons")
    assert (month["gross_revenue"], month["units"]) == (product["gross_revenue"], product["units"]) == (80, None)
