"""What a run prints is in the store, whichever machine it ran on, and no credential is in Dagster's own files."""

from __future__ import annotations

import shutil
import sys

import dagster as dg
import pytest

from datapilot_assets.dagster_home import prepare_dagster_home
from datapilot_resources.object_store import object_store
from datapilot_resources.settings import Settings
from datapilot_tests.services.s3_server import SECRET_KEY, variables_of


@dg.op
def speak() -> None:
    sys.stdout.write("said to nobody in particular\n")


@dg.job
def speaking() -> None:
    speak()


def test_output_of_a_run_is_read_from_the_store_elsewhere(s3_store: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "put back afterwards")
    for name, value in variables_of(s3_store).items():
        monkeypatch.setenv(name, value)
    prepare_dagster_home(s3_store)
    with dg.DagsterInstance.get() as instance:
        run = speaking.execute_in_process(instance=instance)
        (captured,) = [event for event in run.all_events if event.event_type_value == "LOGS_CAPTURED"]
    assert all(info.key.startswith("dagster/storage/") for info in object_store(s3_store).list(""))
    shutil.rmtree(s3_store.dagster_home / "compute_logs")  # as on another machine
    with dg.DagsterInstance.get() as instance:
        key = [run.run_id, "compute_logs", captured.logs_captured_data.file_key]
        data = instance.compute_log_manager.get_log_data(key)
        assert data.stdout is not None
        assert b"said to nobody in particular" in data.stdout
    for path in s3_store.dagster_home.rglob("*"):
        assert not path.is_file() or SECRET_KEY.encode() not in path.read_bytes(), path
