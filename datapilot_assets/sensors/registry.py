"""Registry sensor: an organization in the registry becomes a partition; nothing else adds one."""

import dagster as dg

from datapilot_assets.partitioning import ORGANIZATIONS
from datapilot_resources.platform_resource import PlatformResource


@dg.sensor(
    name="registry",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Add a partition for every organization of the registry.",
)
def registry_sensor(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    known = set(context.instance.get_dynamic_partitions("org"))
    registry = platform.get().registry
    if strays := registry.strays():
        context.log.warning(f"{len(strays)} registry objects are no organization, first: {strays[0]!r}")
    new = [str(org) for org in registry.list() if org not in known]
    if not new:
        return dg.SensorResult(skip_reason="no new organization")
    return dg.SensorResult(dynamic_partitions_requests=[ORGANIZATIONS.build_add_request(new)])
