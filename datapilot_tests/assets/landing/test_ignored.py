"""Totals of every kind, and rows that only announce others."""

from __future__ import annotations

from pathlib import Path

import pytest

from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import decode, table

HEADER = "Pedido;Data;Produto;Quantidade;Vlr. Total;Status"
LINES = (
    "1;02/01/2024;Café;1;10,00;Pago",
    "2;02/01/2024;Chá;1;5,00;Cancelado",
    "3;03/01/2024;Bolo;1;2,00;Pendente",
    "1;04/01/2024;Café;-1;-3,00;Pago",
)


@pytest.mark.rule("R10")
@pytest.mark.parametrize(
    ("total", "counted"),
    [
        ("14,00", "everything"),
        ("17,00", "the positive ones"),
        ("9,00", "those not cancelled"),
        ("12,00", "those not cancelled, the positive ones"),
        ("7,00", "the paid ones"),
        ("10,00", "the paid positive ones"),
    ],
)
def test_a_total_may_leave_out_what_is_no_sale(tmp_path: Path, total: str, counted: str) -> None:
    decoded, records, _ = decode(tmp_path, table(*LINES, f"Total geral;;;;{total};", header=HEADER))
    assert (decoded.ignored, len(records)) == (1, 4), counted


@pytest.mark.rule("R10")
@pytest.mark.reason("TOTALS_DIFFER")
def test_a_total_of_nothing_in_the_file_refuses_it(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="TOTALS_DIFFER") as refused:
        decode(tmp_path, table(*LINES, "Total geral;;;;15,00;", header=HEADER))
    assert "record 5 says 15, the lines before it sum to 14" in str(refused.value)


@pytest.mark.rule("R10")
@pytest.mark.reason("TOTALS_UNPROVEN")
@pytest.mark.parametrize("broken", ["3;02/01/2024;Café;1;dez;Pago", "3;02/01/2024;Café;1"])
def test_a_total_over_an_amount_that_cannot_be_read_proves_nothing_and_says_so(tmp_path: Path, broken: str) -> None:
    header = "Pedido;Data;Produto;Qtd;Vlr. Total;Status"
    lines = ("1;02/01/2024;Café;1;5,00;Pago", broken, "Total geral;;;;15,00;")
    decoded, records, _ = decode(tmp_path, table(*lines, header=header))
    assert (decoded.ignored, len(records)) == (1, 2)
    assert [n.values for n in decoded.notices if n.code == "TOTALS_UNPROVEN"] == [{"record": "3"}]


@pytest.mark.rule("R10")
@pytest.mark.reason("TOTALS_DIFFER")
def test_the_total_of_a_file_of_orders_is_checked_too(tmp_path: Path) -> None:
    header = "Pedido;Data;Total da Venda"
    orders = ("1;02/01/2024;10,00", "2;02/01/2024;5,00")
    decoded, _, _ = decode(tmp_path, table(*orders, "Total;;15,00", header=header))
    assert decoded.ignored == 1
    with pytest.raises(Refusal, match="TOTALS_DIFFER"):
        decode(tmp_path, table(*orders, "Total;;16,00", header=header))


@pytest.mark.rule("R15")
def test_a_package_row_announces_its_products_and_is_no_sale(tmp_path: Path) -> None:
    header = "N.º de venda;Data da venda;Estado;Unidades;Receita por produtos (BRL);SKU;Título do anúncio"
    lines = [
        "1;02/01/2024;Pacote de 2 produtos;;30,00;;",
        "2;02/01/2024;Entregue;1;10,00;A;Café",
        "3;02/01/2024;Entregue;1;20,00;B;Chá",
    ]
    decoded, records, _ = decode(tmp_path, table(*lines, header=header))
    assert (decoded.ignored, [row["sku"] for row in records]) == (1, ["A", "B"])
    named = "4;02/01/2024;Pacote de 2 produtos;1;30,00;K;Kit"
    decoded, records, _ = decode(tmp_path, table(*lines[1:], named, header=header))
    assert (decoded.ignored, len(records)) == (0, 3)


@pytest.mark.rule("R23")
@pytest.mark.parametrize(
    ("header", "time", "day"),
    [
        ("Created (UTC)", "2024-02-01 02:30:00", "2024-01-31"),
        ("Created (UTC)", "2024-02-01 02:30:00 -03:00", "2024-02-01"),
        ("Created (UTC)", "2024-02-01", "2024-02-01"),
        ("Created at", "2024-02-01 02:30:00", "2024-02-01"),
        ("Created at", "2024-01-31 23:30:00", "2024-01-31"),
        ("Created at", "2024-02-01 00:00:00", "2024-02-01"),
        ("Created at", "2024-02-01T02:30:00Z", "2024-01-31"),
        ("Created at", "2024-02-01 01:30:00 -05:00", "2024-02-01"),
        ("Created at", "2024-02-01 01:30:00 +0000", "2024-01-31"),
    ],
)
def test_a_month_ends_at_local_midnight(tmp_path: Path, header: str, time: str, day: str) -> None:
    _, (row,), _ = decode(tmp_path, table(f"1;{time};Café;1;5,00", header=f"Pedido;{header};Produto;Quantidade;Valor"))
    assert str(row["sold_on"]) == day
    assert row["month"] == day[:7]
