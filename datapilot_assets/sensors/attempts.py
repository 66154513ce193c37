"""Run keys are remembered for ever, also of failed runs: a key is scope + content + attempt."""

from __future__ import annotations

import datetime as dt
import logging
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
# On runs that a bucket's event brought about.
HINT_TAG = "datapilot/hint"
HINT_PATIENCE = dt.timedelta(minutes=10)


def request_stretches(
    context: dg.SensorEvaluationContext, services: Platform, scope: str, pending_of: Callable[[Organization], Pending]
) -> list[dg.RunRequest]:
    """A run request per contiguous stretch of pending months, of every organization that has a partition."""
    partitions = set(context.instance.get_dynamic_partitions("org"))
    calendar = Calendar(services.first_month, dt.datetime.now(dt.timezone.utc).date())
    requests: list[dg.RunRequest] = []
    for organization in services.registry.readable():
        org = organization.org_id
        if org not in partitions:
            continue
        pending = pending_of(organization)
        for stretch in contiguous_stretches(month for month in pending if month in calendar):
            work = digest([scope, str(org), [[str(month), pending[month]] for month in stretch]])
            if request := request_run(context.instance, context.log, work, range_tags(org, stretch)):
                requests.append(request)
    return requests[:MAX_RUNS]


def request_run(
    instance: dg.DagsterInstance,
    log: logging.Logger,
    work: str,
    tags: dict[str, str],
    run_config: dict[str, object] | None = None,
) -> dg.RunRequest | None:
    """A run request for this piece of work, or None: under way, or parked after MAX_ATTEMPTS failures."""
    records = instance.get_run_records(dg.RunsFilter(tags={WORK_TAG: work}))
    now = dt.datetime.now(dt.timezone.utc)
    statuses = [record.dagster_run.status for record in records]
    if any(_is_under_way(record, now) for record in records):
        return None
    attempts = sum(status is not dg.DagsterRunStatus.SUCCESS for status in statuses)
    if attempts >= MAX_ATTEMPTS:
        log.warning(f"parked after {attempts} failed runs, tag {WORK_TAG}={work}: run it by hand")
        return None
    return dg.RunRequest(run_key=f"{work}:{len(records)}", tags={**tags, WORK_TAG: work}, run_config=run_config or {})


def _is_under_way(record: dg.RunRecord, now: dt.datetime) -> bool:
    """A run after a hint lives in the receiver's process, whose death nobody reports: it is not waited for long."""
    if record.dagster_run.is_finished:
        return False
    return HINT_TAG not in record.dagster_run.tags or now - record.create_timestamp < HINT_PATIENCE
