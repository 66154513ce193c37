"""The graph asset: months whose lake changed are loaded into Neo4j; the others get nothing."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster._core.definitions.data_version import CODE_VERSION_TAG

from datapilot_assets.by_organization import each_organization
from datapilot_assets.consumers import GRAPH
from datapilot_assets.events import asset_key, version_tags
from datapilot_assets.graph.model import READS, VERSION
from datapilot_assets.partitioning import ORG_MONTHS
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_resources.platform_resource import PlatformResource

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

    def load(organization: Organization, months: list[Month]) -> None:
        for loaded in load_graph(services, organization, months):
            context.log_event(event(organization.org_id, loaded))

    each_organization(context.partition_keys, services.registry, load, GraphUnavailable, LoadOvertaken)
    yield from ()


graph_job = dg.define_asset_job(GRAPH.job, selection=dg.AssetSelection.assets(GRAPH_KEY), description=GRAPH.description)
