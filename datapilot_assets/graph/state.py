"""Which months the graph holds, and which it needs again: fingerprints of the lake against those in Neo4j."""

from __future__ import annotations

from dataclasses import dataclass

from datapilot_assets.graph.model import READS, VERSION
from datapilot_assets.status import unsettled_months
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.landing import digest
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.graph import Graph
from datapilot_resources.platform import Platform

_STORED = """
MATCH (m:Month {org_id: $org_id}) WHERE m.generation IS NOT NULL
RETURN m.id AS month, m.fingerprint AS fingerprint, m.nodes AS nodes, m.relationships AS relationships
"""


@dataclass(frozen=True)
class LoadedMonth:
    """What the graph says of a month that is switched on."""

    fingerprint: str
    nodes: int
    relationships: int


def expected_graph(platform: Platform, organization: Organization) -> dict[Month, str]:
    """Every month that a table of READS was ever written for → fingerprint over them and the model's version."""
    stored = {name: platform.lakehouse.months(CONTRACTS[name], organization.org_id) for name in READS}
    months = sorted({month for states in stored.values() for month in states})
    return {
        month: digest(
            [VERSION, [[name, states[month].fingerprint] for name, states in stored.items() if month in states]]
        )
        for month in months
    }


def loaded_months(graph: Graph, org: OrgId) -> dict[Month, LoadedMonth]:
    """Months that are switched on. Raises GraphUnavailable."""
    with graph.of(org) as found:
        rows = found.read(_STORED)
    return {Month.parse(row.pop("month")): LoadedMonth(**row) for row in rows}


def pending_graph(platform: Platform, organization: Organization) -> dict[Month, str]:
    """Months whose graph is not that of today's lake → what they would become; none while the graph is off.

    Not those whose gold itself is about to change. Raises GraphUnavailable.
    """
    if platform.graph is None:
        return {}
    expected = expected_graph(platform, organization)
    loaded = loaded_months(platform.graph, organization.org_id)
    waiting = unsettled_months(platform, organization)
    return {
        month: fingerprint
        for month, fingerprint in expected.items()
        if month not in waiting and (month not in loaded or loaded[month].fingerprint != fingerprint)
    }
