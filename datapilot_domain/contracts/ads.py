"""Ads: bronze (the platforms' raw objects) → silver (daily insights, campaigns) and their quarantine."""

from __future__ import annotations

from datapilot_domain.contracts.table import FINGERPRINT, MONTH, ORG_ID, QUARANTINE, Column, Rule, TableContract

FAMILY = "ads"
# Micros have six places; Meta writes at most two.
AMOUNT = "decimal(18,6)"
RATE = "decimal(18,8)"
PLATFORMS = ("meta", "google")
# From the widest to the narrowest; Meta's ad sets are Google's ad groups.
LEVELS = ("account", "campaign", "ad_group", "ad")

_BRONZE_COLUMNS = (
    MONTH,
    Column(name="content_id", description="sha256 of the bytes + hash of the recipe", nullable=False),
    Column(name="record_no", type="int", description="Object in the file, from 1", nullable=False),
    Column(name="reported_on", type="date", description="Day in the ad account's time zone (R32)", nullable=False),
    Column(name="account_id", description="Ad account, digits only", nullable=False),
    Column(name="level", description="account, campaign, ad_group or ad: the narrowest entity named", nullable=False),
    Column(name="entity_id", description="Id of the entity of that level", nullable=False),
    Column(
        name="breakdowns",
        type="map<string,string>",
        description="Segments beside the day, as the platform names them",
        nullable=False,
    ),
    Column(
        name="unit_key",
        description="Hash of platform, account, level, entity, day and every breakdown (R27)",
        nullable=False,
    ),
    Column(name="is_copy", type="boolean", description="Equal to an earlier object of the file", nullable=False),
    Column(name="raw", description="The object as the platform wrote it (JSON)", nullable=False),
)


def _bronze(platform: str, name: str) -> TableContract:
    return TableContract(
        family=FAMILY,
        layer="bronze",
        table=f"{platform}_ads",
        description=f"Daily objects of {name} as they were sent, one row per object.",
        columns=_BRONZE_COLUMNS,
        key=("content_id", "record_no"),
    )


BRONZE_META_ADS = _bronze("meta", "Meta insights")
BRONZE_GOOGLE_ADS = _bronze("google", "Google Ads")
BRONZE_ADS = {"meta": BRONZE_META_ADS, "google": BRONZE_GOOGLE_ADS}

# Conditions read the candidate row of silver; what the platform wrote stands under `raw`.
ADS_RULES = (
    Rule(code="SPEND_UNREADABLE", column="spend", condition="raw.spend IS NOT NULL AND spend IS NULL"),
    Rule(
        code="COUNT_UNREADABLE", column="impressions", condition="raw.impressions IS NOT NULL AND impressions IS NULL"
    ),
    Rule(code="COUNT_UNREADABLE", column="clicks", condition="raw.clicks IS NOT NULL AND clicks IS NULL"),
    Rule(code="CONVERSIONS_UNREADABLE", column="conversions", condition="conversions_unreadable"),
    Rule(code="MEASURE_NEGATIVE", column="spend", condition="spend < 0 OR impressions < 0 OR clicks < 0"),
)

SILVER_ADS_INSIGHTS = TableContract(
    family=FAMILY,
    layer="silver",
    table="ads_insights",
    description="What an entity of an ad account did on a day: typed, of the newest extraction that covers the day.",
    columns=(
        ORG_ID,
        MONTH,
        Column(name="source_id", description="Inbox folder or --source", nullable=False),
        Column(name="platform", description="meta or google", nullable=False),
        Column(name="account_id", description="Ad account, digits only", nullable=False),
        Column(
            name="time_zone", description="Time zone of the account, in which its days are cut (R32)", nullable=False
        ),
        Column(name="level", description="account, campaign, ad_group or ad", nullable=False),
        Column(name="entity_id", description="Id of the entity of that level", nullable=False),
        Column(name="campaign_id", description="Campaign; null on rows of a whole account"),
        Column(name="campaign_name", description="Name that the campaign had then"),
        Column(name="ad_group_id", description="Ad group, Meta's ad set"),
        Column(name="ad_group_name", description="Name that it had then"),
        Column(name="ad_id", description="Ad"),
        Column(name="ad_name", description="Name that it had then"),
        Column(name="reported_on", type="date", description="Day in the account's time zone", nullable=False),
        Column(name="breakdowns", type="map<string,string>", description="Segments beside the day", nullable=False),
        Column(
            name="breakdown_set", description="Names of the segments, joined by commas; empty for none", nullable=False
        ),
        Column(name="impressions", type="bigint", description="Times shown; null where the platform says none"),
        Column(name="clicks", type="bigint", description="Clicks of any kind"),
        Column(name="spend", type=AMOUNT, description="Cost in `currency`, as the platform says"),
        Column(name="conversions", type=AMOUNT, description="Conversions of `conversion_types`; Google counts parts"),
        Column(name="conversion_value", type=AMOUNT, description="Their value in `currency`"),
        Column(
            name="conversion_types",
            type="array<string>",
            description="Action types that count as a conversion (R28); of Google those that the account set up",
            nullable=False,
        ),
        Column(name="attribution_window", description="As the platform says it; null where it does not"),
        Column(
            name="is_provisional",
            type="boolean",
            description="The day was inside the attribution window when it was extracted (R29)",
            nullable=False,
        ),
        Column(name="currency", description="ISO 4217 code of the account", nullable=False),
        Column(
            name="reporting_currency",
            description="ISO 4217 code of the row in gold: the organization's where the day has a rate (R22)",
            nullable=False,
        ),
        Column(
            name="exchange_rate",
            type=RATE,
            description="Units of `reporting_currency` per unit of `currency`; 1 where nothing is converted",
            nullable=False,
        ),
        Column(name="exchange_rate_on", type="date", description="Day of the rate; null where none was used"),
        Column(name="extracted_at", type="timestamp", description="Time of the extraction (R26)", nullable=False),
        Column(name="unit_key", description="Hash of the key (R27)", nullable=False),
        Column(name="file_sha256", description="Lineage: the bytes", nullable=False),
        Column(name="record_no", type="int", description="Lineage: object in the file", nullable=False),
        Column(name="landed_seq", type="int", description="Lineage: entry of the landing log", nullable=False),
        FINGERPRINT,
    ),
    key=("unit_key",),
    version=2,
    rules=ADS_RULES,
    settings_read=("time_zone", "currency", "conversion_types"),
    rates_read=True,
    roles_read="off",
    reads=("bronze.meta_ads", "bronze.google_ads"),
)

ADS_QUARANTINE = TableContract(
    family=FAMILY,
    layer="silver",
    table="ads_quarantine",
    description="Objects that silver could not take, with the reason and the remedy; the bytes are kept.",
    columns=QUARANTINE,
    key=("landed_seq", "record_no"),
    settings_read=SILVER_ADS_INSIGHTS.settings_read,
    roles_read="off",
    reads=SILVER_ADS_INSIGHTS.reads,
)

SILVER_CAMPAIGNS = TableContract(
    family=FAMILY,
    layer="silver",
    table="campaigns",
    description="Campaigns of every ad account, a row per version of the name; the newest one is the current one.",
    columns=(
        ORG_ID,
        Column(name="platform", description="meta or google", nullable=False),
        Column(name="account_id", description="Ad account, digits only", nullable=False),
        Column(name="campaign_id", description="Campaign", nullable=False),
        Column(name="campaign_name", description="Its name in this version"),
        Column(name="currency", description="ISO 4217 code of the account", nullable=False),
        Column(
            name="valid_from",
            type="timestamp",
            description="Time of the first extraction that showed this version",
            nullable=False,
        ),
        FINGERPRINT,
    ),
    key=("platform", "account_id", "campaign_id", "valid_from"),
    scope="organization",
    settings_read=("currency",),
    roles_read="off",
    reads=("bronze.meta_ads", "bronze.google_ads"),
)
