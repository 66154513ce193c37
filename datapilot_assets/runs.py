"""Runs in this process, without a daemon: recorded in DAGSTER_HOME, where the UI shows them."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datapilot_assets.consumers import CONSUMERS, EXPORTS, INSIGHTS, POWER_BI, Consumer, ConsumerDown
from datapilot_assets.dagster_home import prepare_dagster_home
from datapilot_assets.status import stale_months, table_status
from datapilot_domain.contracts import FAMILY_CONTRACTS, with_upstream
from datapilot_domain.exports import ExportFormat
from datapilot_domain.landing import LandingEntry
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Calendar, Month, contiguous_stretches
from datapilot_resources.platform import Platform
from datapilot_resources.registry import RegistryError

if TYPE_CHECKING:
    import dagster as dg
    from dagster._core.execution.plan.objects import StepFailureData

    from datapilot_assets.landing.intake import Landed
    from datapilot_assets.landing.replay import Replayed


# The run's events are in the UI; on a terminal only what went wrong is worth a line.
_QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}


class IntakeFailed(RuntimeError):
    """Some files could not be landed; `landed` holds the answers of the others."""

    def __init__(self, landed: list[Landed], errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.landed, self.errors = landed, errors


@dataclass(frozen=True)
class RunResult:
    """One run of a family or a consumer: how many (table, month) it committed or left alone, its error if it failed.

    No months: all that is pending, of a consumer that could not say which.
    """

    family: str
    org: OrgId
    months: list[Month]
    succeeded: bool
    error: str | None
    changed: int
    unchanged: int


def run_intake(platform: Platform, keys: Sequence[str], tags: Mapping[str, str] | None = None) -> list[Landed]:
    """Land these inbox files in this process. Raises IntakeFailed after all were tried."""
    from datapilot_assets.definitions import defs
    from datapilot_assets.landing.job import IntakeProblems

    with dagster_instance(platform) as instance:
        try:
            result = defs.resolve_job_def("intake").execute_in_process(
                instance=instance,
                run_config={**_QUIET, "ops": {"land_files": {"config": {"keys": list(keys)}}}},
                tags=dict(tags or {}),
            )
        except IntakeProblems as error:
            raise IntakeFailed(error.landed, error.problems) from error
        return list(result.output_for_node("land_files"))


def run_hinted_intake(platform: Platform) -> list[Landed]:
    """Look into the inbox, as its sensor does, and land in this process what has settled there, batch by batch.

    Leaves out what the sensor's own run is landing or has given up. Raises IntakeFailed after the first batch with
    problems: the sensor goes on with them.
    """
    from datapilot_assets.sensors.attempts import HINT_TAG, WORK_TAG
    from datapilot_assets.sensors.inbox import inbox_batch, request_intake

    landed: list[Landed] = []
    tried: set[str] = set()
    while batch := inbox_batch(platform):
        with dagster_instance(platform) as instance:
            request = request_intake(instance, logging.getLogger(__name__), batch)
        if request is None or request.tags[WORK_TAG] in tried:
            break
        tried.add(request.tags[WORK_TAG])
        landed += run_intake(platform, [info.key for info in batch], {**request.tags, HINT_TAG: "true"})
    return landed


def reject(platform: Platform, held: LandingEntry, at: dt.datetime) -> LandingEntry:
    """Close a held or waiting file: it does not count. Its months and its report in the UI say so from now on.

    No run: nothing is computed, so the events stand for themselves.
    """
    from datapilot_assets.landing.intake import decide_against
    from datapilot_assets.landing.telling import rejected_events
    from datapilot_assets.reports import publish_report

    closed = decide_against(platform, held, at)
    with dagster_instance(platform) as instance:
        for event in rejected_events(held, closed, platform.lakehouse.landing_log(held.org_id).entries):
            instance.report_runless_asset_event(event)
        if report := publish_report(platform, platform.registry.get(held.org_id), closed):
            instance.report_runless_asset_event(report)
    return closed


def run_replay(platform: Platform, org: OrgId, places: Sequence[int]) -> list[Replayed]:
    """Decide the files at these places of the organization's log again, in this process; failures are in the rows."""
    from datapilot_assets.definitions import defs
    from datapilot_assets.landing.replay_job import ReplayProblems

    config = {"org": str(org), "places": list(places)}
    with dagster_instance(platform) as instance:
        try:
            result = defs.resolve_job_def("replay").execute_in_process(
                instance=instance, run_config={**_QUIET, "ops": {"replay_files": {"config": config}}}
            )
        except ReplayProblems as error:
            return error.results
        return list(result.output_for_node("replay_files"))


def run_refine(
    platform: Platform,
    organizations: Sequence[OrgId],
    months: Sequence[Month] | None = None,
    *,
    consumers: Sequence[Consumer] = CONSUMERS,
) -> list[RunResult]:
    """Refine these months (None: all that is stale) of every family; one run per contiguous stretch.

    Then the consumers that are on take the months whose gold is now another.
    An organization whose run fails never stops the next one.
    """
    results = []
    calendar = Calendar(platform.first_month, dt.datetime.now(dt.timezone.utc).date())
    with dagster_instance(platform) as instance:
        for org in organizations:
            try:
                organization = platform.registry.get(org)
            except RegistryError as error:
                results.append(RunResult("registry", org, list(months or ()), False, str(error), 0, 0))
                continue
            instance.add_dynamic_partitions("org", [org])
            families = FAMILY_CONTRACTS if months is None else _with_files(platform, org)
            for family in families:
                wanted = months
                if wanted is None:
                    # Weeks reach into the next month: it gets its turn when it is a partition.
                    wanted = [month for month in stale_months(platform, organization, family) if month in calendar]
                results += [
                    _run_stretch(platform, instance, family, org, list(stretch))
                    for stretch in contiguous_stretches(wanted)
                ]
            for consumer in consumers:
                if consumer.off(platform.settings) is not None:
                    continue
                try:
                    pending = consumer.pending(platform, organization)
                except ConsumerDown as error:
                    results.append(RunResult(consumer.name, org, list(months or ()), False, str(error), 0, 0))
                    continue
                taken = [month for month in pending if month in calendar and (months is None or month in months)]
                results += _run_consumer(instance, consumer, org, taken, {})
    return results


def run_insights(platform: Platform, org: OrgId, months: Sequence[Month], *, again: bool = False) -> list[RunResult]:
    """Write the insights of those months whose gold is now another; `again`: of all of them."""
    from datapilot_assets.insights.asset import AGAIN_TAG

    pending = months if again else INSIGHTS.pending(platform, platform.registry.get(org))
    wanted = [month for month in pending if month in months]
    with dagster_instance(platform) as instance:
        instance.add_dynamic_partitions("org", [org])
        return _run_consumer(instance, INSIGHTS, org, wanted, {AGAIN_TAG: "true"} if again else {})


def run_exports(
    platform: Platform, org: OrgId, months: Sequence[Month], formats: Sequence[ExportFormat]
) -> list[RunResult]:
    """Export those of the months that are not exported as the lake has them in these formats."""
    from datapilot_assets.exports.asset import FORMATS_TAG

    with dagster_instance(platform) as instance:
        instance.add_dynamic_partitions("org", [org])
        return _run_consumer(instance, EXPORTS, org, months, {FORMATS_TAG: ",".join(formats)})


def run_power_bi(platform: Platform, org: OrgId) -> list[RunResult]:
    """Push what waits to Power BI, also when an earlier run did not reach it and the sensor leaves it alone."""
    from datapilot_assets.power_bi.state import waiting_months

    wanted = sorted(waiting_months(platform, platform.registry.get(org)))
    with dagster_instance(platform) as instance:
        instance.add_dynamic_partitions("org", [org])
        return _run_consumer(instance, POWER_BI, org, wanted, {})


def _run_consumer(
    instance: dg.DagsterInstance, consumer: Consumer, org: OrgId, months: Sequence[Month], tags: dict[str, str]
) -> list[RunResult]:
    from datapilot_assets.definitions import defs
    from datapilot_assets.partitioning import range_tags

    results = []
    for stretch in map(list, contiguous_stretches(months)):
        result = defs.resolve_job_def(consumer.job).execute_in_process(
            instance=instance, run_config=_QUIET, tags={**range_tags(org, stretch), **tags}, raise_on_error=False
        )
        failures = [event.step_failure_data for event in result.filter_events(lambda e: e.is_step_failure)]
        error = "; ".join(_cause(failure) for failure in failures) or None
        written = len(list(result.get_asset_materialization_events()))
        results.append(RunResult(consumer.name, org, stretch, result.success, error, written, 0))
    return results


def _with_files(platform: Platform, org: OrgId) -> list[str]:
    """Families that any file of the organization reached; sales also without one, so that there is an answer."""
    entries = platform.lakehouse.landing_log(org).entries
    landed = {"sales", *(str(entry.family) for entry in entries)}
    return [
        family
        for family, contracts in FAMILY_CONTRACTS.items()
        if {table.family for table in with_upstream(contracts) if table.layer == "bronze"} & landed
    ]


def _run_stretch(
    platform: Platform, instance: dg.DagsterInstance, family: str, org: OrgId, months: list[Month]
) -> RunResult:
    from datapilot_assets.definitions import defs, refine_job_name
    from datapilot_assets.partitioning import range_tags

    before = _versions(platform, org, months)
    result = defs.resolve_job_def(refine_job_name(family)).execute_in_process(
        instance=instance, run_config=_QUIET, tags=range_tags(org, months), raise_on_error=False
    )
    after = _versions(platform, org, months)
    changed = sum(before.get(key) != version for key, version in after.items())
    failures = [event.step_failure_data for event in result.filter_events(lambda e: e.is_step_failure)]
    errors = [_cause(failure) for failure in failures]
    return RunResult(family, org, months, result.success, "; ".join(errors) or None, changed, len(after) - changed)


def _cause(failure: StepFailureData) -> str:
    """First line of what a step failed with: our own description, else the innermost error."""
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    error = failure.error
    while error is not None and error.cause is not None:
        error = error.cause
    return (
        error.message.strip().splitlines()[0]
        if error
        else failure.error_source.value
        if failure.error_source
        else "unknown"
    )


def _versions(platform: Platform, org: OrgId, months: Sequence[Month]) -> dict[tuple[str, str], int | None]:
    wanted = {str(month) for month in months}
    return {
        (row["table"], row["month"]): row["committed_version"]
        for row in table_status(platform, org)
        if row["month"] in wanted
    }


@contextmanager
def dagster_instance(platform: Platform) -> Iterator[dg.DagsterInstance]:
    """Dagster's records of DATAPILOT_HOME."""
    import dagster as dg

    prepare_dagster_home(platform.settings)
    with dg.DagsterInstance.get() as instance:
        yield instance
