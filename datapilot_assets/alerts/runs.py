"""What finished runs say: failures that nothing retries, parked work, and checks that did not pass.

Dagster's own failure sensor sees no check that fails in a run that succeeds, and drops what came while it stood still:
here the event log is read in pages by storage id.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import dagster as dg
from dagster import DagsterEventType as EventType
from dagster._core.events.log import EventLogEntry
from dagster._core.execution.plan.objects import StepFailureData
from dagster._core.storage.tags import WILL_RETRY_TAG

from datapilot_assets.alerts.words import reason
from datapilot_assets.events import CHECKS
from datapilot_assets.partitioning import ORGANIZATION_TAG, months_of_tags
from datapilot_assets.sensors.attempts import MAX_ATTEMPTS, WORK_TAG
from datapilot_domain.alerts import Condition, fingerprint_of
from datapilot_domain.findings import One, found
from datapilot_domain.organizations import InvalidName, OrgId
from datapilot_domain.partitions import InvalidPartition, Month, OrgMonth

INTAKE = "intake"
# Runs of one look; what is left waits for the next.
PAGE = 200
_FINISHED: tuple[Literal[EventType.RUN_SUCCESS, EventType.RUN_FAILURE, EventType.RUN_CANCELED], ...] = (
    EventType.RUN_SUCCESS,
    EventType.RUN_FAILURE,
    EventType.RUN_CANCELED,
)
# What its sensor counts as an attempt in vain.
_IN_VAIN = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
# Where a first look begins: what failed earlier is history.
FIRST_DAYS = 7


@dataclass(frozen=True)
class Told:
    """What the runs of one page say, and where the next page begins."""

    opened: list[Condition]
    resolved: set[str]
    cursor: int


def finished_runs(instance: dg.DagsterInstance, cursor: int | None, now: dt.datetime, page: int = PAGE) -> Told | None:
    """Of the next runs that finished after this storage id, in the order in which they did; None: there are none.

    Without a cursor: of the last FIRST_DAYS.
    """
    since = (now - dt.timedelta(days=FIRST_DAYS)).timestamp() if cursor is None else None
    events = sorted(
        (record.storage_id, record.event_log_entry.run_id)
        for event_type in _FINISHED
        for record in instance.fetch_run_status_changes(
            dg.RunStatusChangeRecordsFilter(event_type, after_storage_id=cursor, after_timestamp=since),
            limit=page,
            ascending=True,
        ).records
    )[:page]
    if not events:
        return None
    open_now: dict[str, Condition] = {}
    resolved: set[str] = set()
    runs = {run.run_id: run for run in instance.get_runs(dg.RunsFilter(run_ids=[run_id for _, run_id in events]))}
    # One that is not there was deleted in the UI since.
    for run in (runs[run_id] for _, run_id in events if run_id in runs):
        evaluations = _evaluations(instance, run)
        failed_checks, passed_checks = _checks(run, evaluations)
        for fingerprint in passed_checks | (_settled(run) if run.is_success else set()):
            open_now.pop(fingerprint, None)
            resolved.add(fingerprint)
        failures = [] if run.is_success else _failed(instance, run, evaluations)
        for condition in (*failures, *failed_checks):
            open_now[condition.fingerprint] = condition
    return Told(list(open_now.values()), resolved - open_now.keys(), events[-1][0])


def _failed(
    instance: dg.DagsterInstance, run: dg.DagsterRun, evaluations: Sequence[dg.AssetCheckEvaluation]
) -> list[Condition]:
    """A condition per month of a run that failed, or was ended, and that nothing will try again."""
    failures = [
        record.event_log_entry
        for record in instance.get_records_for_run(run.run_id, of_type=EventType.STEP_FAILURE).records
    ]
    if run.tags.get(WILL_RETRY_TAG) == "true" or _is_kept_back(failures, evaluations):
        return []
    work = run.tags.get(WORK_TAG)
    if work is None:
        if run.status is dg.DagsterRunStatus.CANCELED:
            return []  # by whoever asked for it
        # What they failed with may hold anything.
        step = ", ".join(sorted({entry.step_key or "" for entry in failures})) or "–"
        code, cause = "RUN_FAILED", found("run_failed", job=run.job_name, run=run.run_id[:8], step=step)
    else:
        attempts = instance.get_runs_count(dg.RunsFilter(tags={WORK_TAG: work}, statuses=_IN_VAIN))
        if attempts < MAX_ATTEMPTS:
            return []  # its sensor asks for it once more
        code, cause = "WORK_PARKED", found("runs_failed", job=run.job_name, attempts=attempts, run=run.run_id[:8])
    return [
        Condition(
            code=code,
            org_id=org,
            subject=_subject(run, month),
            severity="critical",
            cause=cause,
            month=month,
            ui_path=f"/runs/{run.run_id}",
            command=f"datapilot run --org {org}" if org else None,
        )
        for org, month in _scope(run)
    ]


def _is_kept_back(failures: Sequence[EventLogEntry], evaluations: Sequence[dg.AssetCheckEvaluation]) -> bool:
    """Whether the run failed because a gate kept a month back, of which GATE_FAILED tells, and of nothing else."""
    by_us = [_failure(entry).user_failure_data is not None for entry in failures]
    return bool(by_us) and all(by_us) and any(map(_is_gate, evaluations))


def _failure(entry: EventLogEntry) -> StepFailureData:
    assert entry.dagster_event is not None
    return entry.dagster_event.step_failure_data


def _settled(run: dg.DagsterRun) -> set[str]:
    """Fingerprints of what a successful run of the same job and months puts right.

    Not of an intake: another one's files say nothing of those that it could not land.
    """
    return {
        fingerprint_of(code, org, _subject(run, month))
        for org, month in (_scope(run) if run.job_name != INTAKE else ())
        for code in ("RUN_FAILED", "WORK_PARKED")
    }


def _subject(run: dg.DagsterRun, month: Month | None) -> tuple[str, str]:
    return run.job_name, str(month or "")


def _scope(run: dg.DagsterRun) -> list[tuple[OrgId | None, Month | None]]:
    """Organization and months of a run. A run over files of many organizations is of the platform."""
    try:
        partitions = months_of_tags(run.tags)
        org = OrgId(run.tags[ORGANIZATION_TAG]) if ORGANIZATION_TAG in run.tags else None
    except (InvalidName, InvalidPartition):
        return [(None, None)]  # a partition that is none: PARTITION_UNKNOWN tells of it
    return [(partition.org, partition.month) for partition in partitions] or [(org, None)]


def _checks(run: dg.DagsterRun, evaluations: Sequence[dg.AssetCheckEvaluation]) -> tuple[list[Condition], set[str]]:
    """Checks that did not pass, and fingerprints of those that did. Of a gate that stops its run GATE_FAILED tells."""
    failed: list[Condition] = []
    passed: set[str] = set()
    for evaluation in evaluations:
        condition = _failed_check(evaluation)
        if condition is not None and evaluation.passed:
            passed.add(condition.fingerprint)
        elif condition is not None and (run.is_success or not _is_gate(evaluation)):
            failed.append(condition)
    return failed, passed


def _evaluations(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[dg.AssetCheckEvaluation]:
    records = instance.get_records_for_run(run.run_id, of_type=EventType.ASSET_CHECK_EVALUATION).records
    return [_evaluation(record.event_log_entry) for record in records]


def _evaluation(entry: EventLogEntry) -> dg.AssetCheckEvaluation:
    assert entry.dagster_event is not None
    return entry.dagster_event.asset_check_evaluation_data


def _is_gate(evaluation: dg.AssetCheckEvaluation) -> bool:
    return (
        not evaluation.passed and evaluation.check_name in CHECKS and evaluation.severity is dg.AssetCheckSeverity.ERROR
    )


def _failed_check(evaluation: dg.AssetCheckEvaluation) -> Condition | None:
    """None for a check of another kind of partition."""
    try:
        partition = OrgMonth.parse(evaluation.partition or "")
    except (InvalidName, InvalidPartition):
        return None
    asset = ".".join(evaluation.asset_key.path)
    error = evaluation.severity is dg.AssetCheckSeverity.ERROR
    return Condition(
        code="CHECK_FAILED",
        org_id=partition.org,
        subject=(asset, evaluation.check_name, str(partition.month)),
        severity="critical" if error else "warning",
        cause=found("check_failed", check=evaluation.check_name, asset=asset, why=_why(evaluation)),
        month=partition.month,
        ui_path=f"/assets/{'/'.join(evaluation.asset_key.path)}?view=checks&partition={partition.key}",
        command=f"datapilot status --org {partition.org}",
    )


def _why(evaluation: dg.AssetCheckEvaluation) -> list[One]:
    """Codes of ours that the evaluation names; its numbers are at the asset."""
    named: Sequence[str] = str(getattr(evaluation.metadata.get("failed"), "value", "")).split(", ")
    return [reason(code) for code in named if code and code != "none"] or [evaluation.check_name]
