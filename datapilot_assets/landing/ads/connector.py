"""Fivetran's ads tables as CSV: which table a header is of, and where each column stands in the platform's own object.

Google Ads: the `*_stats` tables. Meta: `basic_ad` and the like (delivery), and their tables of actions.
"""

from __future__ import annotations

import csv
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from datapilot_assets.landing.ads.facts import CONNECTOR, CONNECTOR_NAME
from datapilot_assets.landing.ads.meta import BREAKDOWNS
from datapilot_assets.landing.content import open_unpacked
from datapilot_domain.commands import ACCOUNT_PLACEHOLDER, ads_account_command
from datapilot_domain.findings import Command, found
from datapilot_domain.landing import Notice
from datapilot_domain.organizations import LandingLimits, Organization
from datapilot_domain.reasons import Refusal

# Raise it whenever a table may decode to something else than before: its content gets a new id.
CONNECTOR_VERSION = 1
BOM = b"\xef\xbb\xbf"
_DELIMITERS = ",;\t|"
Place = tuple[str, ...]
_SEGMENTS = (
    "ad_destination_type", "ad_group_criterion_criterion_id", "ad_network_type", "auction_insight_domain",
    "click_type", "conversion_action", "conversion_action_category", "conversion_action_id",
    "conversion_action_name", "conversion_attribution_event_type", "conversion_lag_bucket",
    "conversion_or_adjustment_lag_bucket", "conversion_value_rule_primary_dimension", "device",
    "external_conversion_source", "geo_target_city", "geo_target_country", "geo_target_metro",
    "geo_target_most_specific_location", "geo_target_region", "hour", "keyword_ad_group_criterion",
    "new_versus_returning_customers", "product_item_id", "search_term", "search_term_match_type",
    "sk_ad_network_conversion_value", "slot", "webpage",
)  # fmt: skip
_METRICS = ("impressions", "clicks", "cost_micros", "conversions", "conversions_value")
# Column → place in a row of Google Ads' reports. `ad_group` and `campaign` are names of resources.
_GOOGLE: MappingProxyType[str, Place] = MappingProxyType(
    {
        "date": ("segments", "date"),
        "customer_id": ("customer", "id"),
        "customer": ("customer", "resource_name"),
        "currency_code": ("customer", "currency_code"),
        "time_zone": ("customer", "time_zone"),
        "campaign_id": ("campaign", "id"),
        "campaign_name": ("campaign", "name"),
        "campaign": ("campaign", "resource_name"),
        "ad_group_id": ("ad_group", "id"),
        "ad_group_name": ("ad_group", "name"),
        "ad_group": ("ad_group", "resource_name"),
        "ad_id": ("ad_group_ad", "ad", "id"),
        "ad_name": ("ad_group_ad", "ad", "name"),
        "ad_group_ad": ("ad_group_ad", "resource_name"),
        **{name: ("segments", name) for name in _SEGMENTS},
        **{name: ("metrics", name) for name in _METRICS},
    }
)
# What splits the rows of an entity: these cells are kept where they are empty, too.
_SPLITS = frozenset((*(("segments", name) for name in _SEGMENTS), *((name,) for name in BREAKDOWNS)))
_META_IDS = {"account_id", "campaign_id", "adset_id", "ad_set_id", "ad_id"}
_ACTION = ("action_type", "value")


class Kind(Enum):
    GOOGLE = "google_stats"
    DELIVERY = "meta_delivery"
    ACTIONS = "actions"
    ACTION_VALUES = "action_values"


@dataclass(frozen=True)
class Layout:
    """How a file's rows become objects.

    columns: per column the places at which its cell stands, as names from the object inwards.
    account: of a table that names none, as the source declares it.
    """

    kind: Kind
    delimiter: str
    columns: tuple[tuple[Place, ...], ...]
    account: str | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def recipe(self) -> dict[str, Any]:
        said = {"table": self.kind.value} | ({"account": self.account} if self.account else {})
        return {"decoder": ["ads_connector", CONNECTOR_VERSION], **said}

    def item(self, cells: Sequence[str]) -> dict[str, Any]:
        """The object of a row: every cell as text at its places, empty ones left out unless they split the rows."""
        item: dict[str, Any] = {CONNECTOR: CONNECTOR_NAME}
        for cell, places in zip(cells, self.columns, strict=True):
            for place in places:
                if cell.strip() or place in _SPLITS:
                    _put(item, place, cell)
        if self.account is not None:
            item["account_id"] = self.account
        if self.kind in (Kind.ACTIONS, Kind.ACTION_VALUES):
            item[self.kind.value] = [{name: item[name] for name in _ACTION if name in item}]
            item.pop("value", None)
        return item


def is_connector(path: Path) -> bool:
    """Whether the header, plain or gzip, is that of one of the tables. Never raises."""
    return _header_of(path) is not None


def find_layout(path: Path, *, file_name: str, organization: Organization, source: str) -> Layout | None:
    """The layout of a file, None if it is none of the tables.

    file_name: tells tables of actions from tables of their values, which have the same columns.
    Raises Refusal ADS_TABLE_UNCLEAR, ADS_ACCOUNT_MISSING, ADS_CSV_BROKEN.
    """
    header = _header_of(path)
    if header is None:
        return None
    delimiter, names = header
    if _is_google(names):
        return Layout(Kind.GOOGLE, delimiter, _once(names, _google_places(names)))
    is_delivery = _is_delivery(names)
    kind = Kind.DELIVERY if is_delivery else _kind_of_actions(file_name)
    account = None if "account_id" in names else _declared(organization, source)
    link_clicks = is_delivery and "clicks" not in names and "inline_link_clicks" in names
    notices = (Notice(code="LINK_CLICKS_ONLY", values={}),) if link_clicks else ()
    made = () if is_delivery else (kind.value,)
    columns = _once(names, _meta_places(names, link_clicks), made)
    return Layout(kind, delimiter, columns, account, notices)


def _header_of(path: Path) -> tuple[str, tuple[str, ...]] | None:
    """Delimiter, and names in lower case."""
    try:
        with open_unpacked(path) as file:
            line = file.readline(LandingLimits().max_line_bytes).removeprefix(BOM).decode()
        for delimiter in _DELIMITERS:
            cells = next(csv.reader([line], delimiter=delimiter), [])
            names = tuple(cell.strip().lower() for cell in cells)
            if _is_google(names) or _is_delivery(names) or _is_of_actions(names):
                return delimiter, names
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error):
        return None
    return None


def _is_google(names: Sequence[str]) -> bool:
    return {"customer_id", "date", "cost_micros"} <= {*names}


def _is_delivery(names: Sequence[str]) -> bool:
    return {"date", "account_id", "spend", "impressions"} <= {*names} and "cost_micros" not in names


def _is_of_actions(names: Sequence[str]) -> bool:
    return {"date", *_ACTION} <= {*names} and not _META_IDS.isdisjoint(names)


def _kind_of_actions(file_name: str) -> Kind:
    name = file_name.lower()
    kinds = [kind for kind, part in ((Kind.ACTION_VALUES, "action_value"), (Kind.ACTIONS, "actions")) if part in name]
    if len(kinds) != 1:
        raise Refusal("ADS_TABLE_UNCLEAR", "actions_or_values", file=file_name)
    return kinds[0]


def _declared(organization: Organization, source: str) -> str:
    account = organization.source(source).ads_account
    if account is None:
        command = Command(
            purpose=found("to_say_account", name=ACCOUNT_PLACEHOLDER),
            command=ads_account_command(organization.org_id, source),
        )
        raise Refusal("ADS_ACCOUNT_MISSING", "table_without_account", source=source, commands=[command])
    return account


def _google_places(names: Sequence[str]) -> list[tuple[Place, ...]]:
    """`id` and `name` are the campaign's in campaign_stats, the ad group's in ad_group_stats."""
    own: dict[str, Place] = {}
    if "id" in names and {"ad_id", "ad_group_id", "ad_group"}.isdisjoint(names):
        owner = "ad_group" if "campaign_id" in names else "campaign"
        own["id"] = (owner, "id")
        if f"{owner}_name" not in names:
            own["name"] = (owner, "name")
    return [(own.get(name) or _GOOGLE.get(name, (name,)),) for name in names]


def _meta_places(names: Sequence[str], link_clicks: bool) -> list[tuple[Place, ...]]:
    places: dict[str, tuple[Place, ...]] = {"date": (("date_start",), ("date_stop",))}
    for old, new in (("ad_set_id", "adset_id"), ("ad_set_name", "adset_name")):
        if new not in names:
            places[old] = ((new,),)
    if link_clicks:
        places["inline_link_clicks"] = (("inline_link_clicks",), ("clicks",))
    return [places.get(name, ((name,),)) for name in names]


def _once(
    names: Sequence[str], columns: Sequence[tuple[Place, ...]], made: tuple[str, ...] = ()
) -> tuple[tuple[Place, ...], ...]:
    """The columns, if no two cells would stand at one place. Raises Refusal ADS_CSV_BROKEN."""
    taken = Counter([(CONNECTOR,), *((name,) for name in made), *(place for places in columns for place in places)])
    parts = {place[:1] for place in taken if len(place) > 1}
    for name, places in zip(names, columns, strict=True):
        if any(taken[place] > 1 or place in parts for place in places):
            raise Refusal("ADS_CSV_BROKEN", "column_twice", column=name)
    return tuple(columns)


def _put(item: dict[str, Any], place: Place, cell: str) -> None:
    for part in place[:-1]:
        item = item.setdefault(part, {})
    item[place[-1]] = cell
