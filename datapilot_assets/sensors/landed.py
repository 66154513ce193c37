"""Landed sensor: months whose gold is not what the landing log says get a refine run."""

import dagster as dg

from datapilot_assets.sensors.attempts import request_stretches
from datapilot_assets.status import pending_months
from datapilot_resources.platform_resource import PlatformResource


def landed_sensor(family: str, job_name: str) -> dg.SensorDefinition:
    """Sensor of one family: a run per contiguous stretch of stale months of an organization."""

    @dg.sensor(
        name=f"landed_{family}",
        job_name=job_name,
        minimum_interval_seconds=10,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Refine the months that landed files changed.",
    )
    def landed(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
        services = platform.get()
        requests = request_stretches(context, services, family, lambda of: pending_months(services, of, family))
        return dg.SensorResult(run_requests=requests, skip_reason=None if requests else "nothing changed")

    return landed
