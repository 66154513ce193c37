"""The receiver of a bucket's events: what it takes, what it refuses, and that hints are only hints."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from datapilot_assets.definitions import defs
from datapilot_assets.runs import IntakeFailed, run_hinted_intake
from datapilot_assets.sensors import attempts
from datapilot_assets.sensors.attempts import HINT_TAG, WORK_TAG
from datapilot_assets.sensors.inbox import inbox_batch, inbox_sensor, request_intake
from datapilot_interfaces.webhook.events import keys_of
from datapilot_interfaces.webhook.receiver import MAXIMUM_BODY_BYTES, HintedWork, Receiver
from datapilot_resources.platform import Platform
from datapilot_resources.platform_resource import PlatformResource
from datapilot_tests.interfaces.conftest import Cli
from datapilot_tests.workbench import Workbench, sample

TOKEN = "token-of-the-test-receiver"
KEY = "inbox/org_id=acme/vendas março.csv"
ENCODED = "inbox%2Forg_id%3Dacme%2Fvendas+mar%C3%A7o.csv"
RECORD = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": ENCODED, "size": 1}}}
EVENTS: dict[str, dict[str, Any]] = {
    "aws": {"Records": [RECORD]},
    "minio": {"EventName": "s3:ObjectCreated:Put", "Key": f"b/{KEY}", "Records": [{**RECORD, "source": {}}]},
    "rustfs": {"eventName": "s3:ObjectCreated:Put", "Key": f"b/{KEY}", "Records": [RECORD]},
    "sns": {"Type": "Notification", "Message": json.dumps({"Records": [RECORD]})},
    "eventbridge": {"detail-type": "Object Created", "detail": {"bucket": {"name": "b"}, "object": {"key": KEY}}},
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_every_senders_form_is_read(event: dict[str, Any]) -> None:
    assert keys_of(json.dumps(event).encode()) == [KEY]


class Door:
    """A receiver that counts its hints, and a sender in front of it."""

    def __init__(self, receiver: Receiver, hints: list[None]) -> None:
        self.port, self.hints = receiver.server_address[1], hints

    def send(self, method: str = "POST", body: bytes = b"", **headers: str) -> int:
        """The answer's status. Headers are written with underscores."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, "/")
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders(body)
            return connection.getresponse().status
        finally:
            connection.close()

    def event(self, event: object, authorization: str = f"Bearer {TOKEN}") -> int:
        body = json.dumps(event).encode()
        return self.send(body=body, Authorization=authorization, Content_Length=str(len(body)))


@pytest.fixture
def door() -> Iterator[Door]:
    hints: list[None] = []
    with Receiver(0, TOKEN, "inbox/", lambda: hints.append(None)) as receiver:
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        try:
            yield Door(receiver, hints)
        finally:
            receiver.shutdown()
            thread.join()


def test_an_event_of_the_inbox_is_a_hint(door: Door) -> None:
    assert door.event(EVENTS["minio"]) == 204
    assert len(door.hints) == 1


def test_an_event_of_another_place_is_none(door: Door) -> None:
    assert door.event({"Records": [{"s3": {"object": {"key": "org_id=acme/gold/sales_month/x"}}}]}) == 204
    assert door.event({"Records": []}) == 204
    assert door.hints == []


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}é"])
def test_a_wrong_token_is_refused(door: Door, authorization: str) -> None:
    assert door.event(EVENTS["aws"], authorization.encode().decode("latin-1")) == 401
    assert door.hints == []


def test_what_is_no_event_is_refused(door: Door) -> None:
    send = partial(door.send, Authorization=f"Bearer {TOKEN}")
    assert door.event({"hello": 1}) == 400
    assert send(body=b"{", Content_Length="1") == 400
    assert send(body=b"[" * 100_000, Content_Length="100000") == 400
    assert send() == 411
    assert send(Content_Length="-1") == 411
    assert send(Content_Length=str(MAXIMUM_BODY_BYTES + 1)) == 413
    assert send(Content_Length="9" * 4000) == 413
    assert door.send("GET") == 501
    assert door.send("HEAD") == 200  # whether anybody is here
    assert door.hints == []


def test_a_burst_is_one_more_run() -> None:
    started, go_on = threading.Event(), threading.Event()
    runs: list[None] = []

    def run() -> None:
        runs.append(None)
        started.set()
        assert go_on.wait(60)

    work = HintedWork(run)
    work.hint()
    assert started.wait(60)
    for _ in range(50):
        work.hint()
    go_on.set()
    while len(runs) < 2:
        assert work._thread.is_alive()
    work.end()
    assert len(runs) == 2


def test_without_a_token_it_does_not_start(cli: Cli, home: Path) -> None:
    answer = cli("webhook")
    assert answer.code == 2
    assert answer.error.startswith("NO_WEBHOOK_TOKEN: ")


# What a hint does, on a folder that it treats as it treats a bucket.


@pytest.fixture
def bench(home: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.setattr("datapilot_resources.object_store_folder.FolderStore.arrives_whole", True)
    bench = Workbench(Platform.from_environment())
    for org in ("acme", "other"):
        bench.add(org)
    return bench


def drop(bench: Workbench, org: str = "acme") -> None:
    bench.platform.store.write(f"inbox/org_id={org}/a.csv", sample("2024-01", "english").read_bytes())


def sensor_requests(instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    """Of two ticks of the inbox sensor."""
    cursor: str | None = None
    requests: list[dg.RunRequest] = []
    for _ in range(2):
        resources = {"platform": PlatformResource()}
        context = dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources)
        data = inbox_sensor.evaluate_tick(context)
        cursor, requests = data.cursor, [*requests, *(data.run_requests or [])]
    return requests


def test_a_hint_lands_what_is_there_and_the_sensor_finds_nothing_left(bench: Workbench) -> None:
    drop(bench)
    assert [item.verdict.value for item in run_hinted_intake(bench.platform)] == ["accepted"]
    with bench.instance() as instance:
        (run,) = instance.get_runs()
        assert run.tags[HINT_TAG] == "true"
        assert run.tags["datapilot/organization"] == "acme"
        assert sensor_requests(instance) == []


def test_a_forged_hint_changes_nothing(bench: Workbench, door: Door) -> None:
    forged = {
        "Records": [{"s3": {"object": {"key": f"inbox/org_id={org}/x.csv"}}} for org in ("other", "nobody", "..")]
    }
    assert door.event(forged) == 204
    assert run_hinted_intake(bench.platform) == []
    with bench.instance() as instance:
        assert instance.get_runs() == []
    assert bench.platform.store.list("org_id=other") == []


@pytest.mark.parametrize("hinted", [True, False])
def test_what_one_of_the_two_is_landing_the_other_leaves_alone(bench: Workbench, hinted: bool) -> None:
    drop(bench)
    with bench.instance() as instance:
        request = request_intake(instance, dg.get_dagster_logger(), inbox_batch(bench.platform))
        assert request is not None
        tags = {**request.tags, **({HINT_TAG: "true"} if hinted else {})}
        instance.create_run_for_job(
            defs.resolve_job_def("intake"), tags=tags, run_config=request.run_config, status=dg.DagsterRunStatus.STARTED
        )
        assert sensor_requests(instance) == []
    assert run_hinted_intake(bench.platform) == []
    assert bench.platform.store.exists("inbox/org_id=acme/a.csv")


def test_a_receiver_that_died_is_not_waited_for(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(bench)
    with bench.instance() as instance:
        request = request_intake(instance, dg.get_dagster_logger(), inbox_batch(bench.platform))
        assert request is not None
        instance.create_run_for_job(
            defs.resolve_job_def("intake"),
            tags={**request.tags, HINT_TAG: "true"},
            run_config=request.run_config,
            status=dg.DagsterRunStatus.STARTED,
        )
        monkeypatch.setattr(attempts, "HINT_PATIENCE", attempts.HINT_PATIENCE * 0)
        (again,) = sensor_requests(instance)
        assert again.tags[WORK_TAG] == request.tags[WORK_TAG]


def test_a_batch_that_fails_is_left_to_the_sensor(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(bench)

    def broken(*arguments: object, **options: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("datapilot_assets.landing.job.land", broken)
    with pytest.raises(IntakeFailed, match="the disk is full"):
        run_hinted_intake(bench.platform)
    with bench.instance() as instance:
        assert len(instance.get_runs()) == 1
        assert sensor_requests(instance) != []
