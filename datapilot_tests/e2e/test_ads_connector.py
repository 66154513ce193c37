"""A connector's tables beside one another: landed as CSV, refined, and compared with sums of their own cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from datapilot_assets.reports import file_reports
from datapilot_domain.landing import Verdict
from datapilot_domain.organizations import SourceSettings
from datapilot_tests.workbench import Workbench, utc

ACCOUNT, CAMPAIGNS, CUSTOMER = "9001", "9002", "2121450128"
FIRST_AD, SECOND_AD = "120208123456789012345", "120208123456789012346"
# ad, day, impressions, link clicks, spend.
DELIVERY = [
    (FIRST_AD, "2024-01-30", 1000, 30, "12.34"),
    (FIRST_AD, "2024-01-31", 900, 20, "10.01"),
    (SECOND_AD, "2024-01-30", 500, 5, "0.65"),
    (SECOND_AD, "2024-02-01", 100, 1, "7.00"),
]
# ad, day, action, number, value. A purchase is reported under two types at once.
ACTIONS = [
    (FIRST_AD, "2024-01-30", "link_click", "30", None),
    (FIRST_AD, "2024-01-30", "omni_purchase", "2", "199.80"),
    (FIRST_AD, "2024-01-30", "purchase", "2", "199.80"),
    (FIRST_AD, "2024-01-31", "omni_purchase", "1.0", "50.5"),
    (SECOND_AD, "2024-02-01", "omni_purchase", "3", "30"),
]
# campaign, day, device, network, clicks, micros, impressions, conversions, value.
STATS = [
    ("21", "2024-01-30", "MOBILE", "SEARCH", 10, 9007199254740993, 100, "1.5", "20.25"),
    ("21", "2024-01-30", "DESKTOP", "SEARCH", 5, 1, 50, "0.0", "0"),
    ("21", "2024-01-30", "DESKTOP", "", 2, 2000000, 70, "0.25", "4"),
    ("22", "2024-01-31", "MOBILE", "SEARCH", 1, 500000, 9, "1", "0.75"),
]


def table(header: str, rows: Iterable[Sequence[object]]) -> str:
    return header + "\n" + "".join(",".join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows)


def ad_files() -> dict[str, str]:
    header = "ad_id,date,action_type,value,_7_d_click"
    actions = [(ad, day, name, number, number) for ad, day, name, number, _ in ACTIONS]
    values = [(ad, day, name, value, value) for ad, day, name, _, value in ACTIONS if value is not None]
    delivery = [(ad, day, ACCOUNT, *numbers) for ad, day, *numbers in DELIVERY]
    return {
        "basic_ad.csv": table("ad_id,date,account_id,impressions,inline_link_clicks,spend", delivery),
        "basic_ad_actions.csv": table(header, actions),
        "basic_ad_action_values.csv": table(header, values),
    }


def google_file() -> str:
    rows = [(CUSTOMER, *row) for row in STATS]
    names = "customer_id,id,date,device,ad_network_type,clicks,cost_micros,impressions,conversions,conversions_value"
    return table(names, rows)


def declare(bench: Workbench, org: str, account: str, source: str = "main") -> None:
    organization = bench.platform.registry.get(org)
    bench.platform.registry.put(organization.with_source(source, SourceSettings(ads_account=account)))


def months(bench: Workbench, org: str) -> dict[tuple[str, str, str | None], tuple[Any, ...]]:
    names = ("impressions", "clicks", "spend", "conversions", "conversion_value")
    rows = bench.rows("gold.campaign_month", org)
    return {
        (row["month"], row["account_id"], row["campaign_id"]): tuple(Decimal(row[name]) for name in names)
        for row in rows
    }


def expected_of_ads(month: str) -> tuple[Any, ...]:
    delivery = [row for row in DELIVERY if row[1].startswith(month)]
    bought = [row for row in ACTIONS if row[1].startswith(month) and row[2] == "omni_purchase"]
    return (
        sum(row[2] for row in delivery),
        sum(row[3] for row in delivery),
        sum(Decimal(row[4]) for row in delivery),
        sum(Decimal(row[3]) for row in bought),
        sum(Decimal(row[4] or 0) for row in bought),
    )


def expected_of_campaign(campaign: str) -> tuple[Any, ...]:
    rows = [row for row in STATS if row[0] == campaign]
    return (
        sum(row[6] for row in rows),
        sum(row[4] for row in rows),
        Decimal(sum(row[5] for row in rows)) / 1_000_000,
        sum(Decimal(row[7]) for row in rows),
        sum(Decimal(row[8]) for row in rows),
    )


@pytest.mark.rule("R26")
@pytest.mark.rule("R27")
@pytest.mark.rule("R29")
@pytest.mark.rule("R34")
@pytest.mark.parametrize("order", ["delivery first", "delivery last", "together"])
def test_tables_of_one_account_add_up_beside_each_other(workbench: Workbench, order: str) -> None:
    org = order.replace(" ", "")
    workbench.add(org)
    declare(workbench, org, ACCOUNT)
    files = list(ad_files().items())
    if order == "together":
        landed = workbench.land(org, *files, ("campaign_stats.csv", google_file()), set_id="sync")
    else:
        ordered = files if order == "delivery first" else files[::-1]
        landed = [
            item for file in (*ordered, ("campaign_stats.csv", google_file())) for item in workbench.land(org, file)
        ]
    assert {item.verdict for item in landed} == {Verdict.ACCEPTED}
    # None of the tables takes the place of another, nor of a campaign.
    assert [notice.code for item in landed for notice in item.entry.notices] == ["LINK_CLICKS_ONLY"]
    assert all(run.succeeded for run in workbench.refine(org, family=None))
    assert workbench.rows("silver.ads_quarantine", org) == []
    # A table of ads names no campaign.
    assert months(workbench, org) == {
        ("2024-01", ACCOUNT, None): expected_of_ads("2024-01"),
        ("2024-02", ACCOUNT, None): expected_of_ads("2024-02"),
        ("2024-01", CUSTOMER, "21"): expected_of_campaign("21"),
        ("2024-01", CUSTOMER, "22"): expected_of_campaign("22"),
    }
    by_ad = [row for row in workbench.rows("silver.ads_insights", org) if row["platform"] == "meta"]
    assert len(by_ad) == len(DELIVERY) + len(ACTIONS) + sum(row[4] is not None for row in ACTIONS)
    assert {row["breakdown_set"] for row in by_ad} == {"", "action_type", "action_value_type"}
    assert {row["conversions"] for row in by_ad if row["breakdown_set"] != "action_type"} == {None}
    assert {row["conversion_value"] for row in by_ad if row["breakdown_set"] != "action_value_type"} == {None}


@pytest.mark.rule("R26")
def test_a_later_export_of_a_table_replaces_that_table_alone(workbench: Workbench) -> None:
    workbench.add("later")
    declare(workbench, "later", ACCOUNT)
    workbench.land("later", *ad_files().items(), as_of=utc(2024, 2, 3), set_id="first")
    rows = [(FIRST_AD, "2024-01-30", "omni_purchase", "7"), (FIRST_AD, "2024-01-31", "omni_purchase", "9")]
    corrected = table("ad_id,date,action_type,value", rows)
    workbench.land("later", ("basic_ad_actions_2.csv", corrected), as_of=utc(2024, 2, 4))
    assert all(run.succeeded for run in workbench.refine("later", family=None))
    before = expected_of_ads("2024-01")
    assert months(workbench, "later")["2024-01", ACCOUNT, None] == (*before[:3], 16, before[4])


@pytest.mark.rule("R27")
def test_tables_of_campaigns_give_figures_by_campaign(workbench: Workbench) -> None:
    workbench.add("campaigns")
    names = "campaign_id,account_id,date"
    of_actions = table(f"{names},action_type,value", [("11", CAMPAIGNS, "2024-01-30", "purchase", "2.0")])
    files = {
        "basic_campaign.csv": table(
            f"{names},campaign_name,impressions,clicks,spend", [("11", CAMPAIGNS, "2024-01-30", "Verão", 90, 9, "1.5")]
        ),
        "basic_campaign_actions.csv": of_actions,
        "basic_campaign_action_values.csv": of_actions.replace("2.0", "80"),
    }
    landed = workbench.land("campaigns", *files.items())
    assert [notice.code for item in landed for notice in item.entry.notices] == []
    assert all(run.succeeded for run in workbench.refine("campaigns", family=None))
    assert months(workbench, "campaigns") == {("2024-01", CAMPAIGNS, "11"): (90, 9, Decimal("1.5"), 2, 80)}
    (row,) = workbench.rows("gold.campaign_month", "campaigns")
    assert row["campaign_name"] == "Verão"


@pytest.mark.reason("ADS_ACCOUNT_MISSING")
def test_a_table_without_an_account_is_refused_until_the_source_declares_one(workbench: Workbench) -> None:
    org = workbench.add("declared")
    file = ("basic_ad_actions.csv", ad_files()["basic_ad_actions.csv"])
    (refused,) = workbench.land("declared", file, source="meta")
    assert (refused.verdict, refused.reason) == (Verdict.REFUSED, "ADS_ACCOUNT_MISSING")
    (report,) = file_reports(workbench.platform, workbench.platform.registry.get(org))
    commands = [command for step in report["next_steps"] for command in step["commands"]]
    assert commands == [
        "datapilot source set meta --org declared --ads-account ACCOUNT",
        "datapilot land basic_ad_actions.csv --org declared --source meta",
    ]
    declare(workbench, "declared", ACCOUNT, "meta")
    (accepted,) = workbench.land("declared", file, source="meta")
    assert accepted.verdict is Verdict.ACCEPTED
    # The same bytes are another content for another account.
    declare(workbench, "declared", CAMPAIGNS, "other")
    (other,) = workbench.land("declared", file, source="other", as_of=utc(2024, 2, 3))
    assert other.verdict is Verdict.ACCEPTED
    assert other.entry.content_id != accepted.entry.content_id


@pytest.mark.reason("ADS_TABLE_UNCLEAR")
def test_a_table_that_its_name_does_not_tell_is_refused(workbench: Workbench) -> None:
    workbench.add("unnamed")
    (refused,) = workbench.land("unnamed", ("export.csv", ad_files()["basic_ad_actions.csv"]))
    assert (refused.verdict, refused.reason) == (Verdict.REFUSED, "ADS_TABLE_UNCLEAR")
    assert "export.csv" in refused.line
