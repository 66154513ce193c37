"""`datapilot up`: the real UI, daemon and Spark; a file copied into an inbox becomes gold, Ctrl-C ends it all."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr
from pyspark.errors import PySparkException

from datapilot_assets.dagster_home import prepare_dagster_home
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources import spark
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.services.server import free_port
from datapilot_tests.workbench import sample

TOKEN = "SPARK_CONNECT_AUTHENTICATE_TOKEN"


@dataclass
class Up:
    """A running `datapilot up`."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    home: Path

    def wait_for(self, what: Callable[[], bool], seconds: float = 600) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.5)

    def programs(self, text: str = "") -> dict[int, str]:
        """Process id → command line, with that text, of all that it started: its environment is inherited."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment, line = (folder / "environ").read_bytes(), (folder / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError, PermissionError):  # ended meanwhile, or not ours
                continue
            command = line.replace(b"\0", b" ").decode(errors="replace")
            if f"DATAPILOT_HOME={self.home}\0".encode() in environment and text in command:
                found[int(folder.name)] = command
        return found


@contextmanager
def up(folder: Path, *options: str, **environment: str) -> Iterator[Up]:
    """Start it with the organization acme; whatever it left is killed in the end."""
    home, port, log = folder / "home", free_port(), folder / "up.log"
    Platform(Settings(home=home)).registry.add(Organization(org_id=OrgId("acme"), name="Acme"))
    command = [sys.executable, "-m", "datapilot_interfaces.cli.main", "up", "--port", str(port), *options]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, "DATAPILOT_HOME": str(home), **environment},
            cwd=folder,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    running = Up(process, port, log, home)
    try:
        yield running
    finally:
        for pid in running.programs():
            os.kill(pid, signal.SIGKILL)
        process.wait()


def test_a_file_copied_into_an_inbox_becomes_gold_with_nobody_touching_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = uuid.uuid4().hex
    with up(tmp_path, **{TOKEN: token}) as running:
        inbox = running.home / "store" / "inbox" / "org_id=acme"
        inbox.mkdir(parents=True)
        shutil.copy(sample("2024-01", "english"), inbox)
        lakehouse = Platform(Settings(home=running.home)).lakehouse

        def has_gold() -> bool:
            assert running.process.poll() is None, running.log.read_text()[-3000:]
            return Month(2024, 1) in lakehouse.months(CONTRACTS["gold.sales_month"], OrgId("acme"))

        running.wait_for(has_gold)
        assert list(inbox.iterdir()) == []
        with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/server_info") as answer:
            assert answer.status == 200
        (server,) = running.programs("SparkConnectServer").values()
        assert token not in "".join(running.programs().values()) + running.log.read_text()
        _assert_runs_used(server, running, token, monkeypatch)
        os.killpg(running.process.pid, signal.SIGINT)  # a terminal's Ctrl-C goes to its whole group
        assert running.process.wait(timeout=300) == 0, running.log.read_text()[-3000:]
        running.wait_for(lambda: not running.programs())


def _assert_runs_used(server: str, running: Up, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session with the run's id was there, and was closed; without the token nobody gets one."""
    found = re.search(r"grpc\.binding\.port=(\d+)", server)
    assert found is not None
    settings = Settings(home=running.home, spark_remote=SecretStr(f"sc://localhost:{found[1]}"))
    prepare_dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        finished = dg.RunsFilter(job_name="refine_sales_job", statuses=[dg.DagsterRunStatus.SUCCESS])
        running.wait_for(lambda: bool(instance.get_runs(finished)))
        (run, *_) = instance.get_runs(finished)
    monkeypatch.setenv(TOKEN, token)
    with closing(spark._client(settings, run.run_id)) as client, pytest.raises(PySparkException) as closed:
        client.interrupt_all()
    assert closed.value.getCondition() == "INVALID_HANDLE.SESSION_CLOSED"
    monkeypatch.setenv(TOKEN, "another")
    with closing(spark._client(settings, run.run_id)) as client, pytest.raises(PySparkException, match=r"(?i)token"):
        client.interrupt_all()


def test_up_starts_its_spark_again_and_ends_all_that_it_started_when_it_is_killed(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        running.wait_for(lambda: len(running.programs("SparkConnectServer")) == 1)
        (first,) = running.programs("SparkConnectServer")
        os.kill(first, signal.SIGKILL)
        running.wait_for(lambda: bool(running.programs("SparkConnectServer").keys() - {first}))
        assert "Spark ended with code -9: started again" in running.log.read_text()
        running.wait_for(lambda: bool(running.programs("dagster._daemon")))
        running.process.kill()
        running.process.wait()
        running.wait_for(lambda: not running.programs())


def test_embedded_starts_no_server(tmp_path: Path) -> None:
    with up(tmp_path, "--embedded") as running:
        running.wait_for(lambda: bool(running.programs("dagster._daemon")))
        assert running.programs("java") == {}
        running.process.terminate()
        assert running.process.wait(timeout=300) == 0
        running.wait_for(lambda: not running.programs())
