"""Gold sensor of the insights: months whose gold is not what their insights were written from get a run."""

import datetime as dt

import dagster as dg

from datapilot_assets.insights.asset import INSIGHTS_JOB
from datapilot_assets.insights.state import pending_insights
from datapilot_assets.partitioning import range_tags
from datapilot_assets.sensors.attempts import request_run
from datapilot_assets.sensors.landed import MAX_RUNS
from datapilot_domain.landing import digest
from datapilot_domain.partitions import Calendar, contiguous_stretches
from datapilot_resources.platform_resource import PlatformResource


@dg.sensor(
    name="gold_insights",
    job_name=INSIGHTS_JOB,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Write insights of the months whose gold changed.",
)
def insights_sensor(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    services = platform.get()
    partitions = set(context.instance.get_dynamic_partitions("org"))
    calendar = Calendar(services.first_month, dt.datetime.now(dt.timezone.utc).date())
    requests: list[dg.RunRequest] = []
    for org in services.registry.list():
        if org not in partitions:
            continue
        pending = pending_insights(services, services.registry.get(org))
        for stretch in contiguous_stretches(month for month in pending if month in calendar):
            work = digest(["insights", str(org), [[str(month), pending[month]] for month in stretch]])
            if request := request_run(context, work, range_tags(org, stretch)):
                requests.append(request)
    return dg.SensorResult(run_requests=requests[:MAX_RUNS], skip_reason=None if requests else "nothing changed")
