"""Google Ads: what a row of its reports is about, in REST's camelCase or the connectors' snake_case."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from datapilot_assets.landing.ads.facts import (
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

PLATFORM = "google"
_PARTS = frozenset(("metrics", "segments", "customer", "campaign", "adGroup", "ad_group", "adGroupAd", "ad_group_ad"))
# They repeat what the date says.
_OF_THE_DATE = {"date", "week", "month", "quarter", "year", "day_of_week", "month_of_year"}
_RESOURCE = re.compile(r"customers/(\d+)(?:/\w+/(?:\d+~)*(\d+))?", re.ASCII)
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def is_google(item: dict[str, Any]) -> bool:
    """Whether the object looks like a row of a Google Ads report, a summary row included."""
    return any(isinstance(item[name], dict) for name in _PARTS.intersection(item))


def google_fact(item: dict[str, Any]) -> AdsFact:
    """Ids that were not asked for are read from the resource names, which every row has.

    Views (`search_term_view` and the like) split the rows of an entity as segments do, and are breakdowns.
    Raises Unfit: ADS_NOT_DAILY_ROW, ADS_MULTI_DAY, ADS_ACCOUNT_MISSING.
    """
    parts = {_snake(name): _snaked(value) for name, value in item.items() if isinstance(value, dict)}
    segments, customer, campaign = (parts.get(name, {}) for name in ("segments", "customer", "campaign"))
    ad_group, ad = parts.get("ad_group", {}), parts.get("ad_group_ad", {})
    named = [part["resource_name"] for part in parts.values() if "resource_name" in part]
    ids = {
        "ad": read_id(_snaked(ad.get("ad")).get("id"), "ad_group_ad.ad.id") or _id_in(ad.get("resource_name")),
        "ad_group": read_id(ad_group.get("id"), "ad_group.id") or _id_in(ad_group.get("resource_name")),
        "campaign": read_id(campaign.get("id"), "campaign.id")
        or _id_in(campaign.get("resource_name"))
        or _id_in(ad_group.get("campaign")),
    }
    if not (customer or named or any(ids.values())):
        raise Unfit("ADS_NOT_DAILY_ROW", "customer", found("entity_unnamed"))
    if segments.get("date") is None:
        raise Unfit("ADS_MULTI_DAY", "segments.date", found("day_not_asked"))
    account = read_account(customer.get("id") or _account_in(named), "customer.id")
    level = next((level for level, found in ids.items() if found), "account")
    breakdowns = {name: read_breakdown(value) for name, value in segments.items() if name not in _OF_THE_DATE}
    breakdowns |= {name: read_text(part.get("resource_name")) for name, part in parts.items() if name.endswith("_view")}
    return AdsFact(
        platform=PLATFORM,
        account_id=account,
        level=level,
        entity_id=ids.get(level) or account,
        reported_on=read_day(segments["date"], "segments.date"),
        campaign_id=ids["campaign"],
        campaign_name=read_text(campaign.get("name")),
        currency=read_text(customer.get("currency_code")),
        time_zone=read_text(customer.get("time_zone")),
        breakdowns=split_by(breakdowns, item),
    )


def google_page(around: dict[str, Any]) -> Page:
    """A page says only whether another one follows."""
    token = read_text(around.get("nextPageToken", around.get("next_page_token")))
    return Page(after=token, has_next=token is not None)


def google_total(around: dict[str, Any]) -> int | None:
    """Objects on all pages together, where the report was asked to say it."""
    total = read_text(around.get("totalResultsCount", around.get("total_results_count")))
    return int(total) if total is not None and total.isdecimal() else None


def _account_in(named: list[Any]) -> str | None:
    found = (_RESOURCE.match(name) for name in named if isinstance(name, str))
    return next((match[1] for match in found if match), None)


def _id_in(resource_name: Any) -> str | None:
    found = _RESOURCE.fullmatch(resource_name) if isinstance(resource_name, str) else None
    return found[2] if found else None


def _snaked(part: Any) -> dict[str, Any]:
    return {_snake(name): value for name, value in part.items()} if isinstance(part, dict) else {}


@lru_cache(4096)
def _snake(name: str) -> str:
    """`adNetworkType` → `ad_network_type`; what is written so already stays."""
    return _CAPITAL.sub("_", name).lower()
