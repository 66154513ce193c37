"""Headers of many meanings: what the records beside them decide, and what only the sender can (R11, R15)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from datapilot_domain.locales import format_money
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.judging import judge_text

pytestmark = pytest.mark.rule("R11")
SHOP = "Pedido;Data;Produto;Qtd;Valor;Status"
ALONE = ["1;02/01/2024;Café;1;10,00;Pago", "2;02/01/2024;Café;3;30,00;Pago", "3;02/01/2024;Chá;2;8,00;Pago"]


def taken(header: str, column: str, *lines: str) -> str | None:
    found = judge_text(header, *lines)
    assert found.refusal is None or found.refusal.code == "COLUMNS_MISSING"
    return {decision.column: decision.field for decision in found.columns}[column]


def question(header: str, *lines: str) -> Refusal:
    refusal = judge_text(header, *lines).refusal
    assert refusal is not None
    return refusal


def pairs_of(refusal: Refusal) -> list[str]:
    """What each command of a refusal says of the columns."""
    before = "datapilot mapping set --org acme --file vendas.csv "
    assert all(command.command.startswith(before) for command in refusal.commands)
    return [command.command.removeprefix(before) for command in refusal.commands]


@pytest.mark.parametrize(
    ("header", "column", "field", "lines"),
    [
        ("Código;Data;Produto;Valor", "Código", "sku", ["7;02/01/2024;A;5,00", "7;03/01/2024;A;5,00"]),
        ("Código;Data;Produto;Valor", "Código", "order_id",
         ["7;02/01/2024;A;5,00", "7;02/01/2024;B;6,00", "8;03/01/2024;A;5,00"]),
        ("Pedido;Data;Código;Valor", "Código", "sku",
         ["1;02/01/2024;7;5,00", "1;02/01/2024;8;6,00", "2;03/01/2024;7;5,00"]),
        ("Pedido;Data;Cliente;Código;Valor", "Código", "customer_id",
         ["1;02/01/2024;Ana;7;5,00", "2;03/01/2024;Ana;7;6,00", "3;03/01/2024;Rui;8;5,00"]),
        ("Data;Código;Valor", "Código", None, ["02/01/2024;7;5,00", "03/01/2024;8;6,00"]),
        ("Pedido;Data;SKU;Nome;Valor", "Nome", "product_name",
         ["1;02/01/2024;S1;Café;5,00", "2;02/01/2024;S1;Café;5,00"]),
        ("Pedido;Data;CPF / CNPJ;Nome;Valor", "Nome", "customer_name",
         ["1;02/01/2024;123;Ana;5,00", "2;03/01/2024;123;Ana;6,00"]),
        ("Pedido;Data;Nome;Qtd;Preço", "Nome", "product_name",
         ["1;02/01/2024;Café;1;5,00", "1;02/01/2024;Chá;1;6,00"]),
        ("Pedido;Data;E-mail;Nome;Produto;Valor", "Nome", "customer_name",
         ["1;02/01/2024;a@x.com;Ana;A;5,00", "2;03/01/2024;r@x.com;Rui;B;6,00"]),
        ("Nome;Data;Produto;Valor", "Nome", "order_id", ["#1001;02/01/2024;A;5,00", "#1002;02/01/2024;B;5,00"]),
        ("Data;Nome;Qtd;Preço", "Nome", None, ["02/01/2024;Ana;1;5,00", "02/01/2024;Rui;1;5,00"]),
        ("Número;Data;Produto;Valor", "Número", "order_id",
         ["7;02/01/2024;A;5,00", "7;02/01/2024;B;6,00", "8;03/01/2024;A;5,00"]),
        ("Número;Data;Produto;Valor", "Número", None, ["1;02/01/2024;A;5,00", "2;02/01/2024;B;6,00"]),
        ("Número;Data;Produto;Valor", "Número", None, ["7;02/01/2024;A;5,00", "7;03/01/2024;B;6,00"]),
        ("Série;Número;Data;Produto;Valor", "Número", None,
         ["1;7;02/01/2024;A;5,00", "1;7;02/01/2024;B;6,00", "1;8;03/01/2024;A;5,00"]),
        ("Pedido;Data;Produto;Unidade;Valor", "Unidade", None,
         ["1;02/01/2024;A;KG;5,00", "2;02/01/2024;B;Centro;6,00"]),
        ("Data;Produto;Qtd;Preço", "Preço", "line_amount",
         ["02/01/2024;A;1;5,00", "02/01/2024;A;2;10,00", "02/01/2024;B;3;9,00", "02/01/2024;B;1;3,00"]),
        ("Data;Produto;Qtd;Preço", "Preço", "unit_price", ["02/01/2024;A;1;5,00", "02/01/2024;A;2;5,00"]),
        ("Data;Produto;Qtd;Preço Unitário;Preço", "Preço", "line_amount", ["02/01/2024;A;2;5,00;10,00"]),
        ("Pedido;Data;Produto;Estado;Valor", "Estado", "status",
         ["1;02/01/2024;A;Pago;5,00", "2;02/01/2024;B;Em separação;6,00"]),
        ("Pedido;Data;Produto;Estado;Valor", "Estado", "state",
         ["1;02/01/2024;A;SP;5,00", "2;02/01/2024;B;Exterior;6,00", "3;02/01/2024;B;BA;6,00"]),
        ("Pedido;Data;Aniversário;Produto;Valor", "Data", "sold_at", ["1;02/01/2024;05/03/1980;A;5,00"]),
        ("Pedido;Data;Data Saída;Produto;Valor", "Data", "sold_at", ["1;02/01/2024;03/01/2024;A;5,00"]),
        ("Date;Customer;Product;Amount", "Customer", "customer_name", ["2024-01-02;Ann;Cup;5.00"]),
    ],
)  # fmt: skip
def test_records_decide_what_a_header_means(header: str, column: str, field: str | None, lines: Sequence[str]) -> None:
    assert taken(header, column, *lines) == field


def test_a_price_that_is_the_same_on_some_products_and_grows_on_others_is_a_question() -> None:
    lines = ["02/01/2024;A;1;5,00", "02/01/2024;A;2;5,00", "02/01/2024;B;1;5,00", "02/01/2024;B;2;10,00"]
    asked = question("Data;Produto;Qtd;Preço", *lines)
    assert pairs_of(asked) == ["'Preço=unit_price'", "'Preço=line_amount'"]


@pytest.mark.rule("R15")
@pytest.mark.parametrize(
    "more",
    [
        pytest.param([], id="orders of one line"),
        pytest.param(["4;02/01/2024;Bolo;1;12,00;Pago", "4;02/01/2024;Pão;1;7,00;Pago"], id="lines that differ"),
        pytest.param(["4;02/01/2024;Café;1;10,00;Pago", "4;02/01/2024;Suco;1;10,00;Pago"], id="known from one line"),
        pytest.param(["4;02/01/2024;Café;2;20,00;Pago", "4;02/01/2024;Chá;5;20,00;Pago"], id="by quantity"),
        pytest.param(["4;02/01/2024;Café;1;10,00;Pago", "4;02/01/2024;Café;1;10,00;Pago"], id="the same line twice"),
    ],
)
def test_an_amount_is_of_the_line_where_its_product_alone_costs_as_much(more: Sequence[str]) -> None:
    assert judge_text(SHOP, *ALONE, *more).refusal is None
    assert taken(SHOP, "Valor", *ALONE, *more) == "line_amount"


@pytest.mark.rule("R15")
@pytest.mark.reason("COLUMNS_CONFLICT")
@pytest.mark.parametrize("orders", [1, 4])
@pytest.mark.parametrize("products", [("Bolo", "Pão"), ("Café", "Pão")], ids=["never alone", "alone costs less"])
def test_one_amount_on_all_lines_of_an_order_is_asked_with_what_it_comes_to(
    orders: int, products: Sequence[str]
) -> None:
    lines = [f"{4 + order};02/01/2024;{product};1;25,00;Pago" for order in range(orders) for product in products]
    asked = question(SHOP, *ALONE, *lines)
    line, order = (format_money(Decimal(48 + each * orders), "BRL", "en") for each in (50, 25))
    assert str(asked).endswith(f" ({line} as line amount, {order} as order total)")
    assert pairs_of(asked) == ["Valor=line_amount", "Valor=order_total Produto=extras"]


@pytest.mark.rule("R15")
def test_products_of_several_prices_prove_nothing() -> None:
    lines = ["4;02/01/2024;Café;1;14,00;Pago", "5;02/01/2024;Café;1;10,00;Pago", "5;02/01/2024;Bolo;1;10,00;Pago"]
    assert question(SHOP, *ALONE, *lines).code == "COLUMNS_CONFLICT"


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("Data;Produto;Valor", "02/01/2024;A;5,00"),
        ("Data;Produto;Total", "02/01/2024;A;5,00"),
        ("Data;Produto;Preço", "02/01/2024;A;5,00"),
        ("Data;Cliente;Produto;Valor", "02/01/2024;Ana;A;5,00"),
        ("Data;Descrição;Qtd;Preço;Total", "02/01/2024;A;2;5,00;10,00"),
        ("Pedido;Data;Cliente;Valor", "1;02/01/2024;Ana;5,00"),
        ("Data;Hora;Produto;Qtde;Valor Unit.;Valor Total", "02/01/2024;10:00;A;2;5,00;10,00"),
        ("Order Date;Product;Units Sold;Unit Price", "2024-01-02;Cup;2;5.00"),
    ],
)
def test_an_ordinary_small_file_is_not_refused(header: str, line: str) -> None:
    assert judge_text(header, line, line.replace("1;0", "2;0")).refusal is None


def test_what_is_missing_is_proposed_by_what_its_header_may_mean() -> None:
    asked = question("Data;Nome;Qtd;Preço", "02/01/2024;Bolo;1;5,00")
    assert asked.code == "COLUMNS_MISSING"
    assert pairs_of(asked) == ["Nome=product_name"]


def test_a_price_without_a_quantity_is_asked_and_one_unit_a_line_is_an_answer() -> None:
    asked = question("Data;Produto;Preço Unitário", "02/01/2024;A;5,00")
    assert pairs_of(asked) == ["COLUMN=quantity", "--assume-quantity 1"]
    assert [command.purpose.words("en") for command in asked.commands] == [
        "if a column is what is missing (replace COLUMN by it)",
        "if each line is one unit",
    ]
    both = question("Data;Obs;Preço Unitário", "02/01/2024;A;5,00")
    assert len(both.commands) == 1
