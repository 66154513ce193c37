"""`datapilot up`: the real UI and daemon; a file that is copied into an inbox becomes gold, and Ctrl-C ends it all."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.workbench import sample


def test_a_file_copied_into_an_inbox_becomes_gold_with_nobody_touching_anything(tmp_path: Path) -> None:
    platform = Platform(Settings(home=tmp_path / "home"))
    platform.registry.add(Organization(org_id=OrgId("acme"), name="Acme"))
    inbox = tmp_path / "home" / "store" / "inbox" / "org_id=acme"
    inbox.mkdir(parents=True)
    port, log = _free_port(), tmp_path / "up.log"
    command = [sys.executable, "-m", "datapilot_interfaces.cli.main", "up", "--port", str(port)]
    environment = {**os.environ, "DATAPILOT_HOME": str(tmp_path / "home")}
    with log.open("wb") as output:
        up = subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=output, stderr=output, start_new_session=True
        )

    def wait_for(what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 300
        while not what():
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.5)

    def has_gold() -> bool:
        assert up.poll() is None, log.read_text()[-3000:]
        return Month(2024, 1) in platform.lakehouse.months(CONTRACTS["gold.sales_month"], OrgId("acme"))

    try:
        shutil.copy(sample("2024-01", "english"), inbox)
        wait_for(has_gold)
        assert list(inbox.iterdir()) == []
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info") as answer:
            assert answer.status == 200
        os.killpg(up.pid, signal.SIGINT)  # a terminal's Ctrl-C goes to all of them
        wait_for(lambda: up.poll() is not None and not _has_members(up.pid))
    finally:
        if _has_members(up.pid):
            os.killpg(up.pid, signal.SIGKILL)
        up.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
