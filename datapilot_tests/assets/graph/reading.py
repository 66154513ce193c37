"""What a graph says, read as docs/graph.md tells its readers to."""

from __future__ import annotations

from typing import Any

from datapilot_domain.organizations import OrgId
from datapilot_resources.graph import Graph

Rows = list[dict[str, Any]]
_VISIBLE = """
MATCH (m:Month {org_id: $org_id}) MATCH (a {org_id: $org_id})-[r {month: m.id, generation: m.generation}]->(b)
RETURN m.id AS month, type(r) AS type, a.id AS start, b.id AS end, properties(r) AS values
"""
_ALL = "MATCH (n {org_id: $org_id}) OPTIONAL MATCH (n)-[r]->() RETURN count(DISTINCT n) AS nodes, count(r) AS edges"


def ask(graph: Graph, org: str, statement: str, **parameters: Any) -> Rows:
    with graph.of(OrgId(org)) as mine:
        return mine.read(statement, **parameters)


def visible(graph: Graph, org: str, month: str | None = None) -> Rows:
    """Every relationship that counts, less its generation, in a settled order."""
    rows = [row for row in ask(graph, org, _VISIBLE) if month in (None, row["month"])]
    for row in rows:
        del row["values"]["generation"]
    return sorted(rows, key=str)


def stored(graph: Graph, org: str) -> tuple[int, int]:
    """Nodes and relationships that are there, whether or not they count."""
    (row,) = ask(graph, org, _ALL)
    return row["nodes"], row["edges"]
