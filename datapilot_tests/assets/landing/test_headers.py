"""Header mapping: normalising, aliases, context, saved mappings, and what refuses a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datapilot_assets.landing.dialect import header_hash, normalise_header
from datapilot_domain.contracts.sales_fields import CONTEXT_HEADERS, SALES_FIELDS
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import ACME, decode, table

ALIASES = [(alias, field.name) for field in SALES_FIELDS for alias in field.aliases]
CONTEXT = {normalise_header(header) for headers in CONTEXT_HEADERS for header in headers}


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_header(text)
    assert normalise_header(once) == once


@pytest.mark.rule("R11")
@given(st.sampled_from([alias for alias, _ in ALIASES]), st.sampled_from(["{}", " {} ", "{} (R$)", "_{}."]))
def test_case_punctuation_and_currency_do_not_count(alias: str, wrap: str) -> None:
    assert normalise_header(wrap.format(alias.upper())) == normalise_header(alias)


def test_no_alias_means_two_fields() -> None:
    fields: dict[str, str] = {}
    for alias, name in ALIASES:
        if normalise_header(alias) not in CONTEXT:
            assert fields.setdefault(normalise_header(alias), name) == name


def mapped(folder: Path, header: str, *lines: str, **options: object) -> dict[str, str]:
    decoded, _, _ = decode(folder, table(*lines, header=header), **options)  # type: ignore[arg-type]
    return decoded.layout.mapping


@pytest.mark.rule("R11")
@pytest.mark.parametrize(
    ("header", "lines", "column", "field"),
    [
        ("Pedido;Data;Produto;Qtd;Preço;Valor Total", ["1;2024-01-02;A;2;5,00;10,00"], "Valor Total", "line_amount"),
        (
            "Pedido;Data;Produto;Subtotal do produto;Valor Total",
            ["1;2024-01-02;A;4,00;9,00", "1;2024-01-02;B;5,00;9,00"],
            "Valor Total",
            "order_total",
        ),
        ("Pedido;Data;Produto;Qtd;Preço;Subtotal;Total", ["1;2024-01-02;A;1;5,00;5,00;7,00"], "Total", "order_total"),
        ("Pedido;Data;Produto;Qtd;Preço;Total", ["1;2024-01-02;A;2;5,00;10,00"], "Total", "line_amount"),
        ("Pedido;Data;Produto;Preço", ["1;2024-01-02;A;5,00"], "Preço", "line_amount"),
        ("Pedido;Data;Item;Valor", ["1;2024-01-02;Bolo;5,00"], "Item", "product_name"),
        ("Pedido;Data;Item;Produto;Valor", ["1;2024-01-02;1;Bolo;5,00"], "Item", "line_no"),
        ("Pedido;Data;Estado;Valor", ["1;2024-01-02;São Paulo;5,00"], "Estado", "state"),
        ("Pedido;Data;Estado;Valor", ["1;2024-01-02;Entregue;5,00"], "Estado", "status"),
        ("Pedido;Data;Unidade;Valor", ["1;2024-01-02;KG;5,00"], "Unidade", "unit"),
        ("Pedido;Data;Unidade;Valor", ["1;2024-01-02;Loja Centro;5,00"], "Unidade", "store"),
        ("Pedido;Data;Cliente;Valor", ["1;2024-01-02;Maria;5,00"], "Cliente", "customer_name"),
        ("Pedido;Data;Cliente;Valor", ["1;2024-01-02;C0011;5,00"], "Cliente", "customer_id"),
        ("Name,Date,Product Name,Amount", ["#1001,2024-01-02,Cup,5.00"], "Name", "order_id"),
    ],
)  # fmt: skip
def test_context_decides(tmp_path: Path, header: str, lines: list[str], column: str, field: str) -> None:
    assert mapped(tmp_path, header, *lines)[column] == field


def test_a_discount_rate_is_no_money(tmp_path: Path) -> None:
    rate = mapped(tmp_path, "Order ID,Date,Amount,Discount", "1,2024-01-02,5.00,0.2", "2,2024-01-02,5.00,0")
    money = mapped(tmp_path, "Order ID,Date,Amount,Discount", "1,2024-01-02,5.00,1.20")
    assert rate["Discount"] == "discount_rate"
    assert money["Discount"] == "order_discount"


@pytest.mark.rule("R11")
def test_fees_are_summed_and_kept(tmp_path: Path) -> None:
    header = "Pedido;Data;Valor;Tarifa;Taxa de transação"
    _, records, _ = decode(tmp_path, table("1;2024-01-02;5,00;1,10;0,25", header=header))
    assert records[0]["fees"] == "1,3500"
    assert dict(records[0]["extras"]) == {"Tarifa": "1,10", "Taxa de transação": "0,25"}


@pytest.mark.rule("R11")
def test_the_first_listed_sku_wins(tmp_path: Path) -> None:
    _, records, _ = decode(tmp_path, table("1;2024-01-02;5,00;P1;S1", header="Pedido;Data;Valor;Código do Produto;SKU"))
    assert records[0]["sku"] == "S1"
    assert dict(records[0]["extras"]) == {"Código do Produto": "P1"}


@pytest.mark.rule("R11")
@pytest.mark.reason("COLUMNS_CONFLICT")
def test_two_columns_on_one_field_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="COLUMNS_CONFLICT") as refused:
        decode(tmp_path, table("1;2;2024-01-02;5,00", header="Pedido;Nº Pedido;Data;Valor"))
    assert "'Pedido', 'Nº Pedido' claim the same field: order number" in str(refused.value)
    (command,) = refused.value.commands
    assert command.command == "datapilot mapping set --org acme --file FILE Pedido=order_id 'Nº Pedido=extras'"


@pytest.mark.rule("R11")
@pytest.mark.reason("COLUMNS_MISSING")
@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("Pedido;Produto;Valor", "sale date"),
        ("Pedido;Data;Produto;Quantidade", "line amount (or quantity and unit price)"),
        ("Data;Valor;Status", "order number (or product code or product)"),
    ],
)
def test_missing_columns_are_listed(tmp_path: Path, header: str, missing: str) -> None:
    with pytest.raises(Refusal, match="COLUMNS_MISSING") as refused:
        decode(tmp_path, table("1;2;3;4", header=header))
    assert f"missing: {missing}; found: {header.split(';')[0]}" in str(refused.value)


@pytest.mark.rule("R11")
@pytest.mark.reason("HEADER_NOT_FOUND")
def test_a_saved_mapping_comes_first_and_finds_its_header(tmp_path: Path) -> None:
    columns = ("Nota", "Quando", "Quanto")
    organization = ACME.with_mapping(
        header_hash(columns), {"Nota": "order_id", "Quando": "sold_at", "Quanto": "line_amount"}
    )
    header = ";".join(columns)
    assert mapped(tmp_path, header, "1;2024-01-02;5,00", organization=organization)["Quanto"] == "line_amount"
    with pytest.raises(Refusal, match="HEADER_NOT_FOUND"):
        mapped(tmp_path, header, "1;2024-01-02;5,00")
    aliased = ("Pedido", "Nº Pedido", "Data", "Valor")
    organization = ACME.with_mapping(header_hash(aliased), {"Nº Pedido": "order_id", "Valor": "line_amount"})
    found = mapped(tmp_path, ";".join(aliased), "1;2;2024-01-02;5,00", organization=organization)
    assert found == {"Nº Pedido": "order_id", "Data": "sold_at", "Valor": "line_amount"}


@pytest.mark.rule("R22")
@pytest.mark.reason("CURRENCY_HEADERS_DIFFER")
def test_amounts_in_two_currencies_are_refused_and_in_one_are_read(tmp_path: Path) -> None:
    lines = ["1;2024-01-02;A;5,00;5,00"]
    with pytest.raises(Refusal, match="CURRENCY_HEADERS_DIFFER") as refused:
        decode(tmp_path, table(*lines, header="Pedido;Data;Produto;Valor Unitário (US$);Vlr. Total (R$)"))
    assert "'Valor Unitário (US$)' is in USD, 'Vlr. Total (R$)' is in BRL" in str(refused.value)
    mapping = "datapilot mapping set --org acme --file FILE"
    assert [(command.purpose.words("en"), command.command) for command in refused.value.commands] == [
        ("to take the amounts in USD alone", f"{mapping} 'Vlr. Total (R$)=extras'"),
        ("to take the amounts in BRL alone", f"{mapping} 'Valor Unitário (US$)=extras'"),
    ]
    decoded, _, _ = decode(tmp_path, table(*lines, header="Pedido;Data;Produto;Valor Unitário (US$);Vlr. Total (US$)"))
    assert decoded.layout.currency_hint == "USD"
