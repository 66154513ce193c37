"""Gold sensors, one per consumer: months whose gold is not what the consumer last took get a run."""

import dagster as dg

from datapilot_assets.consumers import Consumer, ConsumerDown
from datapilot_assets.sensors.attempts import request_stretches
from datapilot_resources.platform_resource import PlatformResource


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
            return dg.SensorResult(skip_reason=why)
        try:
            requests = request_stretches(context, services, consumer.name, lambda of: consumer.pending(services, of))
        except ConsumerDown as error:
            return dg.SensorResult(skip_reason=str(error))
        return dg.SensorResult(run_requests=requests, skip_reason=None if requests else "nothing changed")

    return gold
