"""silver.ads_insights: objects as the platforms write them, each rule with one that meets it, refined in one pass."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from datapilot_assets.silver.ads_insights import (
    ADS_ENTRIES,
    ADS_RATES,
    ads_quarantine,
    classify_ads,
    count_fates,
    silver_ads_insights,
)
from datapilot_domain.contracts.ads import ADS_QUARANTINE, BRONZE_ADS, SILVER_ADS_INSIGHTS
from datapilot_resources.lakehouse import arrow_schema
from datapilot_tests.assets.landed import LOST, fingerprints, frame

DAY = dt.date(2024, 1, 22)
PURCHASES = ("link_click", "purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase")
META: dict[str, Any] = {
    "account_id": "9001", "account_currency": "brl", "campaign_id": "7", "campaign_name": " Verão ", "date_start": "x",
    "impressions": "6500", "clicks": "204", "spend": "251.94", "attribution_setting": "7d_click_1d_view",
    "actions": [{"action_type": name, "value": "3", "7d_click": "2"} for name in PURCHASES],
    "action_values": [{"action_type": name, "value": "447.00", "7d_click": "300.00"} for name in PURCHASES],
}  # fmt: skip
GOOGLE = {
    "customer": {"resourceName": "customers/5550001111", "currencyCode": "BRL", "timeZone": "America/Bahia"},
    "campaign": {"resourceName": "customers/5550001111/campaigns/21", "name": "Marca"},
    "adGroup": {"id": "22", "name": "Exata"},
    "metrics": {
        "impressions": "5675", "clicks": "180", "costMicros": "140819886", "conversions": 1.5,
        "conversionsValue": 99.125,
    },
}  # fmt: skip
ENTRY = {
    "org_id": "acme", "source_id": "main", "file_sha256": "s", "extracted_on": dt.date(2024, 2, 12),
    "extracted_at": dt.datetime(2024, 2, 12, tzinfo=dt.timezone.utc), "currency": "USD",
    "time_zone": "America/Sao_Paulo", "conversion_types": [("5550001111", [])], "provisional_days": 30,
}  # fmt: skip
# Another account's choice says nothing of this one's.
OF_ACCOUNTS = [("9000", ["purchase", "link_click"]), ("9001", ["omni_purchase"])]
# What an organization of Brazil keeps of the euro; the dollar has a rate of another day.
RATES = [
    {"currency": currency, "reported_on": day, "reporting_currency": "BRL", "exchange_rate": Decimal(rate),
     "exchange_rate_on": DAY - dt.timedelta(days=2)}
    for currency, day, rate in (("EUR", DAY, "5.38115"), ("USD", DAY - dt.timedelta(days=1), "4.91"))
]  # fmt: skip


class Objects:
    """Objects by a name of their own, which is the unit key too."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {platform: [] for platform in BRONZE_ADS}

    def meta(self, name: str, raw: str | None = None, without: str = "", **values: Any) -> None:
        item = {key: value for key, value in META.items() if key not in without.split()} | values
        facts = {"content_id": "m", "level": "campaign", "account_id": "9001", "entity_id": "7"}
        self._add("meta", name, raw or json.dumps(item, ensure_ascii=False), facts)

    def google(self, name: str, raw: str | None = None, facts: Mapping[str, Any] | None = None, **parts: Any) -> None:
        usual = {"content_id": "g", "level": "ad_group", "account_id": "5550001111", "entity_id": "22"}
        self._add("google", name, raw or json.dumps(GOOGLE | parts), usual | dict(facts or {}))

    def _add(self, platform: str, name: str, raw: str, facts: Mapping[str, Any]) -> None:
        usual = {"month": "2024-01", "reported_on": DAY, "is_copy": name.endswith("copy"), "breakdowns": []}
        rows = self.rows[platform]
        rows.append({**usual, "record_no": len(rows) + 1, "unit_key": name, "raw": raw, **facts})


def _objects() -> Objects:
    objects = Objects()
    objects.meta("usual")
    objects.meta("usual copy")
    objects.meta("lost")
    objects.meta("no actions", without="actions action_values")
    objects.meta("other actions", actions=META["actions"][:1], action_values=[])
    objects.meta("conversions only", without="impressions clicks spend")
    objects.meta("says nothing", without="impressions clicks spend actions action_values account_currency")
    objects.meta("outside window", actions=[{"action_type": "omni_purchase", "1d_view": "1"}])
    objects.meta("zero", spend="0", impressions="10", clicks="0")
    objects.meta("ids", raw='{"spend": "1", "adset_id": 9223372036854775807, "ad_id": 120208123456789012345}')
    objects.meta("numbers", raw='{"spend": 123456789012.345678, "impressions": 9007199254740993, "clicks": 3.0}')
    objects.meta("tiny", raw='{"spend": 1e-6, "clicks": "1", "campaign_name": "10: \\"2.50\\", -3"}')
    values = [{"action_type": "omni_purchase", "value": value} for value in (0.1, "0.2", 123456789.1234567)]
    objects.meta("sums", action_values=values)
    # Rows of a connector's tables: what one of them does not count is unknown, not zero.
    objects.meta("connector delivery", without="actions action_values", connector="fivetran")
    delivery, of = "impressions clicks spend", {"connector": "fivetran"}
    clicked = [{"action_type": "link_click", "value": "3"}]
    objects.meta("connector actions", without=f"{delivery} action_values", **of)
    objects.meta("connector clicks", without=f"{delivery} action_values", **of, actions=clicked)
    objects.meta("connector values", without=f"{delivery} actions", **of)
    objects.google("usual google")
    snake = {"impressions": 5675, "clicks": 180, "cost_micros": 140819886, "conversions": 1.5, "conversions_value": 9}
    objects.google(
        "snake",
        raw=json.dumps(
            {
                "customer": {"currency_code": "EUR", "time_zone": "Europe/Lisbon"},
                "campaign": {"id": 21, "name": "Marca"},
                "ad_group": {"resource_name": "customers/5550001111/adGroups/22", "name": "Exata"},
                "ad_group_ad": {"resource_name": "customers/5550001111/adGroupAds/22~33", "ad": {"name": "A"}},
                "metrics": snake,
            }
        ),
        facts={"breakdowns": [("device", "MOBILE"), ("ad_network_type", "SEARCH")]},
    )
    objects.google("google only conversions", metrics={"conversions": 2}, customer={})
    objects.google("micros", metrics={"costMicros": "9007199254740993", "conversions": "0.1234565"})
    objects.google("oldest provisional", facts={"reported_on": dt.date(2024, 1, 14)})
    objects.google("settled", facts={"reported_on": dt.date(2024, 1, 13)})
    # Quarantine.
    objects.meta("bad spend", spend="1,5")
    objects.meta("bad huge", spend="1234567890123")
    objects.meta("bad impressions", impressions="1.5")
    objects.meta("bad clicks", clicks="many")
    objects.meta("bad value", action_values=[{"action_type": "omni_purchase", "value": "x"}])
    objects.meta("bad list", actions="none")
    objects.meta("bad sign", spend="-0.01", clicks="NaN")
    objects.google("bad micros", metrics={"costMicros": 1.5})
    objects.google("bad metrics", metrics="none")
    objects.google("bad conversions", metrics={"conversionsValue": "x"})
    return objects


@pytest.fixture(scope="module")
def refined(spark: SparkSession) -> dict[str, list[dict[str, Any]]]:
    entries = [
        ENTRY | {"content_id": "m", "landed_seq": 1, "file": "m.json", "conversion_types": OF_ACCOUNTS},
        ENTRY | {"content_id": "g", "landed_seq": 2, "file": "g.json", "attribution_window": "30d"},
    ]
    gone = [{"landed_seq": 1, "unit_key": "lost"}, {"landed_seq": 2, "unit_key": "usual"}]
    records = {
        platform: frame(spark, rows, arrow_schema(BRONZE_ADS[platform])) for platform, rows in _objects().rows.items()
    }
    lost = frame(spark, gone, LOST).select("landed_seq", "unit_key")
    classified = classify_ads(records, frame(spark, entries, ADS_ENTRIES), lost).cache()
    marks = fingerprints(spark, "2024-01")
    found = {
        "silver": silver_ads_insights(classified, frame(spark, RATES, ADS_RATES), marks),
        "quarantine": ads_quarantine(classified, marks),
        "fates": count_fates(classified),
    }
    rows = {name: [row.asDict() for row in of.collect()] for name, of in found.items()}
    classified.unpersist()
    return rows


Refined = dict[str, list[dict[str, Any]]]


def _said(refined: Refined, unit: str, *names: str) -> tuple[Any, ...]:
    (row,) = (row for row in refined["silver"] if row["unit_key"] == unit)
    return tuple(str(row[name]) if isinstance(row[name], Decimal) else row[name] for name in names)


MEASURES = ("impressions", "clicks", "spend", "conversions", "conversion_value")


@pytest.mark.rule("R28")
def test_rows_are_the_contracts(refined: Refined) -> None:
    for name, contract in (("silver", SILVER_ADS_INSIGHTS), ("quarantine", ADS_QUARANTINE)):
        assert tuple(refined[name][0]) == contract.column_names
        required = [column.name for column in contract.columns if not column.nullable]
        assert [(row["unit_key"], name) for row in refined[name] for name in required if row[name] is None] == []
    about = ("campaign_id", "campaign_name", "currency", "conversion_types", "attribution_window", "landed_seq")
    assert _said(refined, "usual", *about) == ("7", "Verão", "BRL", ["omni_purchase"], "7d_click_1d_view", 1)
    of_google = ("campaign_id", "ad_group_id", "ad_group_name", "conversion_types", "attribution_window")
    assert _said(refined, "usual google", *of_google) == ("21", "22", "Exata", [], "30d")


@pytest.mark.rule("R28")
def test_an_action_counts_once_under_the_chosen_type(refined: Refined) -> None:
    assert _said(refined, "usual", *MEASURES) == (6500, 204, "251.940000", "3.000000", "447.000000")
    for unit in ("no actions", "other actions", "outside window"):
        assert _said(refined, unit, "conversions") == ("0.000000",)
    assert _said(refined, "sums", "conversion_value") == ("123456789.423457",)


@pytest.mark.rule("R29")
def test_conversions_without_delivery_stay_and_a_missing_metric_is_null(refined: Refined) -> None:
    assert _said(refined, "conversions only", *MEASURES) == (None, None, None, "3.000000", "447.000000")
    assert _said(refined, "google only conversions", *MEASURES) == (None, None, None, "2.000000", None)
    assert _said(refined, "says nothing", *MEASURES) == (None,) * 5
    assert _said(refined, "zero", *MEASURES[:3]) == (10, 0, "0.000000")


@pytest.mark.rule("R29")
def test_what_a_connectors_table_does_not_count_is_unknown(refined: Refined) -> None:
    assert _said(refined, "connector delivery", *MEASURES) == (6500, 204, "251.940000", None, None)
    assert _said(refined, "connector actions", *MEASURES) == (None, None, None, "3.000000", None)
    assert _said(refined, "connector values", *MEASURES) == (None, None, None, None, "447.000000")
    assert _said(refined, "connector clicks", *MEASURES) == (None, None, None, "0.000000", None)


@pytest.mark.rule("R29")
def test_a_day_inside_the_attribution_window_is_provisional(refined: Refined) -> None:
    assert _said(refined, "oldest provisional", "is_provisional") == (True,)
    assert _said(refined, "settled", "is_provisional") == (False,)


@pytest.mark.rule("R32")
def test_the_day_is_the_accounts_and_its_zone_is_stored(refined: Refined) -> None:
    assert _said(refined, "usual google", "reported_on", "time_zone") == (DAY, "America/Bahia")
    # Where the object does not say, the entry does.
    assert _said(refined, "google only conversions", "time_zone", "currency") == ("America/Sao_Paulo", "USD")
    assert _said(refined, "says nothing", "time_zone", "currency") == ("America/Sao_Paulo", "USD")


@pytest.mark.rule("R34")
def test_numbers_and_ids_are_exact_in_either_spelling(refined: Refined) -> None:
    assert _said(refined, "usual google", *MEASURES) == (5675, 180, "140.819886", "1.500000", "99.125000")
    assert _said(refined, "snake", *MEASURES) == (5675, 180, "140.819886", "1.500000", "9.000000")
    about = ("campaign_id", "ad_group_id", "ad_group_name", "ad_id", "ad_name", "currency", "time_zone")
    assert _said(refined, "snake", *about) == ("21", "22", "Exata", "33", "A", "EUR", "Europe/Lisbon")
    assert _said(refined, "ids", "ad_group_id", "ad_id") == ("9223372036854775807", "120208123456789012345")
    # As a double the first would end in .345673 or so, and the second be even.
    assert _said(refined, "numbers", *MEASURES[:3]) == (9007199254740993, 3, "123456789012.345678")
    assert _said(refined, "tiny", "spend", "campaign_name") == ("0.000001", '10: "2.50", -3')
    assert _said(refined, "micros", "spend", "conversions") == ("9007199254.740993", "0.123457")


@pytest.mark.rule("R22")
def test_a_day_with_a_rate_carries_it_and_what_the_platform_said_stays(refined: Refined) -> None:
    about = ("currency", "reporting_currency", "exchange_rate", "exchange_rate_on")
    assert _said(refined, "snake", *about) == ("EUR", "BRL", "5.38115000", DAY - dt.timedelta(days=2))
    assert _said(refined, "snake", "spend") == ("140.819886",)
    assert _said(refined, "usual google", *about) == ("BRL", "BRL", "1.00000000", None)
    # The dollar's rate is of another day.
    assert _said(refined, "says nothing", *about) == ("USD", "USD", "1.00000000", None)


@pytest.mark.rule("R27")
def test_breakdowns_are_told_apart(refined: Refined) -> None:
    assert _said(refined, "snake", "breakdown_set") == ("ad_network_type,device",)
    assert _said(refined, "usual", "breakdown_set", "breakdowns") == ("", {})


@pytest.mark.rule("R27")
@pytest.mark.reason("SPEND_UNREADABLE")
@pytest.mark.reason("COUNT_UNREADABLE")
@pytest.mark.reason("CONVERSIONS_UNREADABLE")
@pytest.mark.reason("MEASURE_NEGATIVE")
@pytest.mark.parametrize(
    ("unit", "failures"),
    [
        ("bad spend", ["SPEND_UNREADABLE:spend"]),
        ("bad huge", ["SPEND_UNREADABLE:spend"]),
        ("bad impressions", ["COUNT_UNREADABLE:impressions"]),
        ("bad clicks", ["COUNT_UNREADABLE:clicks"]),
        ("bad value", ["CONVERSIONS_UNREADABLE:conversions"]),
        ("bad list", ["CONVERSIONS_UNREADABLE:conversions"]),
        ("bad sign", ["COUNT_UNREADABLE:clicks", "MEASURE_NEGATIVE:spend"]),
        ("bad micros", ["SPEND_UNREADABLE:spend"]),
        ("bad metrics", ["CONVERSIONS_UNREADABLE:conversions"]),
        ("bad conversions", ["CONVERSIONS_UNREADABLE:conversions"]),
    ],
)
def test_what_cannot_be_read_is_quarantined(refined: Refined, unit: str, failures: list[str]) -> None:
    (row,) = (row for row in refined["quarantine"] if row["unit_key"] == unit)
    assert row["failures"] == failures
    assert f"{row['reason']}:{row['column']}" == failures[0]
    assert json.loads(row["text"])
    assert unit not in {row["unit_key"] for row in refined["silver"]}


@pytest.mark.rule("R26")
def test_every_object_has_one_fate(refined: Refined) -> None:
    # The copy, and what a later extraction replaced; of the other entry the same unit stays.
    (fates,) = refined["fates"]
    numbers = {name: fates[name] for name in ("good", "quarantined", "superseded")}
    assert numbers == {"good": len(refined["silver"]), "quarantined": 10, "superseded": 2}
    assert sum(numbers.values()) == sum(len(rows) for rows in _objects().rows.values())
    assert {"lost", "usual copy"}.isdisjoint(row["unit_key"] for row in refined["silver"])
