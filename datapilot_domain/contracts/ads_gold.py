"""Gold of ads: what campaigns cost and brought, by month and by ISO week; and ads beside sales, by month."""

from __future__ import annotations

from datapilot_domain.contracts.ads import (
    ADS_QUARANTINE,
    BRONZE_GOOGLE_ADS,
    BRONZE_META_ADS,
    FAMILY,
    SILVER_ADS_INSIGHTS,
)
from datapilot_domain.contracts.table import FINGERPRINT, MONTH, ORG_ID, Column, TableContract

# Quotients of summed parts (R30): ten places, rounded half away from zero.
RATIO = "decimal(28,10)"
AMOUNT_SUM = "decimal(28,6)"
MARKETING = "marketing"

_CAMPAIGN = (
    Column(name="platform", description="meta or google", nullable=False),
    Column(name="account_id", description="Ad account, digits only", nullable=False),
    Column(name="campaign_id", description="Campaign; null where only the whole account was reported"),
    Column(name="campaign_name", description="Its newest name among the rows counted"),
    Column(name="currency", description="ISO 4217 code of the account", nullable=False),
)
_MEASURES = (
    Column(name="impressions", type="bigint", description="Times shown", nullable=False),
    Column(name="clicks", type="bigint", description="Clicks of any kind", nullable=False),
    Column(name="spend", type=AMOUNT_SUM, description="Cost in `currency`", nullable=False),
    Column(name="conversions", type=AMOUNT_SUM, description="Conversions, provisional ones included", nullable=False),
    Column(name="conversion_value", type=AMOUNT_SUM, description="Value that the platform claims", nullable=False),
    Column(
        name="provisional_conversions",
        type=AMOUNT_SUM,
        description="Of them those of days that were inside the attribution window when extracted (R29)",
        nullable=False,
    ),
    Column(name="ctr", type=RATIO, description="clicks / impressions, a fraction; null without impressions"),
    Column(name="cpc", type=RATIO, description="spend / clicks; null without clicks"),
    Column(name="cpm", type=RATIO, description="1000 × spend / impressions; null without impressions"),
    Column(name="cost_per_conversion", type=RATIO, description="spend / conversions; null without conversions"),
    Column(name="roas_claimed", type=RATIO, description="conversion_value / spend; null without spend (R36)"),
)

CAMPAIGN_MONTH = TableContract(
    family=FAMILY,
    layer="gold",
    table="campaign_month",
    version=2,
    description="What each campaign cost and brought in the month, by the platform's own account.",
    columns=(ORG_ID, MONTH, *_CAMPAIGN, *_MEASURES, FINGERPRINT),
    key=("month", "platform", "account_id", "campaign_id", "currency"),
    reads=("silver.ads_insights",),
)

CAMPAIGN_WEEK = TableContract(
    family=FAMILY,
    layer="gold",
    table="campaign_week",
    version=2,
    description="The same by ISO week, whole across month ends; a week stands in the month of its Thursday (R31).",
    columns=(
        ORG_ID,
        MONTH,
        Column(name="iso_week", description="ISO year and week, as in 2024-W05", nullable=False),
        *_CAMPAIGN,
        *_MEASURES,
        Column(
            name="is_partial",
            type="boolean",
            description="Not all seven days are covered by extractions of the account",
            nullable=False,
        ),
        FINGERPRINT,
    ),
    key=("iso_week", "platform", "account_id", "campaign_id", "currency"),
    reads=("silver.ads_insights",),
    days_read=3,
)

MARKETING_MONTH = TableContract(
    family=MARKETING,
    layer="gold",
    table="marketing_month",
    description="Ads beside the organization's own sales: claimed and verified return, per currency (R36).",
    columns=(
        ORG_ID,
        MONTH,
        Column(name="currency", description="ISO 4217 code", nullable=False),
        Column(name="spend", type=AMOUNT_SUM, description="Cost of all ads; null in a month without ads data"),
        Column(name="conversion_value", type=AMOUNT_SUM, description="Value that the platforms claim"),
        Column(name="gross_revenue", type="decimal(28,4)", description="Sales of the month; null without sales data"),
        Column(
            name="gross_revenue_covered",
            type="decimal(28,4)",
            description="Sales of the days that the ads data cover; null without sales data",
        ),
        Column(name="roas_claimed", type=RATIO, description="conversion_value / spend; null without spend"),
        Column(
            name="roas_verified", type=RATIO, description="gross_revenue_covered / spend; null without spend or sales"
        ),
        Column(
            name="roas_verified_absent",
            description="Why roas_verified is null: NO_ADS_DATA, NO_SPEND or NO_SALES_DATA",
        ),
        Column(name="ads_days", type="int", description="Days of the month that the ads data cover", nullable=False),
        Column(name="sales_days", type="int", description="Days of the month with sales rows", nullable=False),
        Column(name="is_partial", type="boolean", description="ads_days < days of the month", nullable=False),
        FINGERPRINT,
    ),
    key=("month", "currency"),
    reads=("gold.campaign_month", "gold.sales_daily", "gold.sales_month"),
)

ADS_TABLES: tuple[TableContract, ...] = (
    BRONZE_META_ADS,
    BRONZE_GOOGLE_ADS,
    SILVER_ADS_INSIGHTS,
    ADS_QUARANTINE,
    CAMPAIGN_MONTH,
    CAMPAIGN_WEEK,
)
MARKETING_TABLES: tuple[TableContract, ...] = (MARKETING_MONTH,)
