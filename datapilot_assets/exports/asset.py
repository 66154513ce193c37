"""The exports asset: months that are not exported as the lake has them get files; the others get nothing."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from datapilot_assets.by_organization import each_organization
from datapilot_assets.consumers import EXPORTS
from datapilot_assets.events import asset_key, version_tags
from datapilot_assets.partitioning import ORG_MONTHS
from datapilot_domain.contracts import SERVED
from datapilot_domain.exports import EXPORT_FORMATS, Manifest, parse_formats
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_resources.platform_resource import PlatformResource

EXPORTS_KEY = dg.AssetKey(["exports", "files"])
# Of a run that somebody asked for: its formats in place of the setting's.
FORMATS_TAG = "datapilot/export_formats"
_UPSTREAM = [asset_key(contract) for contract in SERVED]


@dg.multi_asset(
    name="exports",
    specs=[
        dg.AssetSpec(
            EXPORTS_KEY,
            deps=_UPSTREAM,
            description="The month's gold and insights as CSV, JSON, Parquet and XLSX files with a manifest.",
            skippable=True,
            partitions_def=ORG_MONTHS,
            group_name="exports",
            kinds={"csv", "json", "parquet", "excel"},
            owners=["team:data"],
        )
    ],
)
def exports_asset(context: dg.AssetExecutionContext, platform: PlatformResource) -> Iterator[Any]:
    from datapilot_assets.exports.write import ExportsFailed, export_months
    from datapilot_resources.object_store import store_errors

    services = platform.get()
    asked = context.run.tags.get(FORMATS_TAG)
    formats = parse_formats(asked) if asked else services.settings.exports or EXPORT_FORMATS

    def event(manifest: Manifest) -> dg.AssetMaterialization:
        partition = OrgMonth(manifest.org_id, manifest.month)
        return dg.AssetMaterialization(
            EXPORTS_KEY,
            partition=partition.key,
            metadata={
                "dagster/row_count": sum(table.rows for table in manifest.tables.values()),
                "files": len(manifest.files),
                "bytes": sum(file.bytes for file in manifest.files),
                "formats": ", ".join(manifest.formats),
                "fingerprint": manifest.fingerprint,
            },
            tags=version_tags(context.instance, manifest.fingerprint, _UPSTREAM, partition),
        )

    def export(organization: Organization, months: list[Month]) -> None:
        for manifest in export_months(services, organization, months, formats, context.run.run_id):
            context.log_event(event(manifest))

    expected: tuple[type[Exception], ...] = (ExportsFailed, *store_errors(services.settings))
    each_organization(context.partition_keys, services.registry, export, *expected)
    yield from ()


exports_job = dg.define_asset_job(
    EXPORTS.job, selection=dg.AssetSelection.assets(EXPORTS_KEY), description=EXPORTS.description
)
