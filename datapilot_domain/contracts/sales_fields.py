"""Fields that a sales file may have, with the headers under which exports write them.

The headers were observed in public exports, importers and data sets (Nuvemshop, Mercado Livre, Shopee,
TikTok Shop, Shopify, PicPay, PagBank, C6 Pay, Hotmart, Square, Stripe, ERP and till reports, NF-e, Olist).
A header that means different things in different files is listed in CONTEXT_HEADERS as well.
"""

from __future__ import annotations

from typing import Any

from datapilot_domain.contracts.table import Column


def _field(name: str, description: str, headers: str, **properties: Any) -> Column:
    return Column(name=name, description=description, aliases=tuple(headers.split(" | ")), **properties)


SALES_FIELDS: tuple[Column, ...] = (
    _field(
        "order_id",
        "Order number as the source writes it",
        (
            "Número do Pedido | N.º de venda | N° de venda | Nº de venda | Numero de venda | ID da venda "
            "| ID do pedido | Nº do pedido | N.º do pedido | Order ID | Número da venda | Id DFe | Cupom "
            "| Número Pedido | Nº Pedido | Pedido | id_pedido | id_venda | order_id | InvoiceNo | Invoice "
            "| N° da fatura | CHAVE DE ACESSO | Código da Transação | Código da transação | Número único "
            "da transação | Order No. | Transaction ID | numero_pedido | N° Pedido"
        ),
    ),
    _field(
        "line_no",
        "Line number inside the order",
        "order_item_id | Sequencia | NÚMERO PRODUTO | line | Nº do item",
    ),
    _field(
        "sold_at",
        "Date, or date and time, of the sale",
        (
            "Data da venda | Data Venda | Data Mov. | Data de criação do pedido | Created at | Created "
            "Time | Data e hora da venda | Data da Transação | Data de Venda | Created (UTC) | Data/Hora "
            "| Data Pedido | Dt. Venda | data_venda | dt_venda | order_purchase_timestamp | InvoiceDate | "
            "Order Date | order_date | Data da fatura | DATA EMISSÃO | Data da Coleta | sale_date"
        ),
        holds="instant",
    ),
    _field(
        "paid_at",
        "When the order was paid",
        "Data de pagamento | Paid at | order_approved_at",
        holds="instant",
    ),
    _field(
        "expected_payout_at",
        "When the money is expected",
        "Previsão de pagamento | Data prevista de liberação | Data do recebível",
        holds="instant",
    ),
    _field(
        "ship_by_at",
        "When the order must be, or was, sent",
        "Data prevista de envio | shipping_limit_date | Ship Date | Data de envío | Data Entrega",
        holds="instant",
    ),
    _field(
        "status",
        "Order status text",
        (
            "Status do Pedido | Status do pedido | Order Status | order_status | Situação | Status | "
            "Status da transação | Status da Compra"
        ),
    ),
    _field("payment_status", "Payment status text", "Status do Pagamento | Financial Status"),
    _field("fulfilment_status", "Delivery status text", "Status do Envio | Fulfillment Status"),
    _field("cancelled_at", "When the order was cancelled", "Cancelled at", holds="instant"),
    _field("cancel_reason", "Why the order was cancelled", "Cancelar Motivo | Motivo Cancelamento"),
    _field(
        "sku",
        "Product code; zeros kept",
        (
            "SKU | Número de referência SKU | Nº de referência do SKU principal | Seller SKU | Lineitem "
            "sku | Cód. Produto | Código do Produto | StockCode | Product ID | product_id | # de anúncio "
            "| Cód. Prod."
        ),
        several="first",
    ),
    _field(
        "product_name",
        "Product name",
        (
            "Nome do Produto | Título do anúncio | Nome do produto/serviço | Lineitem name | Produto | "
            "Descrição | Descricao do produto | DESCRIÇÃO DO PRODUTO/SERVIÇO | Description | Product Name "
            "| product | Nome Produto | Descr. Produto"
        ),
    ),
    _field("variant", "Variation of the product", "Nome da variação | Variação | Variation"),
    _field(
        "category",
        "Product category",
        "Categoria | Category | product_category_name | Sub-Category",
        several="first",
    ),
    _field(
        "quantity",
        "Quantity sold; negative on a return",
        (
            "Quantidade | Quantidade Comprada | Unidades | Quantidade de itens | Lineitem quantity | "
            "Quantity | Qty | Qtde | Qtd | Qtd. | Units Sold"
        ),
        holds="number",
    ),
    _field("returned_quantity", "Quantity given back", "Returned quantity | Sku Quantity of return", holds="number"),
    _field("unit", "Unit of measure", "Unidade de medida | Und | Un"),
    _field(
        "unit_price",
        "Price of one unit",
        (
            "Valor Unitário | Valor do Produto | Preço unitário de venda do anúncio (BRL) | Preço "
            "acordado | Lineitem price | Preço Unitário | preco_unitario | Vlr. Unit. | UnitPrice | "
            "unit_price | Valor de Venda | Preço Unit. | SKU Unit Original Price"
        ),
        holds="number",
    ),
    _field("list_price", "Price before a price cut", "Preço original | Lineitem compare at price", holds="number"),
    _field(
        "line_amount",
        "Value of the line before order-level discount, freight and fees",
        (
            "Subtotal do produto | Total do Item | Valor Total Item | Receita por produtos (BRL) | Valor "
            "Bruto | Vlr. Total | Vlr Total | price | Sales | Gross Sales | Valor da Venda | Valor Venda "
            "| Faturamento | SKU Subtotal Before Discount"
        ),
        holds="number",
    ),
    _field("line_discount", "Discount of the line", "Lineitem discount | SKU Seller Discount", holds="number"),
    _field(
        "discount_rate",
        "Discount as a percentage or a fraction; never subtracted as money",
        (
            "desconto_pct | pct_desconto | perc_desconto | Percentual de Desconto | Desconto Percentual | discount_pct "
            "| discount_percent | discount_rate"
        ),
    ),
    _field("order_subtotal", "Sum of the order's lines", "Subtotal", holds="number", grain="order"),
    _field(
        "order_discount",
        "Discount of the order",
        ("Desconto | Desconto na venda | Desconto do Pedido | Discount Amount | Cupom do vendedor | order_discount"),
        holds="number",
        grain="order",
    ),
    _field(
        "order_freight",
        "Freight of the order",
        (
            "Valor do Frete | Receita por envio (BRL) | Taxa de envio pagas pelo comprador | Shipping | "
            "freight_value | frete | Shipping Fee After Discount"
        ),
        holds="number",
        grain="order",
    ),
    _field("order_tax", "Tax of the order", "Taxes", holds="number", grain="order"),
    _field(
        "order_total",
        "What the customer pays for the order",
        "Total da Venda | VALOR NOTA FISCAL | payment_value | Total global | Order Amount",
        holds="number",
        grain="order",
    ),
    _field(
        "refund_amount",
        "Amount given back",
        "Cancelamentos e reembolsos (BRL) | Refunded Amount | Valor cancelado | Order Refund Amount",
        holds="number",
        grain="order",
    ),
    _field(
        "fees",
        "Fees of the platform",
        (
            "Tarifa de venda e impostos (BRL) | Tarifas de envio (BRL) | Taxa de comissão bruta | Taxa de "
            "comissão líquida | Taxa de serviço bruta | Taxa de transação | Tarifa | Valor Taxa | Fees | "
            "Fee"
        ),
        holds="number",
        grain="order",
        several="sum",
    ),
    _field(
        "net_received",
        "What the seller receives",
        "Valor Líquido | Valor Liquido no Financeiro | Net Sales",
        holds="number",
        grain="order",
    ),
    _field("currency", "Currency code", "Currency | Moeda"),
    _field(
        "customer_id",
        "Customer code",
        "CustomerID | Customer ID | ID Cliente | customer_id | cliente_id | Cód. Cliente",
        personal=True,
    ),
    _field(
        "customer_name",
        "Customer name",
        ("Cliente | Nome do comprador | Comprador | Nome Cliente | Billing Name | Customer Name | cliente_nome"),
        personal=True,
    ),
    _field("customer_email", "Customer e-mail", "E-mail | Email | Customer Email", personal=True),
    _field(
        "customer_doc",
        "Customer CPF or CNPJ",
        "CPF / CNPJ | CPF/CNPJ do Comprador | Documento | Número de documento do comprador",
        personal=True,
    ),
    _field(
        "channel",
        "Sales channel",
        "Canal | Plataforma | Forma de entrega | Tipo de Negociação | Source | channel",
    ),
    _field("store", "Store or branch", "Loja | Filial | Unidade de negócio | Revenda"),
    _field("seller", "Seller", "Vendedor | seller_id | Employee"),
    _field(
        "payment_method",
        "Payment method",
        (
            "Meio de pagamento | Forma de Pagamento | Payment Method | payment_type | Pagamento | Tipo "
            "Pagamento | forma_pagamento"
        ),
    ),
    _field("coupon", "Discount code", "Cupom de Desconto | Discount Code"),
    _field("city", "Customer city", "Cidade | Cidade do cliente | customer_city | City | Municipio"),
    _field("state", "Customer state", "UF | customer_state | State | Estado - Sigla | UF DESTINATÁRIO"),
    _field("country", "Customer country", "País | Country | Shipping Country"),
    _field("operation_nature", "Fiscal nature of the operation", "NATUREZA DA OPERAÇÃO | Natureza"),
    _field("cost", "Cost of the goods", "Custo | Valor de Compra", holds="number"),
    _field("profit", "Profit as the source computed it", "Profit", holds="number"),
)

# Headers whose meaning depends on the rest of the file; the check of the first name of each entry, in
# datapilot_assets/landing/context.py, decides. The value lists the candidate fields, the usual one first.
CONTEXT_HEADERS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("Data", "Date"): ("sold_at",),
    ("Data/Hora",): ("sold_at",),
    ("Cupom",): ("order_id", "coupon"),
    ("Valor Total",): ("line_amount", "order_total"),
    ("Total", "Total (R$)", "Total (BRL)"): ("line_amount", "order_total", "net_received"),
    ("Valor", "Amount"): ("line_amount", "order_total"),
    ("Preço",): ("unit_price", "line_amount"),
    ("price",): ("line_amount", "unit_price"),
    ("Item",): ("line_no", "product_name", "sku"),
    ("Código", "Cód."): ("sku", "order_id", "customer_id"),
    ("Descrição", "Description"): ("product_name",),
    ("Estado",): ("state", "status"),
    ("Unidade",): ("unit", "store"),
    ("Desconto", "Discount"): ("order_discount", "discount_rate"),
    ("Cliente", "Customer"): ("customer_name", "customer_id"),
    ("Name",): ("order_id", "product_name", "customer_name"),
    ("Nome",): ("product_name", "customer_name"),
    ("Número", "Nº"): ("order_id",),
    ("id",): ("order_id",),
    ("Vendas",): (),
}
