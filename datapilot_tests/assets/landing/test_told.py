"""What landing found is told in the reader's language, with its commands apart; what the file says is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import LINE, decode, table


def refusal(folder: Path, content: str) -> Refusal:
    with pytest.raises(Refusal) as refused:
        decode(folder, content)
    return refused.value


def told(refusal: Refusal, locale: str) -> str:
    return refusal.found.words(locale)


def test_missing_columns_by_the_names_that_people_know_and_headers_as_written(tmp_path: Path) -> None:
    asked = refusal(tmp_path, "Pedido;Data;line;and\r\n1;02/01/2024;1;\r\n")
    assert told(asked, "pt-BR") == (
        "faltam: valor da linha (ou quantidade e preço unitário); encontradas: Pedido → número do pedido, Data → data"
        " da venda, line → número da linha, and; livres: nenhuma"
    )
    assert told(asked, "en") == (
        "missing: line amount (or quantity and unit price); found: Pedido → order number, Data → sale date, line → line"
        " number, and; free: none"
    )
    (command,) = asked.commands
    assert command.command == "datapilot mapping set --org acme --file FILE COLUMN=line_amount"
    assert command.purpose.words("pt-BR") == "se uma das colunas é a que falta (troque COLUMN por ela)"


def test_two_columns_of_one_field(tmp_path: Path) -> None:
    asked = refusal(tmp_path, "Pedido;Nº Pedido;Data;Valor\r\n1;2;2024-01-02;5,00\r\n")
    assert told(asked, "pt-BR") == "'Pedido', 'Nº Pedido' dizem ser o mesmo campo: número do pedido"
    (command,) = asked.commands
    assert command.purpose.words("pt-BR") == "para usar 'Pedido'"
    assert command.command == "datapilot mapping set --org acme --file FILE Pedido=order_id 'Nº Pedido=extras'"


def test_an_amount_of_line_or_order_is_asked_with_both_sums(tmp_path: Path) -> None:
    lines = "1;02/01/2024;A;1;900,00\r\n1;02/01/2024;B;1;900,00\r\n"
    asked = refusal(tmp_path, f"Pedido;Data;Produto;Qtd;Valor\r\n{lines}")
    assert told(asked, "pt-BR") == (
        "'Valor': um só valor em 1 de 1 pedidos de várias linhas, poucos para decidir (R$ 1.800,00 como valor da linha,"
        " R$ 900,00 como total do pedido)"
    )
    assert [command.purpose.words("pt-BR") for command in asked.commands] == [
        "para usar como valor da linha",
        "para usar como total do pedido, sem Produto",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "o arquivo não tem conteúdo"),
        (table(), "o arquivo só tem o cabeçalho"),
        (
            table("1;2010-01-02;A;1;2,00;;Pago"),
            "nenhum registro tem data entre 2018-01 e 2024-04 e também um valor; no primeiro registro: Data da venda ="
            " '2010-01-02', Vlr. Total vazia, Valor Unitário = '2,00'",
        ),
        (table(LINE, '2;02/01/2024;"Café;1;18,90'), "as aspas abertas na linha 3 não fecham"),
        (
            table(LINE, LINE.replace("18,90;Pago", "18.90;Pago")),
            "coluna 'Vlr. Total': o registro 1 tem '18,90', o registro 2 tem '18.90'",
        ),
        (table(LINE, "Total geral;;;;;1.234,50;"), "o registro 2 diz 1.234,5, as linhas antes dele somam 18,9"),
        ("<!DOCTYPE html><p>login</p>", "o arquivo parece ser uma página HTML"),
        ("nada;aqui\r\nde;vendas\r\n", "nenhum título conhecido nas primeiras 50 linhas; a mais larga é 'nada | aqui'"),
    ],
)
def test_findings_are_told_in_portuguese(tmp_path: Path, content: str, words: str) -> None:
    assert told(refusal(tmp_path, content), "pt-BR").startswith(words)
