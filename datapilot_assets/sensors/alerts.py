"""Sensors of the people's side: one looks for what they must hear of, the other sends it. Neither asks for a run."""

import datetime as dt

import dagster as dg

from datapilot_assets.alerts.look import look_at_organizations, look_at_platform
from datapilot_assets.alerts.post import post
from datapilot_resources.platform_resource import PlatformResource

# A tick must answer within a minute: twice so long is looked.
_LOOKING_SECONDS = 20
# After them no attempt begins; one by Apprise may last 50.
_SENDING_SECONDS = 5


@dg.sensor(
    name="alerts",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Look at every organization and at the platform for what people must hear of.",
)
def alerts_sensor(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    services = platform.get()
    look_at_platform(services, context.instance, seconds=_LOOKING_SECONDS)
    now = dt.datetime.now(dt.timezone.utc)
    last = look_at_organizations(services, now, after=context.cursor or "", seconds=_LOOKING_SECONDS)
    services.alert_book.beat("alerts")
    open_now = len(services.alert_book.alerts())
    return dg.SensorResult(cursor=last, skip_reason=f"{open_now} open" + (f", goes on behind {last}" if last else ""))


@dg.sensor(
    name="outbox",
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Send alerts and reports to the channels of deliveries.yaml.",
)
def outbox_sensor(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    services = platform.get()
    done = post(services, seconds=_SENDING_SECONDS)
    services.alert_book.beat("outbox")
    return dg.SensorResult(skip_reason=f"{done.sent} sent, {done.failed} failed, {done.fallback} to the log")
