"""`doctor`: the graph is off, or answers and lets us in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datapilot_resources.settings import Settings


def graph_found(settings: Settings) -> str:
    """What is there. Raises Unhealthy."""
    from datapilot_interfaces.cli.health import Unhealthy
    from datapilot_resources.graph import Graph, GraphUnavailable

    graph = Graph.from_settings(settings)
    if graph is None:
        return "off (no NEO4J_URI): affinity and centrality of products are gold columns all the same"
    try:
        return f"{graph.version()} at {settings.neo4j_uri} lets {settings.neo4j_user} in"
    except GraphUnavailable as error:
        what, _, remedy = str(error).partition("; ")
        raise Unhealthy(what, remedy) from error
