"""Two organizations in one bucket of a real S3 server: what is of one lies under its own prefixes only (P9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from datapilot_domain.contracts import CONTRACTS
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.services.s3_server import variables_of
from datapilot_tests.services.spark_connect import run_python
from datapilot_tests.workbench import Workbench

TWINS = ("alpha", "alphabeta")  # one id is the prefix of the other
pytestmark = pytest.mark.services

# In a process of its own: Spark is set up for the store that the definitions meet when they are imported.
LAND_AND_REFINE = f"""
from datapilot_resources.platform import Platform
from datapilot_tests.workbench import Workbench

header = "order_id,line,order_date,sku,product,quantity,unit_price,amount,order_discount,status,customer_email"
bench = Workbench(Platform.from_environment())
for org in {TWINS}:
    bench.add(org)
    line = f"1,1,2024-01-10,{{org}}-end,Produto canary{{org}}end,1,10.00,10.00,0.00,paid,maria@example.com"
    bench.land(org, ("vendas.csv", f"{{header}}\\n{{line}}\\n"))
assert [run.error for run in bench.refine(*{TWINS})] == [None, None]
"""


def test_nothing_of_one_organization_is_under_the_others_prefix(s3_store: Settings, tmp_path: Path) -> None:
    run_python(LAND_AND_REFINE, tmp_path, **variables_of(s3_store))
    bench = Workbench(Platform(s3_store))
    store = bench.platform.store
    everything = {info.key: store.read(info.key) for info in store.list("")}
    for org in TWINS:
        own = {key for key in everything if f"canary{org}end".encode() in everything[key]}
        assert {"bronze", "landing"} <= {key.split("/")[1] for key in own}
        assert all(key.startswith(f"org_id={org}/") for key in own), own
        rows = {table: bench.rows(table, org) for table in CONTRACTS}
        assert {row["sku"] for row in rows["silver.sales"]} == {f"{org}-end"}
        (other,) = set(TWINS) - {org}
        assert f"canary{other}end" not in str(rows)
