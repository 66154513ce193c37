"""bronze/sales by hand: decode the kept bytes again and write the same content under the same content id."""

import tempfile
from pathlib import Path

import dagster as dg

from datapilot_assets.events import asset_key, column_schema, landing_key
from datapilot_assets.landing.intake import replay_content
from datapilot_assets.partitioning import ORG_MONTHS, org_months
from datapilot_domain.contracts.sales import BRONZE_SALES, FAMILY
from datapilot_domain.landing import active_entries, landed_hashes
from datapilot_domain.partitions import OrgMonth
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
    for org, months in org_months(context.partition_keys).items():
        organization = services.registry.get(org)
        log = services.lakehouse.landing_log(organization.org_id)
        hashes = landed_hashes(log.entries, FAMILY)
        entries = [
            item.entry
            for item in active_entries(log.entries, FAMILY)
            if any(month in item.entry.months for month in months)
        ]
        for entry in entries:
            with tempfile.TemporaryDirectory(prefix="datapilot-replay-") as directory:
                replay_content(services, organization, entry, Path(directory), context.run.run_id)
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
