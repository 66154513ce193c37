"""docker-compose.yml's production, started as processes: the same programs with the same configuration."""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from datapilot_tests.services.caddy import AUTHORITY
from datapilot_tests.services.compose_processes import Machine, running, start_order
from datapilot_tests.workbench import SAMPLES

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def production() -> Iterator[Machine]:
    # Postgres is another user than root, and pytest closes its own folders to others at the start of every session.
    with tempfile.TemporaryDirectory(prefix="datapilot-") as folder, running(Path(folder), "prod") as machine:
        yield machine


def ask(machine: Machine, query: str) -> Any:
    """`data` of a GraphQL query, asked through the proxy by the person of secrets/people."""
    port = int(machine.ports["443"])
    tls = ssl.create_default_context(cafile=str(machine.folder / "proxy" / AUTHORITY))
    headers = {
        "Authorization": f"Basic {base64.b64encode(machine.secret('people').encode()).decode()}",
        "Content-Type": "application/json",
        "Origin": f"https://localhost:{port}",
    }
    with closing(http.client.HTTPSConnection("localhost", port, timeout=120, context=tls)) as connection:
        connection.request("POST", "/graphql", json.dumps({"query": query}), headers)
        response = connection.getresponse()
        body = response.read()
    assert response.status == 200, (response.status, body)
    return json.loads(body)["data"]


@pytest.mark.parametrize("profile", ["prod", "dev"])
def test_the_order_of_the_start_is_possible(profile: str) -> None:
    order = start_order(profile)
    assert order[0] == "check"
    assert order.index("code-dev" if profile == "dev" else "code") > order.index("store" + "-dev" * (profile == "dev"))


def test_the_ui_shows_our_definitions_from_the_code_server(production: Machine) -> None:
    query = "{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError { __typename } } } } }"
    (entry,) = ask(production, query)["workspaceOrError"]["locationEntries"]
    assert entry == {"name": "datapilot", "locationOrLoadError": {"__typename": "RepositoryLocation"}}


def test_the_daemon_reports_to_the_same_postgres(production: Machine) -> None:
    query = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"
    deadline = time.monotonic() + 180
    while True:
        statuses = ask(production, query)["instance"]["daemonHealth"]["allDaemonStatuses"]
        required = [status for status in statuses if status["required"]]
        if required and all(status["healthy"] for status in required):
            break
        assert time.monotonic() < deadline, required
        time.sleep(1)
    with closing(psycopg2.connect(production.secret("postgres_url"))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM daemon_heartbeats")
        assert cursor.fetchone() >= (len(required),)


def test_a_file_that_lands_becomes_gold(production: Machine) -> None:
    """Through all of them: sensors in the daemon, the run in the code server, its Spark, the store."""
    environment = production.server("code").environment

    def datapilot(*arguments: str) -> str:
        program = [sys.executable, "-m", "datapilot_interfaces.cli.main", *arguments]
        done = subprocess.run(program, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    datapilot("org", "add", "acme")
    datapilot("land", str(SAMPLES / "vendas_2024-01__english.csv"), "--org", "acme")
    deadline = time.monotonic() + 400
    while "18156.37" not in (rows := datapilot("show", "gold.sales_month", "--org", "acme", "--format", "csv")):
        assert time.monotonic() < deadline, rows
        time.sleep(5)
    while '"current"' not in (rows := datapilot("graph", "--org", "acme", "--format", "json")):
        assert time.monotonic() < deadline, rows
        time.sleep(5)


def test_no_secret_is_in_a_command_line_a_log_or_dagster_s_files(production: Machine) -> None:
    secrets = {file.name: file.read_text().strip() for file in (production.folder / "secrets").iterdir()}
    secrets["people"] = secrets["people"].split(":")[1]
    # An access key's id goes along with every request; a password is part of these two.
    values = [
        v.encode() for k, v in secrets.items() if v and k not in {"s3_access_key_id", "postgres_url", "neo4j_auth"}
    ]
    command_lines = {path: path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")}
    files = [*production.folder.glob("*/*.log"), *production.folder.glob("*/data/dagster/*.yaml")]
    assert len(values) == 5
    assert len(files) > 8
    for where, content in [*command_lines.items(), *((file, file.read_bytes()) for file in files)]:
        assert not any(value in content for value in values), where
