"""`datapilot spark`: a server in the foreground that ends with its signal, and who may listen where."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from datapilot_tests.interfaces.conftest import Cli
from datapilot_tests.services.server import free_port, listens
from datapilot_tests.services.spark_connect import ROOT, run_python

COUNT = """
from datapilot_resources.settings import Settings
from datapilot_resources.spark import spark_resource
session = spark_resource(Settings.from_environment()).spark_session
print(session.range(3).count())
session.stop()
"""


def _has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_serves_until_it_is_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "datapilot_interfaces.cli.main", "spark", "--port", str(port)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DATAPILOT_HOME": str(tmp_path / "home")},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 300
        while not listens(port):
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        address = f"sc://127.0.0.1:{port}"
        assert run_python(COUNT, tmp_path, SPARK_REMOTE=address) == "3\n"
        server.send_signal(number)
        _, said = server.communicate(timeout=300)
        assert f"SPARK_REMOTE={address}" in said
        assert not listens(port)
        deadline = time.monotonic() + 120  # the last of the group may be a moment behind
        while _has_members(server.pid):
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def test_its_help_says_that_it_asks_no_credential(cli: Cli, home: Path) -> None:
    answer = cli("spark", "--help")
    assert "asks no credential" in " ".join(answer.out.split())
    assert "127.0.0.1" in answer.out


def test_a_port_in_use_and_a_second_server_are_refused(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert cli("spark", "--port", str(taken.getsockname()[1])).error.startswith("PORT_TAKEN: ")
    monkeypatch.setenv("SPARK_REMOTE", "sc://127.0.0.1:1")
    assert cli("spark").error.startswith("USAGE: SPARK_REMOTE is set")
    assert cli("up", "--embedded", "--port", str(free_port())).error.startswith("USAGE: --embedded")
