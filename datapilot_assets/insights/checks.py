"""The insights' checks, run by hand: every published number of the chosen months once more."""

from collections.abc import Iterator

import dagster as dg

from datapilot_assets.events import asset_key
from datapilot_assets.partitioning import ORG_MONTHS, org_months
from datapilot_domain.contracts.insights import INSIGHT_FACTS, PUBLISHED
from datapilot_domain.partitions import OrgMonth
from datapilot_resources.platform_resource import PlatformResource


@dg.multi_asset_check(
    name="check_insights",
    specs=[
        dg.AssetCheckSpec("verified", asset=asset_key(INSIGHT_FACTS), partitions_def=ORG_MONTHS),
        dg.AssetCheckSpec("acceptance", asset=asset_key(PUBLISHED), partitions_def=ORG_MONTHS),
        dg.AssetCheckSpec("budget", asset=asset_key(PUBLISHED), partitions_def=ORG_MONTHS),
    ],
    can_subset=True,
)
def insights_checks(
    context: dg.AssetCheckExecutionContext, platform: PlatformResource
) -> Iterator[dg.AssetCheckResult]:
    from datapilot_assets.insights.stored import verify_month

    services, op = platform.get(), context.op_execution_context
    for org, months in org_months(op.partition_keys).items():
        organization = services.registry.get(org)
        for month in months:
            found = verify_month(services, organization, month)
            wrong = [item for item in found if not item.ok]
            evaluation = dg.AssetCheckEvaluation(
                asset_key=asset_key(INSIGHT_FACTS),
                check_name="verified",
                passed=not wrong,
                metadata={"computed_again": len(found), "wrong": len(wrong)},
                partition=OrgMonth.of(org, str(month)).key,
            )
            op.log_event(evaluation)  # type: ignore[arg-type]  # evaluations are events too
    yield from ()
