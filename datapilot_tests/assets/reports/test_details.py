"""What landing found is told in the reader's language, with its commands apart; what the file says is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from datapilot_assets.reports.details import Command, split_detail
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import LINE, decode, table


def refusal(folder: Path, content: str) -> str:
    with pytest.raises(Refusal) as refused:
        decode(folder, content)
    return refused.value.detail


def test_missing_columns_by_the_names_that_people_know_and_headers_as_written(tmp_path: Path) -> None:
    detail = refusal(tmp_path, "Pedido;Data;line;and\r\n1;02/01/2024;1;\r\n")
    found, commands = split_detail(detail, "pt-BR")
    assert found.startswith("faltam: valor da linha (ou quantidade e preço unitário); encontradas: Pedido → número do")
    assert "line → número da linha" in found
    assert len(commands) == 1
    assert commands[0].command.startswith("datapilot mapping set --org acme --file FILE ")
    assert commands[0].purpose.startswith("se uma das colunas for a que falta")
    assert split_detail(detail, "en")[0].startswith(
        "missing: line_amount (or quantity and unit_price); found: Pedido →"
    )


def test_two_columns_of_one_field(tmp_path: Path) -> None:
    detail = refusal(tmp_path, "Pedido;Nº Pedido;Data;Valor\r\n1;2;2024-01-02;5,00\r\n")
    found, ((purpose, command),) = split_detail(detail, "pt-BR")
    assert found == "'Pedido' and 'Nº Pedido' dizem ser o mesmo campo: número do pedido"
    assert purpose == "para usar 'Pedido'"
    assert command == "datapilot mapping set --org acme --file FILE Pedido=order_id 'Nº Pedido=extras'"


def test_an_amount_of_line_or_order_is_asked_with_both_sums(tmp_path: Path) -> None:
    lines = "1;02/01/2024;A;1;900,00\r\n1;02/01/2024;B;1;900,00\r\n"
    found, (line, order) = split_detail(refusal(tmp_path, f"Pedido;Data;Produto;Qtd;Valor\r\n{lines}"), "pt-BR")
    assert found == (
        "'Valor': um só valor em 1 de 1 pedidos de várias linhas; lida por linha a coluna soma R$ 1.800,00, por"
        " pedido R$ 900,00"
    )
    assert line.purpose == "para usar como line_amount"
    assert order.purpose == "para usar como order_total, sem Produto"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "o arquivo não tem conteúdo"),
        (table(), "o arquivo só tem o cabeçalho"),
        (table("1;2010-01-02;A;1;2,00;2,00;Pago"), "nenhum registro tem data entre 2018-01 e 2024-04"),
        (table(LINE, '2;02/01/2024;"Café;1;18,90'), "as aspas abertas na linha 3 não fecham"),
        (table(LINE, LINE.replace("18,90;Pago", "18.90;Pago")), "coluna 'Vlr. Total': o registro 1 tem '18,90'"),
        ("<!DOCTYPE html><p>login</p>", "o arquivo parece ser"),
    ],
)
def test_the_usual_findings_are_told_in_portuguese(tmp_path: Path, content: str, told: str) -> None:
    assert split_detail(refusal(tmp_path, content), "pt-BR")[0].startswith(told)


def test_what_has_no_sentence_stays_as_it_is_and_a_bare_command_is_taken_off() -> None:
    assert split_detail("something odd: x → sku", "pt-BR") == ("something odd: x → sku", ())
    assert split_detail("held; datapilot land F --confirm", "pt-BR") == (
        "held",
        (Command("", "datapilot land F --confirm"),),
    )
    held = "other totals, BRL 1234.50 | datapilot decide abc --org acme --source NAME | datapilot decide abc --reject"
    assert split_detail(held, "pt-BR") == (
        "other totals, R$ 1.234,50",
        (Command("", "datapilot decide abc --org acme --source NAME"), Command("", "datapilot decide abc --reject")),
    )
    several = "a; to take it as sku: `datapilot a`; to take it as unit: `datapilot b`"
    assert split_detail(several, "en")[1] == (
        Command("to take it as sku", "datapilot a"),
        Command("to take it as unit", "datapilot b"),
    )
