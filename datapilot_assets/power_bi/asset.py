"""The Power BI asset: months whose gold is not pushed as it is get pushed; the others get nothing."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from datapilot_assets.by_organization import each_organization
from datapilot_assets.consumers import POWER_BI
from datapilot_assets.events import asset_key, version_tags
from datapilot_assets.partitioning import ORG_MONTHS
from datapilot_domain.contracts import SERVED
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_resources.platform_resource import PlatformResource
from datapilot_resources.postgres import PostgresUnavailable
from datapilot_resources.power_bi_errors import PowerBiUnavailable
from datapilot_resources.settings import SettingsError

POWER_BI_KEY = dg.AssetKey(["power_bi", "dataset"])
_UPSTREAM = [asset_key(contract) for contract in SERVED]


@dg.multi_asset(
    name="power_bi",
    specs=[
        dg.AssetSpec(
            POWER_BI_KEY,
            deps=_UPSTREAM,
            description="The month's gold in the organization's push semantic model.",
            skippable=True,
            partitions_def=ORG_MONTHS,
            group_name="power_bi",
            kinds={"powerbi"},
            owners=["team:data"],
        )
    ],
)
def power_bi_asset(context: dg.AssetExecutionContext, platform: PlatformResource) -> Iterator[Any]:
    from datapilot_assets.power_bi.push import PushedMonth, TablesRefused, push_months
    from datapilot_resources.power_bi_ledger import DatasetTaken, TurnTaken
    from datapilot_resources.power_bi_turn import TurnLost

    services = platform.get()

    def event(org: str, pushed: PushedMonth) -> dg.AssetMaterialization:
        partition = OrgMonth.of(org, str(pushed.month))
        total = sum(pushed.rows.values())
        return dg.AssetMaterialization(
            POWER_BI_KEY,
            partition=partition.key,
            metadata={"dagster/row_count": total, "fingerprint": pushed.fingerprint, "rows": pushed.rows},
            tags=version_tags(context.instance, pushed.fingerprint, _UPSTREAM, partition),
        )

    def push(organization: Organization, months: list[Month]) -> None:
        for pushed in push_months(services, organization, months):
            context.log_event(event(organization.org_id, pushed))

    expected = (
        PostgresUnavailable,
        SettingsError,
        PowerBiUnavailable,
        TablesRefused,
        TurnTaken,
        TurnLost,
        DatasetTaken,
    )
    each_organization(context.partition_keys, services.registry, push, *expected)
    yield from ()


power_bi_job = dg.define_asset_job(
    POWER_BI.job, selection=dg.AssetSelection.assets(POWER_BI_KEY), description=POWER_BI.description
)
