"""A process that is killed at any moment: the next one brings every row once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from datapilot_resources.power_bi_ledger import Delivered, PowerBiLedger
from datapilot_tests.assets.power_bi.desk import SECRET, Desk
from datapilot_tests.assets.serving.shelf import FEBRUARY, JANUARY
from datapilot_tests.services.power_bi_server import Answer

ROOT = Path(__file__).parents[3]
# The server's clock stands: so does this one's.
_PUSH = """
from datapilot_assets.power_bi.push import push_months
from datapilot_assets.power_bi.state import waiting_months
from datapilot_resources.platform import Platform
from datapilot_resources.power_bi import PowerBi
from datapilot_resources.settings import Settings
from datapilot_domain.organizations import OrgId
import sys
settings = Settings.from_environment()
platform = Platform(settings)
platform.__dict__["power_bi"] = PowerBi(settings, clock=lambda: float(sys.argv[1]), attempt_seconds=60)
organization = platform.registry.get(OrgId("acme"))
list(push_months(platform, organization, list(waiting_months(platform, organization))))
"""


def push_until_killed(desk: Desk, at: int, *, done: bool) -> None:
    """A process of its own, killed (SIGKILL) during its request number `at`, before or after the server did it."""
    reached, over = threading.Event(), threading.Event()

    def stop(work: Callable[[], Answer]) -> None:
        if done:
            work()
        reached.set()
        over.wait(60)

    desk.server.then(*[lambda work: work()] * at, stop)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DATAPILOT_HOME": str(desk.platform.settings.home),
        "TEST_POWER_BI_SECRET": SECRET,
    }
    process = subprocess.Popen([sys.executable, "-c", _PUSH, str(desk.clock.now)], env=environment)
    try:
        deadline = time.monotonic() + 120
        while not reached.wait(0.2) and process.poll() is None and time.monotonic() < deadline:
            pass
        assert reached.is_set(), "it never came to that request"
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=30) == -signal.SIGKILL
    finally:
        over.set()
        process.kill()
        process.wait()


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_killed_between_sending_and_noting_it(desk: Desk, done: bool) -> None:
    desk.put_all(JANUARY, FEBRUARY)
    push_until_killed(desk, 3, done=done)
    assert [chunk.state for chunk in delivered(desk)].count("sending") == 1
    # The dead process may hold its turn for a minute: the sensor leaves it alone, who comes by hand waits.
    assert desk.pending == []
    desk.push(JANUARY, FEBRUARY)
    assert desk.clock.slept
    assert desk.is_exact()
    assert desk.pending == []


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_killed_while_a_table_is_emptied(desk: Desk, done: bool) -> None:
    desk.put_all(JANUARY, FEBRUARY)
    desk.push()
    desk.put_all(JANUARY, seed=2)
    push_until_killed(desk, 0, done=done)
    assert PowerBiLedger(desk.platform.settings).emptying(desk.org, desk.dataset_id) == {"sales_month"}
    desk.clock.now += 120
    desk.push()
    assert desk.is_exact()


def test_killed_twice(desk: Desk) -> None:
    desk.put_all(JANUARY, FEBRUARY)
    push_until_killed(desk, 1, done=True)
    desk.clock.now += 120
    push_until_killed(desk, 2, done=False)
    desk.clock.now += 120
    desk.push()
    assert desk.is_exact()


def delivered(desk: Desk) -> list[Delivered]:
    return PowerBiLedger(desk.platform.settings).delivered(desk.org, desk.dataset_id)
