"""How exports lay out a sale: their columns by what each holds, and what their rows repeat.

A column is (header, what it holds). What it holds is a name of `rendering.cells`; None is a column that no
field of a sales table takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Column = tuple[str, str | None]
# What is written of an order on the lines after its first: everything; amounts as zero; nothing but the order
# number; nothing but the number and the date; nothing at all.
Repeats = Literal["all", "zeros", "number", "number and date", "nothing"]
CONTINUED: tuple[Repeats, ...] = ("number", "number and date", "nothing")


@dataclass(frozen=True)
class Layout:
    """One kind of export. dates: the kinds of `rendering.DATES` that it is seen with."""

    name: str
    columns: tuple[Column, ...]
    repeats: tuple[Repeats, ...] = ("all",)
    dates: tuple[str, ...] = ("dmy",)
    # What the order's discount column holds: the order's, or each line's own.
    discounts: tuple[Literal["order", "line"], ...] = ("order",)
    marks: str = ",."
    numbers: str = "digits"
    several_lines: bool = True
    # Reports: lines before the header, totals, footers.
    report: bool = False

    @property
    def money(self) -> str:
        """The column that the value of a record stands in."""
        return next(what for what in ("amount", "price", "subtotal") if self.has(what))

    def has(self, what: str) -> bool:
        return any(held == what for _, held in self.columns)


def _columns(text: str) -> tuple[Column, ...]:
    pairs = (pair.strip().split(" = ") for pair in text.split("|"))
    return tuple((pair[0], pair[1] if len(pair) > 1 else None) for pair in pairs)


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "english",
        _columns(
            "order_id = order | line = line_no | order_date = date | sku = sku | product = product | "
            "quantity = quantity | unit_price = price | amount = amount | order_discount = discount | "
            "status = status | customer_id = customer | state = state | channel = channel | payment_method = payment"
        ),
        repeats=("all", "zeros"),
        dates=("ymd", "instant", "mdy"),
        discounts=("order", "line"),
        marks=".",
    ),
    Layout(
        "excel_br",
        _columns(
            "Nº Pedido = order | Item = line_no | Data da Venda = date | Código = sku | Produto = product | "
            "Quantidade = quantity | Valor Unitário = price | Valor Total = amount | Desconto do Pedido = discount | "
            "Status = status | Cliente = customer | UF = state | Canal = channel | Forma de Pagamento = payment"
        ),
        repeats=("all", "zeros"),
        discounts=("order", "line"),
    ),
    Layout(
        "capitals",
        _columns(
            "NUMERO_PEDIDO = order | ITEM = line_no | DT_VENDA = date | SKU = sku | DESCRICAO = product | "
            "QTDE = quantity | VLR_UNIT = price | VLR_TOTAL = amount | DESCONTO = discount | SITUACAO = status | "
            "COD_CLIENTE = customer | UF = state | CANAL = channel | PAGAMENTO = payment"
        ),
        repeats=("all", "zeros"),
    ),
    Layout(
        "erp_report",
        _columns(
            "Nº Pedido = order | Item = line_no | Data = date | Cód. Produto = sku | Descrição = product | "
            "Qtde = quantity | Vlr. Unit. = price | Vlr. Total = amount | Situação = status"
        ),
        report=True,
    ),
    Layout(
        "nuvemshop",
        _columns(
            "Número do Pedido = order | E-mail = email | Data = date | Status do Pedido = status | "
            "Status do Pagamento = payment_status | Status do Envio = fulfilment | Moeda = currency | "
            "Subtotal = subtotal | Desconto = discount | Valor do Frete = freight | Total = total | "
            "Nome do Produto = product | Valor do Produto = price | Quantidade Comprada = quantity | SKU = sku | "
            "Meio de pagamento = payment | Cupom de Desconto = coupon | Nome do comprador = customer"
        ),
        repeats=CONTINUED,
    ),
    Layout(
        "shopify",
        _columns(
            "Name = order | Email = email | Financial Status = payment_status | Fulfillment Status = fulfilment | "
            "Currency = currency | Subtotal = subtotal | Shipping = freight | Taxes = tax | Total = total | "
            "Discount Amount = discount | Created at = date | Lineitem quantity = quantity | Lineitem name = product "
            "| Lineitem price = price | Lineitem sku = sku | Refunded Amount = refund | Billing Name = customer | "
            "Payment Method = payment | Vendor | Tags"
        ),
        repeats=("number and date", "number"),
        dates=("instant", "ymd"),
        marks=".",
        numbers="#",
    ),
    Layout(
        "shopee",
        _columns(
            "ID do pedido = order | Status do pedido = status | Data de criação do pedido = date | "
            "Número de referência SKU = sku | Nome do Produto = product | Nome da variação = variant | "
            "Preço original = list_price | Preço acordado = price | Quantidade = quantity | "
            "Subtotal do produto = amount | Cupom do vendedor = discount | "
            "Taxa de envio pagas pelo comprador = freight | Taxa de transação = fee | Taxa de comissão bruta = fee | "
            "Total global = total | Cidade = city | UF = state | Observação do comprador"
        ),
        repeats=("all",),
        dates=("ymd",),
        marks=".",
        numbers="code",
    ),
    Layout(
        "mercado_livre",
        _columns(
            "N.º de venda = order | Data da venda = date | Estado = status | Unidades = quantity | "
            "Receita por produtos (BRL) = amount | Tarifa de venda e impostos (BRL) = fee | "
            "Cancelamentos e reembolsos (BRL) = refund | Total (BRL) = received | # de anúncio = sku | "
            "Título do anúncio = product | Variação = variant | "
            "Preço unitário de venda do anúncio (BRL) = price | Comprador = customer | Forma de entrega = channel"
        ),
        dates=("dmy", "ymd"),
        numbers="long",
        report=True,
    ),
    Layout(
        "till",
        _columns(
            "Loja = store | Data Mov. = date | Cupom = order | Sequencia = line_no | Cód. Prod. = sku | "
            "Descr. Produto = product | Qtde = quantity | Un = unit | Valor Total Item = amount | "
            "Tipo Pagamento = payment"
        ),
        report=True,
    ),
    Layout(
        "course",
        _columns(
            "id_venda = order | data_venda = date | produto = product | categoria = category | quantidade = quantity "
            "| preco_unitario = price | vendedor = seller | filial = store | forma_pagamento = payment"
        ),
        dates=("ymd", "dmy"),
        several_lines=False,
    ),
    Layout(
        "retail",
        _columns(
            "InvoiceNo = order | StockCode = sku | Description = product | Quantity = quantity | InvoiceDate = date | "
            "UnitPrice = price | CustomerID = customer | Country = country"
        ),
        dates=("mdy",),
        marks=".",
    ),
    Layout(
        "invoices",
        _columns(
            "N° da fatura = order | Data da fatura = date | ID Cliente = customer | País = country | "
            "Quantidade = quantity | Valor = amount"
        ),
        dates=("dmy", "mdy"),
        several_lines=False,
    ),
    Layout(
        "keyless",
        _columns("Data = date | Produto = product | Categoria = category | Qtd = quantity | Faturamento = amount"),
        report=True,
    ),
    Layout(
        "services",
        _columns(
            "Número da venda = order | Nota Fiscal / RPS | Data da venda = date | Cliente = customer | "
            "Nome do produto/serviço = product | Unidade de medida = unit | Quantidade de itens = quantity | "
            "Valor Unitário = price | Valor Bruto = amount | Desconto na venda = discount | Situação = status | "
            "Cidade do cliente = city"
        ),
        repeats=("all", "zeros"),
        report=True,
    ),
    Layout(
        "orders",
        _columns(
            "Número do Pedido = order | Data = date | Status do Pedido = status | Subtotal = subtotal | "
            "Desconto = discount | Valor do Frete = freight | Total = total | Nome do comprador = customer"
        ),
        several_lines=False,
    ),
    Layout(
        "fiscal",
        _columns(
            "CHAVE DE ACESSO = order | DATA EMISSÃO = date | NATUREZA DA OPERAÇÃO = nature | UF DESTINATÁRIO = state | "
            "NÚMERO PRODUTO = line_no | DESCRIÇÃO DO PRODUTO/SERVIÇO = product | QUANTIDADE = quantity | "
            "VALOR UNITÁRIO = price | VALOR TOTAL = amount"
        ),
        numbers="key",
    ),
)
