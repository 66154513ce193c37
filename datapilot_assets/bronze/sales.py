"""bronze/sales by hand: replay the files of the months, and write the rows of unchanged contents again."""

from collections.abc import Sequence

import dagster as dg

from datapilot_assets.events import asset_key, column_schema, landing_key
from datapilot_assets.landing.replay import Replay, replay
from datapilot_assets.partitioning import ORG_MONTHS, org_months
from datapilot_domain.contracts.sales import BRONZE_SALES, FAMILY
from datapilot_domain.landing import LandingEntry
from datapilot_domain.ledger import active_entries, landed_hashes
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_resources.platform_resource import PlatformResource


@dg.asset(
    key=asset_key(BRONZE_SALES),
    deps=[landing_key(FAMILY)],
    description=BRONZE_SALES.description + " Intake writes it; materializing it by hand replays the kept bytes.",
    partitions_def=ORG_MONTHS,
    group_name="bronze",
    code_version=str(BRONZE_SALES.version),
    kinds={"deltalake"},
    owners=[BRONZE_SALES.owner],
    backfill_policy=dg.BackfillPolicy.single_run(),
    metadata={"dagster/column_schema": column_schema(BRONZE_SALES)},
    output_required=False,
)
def bronze_sales(context: dg.AssetExecutionContext, platform: PlatformResource) -> None:
    services = platform.get()
    problems: list[str] = []
    for org, months in org_months(context.partition_keys).items():
        organization = services.registry.get(org)
        log = services.lakehouse.landing_log(organization.org_id)
        places = [item.entry.place for item in active_entries(log.entries, FAMILY) if _holds(item.entry, months)]
        for result in replay(services, organization, places, context.run.run_id, repair=True):
            context.log.info(result.line)
            if result.outcome is Replay.FAILED:
                problems.append(result.line)
        log = services.lakehouse.landing_log(organization.org_id)
        hashes = landed_hashes(log.entries, FAMILY)
        entries = [item.entry for item in active_entries(log.entries, FAMILY) if _holds(item.entry, months)]
        for month in months:
            records = sum(
                entry.months[month].records - entry.months[month].ignored for entry in entries if month in entry.months
            )
            context.log_event(
                dg.AssetMaterialization(
                    asset_key=asset_key(BRONZE_SALES),
                    partition=OrgMonth.of(org, str(month)).key,
                    metadata={"dagster/row_count": records, "files": len(entries)},
                    tags={"dagster/data_version": hashes.get(month, "nothing landed")},
                )
            )
    if problems:
        raise dg.Failure(description="; ".join(problems), allow_retries=False)


def _holds(entry: LandingEntry, months: Sequence[Month]) -> bool:
    return any(month in entry.months for month in months)
