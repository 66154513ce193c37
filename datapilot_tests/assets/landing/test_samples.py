"""The sample files decode to exactly the expected counts, amounts and months."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from datapilot_assets.landing.recognise import recognise
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.contracts.sales_status import STATUS_OF_WORD
from datapilot_domain.partitions import Month
from datapilot_tests.assets.landing.decoding import decode

SAMPLES = Path(__file__).parents[2] / "samples"
EXPECTED: dict[str, Any] = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
LAYOUTS = ("excel_br_cp1252", "utf8bom_caps", "english", "storefront_latin1", "erp_report_cp1252")
MONTHS = ("2024-01", "2024-02", "2024-03")


def sums(records: list[dict[str, Any]], units: list[dict[str, Any]]) -> dict[str, Decimal]:
    """Gross, returns and cancelled amounts: the unit index's values under each order's status."""
    statuses = {}
    for row in records:
        text = (row["payment_status"] or row["status"]).lower()
        statuses[row["unit_key"]] = STATUS_OF_WORD[text]
    found = {"gross": Decimal(0), "returns": Decimal(0), "cancelled_excluded": Decimal(0)}
    for unit in units:
        if statuses[unit["unit_key"]] in ("cancelled", "refused"):
            found["cancelled_excluded"] += unit["amount"]
        else:
            found["returns" if unit["event_type"] == "return" else "gross"] += unit["amount"]
    return found


@pytest.mark.rule("R5")
@pytest.mark.rule("R7")
@pytest.mark.rule("R10")
@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_decodes_to_the_same_figures(tmp_path: Path, layout: str, month: str) -> None:
    path = SAMPLES / f"vendas_{month}__{layout}.csv"
    decoded, records, units = decode(tmp_path, path.read_bytes())
    expected = EXPECTED["sales"][month]
    ignored = 5 if layout.startswith("erp") else 0

    assert recognise(path) == "sales"
    assert (len(records), decoded.ignored) == (expected["lines_in_file"], ignored)
    assert decoded.records == len(records) + ignored
    assert {str(m): (c.records, c.ignored) for m, c in decoded.months.items()} == {month: (decoded.records, ignored)}
    assert sum(unit["records"] for unit in units) == len(records)
    assert {row["month"] for row in records} == {month}
    assert sums(records, units) == {name: Decimal(expected[name]) for name in sums([], [])}
    assert {notice.code for notice in decoded.notices} == ({"DISCOUNT_ABSENT"} if ignored else set())
    assert decoded.layout.line_level == ()
    assert len({row["customer_key"] for row in records}) > 5 or layout.startswith("erp")


def test_records_are_the_bronze_contract(tmp_path: Path) -> None:
    decoded, _, _ = decode(tmp_path, (SAMPLES / "vendas_2024-01__english.csv").read_bytes())
    schema = pyarrow.parquet.read_schema(decoded.records_file)
    assert tuple(schema.names) == BRONZE_SALES.column_names
    types = {"string": "string", "int": "int32", "date": "date32[day]", "boolean": "bool"}
    types |= {"decimal(18,4)": "decimal128(18, 4)"}
    for column in BRONZE_SALES.columns:
        if column.name not in ("extras", "unreadable"):
            assert str(schema.field(column.name).type) == types[column.type]
    units = pyarrow.parquet.read_schema(decoded.units_file)
    assert [f"{field.name} {field.type}" for field in units] == [
        "unit_key string", "event_type string", "order_id string", "line_no int32",
        "sold_on date32[day]", "month string", "records int32", "amount decimal128(28, 4)",
        "other_ids list<element: string>", "order_total decimal128(18, 4)",
        "status string", "status_raw string", "order_level bool", "order_discount decimal128(18, 4)",
        "order_freight decimal128(18, 4)",
    ]  # fmt: skip


def test_corrected_january(tmp_path: Path) -> None:
    _, records, units = decode(tmp_path, (SAMPLES / "vendas_2024-01_corrigido__excel_br_cp1252.csv").read_bytes())
    expected = EXPECTED["sales_january_after_corrected_file_replaces_period"]
    assert len(records) == expected["lines_in_file"]
    assert sums(records, units) == {name: Decimal(expected[name]) for name in sums([], [])}
    assert "1052" not in {row["order_id"] for row in records}


@pytest.mark.rule("R24")
@pytest.mark.reason("LATE_ROWS")
def test_late_rows_are_filed_under_their_own_month(tmp_path: Path) -> None:
    decoded, _, _ = decode(tmp_path, (SAMPLES / "vendas_2024-03_com_atrasados__english.csv").read_bytes())
    assert decoded.main_month == Month(2024, 3)
    assert {str(month): count.records for month, count in decoded.months.items()} == {
        "2024-01": 2,
        "2024-03": EXPECTED["sales"]["2024-03"]["lines_in_file"],
    }
    assert [(notice.code, notice.values) for notice in decoded.notices] == [
        ("LATE_ROWS", {"count": "2", "months": "2024-01"})
    ]


@pytest.mark.rule("R13")
def test_records_with_errors_are_kept_for_silver_to_judge(tmp_path: Path) -> None:
    decoded, records, units = decode(tmp_path, (SAMPLES / "vendas_2024-01_com_erros__english.csv").read_bytes())
    good = EXPECTED["with_errors"]["good_lines"]
    bad = records[good:]
    assert (len(bad), decoded.ignored) == (EXPECTED["with_errors"]["quarantined_lines"], 0)
    assert [row["sold_on"] is None for row in bad] == [True, False, False, False]
    assert [row["defect"] for row in bad] == [None, None, None, "RECORD_SHAPE:sku"]
    assert {row["month"] for row in bad} == {"2024-01"}
    amounts = {unit["order_id"]: unit["amount"] for unit in units}
    assert [amounts[row["order_id"]] for row in bad] == [Decimal(1), None, None, None]
    assert bad[2]["product_name"] == "=1+1"
