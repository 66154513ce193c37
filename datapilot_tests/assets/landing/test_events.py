"""Which event a record is (R18, R19), and what an order is called (R20)."""

from __future__ import annotations

from pathlib import Path

import pytest

from datapilot_tests.assets.landing.decoding import decode, table

HEADER = "Pedido;Data;SKU;Produto;Qtd;Valor Total;Natureza"


@pytest.mark.rule("R18")
@pytest.mark.rule("R19")
@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("A;Café;1;5,00;", "sale"),
        ("A;Café;-1;-5,00;", "return"),
        (";Café;1;5,00;VENDA DE MERCADORIA", "sale"),
        (";Café;1;5,00;DEVOLUÇÃO DE VENDA DE MERCADORIA", "return"),
        (";Café;1;5,00;Devolução de compra", "adjustment"),
        (";Café;1;5,00;REMESSA EM BONIFICAÇÃO", "adjustment"),
        (";Café;1;5,00;Transferência entre filiais", "adjustment"),
        (";Café;1;5,00;Cancelamento de NF-e", "cancellation"),
        ("POST;POSTAGE;1;5,00;", "adjustment"),
        ("DOT;DOTCOM POSTAGE;1;5,00;", "adjustment"),
        ("M;Manual;1;5,00;", "adjustment"),
        ("D;Discount;-1;-5,00;", "adjustment"),
        ("BANK CHARGES;Bank Charges;-1;-5,00;", "adjustment"),
        ("AMAZONFEE;AMAZON FEE;-1;-5,00;", "adjustment"),
        ("9;FRETE;1;5,00;", "adjustment"),
        ("9;Taxa de entrega - zona sul;1;5,00;", "adjustment"),
        ("22423;Ajuste de estoque;-4;0,00;", "adjustment"),
        ("22423;damaged;-4;0,00;", "adjustment"),
        # What only sounds like one stays a product, a size stays a size.
        ("9;Freteiro de brinquedo;1;5,00;", "sale"),
        ("9;Manual de instruções;1;5,00;", "sale"),
        ("M;Camiseta;1;5,00;", "sale"),
        ("POST;Poster;1;5,00;", "sale"),
        ("A;Brinde;1;0,00;", "sale"),
    ],
)
def test_kind_of_event(tmp_path: Path, line: str, event: str) -> None:
    _, (row, _), _ = decode(tmp_path, table(f"1;02/01/2024;{line}", "2;02/01/2024;A;Chá;1;5,00;", header=HEADER))
    assert row["event_type"] == event


@pytest.mark.rule("R4")
@pytest.mark.rule("R19")
def test_an_adjustment_belongs_to_its_order_and_a_return_or_cancellation_does_not(tmp_path: Path) -> None:
    lines = ["A;Café;1;5,00;", "POST;POSTAGE;1;5,00;", "A;Café;-1;-5,00;", "A;Café;1;5,00;Cancelamento"]
    _, rows, units = decode(tmp_path, table(*(f"1;02/01/2024;{line}" for line in lines), header=HEADER))
    sale, postage, back, cancelled = (row["unit_key"] for row in rows)
    assert sale == postage
    assert len({sale, back, cancelled}) == 3
    assert {unit["unit_key"]: unit["event_type"] for unit in units}[sale] == "sale"


@pytest.mark.rule("R18")
@pytest.mark.parametrize(("status", "event"), [("Devolvido", "return"), ("Pago", "adjustment")])
def test_a_gift_that_comes_back_later_leaves_the_sale_alone(tmp_path: Path, status: str, event: str) -> None:
    header = "Pedido;Data;SKU;Produto;Qtd;Vlr. Total;Status"
    lines = (
        "1;05/01/2024;A;Café;2;10,00;Pago",
        "1;05/01/2024;B;Brinde;1;0,00;Pago",
        f"1;12/02/2024;B;Brinde;-1;0,00;{status}",
    )
    _, records, units = decode(tmp_path, table(*lines, header=header))
    assert [row["event_type"] for row in records] == ["sale", "sale", event]
    assert records[2]["unit_key"] not in {records[0]["unit_key"], records[1]["unit_key"]}
    assert len({unit["unit_key"] for unit in units}) == 2


@pytest.mark.rule("R18")
def test_a_reason_of_cancellation_makes_a_document_only_where_no_status_says_it(tmp_path: Path) -> None:
    """A till's list of cancelled coupons has no status; a marketplace's cancelled order is still that order."""
    till = "Loja;PDV;Data Mov.;Cupom;Descrição;Qtde;Vlr. Total;Motivo Cancelamento"
    _, (row,), _ = decode(tmp_path, table("1;3;02/01/2024;000123;Café;1;5,00;Desistência", header=till))
    assert row["event_type"] == "cancellation"
    shop = "Pedido;Data;Produto;Qtd;Valor Total;Status;Cancelar Motivo"
    _, (row,), _ = decode(tmp_path, table("1;02/01/2024;Café;1;5,00;Cancelado;Desistência", header=shop))
    assert (row["event_type"], row["sale_status"]) == ("sale", "cancelled")


@pytest.mark.rule("R17")
@pytest.mark.parametrize("nothing", ["", "-", "0", "N/A", "Não", "Nenhum", "Sem motivo", "NULL"])
def test_a_till_that_writes_something_where_nothing_was_cancelled_still_sold(tmp_path: Path, nothing: str) -> None:
    header = "Loja;PDV;Data Mov.;Cupom;Descrição;Qtde;Vlr. Total;Motivo Cancelamento"
    lines = [f"1;3;02/01/2024;000123;Café;1;5,00;{nothing}", "1;3;02/01/2024;000124;Café;1;5,00;Não passou o cartão"]
    _, rows, _ = decode(tmp_path, table(*lines, header=header))
    assert [row["event_type"] for row in rows] == ["sale", "cancellation"]


@pytest.mark.rule("R20")
@pytest.mark.rule("R9")
def test_a_coupon_number_starts_again_at_every_till_and_day(tmp_path: Path) -> None:
    header = "Loja;PDV;Data Mov.;Cupom;Descrição;Qtde;Vlr. Total"
    lines = ["1;3;02/01/2024;000123", "1;4;02/01/2024;000123", "1;3;03/01/2024;000123", "1;3;03/01/2024;000123"]
    _, rows, _ = decode(tmp_path, table(*(f"{line};Café;1;5,00" for line in lines), header=header))
    assert [row["order_key"] for row in rows] == [
        "000123/3/2024-01-02", "000123/4/2024-01-02", "000123/3/2024-01-03", "000123/3/2024-01-03",
    ]  # fmt: skip
    assert {row["order_id"] for row in rows} == {"000123"}
    assert len({row["unit_key"] for row in rows}) == 3


@pytest.mark.rule("R20")
def test_a_shops_order_number_is_the_same_order_on_any_day(tmp_path: Path) -> None:
    _, rows, _ = decode(tmp_path, table("000123;02/01/2024;5,00", "000123;09/01/2024;6,00", header="Pedido;Data;Valor"))
    assert {row["order_key"] for row in rows} == {"000123"}
    assert len({row["unit_key"] for row in rows}) == 1


ORDERS = "Pedido;Data;Total da Venda;Frete;Desconto do Pedido"


@pytest.mark.rule("R15")
@pytest.mark.rule("R16")
def test_an_order_without_lines_is_worth_its_total_before_freight_and_discount(tmp_path: Path) -> None:
    _, rows, units = decode(tmp_path, table("1;02/01/2024;30,00;5,00;2,00", "2;02/01/2024;-30,00;;", header=ORDERS))
    assert [(row["gross_alloc"], row["event_type"]) for row in rows] == [(27, "sale"), (-30, "return")]
    assert sorted(unit["amount"] for unit in units) == [-30, 27]
    _, (row,), _ = decode(tmp_path, table("1;02/01/2024;28,00;30,00", header="Pedido;Data;Subtotal;Total da Venda"))
    assert row["gross_alloc"] == 28


@pytest.mark.rule("R15")
def test_an_order_total_on_every_payment_row_counts_once_and_instalments_add_up(tmp_path: Path) -> None:
    header = "order_id,order_purchase_timestamp,payment_type,payment_value"
    repeated = ["a,2024-01-02,voucher,80.00", "a,2024-01-02,credit_card,80.00", "b,2024-01-02,boleto,10.00"]
    _, rows, units = decode(tmp_path, table(*repeated, header=header))
    assert [row["gross_alloc"] for row in rows] == [40, 40, 10]
    assert sorted(unit["amount"] for unit in units) == [10, 80]
    parts = ["a,2024-01-02,voucher,50.00", "a,2024-01-02,credit_card,30.00", "b,2024-01-02,boleto,10.00"]
    _, rows, _ = decode(tmp_path, table(*parts, header=header))
    assert [row["gross_alloc"] for row in rows] == [50, 30, 10]
