"""The same path in other places: store on S3, Spark behind Connect, tables written by Spark itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from datapilot_resources.settings import Settings
from datapilot_tests.services.fixtures import SEAWEEDFS
from datapilot_tests.services.s3_server import variables_of
from datapilot_tests.services.spark_connect import run_python
from datapilot_tests.workbench import SAMPLES

EXPECTED = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))["sales"]

# Compiled and written by Spark when no month set counts as small. January is then corrected: months are replaced.
PATH = """
import json
import datapilot_assets.step
import datapilot_resources.spark_frames
from datapilot_resources.platform import Platform
from datapilot_tests.workbench import SAMPLES, Workbench, sample

datapilot_assets.step.SMALL_ROWS = datapilot_resources.spark_frames._COMPILED_ROWS = {small_rows}
bench = Workbench(Platform.from_environment())
bench.add("acme")
bench.land("acme", *(sample(month, "excel_br_cp1252") for month in ("2024-01", "2024-02", "2024-03")))
runs = bench.refine("acme")
corrected = SAMPLES / "vendas_2024-01_corrigido__excel_br_cp1252.csv"
bench.land("acme", corrected, replaces="vendas_2024-01__excel_br_cp1252.csv")
runs += bench.refine("acme")
rows = bench.rows("gold.sales_month", "acme")
print("RESULT", json.dumps({{"errors": [run.error for run in runs], "status": bench.status("acme"),
    "gross": {{row["month"]: str(row["gross_revenue"]) for row in rows}}}}))
"""


def walk(folder: Path, small_rows: int, **environment: str) -> dict[str, Any]:
    printed = run_python(PATH.format(small_rows=small_rows), folder, **environment)
    (line,) = [line for line in printed.splitlines() if line.startswith("RESULT ")]
    result: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    return result


def assert_right(result: dict[str, Any]) -> None:
    assert result["errors"] == [None, None]
    assert {month: float(gross) for month, gross in result["gross"].items()} == {
        "2024-01": 18117.58,
        "2024-02": float(EXPECTED["2024-02"]["gross"]),
        "2024-03": float(EXPECTED["2024-03"]["gross"]),
    }
    assert {row["state"] for row in result["status"]} == {"current"}


S3_WALKS = [
    pytest.param("seaweedfs", 0, marks=pytest.mark.services, id="seaweedfs-spark-writes"),
    pytest.param("seaweedfs", 200_000, marks=pytest.mark.services, id="seaweedfs-delta-rs-writes"),
    pytest.param("minio", 0, marks=pytest.mark.services, id="minio-spark-writes"),  # tenancy has the other one
]


@pytest.mark.parametrize(("s3_store", "small_rows"), S3_WALKS, indirect=["s3_store"])
def test_store_on_s3(s3_store: Settings, tmp_path: Path, small_rows: int) -> None:
    assert_right(walk(tmp_path, small_rows, **variables_of(s3_store)))


@pytest.mark.parametrize("small_rows", [0, 200_000], ids=["spark-writes", "delta-rs-writes"])
def test_spark_connect_on_a_folder(connect_address: str, tmp_path: Path, small_rows: int) -> None:
    home = {"DATAPILOT_HOME": str(tmp_path / "home"), "SPARK_REMOTE": connect_address}
    assert_right(walk(tmp_path, small_rows, **home))


@pytest.mark.parametrize("s3_store", [SEAWEEDFS], indirect=True)  # the Connect server has its address and key
def test_spark_connect_on_s3(connect_address: str, s3_store: Settings, tmp_path: Path) -> None:
    assert_right(walk(tmp_path, 0, SPARK_REMOTE=connect_address, **variables_of(s3_store)))


def test_spark_writes_on_a_folder(tmp_path: Path) -> None:
    assert_right(walk(tmp_path, 0, DATAPILOT_HOME=str(tmp_path / "home")))
