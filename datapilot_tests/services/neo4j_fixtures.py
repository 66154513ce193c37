"""A graph server of the test session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from datapilot_resources.graph import Graph
from datapilot_resources.settings import Settings
from datapilot_tests.services.neo4j_server import PASSWORD, USER, neo4j_server, neo4j_settings
from datapilot_tests.services.server import Server, free_port


@dataclass(frozen=True)
class GraphServer:
    server: Server
    port: int

    def settings(self, home: Path) -> Settings:
        return neo4j_settings(home, self.port)

    def graph(self) -> Graph:
        return Graph(self.settings(Path()))

    @property
    def environment(self) -> dict[str, str]:
        return {"NEO4J_URI": f"bolt://127.0.0.1:{self.port}", "NEO4J_USER": USER, "NEO4J_PASSWORD": PASSWORD}


@pytest.fixture(scope="session")
def _graph_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    port = free_port()
    with neo4j_server(tmp_path_factory.mktemp("neo4j"), port) as server:
        yield GraphServer(server, port)


@pytest.fixture
def graph_server(_graph_server: GraphServer) -> GraphServer:
    """A graph server that answers, whatever the test before did to it. Organizations are the test's own."""
    if not _graph_server.server.is_running:
        _graph_server.server.start()
    return _graph_server
