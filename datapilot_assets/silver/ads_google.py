"""What a row of a Google Ads report says, in REST's camelCase or the connectors' snake_case."""

from __future__ import annotations

from datapilot_assets.silver.ads_reading import Reading, text, whole_number
from datapilot_domain.contracts.ads import AMOUNT

_ENTITY = "struct<id: string, name: string, resourceName: string, resource_name: string, campaign: string>"
_AD = "struct<ad: struct<id: string, name: string>, resourceName: string, resource_name: string>"
_SCHEMA = {
    "customer": "struct<currencyCode: string, currency_code: string, timeZone: string, time_zone: string>",
    "campaign": _ENTITY,
    "adGroup": _ENTITY,
    "ad_group": _ENTITY,
    "adGroupAd": _AD,
    "ad_group_ad": _AD,
    "metrics": "struct<impressions: string, clicks: string, costMicros: string, cost_micros: string,"
    " conversions: string, conversionsValue: string, conversions_value: string>",
    "misshapen": "string",
}


def _named(*resources: str) -> str:
    """Id at the end of a resource name, as in customers/5550001111/adGroupAds/22~33; null if there is none."""
    names = ", ".join(f"google.{resource}" for resource in resources)
    return f"nullif(regexp_extract(coalesce({names}), '^customers/[0-9]+/[A-Za-z]+/(?:[0-9]+~)*([0-9]+)$', 1), '')"


def _resource(part: str) -> str:
    return _named(f"{part}.resourceName", f"{part}.resource_name")


_COST = text("google.metrics.costMicros", "google.metrics.cost_micros")
_CONVERSIONS = text("google.metrics.conversions")
_VALUE = text("google.metrics.conversionsValue", "google.metrics.conversions_value")

GOOGLE = Reading(
    schema=", ".join(f"{name} {ddl}" for name, ddl in _SCHEMA.items()),
    reads={
        "spend_text": _COST,
        "impressions": text("google.metrics.impressions"),
        "clicks": text("google.metrics.clicks"),
        # Decimals by a whole number: exact, a million has six zeros.
        "spend": f"try_cast(cast({whole_number(_COST)} AS decimal(19,0)) / 1000000 AS {AMOUNT})",
        "conversions": f"try_cast({_CONVERSIONS} AS {AMOUNT})",
        "conversion_value": f"try_cast({_VALUE} AS {AMOUNT})",
        "has_conversions": f"{_CONVERSIONS} IS NOT NULL",
        "has_conversion_value": f"{_VALUE} IS NOT NULL",
        "is_misshapen": "google.misshapen IS NOT NULL",
        "campaign_id": f"coalesce({text('google.campaign.id')}, {_resource('campaign')},"
        f" {_named('adGroup.campaign', 'ad_group.campaign')})",
        "campaign_name": text("google.campaign.name"),
        "ad_group_id": f"coalesce({text('google.adGroup.id', 'google.ad_group.id')},"
        f" {_resource('adGroup')}, {_resource('ad_group')})",
        "ad_group_name": text("google.adGroup.name", "google.ad_group.name"),
        "ad_id": f"coalesce({text('google.adGroupAd.ad.id', 'google.ad_group_ad.ad.id')},"
        f" {_resource('adGroupAd')}, {_resource('ad_group_ad')})",
        "ad_name": text("google.adGroupAd.ad.name", "google.ad_group_ad.ad.name"),
        "currency": text("google.customer.currencyCode", "google.customer.currency_code"),
        "time_zone": text("google.customer.timeZone", "google.customer.time_zone"),
        "attribution_window": "cast(NULL AS string)",
    },
)
