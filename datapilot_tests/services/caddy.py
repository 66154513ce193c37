"""The real Caddy with deploy/Caddyfile on loopback, in front of whatever a test names."""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datapilot_tests.services.server import Server, free_port, listens

ROOT = Path(__file__).parents[2]
PERSON = "ana"
PASSWORD = "vinte-e-quatro-araras"
AUTHORITY = Path("data/caddy/pki/authorities/local/root.crt")
_BASIC = base64.b64encode(f"{PERSON}:{PASSWORD}".encode()).decode()


@dataclass(frozen=True)
class Answer:
    """One response; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Proxy:
    """A running proxy; `https://localhost:<port>` is where people find it."""

    port: int
    http_port: int
    folder: Path

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def tls(self) -> ssl.SSLContext:
        """Trusts this proxy's own authority only."""
        return ssl.create_default_context(cafile=str(self.folder / AUTHORITY))

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        """One request without a log-in; `_` in a header's name stands for `-`, and `headers` may name the Host."""
        with closing(http.client.HTTPSConnection("localhost", self.port, timeout=60, context=self.tls)) as connection:
            return send(connection, method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})

    def ask_as_person(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        """The same by somebody who is logged in."""
        return self.ask(method, path, body, **{**self.login, **headers})

    @property
    def login(self) -> dict[str, str]:
        return {"Authorization": f"Basic {_BASIC}"}

    def graphql(self, query: str, **headers: str) -> Answer:
        """A GraphQL request as the UI sends it; an empty header is left out."""
        own = {"Origin": self.origin, "Content_Type": "application/json", **headers}
        document = json.dumps({"query": query})
        return self.ask_as_person("POST", "/graphql", document, **{k: v for k, v in own.items() if v})


def send(
    connection: http.client.HTTPConnection, method: str, path: str, body: str | None, headers: Mapping[str, str]
) -> Answer:
    """One request on that connection."""
    connection.request(method, path, body, dict(headers))
    response = connection.getresponse()
    text = response.read().decode(errors="replace")
    return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, text)


@contextmanager
def caddy(folder: Path, webserver_port: int, **settings: str) -> Iterator[Proxy]:
    """Run the proxy in front of that port as the container does; `settings` as in docker-compose.yml."""
    program = shutil.which("caddy")
    assert program is not None, "the program `caddy` is missing: run `make services`"
    people = folder / "people"
    people.parent.mkdir(parents=True, exist_ok=True)
    people.write_text(f"{PERSON}:{PASSWORD}\n")
    port, http_port, health_port = free_port(), free_port(), free_port()
    environment = {
        "PATH": f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "DATAPILOT_HOST": "localhost",
        "DATAPILOT_HTTPS_PORT": str(port),
        "DATAPILOT_PROXY_HTTPS_PORT": str(port),
        "DATAPILOT_PROXY_HTTP_PORT": str(http_port),
        "DATAPILOT_PROXY_HEALTH_PORT": str(health_port),
        "DATAPILOT_WEBSERVER": f"127.0.0.1:{webserver_port}",
        "DATAPILOT_PEOPLE_FILE": str(people),
        "DATAPILOT_PEOPLE_HASHES": str(folder / "hashes"),
        **settings,
    }

    found = Proxy(port, http_port, folder)

    def ready() -> bool:
        """Whether it has its certificate, too: it listens before."""
        if not ((folder / AUTHORITY).exists() and listens(port)):
            return False
        try:
            return found.ask("GET", "/").status > 0
        except ssl.SSLError:
            return False

    with Server("caddy", ["sh", str(ROOT / "deploy" / "proxy.sh")], folder, ready, environment):
        yield found
