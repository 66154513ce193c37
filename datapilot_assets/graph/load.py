"""A month into Neo4j under a generation of its own, switched on in one transaction, then the older parts removed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datapilot_assets.graph.model import LABELS, RELATIONSHIPS, SHARED, Relationship
from datapilot_assets.graph.rows import Row
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.graph import BATCH_ROWS, Graph, GuardFailed, OrganizationGraph

_CLAIM = """
MERGE (o:Organization {org_id: $org_id, id: $org_id}) SET o.load = $generation
MERGE (m:Month {org_id: $org_id, id: $month})
"""
# Its write lock lets one transaction of the organization in after the other; a load that another one overtook, none.
_GUARD = """
MATCH (o:Organization {org_id: $org_id, id: $org_id}) SET o.turn = $generation
WITH o WHERE o.load = $generation RETURN o.load AS load
"""
_CREATE = """
UNWIND $rows AS row
MERGE (a:{start} {{org_id: $org_id, id: row.start}})
MERGE (b:{end} {{org_id: $org_id, id: row.end}})
CREATE (a)-[r:{name}]->(b)
SET r = row.values, r.org_id = $org_id, r.month = $month, r.generation = $generation
"""
_SWITCH = """
MATCH (m:Month {org_id: $org_id, id: $month})
SET m.generation = $generation, m.fingerprint = $fingerprint, m.nodes = $nodes, m.relationships = $relationships
"""
_REMOVE_OLDER = """
MATCH ()-[r:{name} {{org_id: $org_id, month: $month}}]->() WHERE r.generation <> $generation
WITH r LIMIT $most DELETE r RETURN count(*) AS removed
"""
_REMOVE_UNHELD = """
MATCH (n:{label} {{org_id: $org_id}}) WHERE n.id IS NOT NULL AND NOT (n)--()
WITH n LIMIT $most DELETE n RETURN count(*) AS removed
"""


class LoadOvertaken(RuntimeError):
    """Another load of the organization began meanwhile; nothing of this one is visible."""


@dataclass(frozen=True)
class Loaded:
    """A month that is switched on: nodes that it holds and its relationships."""

    month: Month
    fingerprint: str
    nodes: int
    relationships: int


def load_month(
    graph: Graph, org: OrgId, month: Month, rows: Mapping[Relationship, Sequence[Row]], fingerprint: str
) -> Loaded:
    """Replace the month. Until the switch readers see what was there; killed anywhere, the next load mends it.

    Raises GraphUnavailable, and LoadOvertaken when another load of the organization began after this one.
    """
    graph.prepare(LABELS, [relationship.name for relationship in RELATIONSHIPS])
    # New for every load, so that what an earlier one left is never taken for this one's.
    generation = uuid.uuid4().hex
    held = {(r.start, row["start"]) for r, found in rows.items() for row in found}
    held |= {(r.end, row["end"]) for r, found in rows.items() for row in found if r.end != "Month"}
    loaded = Loaded(month, fingerprint, len(held), sum(map(len, rows.values())))
    of = {"month": str(month), "generation": generation}
    with graph.of(org) as mine:
        mine.write(_CLAIM, **of)
        try:
            for relationship, found in rows.items():
                mine.write_rows(_create(relationship), found, guard=_GUARD, **of)
            mine.write(
                _SWITCH,
                guard=_GUARD,
                fingerprint=fingerprint,
                nodes=loaded.nodes,
                relationships=loaded.relationships,
                **of,
            )
            _remove_older(mine, of)
        except GuardFailed as error:
            raise LoadOvertaken(f"{org} {month}: another load of this organization began; run again") from error
    return loaded


def _create(relationship: Relationship) -> str:
    return _CREATE.format(name=relationship.name, start=relationship.start, end=relationship.end)


def _remove_older(mine: OrganizationGraph, of: dict[str, str]) -> None:
    """Relationships of the month's older generations, then nodes that no month holds any more."""
    statements = [_REMOVE_OLDER.format(name=relationship.name) for relationship in RELATIONSHIPS]
    statements += [_REMOVE_UNHELD.format(label=label) for label in SHARED]
    for statement in statements:
        removed = BATCH_ROWS
        while removed == BATCH_ROWS:
            ((removed),) = (row["removed"] for row in mine.write(statement, guard=_GUARD, most=BATCH_ROWS, **of))
