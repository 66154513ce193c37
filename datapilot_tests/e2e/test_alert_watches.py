"""What the watches find on a real lake and a real event log: failures, gates, checks, and what the facts say."""

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg
import pytest

from datapilot_assets.alerts.gates import failed_gate_conditions
from datapilot_assets.alerts.platform import failed_ticks, unknown_partitions
from datapilot_assets.alerts.repaired import repaired
from datapilot_assets.alerts.runs import finished_runs
from datapilot_assets.definitions import defs
from datapilot_assets.partitioning import range_tags
from datapilot_assets.sensors.attempts import MAX_ATTEMPTS, WORK_TAG
from datapilot_domain.alerts import Condition
from datapilot_domain.findings import found
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.alert_book import AlertBook
from datapilot_tests.workbench import Workbench

HEADER = "order_id,line,order_date,sku,product,quantity,unit_price,amount,order_discount,status,customer_name\n"
CANARY = "canary-cell-4711"


def now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


def line(order: str, day: str, amount: str) -> str:
    return f"{order},1,{day},A,Produto A,1,{amount},{amount},0.00,paid,Maria Silva\n"


@pytest.fixture
def instance(workbench: Workbench) -> Iterator[dg.DagsterInstance]:
    with workbench.instance() as found:
        yield found


def news(instance: dg.DagsterInstance, cursor: int | None, page: int = 200) -> tuple[list[Condition], set[str], int]:
    """What all runs after the cursor say."""
    opened: dict[str, Condition] = {}
    resolved: set[str] = set()
    while told := finished_runs(instance, cursor, now(), page):
        for fingerprint in told.resolved:
            opened.pop(fingerprint, None)
        resolved |= told.resolved
        opened |= {condition.fingerprint: condition for condition in told.opened}
        cursor = told.cursor
    return list(opened.values()), resolved, cursor or 0


def codes(conditions: Sequence[Condition]) -> list[tuple[str, str | None, str | None]]:
    return sorted((c.code, c.org_id, str(c.month) if c.month else None) for c in conditions)


def run_job(instance: dg.DagsterInstance, org: str, months: Sequence[str], **tags: str) -> bool:
    stretch = [Month.parse(month) for month in months]
    job = defs.resolve_job_def("refine_sales_job")
    return job.execute_in_process(
        instance=instance, tags={**range_tags(org, stretch), **tags}, raise_on_error=False
    ).success


@pytest.fixture
def broken(workbench: Workbench) -> Iterator[str]:
    """An organization whose bronze cannot be read: every refine run of it fails."""
    workbench.add("broken")
    workbench.land("broken", ("a.csv", HEADER + line("1", "2024-01-10", "10.00") + line("2", "2024-02-10", CANARY)))
    table = Path(workbench.platform.settings.store_root, "org_id=broken/bronze/sales")
    files = [file for file in table.rglob("*.parquet") if "_delta_log" not in str(file)]
    kept = {file: file.read_bytes() for file in files}
    for file in files:
        file.unlink()
    yield "broken"
    for file, content in kept.items():
        file.write_bytes(content)
    workbench.platform.store.delete_prefix("org_id=broken")
    workbench.platform.store.delete("registry/org_id=broken.json")


def test_a_failed_run_is_told_by_month_until_one_of_the_same_months_succeeds(
    workbench: Workbench, instance: dg.DagsterInstance, broken: str
) -> None:
    _, _, start = news(instance, None)
    instance.add_dynamic_partitions("org", [broken])
    assert not run_job(instance, broken, ["2024-01", "2024-02"])
    opened, _, cursor = news(instance, start)
    assert codes(opened) == [("RUN_FAILED", "broken", "2024-01"), ("RUN_FAILED", "broken", "2024-02")]
    assert CANARY not in "".join(condition.model_dump_json() for condition in opened)
    assert "Traceback" not in "".join(condition.model_dump_json() for condition in opened)
    # The same page again says the same; nothing new says nothing.
    assert codes(news(instance, start)[0]) == codes(opened)
    assert finished_runs(instance, cursor, now()) is None
    # Read in pages of one, it comes to the same.
    assert codes(news(instance, start, page=1)[0]) == codes(opened)


def test_what_is_tried_again_is_told_when_nobody_tries_any_more(
    workbench: Workbench, instance: dg.DagsterInstance, broken: str
) -> None:
    _, _, start = news(instance, None)
    instance.add_dynamic_partitions("org", [broken])
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert not run_job(instance, broken, ["2024-01"], **{WORK_TAG: "same work"})
        opened, _, _ = news(instance, start)
        assert codes(opened) == ([("WORK_PARKED", "broken", "2024-01")] if attempt == MAX_ATTEMPTS else [])
    assert f"{MAX_ATTEMPTS} attempts" in opened[0].cause.words("en")
    _, _, later = news(instance, start)
    assert not run_job(instance, broken, ["2024-01"], **{"dagster/will_retry": "true"})
    assert news(instance, later)[0] == []


def test_a_success_settles_the_failure_of_its_months_alone(workbench: Workbench, instance: dg.DagsterInstance) -> None:
    workbench.add("mended")
    workbench.land("mended", ("a.csv", HEADER + line("1", "2024-01-10", "10.00") + line("2", "2024-02-10", "20.00")))
    table = Path(workbench.platform.settings.store_root, "org_id=mended/bronze/sales")
    kept = {file: file.read_bytes() for file in table.rglob("*.parquet") if "_delta_log" not in str(file)}
    for file in kept:
        file.unlink()
    instance.add_dynamic_partitions("org", ["mended"])
    _, _, start = news(instance, None)
    assert not run_job(instance, "mended", ["2024-01", "2024-02"])
    opened, _, failed = news(instance, start)
    for file, content in kept.items():
        file.write_bytes(content)
    assert run_job(instance, "mended", ["2024-01"])
    _, resolved, _ = news(instance, failed)
    january, february = sorted(opened, key=lambda condition: str(condition.month))
    assert january.fingerprint in resolved
    assert february.fingerprint not in resolved
    # All in one page: only what is still so.
    assert codes(news(instance, start)[0]) == [("RUN_FAILED", "mended", "2024-02")]


@pytest.mark.reason("QUARANTINE_MAJORITY")
def test_a_month_that_a_gate_keeps_back_is_told_once_and_until_it_passes(
    workbench: Workbench, instance: dg.DagsterInstance
) -> None:
    workbench.add("gates")
    bad = "".join(line(f"9{n}", "2024-02-11", CANARY) for n in range(5))
    workbench.land("gates", ("bad.csv", HEADER + line("1", "2024-01-10", "10.00") + bad))
    _, _, start = news(instance, None)
    workbench.refine("gates")
    organization = workbench.platform.registry.get(OrgId("gates"))
    (told,) = failed_gate_conditions(workbench.platform, organization)
    assert codes([told]) == [("GATE_FAILED", "gates", "2024-02")]
    assert "Mais da metade dos registros do mês está em quarentena." in told.cause.words("pt-BR")
    assert CANARY not in told.model_dump_json()
    # The failed run is the gate's doing, and so is its failed check: neither is told again.
    assert [code for code in codes(news(instance, start)[0]) if code[1] == "gates"] == []
    good = HEADER + line("1", "2024-01-10", "10.00") + line("2", "2024-02-11", "20.00")
    workbench.land("gates", ("good.csv", good), replaces="bad.csv")
    assert list(failed_gate_conditions(workbench.platform, organization)) == []  # about to be tried
    workbench.refine("gates")
    assert list(failed_gate_conditions(workbench.platform, organization)) == []


def test_a_check_that_fails_in_a_run_that_succeeds_is_told_until_it_passes(
    workbench: Workbench, instance: dg.DagsterInstance
) -> None:
    _, _, start = news(instance, None)

    def evaluate(passed: bool, severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN) -> None:
        @dg.op
        def judge(context: dg.OpExecutionContext) -> None:
            evaluation = dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey(["insights", "published"]),
                check_name="acceptance",
                passed=passed,
                severity=severity,
                metadata={"accepted": CANARY},
                partition="2024-01|acme",
            )
            context.log_event(evaluation)  # type: ignore[arg-type]  # evaluations are events too

        @dg.job
        def judging() -> None:
            judge()

        assert judging.execute_in_process(instance=instance).success

    evaluate(passed=False)
    opened, _, after = news(instance, start)
    assert codes(opened) == [("CHECK_FAILED", "acme", "2024-01")]
    assert opened[0].severity == "warning"
    assert CANARY not in opened[0].model_dump_json()
    evaluate(passed=True)
    assert opened[0].fingerprint in news(instance, after)[1]
    evaluate(passed=False, severity=dg.AssetCheckSeverity.ERROR)
    assert news(instance, after)[0][0].severity == "critical"


def evaluating(instance: dg.DagsterInstance, *, fails: bool, ours: bool = False, check: str = "conservation") -> str:
    """Id of a run that evaluates a gate as broken, and then ends well, with our Failure, or in a crash."""

    @dg.op
    def judge(context: dg.OpExecutionContext) -> None:
        evaluation = dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(["silver", "sales"]),
            check_name=check,
            passed=False,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"failed": "CONSERVATION_BROKEN"},
            partition="2024-01|acme",
        )
        context.log_event(evaluation)  # type: ignore[arg-type]  # evaluations are events too
        if fails:
            raise dg.Failure("kept at the last good version") if ours else ValueError(CANARY)

    @dg.job
    def judging() -> None:
        judge()

    tags = range_tags("acme", [Month(2024, 1)])
    return judging.execute_in_process(instance=instance, tags=tags, raise_on_error=False).run_id


def test_a_crash_after_a_gate_is_told_and_a_gate_alone_is_not(instance: dg.DagsterInstance) -> None:
    _, _, start = news(instance, None)
    evaluating(instance, fails=True, ours=True)
    opened, _, cursor = news(instance, start)
    assert opened == []
    evaluating(instance, fails=True, ours=False)
    opened, _, _ = news(instance, cursor)
    assert codes(opened) == [("RUN_FAILED", "acme", "2024-01")]
    assert CANARY not in opened[0].model_dump_json()


def test_a_gate_that_fails_in_a_run_that_succeeds_is_told(instance: dg.DagsterInstance) -> None:
    _, _, start = news(instance, None)
    evaluating(instance, fails=False)
    opened, _, _ = news(instance, start)
    assert codes(opened) == [("CHECK_FAILED", "acme", "2024-01")]
    assert opened[0].severity == "critical"
    assert "Records in and records out do not balance." in opened[0].cause.words("en")


def test_a_run_that_was_ended_is_an_attempt_in_vain_and_no_failure_of_its_own(instance: dg.DagsterInstance) -> None:
    _, _, start = news(instance, None)

    def end(**tags: str) -> None:
        @dg.job
        def work() -> None: ...

        run = instance.create_run_for_job(work, tags=tags)
        instance.report_run_canceled(run)

    end()
    assert news(instance, start)[0] == []
    for _ in range(MAX_ATTEMPTS):
        end(**{WORK_TAG: "ended work", "datapilot/organization": "acme"})
    assert codes(news(instance, start)[0]) == [("WORK_PARKED", "acme", None)]


def test_what_is_made_in_another_way_is_over(workbench: Workbench, instance: dg.DagsterInstance) -> None:
    """A month of a failed run is current: whoever made it, there is nothing left to mend."""
    workbench.add("other")
    workbench.land("other", ("a.csv", HEADER + line("1", "2024-01-10", "10.00") + line("2", "2024-02-10", "2.00")))
    book = AlertBook(workbench.platform.settings)
    failed = [
        Condition(
            code="RUN_FAILED",
            org_id=OrgId("other"),
            subject=("__ASSET_JOB", month),
            severity="critical",
            cause=found("run_failed", job=job, run="1", step="x"),
            month=Month.parse(month),
        )
        for job, month in (("__ASSET_JOB", "2024-01"), ("refine_sales_job", "2024-02"))
    ]
    book.observe("test", failed, [], 1)
    alerts = list(book.alerts(OrgId("other")))
    assert list(repaired(workbench.platform, alerts)) == []
    workbench.refine("other", months=["2024-01"], family=None)
    assert list(repaired(workbench.platform, alerts)) == [failed[0].fingerprint]
    workbench.refine("other", family=None)
    assert len(list(repaired(workbench.platform, alerts))) == 2


def test_an_intake_that_failed_is_over_when_nothing_waits_in_the_inbox(workbench: Workbench) -> None:
    book = AlertBook(workbench.platform.settings)
    failed = Condition(
        code="RUN_FAILED",
        org_id=None,
        subject=("intake", ""),
        severity="critical",
        cause=found("run_failed", job="intake", run="1", step="land_files"),
    )
    book.observe("intake test", [failed], [], 1)
    alerts = [alert for alert in book.alerts() if alert.watch == "intake test"]
    workbench.add("waiting")
    path = Path(workbench.platform.settings.store_root, "inbox/org_id=waiting/a.csv")
    path.parent.mkdir(parents=True)
    path.write_text("x")
    hour_ago = path.stat().st_mtime - 3600
    os.utime(path, (hour_ago, hour_ago))
    assert list(repaired(workbench.platform, alerts)) == []
    path.unlink()
    assert list(repaired(workbench.platform, alerts)) == [failed.fingerprint]


def test_a_key_that_nobody_registered_is_told(workbench: Workbench, instance: dg.DagsterInstance) -> None:
    workbench.add("known")
    instance.add_dynamic_partitions("org", ["known"])
    before = {c.subject for c in unknown_partitions(workbench.platform, instance)}
    instance.add_dynamic_partitions("org", ["stranger"])
    after = {c.subject for c in unknown_partitions(workbench.platform, instance)}
    assert after - before == {("stranger",)}
    assert ("known",) not in after
    instance.delete_dynamic_partition("org", "stranger")


def test_a_sensor_whose_last_tick_failed_is_told(workbench: Workbench, instance: dg.DagsterInstance) -> None:
    from dagster._core.definitions.run_request import InstigatorType
    from dagster._core.remote_origin import InProcessCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
    from dagster._core.scheduler.instigation import (
        InstigatorState,
        InstigatorStatus,
        SensorInstigatorData,
        TickData,
        TickStatus,
    )
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
    from dagster_shared.error import SerializableErrorInfo

    location = InProcessCodeLocationOrigin(LoadableTargetOrigin(python_file="x.py"))
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "repository"), "inbox")
    state = instance.add_instigator_state(
        InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING, SensorInstigatorData())
    )

    def tick(status: TickStatus, at: float) -> None:
        error = SerializableErrorInfo(CANARY, [CANARY], "KeyError") if status is TickStatus.FAILURE else None
        instance.create_tick(
            TickData(
                instigator_origin_id=state.instigator_origin_id,
                instigator_name="inbox",
                instigator_type=InstigatorType.SENSOR,
                status=status,
                timestamp=at,
                selector_id=state.selector_id,
                error=error,
                run_ids=[],
                skip_reason="idle" if status is TickStatus.SKIPPED else None,
            )
        )

    tick(TickStatus.SUCCESS, 1.0)
    assert list(failed_ticks(instance)) == []
    tick(TickStatus.FAILURE, 2.0)
    (told,) = failed_ticks(instance)
    assert told.cause.words("en") == "inbox: KeyError"
    assert CANARY not in told.model_dump_json()
    tick(TickStatus.STARTED, 3.0)
    assert len(list(failed_ticks(instance))) == 1
    tick(TickStatus.SKIPPED, 4.0)
    assert list(failed_ticks(instance)) == []
