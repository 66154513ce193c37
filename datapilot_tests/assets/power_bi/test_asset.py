"""The Power BI job, its sensor and the run that catches up."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from datapilot_assets.consumers import POWER_BI
from datapilot_assets.dagster_home import prepare_dagster_home
from datapilot_assets.definitions import defs
from datapilot_assets.partitioning import range_tags
from datapilot_assets.power_bi.asset import POWER_BI_KEY
from datapilot_assets.sensors.consumers import gold_sensor
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_resources.platform_resource import PlatformResource
from datapilot_tests.assets.power_bi.desk import SECRET, TABLES, Desk
from datapilot_tests.assets.serving.shelf import FEBRUARY, JANUARY
from datapilot_tests.services.power_bi_server import hangs_up_after


@pytest.fixture
def instance(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DATAPILOT_HOME", str(desk.platform.settings.home))
    prepare_dagster_home(desk.platform.settings)
    with dg.DagsterInstance.get() as made:
        made.add_dynamic_partitions("org", [desk.org])
        yield made


def tick(instance: dg.DagsterInstance) -> dg.SensorResult:
    context = dg.build_sensor_context(instance=instance, resources={"platform": PlatformResource()})
    found = gold_sensor(POWER_BI)(context)
    assert isinstance(found, dg.SensorResult)
    return found


def run(desk: Desk, instance: dg.DagsterInstance, *months: Month) -> dg.ExecuteInProcessResult:
    job = defs.resolve_job_def(POWER_BI.job)
    return job.execute_in_process(instance=instance, tags=range_tags(desk.org, months), raise_on_error=False)


def test_a_run_records_each_month_and_the_sensor_rests_then(desk: Desk, instance: dg.DagsterInstance) -> None:
    desk.put_all(JANUARY, FEBRUARY)
    (request,) = tick(instance).run_requests or []
    assert request.tags.items() >= range_tags(desk.org, [JANUARY, FEBRUARY]).items()
    assert run(desk, instance, JANUARY, FEBRUARY).success
    assert desk.is_exact()
    key = OrgMonth.of(desk.org, "2024-02").key
    record = instance.get_latest_data_version_record(POWER_BI_KEY, partition_key=key)
    assert record is not None
    assert record.asset_materialization is not None
    assert record.asset_materialization.metadata["dagster/row_count"].value == 12 * len(TABLES)
    assert "nothing changed" in str(tick(instance).skip_reason)
    again = run(desk, instance, JANUARY, FEBRUARY)
    assert again.success
    assert again.get_asset_materialization_events() == []
    told = "\n".join(str(entry) for found in instance.get_runs() for entry in instance.all_logs(found.run_id))
    assert not any(secret in told for secret in (SECRET, *desk.server.tokens))


def test_an_outage_fails_the_run_with_one_line_and_the_sensor_says_when_it_looks_again(
    desk: Desk, instance: dg.DagsterInstance
) -> None:
    desk.put_all(JANUARY)
    desk.server.then(hangs_up_after)
    failed = run(desk, instance, JANUARY)
    (failure,) = [event.step_failure_data for event in failed.filter_events(lambda event: event.is_step_failure)]
    assert failure.user_failure_data is not None
    line = failure.user_failure_data.description or ""
    assert line.startswith(f"{desk.org}: http://127.0.0.1:")
    assert "whether rows of sales_month arrived is not known" in line
    assert "it is tried again at" in str(tick(instance).skip_reason)


def test_without_a_target_the_sensor_is_off(desk: Desk, instance: dg.DagsterInstance) -> None:
    (desk.platform.settings.home / "deliveries.yaml").unlink()
    assert "no section power_bi" in str(tick(instance).skip_reason)
    (desk.platform.settings.home / "deliveries.yaml").write_text("power_bi: [1]")
    assert "deliveries.yaml" in str(tick(instance).skip_reason)
