"""A file lands, `datapilot run` refines it, and what Spark wrote is what an SQL tool reads."""

from __future__ import annotations

import pytest

from datapilot_assets.serving.state import pending_serving, serving_status
from datapilot_domain.contracts import SERVED
from datapilot_domain.organizations import OrgId
from datapilot_resources.platform import Platform
from datapilot_tests.assets.serving.shelf import Shelf
from datapilot_tests.services.postgres_server import PostgresServers
from datapilot_tests.workbench import Workbench, sample

pytestmark = pytest.mark.services


def test_gold_and_insights_of_a_run_are_served(
    workbench: Workbench, postgres: PostgresServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster's storage, the side records and what is served, all in one database behind the pooler."""
    url = postgres.url(postgres.new_database(), pooled=True).get_secret_value()
    monkeypatch.setenv("DATAPILOT_POSTGRES_URL", url)
    bench = Workbench(Platform.from_environment())
    org = bench.add("servedltda")
    bench.land(org, sample("2024-01", "english"), sample("2024-02", "english"))
    runs = bench.refine(org, family=None)
    assert [run.error for run in runs] == [None] * len(runs)
    assert [run.changed for run in runs if run.family == "serving"] == [2]
    shelf = Shelf(bench.platform, bench.platform.registry.get(org))
    for contract in SERVED:
        assert shelf.served(contract) == shelf.in_lake(contract), contract.id
    assert shelf.query(f"SELECT gross_revenue::text FROM org_{org}.sales_month WHERE month = '2024-01'") == [
        ("18156.3700",)
    ]
    assert shelf.query(f"SELECT count(*) > 0 FROM org_{org}.published") == [(True,)]
    assert pending_serving(bench.platform, shelf.organization) == {}
    assert {row["state"] for row in serving_status(bench.platform, OrgId(org))} == {"current"}
    assert [run.family for run in bench.refine(org, family=None)] == []
