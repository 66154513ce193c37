"""Run keys are remembered for ever, also of failed runs: a key is scope + content + attempt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import dagster as dg

from datapilot_assets.partitioning import range_tags
from datapilot_domain.landing import digest
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Calendar, Month, contiguous_stretches
from datapilot_resources.platform import Platform

# 3-4 run requests a second is what a tick can record.
MAX_RUNS = 20
# Month → fingerprint of what it would become.
Pending = Mapping[Month, str]
WORK_TAG = "datapilot/work"
MAX_ATTEMPTS = 3


def request_stretches(
    context: dg.SensorEvaluationContext, services: Platform, scope: str, pending_of: Callable[[Organization], Pending]
) -> list[dg.RunRequest]:
    """A run request per contiguous stretch of pending months, of every organization that has a partition."""
    partitions = set(context.instance.get_dynamic_partitions("org"))
    calendar = Calendar(services.first_month, dt.datetime.now(dt.timezone.utc).date())
    requests: list[dg.RunRequest] = []
    for org in services.registry.list():
        if org not in partitions:
            continue
        pending = pending_of(services.registry.get(org))
        for stretch in contiguous_stretches(month for month in pending if month in calendar):
            work = digest([scope, str(org), [[str(month), pending[month]] for month in stretch]])
            if request := request_run(context, work, range_tags(org, stretch)):
                requests.append(request)
    return requests[:MAX_RUNS]


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
