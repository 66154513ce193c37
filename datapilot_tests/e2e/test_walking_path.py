"""Sales files in, right monthly KPIs out: every layout, every kind of correction, on real Spark and Delta."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from datapilot_assets.reports import file_reports
from datapilot_domain.landing import Verdict
from datapilot_domain.partitions import Month
from datapilot_tests.workbench import (
    LAYOUTS,
    MONTHS,
    SAMPLES,
    Workbench,
    assert_month,
    assert_products,
    sample,
)

EXPECTED: dict[str, Any] = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
CORRECTED = SAMPLES / "vendas_2024-01_corrigido__excel_br_cp1252.csv"
LATE = SAMPLES / "vendas_2024-03_com_atrasados__english.csv"
ERRORS = SAMPLES / "vendas_2024-01_com_erros__english.csv"
LAYOUT_ORGS = {layout: layout.replace("_", "") for layout in LAYOUTS}


@pytest.fixture(scope="module")
def landed(workbench: Workbench) -> Workbench:
    """Every layout in an organization of its own, and what the corrections start from."""
    for layout, org in LAYOUT_ORGS.items():
        workbench.add(org)
        results = workbench.land(org, *(sample(month, layout) for month in MONTHS))
        assert [result.verdict for result in results] == [Verdict.ACCEPTED] * 3
    for org in ("replaced", "completed", "merged"):
        workbench.add(org)
        workbench.land(org, sample("2024-01", "excel_br_cp1252"))
    workbench.add("errors")
    workbench.land("errors", ERRORS)
    runs = workbench.refine(*LAYOUT_ORGS.values(), "replaced", "completed", "merged", "errors")
    assert [run.error for run in runs] == [None] * len(runs)
    return workbench


@pytest.mark.rule("R16")
@pytest.mark.rule("R17")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_gives_the_expected_months_and_products(landed: Workbench, layout: str) -> None:
    org = LAYOUT_ORGS[layout]
    assert len(landed.rows("gold.sales_month", org)) == len(MONTHS)
    for month in MONTHS:
        expected = EXPECTED["sales"][month]
        assert_month(landed.month(org, month), expected, EXPECTED["dialects"][layout]["has_discount"])
        assert_products(landed.rows("gold.sales_products", org, month), expected)


def test_breakdowns_and_days_sum_to_the_month(landed: Workbench) -> None:
    for month in MONTHS:
        total = landed.month("excelbrcp1252", month)
        daily = landed.rows("gold.sales_daily", "excelbrcp1252", month)
        breakdown = landed.rows("gold.sales_breakdown", "excelbrcp1252", month)
        for measure in ("lines", "gross_revenue", "net_revenue", "returns_amount", "units"):
            assert sum(row[measure] for row in daily) == total[measure]
            for dimension in ("category", "channel", "state", "payment_method", "store"):
                members = [row for row in breakdown if row["dimension"] == dimension]
                assert sum(row[measure] for row in members) == total[measure]


@pytest.mark.rule("R10")
@pytest.mark.rule("R16")
def test_a_month_without_discount_column_says_so(landed: Workbench) -> None:
    (report,) = file_reports(
        landed.platform, landed.platform.registry.get("erpreportcp1252"), sample("2024-01", "erp_report_cp1252").name
    )
    assert any("desconto" in notice for notice in report["notices"])
    # Preamble (3 records), totals and footer are counted, not lost.
    assert (report["records"], report["accepted"], report["ignored"]) == (39, 34, 5)


@pytest.mark.rule("R3")
@pytest.mark.parametrize(
    ("org", "declaration"),
    [
        ("replaced", {"replaces": "vendas_2024-01__excel_br_cp1252.csv"}),
        ("completed", {"complete": Month(2024, 1)}),
    ],
)
def test_a_declared_correction_replaces_the_month(landed: Workbench, org: str, declaration: dict[str, Any]) -> None:
    (result,) = landed.land(org, CORRECTED, **declaration)
    assert result.verdict is Verdict.ACCEPTED
    landed.refine(org)
    expected = EXPECTED["sales_january_after_corrected_file_replaces_period"]
    assert_month(landed.month(org, "2024-01"), expected)
    assert_products(landed.rows("gold.sales_products", org, "2024-01"), expected)
    (report,) = file_reports(landed.platform, landed.platform.registry.get(org), CORRECTED.name)
    gross = next(effect for effect in report["effects"] if effect["measure"] == "gross_revenue")
    assert Decimal(gross["before"]) == Decimal("18156.37")
    assert Decimal(gross["after"]) == Decimal(expected["gross"])


@pytest.mark.rule("R3")
@pytest.mark.rule("R4")
def test_an_undeclared_correction_merges_and_names_what_it_no_longer_has(landed: Workbench) -> None:
    landed.land("merged", CORRECTED)
    landed.refine("merged")
    # Order 1052 (103.49) stays; 1079 has the corrected quantity, 99001 is new.
    corrected = EXPECTED["sales_january_after_corrected_file_replaces_period"]
    assert landed.month("merged", "2024-01")["gross_revenue"] == Decimal(corrected["gross"]) + Decimal("103.49")
    (report,) = file_reports(landed.platform, landed.platform.registry.get("merged"), CORRECTED.name)
    (notice,) = [notice for notice in report["notices"] if "1052" in notice]
    assert "R$ 103,49" in notice


@pytest.mark.rule("R24")
def test_late_rows_restate_their_month_and_leave_the_others_alone(landed: Workbench) -> None:
    before = {(row["table"], row["month"]): row for row in landed.status("english")}
    landed.land("english", LATE)
    # March is in the file again, January got late rows; February lies between and gets no run.
    runs = landed.refine("english")
    assert [[str(month) for month in run.months] for run in runs] == [["2024-01"], ["2024-03"]]
    assert all(run.succeeded for run in runs)
    assert_month(landed.month("english", "2024-01"), EXPECTED["sales_january_after_late_rows_arrive_in_march_file"])
    after = {(row["table"], row["month"]): row for row in landed.status("english")}
    for (table, month), row in after.items():
        if month == "2024-02":
            assert row == before[table, month]
        assert row["state"] == "current"
    gold = ("gold.sales_month", "2024-01")
    assert after[gold]["committed_version"] > before[gold]["committed_version"]
    (report,) = file_reports(landed.platform, landed.platform.registry.get("english"), LATE.name)
    assert {effect["month"] for effect in report["effects"]} == {"2024-01"}


@pytest.mark.rule("R10")
def test_bad_records_are_quarantined_with_record_column_and_reason(landed: Workbench) -> None:
    assert landed.month("errors", "2024-01")["lines"] == EXPECTED["with_errors"]["good_lines"]
    rows = sorted(landed.rows("silver.sales_quarantine", "errors"), key=lambda row: row["record_no"])
    assert [(row["record_no"], row["column"], row["reason"]) for row in rows] == [
        (12, "sold_at", "DATE_UNREADABLE"),
        (13, "line_amount", "AMOUNT_MISSING"),
        (14, "line_amount", "AMOUNT_UNREADABLE"),
        (15, "sku", "RECORD_SHAPE"),
    ]
    assert {row["file"] for row in rows} == {ERRORS.name}


@pytest.mark.rule("R2")
def test_the_same_bytes_under_another_name_change_nothing(landed: Workbench) -> None:
    before = landed.status("storefrontlatin1")
    content = sample("2024-02", "storefront_latin1").read_bytes()
    (result,) = landed.land("storefrontlatin1", ("outro_nome.csv", content), source="loja2")
    assert result.verdict is Verdict.ALREADY_LOADED
    assert "vendas_2024-02__storefront_latin1.csv" in result.line
    assert landed.refine("storefrontlatin1") == []
    assert landed.status("storefrontlatin1") == before


HEADER = "order_id,line,order_date,sku,product,quantity,unit_price,amount,order_discount,status\n"


def line(order: str, day: str, amount: str, status: str = "paid", sku: str = "A") -> str:
    return f"{order},1,{day},{sku},Produto {sku},1,{amount},{amount},0.00,{status}\n"


@pytest.mark.rule("R4")
def test_an_order_moved_to_another_month_is_in_that_month_only(workbench: Workbench) -> None:
    workbench.add("redated")
    workbench.land("redated", ("a.csv", HEADER + line("1", "2024-01-30", "10.00") + line("2", "2024-01-30", "5.00")))
    workbench.refine("redated")
    workbench.land("redated", ("b.csv", HEADER + line("1", "2024-02-02", "10.00")))
    workbench.refine("redated")
    assert workbench.month("redated", "2024-01")["gross_revenue"] == Decimal("5")
    assert workbench.month("redated", "2024-02")["gross_revenue"] == Decimal("10")


@pytest.mark.rule("R3")
@pytest.mark.reason("PARTS_MISSING")
def test_a_complete_month_without_rows_is_zero_and_parts_act_together(workbench: Workbench) -> None:
    workbench.add("parts")
    workbench.land("parts", ("a.csv", HEADER + line("1", "2024-01-30", "10.00")))
    first = ("1.csv", HEADER + line("7", "2024-01-02", "1.00"))
    second = ("2.csv", HEADER + line("8", "2024-01-03", "2.00"))
    (waiting,) = workbench.land("parts", first, complete=Month(2024, 1), part=(1, 2))
    assert (waiting.verdict, waiting.reason) == (Verdict.WAITING, "PARTS_MISSING")
    workbench.refine("parts")
    assert workbench.month("parts", "2024-01")["gross_revenue"] == Decimal("10")
    (accepted,) = workbench.land("parts", second, complete=Month(2024, 1), part=(2, 2))
    assert accepted.verdict is Verdict.ACCEPTED
    workbench.land("parts", ("feb.csv", HEADER), complete=Month(2024, 2))
    workbench.refine("parts")
    assert workbench.month("parts", "2024-01")["gross_revenue"] == Decimal("3")
    # A part that waited counts once the others came, and its report says so.
    _, part, *_ = file_reports(workbench.platform, workbench.platform.registry.get("parts"))
    assert (part["verdict"], part["counts"], part["records"], part["accepted"]) == ("accepted", True, 1, 1)
    assert workbench.platform.store.read(part["stored_at"]).decode().splitlines()[2].startswith("**aceito**")
    february = workbench.month("parts", "2024-02")
    assert (february["gross_revenue"], february["lines"], february["average_ticket"]) == (Decimal(0), 0, None)


@pytest.mark.rule("R10")
def test_conservation_holds_for_every_file(landed: Workbench) -> None:
    for org in [*LAYOUT_ORGS.values(), "replaced", "completed", "merged", "errors"]:
        for report in file_reports(landed.platform, landed.platform.registry.get(org)):
            fates = [report[name] for name in ("accepted", "superseded", "quarantined", "ignored")]
            assert report["records"] == sum(fates), (org, report["file"])
