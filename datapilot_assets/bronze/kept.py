"""Bronze by hand: replay the files of the months, and write the rows of unchanged contents again."""

from collections.abc import Sequence

import dagster as dg

from datapilot_assets.events import asset_key, column_schema, landing_key
from datapilot_assets.landing.replay import Replay, replay
from datapilot_assets.partitioning import ORG_MONTHS, org_months
from datapilot_domain.contracts import TableContract
from datapilot_domain.contracts.bronze import bronze_of
from datapilot_domain.landing import LandingEntry
from datapilot_domain.ledger import active_entries, landed_hashes
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_resources.platform import Platform
from datapilot_resources.platform_resource import PlatformResource


def bronze_asset(contract: TableContract) -> dg.AssetsDefinition:
    """The asset of a bronze table, which intake writes and materializing by hand writes again."""

    @dg.asset(
        key=asset_key(contract),
        deps=[landing_key(contract.family)],
        description=contract.description + " Intake writes it; materializing it by hand replays the kept bytes.",
        partitions_def=ORG_MONTHS,
        group_name="bronze",
        code_version=str(contract.version),
        kinds={"deltalake"},
        owners=[contract.owner],
        backfill_policy=dg.BackfillPolicy.single_run(),
        metadata={"dagster/column_schema": column_schema(contract)},
        output_required=False,
    )
    def bronze(context: dg.AssetExecutionContext, platform: PlatformResource) -> None:
        services = platform.get()
        problems: list[str] = []
        for org, months in org_months(context.partition_keys).items():
            problems += _replay(context, services, contract, services.registry.get(org), months)
        if problems:
            raise dg.Failure(description="; ".join(problems), allow_retries=False)

    return bronze


def _replay(
    context: dg.AssetExecutionContext,
    services: Platform,
    contract: TableContract,
    organization: Organization,
    months: Sequence[Month],
) -> list[str]:
    """Replay the files that hold the months; what failed."""
    family, org = contract.family, organization.org_id
    problems = []
    entries = _entries(services.lakehouse.landing_log(org).entries, contract, months)
    for result in replay(services, organization, [e.place for e in entries], context.run.run_id, repair=True):
        context.log.info(result.line)
        if result.outcome is Replay.FAILED:
            problems.append(result.line)
    log = services.lakehouse.landing_log(org)
    hashes, entries = landed_hashes(log.entries, family), _entries(log.entries, contract, months)
    for month in months:
        counts = [entry.months[month] for entry in entries if month in entry.months]
        context.log_event(
            dg.AssetMaterialization(
                asset_key=asset_key(contract),
                partition=OrgMonth.of(org, str(month)).key,
                metadata={"dagster/row_count": sum(c.records - c.ignored for c in counts), "files": len(entries)},
                tags={"dagster/data_version": hashes.get(month, "nothing landed")},
            )
        )
    return problems


def _entries(log: Sequence[LandingEntry], contract: TableContract, months: Sequence[Month]) -> list[LandingEntry]:
    """Active entries whose records are in the table and in the months."""
    active = (item.entry for item in active_entries(log, contract.family))
    return [e for e in active if bronze_of(e) == contract and any(month in e.months for month in months)]
