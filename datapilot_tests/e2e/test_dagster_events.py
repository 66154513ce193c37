"""What Dagster shows of a run: one event per changed key, exact lineage, and failures that hide nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.partition_status_cache import AssetPartitionStatus

from datapilot_assets.definitions import defs
from datapilot_assets.events import data_version_of
from datapilot_assets.partitioning import ORG_MONTHS
from datapilot_assets.reports import file_reports
from datapilot_tests.workbench import Workbench

HEADER = "order_id,line,order_date,sku,product,quantity,unit_price,amount,order_discount,status,customer_name\n"
GOLD = dg.AssetKey(["gold", "sales_month"])
SILVER = dg.AssetKey(["silver", "sales"])
KEYS = ["2024-01|gates", "2024-02|gates", "2024-03|gates"]


def line(order: str, day: str, amount: str) -> str:
    return f"{order},1,{day},A,Produto A,1,{amount},{amount},0.00,paid,Maria Silva\n"


@pytest.fixture(scope="module")
def gates(workbench: Workbench) -> Workbench:
    """Three good months; then January changes, February gets mostly bad records, March stays as it was."""
    workbench.add("gates")
    first = HEADER + "".join(line(str(n), f"2024-0{n}-10", "10.00") for n in (1, 2, 3))
    workbench.land("gates", ("first.csv", first))
    (run,) = workbench.refine("gates")
    assert run.succeeded
    bad = "".join(line(f"9{n}", "2024-02-11", "abc") for n in range(5))
    workbench.land("gates", ("second.csv", HEADER + line("11", "2024-01-11", "5.00") + bad))
    return workbench


@pytest.fixture(scope="module")
def events_before_and_after(gates: Workbench) -> tuple[dict[str, int], dict[str, int], Any]:
    before = _events_per_key(gates)
    (run,) = gates.refine("gates", months=["2024-01", "2024-02", "2024-03"])
    return before, _events_per_key(gates), run


def _events_per_key(workbench: Workbench) -> dict[str, int]:
    with workbench.instance() as instance:
        return {
            key: len(
                instance.fetch_materializations(
                    dg.AssetRecordsFilter(asset_key=GOLD, asset_partitions=[key]), limit=100
                ).records
            )
            for key in KEYS
        }


@pytest.mark.reason("QUARANTINE_MAJORITY")
def test_a_failed_gate_shows_one_failed_one_new_and_one_unchanged_partition(
    gates: Workbench, events_before_and_after: tuple[dict[str, int], dict[str, int], Any]
) -> None:
    before, after, run = events_before_and_after
    assert not run.succeeded
    assert "2024-02|gates silver.sales: QUARANTINE_MAJORITY" in str(run.error)
    with gates.instance() as instance:
        for asset in (SILVER, GOLD):
            status = instance.get_status_by_partition(asset, KEYS, ORG_MONTHS)
            assert status == {
                KEYS[0]: AssetPartitionStatus.MATERIALIZED,
                KEYS[1]: AssetPartitionStatus.FAILED,
                KEYS[2]: AssetPartitionStatus.MATERIALIZED,
            }
    assert after == {KEYS[0]: before[KEYS[0]] + 1, KEYS[1]: before[KEYS[1]], KEYS[2]: before[KEYS[2]] + 1}


def test_the_latest_event_names_the_version_that_is_current(
    gates: Workbench, events_before_and_after: tuple[dict[str, int], dict[str, int], Any]
) -> None:
    stored = {(row["table"], row["month"]): row for row in gates.status("gates")}
    with gates.instance() as instance:
        for key in KEYS:
            record = instance.fetch_materializations(
                dg.AssetRecordsFilter(asset_key=GOLD, asset_partitions=[key]), limit=1
            ).records[0]
            row = stored["gold.sales_month", key.split("|")[0]]
            materialization = record.asset_materialization
            assert materialization is not None
            assert materialization.metadata["delta_version"].value == row["committed_version"]
            assert data_version_of(record.event_log_entry and record) == row["fingerprint"]


def test_the_last_good_month_stays_published(
    gates: Workbench, events_before_and_after: tuple[dict[str, int], dict[str, int], Any]
) -> None:
    states = {(row["table"], row["month"]): row["state"] for row in gates.status("gates")}
    assert gates.month("gates", "2024-01")["gross_revenue"] == Decimal(15)
    assert gates.month("gates", "2024-02")["gross_revenue"] == Decimal(10)
    assert states["silver.sales", "2024-02"] == "failed"
    assert {state for (_, month), state in states.items() if month != "2024-02"} == {"current"}


def test_the_sender_is_told_that_a_month_was_not_published(
    gates: Workbench, events_before_and_after: tuple[dict[str, int], dict[str, int], Any]
) -> None:
    (report,) = file_reports(gates.platform, gates.platform.registry.get("gates"), "second.csv")
    assert [(kept["month"], kept["code"]) for kept in report["kept_months"]] == [("2024-02", "QUARANTINE_MAJORITY")]
    assert (report["pending"], report["accepted"]) == (True, None)
    assert {effect["month"] for effect in report["effects"]} == {"2024-01"}
    text = gates.platform.store.read(report["stored_at"]).decode()
    assert "fevereiro/2024 não foi publicado" in text
    assert "| receita bruta | R$ 10,00 | R$ 15,00 | +R$ 5,00 |" in text


def test_checks_carry_the_numbers_of_each_key(
    gates: Workbench, events_before_and_after: tuple[dict[str, int], dict[str, int], Any]
) -> None:
    with gates.instance() as instance:
        history = instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(SILVER, "conservation"), limit=20
        )
        latest = {record.partition: record for record in reversed(history)}
        event = latest[KEYS[1]].event
        assert event is not None
        evaluation = event.dagster_event.asset_check_evaluation_data  # type: ignore[union-attr]
        assert not evaluation.passed
        assert evaluation.metadata["quarantined"].value == 5
        assert "QUARANTINE_MAJORITY" in str(evaluation.metadata["failed"].value)


def test_a_run_over_unchanged_months_logs_nothing(gates: Workbench) -> None:
    workbench = gates
    workbench.add("quiet")
    workbench.land("quiet", ("a.csv", HEADER + line("1", "2024-01-10", "10.00")))
    workbench.refine("quiet")
    with workbench.instance() as instance:
        before = instance.get_latest_materialization_event(GOLD)
    (run,) = workbench.refine("quiet", months=["2024-01"])
    assert (run.succeeded, run.changed) == (True, 0)
    with workbench.instance() as instance:
        assert instance.get_latest_materialization_event(GOLD) == before


def test_a_commit_without_its_event_is_recorded_by_the_next_run(gates: Workbench) -> None:
    """P7: a crash between commit and event leaves the lake ahead of Dagster."""
    gates.land("quiet", ("b.csv", HEADER + line("2", "2024-01-11", "1.00")))
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("datapilot_assets.refine.materialization", _crash)
        (run,) = gates.refine("quiet")
    assert "the machine went away" in str(run.error)
    with gates.instance() as instance:
        before = data_version_of(instance.get_latest_data_version_record(SILVER, partition_key="2024-01|quiet"))
    (committed,) = [row for row in gates.status("quiet") if row["table"] == "silver.sales"]
    assert before != committed["fingerprint"]
    gates.refine("quiet", months=["2024-01"])
    with gates.instance() as instance:
        after = data_version_of(instance.get_latest_data_version_record(SILVER, partition_key="2024-01|quiet"))
    assert after == committed["fingerprint"]


def _crash(*_: object) -> None:
    raise RuntimeError("the machine went away")


def test_lineage_is_exact_and_no_personal_data_is_in_events(gates: Workbench) -> None:
    with gates.instance() as instance:
        record = instance.get_latest_data_version_record(GOLD, partition_key="2024-01|quiet")
        assert record is not None
        silver = instance.get_latest_data_version_record(SILVER, partition_key="2024-01|quiet")
        tags = record.asset_materialization.tags  # type: ignore[union-attr]
        assert tags is not None
        assert tags["dagster/input_data_version/silver/sales"] == data_version_of(silver)
        for run in instance.get_runs():
            assert "Maria" not in "".join(str(event) for event in instance.all_logs(run.run_id))


@pytest.mark.reason("UPSTREAM_NOT_CURRENT")
def test_gold_alone_waits_for_silver(gates: Workbench) -> None:
    """Gold of an older silver would be stored as current for ever."""
    gates.add("order")
    gates.land("order", ("a.csv", HEADER + line("1", "2024-01-10", "10.00")))
    gates.refine("order")
    gates.land("order", ("b.csv", HEADER + line("2", "2024-01-11", "1.00")))
    job = defs.get_repository_def().get_implicit_global_asset_job_def()
    with gates.instance() as instance:
        only_gold = job.get_subset(asset_selection={GOLD})
        result = only_gold.execute_in_process(instance=instance, partition_key="2024-01|order", raise_on_error=False)
    assert not result.success
    assert gates.month("order", "2024-01")["gross_revenue"] == Decimal(10)
    gates.refine("order")
    assert gates.month("order", "2024-01")["gross_revenue"] == Decimal(11)


def test_checks_can_be_run_by_hand(gates: Workbench) -> None:
    keys = {dg.AssetCheckKey(GOLD, "contract"), dg.AssetCheckKey(SILVER, "conservation")}
    job = defs.get_repository_def().get_implicit_global_asset_job_def()
    with gates.instance() as instance:
        result = job.get_subset(asset_selection=set(), asset_check_selection=keys).execute_in_process(
            instance=instance, partition_key="2024-03|gates"
        )
        assert result.success
        history = instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(GOLD, "contract"), limit=1
        )
        assert history[0].run_id == result.run_id


@pytest.mark.rule("R1")
def test_bronze_can_be_replayed_by_hand(gates: Workbench) -> None:
    before = gates.rows("bronze.sales", "gates")
    job = defs.get_repository_def().get_implicit_global_asset_job_def()
    assert job is not None
    with gates.instance() as instance:
        result = job.execute_in_process(
            instance=instance,
            partition_key="2024-01|gates",
            asset_selection=[dg.AssetKey(["bronze", "sales"])],
        )
    assert result.success
    order = lambda row: (row["content_id"], row["record_no"])  # noqa: E731
    assert sorted(gates.rows("bronze.sales", "gates"), key=order) == sorted(before, key=order)


@pytest.mark.parametrize("key", ["2024-01|../../x", "2024-01|nobody", "2024-01|x' OR '1'='1"])
def test_a_partition_key_that_is_not_in_the_registry_gets_no_run(gates: Workbench, key: str) -> None:
    job = defs.resolve_job_def("refine_sales_job")
    with gates.instance() as instance:
        instance.add_dynamic_partitions("org", [key.split("|")[1]])
        try:
            result = job.execute_in_process(instance=instance, partition_key=key, raise_on_error=False)
        finally:
            instance.delete_dynamic_partition("org", key.split("|")[1])
    assert not result.success
    assert gates.platform.store.list("org_id=nobody") == []


@pytest.mark.rule("R24")
def test_restated_months_say_before_and_after(gates: Workbench) -> None:
    with gates.instance() as instance:
        record = instance.get_latest_data_version_record(GOLD, partition_key="2024-01|gates")
        text = record.asset_materialization.metadata["restated"].value  # type: ignore[union-attr]
    assert "| gross_revenue | BRL | 10.0000 | 15.0000 |" in str(text)
