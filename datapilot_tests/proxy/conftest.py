"""A real webserver of Dagster behind the real proxy, one of each for these tests."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance

from datapilot_tests.services.caddy import Answer, Proxy, caddy, send
from datapilot_tests.services.server import Server, free_port

_DEFINITIONS = """
import dagster as dg

@dg.asset
def probe() -> None: ...

defs = dg.Definitions(assets=[probe])
"""


@dataclass(frozen=True)
class Webserver:
    """Dagster's webserver without a proxy, and the instance that it writes to."""

    port: int
    home: Path

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            return send(connection, method, path, None, headers)

    def mutations(self) -> int:
        """How often the mutation of these tests was executed."""
        with DagsterInstance.from_config(str(self.home)) as instance:
            return len(instance.fetch_materializations(AssetKey("probe"), limit=100).records)


@pytest.fixture(scope="session")
def webserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webserver]:
    folder = tmp_path_factory.mktemp("webserver")
    (folder / "definitions.py").write_text(_DEFINITIONS)
    (folder / "dagster.yaml").write_text("telemetry: { enabled: false }\n")
    found = Webserver(free_port(), folder)
    program = Path(sys.executable).parent / "dagster-webserver"
    command = [str(program), "-h", "127.0.0.1", "-p", str(found.port), "-f", "definitions.py"]

    def ready() -> bool:
        try:
            return found.ask("GET", "/server_info").status == 200
        except (OSError, http.client.HTTPException):
            return False

    with Server("webserver", command, folder, ready, {"DAGSTER_HOME": str(folder)}, start_seconds=180):
        yield found


@pytest.fixture(scope="session")
def proxy(webserver: Webserver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with caddy(tmp_path_factory.mktemp("proxy"), webserver.port) as found:
        yield found


@pytest.fixture
def not_executed(webserver: Webserver) -> Iterator[None]:
    """Fails at the end when the instance saw a mutation."""
    before = webserver.mutations()
    yield
    assert webserver.mutations() == before
