"""Dagster's storage in Postgres, through the pooler: runs, cursors and the daemon's life, and no password anywhere."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from datapilot_domain.organizations import Organization, OrgId
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.services.postgres_server import OWNER, PASSWORDS, PostgresServers
from datapilot_tests.workbench import sample

pytestmark = pytest.mark.services
ROOT = Path(__file__).parents[2]
DATAPILOT = [sys.executable, "-m", "datapilot_interfaces.cli.main"]
# What another process finds: runs as "job status", sensors with a cursor, the instance as run processes are told of it.
LOOK = """
import dagster as dg
with dg.DagsterInstance.get() as instance:
    for run in instance.get_runs():
        print("run", run.job_name, run.status.value)
    for state in instance.all_instigator_state():
        print("sensor", state.name, bool(getattr(state.instigator_data, "cursor", None)))
    print("ref", dg._serdes.serialize_value(instance.get_ref()))
    print("repr", repr(instance), repr(instance.run_storage), repr(instance.event_log_storage))
    for run in instance.get_runs():
        for entry in instance.all_logs(run.run_id):
            print("event", entry)
"""
OPEN = (
    "import dagster as dg, sys; print('ready', flush=True); sys.stdin.readline(); dg.DagsterInstance.get().get_runs()"
)


@pytest.fixture
def environment(tmp_path: Path, postgres: PostgresServers) -> dict[str, str]:
    """Of every process that belongs to this DATAPILOT_HOME; its database is new."""
    url = postgres.url(postgres.new_database(), pooled=True).get_secret_value()
    home = tmp_path / "home"
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DATAPILOT_HOME": str(home),
        "DATAPILOT_POSTGRES_URL": url,
        "DAGSTER_HOME": str(home / "dagster"),
    }


def call(environment: dict[str, str], command: list[str], timeout: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout)


def look(environment: dict[str, str]) -> str:
    done = call(environment, [sys.executable, "-c", LOOK])
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def assert_no_password(tmp_path: Path, *texts: str) -> None:
    """Neither as it is nor as an address spells it; nowhere below the home."""
    spellings = [PASSWORDS[OWNER], PASSWORDS[OWNER].replace("%", "%25"), "owner-canary"]
    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert any(path.name == "dagster.yaml" for path in files)
    for spelling in spellings:
        assert [path for path in files if spelling.encode() in path.read_bytes()] == []
        assert not any(spelling in text for text in texts)


def test_a_run_is_seen_by_another_process(tmp_path: Path, environment: dict[str, str]) -> None:
    assert call(environment, [*DATAPILOT, "org", "add", "acme"]).returncode == 0
    landed = call(environment, [*DATAPILOT, "land", str(sample("2024-01", "english")), "--org", "acme"])
    assert landed.returncode == 0, landed.stderr
    found = look(environment)
    assert "run intake SUCCESS" in found
    assert "event" in found
    assert list((tmp_path / "home" / "dagster").rglob("*.db")) == [], "nothing of it is in SQLite"
    assert_no_password(tmp_path, found, landed.stdout, landed.stderr)


def test_processes_that_start_at_once_make_the_tables_once(environment: dict[str, str]) -> None:
    prepared = call(environment, [*DATAPILOT, "exec", sys.executable, "-c", ""])
    assert prepared.returncode == 0, prepared.stderr
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for starter in starters:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "ready\n"
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("go\n")
        starter.stdin.flush()
    for starter in starters:
        _, errors = starter.communicate(timeout=300)
        assert starter.returncode == 0, errors
        assert "Retrying" not in errors


def test_the_daemon_runs_through_the_pooler(tmp_path: Path, environment: dict[str, str]) -> None:
    """A file in an inbox lands by the sensor, the run queue and a run process of its own."""
    platform = Platform(Settings(home=tmp_path / "home"))
    platform.registry.add(Organization(org_id=OrgId("acme"), name="Acme"))
    inbox = tmp_path / "home" / "store" / "inbox" / "org_id=acme"
    inbox.mkdir(parents=True)
    shutil.copy(sample("2024-01", "english"), inbox)
    log, commands = tmp_path / "daemon.log", ""
    command = [*DATAPILOT, "exec", "dagster-daemon", "run", "-m", "datapilot_assets.definitions"]
    with log.open("wb") as output:
        daemon = subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=output, stderr=output, start_new_session=True
        )

    def wait_for(what: Callable[[], bool]) -> None:
        nonlocal commands
        deadline = time.monotonic() + 400
        while not what():
            assert daemon.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            commands += call(environment, ["ps", "-eo", "args"]).stdout
            time.sleep(0.5)

    try:
        wait_for(lambda: platform.lakehouse.landing_log(OrgId("acme")).head >= 0 and list(inbox.iterdir()) == [])
        wait_for(lambda: "run intake SUCCESS" in look(environment))
    finally:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()
    found = look(environment)
    assert "sensor inbox True" in found
    assert "api grpc" in commands, "the process that starts runs was seen"
    assert_no_password(tmp_path, found, commands, log.read_text())


@pytest.mark.parametrize("how", ["closed", "silent", "wrong password", "no such database"])
def test_a_postgres_that_cannot_be_used_is_one_clear_line(
    tmp_path: Path, environment: dict[str, str], how: str
) -> None:
    url = environment["DATAPILOT_POSTGRES_URL"]
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if how == "silent":
            silent.listen()  # takes connections and never says a word
        port = str(silent.getsockname()[1])
        server, _, database = url.rpartition("/")
        broken = {
            "closed": f"{server.rpartition(':')[0]}:{port}/{database}",
            "silent": f"{server.rpartition(':')[0]}:{port}/{database}",
            "wrong password": url.replace("b81c", "b81d"),
            "no such database": f"{server}/nowhere",
        }[how]
        mended = {**environment, "DATAPILOT_POSTGRES_URL": broken}
        assert call(mended, [*DATAPILOT, "org", "add", "acme"]).returncode == 0
        done = call(mended, [*DATAPILOT, "run", "--org", "acme"])
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("POSTGRES_DOWN: Postgres at 127.0.0.1:")
    assert line.endswith("start it, or mend or unset DATAPILOT_POSTGRES_URL")
    assert_no_password(tmp_path, line)


def test_a_home_that_was_made_for_postgres_asks_for_its_address(environment: dict[str, str]) -> None:
    assert call(environment, [*DATAPILOT, "exec", sys.executable, "-c", ""]).returncode == 0
    without = {name: value for name, value in environment.items() if name != "DATAPILOT_POSTGRES_URL"}
    done = call(without, [sys.executable, "-c", LOOK])
    assert done.returncode != 0
    assert "DATAPILOT_POSTGRES_URL: Dagster's storage is in Postgres, set it" in done.stderr
