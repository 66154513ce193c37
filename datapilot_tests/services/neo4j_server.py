"""A real Neo4j Community server on loopback for tests; run as a program, this module installs it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from datapilot_resources import toolchain
from datapilot_resources.settings import Settings
from datapilot_tests.services.server import Server, free_port, listens

USER = "neo4j"
PASSWORD = "secret-of-the-test-graph"
_JARS = Path(__file__).parent / "neo4j_jars"
_ADMIN, _SERVER = "org.neo4j.server.startup.Neo4jAdminCommand", "org.neo4j.server.CommunityEntryPoint"
_JVM = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
_CONFIG = {
    "server.http.enabled": "false",
    "server.https.enabled": "false",
    "server.memory.heap.initial_size": "256m",
    "server.memory.heap.max_size": "512m",
    "server.memory.pagecache.size": "128m",
    "server.bolt.connection_keep_alive": "5s",
    "server.bolt.connection_keep_alive_probes": "2",
    "dbms.usage_report.enabled": "false",
}


def install() -> Path:
    """The folder of the server's jars, fetched if they are not there. Raises ToolchainError."""
    return toolchain.resolve(_JARS / "ivy.xml", _JARS / "sha256sums")


def neo4j_server(folder: Path, port: int | None = None) -> Server:
    """A server, not yet started, with its data in `folder`, which it makes: give it one that is new."""
    port = port or free_port()
    command, environment = neo4j_command(folder / "neo4j", port, _CONFIG, PASSWORD)
    return Server("neo4j", command, folder, lambda: _answers(port), environment, start_seconds=180)


def neo4j_command(home: Path, port: int, config: Mapping[str, str], password: str) -> tuple[list[str], dict[str, str]]:
    """What starts a server over a new home with this configuration and password, and its environment."""
    places = {f"server.directories.{part}": str(home / part) for part in ("data", "logs", "run")}
    address = dict.fromkeys(("server.bolt.listen_address", "server.bolt.advertised_address"), f"127.0.0.1:{port}")
    settings = {**config, **places, **address, "dbms.security.auth_enabled": "true", "db.tx_log.preallocate": "false"}
    (home / "conf").mkdir(parents=True)
    (home / "conf" / "neo4j.conf").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    jars = toolchain.jars_of(_JARS / "ivy.xml")
    assert jars is not None, "the graph server is missing: run `make services`"
    java = [str(toolchain.find_java()), *_JVM, "-cp", f"{jars}/*"]
    environment = {"NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}
    done = subprocess.run(
        [*java, _ADMIN, "dbms", "set-initial-password", password], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"no password could be set:\n{done.stdout}{done.stderr}"
    return [*java, _SERVER, f"--home-dir={home}", f"--config-dir={home / 'conf'}"], environment


def neo4j_settings(home: Path, port: int) -> Settings:
    """Settings of a store in `home` and of the server on that port."""
    return Settings(
        home=home, neo4j_uri=f"bolt://127.0.0.1:{port}", neo4j_user=USER, neo4j_password=SecretStr(PASSWORD)
    )


def _answers(port: int) -> bool:
    """Whether the server takes statements."""
    from neo4j import GraphDatabase
    from neo4j.exceptions import DriverError, Neo4jError

    if not listens(port):
        return False
    try:
        with GraphDatabase.driver(
            f"bolt://127.0.0.1:{port}", auth=(USER, PASSWORD), connection_timeout=5, max_transaction_retry_time=1
        ) as driver:
            driver.execute_query("RETURN 1")
    except (DriverError, Neo4jError):  # whatever a server that is still starting answers
        return False
    return True


if __name__ == "__main__":
    sys.stdout.write(f"neo4j: {install()}\n")
