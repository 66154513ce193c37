"""The only assembly: assets, checks, jobs, sensors and resources, with policies applied by selection."""

from __future__ import annotations

import dagster as dg

from datapilot_assets.ads import ADS, campaigns_spec
from datapilot_assets.bronze.kept import bronze_asset
from datapilot_assets.consumers import CONSUMERS
from datapilot_assets.events import family_keys, landing_key
from datapilot_assets.exports.asset import exports_asset, exports_job
from datapilot_assets.graph.asset import graph_asset, graph_job
from datapilot_assets.insights.asset import insights_asset, insights_job
from datapilot_assets.insights.checks import insights_checks
from datapilot_assets.landing.job import intake_job
from datapilot_assets.landing.replay_job import replay_job
from datapilot_assets.marketing import MARKETING_FAMILY
from datapilot_assets.partitioning import ORG_MONTHS
from datapilot_assets.power_bi.asset import power_bi_asset, power_bi_job
from datapilot_assets.refine import family_checks, refine_asset
from datapilot_assets.refinement import Family
from datapilot_assets.sales import SALES
from datapilot_assets.sensors.alerts import alerts_sensor, outbox_sensor
from datapilot_assets.sensors.consumers import gold_sensor
from datapilot_assets.sensors.inbox import inbox_sensor
from datapilot_assets.sensors.landed import landed_sensor
from datapilot_assets.sensors.registry import registry_sensor
from datapilot_assets.serving.asset import serving_asset, serving_job
from datapilot_resources.platform_resource import PlatformResource
from datapilot_resources.settings import Settings
from datapilot_resources.spark import spark_resource

FAMILIES: tuple[Family, ...] = (SALES, ADS, MARKETING_FAMILY)


def refine_job_name(family: str) -> str:
    return f"refine_{family}_job"


def _family_definitions(family: Family) -> dg.Definitions:
    name = refine_job_name(family.name)
    refine_job = dg.define_asset_job(
        name,
        selection=dg.AssetSelection.assets(*family_keys(family)).without_checks(),
        description=f"Bring silver and gold of {family.name} up to date with the landing log.",
    )
    landed = [
        dg.AssetSpec(
            landing_key(family.name),
            partitions_def=ORG_MONTHS,
            group_name="landing",
            description=f"What landed of {family.name}: data version = hash of the month's active rows.",
        )
    ]
    return dg.Definitions(
        assets=[
            *(landed if family.bronze else []),
            *(bronze_asset(contract) for contract in family.bronze),
            refine_asset(family),
        ],
        asset_checks=[family_checks(family)],
        jobs=[refine_job],
        sensors=[landed_sensor(family.name, name)],
    )


defs = dg.Definitions.merge(
    dg.Definitions(
        assets=[
            campaigns_spec(),
            insights_asset,
            graph_asset,
            serving_asset,
            exports_asset,
            power_bi_asset,
        ],
        asset_checks=[insights_checks],
        jobs=[intake_job, replay_job, insights_job, graph_job, serving_job, exports_job, power_bi_job],
        sensors=[registry_sensor, inbox_sensor, *map(gold_sensor, CONSUMERS), alerts_sensor, outbox_sensor],
        # One process, one JVM: a step process of its own costs 5 CPU-seconds before any work.
        executor=dg.in_process_executor,
        resources={
            "platform": PlatformResource(),
            "spark": spark_resource(Settings.from_environment()),
        },
    ),
    *(_family_definitions(family) for family in FAMILIES),
)
