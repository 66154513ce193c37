"""Ads files in, right campaign and marketing figures out: the command line, beside figures worked out on their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from io import StringIO
from json import loads
from pathlib import Path
from typing import Any

import pytest

from datapilot_domain.organizations import OrgId
from datapilot_interfaces.cli.main import run
from datapilot_interfaces.demo.ads import TOKEN
from datapilot_resources.platform import Platform
from datapilot_tests.samples.ads import (
    BRAND,
    DISPLAY,
    ENDED,
    NEW_NAME,
    REACH,
    SUMMER,
    TEST,
    Sync,
    first_sync,
    resync,
)
from datapilot_tests.samples.ads_reference import SUMS, Reference, sales_days
from datapilot_tests.workbench import MONTHS, sample

SALES = [sample(month, "excel_br_cp1252") for month in MONTHS]
RATIOS = {"ctr": 6, "cpc": 4, "cpm": 4, "cost_per_conversion": 4, "roas_claimed": 4, "roas_verified": 4}
NUMBERS = {*SUMS, *RATIOS, "gross_revenue", "gross_revenue_covered"}


def reference(*syncs: Sync) -> Reference:
    return Reference((sync.as_of, list(sync.files.values())) for sync in syncs)


@dataclass(frozen=True)
class Answer:
    code: int
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Desk:
    """A home, and `datapilot … --format json` in it."""

    files: Path

    def call(self, *arguments: object) -> Answer:
        out = StringIO()
        with redirect_stdout(out), redirect_stderr(StringIO()):
            code = int(run([*map(str, arguments), "--format", "json"]))
        return Answer(code, loads(out.getvalue() or "[]"))

    def land(self, org: str, *paths: Path, as_of: str | None = None) -> Answer:
        """One `land` call."""
        return self.call("land", *paths, "--org", org, *(["--as-of", as_of] if as_of else []))

    def sync(self, org: str, syncs: Sequence[Sync]) -> None:
        """Land each in one call, of which every file must be accepted."""
        for sync in syncs:
            answer = self.land(org, *sync.write(self.files), as_of=sync.as_of)
            assert (answer.code, {row["verdict"] for row in answer.rows}) == (0, {"accepted"}), (sync.files, answer)

    def show(self, table: str, org: str) -> list[dict[str, Any]]:
        answer = self.call("show", table, "--org", org)
        assert answer.code == 0
        return answer.rows

    def status(self, org: str) -> list[dict[str, Any]]:
        return self.call("status", "--org", org).rows

    def refine(self) -> None:
        assert self.call("run", "--org", "all").code == 0


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One home for the module. Refined once: what came first to each organization."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATAPILOT_HOME", str(tmp_path_factory.mktemp("home")))
        desk = Desk(tmp_path_factory.mktemp("files"))
        for org in ("ordered", "backwards", "adsonly", "salesonly"):
            assert desk.call("org", "add", org).code == 0
        for org in ("ordered", "backwards", "salesonly"):
            assert desk.land(org, *SALES).code == 0
        desk.sync("ordered", first_sync())
        desk.sync("adsonly", first_sync())
        desk.sync("backwards", resync())
        desk.refine()
        yield desk


@pytest.fixture(scope="module")
def resynced(desk: Desk) -> Desk:
    """The same, when the other half has come to `ordered` (the re-syncs) and to `backwards` (the first sync)."""
    desk.sync("ordered", resync())
    desk.sync("backwards", first_sync())
    desk.refine()
    return desk


def comparable(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The named columns of a row; sums as decimals, ratios rounded to the places of the reference."""
    return {name: _number(name, row[name]) if name in NUMBERS else row[name] for name in names}


def _number(name: str, text: str | int | None) -> Decimal | None:
    if text is None:
        return None
    if name in RATIOS:
        return Decimal(text).quantize(Decimal(1).scaleb(-RATIOS[name]), ROUND_HALF_UP)
    return Decimal(text)


def assert_ads(desk: Desk, org: str, expected: Reference) -> None:
    months = desk.show("gold.campaign_month", org)
    wanted = expected.campaign_month()
    got = {(row["month"], row["campaign_id"]): row for row in months}
    assert len(got) == len(months)
    assert {key: comparable(row, list(wanted[key])) for key, row in got.items() if key in wanted} == wanted
    assert set(got) == set(wanted)

    weeks = desk.show("gold.campaign_week", org)
    by_week = expected.campaign_week()
    found = {(row["iso_week"], row["campaign_id"]): row for row in weeks}
    assert len(found) == len(weeks)
    assert {key: comparable(row, list(by_week[key])) for key, row in found.items() if key in by_week} == by_week
    assert set(found) == set(by_week)

    campaigns = expected.campaigns()
    current = desk.show("silver.campaigns", org)
    names = ("platform", "account_id", "campaign_name", "currency")
    assert {row["campaign_id"]: {name: row[name] for name in names} for row in current} == campaigns
    assert len(current) == len(campaigns)


def assert_marketing(desk: Desk, org: str, wanted: dict[str, dict[str, Any]]) -> None:
    rows = {row["month"]: row for row in desk.show("gold.marketing_month", org)}
    assert set(rows) == set(wanted)
    assert {month: comparable(row, list(wanted[month])) for month, row in rows.items()} == wanted


def absent(desk: Desk, org: str) -> dict[str, str | None]:
    return {row["month"]: row["roas_verified_absent"] for row in desk.show("gold.marketing_month", org)}


@pytest.mark.rule("R27")
@pytest.mark.rule("R28")
@pytest.mark.rule("R30")
@pytest.mark.rule("R31")
@pytest.mark.rule("R34")
def test_a_first_sync_gives_the_campaigns_months_and_weeks(desk: Desk) -> None:
    expected = reference(*first_sync())
    assert_ads(desk, "adsonly", expected)
    # Names and ids as they were sent, the id beyond 2^53 among them.
    assert expected.campaigns()[DISPLAY.campaign_id]["campaign_name"] == DISPLAY.name
    weeks = {row["iso_week"]: row for row in desk.show("gold.campaign_week", "adsonly")}
    assert {week: row["is_partial"] for week, row in weeks.items()} == {
        "2024-W04": True,
        "2024-W05": False,  # 29 January to 4 February, in February
        "2024-W06": False,
        "2024-W07": True,
    }
    assert weeks["2024-W05"]["month"] == "2024-02"


@pytest.mark.rule("R30")
def test_no_spend_gives_null_and_nothing_for_spend_gives_zero(desk: Desk) -> None:
    rows = {row["campaign_id"]: row for row in desk.show("gold.campaign_month", "adsonly") if row["month"] == MONTHS[1]}
    test, reach = rows[TEST.campaign_id], rows[REACH.campaign_id]
    assert Decimal(test["spend"]) == 0
    assert {test[name] for name in ("ctr", "cpc", "cpm", "cost_per_conversion", "roas_claimed")} == {None}
    assert Decimal(reach["spend"]) > 0
    assert Decimal(reach["roas_claimed"]) == 0
    assert reach["cost_per_conversion"] is None


@pytest.mark.rule("R36")
def test_ads_alone_have_no_verified_return_and_say_why(desk: Desk) -> None:
    assert_marketing(desk, "adsonly", reference(*first_sync()).marketing_month())
    assert absent(desk, "adsonly") == {MONTHS[0]: "NO_SALES_DATA", MONTHS[1]: "NO_SALES_DATA"}
    assert desk.show("gold.sales_month", "adsonly") == []


@pytest.mark.rule("R36")
def test_sales_alone_have_months_without_ads(desk: Desk) -> None:
    months = Reference([]).marketing_month(sales_days(SALES))
    assert [figures["spend"] for figures in months.values()] == [None] * 3
    assert_marketing(desk, "salesonly", months)
    assert set(absent(desk, "salesonly").values()) == {"NO_ADS_DATA"}
    assert desk.show("gold.campaign_month", "salesonly") == []
    assert len(desk.show("gold.sales_month", "salesonly")) == 3


@pytest.mark.rule("R36")
def test_ads_and_sales_give_claimed_and_verified_return_of_the_covered_days(desk: Desk) -> None:
    months = reference(*first_sync()).marketing_month(sales_days(SALES))
    assert months[MONTHS[0]]["gross_revenue_covered"] < months[MONTHS[0]]["gross_revenue"]
    assert_marketing(desk, "ordered", months)
    assert absent(desk, "ordered") == {MONTHS[0]: None, MONTHS[1]: None, MONTHS[2]: "NO_ADS_DATA"}


@pytest.mark.rule("R26")
def test_a_resync_that_landed_first_stands_alone_at_first(desk: Desk) -> None:
    assert_ads(desk, "backwards", reference(*resync()))


@pytest.mark.rule("R26")
@pytest.mark.rule("R29")
@pytest.mark.rule("R35")
@pytest.mark.parametrize("org", ["ordered", "backwards"])
def test_the_newer_extraction_wins_whatever_landed_first(resynced: Desk, org: str) -> None:
    """Days are replaced with what came late; a campaign that the re-sync does not know keeps its rows."""
    expected = reference(*first_sync(), *resync())
    assert_ads(resynced, org, expected)
    assert_marketing(resynced, org, expected.marketing_month(sales_days(SALES)))
    names = {row["campaign_id"]: row["campaign_name"] for row in resynced.show("silver.campaigns", org)}
    assert (names[SUMMER.campaign_id], names[ENDED.campaign_id]) == (NEW_NAME, ENDED.name)


@pytest.mark.rule("R29")
def test_a_conversion_without_delivery_is_kept(resynced: Desk) -> None:
    days = [
        row
        for row in resynced.show("silver.ads_insights", "ordered")
        if (row["campaign_id"], row["reported_on"]) == (BRAND.campaign_id, "2024-02-06")
    ]
    assert [(row["impressions"], row["spend"], Decimal(row["conversions"])) for row in days] == [
        (None, None, Decimal(1))
    ]


@pytest.mark.rule("R2")
@pytest.mark.rule("R26")
def test_old_bytes_again_undo_nothing(resynced: Desk) -> None:
    before = resynced.status("ordered")
    for sync in first_sync():
        answer = resynced.land("ordered", *sync.write(resynced.files), as_of=sync.as_of)
        assert (answer.code, {row["verdict"] for row in answer.rows}) == (0, {"already_loaded"})
    resynced.refine()
    assert resynced.status("ordered") == before
    assert {row["state"] for row in before} == {"current"}


@pytest.mark.rule("R26")
@pytest.mark.rule("R33")
@pytest.mark.parametrize("missing", [1, 2], ids=["first page missing", "second page missing"])
def test_a_page_alone_waits_and_the_missing_one_completes_it(desk: Desk, missing: int) -> None:
    org = f"paged{missing}"
    assert desk.call("org", "add", org).code == 0
    meta = first_sync()[0]
    pages = meta.write(desk.files)
    late = pages.pop(missing - 1)
    answer = desk.land(org, *pages, as_of=meta.as_of)
    assert (answer.code, [row["verdict"] for row in answer.rows]) == (3, ["waiting"])
    desk.refine()
    assert desk.show("gold.campaign_month", org) == []
    answer = desk.land(org, late, as_of=meta.as_of)
    assert (answer.code, [row["verdict"] for row in answer.rows]) == (0, ["accepted"])
    desk.refine()
    assert_ads(desk, org, reference(meta))
    # The page that waited counts now, and its report says so.
    assert {(row["verdict"], row["reason"]) for row in desk.call("report", "--org", org).rows} == {("accepted", None)}


def test_the_token_in_a_pages_links_reaches_no_log_table_or_report(desk: Desk) -> None:
    assert TOKEN.encode() in first_sync()[0].files["meta_1.json"]
    platform = Platform.from_environment()
    entries = platform.lakehouse.landing_log(OrgId("adsonly")).entries
    assert len(entries) == 4
    assert not [entry.file for entry in entries if TOKEN in entry.model_dump_json()]
    for table in ("bronze.meta_ads", "silver.ads_insights"):
        rows = desk.show(table, "adsonly")
        assert rows
        assert TOKEN not in str(rows)
    assert TOKEN not in str(desk.call("report", "--org", "adsonly").rows)


@pytest.mark.rule("R22")
def test_ads_of_another_currency_are_reported_in_the_organizations_where_a_day_has_a_rate(desk: Desk) -> None:
    org = "abroad"
    assert desk.call("org", "add", org).code == 0
    in_dollars = {name: data.replace(b'"BRL"', b'"USD"') for name, data in first_sync()[0].files.items()}
    desk.sync(org, [Sync(first_sync()[0].as_of, in_dollars)])
    assert desk.land(org, *SALES[:2]).code == 0
    desk.refine()
    assert {(row["month"], row["currency"]) for row in desk.show("gold.marketing_month", org)} == {
        (month, currency) for month in MONTHS[:2] for currency in ("BRL", "USD")
    }

    assert desk.call("org", "rates", org, "USD", "2024-01-15=5", "2024-02-03=4.125").code == 0
    stale = {(row["table"], row["month"]) for row in desk.status(org) if row["state"] != "current"}
    assert {month for table, month in stale if table == "silver.ads_insights"} == {*MONTHS[:2]}
    assert "silver.sales" not in {table for table, _ in stale}
    desk.refine()
    spent: dict[tuple[str, str], Decimal] = {}
    for row in desk.show("silver.ads_insights", org):
        rate = Decimal("4.125" if row["reported_on"] >= "2024-02-03" else "5")
        key = row["month"], row["campaign_id"]
        spent[key] = spent.get(key, Decimal(0)) + Decimal(row["spend"] or 0) * rate
        assert (row["currency"], row["reporting_currency"], Decimal(row["exchange_rate"])) == ("USD", "BRL", rate)
    months = desk.show("gold.campaign_month", org)
    assert {(row["month"], row["campaign_id"]): Decimal(row["spend"]) for row in months} == spent
    assert {(row["currency"], row["account_currency"]) for row in months} == {("BRL", "USD")}
    weeks = desk.show("gold.campaign_week", org)
    assert sum(Decimal(row["spend"]) for row in weeks) == sum(spent.values())
    marketing = desk.show("gold.marketing_month", org)
    assert [(row["month"], row["currency"]) for row in marketing] == [(month, "BRL") for month in MONTHS[:2]]
    assert sum(Decimal(row["spend"]) for row in marketing) == sum(spent.values())
    assert None not in {row["roas_verified"] for row in marketing}
