"""A connector's tables as CSV become objects in the platform's own vocabulary, a row at a time."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from datapilot_assets.landing.ads.connector import is_connector
from datapilot_assets.landing.ads.decode import is_ads
from datapilot_domain.landing import Notice
from datapilot_domain.organizations import LandingLimits, Organization, SourceSettings
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.ads.reading import ACME, Read, decode
from datapilot_tests.workbench import SAMPLES

AD_STATS = (
    "customer_id,date,ad_group_id,ad_group,keyword_ad_group_criterion,ad_network_type,device,ad_id,campaign_id,"
    "clicks,cost_micros,impressions,_fivetran_synced\n"
)
BASIC_AD = "ad_id,date,account_id,impressions,inline_link_clicks,spend\n"
ACTIONS = "_fivetran_id,ad_id,date,index,_1_d_view,_7_d_click,action_type,inline,value\n"
DECLARED = ACME.with_source("main", SourceSettings(ads_account="act_90-01"))


def items(read: Read) -> list[dict[str, Any]]:
    return [json.loads(record["raw"]) for record in read.records]


def item(folder: Path, content: str, organization: Organization = ACME, file_name: str = "file") -> dict[str, Any]:
    (found,) = items(decode(folder, content, organization, file_name))
    assert found.pop("connector") == "fivetran"
    return found


def about(record: dict[str, Any]) -> tuple[Any, ...]:
    return record["account_id"], record["level"], record["entity_id"], dict(record["breakdowns"])


@pytest.mark.rule("R34")
def test_ad_stats(tmp_path: Path) -> None:
    group = "customers/2121450128/adGroups/100031227574"
    row = f"2121450128,2024-01-22,,{group},,SEARCH,MOBILE,9223372036854775808,21,5,9007199254740993,70,2024-01-23\n"
    read = decode(tmp_path, AD_STATS + row)
    assert items(read) == [
        {
            "connector": "fivetran",
            "customer": {"id": "2121450128"},
            "segments": {
                "date": "2024-01-22", "keyword_ad_group_criterion": "", "ad_network_type": "SEARCH", "device": "MOBILE",
            },
            "ad_group": {"resource_name": group},
            "ad_group_ad": {"ad": {"id": "9223372036854775808"}},
            "campaign": {"id": "21"},
            "metrics": {"clicks": "5", "cost_micros": "9007199254740993", "impressions": "70"},
            "_fivetran_synced": "2024-01-23",
        }
    ]  # fmt: skip
    # A column that splits the rows does so where it is empty, too: they all are of one breakdown set.
    segments = {"keyword_ad_group_criterion": "", "ad_network_type": "SEARCH", "device": "MOBILE"}
    assert about(read.records[0]) == ("2121450128", "ad", "9223372036854775808", segments)
    assert read.decoded.recipe == {"decoder": ["ads_connector", 1], "table": "google_stats"}
    assert read.decoded.notices == ()


@pytest.mark.parametrize(
    ("columns", "cells", "level", "entity", "named"),
    [
        ("id,name", "21,Marca", "campaign", "21", {"campaign": {"id": "21", "name": "Marca"}}),
        ("campaign_id,id", "21,22", "ad_group", "22", {"campaign": {"id": "21"}, "ad_group": {"id": "22"}}),
        ("campaign_id,ad_group_id", "21,22", "ad_group", "22", {"campaign": {"id": "21"}, "ad_group": {"id": "22"}}),
        ("campaign_id,campaign_name", "21,M", "campaign", "21", {"campaign": {"id": "21", "name": "M"}}),
        ("currency_code", "BRL", "account", "5", {"customer": {"id": "5", "currency_code": "BRL"}}),
    ],
)  # fmt: skip
def test_the_entity_of_a_google_table(
    tmp_path: Path, columns: str, cells: str, level: str, entity: str, named: dict[str, Any]
) -> None:
    read = decode(tmp_path, f"customer_id,date,cost_micros,{columns}\n5,2024-01-22,7,{cells}\n")
    assert about(read.records[0]) == ("5", level, entity, {})
    assert items(read)[0].items() >= named.items()


def test_google_conversions_and_click_types(tmp_path: Path) -> None:
    header = "CUSTOMER_ID,DATE,ID,HOUR,CLICK_TYPE,COST_MICROS,CONVERSIONS,CONVERSIONS_VALUE,BASE_CAMPAIGN\n"
    found = item(tmp_path, header + "5,2024-01-22,21,0,CALLS,1,0.1234567,,customers/5/campaigns/21\n")
    assert found["segments"] == {"date": "2024-01-22", "hour": "0", "click_type": "CALLS"}
    assert found["metrics"] == {"cost_micros": "1", "conversions": "0.1234567"}
    assert found["base_campaign"] == "customers/5/campaigns/21"


def test_basic_ad(tmp_path: Path) -> None:
    header = BASIC_AD.replace("spend", "spend,reach,Adset_Name,_fivetran_id")
    read = decode(tmp_path, header + "120208123456789012345,2024-01-22,9001,70,5,0.10,,Todos,x=\n")
    assert items(read) == [
        {
            "connector": "fivetran", "ad_id": "120208123456789012345", "date_start": "2024-01-22",
            "date_stop": "2024-01-22", "account_id": "9001", "impressions": "70", "inline_link_clicks": "5",
            "clicks": "5", "spend": "0.10", "adset_name": "Todos", "_fivetran_id": "x=",
        }
    ]  # fmt: skip
    assert about(read.records[0]) == ("9001", "ad", "120208123456789012345", {})
    assert read.decoded.recipe == {"decoder": ["ads_connector", 1], "table": "meta_delivery"}


@pytest.mark.reason("LINK_CLICKS_ONLY")
def test_link_clicks_are_clicks_only_where_there_are_no_others(tmp_path: Path) -> None:
    only = decode(tmp_path, BASIC_AD + "1,2024-01-22,9001,70,5,1\n2,2024-01-22,9001,70,5,1\n")
    assert only.decoded.notices == (Notice(code="LINK_CLICKS_ONLY", values={}),)
    both = decode(tmp_path, BASIC_AD.replace("spend", "spend,clicks") + "1,2024-01-22,9001,70,5,1,8\n")
    assert (items(both)[0]["clicks"], both.decoded.notices) == ("8", ())


def test_an_ad_set_by_age(tmp_path: Path) -> None:
    header = "ad_set_id;campaign_id;date;account_id;age;spend;impressions\n"
    read = decode(tmp_path, header + "7;11;2024-01-22;9001;18-24;1;2\n7;11;2024-01-22;9001;;1;2\n")
    assert [about(record) for record in read.records] == [
        ("9001", "ad_group", "7", {"age": "18-24"}),
        ("9001", "ad_group", "7", {"age": ""}),
    ]
    assert {row["campaign_id"] for row in read.index} == {"11"}


@pytest.mark.parametrize(
    ("file_name", "table", "segment"),
    [
        ("basic_ad_actions.csv", "actions", "action_type"),
        ("BASIC_AD_ACTION_VALUES_2024.csv", "action_values", "action_value_type"),
    ],
)
def test_actions_and_their_values(tmp_path: Path, file_name: str, table: str, segment: str) -> None:
    read = decode(tmp_path, ACTIONS + "x=,31,2024-01-22,0,2.0,,purchase,,2.50\n", DECLARED, file_name)
    assert items(read) == [
        {
            "connector": "fivetran", "_fivetran_id": "x=", "ad_id": "31", "date_start": "2024-01-22",
            "date_stop": "2024-01-22", "index": "0", "_1_d_view": "2.0", "action_type": "purchase",
            "account_id": "9001", table: [{"action_type": "purchase", "value": "2.50"}],
        }
    ]  # fmt: skip
    assert about(read.records[0]) == ("9001", "ad", "31", {segment: "purchase"})
    assert read.decoded.extraction.accounts[0].action_types == ("purchase",)
    recipe = {"decoder": ["ads_connector", 1], "table": table, "account": "9001"}
    assert read.decoded.recipe == recipe


def test_a_table_that_names_the_account_uses_its_own(tmp_path: Path) -> None:
    header = "account_id,campaign_id,date,action_type,value\n"
    read = decode(tmp_path, header + "77,11,2024-01-22,lead,\n", DECLARED, "basic_campaign_actions.csv")
    assert items(read)[0]["actions"] == [{"action_type": "lead"}]
    assert about(read.records[0])[0] == "77"
    assert read.decoded.recipe == {"decoder": ["ads_connector", 1], "table": "actions"}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "bom"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_files_as_they_are_dumped(tmp_path: Path, pack: Any, mark: bytes, delimiter: str) -> None:
    header = '"' + f'"{delimiter}"'.join(BASIC_AD.strip().split(",")) + f'"{delimiter}"ad_name"\r\n'
    row = "1,2024-01-22,9001,70,5,1,".replace(",", delimiter) + '"Verão ""10%"",\n☀️;\t|"'
    path = tmp_path / "dump"
    path.write_bytes(pack(mark + (header + row).encode()))
    assert is_connector(path)
    assert is_ads(path)
    (tmp_path / "in").mkdir()
    (found,) = items(decode(tmp_path / "in", path.read_bytes()))
    assert (found["ad_id"], found["ad_name"]) == ("1", 'Verão "10%",\n☀️;\t|')


@pytest.mark.rule("R5")
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.csv")), ids=lambda path: path.stem)
def test_no_sales_file_is_taken_for_ads(path: Path) -> None:
    assert not is_connector(path)


@pytest.mark.rule("R5")
@pytest.mark.parametrize(
    "content",
    [
        "",
        "Pedido;Data;Valor\r\n",
        "order_id,date,account_id,value\n",
        "customer_id,date,value,quantity\n",
        "date,spend,impressions\n",
        "date,action_type,value\n",
        '{"data": []}',
        b"\xff\xfed\0a\0t\0e\0",
        b"\x1f\x8brest",
        b"\0" * 100,
        '"' * 200_001,
    ],
)
def test_other_files_are_no_connectors(tmp_path: Path, content: bytes | str) -> None:
    path = tmp_path / "basic_ad_actions.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    assert not is_connector(path)
    assert not is_connector(tmp_path / "nothing")


ROW = "1,2024-01-22,9001,70,5,1\n"


@pytest.mark.rule("R33")
@pytest.mark.reason("ADS_CSV_BROKEN", "ADS_TRUNCATED", "ADS_EMPTY", "ADS_NOT_DAILY_ROW", "ADS_MULTI_DAY")
@pytest.mark.reason("ADS_ACCOUNT_MISSING", "ADS_TABLE_UNCLEAR", "ADS_KEY_REPEATED")
@pytest.mark.parametrize(
    ("content", "name", "code", "detail"),
    [
        (BASIC_AD + ROW + "2,2024-01-22,9001,70,5\n", "f", "ADS_CSV_BROKEN", "line 3: 5 cells, the header has 6"),
        (BASIC_AD + ROW.replace("1\n", "1,\n"), "f", "ADS_CSV_BROKEN", "line 2: 7 cells"),
        (BASIC_AD + '"1\n' + ROW + "\n", "f", "ADS_TRUNCATED", "the quote opened in line 2"),
        (BASIC_AD + ROW + '"2"x' + ROW, "f", "ADS_CSV_BROKEN", "line 3: "),
        (BASIC_AD.encode() + b"\n1,2024\xff", "f", "ADS_CSV_BROKEN", "after line 3, column 6: the bytes ff are"),
        (BASIC_AD.replace("spend", "spend,Spend") + ROW, "f", "ADS_CSV_BROKEN", "line 1, column 'spend'"),
        (BASIC_AD.replace("spend", "spend,connector"), "f", "ADS_CSV_BROKEN", "line 1, column 'connector'"),
        (AD_STATS.replace("clicks", "metrics"), "f", "ADS_CSV_BROKEN", "line 1, column 'metrics'"),
        (BASIC_AD, "f", "ADS_EMPTY", "no object"),
        (BASIC_AD + ROW + ROW.replace("70", "71"), "f", "ADS_KEY_REPEATED", "objects 1 and 2"),
        (BASIC_AD + ROW.replace("2024-01-22", "22/01/2024"), "f", "ADS_NOT_DAILY_ROW", "'22/01/2024' is no day"),
        (BASIC_AD + ROW.replace("9001", ""), "f", "ADS_ACCOUNT_MISSING", "object 1, field account_id"),
        ("customer_id,date,cost_micros\n5,,1\n", "f", "ADS_MULTI_DAY", "object 1, field segments.date"),
        (ACTIONS + "x,31,2024-01-22,0,,,,,\n", "actions.csv", "ADS_NOT_DAILY_ROW", "field action_type: the row names"),
        (ACTIONS, "meta.csv", "ADS_TABLE_UNCLEAR", "'meta.csv' does not say whether"),
        (ACTIONS, "actions_and_action_values.csv", "ADS_TABLE_UNCLEAR", "does not say whether"),
    ],
)
def test_refused(tmp_path: Path, content: bytes | str, name: str, code: str, detail: str) -> None:
    with pytest.raises(Refusal) as refused:
        decode(tmp_path, content, DECLARED, name)
    assert refused.value.code == code
    assert detail in refused.value.found.words("en")


@pytest.mark.reason("ADS_ACCOUNT_MISSING")
def test_without_an_account_the_command_that_declares_it_is_given(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="ADS_ACCOUNT_MISSING: the table has no column account_id") as refused:
        decode(tmp_path, ACTIONS, ACME, "basic_ad_actions.csv")
    (command,) = refused.value.commands
    assert command.command == "datapilot source set main --org acme --ads-account ACCOUNT"
    assert "ACCOUNT" in command.purpose.words("en")


@pytest.mark.reason("LIMIT_EXCEEDED")
@pytest.mark.parametrize("rows", ['"' + "x" * 300 + '"', '"x\n",' * 100], ids=["line", "quoted lines"])
def test_a_row_is_bounded(tmp_path: Path, rows: str) -> None:
    organization = ACME.model_copy(update={"limits": LandingLimits(max_line_bytes=200)})
    with pytest.raises(Refusal, match="LIMIT_EXCEEDED: the row in line 3 is longer than 200 bytes"):
        decode(tmp_path, BASIC_AD + ROW + rows, organization)
