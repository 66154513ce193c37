"""The serving asset: months whose gold or insights are not served as they are get loaded; the others get nothing."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from datapilot_assets.by_organization import each_organization
from datapilot_assets.consumers import SERVING
from datapilot_assets.events import asset_key, version_tags
from datapilot_assets.partitioning import ORG_MONTHS
from datapilot_domain.contracts import SERVED
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_resources.platform_resource import PlatformResource
from datapilot_resources.postgres import PostgresUnavailable

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

    def load(organization: Organization, months: list[Month]) -> None:
        for loaded in load_months(services, organization, months, context.run.run_id):
            context.log_event(event(organization.org_id, loaded))

    each_organization(context.partition_keys, services.registry, load, PostgresUnavailable, MonthsRefused)
    yield from ()


serving_job = dg.define_asset_job(
    SERVING.job, selection=dg.AssetSelection.assets(SERVING_KEY), description=SERVING.description
)
