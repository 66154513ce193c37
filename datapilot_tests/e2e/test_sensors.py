"""Sensors against a real store and instance: a file copied into an inbox becomes gold with nobody's help."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest

from datapilot_assets.definitions import defs
from datapilot_assets.sensors.attempts import MAX_ATTEMPTS, WORK_TAG
from datapilot_assets.sensors.inbox import inbox_sensor, next_batch
from datapilot_assets.sensors.registry import registry_sensor
from datapilot_resources.object_store import ObjectInfo
from datapilot_resources.platform_resource import PlatformResource
from datapilot_tests.workbench import Workbench, sample, utc

LANDED = defs.get_repository_def().get_sensor_def("landed_sales")


class Daemon:
    """Ticks the sensors as the daemon does: keeps cursors, adds partitions, executes the requested runs."""

    def __init__(self, workbench: Workbench, instance: dg.DagsterInstance) -> None:
        self.workbench, self.instance = workbench, instance
        self.cursors: dict[str, str | None] = {}
        self.seen: set[str] = set()

    def drop(self, key: str, content: bytes, seconds_ago: float = 3600) -> Path:
        """Put a file into the store's folder as a person does, last written some time ago."""
        path = Path(self.workbench.platform.settings.store_root, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written = time.time() - seconds_ago
        os.utime(path, (written, written))
        return path

    def tick(self, sensor: dg.SensorDefinition) -> list[dg.RunRequest]:
        context = dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursors.get(sensor.name),
            resources={"platform": PlatformResource()},
        )
        data = sensor.evaluate_tick(context)
        self.cursors[sensor.name] = data.cursor
        for request in data.dynamic_partitions_requests or []:
            self.instance.add_dynamic_partitions("org", request.partition_keys)
        requests = [request for request in data.run_requests or [] if request.run_key not in self.seen]
        self.seen.update(str(request.run_key) for request in requests)
        return requests

    def execute(self, job: str, requests: Sequence[dg.RunRequest]) -> list[bool]:
        return [
            defs.resolve_job_def(job)
            .execute_in_process(
                instance=self.instance, run_config=request.run_config, tags=request.tags, raise_on_error=False
            )
            .success
            for request in requests
        ]


@pytest.fixture(scope="module")
def daemon(workbench: Workbench) -> Iterator[Daemon]:
    with workbench.instance() as instance:
        yield Daemon(workbench, instance)


def test_a_file_in_an_inbox_becomes_gold(workbench: Workbench, daemon: Daemon) -> None:
    workbench.add("acme")
    file = sample("2024-01", "english")
    daemon.drop(f"inbox/org_id=acme/{file.name}", file.read_bytes())

    assert daemon.tick(registry_sensor) == []
    assert daemon.instance.get_dynamic_partitions("org") == ["acme"]
    # A file may still be on its way: only one that stood still between two ticks is taken.
    assert daemon.tick(inbox_sensor) == []
    assert daemon.execute("intake", daemon.tick(inbox_sensor)) == [True]
    assert workbench.platform.store.list("inbox") == []

    requests = daemon.tick(LANDED)
    assert [request.tags["datapilot/organization"] for request in requests] == ["acme"]
    assert daemon.execute("refine_sales_job", requests) == [True]
    assert workbench.month("acme", "2024-01")["gross_revenue"] == Decimal("18156.37")
    assert daemon.tick(LANDED) == []
    assert daemon.tick(inbox_sensor) == []


def test_a_file_that_its_sender_still_writes_waits(workbench: Workbench, daemon: Daemon) -> None:
    workbench.add("sender")
    content = sample("2024-01", "english").read_bytes()

    def taken() -> list[str]:
        requests = [*daemon.tick(inbox_sensor), *daemon.tick(inbox_sensor)]
        return [
            key.rpartition("/")[2]
            for request in requests
            for key in request.run_config["ops"]["land_files"]["config"]["keys"]
        ]

    # Growing: another size at each listing.
    path = daemon.drop("inbox/org_id=sender/growing.csv", content[:500])
    daemon.tick(inbox_sensor)
    path = daemon.drop("inbox/org_id=sender/growing.csv", content[:900], seconds_ago=1800)
    assert daemon.tick(inbox_sensor) == []
    path.unlink()
    # Written just now, as on a slow share whose writer this machine cannot see.
    path = daemon.drop("inbox/org_id=sender/fresh.csv", content, seconds_ago=0)
    assert taken() == []
    path.unlink()
    # Standing still under its final name, and still open.
    path = daemon.drop("inbox/org_id=sender/paused.csv", content)
    with path.open("ab"):
        assert taken() == []
    assert taken() == ["paused.csv"]
    path.unlink()
    # A clock that is ahead says nothing about when it was written.
    path = daemon.drop("inbox/org_id=sender/future.csv", content, seconds_ago=-86_400)
    assert taken() == ["future.csv"]
    path.unlink()
    # Names that say so.
    for name in (".a.csv.X1y2Z3", "a.csv.part", "a.csv.crdownload", "~$a.xlsx", ".~lock.a.xlsx#", "Thumbs.db"):
        daemon.drop(f"inbox/org_id=sender/{name}", content)
    assert taken() == []
    context = dg.build_sensor_context(instance=daemon.instance, resources={"platform": PlatformResource()})
    told = str(inbox_sensor.evaluate_tick(context).skip_message)
    assert "6 have temporary names and wait to be renamed, first: 'inbox/org_id=sender/.a.csv.X1y2Z3'" in told
    workbench.platform.store.delete_prefix("inbox/org_id=sender")


def test_an_unregistered_organization_is_left_alone(workbench: Workbench, daemon: Daemon) -> None:
    workbench.platform.store.write("inbox/org_id=nobody/a.csv", b"x")
    workbench.platform.store.write("inbox/stray.csv", b"x")
    daemon.tick(inbox_sensor)
    assert daemon.tick(inbox_sensor) == []
    assert {info.key for info in workbench.platform.store.list("inbox")} == {
        "inbox/org_id=nobody/a.csv",
        "inbox/stray.csv",
    }


def test_work_that_keeps_failing_is_parked(workbench: Workbench, daemon: Daemon) -> None:
    workbench.add("parked")
    daemon.tick(registry_sensor)
    workbench.land("parked", ("a.csv", sample("2024-02", "english").read_bytes()))
    attempts = 0
    while requests := daemon.tick(LANDED):
        (request,) = requests
        with pytest.MonkeyPatch.context() as broken:
            broken.setattr("datapilot_assets.refine.refine", _crash)
            assert daemon.execute("refine_sales_job", [request]) == [False]
        attempts += 1
        assert attempts <= MAX_ATTEMPTS
    assert attempts == MAX_ATTEMPTS
    assert len({run.tags[WORK_TAG] for run in daemon.instance.get_runs() if "parked" in str(run.tags)}) == 1


def _crash(*_: object, **__: object) -> None:
    raise RuntimeError("the machine went away")


def test_organizations_take_turns_within_the_bounds() -> None:
    def info(org: str, number: int, size: int = 1) -> ObjectInfo:
        return ObjectInfo(f"inbox/org_id={org}/{number}.csv", size, "e", utc(2024, 1, 1))

    big = [info("alpha", n) for n in range(300)]
    small = [info("beta", 1), info("gamma", 1)]
    batch = next_batch([*big, *small])
    assert len(batch) == 100
    assert {"inbox/org_id=beta/1.csv", "inbox/org_id=gamma/1.csv"} <= {item.key for item in batch[:3]}
    huge = info("alpha", 1, size=10**12)
    assert next_batch([huge, *small]) == [huge]
    assert huge not in next_batch([small[0], huge, small[1]])
