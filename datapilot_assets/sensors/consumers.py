"""Gold sensors, one per consumer: months whose gold is not what the consumer last took get a run."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

import dagster as dg

from datapilot_assets.consumers import Consumer, ConsumerDown
from datapilot_assets.sensors.attempts import request_stretches
from datapilot_domain.alerts import Condition
from datapilot_domain.findings import found
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_resources.platform_resource import PlatformResource
from datapilot_resources.postgres import PostgresUnavailable


def gold_sensor(consumer: Consumer) -> dg.SensorDefinition:
    """`gold_<name>`: a run per contiguous stretch of pending months of an organization."""

    @dg.sensor(
        name=f"gold_{consumer.name}",
        job_name=consumer.job,
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=consumer.description,
    )
    def gold(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
        services = platform.get()
        if why := consumer.off(services.settings):
            _tell(services, consumer, [])
            return dg.SensorResult(skip_reason=why)
        down: dict[str, ConsumerDown] = {}

        def pending(organization: Organization) -> Mapping[Month, str]:
            if any(error.for_all for error in down.values()):
                return {}  # asking on would wait as long for each
            try:
                found_pending = consumer.pending(services, organization)
                if why := consumer.failing(services, organization):
                    down[organization.org_id] = ConsumerDown(why, for_all=False)
                return found_pending
            except ConsumerDown as error:
                down["" if error.for_all else organization.org_id] = error
                return {}

        requests = request_stretches(context, services, consumer.name, pending)
        _tell(services, consumer, down)
        why = "; ".join(map(str, down.values())) or "nothing changed"
        return dg.SensorResult(run_requests=requests, skip_reason=None if requests else why)

    return gold


def _tell(services: Platform, consumer: Consumer, down: Iterable[str]) -> None:
    """Note of which organizations (empty: of all) the consumer is down."""
    with suppress(PostgresUnavailable):  # the alerts' own; Dagster's storage is then down too
        services.alert_book.reconcile(f"gold_{consumer.name}", None, [_down(consumer, org) for org in down])


def _down(consumer: Consumer, org: str) -> Condition:
    cause = (
        found("consumer_down_of", consumer=consumer.name, org=org)
        if org
        else found("consumer_down", consumer=consumer.name)
    )
    return Condition(
        code="CONSUMER_DOWN",
        org_id=None,
        subject=(consumer.name, org),
        severity="warning",
        cause=cause,
        command="datapilot doctor",
    )
