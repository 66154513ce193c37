"""The exports job, its sensor and the run that catches up: gold is there whatever becomes of the exports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from datapilot_assets.consumers import EXPORTS
from datapilot_assets.dagster_home import prepare_dagster_home
from datapilot_assets.definitions import defs
from datapilot_assets.exports.asset import EXPORTS_KEY
from datapilot_assets.exports.verify import latest_manifest
from datapilot_assets.partitioning import range_tags
from datapilot_assets.runs import run_refine
from datapilot_assets.sensors.consumers import gold_sensor
from datapilot_domain.contracts import SERVED
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_resources.object_store_folder import FolderStore
from datapilot_resources.platform_resource import PlatformResource
from datapilot_resources.settings import Settings
from datapilot_tests.assets.exports.conftest import new_shelf
from datapilot_tests.assets.serving.shelf import FEBRUARY, JANUARY, Shelf


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setenv("DATAPILOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATAPILOT_EXPORTS", "json,csv")
    return new_shelf(Settings.from_environment())


@pytest.fixture
def instance(shelf: Shelf) -> Iterator[dg.DagsterInstance]:
    prepare_dagster_home(shelf.platform.settings)
    with dg.DagsterInstance.get() as made:
        made.add_dynamic_partitions("org", [shelf.org])
        yield made


def tick(instance: dg.DagsterInstance) -> dg.SensorResult:
    context = dg.build_sensor_context(instance=instance, resources={"platform": PlatformResource()})
    found = gold_sensor(EXPORTS)(context)
    assert isinstance(found, dg.SensorResult)
    return found


def run(shelf: Shelf, instance: dg.DagsterInstance, *months: Month) -> dg.ExecuteInProcessResult:
    job = defs.resolve_job_def(EXPORTS.job)
    return job.execute_in_process(instance=instance, tags=range_tags(shelf.org, months), raise_on_error=False)


def failure(result: dg.ExecuteInProcessResult) -> str:
    (found,) = [event.step_failure_data for event in result.filter_events(lambda event: event.is_step_failure)]
    assert found.user_failure_data is not None
    return found.user_failure_data.description or ""


def test_a_run_records_each_month_with_its_files(shelf: Shelf, instance: dg.DagsterInstance) -> None:
    shelf.put_all(JANUARY, FEBRUARY)
    (request,) = tick(instance).run_requests or []
    assert request.tags.items() >= range_tags(shelf.org, [JANUARY, FEBRUARY]).items()
    done = run(shelf, instance, JANUARY, FEBRUARY)
    assert done.success
    record = instance.get_latest_data_version_record(EXPORTS_KEY, partition_key=OrgMonth.of(shelf.org, "2024-02").key)
    assert record is not None
    assert record.asset_materialization is not None
    manifest = latest_manifest(shelf.platform, shelf.organization.org_id, FEBRUARY)
    assert manifest is not None
    assert manifest.run_id == done.run_id
    assert manifest.formats == ("csv", "json")
    assert {name: value.value for name, value in record.asset_materialization.metadata.items()} == {
        "dagster/row_count": 12 * len(SERVED),
        "files": 2 * len(SERVED),
        "bytes": sum(file.bytes for file in manifest.files),
        "formats": "csv, json",
        "fingerprint": manifest.fingerprint,
    }
    assert (record.asset_materialization.tags or {})["dagster/data_version"] == manifest.fingerprint
    assert tick(instance).skip_reason is not None
    again = run(shelf, instance, JANUARY, FEBRUARY)
    assert again.success
    assert again.get_asset_materialization_events() == []


def test_one_organizations_failure_stops_no_other(shelf: Shelf, instance: dg.DagsterInstance) -> None:
    other = new_shelf(shelf.platform.settings, "beta")
    instance.add_dynamic_partitions("org", ["beta"])
    for each in (shelf, other):
        each.put_all(JANUARY)
    Path(shelf.platform.settings.store_root, "org_id=acme", "exports").write_text("in the way")
    tags = {
        "dagster/asset_partition_range_start": OrgMonth.of("acme", "2024-01").key,
        "dagster/asset_partition_range_end": OrgMonth.of("beta", "2024-01").key,
    }
    done = defs.resolve_job_def(EXPORTS.job).execute_in_process(instance=instance, tags=tags, raise_on_error=False)
    assert not done.success
    assert failure(done).startswith("acme: 2024-01: ")
    records = [
        instance.get_latest_data_version_record(EXPORTS_KEY, partition_key=f"2024-01|{org}") for org in ("acme", "beta")
    ]
    assert [record is not None for record in records] == [False, True]
    assert latest_manifest(other.platform, other.organization.org_id, JANUARY) is not None


def test_a_store_that_refuses_fails_its_own_row_and_a_tick_says_why(
    shelf: Shelf, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder's rights do not bind every user who runs the tests: the refusal itself is played."""
    shelf.put_all(JANUARY)
    listing = FolderStore.list

    def refuse(store: FolderStore, prefix: str) -> Any:
        if "/exports" in prefix:
            raise PermissionError(13, "Permission denied", prefix)
        return listing(store, prefix)

    monkeypatch.setattr(FolderStore, "list", refuse)
    assert "exports of acme cannot be read in the store" in str(tick(instance).skip_reason)
    (row,) = run_refine(shelf.platform, [shelf.organization.org_id], consumers=[EXPORTS])
    assert (row.family, row.succeeded) == ("exports", False)
    assert "Permission denied" in str(row.error)
    monkeypatch.setattr(FolderStore, "list", listing)
    (row,) = run_refine(shelf.platform, [shelf.organization.org_id], consumers=[EXPORTS])
    assert (row.succeeded, row.changed) == (True, 1)


def test_without_the_setting_exports_are_off(
    shelf: Shelf, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATAPILOT_EXPORTS")
    shelf.put_all(JANUARY)
    assert "DATAPILOT_EXPORTS" in str(tick(instance).skip_reason)
    # Materialized by hand in the UI: then in every format.
    assert run(shelf, instance, JANUARY).success
    manifest = latest_manifest(shelf.platform, shelf.organization.org_id, JANUARY)
    assert manifest is not None
    assert manifest.formats == ("csv", "json", "parquet", "xlsx")
