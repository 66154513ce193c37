"""The demo with its store on S3, the graph and Postgres on: the gold of a folder, and every service holds it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from datapilot_assets.graph.state import expected_graph, loaded_months
from datapilot_assets.serving.state import serving_status
from datapilot_domain.contracts import CONTRACTS
from datapilot_interfaces.cli.output import plain
from datapilot_interfaces.cli.tables import table_rows
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.services.neo4j_fixtures import GraphServer
from datapilot_tests.services.postgres_server import PostgresServers
from datapilot_tests.services.s3_server import s3_settings, variables_of

pytestmark = pytest.mark.services
GOLD = [contract for contract in CONTRACTS.values() if contract.layer == "gold"]


def _demo(environment: dict[str, str], folder: Path) -> None:
    command = [sys.executable, "-m", "datapilot_interfaces.cli.main", "demo"]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _gold(platform: Platform) -> dict[str, Any]:
    """JSON of every gold table of every organization, as `show` prints it."""
    return {
        f"{org} {contract.id}": json.dumps(plain(table_rows(platform, contract, org, None)))
        for org in platform.registry.list()
        for contract in GOLD
    }


def test_the_demo_on_services_gives_the_gold_of_a_folder(
    minio: str, graph_server: GraphServer, postgres: PostgresServers, tmp_path: Path
) -> None:
    _demo({"DATAPILOT_HOME": str(tmp_path / "folder")}, tmp_path)
    on_s3 = s3_settings(tmp_path / "services", tmp_path.name, minio)
    environment = {
        **variables_of(on_s3),
        **graph_server.environment,
        "DATAPILOT_POSTGRES_URL": postgres.url(postgres.new_database(), pooled=True).get_secret_value(),
    }
    _demo(environment, tmp_path)

    folder = Platform(Settings(home=tmp_path / "folder" / "demo"))
    played_on = {
        "DATAPILOT_HOME": str(tmp_path / "services" / "demo"),
        "DATAPILOT_STORE": f"{on_s3.store}/datapilot-demo",
    }
    services = Platform(Settings.from_environment({**environment, **played_on}))
    expected = _gold(folder)
    assert len(expected) == 3 * len(GOLD)
    assert all(rows != "[]" for name, rows in expected.items() if name.endswith("gold.sales_month"))
    assert _gold(services) == expected

    assert services.graph is not None
    for org in services.registry.list():
        wanted = expected_graph(services, services.registry.get(org))
        loaded = loaded_months(services.graph, org)
        assert wanted
        assert {month: held.fingerprint for month, held in loaded.items()} == wanted
        status = serving_status(services, org)
        assert {row["state"] for row in status} == {"current"}
        assert {row["table"] for row in status} >= {contract.id for contract in GOLD if contract.family == "sales"}
