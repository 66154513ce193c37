"""Layouts of well-known exports, a handful of rows each: what their columns become, and what they are worth (R11)."""

# ruff: noqa: E501
from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from datapilot_assets.landing.dialect import find_dialect
from datapilot_assets.landing.text import open_text
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import decode

pytestmark = pytest.mark.rule("R11")

NUVEMSHOP = """Número do Pedido;E-mail;Data;Status do Pedido;Status do Pagamento;Subtotal;Desconto;Valor do Frete;Total;Nome do comprador;CPF / CNPJ;Meio de pagamento;Nome do Produto;Valor do Produto;Quantidade Comprada;SKU;Cupom de Desconto
101;a@x.br;02/01/2024;Aberto;Confirmado;30.00;5.00;10.00;35.00;Ana;111;Pix;Café;10.00;1;00123;VERAO
101;;;;;;;;;;;;Açúcar;20.00;1;00045;
"""
MERCADO_LIVRE = """N.º de venda;Data da venda;Estado;Unidades;Receita por produtos (BRL);Tarifa de venda e impostos (BRL);Receita por envio (BRL);Tarifas de envio (BRL);Cancelamentos e reembolsos (BRL);Total (BRL);SKU;# de anúncio;Título do anúncio;Variação;Preço unitário de venda do anúncio (BRL);Comprador;Cidade;Estado;Unidades
2000001;2 de janeiro de 2024 10:30 hs.;Entregue;2;40,00;-5,00;;-3,00;;32,00;A1;MLB1;Café;;20,00;Ana;Salvador;Bahia;
2000002;3 de janeiro de 2024 11:30 hs.;Venda cancelada;1;20,00;-2,00;;;-20,00;-2,00;A1;MLB1;Café;;20,00;Bia;Recife;Pernambuco;
"""
SHOPEE = """ID do pedido,Status do pedido,Data de criação do pedido,Nº de referência do SKU principal,Nome do Produto,Número de referência SKU,Nome da variação,Preço original,Preço acordado,Quantidade,Returned quantity,Subtotal do produto,Cupom do vendedor,Valor Total,Taxa de envio pagas pelo comprador,Total global,Taxa de comissão bruta,Taxa de comissão líquida,Taxa de serviço bruta,Cidade,UF
24A,Concluído,2024-01-02 10:00,P1,Café,S1,500g,12.00,10.00,2,0,20.00,2.00,48.00,0.00,48.00,7.00,6.00,1.00,Salvador,BA
24A,Concluído,2024-01-02 10:00,P2,Açúcar,S2,1kg,30.00,30.00,1,0,30.00,2.00,48.00,0.00,48.00,7.00,6.00,1.00,Salvador,BA
"""
SHOPIFY = """Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem discount,Billing Name,Cancelled at,Payment Method,Refunded Amount,Employee,Id,Source
#1001,a@x.com,paid,2024-01-02 16:51:00 -0300,fulfilled,BRL,50.00,10.00,0.00,60.00,,0.00,2024-01-02 16:51:00 -0300,1,Cup,20.00,,C1,0.00,Ana,,Pix,0.00,,55,web
#1001,a@x.com,,,,,,,,,,,2024-01-02 16:51:00 -0300,2,Plate,15.00,,P1,0.00,,,,,,,
"""
PICPAY = """Data e hora da venda;Número único da transação;Status;Documento;Forma de Pagamento;Valor da Venda;Tarifa;Valor Líquido;Valor cancelado;Previsão de pagamento
02/01/2024 10:00;T1;Aprovada;111;Pix;50,00;0,50;49,50;0,00;03/01/2024
"""
PAGBANK = """Código da Transação;Data da Transação;Status;Valor Bruto;Valor Taxa;Valor Líquido;Data prevista de liberação
T1;02/01/2024 10:00;Aprovada;50,00;1,50;48,50;01/02/2024
"""
C6 = """Data da venda;Código da Transação;Valor Bruto;Valor Taxa;Valor Líquido;Data do recebível;Status
02/01/2024;T1;50,00;1,50;48,50;01/02/2024;Aprovada
"""
HOTMART = """Nome do Produto;Código da transação;Meio de pagamento;Moeda;Preço;Data de Venda;Status da transação;Nome;Email
Curso;HP1;Pix;BRL;97,00;02/01/2024 10:00;Aprovado;Ana;a@x.br
"""
SQUARE = """Date,Time,Category,Item,Qty,SKU,Gross Sales,Net Sales,Transaction ID,Customer ID,Customer Name,Employee,Fees
2024-01-02,10:00:00,Drinks,Latte,2,L1,$10.00,$10.00,TX1,C1,Ann,Bob,$0.30
2024-01-02,10:00:00,Food,Cake,1,K1,$5.00,$5.00,TX1,C1,Ann,Bob,$0.15
"""
STRIPE = """id,Description,Created (UTC),Amount,Amount Refunded,Currency,Fee,Status,Customer Email
ch_3Mabc,Payment for invoice 7,2024-01-02 10:00:00,50.00,0.00,usd,1.75,Paid,a@x.com
ch_3Mabd,Payment for invoice 8,2024-01-03 10:00:00,70.00,0.00,usd,2.30,Paid,b@x.com
"""
ERP1 = """Número da venda;Nota Fiscal / RPS;Cliente;Data da venda;Nome do produto/serviço;Quantidade de itens;Unidade de medida;Valor Unitário;Valor Bruto;Desconto na venda;Valor Liquido no Financeiro;Tipo de Negociação;Situação;Cidade do cliente
7;900;Ana;02/01/2024;Corte;2;UN;25,00;50,00;5,00;45,00;Balcão;Pago;Salvador
"""
ERP2 = """Id DFe;Cliente;Natureza;Data Venda;Data Entrega;Produto;Und;Qtde;Vlr Total;Vendedor
77;Mercado X;VENDA;02/01/2024;05/01/2024;Arroz;FD;3;90,00;Zé
"""
POS = """Loja;PDV;Data Mov.;Cupom;Sequencia;Produto;Qtde;Vlr. Total;Motivo Cancelamento
1;3;02/01/2024;000123;1;Arroz;1;30,00;Desistência
"""
NFE = """CHAVE DE ACESSO;SÉRIE;NÚMERO;NATUREZA DA OPERAÇÃO;DATA EMISSÃO;Data/Hora;UF DESTINATÁRIO;VALOR NOTA FISCAL
29240100000000000000550010000000071000000012;1;7;VENDA;02/01/2024 10:00:00;03/01/2024 11:00:00;BA;1.250,00
"""
FATURA = """N° da fatura;Data da fatura;ID Cliente;País;Valor
536365;02/01/2024;17850;Brasil;139,12
536366;03/01/2024;17851;Brasil;22,20
"""
OLIST = """order_id,order_item_id,product_id,seller_id,order_purchase_timestamp,order_status,price,freight_value
00010242fe8c5a6d,1,4244733e,48436dad,2018-09-13 08:59:02,delivered,58.90,13.29
"""
UCI = """Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country
489434,85048,GLASS BALL,12,2018-12-01 07:45:00,6.95,13085,United Kingdom
489434,79323P,CHERRY LIGHTS,2,2018-12-01 07:45:00,6.75,13085,United Kingdom
"""
SUPERSTORE = """Order ID,Order Date,Ship Date,Customer ID,Customer Name,Country,City,State,Product ID,Category,Sub-Category,Product Name,Sales,Quantity,Discount,Profit
CA-1,11/08/2018,11/11/2018,CG-1,Claire,United States,Henderson,Kentucky,FUR-1,Furniture,Bookcases,Somerset,261.96,2,0,41.91
CA-2,11/18/2018,11/21/2018,CG-2,Sean,United States,Austin,Texas,OFF-1,Office,Storage,Fold,22.37,2,0.2,2.52
"""
COURSE = """id_venda;data_venda;cliente_id;Produto;Categoria;Quantidade;preco_unitario;desconto_pct;Vendedor;Filial;forma_pagamento
1;02/01/2024;C1;Café;Bebidas;2;10,00;10;Zé;Centro;Pix
"""
TIKTOK = """Order ID,Order Status,Seller SKU,Product Name,Variation,Quantity,Sku Quantity of return,SKU Unit Original Price,SKU Subtotal Before Discount,SKU Platform Discount,SKU Seller Discount,SKU Subtotal After Discount,Shipping Fee After Discount,Order Amount,Order Refund Amount,Created Time
577,Completed,S1,Cup,Blue,2,0,15.00,30.00,1.00,3.00,26.00,5.00,49.00,0.00,02/01/2024 10:00:00
577,Completed,S2,Plate,Red,1,0,20.00,20.00,0.00,2.00,18.00,5.00,49.00,0.00,02/01/2024 10:00:00
578,Canceled,S1,Cup,Blue,1,0,15.00,15.00,0.00,0.00,15.00,5.00,20.00,20.00,03/01/2024 10:00:00
"""

TAKEN = {
    "Nuvemshop": (
        NUVEMSHOP,
        "30",
        {"Total": "order_total", "Subtotal": "order_subtotal", "Desconto": "order_discount"},
    ),
    "Mercado Livre": (
        MERCADO_LIVRE,
        "60",
        {"Estado": "status", "Estado (2)": "state", "Total (BRL)": "net_received", "Unidades": "quantity"},
    ),
    "Shopee": (SHOPEE, "50", {"Número de referência SKU": "sku", "Total global": "order_total"}),
    "Shopify": (SHOPIFY, "50", {"Name": "order_id", "Total": "order_total", "Created at": "sold_at"}),
    "PicPay": (PICPAY, "50", {"Valor da Venda": "line_amount", "Valor Líquido": "net_received"}),
    "PagBank": (PAGBANK, "50", {"Valor Bruto": "line_amount", "Valor Taxa": "fees"}),
    "C6 Pay": (C6, "50", {"Data do recebível": "expected_payout_at", "Valor Bruto": "line_amount"}),
    "Hotmart": (HOTMART, "97", {"Preço": "line_amount", "Código da transação": "order_id"}),
    "Square": (SQUARE, "15", {"Item": "product_name", "Gross Sales": "line_amount", "Date": "sold_at"}),
    "Stripe": (STRIPE, "120", {"id": "order_id", "Amount": "order_total", "Created (UTC)": "sold_at"}),
    "ERP 1": (ERP1, "50", {"Cliente": "customer_name", "Valor Bruto": "line_amount"}),
    "ERP 2": (ERP2, "90", {"Vlr Total": "line_amount", "Data Entrega": "ship_by_at"}),
    "till": (POS, None, {"Cupom": "order_id", "Motivo Cancelamento": "cancel_reason"}),
    "NF-e": (NFE, "1250", {"DATA EMISSÃO": "sold_at", "VALOR NOTA FISCAL": "order_total"}),
    "invoices": (FATURA, "161.32", {"Valor": "order_total", "N° da fatura": "order_id"}),
    "Olist": (OLIST, "58.90", {"price": "line_amount", "freight_value": "order_freight"}),
    "UCI": (UCI, "96.90", {"Price": "unit_price", "Description": "product_name"}),
    "Superstore": (SUPERSTORE, "284.33", {"Category": "category", "Discount": "discount_rate", "Sales": "line_amount"}),
    "course": (COURSE, "20", {"desconto_pct": "discount_rate", "id_venda": "order_id"}),
    "TikTok": (
        TIKTOK,
        "65",
        {
            "Seller SKU": "sku",
            "Created Time": "sold_at",
            "Variation": "variant",
            "SKU Unit Original Price": "unit_price",
            "SKU Subtotal Before Discount": "line_amount",
            "SKU Seller Discount": "line_discount",
            "Shipping Fee After Discount": "order_freight",
            "Order Amount": "order_total",
            "Order Refund Amount": "refund_amount",
            "Sku Quantity of return": "returned_quantity",
        },
    ),
}


@pytest.mark.parametrize("layout", TAKEN)
def test_a_known_layout_is_taken_for_what_it_is(tmp_path: Path, layout: str) -> None:
    text, worth, columns = TAKEN[layout]
    decoded, _, units = decode(tmp_path, text)
    mapping = decoded.layout.mapping
    assert {name: mapping.get(name) for name in columns} == columns
    if worth is not None:
        assert sum(unit["amount"] for unit in units) == Decimal(worth)


def explained(text: str, header: Sequence[str], delimiter: str, row: str | None = None) -> str:
    """The text with a row right below its header: of words about each column, or the given one."""
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines, start=1) if header[0] in line and header[1] in line)
    words = delimiter.join(f"What {re.sub('[^a-zA-Z]+', ' ', name)} is." for name in header)
    return "\n".join([*lines[:at], words if row is None else row, *lines[at:]]) + "\n"


@pytest.mark.rule("R10")
@pytest.mark.parametrize("layout", TAKEN)
def test_a_row_that_explains_the_columns_is_ignored_and_changes_nothing_else(tmp_path: Path, layout: str) -> None:
    text, _, _ = TAKEN[layout]
    plain, records, units = decode(tmp_path, text)
    also, found, found_units = decode(tmp_path, explained(text, plain.layout.header, plain.layout.delimiter))
    assert (also.records, also.ignored, also.layout) == (plain.records + 1, plain.ignored + 1, plain.layout)
    for row in found:
        row["record_no"] -= 1
    for row in (*records, *found):
        del row["content_id"]
    assert found == records
    assert sorted(unit["amount"] for unit in found_units) == sorted(unit["amount"] for unit in units)


@pytest.mark.rule("R10")
@pytest.mark.reason("EXPLANATION_IGNORED")
@pytest.mark.parametrize(
    ("row", "is_ignored"),
    [
        ("Platform unique order ID.,Current order status.,Seller SKU.,Name.,Variation.,Quantity sold.,Returned.,Price.,"
         "Subtotal.,Discount by platform.,Discount by seller.,Subtotal.,Freight.,Amount paid.,Refund.,Time of creation.", True),
        ("Platform unique order ID.,Status.,SKU.,Name.,Variation.,Quantity sold.,Returned.", True),  # cut short
        ("Platform unique order ID.,,,,,,,,,,,,,,,", False),
        ("ABC,Paid,S,Cup,Blue,two,none,ten,ten,,,,,,,today\nABD,Paid,S,Cup,Red,two,none,ten,ten,,,,,,,today", False),
        ("577,Completed,S1,Cup,Blue,two,none,thirty,thirty,,,,,,,yesterday", False),
        ("ABC,Completed,S1,Cup,Blue,two,none,thirty,thirty,,,,,,,02/01/2024", False),
        ("ABC,Completed,S1,Cup,Blue,2,none,thirty,thirty,,,,,,,yesterday", False),
    ],
)  # fmt: skip
def test_what_may_be_a_sale_remains_a_record_for_the_quarantine(tmp_path: Path, row: str, is_ignored: bool) -> None:
    header = TIKTOK.splitlines()[0].split(",")
    decoded, records, _ = decode(tmp_path, explained(TIKTOK, header, ",", row))
    told = [notice.values["text"] for notice in decoded.notices if notice.code == "EXPLANATION_IGNORED"]
    assert told == ["Platform unique order ID."] * is_ignored
    written = 3 + len(row.splitlines())
    assert (decoded.records, decoded.ignored, len(records)) == (written, int(is_ignored), written - is_ignored)


@pytest.mark.rule("R10")
def test_words_below_the_header_of_a_correction_are_a_row_of_it(tmp_path: Path) -> None:
    text = "datapilot_record;Pedido;Data da venda;Quantidade;Vlr. Total\npt;A;ontem;um;dez\nqt;2;02/01/2024;1;10,00\n"
    (tmp_path / "file.csv").write_text(text)
    source = open_text(tmp_path / "file.csv", LandingLimits())
    assert find_dialect(source, LandingLimits(), named=["datapilot_record"]).header_row == 1
    assert find_dialect(source, LandingLimits()).header_row == 2


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (NFE, "Data/Hora"),
        (NFE, "NÚMERO"),
        (SUPERSTORE, "Sub-Category"),
        (TIKTOK, "SKU Subtotal After Discount"),
        # What the platform pays is no discount of the shop's.
        (TIKTOK, "SKU Platform Discount"),
        (STRIPE, "Description"),
        (SHOPEE, "Valor Total"),
        (SHOPEE, "Taxa de comissão bruta"),
        (MERCADO_LIVRE, "Unidades (2)"),
    ],
)
def test_a_column_that_would_be_counted_twice_or_wrongly_is_kept_aside(tmp_path: Path, text: str, column: str) -> None:
    decoded, _, _ = decode(tmp_path, text)
    assert column in decoded.layout.header
    assert column not in decoded.layout.mapping


@pytest.mark.reason("COLUMNS_MISSING")
@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (
            "Estado - Sigla;Municipio;Revenda;Produto;Data da Coleta;Valor de Venda;Valor de Compra;Unidade de Medida\n"
            "BA;SALVADOR;POSTO X;GASOLINA;02/01/2024;5,89;;R$ / litro\n",
            "line amount (or quantity and unit price)",
        ),
        ("ANO;MÊS;UNIDADE;PRODUTO;VENDAS\n2024;JAN;BAHIA;ETANOL;1234,5\n", "sale date, line amount"),
    ],
    ids=["prices of fuel", "cubic metres of fuel"],
)
def test_a_table_that_is_of_no_sales_is_refused(tmp_path: Path, text: str, missing: str) -> None:
    with pytest.raises(Refusal, match="COLUMNS_MISSING") as refused:
        decode(tmp_path, text)
    assert f"missing: {missing}" in str(refused.value)


@pytest.mark.reason("CURRENCY_HEADERS_DIFFER")
def test_amounts_in_two_currencies_are_refused_and_one_is_remembered(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="CURRENCY_HEADERS_DIFFER"):
        decode(tmp_path, "Pedido;Data;Produto;Valor (US$);Frete (R$)\n1;02/01/2024;A;5,00;7,00\n")
    decoded, _, _ = decode(tmp_path, "Pedido;Data;Produto;Valor (US$)\n1;02/01/2024;A;5,00\n")
    assert decoded.layout.currency_hint == "USD"


@pytest.mark.reason("COLUMNS_CONFLICT")
@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Pedido;Data;Fechamento;Produto;Valor\n1;02/01/2024;03/01/2024;A;5,00\n", "'Data'"),
        ("Pedido;Data;Estado;Produto;Valor\n1;02/01/2024;BA;A;5,00\n2;02/01/2024;Pago;A;5,00\n", "'Estado'"),
        ("Pedido;Data;Produto;Valor Total\n1;02/01/2024;A;9,00\n1;02/01/2024;B;9,00\n", "'Valor Total'"),
    ],
)
def test_evidence_that_does_not_decide_is_a_question(tmp_path: Path, text: str, question: str) -> None:
    with pytest.raises(Refusal, match="COLUMNS_CONFLICT") as refused:
        decode(tmp_path, text)
    assert str(refused.value).startswith(f"COLUMNS_CONFLICT: {question}: ")
    for command in refused.value.commands:
        assert command.command.startswith("datapilot mapping set --org acme --file FILE ")


def test_a_product_of_equal_lines_is_seen_in_a_large_file_too(tmp_path: Path) -> None:
    lines = "".join(f"{number // 2};02/01/2024;A;2;10,50;21,00\n" for number in range(250_000))
    decoded, _, _ = decode(tmp_path, f"Pedido;Data;Produto;Qtd;Preço;Valor Total\n{lines}")
    assert decoded.layout.mapping["Valor Total"] == "line_amount"
