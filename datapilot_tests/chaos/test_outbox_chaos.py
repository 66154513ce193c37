"""Whoever delivers is killed: a message goes at most once more, under its key, and none is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from datapilot_resources.alert_book import AlertBook
from datapilot_resources.outbox import Delivered, deliver, enqueue, enqueue_test, outbox_rows
from datapilot_tests.services.alert_books import ACME, Clock, conditions, english, hook_plan
from datapilot_tests.services.hook_receiver import HookReceiver

pytestmark = pytest.mark.usefixtures("hook_secret")
ROOT = Path(__file__).parents[2]
DELIVERER = """
import datetime as dt, os, sys
from datapilot_resources import outbox_delivery
from datapilot_resources.alert_book import AlertBook
from datapilot_resources.deliveries import Deliveries
from datapilot_resources.settings import Settings
from datapilot_tests.services.alert_books import START
if "die-before-mark" in sys.argv:
    outbox_delivery._end = lambda *_: os._exit(9)
settings = Settings.from_environment()
outbox_delivery.deliver(AlertBook(settings, lambda: START), Deliveries.from_settings(settings), seconds=60)
"""


def deliverer(home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", DELIVERER, *arguments], cwd=ROOT, env={**os.environ, "DATAPILOT_HOME": str(home)}
    )


@pytest.mark.parametrize("death", ["after it was sent", "while it was sent"])
def test_a_message_whose_sender_died_goes_at_most_once_more_under_its_key(
    book: AlertBook, hook: HookReceiver, clock: Clock, death: str
) -> None:
    plan, home = hook_plan(hook), book.settings.home
    (home / "deliveries.yaml").write_text(json.dumps(plan.model_dump(mode="json", exclude_none=True)))
    book.reconcile("late", ACME, conditions(ACME, range(3)))
    enqueue(book, plan, english)
    if death == "after it was sent":
        assert deliverer(home, "die-before-mark").wait(timeout=120) == 9
    else:
        hook.behaviour = "hang"
        process = deliverer(home)
        assert hook.arrived.wait(timeout=120)
        process.kill()
        process.wait()
        hook.behaviour = "answer"
    assert [row.state for row in outbox_rows(book)] == ["claimed"]
    assert len(book.alerts(outstanding=True)) == 3
    assert deliver(book, plan, seconds=60) == Delivered()  # its claim still holds
    clock.pass_minutes(3)
    assert deliver(book, plan, seconds=60) == Delivered(sent=1)
    assert deliver(book, plan, seconds=60) == Delivered()
    assert len(hook.requests) == 2
    assert len({request.key for request in hook.requests}) == len({request.body for request in hook.requests}) == 1
    assert book.alerts(outstanding=True) == []


def test_four_kills_lose_nothing_and_double_at_most_one_message_each(book: AlertBook, hook: HookReceiver) -> None:
    plan, home = hook_plan(hook, *(f"org{n}" for n in range(10))), book.settings.home
    (home / "deliveries.yaml").write_text(json.dumps(plan.model_dump(mode="json", exclude_none=True)))
    for name in plan.channels:
        enqueue_test(book, plan, name)
    for kill in range(4):
        before = len(hook.requests)
        process = deliverer(home)
        while process.poll() is None and len(hook.requests) <= before + kill % 2:
            time.sleep(0.005)
        process.kill()
        process.wait()
    book.clock.pass_minutes(3)  # type: ignore[attr-defined]
    deliver(book, plan, seconds=60)
    keys = [request.key for request in hook.requests]
    assert {row.key for row in outbox_rows(book, states=("sent",))} == set(keys)
    assert len(set(keys)) == 11
    assert len(keys) <= 11 + 4
