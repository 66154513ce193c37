"""The insight asset: months whose gold changed get facts, texts and their verdicts; the others get nothing."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from datapilot_assets.by_organization import each_organization
from datapilot_assets.consumers import INSIGHTS
from datapilot_assets.events import asset_key, column_schema, upstream_keys
from datapilot_assets.partitioning import ORG_MONTHS
from datapilot_domain.contracts.insights import INSIGHT_TABLES
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.platform_resource import PlatformResource

# Of a run that writes its months whether or not their gold changed.
AGAIN_TAG = "datapilot/again"


class InsightsDefective(RuntimeError):
    """Facts or texts that did not hold: they are not published."""


@dg.multi_asset(
    name="insights",
    specs=[
        dg.AssetSpec(
            asset_key(contract),
            deps=upstream_keys(contract),
            description=contract.description,
            skippable=True,
            partitions_def=ORG_MONTHS,
            group_name="insights",
            code_version=str(contract.version),
            kinds={"openai", "deltalake"},
            owners=[contract.owner],
            metadata={"dagster/column_schema": column_schema(contract)},
        )
        for contract in INSIGHT_TABLES
    ],
)
def insights_asset(context: dg.AssetExecutionContext, platform: PlatformResource) -> Iterator[Any]:
    # Statistics and plots take seconds to import: only a run that writes needs them.
    from datapilot_assets.insights.events import events
    from datapilot_assets.insights.run import write_insights

    services = platform.get()
    again = AGAIN_TAG in context.run.tags

    def write(organization: Organization, months: list[Month]) -> None:
        defective: list[str] = []
        for told in write_insights(services, organization, months, context.run.run_id, again=again):
            for event in events(context.instance, services, told, organization):
                context.log_event(event)
            if told.insights.defects:
                defective.append(f"{told.insights.month} {told.insights.defects}")
        if defective:
            what = "facts or texts did not hold and were not published, see insights.rejected: "
            raise InsightsDefective(what + ", ".join(defective))

    each_organization(context.partition_keys, services.registry, write, InsightsDefective)
    yield from ()


insights_job = dg.define_asset_job(
    INSIGHTS.job,
    selection=dg.AssetSelection.assets(*(asset_key(contract) for contract in INSIGHT_TABLES)).without_checks(),
    description=INSIGHTS.description,
)
