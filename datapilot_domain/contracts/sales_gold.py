"""Sales: gold, the KPIs of a month, and the tables of the whole family."""

from __future__ import annotations

from datapilot_domain.contracts.sales import BRONZE_SALES, FAMILY, SALES_QUARANTINE, SILVER_SALES
from datapilot_domain.contracts.table import FINGERPRINT, MONTH, ORG_ID, Column, TableContract

# Sums over many lines keep the scale of a line and gain room.
MONEY_SUM = "decimal(28,4)"

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
    Column(
        name="units",
        type=MONEY_SUM,
        description="Quantity of paid positive lines; null where no file has a quantity",
    ),
    Column(name="gift_units", type=MONEY_SUM, description="Of these, at price 0"),
    Column(
        name="freight",
        type=MONEY_SUM,
        description="Freight of paid orders; null where no layout has a freight column",
    ),
    Column(name="fees", type=MONEY_SUM, description="Fees of paid orders; null where no layout has a fee column"),
)
ADDITIVE_NAMES = tuple(column.name for column in ADDITIVE)
CURRENCY = Column(name="currency", description="ISO 4217 code; currencies are never added", nullable=False)


def _gold(
    table: str, description: str, columns: tuple[Column, ...], key: tuple[str, ...], version: int = 2
) -> TableContract:
    return TableContract(
        family=FAMILY,
        layer="gold",
        table=table,
        description=description,
        columns=(ORG_ID, MONTH, *columns, FINGERPRINT),
        key=key,
        reads=("silver.sales",),
        version=version,
        roles_read="all",
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
        Column(name="units", type=MONEY_SUM, description="Units sold; null where no line of it has a quantity"),
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
SALES_SOURCE_MONTH = _gold(
    "sales_source_month",
    "The month per source, mirrors too, to reconcile them: those whose role is counts sum to sales_month (R25).",
    (
        Column(name="source_id", description="Inbox folder or --source", nullable=False),
        Column(name="role", description="counts, or mirror: shown here and in no other gold table", nullable=False),
        CURRENCY,
        *(column for column in ADDITIVE if column.name in ("gross_revenue", "net_revenue")),
        Column(
            name="paid_orders",
            type="bigint",
            description="Distinct (store, order) with a paid line of positive quantity",
            nullable=False,
        ),
        Column(
            name="compared_orders",
            type="bigint",
            description="Sale orders of any status, where another source that counts has orders in the month too",
            nullable=False,
        ),
        Column(
            name="matched_orders",
            type="bigint",
            description="Of these, found there in the month: by order number, or by date ± 1 day and total",
            nullable=False,
        ),
        Column(name="matched_gross", type=MONEY_SUM, description="gross_revenue of the matched", nullable=False),
        Column(
            name="matched_share",
            type="decimal(11,10)",
            description="matched_orders / compared_orders; null when there is nothing to compare with",
        ),
    ),
    key=("month", "source_id", "currency"),
)

SHARE = "decimal(11,10)"
PRODUCT_AFFINITY = _gold(
    "product_affinity",
    "Pairs of products that at least two paid orders of the month share, with support, confidence and lift.",
    (
        Column(name="product_key", description="The smaller of the two keys", nullable=False),
        Column(name="other_product_key", description="The greater of the two keys", nullable=False),
        Column(name="orders_together", type="bigint", description="Paid orders that have both", nullable=False),
        Column(name="orders", type="bigint", description="Paid orders that have product_key", nullable=False),
        Column(name="other_orders", type="bigint", description="… that have other_product_key", nullable=False),
        Column(
            name="all_orders", type="bigint", description="Paid orders of the month, as in sales_month", nullable=False
        ),
        Column(name="support", type=SHARE, description="orders_together / all_orders", nullable=False),
        Column(name="confidence", type=SHARE, description="orders_together / orders", nullable=False),
        Column(name="other_confidence", type=SHARE, description="orders_together / other_orders", nullable=False),
        Column(
            name="lift",
            type="decimal(28,10)",
            description="orders_together × all_orders / (orders × other_orders): 1 when bought independently",
            nullable=False,
        ),
    ),
    key=("month", "product_key", "other_product_key"),
    version=1,
)
PRODUCT_CENTRALITY = _gold(
    "product_centrality",
    "Place of every product among those bought with it in the month; a product of no pair has no row.",
    (
        Column(name="product_key", description="sku if present, else the normalised name", nullable=False),
        Column(name="orders", type="bigint", description="Paid orders that have it", nullable=False),
        Column(name="degree", type="bigint", description="Products that it makes a pair with", nullable=False),
        Column(
            name="centrality",
            type=SHARE,
            description="PageRank over the pairs, weighted by orders_together; sums to 1 in the month",
            nullable=False,
        ),
        Column(
            name="community",
            type="int",
            description="1 = the community of most products; ties by the smallest product_key",
            nullable=False,
        ),
    ),
    key=("month", "product_key"),
    version=1,
)

SALES_TABLES = (
    BRONZE_SALES,
    SILVER_SALES,
    SALES_QUARANTINE,
    SALES_MONTH,
    SALES_DAILY,
    SALES_PRODUCTS,
    SALES_BREAKDOWN,
    SALES_SOURCE_MONTH,
    PRODUCT_AFFINITY,
    PRODUCT_CENTRALITY,
)
