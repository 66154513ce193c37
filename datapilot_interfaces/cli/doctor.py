"""`doctor`: what this machine and these settings lack, and the remedy."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import typer

from datapilot_interfaces.cli.doctor_graph import graph_found
from datapilot_interfaces.cli.errors import Exit
from datapilot_interfaces.cli.health import Unhealthy, result
from datapilot_interfaces.cli.options import FormatOption
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.ports import port_is_free
from datapilot_interfaces.cli.store_health import store_checks

if TYPE_CHECKING:
    from datapilot_resources.settings import Settings

_COLUMNS = ("check", "ok", "found", "remedy")
_PACKAGES = ("dagster", "dagster-webserver", "pyspark", "delta-spark", "deltalake")


def doctor(form: FormatOption = Format.TABLE) -> None:
    """Check Python, packages, Java, jars, settings, registry, Dagster's home, services, the port, and of the store:
    permissions, conditional writes, fresh answers, the clock."""
    rows = [result(name, check) for name, check in (*_MACHINE, *_environment_checks())]
    emit(rows, form, _COLUMNS)
    if not all(row["ok"] for row in rows):
        raise typer.Exit(Exit.FAILED)


def _python() -> str:
    found = ".".join(map(str, sys.version_info[:3]))
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        raise Unhealthy(found, "use Python 3.10 to 3.13: make setup PYTHON=python3.11")
    return found


def _packages() -> str:
    try:
        return ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES)
    except metadata.PackageNotFoundError as error:
        raise Unhealthy(f"{error.name} is not installed", "run `make setup`") from error


def _java() -> str:
    from datapilot_resources.toolchain import ToolchainError, find_java, java_version

    try:
        java = find_java()
    except ToolchainError as error:
        raise Unhealthy(str(error), "run `make setup`") from error
    return f"{java}: {(java_version(java) or '').splitlines()[0]}"


def _jars() -> str:
    from datapilot_resources.toolchain import HASHES, ToolchainError, jars_directory

    try:
        directory = jars_directory()
    except ToolchainError as error:
        raise Unhealthy(str(error), "run `make setup`") from error
    expected = set(HASHES.read_text().splitlines())
    found = {f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}" for jar in directory.iterdir()}
    if found != expected:
        names = ", ".join(sorted(line.split()[-1] for line in found ^ expected))
        raise Unhealthy(f"{directory}: missing, unexpected or changed: {names}", "run `make setup`")
    return f"{directory}: {len(found)} jars, hashes match"


_MACHINE: tuple[tuple[str, Callable[[], str]], ...] = (
    ("python", _python),
    ("packages", _packages),
    ("java", _java),
    ("jars", _jars),
)


def _environment_checks() -> list[tuple[str, Callable[[], str]]]:
    from datapilot_resources.settings import Settings, SettingsError

    def settings() -> Settings:
        try:
            return Settings.from_environment()
        except SettingsError as error:
            raise Unhealthy(str(error), "see README, Settings") from error

    checks: dict[str, Callable[[Any], str]] = {
        "settings": lambda found: f"DATAPILOT_HOME {found.home}",
        "home": _home,
        "registry": _registry,
        "dagster home": _dagster_home,
        "spark": _spark,
        "postgres": _postgres,
        "language model": _language_model,
        "graph": graph_found,
        "deliveries": _deliveries,
    }
    bound = [(name, lambda check=check: check(settings())) for name, check in checks.items()]
    return [*bound, *store_checks(settings), ("port 3000", _port)]


def _home(settings: Settings) -> str:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.home):
            return f"{settings.home} is writable"
    except OSError as error:
        raise Unhealthy(f"{settings.home}: {error.strerror}", "name a writable folder in DATAPILOT_HOME") from error


def _registry(settings: Settings) -> str:
    from datapilot_resources.object_store import object_store
    from datapilot_resources.registry import Registry, RegistryError

    registry = Registry(object_store(settings))
    try:
        names = [registry.get(org).org_id for org in registry.list()]
    except RegistryError as error:
        raise Unhealthy(str(error), "mend or remove that object") from error
    return f"{len(names)} organizations"


def _deliveries(settings: Settings) -> str:
    from datapilot_resources.deliveries import Deliveries
    from datapilot_resources.settings import SettingsError

    try:
        plan = Deliveries.from_settings(settings)
    except SettingsError as error:
        raise Unhealthy(str(error), "see docs/alerts.md") from error
    return f"{len(plan.channels)} channels, {len(plan.routes)} routes; `datapilot alerts test` sends to them"


def _dagster_home(settings: Settings) -> str:
    inherited = os.environ.get("DAGSTER_HOME")
    if inherited and inherited != str(settings.dagster_home):
        remedy = "unset DAGSTER_HOME: runs are recorded below DATAPILOT_HOME"
        raise Unhealthy(f"DAGSTER_HOME is {inherited}, not {settings.dagster_home}", remedy)
    state = "prepared" if (settings.dagster_home / "dagster.yaml").exists() else "made by the first run"
    return f"{settings.dagster_home}: {state}"


def _spark(settings: Settings) -> str:
    if settings.spark_remote is None:
        return f"embedded, {settings.spark_memory} of memory"
    address = urlsplit(settings.spark_remote.get_secret_value())
    where = _reach(address.hostname, address.port or 15002, "start the Spark Connect server or unset SPARK_REMOTE")
    return f"Spark Connect at {where} answers"


def _postgres(settings: Settings) -> str:
    from datapilot_interfaces.cli.doctor_postgres import postgres

    return postgres(settings)


def _language_model(settings: Settings) -> str:
    if settings.llm_base_url is None:
        return "offline (no LLM_BASE_URL): insights have the offline wording"
    address = urlsplit(settings.llm_base_url)
    port = address.port or (443 if address.scheme == "https" else 80)
    where = _reach(address.hostname, port, "start it or unset LLM_BASE_URL; insights are worded offline meanwhile")
    return f"{settings.llm_model} at {where} can be reached"


def _reach(host: str | None, port: int, remedy: str) -> str:
    import socket

    try:
        with socket.create_connection((host or "", port), timeout=5):
            return f"{host}:{port}"
    except OSError as error:
        raise Unhealthy(f"{host}:{port}: {error}", remedy) from error


def _port() -> str:
    if port_is_free(3000):
        return "free"
    import urllib.request

    try:
        with urllib.request.urlopen("http://127.0.0.1:3000/server_info", timeout=5) as answer:
            if b"dagster" in answer.read(10_000):
                return "the Dagster UI is up"
    except OSError:
        pass  # not a web server: somebody else's program, as said below
    raise Unhealthy("127.0.0.1:3000 is in use by another program", "stop it, or start the UI with --port")
