"""Meta: what an object of its insights is about, and where a page of them stands."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from datapilot_assets.landing.ads.facts import (
    CONNECTOR,
    AdsFact,
    Unfit,
    read_account,
    read_breakdown,
    read_day,
    read_id,
    read_text,
    split_by,
)
from datapilot_domain.extractions import Page
from datapilot_domain.findings import found

PLATFORM = "meta"
# Documented breakdowns of insights; those of actions stand inside the actions and split no object.
BREAKDOWNS = (
    "ad_format_asset", "age", "app_id", "body_asset", "call_to_action_asset", "coarse_conversion_value",
    "country", "description_asset", "device_platform", "dma", "fidelity_type", "frequency_value", "gender",
    "hourly_stats_aggregated_by_advertiser_time_zone", "hourly_stats_aggregated_by_audience_time_zone", "hsid",
    "image_asset", "impression_device", "is_conversion_id_modeled", "landing_destination", "link_url_asset",
    "mdsa_landing_destination", "media_asset_url", "media_creator", "media_destination_url", "media_format",
    "media_origin_url", "media_text_content", "place_page_id", "platform_position", "postback_sequence_index",
    "product_id", "publisher_platform", "redownload", "region", "rule_asset", "skan_campaign_id",
    "skan_conversion_id", "skan_version", "title_asset", "user_persona_id", "user_persona_name",
    "user_segment_key", "video_asset",
)  # fmt: skip
_BREAKDOWNS = frozenset(BREAKDOWNS)
_DAYS = {"date_start", "date_stop"}
_LEVELS = (("ad", "ad_id"), ("ad_group", "adset_id"), ("campaign", "campaign_id"))
_IDS = {"account_id", *(name for _, name in _LEVELS)}
_METRICS = {"impressions", "clicks", "spend", "reach", "actions", "action_values"}
_API_VERSION = re.compile(r"/(v\d+(?:\.\d+)?)/", re.ASCII)


def is_meta(item: dict[str, Any]) -> bool:
    """Whether the object looks like one of Meta's insights, a summary of them included."""
    if not _DAYS.isdisjoint(item):
        return True
    return not _IDS.isdisjoint(item) and not _METRICS.isdisjoint(item)


def meta_fact(item: dict[str, Any]) -> AdsFact:
    """Raises Unfit: ADS_NOT_DAILY_ROW, ADS_MULTI_DAY, ADS_ACCOUNT_MISSING."""
    first, last = item.get("date_start"), item.get("date_stop")
    if first is None:
        raise Unfit("ADS_NOT_DAILY_ROW", "date_start", found("day_unnamed"))
    day = read_day(first, "date_start")
    if last != first:
        raise Unfit("ADS_MULTI_DAY", "date_stop", found("days_differ", last=repr(last), first=repr(first)))
    account = read_account(item.get("account_id"), "account_id")
    ids = {level: read_id(item.get(name), name) for level, name in _LEVELS}
    level = next((level for level, found in ids.items() if found), "account")
    breakdowns = {name: read_breakdown(item[name]) for name in _BREAKDOWNS.intersection(item)}
    return AdsFact(
        platform=PLATFORM,
        account_id=account,
        level=level,
        entity_id=ids.get(level) or account,
        reported_on=day,
        campaign_id=ids["campaign"],
        campaign_name=read_text(item.get("campaign_name")),
        currency=read_text(item.get("account_currency")),
        breakdowns=split_by(breakdowns, item) | _by_action(item),
        action_types=_action_types(item),
        attribution_window=read_text(item.get("attribution_setting")),
    )


def meta_page(around: dict[str, Any]) -> Page:
    """Where the page stands: by its cursors, and by the addresses of its neighbours."""
    paging = _object(around.get("paging"))
    cursors = _object(paging.get("cursors"))
    following, preceding = read_text(paging.get("next")), read_text(paging.get("previous"))
    return Page(
        before=read_text(cursors.get("before")) or _cursor(preceding, "before"),
        after=read_text(cursors.get("after")) or _cursor(following, "after"),
        has_previous=preceding is not None,
        has_next=following is not None,
    )


def meta_api_version(around: dict[str, Any]) -> str | None:
    """`v23.0`, as the address of a neighbouring page says."""
    paging = _object(around.get("paging"))
    for name in ("next", "previous"):
        version = _API_VERSION.search(read_text(paging.get(name)) or "")
        if version:
            return version[1]
    return None


def _cursor(address: str | None, name: str) -> str | None:
    """Only the cursor: addresses of pages may carry the sender's access token."""
    return next(iter(parse_qs(urlsplit(address).query).get(name, [])), None) if address else None


def _by_action(item: dict[str, Any]) -> dict[str, str]:
    """A connector's rows of actions and of their values are sets of their own, beside one another and the delivery."""
    of_values = isinstance(item.get("action_values"), list)
    if CONNECTOR not in item or not (of_values or isinstance(item.get("actions"), list)):
        return {}
    action = read_text(item.get("action_type"))
    if action is None:
        raise Unfit("ADS_NOT_DAILY_ROW", "action_type", found("action_unnamed"))
    return {"action_value_type" if of_values else "action_type": action}


def _action_types(item: dict[str, Any]) -> frozenset[str]:
    lists = [item[name] for name in ("actions", "action_values") if isinstance(item.get(name), list)]
    named = [action.get("action_type") for each in lists for action in each if isinstance(action, dict)]
    return _names(frozenset(name for name in named if isinstance(name, str)))


@lru_cache(4096)
def _names(written: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in map(read_text, written) if name)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
