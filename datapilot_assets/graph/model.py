"""What the graph holds: nodes shared by the months of an organization, relationships that each belong to one month."""

from __future__ import annotations

from dataclasses import dataclass

# Raise it whenever the rows or the statements change: every month is then loaded again.
VERSION = 1


@dataclass(frozen=True)
class Relationship:
    """`(start)-[:name]->(end)`. Its properties are org_id, month, generation and those of its rows."""

    name: str
    start: str
    end: str


# Facts of a product and of a campaign in a month stand on their way to the Month, so that a month changes as a whole.
SOLD_IN = Relationship("SOLD_IN", "Product", "Month")
PLACED_IN = Relationship("PLACED_IN", "Product", "Month")
RAN_IN = Relationship("RAN_IN", "Campaign", "Month")
PURCHASED = Relationship("PURCHASED", "Customer", "Product")
BOUGHT_WITH = Relationship("BOUGHT_WITH", "Product", "Product")
SOLD_THROUGH = Relationship("SOLD_THROUGH", "Product", "Channel")
OF_CATEGORY = Relationship("OF_CATEGORY", "Product", "Category")

RELATIONSHIPS = (SOLD_IN, PLACED_IN, RAN_IN, PURCHASED, BOUGHT_WITH, SOLD_THROUGH, OF_CATEGORY)
# Nodes that stay while any month holds them.
SHARED = ("Product", "Customer", "Channel", "Category", "Campaign")
# Month: which generation of its relationships counts. Organization: which load may write.
LABELS = ("Organization", "Month", *SHARED)
# The tables of a month that the graph is made from.
READS = (
    "silver.sales",
    "gold.sales_products",
    "gold.product_affinity",
    "gold.product_centrality",
    "gold.campaign_month",
)
