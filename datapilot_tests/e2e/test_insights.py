"""From landed files to verified words: the run writes them, Dagster shows them, a sensor sees to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from datapilot_assets.consumers import INSIGHTS
from datapilot_assets.definitions import defs
from datapilot_assets.insights.asset import insights_asset
from datapilot_assets.insights.stored import published_rows, shown
from datapilot_assets.runs import run_refine
from datapilot_assets.sensors.consumers import gold_sensor
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_interfaces.cli.main import run
from datapilot_resources.platform_resource import PlatformResource
from datapilot_tests.assets.insights.independent import differing
from datapilot_tests.workbench import MONTHS, SAMPLES, Workbench, sample

META = [SAMPLES / "meta_insights_page1.json", SAMPLES / "meta_insights_page2.json"]
CORRECTED = SAMPLES / "vendas_2024-01_corrigido__excel_br_cp1252.csv"
FEBRUARY = Month(2024, 2)


@pytest.fixture(scope="module")
def acme(workbench: Workbench) -> Workbench:
    """Three months of sales and the ads of one organization, refined as `datapilot run` does."""
    workbench.add("acme")
    workbench.add("other", locale="en")
    workbench.land("acme", *(sample(month, "excel_br_cp1252") for month in MONTHS))
    workbench.land("acme", *META, as_of="2024-02-12T03:00:00-03:00")
    runs = run_refine(workbench.platform, [OrgId("acme")])
    assert [run.error for run in runs] == [None] * len(runs)
    assert [run.family for run in runs].count("insights") == 1
    return workbench


@pytest.fixture
def instance(acme: Workbench) -> Iterator[dg.DagsterInstance]:
    with acme.instance() as found:
        yield found


def tick(instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    context = dg.build_sensor_context(instance=instance, resources={"platform": PlatformResource()})
    return list(gold_sensor(INSIGHTS).evaluate_tick(context).run_requests or [])


def test_every_number_that_the_run_published_computes_again(acme: Workbench) -> None:
    rows = published_rows(acme.platform, OrgId("acme"), None)
    assert {row["month"] for row in rows} == set(MONTHS)
    assert differing(Path(acme.platform.settings.store_root), "acme", [shown(row) for row in rows]) == []


def test_the_ui_shows_the_texts_with_a_plot_and_the_verdicts(acme: Workbench, instance: dg.DagsterInstance) -> None:
    key, partition = dg.AssetKey(["insights", "published"]), "2024-02|acme"
    event = instance.get_latest_data_version_record(key, partition_key=partition)
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    assert "data:image/png;base64," in str(metadata["insights"].value)
    (first, *_) = published_rows(acme.platform, OrgId("acme"), [FEBRUARY])
    assert first["headline"].split(" · ")[0][:20] in str(metadata["insights"].value)
    assert metadata["calls"].value == 0
    records = instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(dg.AssetKey(["insights", "facts"]), "verified"), limit=10
    )
    evaluations = [record.event.asset_check_evaluation for record in records if record.event]
    assert {evaluation.partition for evaluation in evaluations if evaluation} >= {f"{m}|acme" for m in MONTHS}
    assert all(evaluation.passed for evaluation in evaluations if evaluation)


def test_insights_need_no_spark() -> None:
    assert "spark" not in insights_asset.required_resource_keys


def test_unchanged_gold_requests_nothing_and_changed_gold_is_told_within_one_tick(
    acme: Workbench, instance: dg.DagsterInstance
) -> None:
    assert tick(instance) == []
    before = {row["insight_id"] for row in published_rows(acme.platform, OrgId("acme"), None)}
    acme.land("acme", CORRECTED, replaces="vendas_2024-01__excel_br_cp1252.csv")
    assert tick(instance) == [], "gold is about to change: its turn comes first"
    for family in ("sales", "marketing"):
        done = defs.resolve_job_def(f"refine_{family}_job").execute_in_process(
            instance=instance, partition_key="2024-01|acme"
        )
        assert done.success
    (request,) = tick(instance)
    assert request.tags["datapilot/organization"] == "acme"
    job = defs.resolve_job_def(INSIGHTS.job)
    assert job.execute_in_process(instance=instance, tags=request.tags).success
    assert tick(instance) == []
    after = published_rows(acme.platform, OrgId("acme"), None)
    assert {row["insight_id"] for row in after} != before
    assert "restated" in {row["type"] for row in after if row["month"] == "2024-01"}


def test_the_command_line_tells_verifies_and_prints(
    acme: Workbench, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    assert run(["insights", "--org", "acme", "--month", "2024-02", "--format", "json"]) == 0
    answer = capfd.readouterr()
    rows = json.loads(answer.out)
    assert rows == [shown(row) for row in published_rows(acme.platform, OrgId("acme"), [FEBRUARY])]
    assert answer.err == ""
    assert run(["insights", "--org", "acme"]) == 0
    words = capfd.readouterr().out
    assert "FEVEREIRO/2024" in words
    assert run(["verify", "--org", "acme", "--month", "2024-02", "--format", "json"]) == 0
    verified = capfd.readouterr()
    assert {row["ok"] for row in json.loads(verified.out)} == {True}
    numbers = sum(len(row["quantities"]) for row in rows)
    assert verified.err.startswith(f"{numbers} numbers and {len(rows)} texts of acme 2024-02 computed again, 0 wrong")
    file = tmp_path / "page.html"
    assert run(["page", "--org", "acme", "--month", "2024-02", "--output", str(file)]) == 0
    assert rows[0]["severity"] in file.read_text("utf-8")


def test_an_organization_without_gold_has_nothing_to_tell(acme: Workbench, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    for command in ("insights", "verify"):
        assert run([command, "--org", "other", "--month", "2024-02", "--format", "json"]) == 0
        assert json.loads(capfd.readouterr().out) == []


def test_usage_of_the_options(acme: Workbench, capfd: pytest.CaptureFixture[str]) -> None:
    for options, what in ((["--rejected", "--calls"], "--rejected and --calls"), (["--again"], "--again without")):
        assert run(["insights", "--org", "acme", *options]) == 2
        assert what in capfd.readouterr().err
