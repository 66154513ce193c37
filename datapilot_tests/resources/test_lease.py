"""The writer lease: one holder at a time, taken over from the dead, confirmed after every commit (P8)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import SecretStr

from datapilot_domain.contracts.table import FINGERPRINT, MONTH, Column, TableContract
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources import lakehouse as lakehouse_module
from datapilot_resources import lease as lease_module
from datapilot_resources import lease_s3
from datapilot_resources.lakehouse import Lakehouse, WriteRejected, arrow_schema
from datapilot_resources.lease import LeaseBusy, LeaseLost, writer_lease
from datapilot_resources.lease_s3 import Holder, s3_lease
from datapilot_resources.object_store import object_store
from datapilot_resources.object_store_s3 import s3_client
from datapilot_resources.settings import Settings
from datapilot_resources.spark import SparkUnavailable
from datapilot_tests.services.faulty_proxy import NO_FAULT, Fault, faulty_proxy

ACME, BETA = OrgId("acme"), OrgId("beta")
JANUARY = Month(2024, 1)
KEY = "org_id=acme/writer.json"


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_s3, "TTL_SECONDS", 2.0)
    monkeypatch.setattr(lease_s3, "RENEW_SECONDS", 0.5)


def _counted(settings: Settings, writers: int, rounds: int) -> int:
    """A counter that loses an increment when two writers work at once."""
    store = object_store(settings)
    store.write("counter", b"0")

    def write(number: int) -> None:
        for turn in range(rounds):
            with writer_lease(settings, ACME, f"run-{number}-{turn}") as lease:
                value = int(store.read("counter"))
                time.sleep(0.02)
                store.write("counter", str(value + 1).encode())
                lease.confirm()

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    return int(store.read("counter"))


def test_one_writer_at_a_time_on_a_folder(tmp_path: Path) -> None:
    assert _counted(Settings(home=tmp_path), writers=4, rounds=5) == 20


def test_the_lock_of_a_folder_is_in_the_store_and_no_object_of_it(tmp_path: Path) -> None:
    one = Settings(home=tmp_path / "one", store=str(tmp_path / "store"))
    other = Settings(home=tmp_path / "other", store=str(tmp_path / "store"))
    entered = threading.Event()

    def second() -> None:
        with writer_lease(other, ACME, "second"):
            entered.set()

    with writer_lease(one, ACME, "first"):
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.5)
        assert object_store(one).list("") == []
    assert entered.wait(30)
    thread.join()


HOLD = """
import sys, time
from pathlib import Path
from datapilot_domain.organizations import OrgId
from datapilot_resources.lease import writer_lease
from datapilot_resources.settings import Settings

with writer_lease(Settings(home=Path(sys.argv[1])), OrgId("acme"), "dead-run"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_next_writer_ends_what_a_killed_one_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []
    monkeypatch.setattr(lease_module, "end_dead_writer", lambda settings, run_id: ended.append(run_id))
    settings = Settings(home=tmp_path)
    with writer_lease(settings, ACME, "well"):
        pass
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.wait()
    for run_id in ("next", "after"):
        with writer_lease(settings, ACME, run_id):
            assert ended == ["dead-run"], "once, and nobody's who gave the lease back"


def test_only_a_server_is_asked_what_a_dead_writer_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lease_module.end_dead_writer(Settings(home=tmp_path), "dead-run")
    remote = Settings(home=tmp_path, spark_remote=SecretStr("sc://127.0.0.1:1"))
    monkeypatch.setattr("datapilot_resources.spark._WAIT_SECONDS", 0)
    with pytest.raises(SparkUnavailable):
        lease_module.end_dead_writer(remote, "dead-run")


@pytest.mark.usefixtures("hurried")
class TestOnS3:
    def test_one_writer_at_a_time(self, s3_store: Settings) -> None:
        assert _counted(s3_store, writers=4, rounds=3) == 12

    def test_organizations_do_not_wait_for_each_other(self, s3_store: Settings) -> None:
        with writer_lease(s3_store, ACME, "a"), writer_lease(s3_store, BETA, "b") as second:
            second.confirm()
            assert {info.key for info in object_store(s3_store).list("")} == {KEY, "org_id=beta/writer.json"}

    def test_a_holder_that_works_long_keeps_it(self, s3_store: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lease_s3, "WAIT_SECONDS", 5.0)
        with s3_lease(s3_store, ACME, "long") as lease:
            with pytest.raises(LeaseBusy, match="run long still writes"), writer_lease(s3_store, ACME, "other"):
                pass
            lease.confirm()
            assert lease._mine is not None
            assert lease._mine.renewal > 0

    def test_a_dead_holder_is_taken_over_and_knows_it_if_it_was_not_dead(
        self, s3_store: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lease_s3.S3Lease, "_renew", lambda self: None)  # as of a process that stands still
        ended: list[str] = []
        monkeypatch.setattr(lease_s3, "end_dead_writer", lambda settings, run_id: ended.append(run_id))
        with s3_lease(s3_store, ACME, "asleep") as asleep, s3_lease(s3_store, ACME, "next") as second:
            second.confirm()
            assert second._mine is not None
            assert second._mine.generation == 2
            with pytest.raises(LeaseLost, match="taken over by run next"):
                asleep.confirm()
            asleep.release()
            second.confirm()  # its release freed nothing that is not its own

    def test_the_next_holder_waits_for_no_expiry_after_a_release(self, s3_store: Settings) -> None:
        for generation in (1, 2, 3):
            with s3_lease(s3_store, ACME, "run") as lease:
                assert lease._mine is not None
                assert lease._mine.generation == generation
        assert json.loads(object_store(s3_store).read(KEY))["nonce"] is None

    def test_an_answer_that_was_lost_is_no_lost_lease(self, s3_store: Settings) -> None:
        seen: list[str] = []

        def fault(method: str, path: str) -> Fault:
            if method != "PUT" or not path.endswith("writer.json"):
                return NO_FAULT
            seen.append(path)
            return Fault(answer_is_lost=len(seen) in (1, 3))

        with _through(s3_store, fault) as settings, s3_lease(settings, ACME, "run") as lease:
            time.sleep(1.5)
            lease.confirm()
        assert len(seen) >= 4
        assert json.loads(object_store(s3_store).read(KEY))["nonce"] is None

    def test_a_store_that_does_not_answer_confirms_nothing(self, s3_store: Settings) -> None:
        with _through(s3_store, lambda method, path: NO_FAULT) as settings:
            lease = lease_s3.S3Lease(s3_client(settings), *_place(s3_store), "run", lambda dead: None)
            lease.acquire()
        with pytest.raises(LeaseLost, match="cannot be read"):
            lease.confirm()
        lease.release()  # cannot be written either, expires

    def test_an_object_that_is_no_lease_is_not_overwritten(self, s3_store: Settings) -> None:
        object_store(s3_store).write(KEY, b"hello")
        with pytest.raises(LeaseBusy, match="not a lease"), writer_lease(s3_store, ACME, "run"):
            pass
        assert object_store(s3_store).read(KEY) == b"hello"


TABLE = TableContract(
    family="f",
    layer="gold",
    table="t",
    description="A small table",
    columns=(MONTH, Column(name="id", type="int", description="id", nullable=False), FINGERPRINT),
    key=("id",),
)


def _replace(lakehouse: Lakehouse, run_id: str, number: int) -> int:
    rows = pa.Table.from_pylist(
        [{"month": str(JANUARY), "id": number, "fingerprint": f"{number:032d}"}], schema=arrow_schema(TABLE)
    )
    return lakehouse.replace(TABLE, ACME, {JANUARY: 1}, rows, {JANUARY: f"{number:032d}"}, run_id, log_head=1)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("committed", [True, False])
def test_a_lease_that_is_lost_during_a_commit_is_read_back(
    s3_store: Settings, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    lakehouse = Lakehouse(s3_store)
    _replace(lakehouse, "before", 1)
    commit = Lakehouse._commit

    def and_lose_it(self: Lakehouse, *arguments: Any) -> int:
        version = commit(self, *arguments) if committed else 99
        other = Holder(nonce="other", run_id="other", generation=100)
        object_store(s3_store).write(KEY, other.model_dump_json().encode())
        return version

    monkeypatch.setattr(lakehouse_module.Lakehouse, "_commit", and_lose_it)
    if committed:
        assert _replace(lakehouse, "mine", 2) == lakehouse.version(TABLE, ACME)
        assert lakehouse.read(TABLE, ACME)["id"].to_pylist() == [2]
    else:
        with pytest.raises(WriteRejected, match="taken over by run other"):
            _replace(lakehouse, "mine", 2)
        assert lakehouse.read(TABLE, ACME)["id"].to_pylist() == [1]


@contextmanager
def _through(settings: Settings, fault: Callable[[str, str], Fault]) -> Iterator[Settings]:
    assert settings.s3_endpoint_url is not None
    with faulty_proxy(settings.s3_endpoint_url, fault) as address:
        yield settings.model_copy(update={"s3_endpoint_url": address})


def _place(settings: Settings) -> tuple[str, str]:
    bucket, prefix = settings.s3_location()
    return bucket, prefix + KEY
