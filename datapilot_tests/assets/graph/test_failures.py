"""Loads that end in the middle, servers that are down, silent or locked: the old month stays, the next run mends it."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from datapilot_assets.consumers import GRAPH, ConsumerDown
from datapilot_assets.dagster_home import prepare_dagster_home
from datapilot_assets.definitions import defs
from datapilot_assets.graph import load
from datapilot_assets.graph.load import LoadOvertaken, load_month
from datapilot_assets.graph.model import BOUGHT_WITH, PURCHASED, Relationship
from datapilot_assets.graph.rows import Row
from datapilot_assets.graph.state import loaded_months
from datapilot_assets.runs import run_refine
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.graph import Graph, GraphUnavailable
from datapilot_resources.platform import Platform
from datapilot_resources.platform_resource import PlatformResource
from datapilot_tests.assets.graph.reading import ask, stored, visible
from datapilot_tests.assets.insights.golden import Line, organization, write_gold
from datapilot_tests.services.neo4j_fixtures import GraphServer
from datapilot_tests.services.neo4j_server import PASSWORD
from datapilot_tests.services.server import free_port

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[3]
JANUARY = Month(2024, 1)
Rows = dict[Relationship, list[Row]]


def purchases(count: int, amount: float = 1.0) -> Rows:
    return {
        PURCHASED: [{"start": f"c{n}", "end": f"p{n % 9}", "values": {"amount": amount}} for n in range(count)],
        BOUGHT_WITH: [{"start": f"p{n}", "end": f"p{n + 1}", "values": {"lift": amount}} for n in range(min(count, 8))],
    }


@pytest.fixture
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many transactions of few rows."""
    monkeypatch.setattr("datapilot_resources.graph.BATCH_ROWS", 10)
    monkeypatch.setattr(load, "BATCH_ROWS", 10)


def test_a_load_that_begins_waits_for_the_transaction_under_way(graph_server: GraphServer) -> None:
    """Else what that one had still to commit would come after the newer load's switch."""
    org, graph = OrgId("waiting"), graph_server.graph()
    load_month(graph, org, JANUARY, purchases(3), "one")
    with graph.of(org) as mine, ThreadPoolExecutor(1) as pool, mine.driver.session() as session:
        generation = mine.read("MATCH (o:Organization {org_id: $org_id}) RETURN o.load AS load")[0]["load"]
        under_way = session.begin_transaction()
        under_way.run(load._GUARD, org_id=str(org), generation=generation).consume()
        newer = pool.submit(lambda: mine.write(load._CLAIM, month=str(JANUARY), generation="newer"))
        with pytest.raises(FutureTimeout):
            newer.result(timeout=3)
        under_way.commit()
        newer.result(timeout=60)


def test_a_month_replaces_itself(graph_server: GraphServer, few_rows: None) -> None:
    graph, org = graph_server.graph(), OrgId("replaced")
    first = load_month(graph, org, JANUARY, purchases(35), "one")
    before = visible(graph, org)
    assert (first.nodes, first.relationships, len(before)) == (35 + 9, 35 + 8, 35 + 8)
    assert load_month(graph, org, JANUARY, purchases(35), "one") == first
    assert visible(graph, org) == before
    february = load_month(graph, org, Month(2024, 2), purchases(3), "two")
    assert load_month(graph, org, JANUARY, purchases(5, amount=2.0), "three").relationships == 5 + 5
    assert {row["values"]["amount"] for row in visible(graph, org, "2024-01") if row["type"] == "PURCHASED"} == {2.0}
    # c5 to c34 are in no month any more; Organization and two months stand beside the rest.
    assert stored(graph, org) == (5 + 6 + 3, 10 + february.relationships)
    load_month(graph, org, JANUARY, {}, "four")
    load_month(graph, org, Month(2024, 2), {}, "four")
    assert stored(graph, org) == (3, 0)
    assert {state.fingerprint for state in loaded_months(graph, org).values()} == {"four"}


def test_nothing_is_seen_before_the_switch_and_an_overtaken_load_ends(
    graph_server: GraphServer, few_rows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, org = graph_server.graph(), OrgId("overtaken")
    load_month(graph, org, JANUARY, purchases(20), "old")
    old, seen = visible(graph, org), []
    create = load._create

    def watched(relationship: Relationship) -> str:
        seen.append(visible(graph, org) == old)
        if relationship is BOUGHT_WITH and len(seen) == 2:
            load_month(graph, org, JANUARY, purchases(3, amount=7.0), "other")
        return create(relationship)

    monkeypatch.setattr(load, "_create", watched)
    with pytest.raises(LoadOvertaken, match="run again"):
        load_month(graph, org, JANUARY, purchases(40), "mine")
    assert seen == [True] * len(seen)
    assert loaded_months(graph, org)[JANUARY].fingerprint == "other"
    assert {row["values"].get("amount", 7.0) for row in visible(graph, org)} == {7.0}
    assert stored(graph, org)[1] == len(visible(graph, org))


LOADER = """
import sys
from datapilot_resources import graph
from datapilot_resources.settings import Settings
from datapilot_assets.graph.load import load_month
from datapilot_domain.partitions import Month
from datapilot_tests.assets.graph.test_failures import purchases
graph.BATCH_ROWS = 5
try:
    load_month(graph.Graph(Settings.from_environment()), sys.argv[1], Month(2024, 1), purchases(50_000, 9.0), "new")
except graph.GraphUnavailable as error:
    sys.exit(str(error))
"""


@pytest.fixture
def loader(graph_server: GraphServer, tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a process that loads for minutes, and waits until a part of it is stored."""
    started: list[subprocess.Popen[str]] = []

    def start(org: str) -> subprocess.Popen[str]:
        environment = {**os.environ, **graph_server.environment, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-c", LOADER, org], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        before = stored(graph_server.graph(), org)[1]
        while stored(graph_server.graph(), org)[1] < before + 20:
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.2)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("victim", ["loader", "server"])
def test_killed_in_the_middle_of_a_load(
    graph_server: GraphServer, loader: Callable[[str], subprocess.Popen[str]], victim: str
) -> None:
    graph, org = graph_server.graph(), OrgId(f"killed{victim}")
    load_month(graph, org, JANUARY, purchases(30), "old")
    old = visible(graph, org)
    process = loader(org)
    if victim == "loader":
        process.send_signal(signal.SIGKILL)
    else:
        graph_server.server.kill()
    _, error = process.communicate(timeout=120)
    assert process.returncode != 0
    if victim == "server":
        assert f"Neo4j at bolt://127.0.0.1:{graph_server.port} does not answer" in error
        assert "\n  File " not in error
        assert PASSWORD not in error
        graph_server.server.start()
    assert visible(graph, org) == old
    assert stored(graph, org)[1] > len(old)
    load_month(graph, org, JANUARY, purchases(4, amount=3.0), "next")
    assert {row["values"].get("amount", 3.0) for row in visible(graph, org)} == {3.0}
    assert stored(graph, org)[1] == len(visible(graph, org)) == 8


def test_two_nodes_of_one_id_cannot_be(graph_server: GraphServer) -> None:
    from neo4j.exceptions import ConstraintError

    graph, org = graph_server.graph(), OrgId("unique")
    load_month(graph, org, JANUARY, purchases(2), "x")
    with graph.of(org) as mine, pytest.raises(ConstraintError):
        mine.write("CREATE (:Product {org_id: $org_id, id: 'p0'})")


@pytest.fixture
def silent_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_server_that_is_down_silent_or_locked_is_one_error_without_the_password(
    graph_server: GraphServer, silent_port: int, tmp_path: Path
) -> None:
    settings = graph_server.settings(tmp_path)
    wrong = settings.model_copy(update={"neo4j_password": SecretStr("a-wrong-password")})
    for uri, of, words in (
        (f"bolt://127.0.0.1:{free_port()}", settings, "start it"),
        (f"bolt://127.0.0.1:{silent_port}", settings, "start it"),
        (settings.neo4j_uri, wrong, "check NEO4J_USER and NEO4J_PASSWORD"),
    ):
        graph = Graph(of.model_copy(update={"neo4j_uri": uri}))
        for use in (graph.version, lambda graph=graph: ask(graph, "acme", "RETURN $org_id AS org")):
            with pytest.raises(GraphUnavailable) as caught:
                use()
            told = f"{caught.value} {caught.value!r} {graph!r} {graph.settings!r}"
            assert words in told
            assert str(uri) in told
            assert PASSWORD not in told
            assert "a-wrong-password" not in told


def test_down_gold_is_published_and_the_graph_catches_up(
    graph_server: GraphServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in {**graph_server.environment, "DATAPILOT_HOME": str(tmp_path / "home")}.items():
        monkeypatch.setenv(name, value)
    platform = Platform.from_environment()
    acme = organization(platform, "catchup")
    write_gold(platform, acme, [Line(dt.date(2024, 1, 5), "Chá", Decimal(10))])
    graph_server.server.kill()

    with pytest.raises(ConsumerDown, match="does not answer"):
        GRAPH.pending(platform, acme)
    seen: list[str] = []

    def nothing(*_: object) -> dict[Month, str]:
        seen.append("asked")
        return {}

    other = replace(GRAPH, name="other", pending=nothing)
    results = run_refine(platform, [acme.org_id], [JANUARY], consumers=(GRAPH, other))
    (failed,) = [result for result in results if not result.succeeded]
    assert (failed.family, failed.months) == ("graph", [JANUARY])
    assert failed.error is not None
    assert "start it, or unset NEO4J_URI" in failed.error
    assert seen == ["asked"]

    sensor = defs.get_repository_def().get_sensor_def("gold_graph")
    prepare_dagster_home(platform.settings)
    with dg.DagsterInstance.get() as instance:

        def tick() -> dg.SensorResult:
            context = dg.build_sensor_context(instance=instance, resources={"platform": PlatformResource()})
            return sensor.evaluate_tick(context)  # type: ignore[return-value]

        assert "does not answer" in str(tick().skip_message)  # type: ignore[attr-defined]
        graph_server.server.start()
        (request,) = tick().run_requests or []
        job = defs.resolve_job_def(GRAPH.job)
        assert job.execute_in_process(instance=instance, tags=request.tags).success
        assert not tick().run_requests
        logged = "\n".join(str(entry) for run in instance.get_runs() for entry in instance.all_logs(run.run_id))
    assert "graph" in logged
    assert PASSWORD not in logged + caplog.text
    (row,) = visible(graph_server.graph(), "catchup")
    assert (row["type"], row["start"], row["values"]["gross_revenue"]) == ("SOLD_IN", "chá", 10.0)
    for file in (tmp_path / "home").rglob("*"):
        assert not file.is_file() or PASSWORD.encode() not in file.read_bytes(), file
