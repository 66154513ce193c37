"""Sensors of the people's side: one looks for what they must hear of, the other sends it."""

import datetime as dt
from typing import TYPE_CHECKING

import dagster as dg

from datapilot_assets.alerts.look import look_at_organizations, look_at_platform
from datapilot_assets.alerts.post import due_reports, post
from datapilot_assets.exports.asset import FORMATS_TAG, exports_job
from datapilot_assets.partitioning import range_tags
from datapilot_assets.sensors.attempts import request_run
from datapilot_domain.landing import digest
from datapilot_resources.alert_pruning import prune
from datapilot_resources.platform_resource import PlatformResource

if TYPE_CHECKING:
    from datapilot_assets.scheduled import Missing

# A tick must answer within a minute: twice so long is looked.
_LOOKING_SECONDS = 20
# After them no attempt begins; one by Apprise may last 50.
_SENDING_SECONDS = 2


@dg.sensor(
    name="alerts",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Look at every organization and at the platform for what people must hear of.",
)
def alerts_sensor(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    services = platform.get()
    now = dt.datetime.now(dt.timezone.utc)
    look_at_platform(services, context.instance, now, seconds=_LOOKING_SECONDS)
    last = look_at_organizations(services, now, after=context.cursor or "", seconds=_LOOKING_SECONDS)
    if not last:
        prune(services.alert_book)
    services.alert_book.beat("alerts")
    open_now = len(services.alert_book.alerts())
    return dg.SensorResult(cursor=last, skip_reason=f"{open_now} open" + (f", goes on behind {last}" if last else ""))


@dg.sensor(
    name="outbox",
    job=exports_job,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Send alerts and scheduled reports to the channels of deliveries.yaml.",
)
def outbox_sensor(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    services = platform.get()
    done = post(services, seconds=_SENDING_SECONDS)
    services.alert_book.beat("outbox")
    # A report whose files are not there yet waits for the run that makes them.
    requests = [
        request
        for missing in due_reports(services, seconds=_SENDING_SECONDS)
        if (request := _exports(context, missing)) is not None
    ]
    told = f"{done.sent} sent, {done.failed} failed, {done.fallback} to the log"
    return dg.SensorResult(run_requests=requests, skip_reason=None if requests else told)


def _exports(context: dg.SensorEvaluationContext, missing: "Missing") -> dg.RunRequest | None:
    formats = ",".join(missing.formats)
    work = digest(["report", missing.org, str(missing.month), formats])
    tags = {**range_tags(missing.org, [missing.month]), FORMATS_TAG: formats}
    return request_run(context.instance, context.log, work, tags)
