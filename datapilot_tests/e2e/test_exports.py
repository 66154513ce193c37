"""A file lands, `datapilot run` refines and exports it, and the files say what `datapilot show` says."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from datapilot_domain.contracts import CONTRACTS, SERVED
from datapilot_domain.organizations import OrgId
from datapilot_domain.rows import csv_cell, plain
from datapilot_interfaces.cli.tables import table_rows
from datapilot_resources.platform import Platform
from datapilot_tests.assets.exports import reader
from datapilot_tests.workbench import Workbench, sample

HEADER = "order_id,line,order_date,sku,product,quantity,unit_price,amount,order_discount,status,customer_email,notes\n"
FORMULA = '=HYPERLINK("http://example.com")'


def order(org: str) -> str:
    product = '"' + FORMULA.replace('"', '""') + '"'
    return HEADER + f"1,1,2024-03-10,SKU-{org},{product},1,10.00,10.00,0.00,paid,maria@example.com,canary{org}end\n"


@pytest.fixture(scope="module")
def bench(workbench: Workbench) -> Iterator[Workbench]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATAPILOT_EXPORTS", "csv,json,parquet,xlsx")
        made = Workbench(Platform.from_environment())
        for org in ("alpha", "alphabeta"):
            made.add(org)
            made.land(org, sample("2024-01", "english"), ("vendas.csv", order(org)))
        runs = made.refine("alpha", "alphabeta", family=None)
        assert [run.error for run in runs] == [None] * len(runs)
        assert {(run.org, run.changed) for run in runs if run.family == "exports"} == {("alpha", 1), ("alphabeta", 1)}
        yield made


def month_folder(bench: Workbench, org: str, month: str) -> Path:
    return Path(bench.platform.settings.store_root, f"org_id={org}", "exports", month)


@pytest.mark.parametrize("month", ["2024-01", "2024-03"])
def test_every_format_of_every_table_says_what_show_says(bench: Workbench, month: str) -> None:
    from datapilot_domain.partitions import Month

    folder = month_folder(bench, "alpha", month)
    manifest = reader.latest(folder)
    reader.check(folder, manifest)
    of = folder / manifest["fingerprint"]
    workbook = openpyxl.load_workbook(of / f"alpha-{month}.xlsx")
    for contract in SERVED:
        rows = table_rows(bench.platform, contract, OrgId("alpha"), Month.parse(month))
        assert json.loads((of / f"{contract.id}.json").read_bytes()) == [plain(row) for row in rows]
        lines = csv.reader(io.StringIO((of / f"{contract.id}.csv").read_bytes().decode(), newline=""), strict=True)
        assert list(lines)[1:] == [[csv_cell(value) for value in row.values()] for row in rows]
        assert pq.read_table(of / f"{contract.id}.parquet").to_pylist() == rows
        assert workbook[contract.table].max_row == len(rows) + 1
        assert manifest["tables"][contract.id]["rows"] == len(rows)
    if month == "2024-01":
        (total,) = json.loads((of / "gold.sales_month.json").read_bytes())
        assert total["gross_revenue"] == "18156.3700"
        names = [cell.value for cell in workbook["sales_month"][1]]
        assert workbook["sales_month"].cell(2, names.index("gross_revenue") + 1).value == 18156.37
        assert manifest["tables"]["insights.published"]["rows"] > 0


def test_a_products_name_is_no_formula(bench: Workbench) -> None:
    folder = month_folder(bench, "alpha", "2024-03")
    of = folder / reader.latest(folder)["fingerprint"]
    (product,) = json.loads((of / "gold.sales_products.json").read_bytes())
    assert product["product_name"] == FORMULA
    sheet = openpyxl.load_workbook(of / "alpha-2024-03.xlsx")["sales_products"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert f"'{FORMULA}" in [cell.value for cell in cells]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)
    (row,) = csv.DictReader(io.StringIO((of / "gold.sales_products.csv").read_text("utf-8")))
    assert row["product_name"] == f"'{FORMULA}"


@pytest.mark.parametrize(("mine", "other"), [("alpha", "alphabeta"), ("alphabeta", "alpha")])
def test_no_file_tells_of_another_organization_or_a_person(bench: Workbench, mine: str, other: str) -> None:
    folder = month_folder(bench, mine, "2024-03")
    of = folder / reader.latest(folder)["fingerprint"]
    for path in of.iterdir():
        workbook = path.suffix == ".xlsx"
        text = _text(path) if workbook else path.read_bytes().decode("utf-8", "replace")
        for foreign in (f'sku-{other}"', f"sku-{other},", f"org_id={other}", f"canary{other}", "maria@example.com"):
            assert foreign.lower() not in text.lower(), path.name
    assert f"sku-{mine}" in (of / "gold.sales_products.csv").read_text("utf-8").lower()


def _text(path: Path) -> str:
    sheets = openpyxl.load_workbook(path).worksheets
    return "\n".join(",".join(map(str, row)) for sheet in sheets for row in sheet.iter_rows(values_only=True))


def test_the_next_run_has_nothing_to_export(bench: Workbench) -> None:
    assert [run.family for run in bench.refine("alpha", family=None)] == []


def test_exports_that_are_refused_keep_no_gold_back(bench: Workbench) -> None:
    """P12: what stands in the way of the files is in nobody else's."""
    bench.add("gamma")
    Path(bench.platform.settings.store_root, "org_id=gamma").mkdir(exist_ok=True)
    Path(bench.platform.settings.store_root, "org_id=gamma", "exports").write_text("in the way")
    bench.land("gamma", sample("2024-01", "english"))
    runs = bench.refine("gamma", family=None)
    assert [run.family for run in runs if not run.succeeded] == ["exports"]
    assert {"sales", "insights"} < {run.family for run in runs}
    assert str(bench.month("gamma", "2024-01")["gross_revenue"]) == "18156.3700"
    assert bench.rows(CONTRACTS["insights.published"].id, "gamma")
