"""A real MinIO that sends its bucket's events to the real receiver; and what is lost when nobody receives: nothing."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from datapilot_assets.runs import run_intake
from datapilot_assets.sensors.inbox import inbox_sensor
from datapilot_domain.landing import Verdict
from datapilot_domain.organizations import OrgId
from datapilot_resources.platform import Platform
from datapilot_resources.platform_resource import PlatformResource
from datapilot_resources.settings import Settings
from datapilot_tests.services.minio_server import minio_server
from datapilot_tests.services.s3_server import BUCKET, s3_client, s3_settings, variables_of
from datapilot_tests.services.server import Server, free_port, listens
from datapilot_tests.workbench import Workbench, sample

ACME = OrgId("acme")
TOKEN = "token-of-the-test-receiver"
pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def minio_with_events(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MinIO whose bucket sends what happens below any `inbox/` to the receiver, which need not be there."""
    folder = tmp_path_factory.mktemp("minio-events")
    target = {
        "MINIO_NOTIFY_WEBHOOK_ENABLE_DATAPILOT": "on",
        "MINIO_NOTIFY_WEBHOOK_ENDPOINT_DATAPILOT": f"http://127.0.0.1:{port}/",
        "MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_DATAPILOT": TOKEN,
        "MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_DATAPILOT": str(folder / "events"),
    }
    with minio_server(folder, target) as endpoint:
        s3_client(s3_settings(folder, "", endpoint)).put_bucket_notification_configuration(
            Bucket=BUCKET,
            NotificationConfiguration={
                "QueueConfigurations": [
                    {"QueueArn": "arn:minio:sqs:us-east-1:DATAPILOT:webhook", "Events": ["s3:ObjectCreated:*"]}
                ]
            },
        )
        yield endpoint


@pytest.fixture
def bench(minio_with_events: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    settings = s3_settings(tmp_path / "home", tmp_path.name, minio_with_events)
    for name, value in variables_of(settings).items():
        monkeypatch.setenv(name, value)
    bench = Workbench(Platform(settings))
    bench.add("acme")
    return bench


def receiver(settings: Settings, port: int, folder: Path) -> Server:
    command = [sys.executable, "-m", "datapilot_interfaces.cli.main", "webhook", "--port", str(port)]
    environment = {**variables_of(settings), "DATAPILOT_WEBHOOK_TOKEN": TOKEN, "PYTHONPATH": os.pathsep.join(sys.path)}
    return Server("webhook", command, folder, lambda: listens(port), environment)


def upload(bench: Workbench, name: str, month: str) -> None:
    """As a sender does, with a client of their own."""
    settings = bench.platform.settings
    key = f"{settings.s3_location()[1]}inbox/org_id=acme/{name}"
    s3_client(settings).put_object(Bucket=BUCKET, Key=key, Body=sample(month, "english").read_bytes())


def wait_for(what: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + 240
    while not what():
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.5)


def verdicts(bench: Workbench) -> dict[str, Verdict]:
    return {entry.file: entry.verdict for entry in bench.platform.lakehouse.landing_log(ACME).entries}


def test_an_upload_is_landed_without_the_sensor(bench: Workbench, port: int, tmp_path: Path) -> None:
    with receiver(bench.platform.settings, port, tmp_path) as server:
        upload(bench, "vendas março 1.csv", "2024-01")
        upload(bench, "vendas março 2.csv", "2024-02")
        wait_for(lambda: len(verdicts(bench)) == 2, server.log)
        wait_for(lambda: bench.platform.store.list("inbox") == [], server.log)
    assert set(verdicts(bench).items()) == {
        ("vendas março 1.csv", Verdict.ACCEPTED),
        ("vendas março 2.csv", Verdict.ACCEPTED),
    }
    assert TOKEN not in server.log.read_text()
    assert "landed 1 files" in server.log.read_text() or "landed 2 files" in server.log.read_text()


def test_what_is_uploaded_while_nobody_receives_is_landed_by_the_sensor(bench: Workbench, port: int) -> None:
    assert not listens(port)
    upload(bench, "vendas.csv", "2024-01")
    cursor: str | None = None
    requests: list[dg.RunRequest] = []
    with bench.instance() as instance:
        for _ in range(2):  # one that stood still between two looks is taken
            resources = {"platform": PlatformResource()}
            context = dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources)
            data = inbox_sensor.evaluate_tick(context)
            cursor, requests = data.cursor, [*requests, *(data.run_requests or [])]
    (request,) = requests
    run_intake(bench.platform, request.run_config["ops"]["land_files"]["config"]["keys"], request.tags)
    assert verdicts(bench) == {"vendas.csv": Verdict.ACCEPTED}
