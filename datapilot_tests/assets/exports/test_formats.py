"""Each format read by somebody else's reader says what the lake says; the bytes depend on the rows alone."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datapilot_assets.exports import workbook
from datapilot_assets.exports.formats import csv_bytes, files_of, json_bytes, parquet_bytes
from datapilot_assets.exports.month import ExportMonth, MonthTable
from datapilot_domain.contracts import CONTRACTS, SERVED, TableContract
from datapilot_domain.exports import EXPORT_FORMATS
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.rows import in_order, plain
from datapilot_domain.spreadsheets import neutral
from datapilot_resources.lakehouse import arrow_schema
from datapilot_tests.assets.serving.shelf import JANUARY, Row, some_rows

ROOT = Path(__file__).parents[3]
PRODUCTS = CONTRACTS["gold.sales_products"]
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "https://example.com", "=HYPERLINK(A1)", "42", "{=1}")


def month_table(contract: TableContract, rows: Sequence[Row]) -> MonthTable:
    shown = [column.name for column in contract.shown]
    full = [{**row, "org_id": "acme"} for row in rows]
    return MonthTable(contract, 3, in_order(contract, [{name: row[name] for name in shown} for row in full]))


def month_of(*tables: MonthTable) -> ExportMonth:
    return ExportMonth(Organization(org_id=OrgId("acme"), name="=Acme"), JANUARY, tables)


def whole_month() -> ExportMonth:
    return month_of(*(month_table(contract, some_rows(contract, JANUARY, 1)) for contract in SERVED))


def product(name: Any, key: str = "a", gross: str = "-1.5") -> Row:
    values = {"product_key": key, "product_name": name, "gross_revenue": Decimal(gross), "units": None, "rank": 1}
    return {"org_id": "acme", "month": str(JANUARY), "currency": "BRL", **values}


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def sheet_rows(data: bytes, name: str) -> list[list[Any]]:
    return [list(row) for row in opened(data)[name].iter_rows(values_only=True)]


def csv_rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))


@pytest.mark.parametrize("contract", SERVED, ids=lambda contract: contract.id)
def test_every_format_says_what_the_table_says(contract: TableContract) -> None:
    table = month_table(contract, some_rows(contract, JANUARY, 1))
    assert len(table.rows) == 12
    expected = [plain(row) for row in table.rows]
    assert json.loads(json_bytes(table)) == expected
    header, *lines = csv_rows(csv_bytes(table))
    assert header == [column.name for column in contract.columns if column.name != "fingerprint"]
    assert lines == [[_in_csv(value) for value in row.values()] for row in table.rows]
    parquet = pq.read_table(io.BytesIO(parquet_bytes(table)))
    assert parquet.to_pylist() == table.rows
    types = {field.name: field.type for field in arrow_schema(contract) if field.name != "fingerprint"}
    assert {field.name: field.type for field in parquet.schema} == types


def _in_csv(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Decimal, int)):
        return f"{Decimal(value):f}"
    return neutral(", ".join(value)) if isinstance(value, list) else neutral(str(value))


def test_the_workbook_says_what_the_tables_say() -> None:
    month = whole_month()
    (file,) = files_of(month, ["xlsx"])
    assert (file.name, file.table, file.rows) == ("acme-2024-01.xlsx", None, 12 * len(SERVED))
    assert opened(file.data).sheetnames == ["contents", *(contract.table for contract in SERVED), "columns"]
    for table in month.tables:
        header, *lines = sheet_rows(file.data, table.contract.table)
        assert header == table.columns
        assert len(lines) == len(table.rows)
        for line, row in zip(lines, table.rows, strict=True):
            for got, value in zip(line, row.values(), strict=True):
                _is_the_same(got, value)
    described = sheet_rows(file.data, "columns")[1:]
    assert [line[3] for line in described] == [column.description for of in SERVED for column in of.shown]


def _is_the_same(got: Any, value: Any) -> None:
    if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
        # A spreadsheet's numbers have 15 significant digits.
        assert isinstance(got, (int, float))
        assert abs(Decimal(got) - Decimal(value)) <= abs(Decimal(value)) * Decimal("1e-15")
    elif value is None or value in ("", []):
        assert got in (None, "")
    elif isinstance(value, bool):
        assert got is value
    elif hasattr(value, "isoformat"):
        assert got.date() == value
    else:
        text = ", ".join(value) if isinstance(value, list) else str(value)
        assert got.replace("_x000D_", "\r") == neutral(text)


def test_cells_look_as_people_expect() -> None:
    (file,) = files_of(whole_month(), ["xlsx"])
    sheet = opened(file.data)["sales_daily"]
    formats = {cell.value: sheet.cell(3, cell.column).number_format for cell in sheet[1]}
    assert formats["gross_revenue"] == "#,##0.00##"
    assert formats["lines"] == "#,##0"
    assert formats["date"] == "yyyy-mm-dd"
    assert opened(file.data)["sales_month"].cell(3, 18).number_format == "#,##0.0000######"
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert sheet.auto_filter.ref is not None
    assert all(0 < column.width < 80 for column in sheet.column_dimensions.values())


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_text_is_never_a_formula_a_link_or_a_number(text: str) -> None:
    table = month_table(PRODUCTS, [product(text)])
    (file,) = files_of(month_of(table), ["xlsx"])
    cell = opened(file.data)["sales_products"].cell(2, 5)
    assert cell.data_type == "s"
    assert cell.hyperlink is None
    neutralised = f"'{text}" if text[0] in "=+-@\t\r" else text
    assert cell.value.replace("_x000D_", "\r") == neutralised
    assert csv_rows(csv_bytes(table))[1][4] == neutralised
    # Programs get the text itself.
    assert json.loads(json_bytes(table))[0]["product_name"] == text
    with zipfile.ZipFile(io.BytesIO(file.data)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "/worksheets/" in name]
    assert not any(mark in sheet for sheet in sheets for mark in (b"<f>", b"<f ", b"hyperlink"))


def test_negative_numbers_stay_numbers() -> None:
    table = month_table(PRODUCTS, [product("a", gross="-1.5000")])
    assert csv_rows(csv_bytes(table))[1][5] == "-1.5000"
    (file,) = files_of(month_of(table), ["xlsx"])
    assert opened(file.data)["sales_products"].cell(2, 6).value == -1.5


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_any_text_comes_back_from_every_format(texts: list[str]) -> None:
    table = month_table(PRODUCTS, [product(text, key=f"{place:02}") for place, text in enumerate(texts)])
    assert [line[4] for line in csv_rows(csv_bytes(table))[1:]] == [neutral(text) for text in texts]
    assert [row["product_name"] for row in json.loads(json_bytes(table))] == texts
    assert pq.read_table(io.BytesIO(parquet_bytes(table)))["product_name"].to_pylist() == texts


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1))
def test_any_printable_text_comes_back_from_a_workbook(text: str) -> None:
    (file,) = files_of(month_of(month_table(PRODUCTS, [product(text)])), ["xlsx"])
    assert opened(file.data)["sales_products"].cell(2, 5).value == neutral(text)


def test_a_workbook_takes_more_rows_than_a_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAXIMUM_ROWS", 6)
    (file,) = files_of(month_of(month_table(PRODUCTS, some_rows(PRODUCTS, JANUARY, 1))), ["xlsx"])
    names = ["sales_products", "sales_products 2", "sales_products 3"]
    assert opened(file.data).sheetnames == ["contents", *names, "columns"]
    sheets = [sheet_rows(file.data, name) for name in names]
    assert [len(rows) - 1 for rows in sheets] == [5, 5, 2]
    assert all(rows[0] == sheets[0][0] for rows in sheets)


def test_text_that_no_cell_holds_is_cut_where_one_sees_it() -> None:
    (file,) = files_of(month_of(month_table(PRODUCTS, [product("🍞" * 20_000)])), ["xlsx"])
    text = opened(file.data)["sales_products"].cell(2, 5).value
    assert text.startswith("🍞🍞")
    assert text.endswith("[cut: the whole text is in the other formats]")
    assert 32_700 < len(text.encode("utf-16-le")) // 2 <= 32_767


def test_a_month_without_rows_has_headers_and_types() -> None:
    table = month_table(PRODUCTS, [])
    assert csv_bytes(table) == b"org_id,month,currency,product_key,product_name,gross_revenue,units,rank\r\n"
    assert json.loads(json_bytes(table)) == []
    assert pq.read_schema(io.BytesIO(parquet_bytes(table))).field("rank").type == pa.int32()
    (file,) = files_of(month_of(table), ["xlsx"])
    assert len(sheet_rows(file.data, "sales_products")) == 1


def test_what_json_does_not_have_is_refused() -> None:
    table = MonthTable(PRODUCTS, 1, [{**product("a"), "units": float("nan")}])
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_bytes(table)


def test_no_exported_column_is_personal() -> None:
    assert [column.name for contract in SERVED for column in contract.columns if column.personal] == []
    bronze = CONTRACTS["bronze.sales"]
    assert bronze.personal_columns
    assert {column.name for column in bronze.shown}.isdisjoint({*bronze.personal_columns, "fingerprint"})


def hashes() -> dict[str, str]:
    return {file.name: hashlib.sha256(file.data).hexdigest() for file in files_of(whole_month(), EXPORT_FORMATS)}


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Sao_Paulo"])
def test_bytes_are_the_same_in_another_process_zone_and_order_of_hashing(zone: str) -> None:
    program = "import json; from datapilot_tests.assets.exports.test_formats import hashes; print(json.dumps(hashes()))"
    environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    mine = hashes()
    assert len(mine) == 3 * len(SERVED) + 1
    assert json.loads(done.stdout) == mine


def test_bytes_do_not_know_the_day_nor_the_order_of_the_rows() -> None:
    month = whole_month()
    for file in files_of(month, ["xlsx"]):
        with zipfile.ZipFile(io.BytesIO(file.data)) as parts:
            assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert b"2000-01-01T00:00:00Z" in parts.read("docProps/core.xml")
    backwards = [month_table(table.contract, table.rows[::-1]) for table in month.tables]
    assert [file.data for file in files_of(month_of(*backwards), EXPORT_FORMATS)] == [
        file.data for file in files_of(month, EXPORT_FORMATS)
    ]
