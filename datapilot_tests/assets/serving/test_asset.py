"""The serving job, its sensor and the run that catches up: gold is there whatever becomes of Postgres."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from datapilot_assets.consumers import SERVING
from datapilot_assets.dagster_home import prepare_dagster_home
from datapilot_assets.definitions import defs
from datapilot_assets.partitioning import range_tags
from datapilot_assets.sensors.consumers import gold_sensor
from datapilot_assets.serving.asset import SERVING_KEY
from datapilot_domain.contracts import SERVED
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_resources.platform_resource import PlatformResource
from datapilot_tests.assets.serving.shelf import FEBRUARY, JANUARY, Shelf
from datapilot_tests.services.postgres_server import PASSWORDS, PostgresServers

pytestmark = pytest.mark.services


@pytest.fixture
def instance(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Dagster with its storage in files: only what is served is in Postgres."""
    serving = shelf.platform.settings.serving_url
    assert serving is not None
    monkeypatch.setenv("DATAPILOT_HOME", str(shelf.platform.settings.home))
    monkeypatch.setenv("DATAPILOT_SERVING_URL", serving.get_secret_value())
    prepare_dagster_home(shelf.platform.settings)
    with dg.DagsterInstance.get() as made:
        made.add_dynamic_partitions("org", [shelf.org])
        yield made


def tick(instance: dg.DagsterInstance) -> dg.SensorResult:
    context = dg.build_sensor_context(instance=instance, resources={"platform": PlatformResource()})
    found = gold_sensor(SERVING)(context)
    assert isinstance(found, dg.SensorResult)
    return found


def run(shelf: Shelf, instance: dg.DagsterInstance, *months: Month) -> dg.ExecuteInProcessResult:
    job = defs.resolve_job_def(SERVING.job)
    return job.execute_in_process(instance=instance, tags=range_tags(shelf.org, months), raise_on_error=False)


def told(instance: dg.DagsterInstance) -> str:
    """All that the event log holds."""
    return "\n".join(str(entry) for run in instance.get_runs() for entry in instance.all_logs(run.run_id))


def test_a_run_records_each_month_with_what_it_was_loaded_from(shelf: Shelf, instance: dg.DagsterInstance) -> None:
    shelf.put_all(JANUARY, FEBRUARY)
    (request,) = tick(instance).run_requests or []
    assert request.tags.items() >= range_tags(shelf.org, [JANUARY, FEBRUARY]).items()
    assert run(shelf, instance, JANUARY, FEBRUARY).success
    key = OrgMonth.of(shelf.org, "2024-02").key
    record = instance.get_latest_data_version_record(SERVING_KEY, partition_key=key)
    assert record is not None
    assert record.asset_materialization is not None
    metadata = record.asset_materialization.metadata
    assert metadata["dagster/row_count"].value == 12 * len(SERVED)
    loaded = shelf.platform.serving.loaded(shelf.organization.org_id)["gold.sales_month"][FEBRUARY]
    assert metadata["fingerprint"].value == loaded.fingerprint
    assert tick(instance).skip_reason is not None
    again = run(shelf, instance, JANUARY, FEBRUARY)
    assert again.success
    assert again.get_asset_materialization_events() == []


def test_while_postgres_is_down_the_run_and_the_sensor_say_so_and_then_catch_up(
    shelf: Shelf, instance: dg.DagsterInstance, postgres: PostgresServers
) -> None:
    shelf.put_all(JANUARY)
    shelf.load()
    shelf.put_all(JANUARY, seed=2)
    postgres.kill_postgres()
    try:
        assert "start it, or mend or unset DATAPILOT_SERVING_URL" in str(tick(instance).skip_reason)
        failed = run(shelf, instance, JANUARY)
        assert not failed.success
        (failure,) = [event.step_failure_data for event in failed.filter_events(lambda event: event.is_step_failure)]
        assert failure.user_failure_data is not None
        line = failure.user_failure_data.description or ""
        assert line.startswith(f"{shelf.org}: Postgres at 127.0.0.1:")
        assert "\n" not in line
    finally:
        postgres.start_postgres()
    assert len(tick(instance).run_requests or []) == 1
    assert run(shelf, instance, JANUARY).success
    assert shelf.served(SERVED[0]) == shelf.in_lake(SERVED[0])
    for password in PASSWORDS.values():
        assert password not in told(instance)


def test_without_a_database_serving_is_off(
    shelf: Shelf, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATAPILOT_SERVING_URL")
    shelf.put_all(JANUARY)
    assert "DATAPILOT_SERVING_URL" in str(tick(instance).skip_reason)
