"""The services of docker-compose.yml as processes of this machine: same commands, environment and health checks.

What differs is only where things are: names of services become 127.0.0.1, ports become free ones, and the paths of a
container become folders of the test. What an image's own entry point does stands in `_ENTRY_POINTS`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datapilot_interfaces.secret_files import make
from datapilot_tests.services.compose import ROOT, interpolated, of_profile
from datapilot_tests.services.neo4j_server import neo4j_command
from datapilot_tests.services.server import Server, free_port

_PORTS = ("443", "3000", "4000", "5432", "7687", "8081", "8333", "15002")
_HOSTS = ("code", "neo4j", "postgres", "spark", "store", "webserver")
# A name where an address stands: before a port, or as the option of SeaweedFS.
_HOST = re.compile(rf"\b(?:{'|'.join(_HOSTS)})(?=:\d)|(?<=-ip=)store\b|(?<=host: )code\b")


@dataclass
class Machine:
    """One run of the services of a profile, in `folder`."""

    folder: Path
    profile: str
    ports: Mapping[str, str] = field(default_factory=lambda: {port: str(free_port()) for port in _PORTS})

    def __post_init__(self) -> None:
        secrets = self.folder / "secrets"
        make(secrets)
        for file in secrets.iterdir():  # the address of Postgres
            text = self._addressed(file.read_text())
            file.unlink()
            file.write_text(text)
        workspace = (ROOT / "deploy" / "workspace.yaml").read_text()
        (self.folder / "workspace.yaml").write_text(self._addressed(workspace))
        # Servers that refuse to be root read what lies here.
        self.folder.chmod(0o755)
        secrets.chmod(0o755)

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text().strip()

    def _addressed(self, text: str) -> str:
        text = _HOST.sub("127.0.0.1", text).replace("0.0.0.0", "127.0.0.1")
        return re.sub(rf"\b(?:{'|'.join(_PORTS)})\b", lambda m: self.ports[m[0]], text)

    def placed(self, name: str, value: Any) -> Any:
        """`value` of the service `name` for this machine."""
        if isinstance(value, list):
            return [self.placed(name, item) for item in value]
        text = self._addressed(str(value))
        folders = {
            "/run/secrets": self.folder / "secrets",
            "/data": self.folder / name / "data",
            "/tmp": self.folder / name / "tmp",
            "/etc/caddy": ROOT / "deploy",
            "deploy/workspace.yaml": self.folder / "workspace.yaml",
        }
        inside = re.compile(rf"(?<![\w./])(?:{'|'.join(map(re.escape, folders))})\b")
        return inside.sub(lambda m: str(folders[m[0]]), text)

    def server(self, name: str) -> Server:
        """The service as Compose would start it; ready when its own health check says so."""
        service = interpolated(of_profile(self.profile)[name], {})
        folder = self.folder / name
        for part in ("data", "tmp"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        environment = {k: self.placed(name, v) for k, v in service.get("environment", {}).items()}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment |= {"TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(ROOT)}
        command = self.placed(name, service.get("command", []))
        user = None
        if name.removesuffix("-dev") in _ENTRY_POINTS:
            command, more, user = _ENTRY_POINTS[name.removesuffix("-dev")](self, folder, command, environment)
            environment |= more
        check = self.placed(name, service["healthcheck"]["test"][1:])

        def healthy() -> bool:
            done = subprocess.run(check, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, timeout=120)
            return done.returncode == 0

        command = [shutil.which(command[0], path=environment["PATH"]) or command[0], *command[1:]]
        return Server(name, command, folder, healthy, environment, start_seconds=240, user=user)


_Start = tuple[Sequence[str], dict[str, str], str | None]


def _postgres(machine: Machine, folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> _Start:
    """What the image does: the database of POSTGRES_USER with its password, once; then the server."""
    user = "postgres" if os.geteuid() == 0 else None
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    shutil.chown(folder / "data", user or os.geteuid())
    data = ["-D", str(folder / "data")]
    initialize = [str(programs / "initdb"), *data, f"--username={environment['POSTGRES_USER']}", "--no-sync"]
    initialize += [f"--pwfile={environment['POSTGRES_PASSWORD_FILE']}", *environment["POSTGRES_INITDB_ARGS"].split()]
    subprocess.run(initialize, user=user, cwd="/", check=True, stdout=subprocess.DEVNULL)
    create = f'CREATE DATABASE "{environment["POSTGRES_DB"]}"'
    once = [str(programs / "postgres"), "--single", *data, "postgres"]
    subprocess.run(once, user=user, cwd="/", check=True, stdout=subprocess.DEVNULL, input=create.encode())
    start = [str(programs / "postgres"), *data, "-p", machine.ports["5432"]]
    return (
        [*start, "--listen_addresses=127.0.0.1", "--unix_socket_directories="],
        {"PGPORT": machine.ports["5432"]},
        user,
    )


def _neo4j(machine: Machine, folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> _Start:
    """What the image does: `NEO4J_a_b__c` is the setting `a.b_c`, and the password is that of the file."""
    given = {name.removeprefix("NEO4J_"): value for name, value in environment.items() if name.startswith("NEO4J_")}
    _, password = Path(given.pop("AUTH_FILE")).read_text().strip().split("/")
    config = {re.sub("__?", lambda m: "." if m[0] == "_" else "_", name): value for name, value in given.items()}
    return *neo4j_command(folder / "data" / "neo4j", int(machine.ports["7687"]), config, password), None


def _proxy(machine: Machine, folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> _Start:
    """Ports that anybody may open."""
    ports = {"DATAPILOT_PROXY_HTTPS_PORT": machine.ports["443"], "DATAPILOT_PROXY_HTTP_PORT": str(free_port())}
    ports["DATAPILOT_PROXY_HEALTH_PORT"] = machine.ports["8081"]
    return command, {**ports, "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "tmp")}, None


def _store(machine: Machine, folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> _Start:
    """Inner ports that another SeaweedFS on this machine does not take."""
    inner = ("master.port", "filer.port", "volume.port")
    ports = [f"-{name}={free_port()}" for name in inner]
    return [*command, *ports, *(f"-{name}.grpc={free_port()}" for name in (*inner, "s3.port"))], {}, None


_ENTRY_POINTS: Mapping[str, Callable[[Machine, Path, Sequence[str], Mapping[str, str]], _Start]] = {
    "neo4j": _neo4j,
    "postgres": _postgres,
    "proxy": _proxy,
    "store": _store,
}


def start_order(profile: str) -> list[str]:
    """Services of the profile, each after those that it depends on."""
    waiting, order = dict(of_profile(profile)), []
    while waiting:
        name = next(n for n, s in waiting.items() if not s.get("depends_on", {}).keys() & waiting.keys())
        order.append(name)
        del waiting[name]
    return order


@contextmanager
def running(folder: Path, profile: str) -> Iterator[Machine]:
    """Start the services of the profile in their order; stops them in the opposite one, in any case."""
    machine = Machine(folder, profile)
    with ExitStack() as stack:
        for name in start_order(profile):
            if name != "check":
                stack.enter_context(machine.server(name))
        yield machine
