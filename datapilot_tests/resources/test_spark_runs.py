"""A run's work on a Spark Connect server is found, and ended, by the run's id."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pydantic import SecretStr

from datapilot_resources import spark
from datapilot_resources.settings import Settings
from datapilot_resources.spark import SparkUnavailable, concurrent_runs, interrupt_run
from datapilot_tests.services.server import free_port
from datapilot_tests.services.spark_connect import ROOT, run_python

# Two runs in one process, as of the command line, and what each session was.
RUNS = """
import json
import dagster as dg
from dagster_pyspark import LazyPySparkResource
from datapilot_resources.settings import Settings
from datapilot_resources.spark import spark_resource

seen = []

@dg.op
def use(context, spark: LazyPySparkResource):
    session = spark.spark_session
    assert session is spark.spark_session
    count = session.range(3).count()
    seen.append([context.run_id, session.session_id, count, session.conf.get("spark.sql.session.timeZone")])

@dg.job(resource_defs={"spark": spark_resource(Settings.from_environment())})
def job():
    use()

for _ in range(2):
    assert job.execute_in_process().success
print(json.dumps(seen))
"""

# An append whose rows sleep on the server, and another one after it.
SLOW_WRITE = """
import sys
from datapilot_resources.settings import Settings
from datapilot_resources.spark import _connect_session

settings = Settings.from_environment()
spark = _connect_session(settings, "{run_id}")
spark.range(1).write.format("delta").save("{table}")
print("started", flush=True)
slow = "java_method('java.lang.Thread', 'sleep', id * 0 + cast({milliseconds} as bigint)) IS NULL"
spark.range(0, 1, 1, 1).where(slow).write.format("delta").mode("append").save("{table}")
spark.range(1).write.format("delta").mode("append").save("{table}")
print("again", flush=True)
"""


def settings_of(home: Path, address: str) -> Settings:
    return Settings(home=home, spark_remote=SecretStr(address))


def test_the_session_of_a_run_carries_its_id(connect_address: str, tmp_path: Path) -> None:
    first, second = json.loads(run_python(RUNS, tmp_path, SPARK_REMOTE=connect_address))
    for run_id, session_id, count, zone in (first, second):
        assert (session_id, count, zone) == (run_id, 3, "UTC")
    assert first[0] != second[0]


def slow_writer(address: str, tmp_path: Path, run_id: str, seconds: int) -> tuple[subprocess.Popen[str], DeltaTable]:
    """A client whose append takes that long on the server, and its table; returned once the table is there."""
    path = tmp_path / "table"
    code = SLOW_WRITE.format(run_id=run_id, table=path, milliseconds=seconds * 1000)
    environment = {**os.environ, "SPARK_REMOTE": address, "DATAPILOT_HOME": str(tmp_path / "home")}
    client = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**environment, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
    )
    assert client.stdout is not None
    assert client.stdout.readline() == "started\n"
    return client, DeltaTable(path)


def wait_for(what: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def runs_a_job(address: str, tmp_path: Path, run_id: str) -> bool:
    """Whether the server executes something in the session of this run."""
    with closing(spark._client(settings_of(tmp_path, address), run_id)) as client:
        return any(operation.state == 2 for operation in client._get_operation_statuses().operation_statuses)


def killed_writer(address: str, tmp_path: Path, run_id: str) -> DeltaTable:
    """The table of a client that was killed while the server executed its append for it."""
    tmp_path.mkdir()
    client, table = slow_writer(address, tmp_path, run_id, 20)
    wait_for(lambda: runs_a_job(address, tmp_path, run_id))
    client.kill()
    client.wait()
    return table


def test_a_killed_runs_work_is_ended_and_its_write_never_lands(connect_address: str, tmp_path: Path) -> None:
    dead, survivor = str(uuid.uuid4()), str(uuid.uuid4())
    settings = settings_of(tmp_path / "home", connect_address)
    table = killed_writer(connect_address, tmp_path / "dead", dead)
    assert len(interrupt_run(settings, dead)) == 1
    # Killed alike, and not interrupted: when this write has landed, the other one would have long before.
    other = killed_writer(connect_address, tmp_path / "survivor", survivor)
    wait_for(lambda: DeltaTable(other.table_uri).version() == 1)
    assert DeltaTable(table.table_uri).version() == 0
    assert interrupt_run(settings, dead) == [], "its session is closed: nothing is left to interrupt"


def test_a_run_that_only_seemed_dead_writes_no_more(connect_address: str, tmp_path: Path) -> None:
    run_id = str(uuid.uuid4())
    client, table = slow_writer(connect_address, tmp_path, run_id, 1)
    client.send_signal(signal.SIGSTOP)
    interrupt_run(settings_of(tmp_path, connect_address), run_id)
    version = DeltaTable(table.table_uri).version()
    client.send_signal(signal.SIGCONT)
    assert client.stdout is not None
    if version == 0:  # else its write was already done when it was stopped
        assert client.wait(timeout=120) != 0
        assert "again" not in client.stdout.read()
    client.kill()
    client.wait()
    assert DeltaTable(table.table_uri).version() == version


def test_without_a_server_there_is_nothing_to_interrupt(tmp_path: Path) -> None:
    assert interrupt_run(Settings(home=tmp_path), str(uuid.uuid4())) == []


def test_a_server_that_does_not_answer_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark, "_WAIT_SECONDS", 0)
    port = free_port()
    settings = settings_of(tmp_path, f"sc://127.0.0.1:{port}/;token=canary-of-the-token")
    for use in (lambda: spark.spark_resource(settings).spark_session, lambda: interrupt_run(settings, "any")):
        with pytest.raises(
            SparkUnavailable, match=rf"127\.0\.0\.1:{port} .*datapilot spark.*unset SPARK_REMOTE"
        ) as raised:
            use()
        assert "canary" not in str(raised.value)


def test_a_run_whose_server_was_late_waits_for_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        spark._wait_for_server(settings_of(tmp_path, f"sc://127.0.0.1:{listening.getsockname()[1]}"))
    port = free_port()
    late = threading.Timer(1.5, lambda: servers.append(socket.create_server(("127.0.0.1", port))))
    servers: list[socket.socket] = []
    late.start()
    spark._wait_for_server(settings_of(tmp_path, f"sc://127.0.0.1:{port}"))
    (server,) = servers
    server.close()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("sc://host", "sc://host/;user_id=datapilot;session_id=R"),
        ("sc://host:1/", "sc://host:1/;user_id=datapilot;session_id=R"),
        ("sc://host:1/;token=t;use_ssl=true", "sc://host:1/;token=t;use_ssl=true;user_id=datapilot;session_id=R"),
        ("sc://host/;user_id=ana", "sc://host/;user_id=ana;session_id=R"),
    ],
)
def test_an_address_keeps_its_own_parameters(given: str, expected: str, tmp_path: Path) -> None:
    assert spark._address(settings_of(tmp_path, given), "R") == expected


def test_more_than_one_run_at_once_needs_a_common_driver(tmp_path: Path) -> None:
    assert concurrent_runs(Settings(home=tmp_path)) == 1
    assert concurrent_runs(Settings(home=tmp_path, concurrent_runs=9)) == 1
    remote = {"SPARK_REMOTE": "sc://host", "DATAPILOT_HOME": str(tmp_path)}
    assert concurrent_runs(Settings.from_environment(remote)) == 4
    assert concurrent_runs(Settings.from_environment({**remote, "DATAPILOT_CONCURRENT_RUNS": "9"})) == 9
