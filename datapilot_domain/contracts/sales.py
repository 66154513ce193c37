"""Sales: bronze (the files' records as text) → silver (lines) + quarantine → gold (KPIs of a month)."""

from __future__ import annotations

from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.contracts.table import FINGERPRINT, MONTH, ORG_ID, Column, Rule, TableContract

FAMILY = "sales"
MONEY = "decimal(18,4)"
# Sums over many lines keep the scale of a line and gain room.
MONEY_SUM = "decimal(28,4)"

# What landing decides about a record, beside its text; silver casts these and never decides them again.
_DECIDED = (
    Column(name="content_id", description="sha256 of the bytes + hash of the recipe", nullable=False),
    Column(
        name="record_no",
        type="int",
        description="Logical record in the file, from 1, header not counted",
        nullable=False,
    ),
    Column(name="sold_on", type="date", description="Civil date in the organization's time zone"),
    Column(
        name="event_type",
        description="sale, return, cancellation or adjustment: from sign and kind of document",
        nullable=False,
    ),
    Column(
        name="unit_key",
        description="Unit of merge (R4): hash of store, order, event, return date, or of a keyless line",
        nullable=False,
    ),
    Column(
        name="occurrence",
        type="int",
        description="Number among the equal lines of its order (or day, without an order) in the file, from 1",
        nullable=False,
    ),
    Column(name="customer_key", description="HMAC of the customer with the organization's own key"),
    Column(name="defect", description="CODE:field that the decoder found, null when the record is whole"),
    Column(name="extras", type="map<string,string>", description="Columns that no field of the contract takes"),
)

BRONZE_SALES = TableContract(
    family=FAMILY,
    layer="bronze",
    table="sales",
    description="Records of accepted files as text, one row per record, with what landing decided about each.",
    columns=(MONTH, *_DECIDED, *SALES_FIELDS),
    key=("content_id", "record_no"),
)

EVENT_TYPES = ("sale", "return", "cancellation", "adjustment")
STATUSES = ("paid", "open", "cancelled", "refused", "returned", "unknown")

# Conditions read the candidate row: typed columns under their silver names, source text under `raw`, source
# numbers under `number`, and `arrived_on` (organization-local date of arrival of the file).
SALES_RULES = (
    Rule(code="RECORD_SHAPE", column="record", condition="defect IS NOT NULL"),
    Rule(code="DATE_MISSING", column="sold_at", condition="sold_on IS NULL AND raw.sold_at IS NULL"),
    Rule(code="DATE_UNREADABLE", column="sold_at", condition="sold_on IS NULL AND raw.sold_at IS NOT NULL"),
    Rule(
        code="DATE_OUTSIDE_CALENDAR",
        column="sold_at",
        condition="date_format(sold_on, 'yyyy-MM') <> month OR sold_on > date_add(arrived_on, 1)",
    ),
    Rule(
        code="QUANTITY_UNREADABLE",
        column="quantity",
        condition="quantity IS NULL AND raw.quantity IS NOT NULL",
    ),
    Rule(code="QUANTITY_MISSING", column="quantity", condition="quantity IS NULL AND raw.quantity IS NULL"),
    Rule(
        code="AMOUNT_UNREADABLE",
        column="line_amount",
        condition="raw.line_amount IS NOT NULL AND number.line_amount IS NULL",
    ),
    Rule(
        code="AMOUNT_UNREADABLE",
        column="unit_price",
        # Also a price that is readable, but whose product with the quantity has no room.
        condition="raw.line_amount IS NULL AND raw.unit_price IS NOT NULL"
        " AND (unit_price IS NULL OR (quantity IS NOT NULL AND gross_amount IS NULL))",
    ),
    Rule(
        code="AMOUNT_MISSING",
        column="line_amount",
        condition="raw.line_amount IS NULL AND raw.unit_price IS NULL",
    ),
    Rule(
        code="SIGN_CONFLICT",
        column="quantity",
        condition="quantity * gross_amount < 0",
    ),
    Rule(
        code="PRODUCT_AND_ORDER_MISSING",
        column="order_id",
        condition="order_id IS NULL AND sku IS NULL AND product_name IS NULL",
    ),
    Rule(
        code="DISCOUNT_UNREADABLE",
        column="order_discount",
        condition="raw.order_discount IS NOT NULL AND number.order_discount IS NULL",
    ),
    Rule(
        code="DISCOUNT_UNREADABLE",
        column="line_discount",
        condition="raw.line_discount IS NOT NULL AND number.line_discount IS NULL",
    ),
    Rule(
        code="STATUS_UNKNOWN",
        column="status",
        condition="status = 'unknown'",
        severity="WARN",
    ),
)

SILVER_SALES = TableContract(
    family=FAMILY,
    layer="silver",
    table="sales",
    description="Lines of order events: typed, cleaned, the newest version of every unit, once.",
    columns=(
        ORG_ID,
        MONTH,
        Column(name="source_id", description="Inbox folder or --source", nullable=False),
        Column(name="layout", description="Hash of the normalised header", nullable=False),
        Column(
            name="sale_line_id",
            description="Hash of source, store, order, event, return date and line (keyless: R21)",
            nullable=False,
        ),
        Column(name="order_id", description="Order number, zeros kept; null when the source has none"),
        Column(name="line_no", type="int", description="Source line number, else the occurrence"),
        Column(name="event_type", description="sale, return, cancellation or adjustment", nullable=False),
        Column(name="status_raw", description="Status text as written"),
        Column(name="status", description="paid, open, cancelled, refused, returned, unknown", nullable=False),
        Column(name="sold_on", type="date", description="Civil date; decides the month", nullable=False),
        Column(name="sold_at", type="timestamp", description="Instant; only when the file has a time"),
        Column(name="sku", description="Product code"),
        Column(name="product_name", description="Product name, NFC, trimmed"),
        Column(name="product_key", description="sku if present, else the normalised name"),
        Column(name="category", description="Product category"),
        Column(name="variant", description="Variation"),
        Column(name="unit", description="Unit of measure"),
        Column(name="quantity", type=MONEY, description="Quantity; negative on returns", nullable=False),
        Column(name="unit_price", type="decimal(18,6)", description="Price of one unit"),
        Column(
            name="gross_amount",
            type=MONEY,
            description="Line value before order-level discount, freight and fees",
            nullable=False,
        ),
        Column(name="line_discount", type=MONEY, description="Discount that the source gives per line"),
        Column(name="order_discount_alloc", type=MONEY, description="Share of the order's discount"),
        Column(name="freight_alloc", type=MONEY, description="Share of the order's freight"),
        Column(name="tax_alloc", type=MONEY, description="Share of the order's tax"),
        Column(name="fee_alloc", type=MONEY, description="Share of the order's fees"),
        Column(
            name="net_amount",
            type=MONEY,
            description="gross_amount − line_discount − order_discount_alloc",
            nullable=False,
        ),
        Column(name="currency", description="ISO 4217 code", nullable=False),
        Column(name="customer_key", description="HMAC of the customer with the organization's own key"),
        Column(name="channel", description="Sales channel"),
        Column(name="store", description="Store or branch"),
        Column(name="seller", description="Seller"),
        Column(name="payment_method", description="Payment method"),
        Column(name="city", description="Customer city"),
        Column(name="state", description="Customer state"),
        Column(name="country", description="Customer country"),
        Column(name="file_sha256", description="Lineage: the bytes", nullable=False),
        Column(name="record_no", type="int", description="Lineage: record in the file", nullable=False),
        Column(name="landed_seq", type="int", description="Lineage: entry of the landing log", nullable=False),
        Column(
            name="flags",
            type="array<string>",
            description="derived, status_assumed, discount_absent, derived_return, gift, adjustment, …",
            nullable=False,
        ),
        Column(name="extras", type="map<string,string>", description="Unmapped columns, personal data masked"),
        FINGERPRINT,
    ),
    key=("sale_line_id",),
    rules=SALES_RULES,
    settings_read=("locale", "time_zone", "currency"),
    reads=("bronze.sales",),
)

SALES_QUARANTINE = TableContract(
    family=FAMILY,
    layer="silver",
    table="sales_quarantine",
    description="Records that silver could not take, with the reason and the remedy; the bytes are kept.",
    columns=(
        ORG_ID,
        MONTH,
        Column(name="source_id", description="Inbox folder or --source", nullable=False),
        Column(name="file", description="File name as it arrived", nullable=False),
        Column(name="file_sha256", description="The bytes", nullable=False),
        Column(name="landed_seq", type="int", description="Entry of the landing log", nullable=False),
        Column(name="record_no", type="int", description="Record in the file", nullable=False),
        Column(name="column", description="First field that failed", nullable=False),
        Column(name="reason", description="Reason code of that field", nullable=False),
        Column(
            name="failures",
            type="array<string>",
            description="Every CODE:field that failed, in rule order",
            nullable=False,
        ),
        Column(name="text", description="The record's fields, personal data masked", nullable=False),
        Column(name="unit_key", description="Unit of merge", nullable=False),
        FINGERPRINT,
    ),
    key=("landed_seq", "record_no"),
    reads=("bronze.sales",),
    settings_read=SILVER_SALES.settings_read,
)

# Sums that add up over days and over the members of any dimension.
ADDITIVE = (
    Column(name="lines", type="bigint", description="Lines, derived return rows not counted", nullable=False),
    Column(
        name="gross_revenue",
        type=MONEY_SUM,
        description="Paid lines of positive quantity, before discount and freight (R16)",
        nullable=False,
    ),
    Column(
        name="discounts",
        type=MONEY_SUM,
        description="Discounts of paid orders; null where no layout has a discount column",
    ),
    Column(name="returns_amount", type=MONEY_SUM, description="Returns, negative (R18)", nullable=False),
    Column(
        name="net_revenue",
        type=MONEY_SUM,
        description="gross_revenue − discounts + returns_amount",
        nullable=False,
    ),
    Column(name="cancelled_amount", type=MONEY_SUM, description="Cancelled and refused", nullable=False),
    Column(name="open_amount", type=MONEY_SUM, description="Not yet paid", nullable=False),
    Column(name="unknown_amount", type=MONEY_SUM, description="Status text not known", nullable=False),
    Column(
        name="adjustments_amount",
        type=MONEY_SUM,
        description="Stock adjustments, postage and fee rows (R19)",
        nullable=False,
    ),
    Column(name="units", type=MONEY_SUM, description="Quantity of paid positive lines", nullable=False),
    Column(name="gift_units", type=MONEY_SUM, description="Of these, at price 0", nullable=False),
)
ADDITIVE_NAMES = tuple(column.name for column in ADDITIVE)
CURRENCY = Column(name="currency", description="ISO 4217 code; currencies are never added", nullable=False)


def _gold(table: str, description: str, columns: tuple[Column, ...], key: tuple[str, ...]) -> TableContract:
    return TableContract(
        family=FAMILY,
        layer="gold",
        table=table,
        description=description,
        columns=(ORG_ID, MONTH, *columns, FINGERPRINT),
        key=key,
        reads=("silver.sales",),
    )


SALES_MONTH = _gold(
    "sales_month",
    "The month in one row per currency.",
    (
        CURRENCY,
        *ADDITIVE,
        Column(
            name="paid_orders",
            type="bigint",
            description="Distinct (source, store, order) with a paid line of positive quantity",
            nullable=False,
        ),
        Column(
            name="average_ticket",
            type="decimal(28,10)",
            description="Ticket médio: gross of rows with an order id / paid_orders (R20); null without orders",
        ),
    ),
    key=("month", "currency"),
)
SALES_DAILY = _gold(
    "sales_daily",
    "Additive parts per day.",
    (Column(name="date", type="date", description="Civil date", nullable=False), CURRENCY, *ADDITIVE),
    key=("date", "currency"),
)
SALES_PRODUCTS = _gold(
    "sales_products",
    "Products with a paid line of positive quantity.",
    (
        CURRENCY,
        Column(name="product_key", description="sku if present, else the normalised name", nullable=False),
        Column(name="product_name", description="Name on the product's latest line"),
        Column(name="gross_revenue", type=MONEY_SUM, description="Gross of the product", nullable=False),
        Column(name="units", type=MONEY_SUM, description="Units sold", nullable=False),
        Column(
            name="rank",
            type="int",
            description="1 = highest gross; ties by product_key",
            nullable=False,
        ),
    ),
    key=("month", "currency", "product_key"),
)
DIMENSIONS = ("category", "channel", "state", "payment_method", "store")
SALES_BREAKDOWN = _gold(
    "sales_breakdown",
    "Additive parts per member of a dimension; each dimension sums to sales_month.",
    (
        Column(name="dimension", description=", ".join(DIMENSIONS), nullable=False),
        Column(name="value", description="Member; null where the source does not say"),
        CURRENCY,
        *ADDITIVE,
    ),
    key=("month", "dimension", "value", "currency"),
)

SALES_TABLES = (
    BRONZE_SALES,
    SILVER_SALES,
    SALES_QUARANTINE,
    SALES_MONTH,
    SALES_DAILY,
    SALES_PRODUCTS,
    SALES_BREAKDOWN,
)

# Status text, normalised (trimmed, lower case, no accents) → what it means for revenue (R17).
STATUS_WORDS: dict[str, tuple[str, ...]] = {
    "paid": tuple(
        (
            "pago | paga | pagamento aprovado | pagamento confirmado | confirmado | aprovado | "
            "aprovada | autorizado | faturado | faturada | concluido | concluida | finalizado | "
            "entregue | enviado | em transito | a caminho | em separacao | pronto para envio | pronto "
            "para enviar | recebido | liquidado | paid | completed | complete | delivered | shipped | "
            "fulfilled | approved | authorized | captured | settled | invoiced | processing"
        ).split(" | ")
    ),
    "open": tuple(
        (
            "aberto | em aberto | pendente | aguardando | aguardando pagamento | aguardando "
            "confirmacao | em analise | a pagar | a receber | orcamento | rascunho | boleto emitido | "
            "pix gerado | pending | open | awaiting payment | unpaid | created | draft | on hold | "
            "partially paid"
        ).split(" | ")
    ),
    "cancelled": tuple(
        (
            "cancelado | cancelada | cancelamento | venda cancelada | pedido cancelado | anulado | "
            "anulada | inutilizada | denegada | cancelled | canceled | voided | void | unavailable"
        ).split(" | ")
    ),
    "refused": tuple(
        (
            "recusado | recusada | negado | negada | nao autorizado | nao aprovado | falhou | "
            "expirado | expirada | chargeback | contestado | refused | declined | failed | expired | "
            "rejected | denied"
        ).split(" | ")
    ),
    "returned": tuple(
        (
            "devolvido | devolvida | devolucao | estornado | estornada | estorno | reembolsado | "
            "reembolsada | reembolso | troca | returned | refunded | reversed | partially refunded"
        ).split(" | ")
    ),
}
STATUS_OF_WORD = {word: status for status, words in STATUS_WORDS.items() for word in words}
