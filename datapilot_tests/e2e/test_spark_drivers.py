"""Several Spark drivers on one table of a real S3 server: no commit is lost with the lease, some are without (P8)."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pytest

from datapilot_domain.contracts.sales_gold import SALES_PRODUCTS
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import Lakehouse, arrow_schema
from datapilot_resources.settings import Settings
from datapilot_tests.services.faulty_proxy import NO_FAULT, Fault, faulty_proxy
from datapilot_tests.services.s3_server import variables_of
from datapilot_tests.services.spark_connect import run_python

ACME = OrgId("acme")
SLOW, FAST = range(2), range(2, 8)  # months after January 2024
CASES = [
    pytest.param(True, "seaweedfs", marks=pytest.mark.services, id="with-the-lease"),
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


class Meeting:
    """Holds the slow driver's commit until the fast one makes its own of that version, if nobody hinders it."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._seen, self._condition = seconds, set[str](), threading.Condition()

    def slow(self, method: str, path: str) -> Fault:
        if version := _commit(method, path):
            with self._condition:
                self._condition.wait_for(lambda: version in self._seen, self._seconds)
            return Fault(delay_seconds=1)  # until the other one has arrived
        return NO_FAULT

    def fast(self, method: str, path: str) -> Fault:
        if version := _commit(method, path):
            with self._condition:
                self._seen.add(version)
                self._condition.notify_all()
        return NO_FAULT


def _commit(method: str, path: str) -> str | None:
    found = re.search(r"/_delta_log/(\d{20})\.json", path)
    return found[1] if found and method == "PUT" else None


@pytest.mark.parametrize(("with_lease", "s3_store"), CASES, indirect=["s3_store"])
def test_commits_of_drivers_beside_each_other(s3_store: Settings, tmp_path: Path, with_lease: bool) -> None:
    """What the fast driver commits under a number that the slow one has already chosen is overwritten."""
    first = {c.name: [None] for c in SALES_PRODUCTS.columns} | {"month": ["2023-12"], "fingerprint": ["0" * 32]}
    rows = pa.table({name: pa.array(first[name], type=arrow_schema(SALES_PRODUCTS).field(name).type) for name in first})
    december = Month(2023, 12)
    Lakehouse(s3_store).replace(SALES_PRODUCTS, ACME, {december: 1}, rows, {december: "0" * 32}, "first", 1)
    meeting = Meeting(1 if with_lease else 300)
    assert s3_store.s3_endpoint_url is not None
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        ways = [
            stack.enter_context(faulty_proxy(s3_store.s3_endpoint_url, fault)) for fault in (meeting.slow, meeting.fast)
        ]
        runs = [
            pool.submit(
                _drive, s3_store.model_copy(update={"s3_endpoint_url": way}), tmp_path, str(number), months, with_lease
            )
            for number, (way, months) in enumerate(zip(ways, (SLOW, FAST), strict=True))
        ]
        acknowledged = set().union(*(run.result() for run in runs))
    stored = set(Lakehouse(s3_store).read(SALES_PRODUCTS, ACME)["month"].to_pylist()) - {str(december)}
    if with_lease:
        assert acknowledged == stored == {str(Month(2024, 1).plus(number)) for number in (*SLOW, *FAST)}
    else:
        assert acknowledged - stored, "this bench no longer loses commits: what does it prove?"
