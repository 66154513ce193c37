"""Several Spark drivers on one table of a real S3 server: no commit is lost with the lease, some are without (P8)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from datapilot_domain.contracts.sales_gold import SALES_PRODUCTS
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import Lakehouse
from datapilot_resources.settings import Settings
from datapilot_tests.services.faulty_proxy import NO_FAULT, Fault, faulty_proxy
from datapilot_tests.services.s3_server import variables_of
from datapilot_tests.services.spark_connect import run_python

ACME = OrgId("acme")
ROUNDS = 5
CASES = [
    pytest.param(True, "seaweedfs", marks=pytest.mark.services, id="seaweedfs"),
    pytest.param(True, "minio", marks=pytest.mark.services, id="minio"),
    pytest.param(False, "minio", marks=pytest.mark.services, id="without-the-lease"),
]

# Replaces one month after the other by Spark, and tells which commits were acknowledged.
DRIVER = """
import contextlib, json
from datapilot_domain.contracts.sales_gold import SALES_PRODUCTS
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources import lakehouse as module
from datapilot_resources.settings import Settings
from datapilot_resources.spark import spark_resource

class NoLease:
    def confirm(self): pass

if not {with_lease}:
    module.writer_lease = lambda *arguments: contextlib.nullcontext(NoLease())
settings = Settings.from_environment()
lakehouse = module.Lakehouse(settings)
spark = spark_resource(settings).spark_session
names = SALES_PRODUCTS.column_names
values = {{"org_id": "'acme'", "currency": "'BRL'", "product_key": "'p'", "gross_revenue": "1.0", "rank": "1"}}
acknowledged = []
for number in {months}:
    month = Month(2024, 1).plus(number)
    fingerprint = f"{{number:032d}}"
    columns = {{**values, "month": f"'{{month}}'", "fingerprint": f"'{{fingerprint}}'"}}
    selected = [f"CAST({{columns.get(c.name, 'NULL')}} AS {{c.type}}) AS {{c.name}}" for c in SALES_PRODUCTS.columns]
    frame = spark.range(1).selectExpr(*selected)
    try:
        lakehouse.replace(SALES_PRODUCTS, OrgId("acme"), {{month: 1}}, frame, {{month: fingerprint}}, "run-{name}", 1)
        acknowledged.append(str(month))
    except module.WriteRejected as error:
        print("rejected", month, error)
print("RESULT", json.dumps(acknowledged))
"""


def _drive(settings: Settings, folder: Path, name: str, months: Sequence[int], with_lease: bool) -> set[str]:
    code = DRIVER.format(with_lease=with_lease, months=list(months), name=name)
    home = {"DATAPILOT_HOME": str(folder / f"home-{name}")}
    printed = run_python(code, folder, **{**variables_of(settings), **home})
    (line,) = [line for line in printed.splitlines() if line.startswith("RESULT ")]
    return set(json.loads(line.removeprefix("RESULT ")))


@pytest.mark.parametrize(("with_lease", "s3_store"), CASES, indirect=["s3_store"])
def test_commits_of_drivers_beside_each_other(s3_store: Settings, tmp_path: Path, with_lease: bool) -> None:
    """One driver's commits take two seconds to arrive: what the other commits meanwhile under that number is gone."""

    def slow(method: str, path: str) -> Fault:
        return Fault(delay_seconds=2) if method == "PUT" and "/_delta_log/0" in path else NO_FAULT

    # There before both, since creating a table is no question of Spark's.
    Lakehouse(s3_store).months(SALES_PRODUCTS, ACME)
    assert s3_store.s3_endpoint_url is not None
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        settings = [
            s3_store.model_copy(
                update={"s3_endpoint_url": stack.enter_context(faulty_proxy(s3_store.s3_endpoint_url, fault))}
            )
            for fault in (slow, lambda method, path: NO_FAULT)
        ]
        runs = [
            pool.submit(_drive, of, tmp_path, str(number), range(number, 2 * ROUNDS, 2), with_lease)
            for number, of in enumerate(settings)
        ]
        acknowledged = set().union(*(run.result() for run in runs))
    stored = set(Lakehouse(s3_store).read(SALES_PRODUCTS, ACME)["month"].to_pylist())
    lost = acknowledged - stored
    if with_lease:
        assert acknowledged == {str(Month(2024, 1).plus(number)) for number in range(2 * ROUNDS)}
        assert lost == set()
    else:
        assert lost, "this bench no longer loses commits: what does it prove?"
