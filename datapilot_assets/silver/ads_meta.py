"""What an object of Meta's insights says. Its numbers are texts; ids may be written as numbers."""

from __future__ import annotations

from datapilot_assets.silver.ads_reading import Reading, text
from datapilot_domain.contracts.ads import AMOUNT

_ACTIONS = "array<struct<action_type: string, value: string>>"
_FIELDS = (
    *("spend", "impressions", "clicks", "account_currency", "attribution_setting"),
    "connector",
    *("campaign_id", "campaign_name", "adset_id", "adset_name", "ad_id", "ad_name", "misshapen"),
)
# Meta leaves lists of actions out where there was none, so their absence is zero on an object that says anything.
_SAYS = (
    "(coalesce(meta.spend, meta.impressions, meta.clicks) IS NOT NULL"
    " OR meta.actions IS NOT NULL OR meta.action_values IS NOT NULL)"
)


def _says(actions: str) -> str:
    """Of a connector's tables only those of actions count them, so that elsewhere their absence says nothing."""
    return f"CASE WHEN meta.connector IS NOT NULL THEN {actions} IS NOT NULL ELSE {_SAYS} END"


def _counted(actions: str) -> str:
    """Sum over the actions of `conversion_types`, exact; null if one is unreadable.

    `value` is the total under the attribution setting; `7d_click` and the like split it by window and are not
    read. An action that happened only in a window outside the setting has them alone: no value, so none to count.
    """
    value = text("action.value")
    number = f"CASE WHEN {value} IS NULL THEN 0 ELSE try_cast({value} AS decimal(28,10)) END"
    counts = f"filter(coalesce({actions}, array()), action -> array_contains(conversion_types, action.action_type))"
    zero = "cast(0 AS decimal(30,10))"
    added = f"aggregate({counts}, {zero}, (total, action) -> try_cast(total + {number} AS decimal(30,10)))"
    return f"CASE WHEN {_says(actions)} THEN try_cast({added} AS {AMOUNT}) END"


META = Reading(
    schema=", ".join([*(f"{name} string" for name in _FIELDS), f"actions {_ACTIONS}", f"action_values {_ACTIONS}"]),
    reads={
        "spend_text": text("meta.spend"),
        "impressions": text("meta.impressions"),
        "clicks": text("meta.clicks"),
        "spend": f"try_cast({text('meta.spend')} AS {AMOUNT})",
        "conversions": _counted("meta.actions"),
        "conversion_value": _counted("meta.action_values"),
        "has_conversions": _says("meta.actions"),
        "has_conversion_value": _says("meta.action_values"),
        "is_misshapen": "meta.misshapen IS NOT NULL",
        "campaign_id": text("meta.campaign_id"),
        "campaign_name": text("meta.campaign_name"),
        "ad_group_id": text("meta.adset_id"),
        "ad_group_name": text("meta.adset_name"),
        "ad_id": text("meta.ad_id"),
        "ad_name": text("meta.ad_name"),
        "currency": text("meta.account_currency"),
        "time_zone": "cast(NULL AS string)",
        "attribution_window": text("meta.attribution_setting"),
    },
)
