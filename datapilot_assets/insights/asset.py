"""The insight asset: months whose gold changed get facts, texts and their verdicts; the others get nothing."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from datapilot_assets.consumers import INSIGHTS
from datapilot_assets.events import asset_key, column_schema, upstream_keys
from datapilot_assets.partitioning import ORG_MONTHS, org_months
from datapilot_domain.contracts.insights import INSIGHT_TABLES
from datapilot_domain.partitions import OrgMonth
from datapilot_resources.platform_resource import PlatformResource
from datapilot_resources.registry import UnknownOrganization

# Of a run that writes its months whether or not their gold changed.
AGAIN_TAG = "datapilot/again"


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
    failed: list[str] = []
    for org, months in org_months(context.partition_keys).items():
        try:
            organization = services.registry.get(org)
        except UnknownOrganization as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        again = AGAIN_TAG in context.run.tags
        for told in write_insights(services, organization, months, context.run.run_id, again=again):
            for event in events(context.instance, services, told, organization):
                context.log_event(event)
            if told.insights.defects:
                failed.append(f"{OrgMonth.of(org, str(told.insights.month))}: {told.insights.defects}")
    if failed:
        what = "facts or texts did not hold and were not published, see insights.rejected: "
        raise dg.Failure(description=what + "; ".join(failed), allow_retries=False)
    yield from ()


insights_job = dg.define_asset_job(
    INSIGHTS.job,
    selection=dg.AssetSelection.assets(*(asset_key(contract) for contract in INSIGHT_TABLES)).without_checks(),
    description=INSIGHTS.description,
)
