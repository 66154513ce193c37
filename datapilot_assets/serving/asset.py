"""The serving asset: months whose gold or insights are not served as they are get loaded; the others get nothing."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from datapilot_assets.consumers import SERVING
from datapilot_assets.events import asset_key, version_tags
from datapilot_assets.partitioning import ORG_MONTHS, org_months
from datapilot_domain.contracts import SERVED
from datapilot_domain.partitions import OrgMonth
from datapilot_resources.platform_resource import PlatformResource
from datapilot_resources.postgres import PostgresUnavailable
from datapilot_resources.registry import UnknownOrganization

SERVING_KEY = dg.AssetKey(["serving", "postgres"])
_UPSTREAM = [asset_key(contract) for contract in SERVED]


@dg.multi_asset(
    name="serving",
    specs=[
        dg.AssetSpec(
            SERVING_KEY,
            deps=_UPSTREAM,
            description="The month's gold and insights in the organization's schema of the serving database.",
            skippable=True,
            partitions_def=ORG_MONTHS,
            group_name="serving",
            kinds={"postgres"},
            owners=["team:data"],
        )
    ],
)
def serving_asset(context: dg.AssetExecutionContext, platform: PlatformResource) -> Iterator[Any]:
    from datapilot_assets.serving.load import MonthsRefused, load_months
    from datapilot_resources.serving import ServedMonth

    services = platform.get()

    def event(org: str, loaded: ServedMonth) -> dg.AssetMaterialization:
        partition = OrgMonth.of(org, str(loaded.month))
        rows = {served.contract.id: served.rows.num_rows for served in loaded.tables}
        return dg.AssetMaterialization(
            SERVING_KEY,
            partition=partition.key,
            metadata={"dagster/row_count": sum(rows.values()), "fingerprint": loaded.fingerprint, "rows": rows},
            tags=version_tags(context.instance, loaded.fingerprint, _UPSTREAM, partition),
        )

    for org, months in org_months(context.partition_keys).items():
        try:
            organization = services.registry.get(org)
            for loaded in load_months(services, organization, months, context.run.run_id):
                context.log_event(event(org, loaded))
        except (UnknownOrganization, PostgresUnavailable, MonthsRefused) as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
    yield from ()


serving_job = dg.define_asset_job(
    SERVING.job, selection=dg.AssetSelection.assets(SERVING_KEY), description=SERVING.description
)
