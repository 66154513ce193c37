"""Gold sensor of the insights: months whose gold is not what their insights were written from get a run."""

import dagster as dg

from datapilot_assets.insights.asset import INSIGHTS_JOB
from datapilot_assets.insights.state import pending_insights
from datapilot_assets.sensors.attempts import request_stretches
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
    requests = request_stretches(context, services, "insights", lambda of: pending_insights(services, of))
    return dg.SensorResult(run_requests=requests, skip_reason=None if requests else "nothing changed")
