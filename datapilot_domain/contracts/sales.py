"""Sales: bronze (the files' records as text) → silver (lines) and its quarantine."""

from __future__ import annotations

from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.contracts.table import FINGERPRINT, MONTH, ORG_ID, QUARANTINE, Column, Rule, TableContract

FAMILY = "sales"
MONEY = "decimal(18,4)"

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
    Column(name="is_copy", type="boolean", description="Equal to an earlier row under the same explicit line number"),
    Column(name="line_number", type="int", description="Explicit line number, null where it does not tell lines apart"),
    Column(name="order_key", description="Identity of the order: its number, with till and date where numbers restart"),
    Column(name="status_raw", description="Status text that decides"),
    Column(name="sale_status", description="paid, open, cancelled, refused, returned, unknown (R17)"),
    Column(name="currency_code", description="ISO 4217 code of the currency text; null for none or an unknown one"),
    Column(name="gross_alloc", type=MONEY, description="Value of a record of an order-level file (R15)"),
    Column(name="line_discount_alloc", type=MONEY, description="Discount that the source gives per line"),
    Column(name="order_discount_alloc", type=MONEY, description="Share of the order's discount, counted once (R15)"),
    Column(name="freight_alloc", type=MONEY, description="Share of the order's freight"),
    Column(name="tax_alloc", type=MONEY, description="Share of the order's tax"),
    Column(name="fee_alloc", type=MONEY, description="Share of the order's fees"),
    Column(name="refund_alloc", type=MONEY, description="Share of the order's refund; null when it has none"),
    Column(name="unreadable", type="array<string>", description="Fields beside revenue whose text is no number"),
    Column(name="customer_key", description="HMAC of the customer with the organization's own key"),
    Column(name="defect", description="CODE:field that the decoder found, null when the record is whole"),
    Column(name="extras", type="map<string,string>", description="Columns that no field of the contract takes"),
)

BRONZE_SALES = TableContract(
    family=FAMILY,
    layer="bronze",
    table="sales",
    version=2,
    description="Records of accepted files as text, one row per record, with what landing decided about each.",
    columns=(MONTH, *_DECIDED, *SALES_FIELDS),
    key=("content_id", "record_no"),
)

EVENT_TYPES = ("sale", "return", "cancellation", "adjustment")
STATUSES = ("paid", "open", "cancelled", "refused", "returned", "unknown")

# Conditions read the candidate row: typed columns under their silver names, source text under `raw`, source
# numbers under `number`, what the layout has under `has`, and `arrived_on` (organization-local date of arrival of
# the file). They are written in the SQL that Spark and DuckDB share: landing asks the ERROR rules which lines will
# stand, before it spreads an order's amounts over them.
SALES_RULES = (
    Rule(code="RECORD_SHAPE", column="record", condition="defect IS NOT NULL"),
    Rule(code="DATE_MISSING", column="sold_at", condition="sold_on IS NULL AND raw.sold_at IS NULL"),
    Rule(code="DATE_UNREADABLE", column="sold_at", condition="sold_on IS NULL AND raw.sold_at IS NOT NULL"),
    Rule(
        code="DATE_OUTSIDE_CALENDAR",
        column="sold_at",
        condition="substr(CAST(sold_on AS STRING), 1, 7) <> month OR sold_on > arrived_on + 1",
    ),
    Rule(
        code="QUANTITY_UNREADABLE",
        column="quantity",
        condition="quantity IS NULL AND raw.quantity IS NOT NULL",
    ),
    Rule(
        code="QUANTITY_MISSING",
        column="quantity",
        # A column that the layout does not have is null (R12); an order-level value has no quantity to miss.
        condition="has.quantity AND NOT has.order_level AND quantity IS NULL AND raw.quantity IS NULL",
    ),
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
        code="AMOUNT_UNREADABLE",
        column="order_total",
        condition="has.order_level AND gross_amount IS NULL"
        " AND (raw.order_total IS NOT NULL OR raw.order_subtotal IS NOT NULL)",
    ),
    Rule(
        code="AMOUNT_MISSING",
        column="line_amount",
        condition="NOT has.order_level AND raw.line_amount IS NULL AND raw.unit_price IS NULL",
    ),
    Rule(
        code="AMOUNT_MISSING",
        column="order_total",
        condition="has.order_level AND raw.order_total IS NULL AND raw.order_subtotal IS NULL",
    ),
    Rule(
        code="SIGN_CONFLICT",
        column="quantity",
        # A correction may take money away by a positive quantity.
        condition="event_type <> 'adjustment' AND sign(quantity) * sign(gross_amount) < 0",
    ),
    Rule(
        code="CURRENCY_UNKNOWN",
        column="currency",
        condition="raw.currency IS NOT NULL AND currency_code IS NULL",
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
        code="DISCOUNT_EXCEEDS_GROSS",
        column="order_discount",
        # The cents that rounding leaves to the last line are no excess.
        condition="event_type = 'sale' AND gross_amount > 0"
        " AND coalesce(line_discount, 0) + coalesce(order_discount_alloc, 0) > gross_amount + 0.05",
        severity="WARN",
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
    version=2,
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
        Column(
            name="quantity",
            type=MONEY,
            description="Quantity; negative on returns; null where the file has none and none is assumed",
        ),
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
            description="derived, status_assumed, quantity_assumed, discount_absent, derived_return, gift, …",
            nullable=False,
        ),
        Column(name="extras", type="map<string,string>", description="Unmapped columns, personal data masked"),
        FINGERPRINT,
    ),
    key=("sale_line_id",),
    rules=SALES_RULES,
    settings_read=("locale", "time_zone", "currency"),
    roles_read="off",
    reads=("bronze.sales",),
)

SALES_QUARANTINE = TableContract(
    family=FAMILY,
    layer="silver",
    table="sales_quarantine",
    version=2,
    description="Records that silver could not take, with the reason and the remedy; the bytes are kept.",
    columns=QUARANTINE,
    key=("landed_seq", "record_no"),
    reads=("bronze.sales",),
    settings_read=SILVER_SALES.settings_read,
    roles_read="off",
)
