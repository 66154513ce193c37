"""The graph asset: months whose lake changed are loaded into Neo4j; the others get nothing."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster._core.definitions.data_version import CODE_VERSION_TAG

from datapilot_assets.consumers import GRAPH
from datapilot_assets.events import asset_key, version_tags
from datapilot_assets.graph.model import READS, VERSION
from datapilot_assets.partitioning import ORG_MONTHS, org_months
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.partitions import OrgMonth
from datapilot_resources.platform_resource import PlatformResource
from datapilot_resources.registry import UnknownOrganization

GRAPH_KEY = dg.AssetKey(["graph", "organization_month"])
_UPSTREAM = [asset_key(CONTRACTS[name]) for name in READS]


@dg.multi_asset(
    name="graph",
    specs=[
        dg.AssetSpec(
            GRAPH_KEY,
            deps=_UPSTREAM,
            description="The organization's customers, products, campaigns and channels of the month, in Neo4j.",
            skippable=True,
            partitions_def=ORG_MONTHS,
            group_name="graph",
            code_version=str(VERSION),
            kinds={"neo4j"},
            owners=["team:data"],
        )
    ],
)
def graph_asset(context: dg.AssetExecutionContext, platform: PlatformResource) -> Iterator[Any]:
    from datapilot_assets.graph.load import Loaded, LoadOvertaken
    from datapilot_assets.graph.run import load_graph
    from datapilot_resources.graph import GraphUnavailable

    def event(org: str, loaded: Loaded) -> dg.AssetMaterialization:
        partition = OrgMonth.of(org, str(loaded.month))
        return dg.AssetMaterialization(
            asset_key=GRAPH_KEY,
            partition=partition.key,
            metadata={
                "nodes": loaded.nodes,
                "relationships": loaded.relationships,
                "fingerprint": loaded.fingerprint,
            },
            tags={
                CODE_VERSION_TAG: str(VERSION),
                **version_tags(context.instance, loaded.fingerprint, _UPSTREAM, partition),
            },
        )

    services = platform.get()
    for org, months in org_months(context.partition_keys).items():
        try:
            organization = services.registry.get(org)
        except UnknownOrganization as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        try:
            for loaded in load_graph(services, organization, months):
                context.log_event(event(org, loaded))
        except (GraphUnavailable, LoadOvertaken) as error:
            # Its cause is the driver's: said in one line, the sensor tries again.
            raise dg.Failure(description=str(error), allow_retries=False) from None
    yield from ()


graph_job = dg.define_asset_job(GRAPH.job, selection=dg.AssetSelection.assets(GRAPH_KEY), description=GRAPH.description)
