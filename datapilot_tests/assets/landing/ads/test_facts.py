"""What an object of Meta or Google is about: account, entity, day and segments."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from datapilot_assets.landing.ads.facts import AdsFact, Unfit, unit_key
from datapilot_assets.landing.ads.google import google_fact
from datapilot_assets.landing.ads.meta import BREAKDOWNS, meta_fact
from datapilot_tests.assets.landing.ads.reading import google, meta

DAY = dt.date(2024, 1, 22)


def test_meta() -> None:
    fact = meta_fact(
        meta(
            account_id="act_9001",
            account_currency="BRL",
            campaign_name=" Verão ☀️ ",
            attribution_setting="7d_click",
            actions=[{"action_type": "purchase", "value": "1"}, {"action_type": "link_click", "value": "1"}],
            action_values=[{"action_type": "omni_purchase", "value": "1"}],
            age="25-34",
            gender=None,
            image_asset={"id": "77", "hash": "x"},
        )
    )
    assert fact == AdsFact(
        platform="meta",
        account_id="9001",
        level="campaign",
        entity_id="11",
        reported_on=DAY,
        campaign_id="11",
        campaign_name="Verão ☀️",
        currency="BRL",
        breakdowns={"age": "25-34", "image_asset": "77"},
        action_types=frozenset({"purchase", "link_click", "omni_purchase"}),
        attribution_window="7d_click",
    )


def test_google() -> None:
    fact = google_fact(
        google(
            customer={"id": "555-000-1111", "currencyCode": "BRL", "timeZone": "America/Sao_Paulo"},
            campaign={"id": "21", "name": "Marca"},
            segments={"date": "2024-01-22", "week": "2024-01-22", "dayOfWeek": "MONDAY", "adNetworkType": "SEARCH"},
        )
    )
    assert fact == AdsFact(
        platform="google",
        account_id="5550001111",
        level="campaign",
        entity_id="21",
        reported_on=DAY,
        campaign_id="21",
        campaign_name="Marca",
        currency="BRL",
        time_zone="America/Sao_Paulo",
        breakdowns={"ad_network_type": "SEARCH"},
    )


@pytest.mark.rule("R34")
@pytest.mark.parametrize(
    ("camel", "snake"),
    [
        (google(), {**google(), "customer": {"resource_name": "customers/555", "id": 555, "currency_code": "BRL"}}),
        (
            google(
                adGroup={"id": "31"},
                adGroupAd={"ad": {"id": "41"}},
                segments={"date": "2024-01-22", "conversionAction": "c"},
            ),
            google(
                ad_group={"id": 31},
                ad_group_ad={"ad": {"id": 41}},
                segments={"date": "2024-01-22", "conversion_action": "c"},
            ),
        ),
    ],
)
def test_camel_and_snake_case_say_the_same(camel: dict[str, Any], snake: dict[str, Any]) -> None:
    assert google_fact(camel) == google_fact(snake)


@pytest.mark.rule("R27")
@pytest.mark.parametrize(
    ("fact", "level", "entity"),
    [
        (meta_fact(meta(campaign=...)), "account", "9001"),
        (meta_fact(meta(adset_id="31")), "ad_group", "31"),
        (meta_fact(meta(adset_id="31", ad_id="41")), "ad", "41"),
        (meta_fact(meta(campaign=2**63 - 1)), "campaign", "9223372036854775807"),
        (google_fact(google(campaign=...)), "account", "555"),
        (google_fact(google(adGroup={"id": "31"})), "ad_group", "31"),
        (google_fact(google(adGroup={"id": "31"}, adGroupAd={"ad": {"id": "41"}})), "ad", "41"),
        # What was not asked for by id is in the resource names.
        (google_fact(google(campaign={"resourceName": "customers/555/campaigns/22"})), "campaign", "22"),
        (google_fact(google(customer=...)), "campaign", "21"),
        (google_fact(google(adGroupAd={"resourceName": "customers/555/adGroupAds/31~41"})), "ad", "41"),
    ],
)
def test_the_narrowest_entity_is_the_level(fact: AdsFact, level: str, entity: str) -> None:
    assert (fact.level, fact.entity_id) == (level, entity)
    assert fact.account_id in ("9001", "555")


@pytest.mark.rule("R27")
@pytest.mark.parametrize("name", BREAKDOWNS)
def test_every_breakdown_of_meta_is_in_the_key(name: str) -> None:
    plain, split, other = meta_fact(meta()), meta_fact(meta(**{name: "a"})), meta_fact(meta(**{name: "b"}))
    assert split.breakdowns == {name: "a"}
    assert len({unit_key(plain), unit_key(split), unit_key(other)}) == 3


@pytest.mark.rule("R27")
def test_the_key_has_platform_account_level_entity_day_and_segments_but_no_name() -> None:
    base = meta_fact(meta())
    others = [
        meta_fact(meta(account_id="9002")),
        meta_fact(meta(campaign="12")),
        meta_fact(meta(day="2024-01-23")),
        meta_fact(meta(campaign=..., adset_id="11")),
        google_fact(google(customer={"id": "9001"}, campaign={"id": "11"})),
        meta_fact(meta(age="18-24", gender="male")),
        google_fact(google(segments={"date": "2024-01-22", "device": "MOBILE"})),
        google_fact(google()),
        google_fact(google(searchTermView={"resourceName": "customers/555/searchTermViews/21~31~x"})),
    ]
    assert len({unit_key(fact) for fact in (base, *others)}) == 1 + len(others)
    assert unit_key(meta_fact(meta(campaign_name="Another", spend="2"))) == unit_key(base)
    one, same = {"device": "MOBILE", "slot": "TOP"}, {"slot": "TOP", "device": "MOBILE"}
    keys = {unit_key(google_fact(google(segments={"date": "2024-01-22", **said}))) for said in (one, same)}
    assert len(keys) == 1
    # Written in the log and in tables: it must stay what it is.
    assert unit_key(base) == "a5656edcd2842b725e21cce709d0ddac"


def test_half_a_character_does_not_stop_the_file() -> None:
    assert meta_fact(meta(campaign_name="Promo \ud83d")).campaign_name == "Promo \ufffd"


@pytest.mark.rule("R33")
@pytest.mark.reason("ADS_MULTI_DAY", "ADS_NOT_DAILY_ROW", "ADS_ACCOUNT_MISSING")
@pytest.mark.parametrize(
    ("read", "item", "code", "field"),
    [
        (meta_fact, meta(date_stop="2024-01-28"), "ADS_MULTI_DAY", "date_stop"),
        (meta_fact, meta(date_stop=...), "ADS_MULTI_DAY", "date_stop"),
        (meta_fact, meta(date_start=...), "ADS_NOT_DAILY_ROW", "date_start"),
        (meta_fact, meta(day="22/01/2024"), "ADS_NOT_DAILY_ROW", "date_start"),
        (meta_fact, meta(day="2024-02-30"), "ADS_NOT_DAILY_ROW", "date_start"),
        (meta_fact, meta(day="20240122"), "ADS_NOT_DAILY_ROW", "date_start"),
        (meta_fact, meta(account_id=...), "ADS_ACCOUNT_MISSING", "account_id"),
        (meta_fact, meta(account_id="mine"), "ADS_ACCOUNT_MISSING", "account_id"),
        (meta_fact, meta(campaign=Decimal("1.2E17")), "ADS_NOT_DAILY_ROW", "campaign_id"),
        (google_fact, google(segments=...), "ADS_MULTI_DAY", "segments.date"),
        (google_fact, google(segments={"month": "2024-01-01"}), "ADS_MULTI_DAY", "segments.date"),
        (google_fact, google(customer=..., campaign=...), "ADS_NOT_DAILY_ROW", "customer"),
        (google_fact, google(customer=..., campaign={"id": "21"}), "ADS_ACCOUNT_MISSING", "customer.id"),
    ],
)
def test_what_is_no_daily_row_is_unfit(read: Any, item: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Unfit) as unfit:
        read(item)
    assert (unfit.value.code, unfit.value.field) == (code, field)
