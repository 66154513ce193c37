"""A file of ads data becomes bronze records, an index and the extraction that it is."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from datapilot_assets.landing.ads.decode import INDEX_SCHEMA, is_ads
from datapilot_domain.contracts.ads import BRONZE_ADS
from datapilot_domain.extractions import AdAccount, AdSlice, Extraction, Page
from datapilot_domain.landing import MonthCount, content_id
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import Refusal
from datapilot_resources.lakehouse import arrow_schema
from datapilot_tests.assets.landing.ads.reading import ACME, SHA256, decode, google, meta

NEXT = "https://graph.facebook.com/v23.0/act_9001/insights?access_token=SECRET&after=b"
PREVIOUS = "https://graph.facebook.com/v23.0/act_9001/insights?access_token=SECRET&before=b"


def test_records_and_index(tmp_path: Path) -> None:
    rows = [meta(age="18-24", gender="male", account_currency="BRL", campaign_name="Verão"), meta("2024-02-01")]
    read = decode(tmp_path, {"data": rows})
    assert pq.read_schema(read.decoded.records_file).equals(arrow_schema(BRONZE_ADS["meta"]))
    assert pq.read_schema(read.decoded.index_file).equals(INDEX_SCHEMA)
    assert read.decoded.recipe == {"decoder": ["ads_json", 1]}
    first = read.records[0]
    assert first == {
        "month": "2024-01",
        "content_id": content_id(SHA256, read.decoded.recipe),
        "record_no": 1,
        "reported_on": dt.date(2024, 1, 22),
        "account_id": "9001",
        "level": "campaign",
        "entity_id": "11",
        "breakdowns": first["breakdowns"],
        "unit_key": first["unit_key"],
        "is_copy": False,
        "raw": json.dumps(rows[0]),
    }
    assert dict(first["breakdowns"]) == {"age": "18-24", "gender": "male"}
    assert read.index[0] == {
        "unit_key": first["unit_key"],
        "account_id": "9001",
        "level": "campaign",
        "breakdown_set": "age,gender",
        "entity_id": "11",
        "campaign_id": "11",
        "campaign_name": "Verão",
        "currency": "BRL",
        "reported_on": dt.date(2024, 1, 22),
        "month": "2024-01",
        "records": 1,
    }
    assert [row["month"] for row in read.index] == ["2024-01", "2024-02"]


@pytest.mark.rule("R34")
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_the_platform_wrote_is_kept_to_the_letter(tmp_path: Path, pack: Any) -> None:
    raw = (
        '{"account_id" : 9001, "campaign_id": 9223372036854775807, "date_start": "2024-01-22",\n'
        '  "date_stop": "2024-01-22", "spend": 0.1, "reach": 0.20, "campaign_name": "Ver\\u00e3o ☀️", "x": 1E-7}'
    )
    read = decode(tmp_path, pack(b'{"data": [' + raw.encode() + b"]}"))
    assert read.records[0]["raw"] == raw
    assert read.records[0]["entity_id"] == "9223372036854775807"
    assert read.index[0]["campaign_name"] == "Verão ☀️"


@pytest.mark.rule("R26")
def test_the_extraction_of_a_meta_page(tmp_path: Path) -> None:
    page = {
        "data": [
            meta("2024-01-30", attribution_setting="7d_click", actions=[{"action_type": "purchase", "value": "1"}]),
            meta("2024-02-02", campaign="12", account_currency="BRL", attribution_setting="7d_click"),
            meta("2024-01-05", age="18-24", attribution_setting="7d_click"),
        ],
        "paging": {"cursors": {"before": "a", "after": "b"}, "next": NEXT},
    }
    read = decode(tmp_path, page)
    assert read.decoded.extraction == Extraction(
        platform="meta",
        accounts=(AdAccount(account_id="9001", currency="BRL", action_types=("purchase",)),),
        slices=(
            AdSlice(account_id="9001", level="campaign", first_day=dt.date(2024, 1, 30), last_day=dt.date(2024, 2, 2)),
            AdSlice(
                account_id="9001",
                level="campaign",
                breakdown_set=("age",),
                first_day=dt.date(2024, 1, 5),
                last_day=dt.date(2024, 1, 5),
            ),
        ),
        attribution_window="7d_click",
        api_version="v23.0",
        page=Page(before="a", after="b", has_next=True),
    )
    assert "SECRET" not in read.decoded.extraction.model_dump_json()
    assert read.decoded.months == {Month(2024, 1): MonthCount(records=2), Month(2024, 2): MonthCount(records=1)}
    assert read.decoded.main_month == Month(2024, 1)


@pytest.mark.rule("R32")
def test_the_extraction_of_a_google_stream(tmp_path: Path) -> None:
    customer = {"id": "555", "currencyCode": "BRL", "timeZone": "America/Sao_Paulo"}
    batches = [{"results": [google(customer=customer)], "requestId": "r"}, {"results": [google("2024-01-23")]}]
    extraction = decode(tmp_path, batches).decoded.extraction
    assert extraction.accounts == (AdAccount(account_id="555", currency="BRL", time_zone="America/Sao_Paulo"),)
    assert (extraction.page, extraction.api_version) == (Page(), None)


@pytest.mark.rule("R26")
@pytest.mark.parametrize(
    ("around", "page"),
    [
        ({"paging": {"cursors": {"before": "a", "after": "c"}}}, Page(before="a", after="c")),
        ({"paging": {"previous": PREVIOUS}}, Page(before="b", has_previous=True)),
        ({"paging": {"next": NEXT}}, Page(after="b", has_next=True)),
        ({}, Page()),
    ],
)
def test_a_meta_page_knows_its_neighbours(tmp_path: Path, around: dict[str, Any], page: Page) -> None:
    assert decode(tmp_path, {"data": [meta()], **around}).decoded.extraction.page == page


@pytest.mark.rule("R26")
@pytest.mark.parametrize(
    ("around", "page"),
    [
        ({"nextPageToken": "t"}, Page(after="t", has_next=True)),
        ({"next_page_token": ""}, Page()),
        ({"totalResultsCount": "1"}, Page()),
        ({"totalResultsCount": "7"}, Page(has_previous=True)),
        ({"total_results_count": 7, "nextPageToken": "t"}, Page(after="t", has_next=True)),
    ],
)
def test_a_google_page_knows_whether_others_are_missing(tmp_path: Path, around: dict[str, Any], page: Page) -> None:
    assert decode(tmp_path, {"results": [google()], **around}).decoded.extraction.page == page


@pytest.mark.rule("R33")
@pytest.mark.reason("ADS_PAGES_APART")
def test_pages_of_one_file_are_one_page_if_they_follow_one_another(tmp_path: Path) -> None:
    first = json.dumps({"data": [meta()], "paging": {"cursors": {"before": "a", "after": "b"}, "next": NEXT}})
    rows = {"data": [meta("2024-01-23")]}
    second = json.dumps({**rows, "paging": {"cursors": {"before": "b", "after": "c"}, "previous": PREVIOUS}})
    third = json.dumps({**rows, "paging": {"cursors": {"before": "c", "after": "d"}, "previous": PREVIOUS}})
    assert decode(tmp_path, f"{first}\n{second}").decoded.extraction.page == Page(before="a", after="c")
    assert decode(tmp_path, f"[{first}, {second}]").decoded.records == 2
    with pytest.raises(Refusal, match=r"ADS_PAGES_APART: a page ends at cursor 'b', .* begins at 'c'"):
        decode(tmp_path, f"{first}\n{third}")


@pytest.mark.rule("R27")
@pytest.mark.reason("ADS_KEY_REPEATED")
def test_equal_objects_of_one_key_are_copies_and_others_refuse_the_file(tmp_path: Path) -> None:
    one, other = meta(spend=1.5), meta("2024-01-23")
    again = '{"spend": 1.50, ' + json.dumps(meta(spend=...))[1:]  # other order, the same number
    read = decode(tmp_path, f"{json.dumps(one)}\n{json.dumps(other)}\n{json.dumps(one)}\n{again}")
    assert [row["is_copy"] for row in read.records] == [False, False, True, True]
    assert [row["record_no"] for row in read.records] == [1, 2, 3, 4]
    assert [row["records"] for row in read.index] == [3, 1]
    assert read.decoded.records == read.decoded.months[Month(2024, 1)].records == 4
    with pytest.raises(Refusal, match="ADS_KEY_REPEATED: objects 1 and 3 "):
        decode(tmp_path, [one, other, meta(spend=1.51)])


def test_the_main_month_is_that_of_most_objects_the_earliest_of_equals(tmp_path: Path) -> None:
    days = ["2024-02-01", "2024-01-31", "2024-01-30", "2024-02-02"]
    assert decode(tmp_path, [meta(day) for day in days]).decoded.main_month == Month(2024, 1)
    assert decode(tmp_path, [meta(day) for day in (*days, "2024-02-03")]).decoded.main_month == Month(2024, 2)


@pytest.mark.rule("R33")
@pytest.mark.reason(
    "ADS_ERROR_BODY", "ADS_MULTI_DAY", "ADS_NOT_DAILY_ROW", "ADS_ACCOUNT_MISSING", "ADS_ACCOUNT_DIFFERS", "ADS_EMPTY",
    "ADS_DATE_OUTSIDE", "ADS_MIXED", "ADS_TRUNCATED", "FILE_DAMAGED",
)  # fmt: skip
@pytest.mark.parametrize(
    ("content", "code", "detail"),
    [
        ({"error": {"message": "Expired", "type": "OAuthException", "code": 190}}, "ADS_ERROR_BODY", "190 OAuthExc"),
        ([{"error": {"code": 401, "message": "No", "status": "X"}}], "ADS_ERROR_BODY", "401 X: No"),
        ([{"results": [google()]}, {"error": {"code": 500, "message": "Oh"}}], "ADS_ERROR_BODY", "500: Oh"),
        ([meta(), meta(date_stop="2024-01-28")], "ADS_MULTI_DAY", "object 2, field date_stop: '2024-01-28'"),
        ({"results": [google(segments=...)]}, "ADS_MULTI_DAY", "object 1, field segments.date"),
        ({"results": [{"metrics": {"clicks": "1"}}]}, "ADS_NOT_DAILY_ROW", "object 1, field customer"),
        ([meta(), {"name": "x", "id": "1"}], "ADS_NOT_DAILY_ROW", "object 2, field (all): neither"),
        ([meta(account_id=...)], "ADS_ACCOUNT_MISSING", "object 1, field account_id"),
        (
            [meta(account_currency="BRL"), meta("2024-01-23", account_currency="USD")],
            "ADS_ACCOUNT_DIFFERS",
            "object 2, field currency: 'USD', the account 9001 had 'BRL'",
        ),
        ({"data": [], "paging": {}}, "ADS_EMPTY", "no object"),
        ([], "ADS_EMPTY", "no object"),
        ([meta("2017-12-31")], "ADS_DATE_OUTSIDE", "object 1, field day: 2017-12-31 is not in 2018-01-01"),
        ([meta("2024-04-04")], "ADS_DATE_OUTSIDE", "to 2024-04-03"),
        ([meta(), google()], "ADS_MIXED", "object 2, field platform: google"),
        (json.dumps([meta()])[:-1], "ADS_TRUNCATED", "line 1"),
        (gzip.compress(json.dumps([meta()]).encode())[:-9], "FILE_DAMAGED", "the gzip file ends too early"),
    ],
)
def test_refused(tmp_path: Path, content: Any, code: str, detail: str) -> None:
    with pytest.raises(Refusal) as refused:
        decode(tmp_path, content)
    assert refused.value.code == code
    assert detail in refused.value.found.words("en")


def test_the_day_after_arrival_is_still_in_the_calendar(tmp_path: Path) -> None:
    assert decode(tmp_path, [meta("2024-04-03"), meta("2018-01-01")]).decoded.records == 2


@pytest.mark.reason("LIMIT_EXCEEDED")
@pytest.mark.parametrize(
    ("limits", "detail"),
    [
        ({"max_records": 1}, "the limit is 1 objects"),
        ({"max_line_bytes": 90}, "the object in line 1, column 2 is longer than 90 characters"),
        ({"max_unpacked_bytes": 150}, "unpacks to more than 150 bytes"),
    ],
)
def test_limits(tmp_path: Path, limits: dict[str, int], detail: str) -> None:
    organization = ACME.model_copy(update={"limits": LandingLimits(**limits)})
    packed = gzip.compress(json.dumps([meta(), meta("2024-01-23")]).encode())
    with pytest.raises(Refusal) as refused:
        decode(tmp_path, packed, organization)
    assert refused.value.code == "LIMIT_EXCEEDED"
    assert detail in refused.value.found.words("en")


@pytest.mark.rule("R5")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (json.dumps({"data": [meta()]}), True),
        (json.dumps([meta()]), True),
        (json.dumps([meta()])[:-1], True),
        (json.dumps([{"results": [google()]}]), True),
        (json.dumps(google()), True),
        (gzip.compress(json.dumps([meta()]).encode()), True),
        (b"\xef\xbb\xbf" + json.dumps([meta()]).encode(), True),
        ('{"error": {"message": "x", "code": 190}}', True),
        ('{"data": []}', True),
        ('{"error": "x"}', False),
        ('{"data": [{"id": "1", "name": "x"}]}', False),
        ("Pedido;Data;Valor\r\n1;02/01/2024;1,00\r\n", False),
        ("[1, 2]", False),
        ("[]", False),
        ("", False),
        (b"\x1f\x8brest", False),
        (b"PK\x03\x04", False),
        ("[" * 200_000, False),
        (b"\xff\xfe\x00\x01", False),
    ],
)
def test_ads_data_are_known_by_their_content(tmp_path: Path, content: bytes | str, expected: bool) -> None:
    path = tmp_path / "vendas.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    assert is_ads(path) is expected
    assert not is_ads(tmp_path / "nothing")
