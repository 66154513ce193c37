"""Run keys are remembered for ever, also of failed runs: a key is scope + content + attempt."""

from __future__ import annotations

import dagster as dg

WORK_TAG = "datapilot/work"
MAX_ATTEMPTS = 3


def request_run(
    context: dg.SensorEvaluationContext,
    work: str,
    tags: dict[str, str],
    run_config: dict[str, object] | None = None,
) -> dg.RunRequest | None:
    """A run request for this piece of work, or None: under way, or parked after MAX_ATTEMPTS failures."""
    records = context.instance.get_run_records(dg.RunsFilter(tags={WORK_TAG: work}))
    statuses = [record.dagster_run.status for record in records]
    if any(not record.dagster_run.is_finished for record in records):
        return None
    attempts = sum(status is not dg.DagsterRunStatus.SUCCESS for status in statuses)
    if attempts >= MAX_ATTEMPTS:
        context.log.warning(f"parked after {attempts} failed runs, tag {WORK_TAG}={work}: run it by hand")
        return None
    return dg.RunRequest(run_key=f"{work}:{len(records)}", tags={**tags, WORK_TAG: work}, run_config=run_config or {})
