"""Landed sensor: months whose gold is not what the landing log says get a refine run."""

import datetime as dt

import dagster as dg

from datapilot_assets.partitioning import range_tags
from datapilot_assets.sensors.attempts import request_run
from datapilot_assets.status import pending_months
from datapilot_domain.landing import digest
from datapilot_domain.partitions import Calendar, contiguous_stretches
from datapilot_resources.platform_resource import PlatformResource

# 3-4 run requests a second is what a tick can record.
MAX_RUNS = 20


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
        partitions = set(context.instance.get_dynamic_partitions("org"))
        requests: list[dg.RunRequest] = []
        for org in services.registry.list():
            if org not in partitions:
                continue
            pending = pending_months(services, services.registry.get(org), family)
            calendar = Calendar(services.first_month, dt.datetime.now(dt.timezone.utc).date())
            for stretch in contiguous_stretches(month for month in pending if month in calendar):
                work = digest([family, str(org), [[str(month), pending[month]] for month in stretch]])
                if request := request_run(context, work, range_tags(org, stretch)):
                    requests.append(request)
        return dg.SensorResult(run_requests=requests[:MAX_RUNS], skip_reason=None if requests else "nothing changed")

    return landed
