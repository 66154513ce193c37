"""`up`: the Dagster UI and daemon with a warm Spark beside them. `spark`: a Spark Connect server alone."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from datapilot_interfaces.cli.errors import CommandError
from datapilot_interfaces.cli.platform import platform
from datapilot_interfaces.cli.ports import free_port, port_is_free
from datapilot_interfaces.cli.supervisor import Program, supervise

if TYPE_CHECKING:
    from datapilot_resources.settings import Settings

# pyspark's own variable: a server started with it refuses whoever does not have it.
_TOKEN = "SPARK_CONNECT_AUTHENTICATE_TOKEN"


def up(
    port: Annotated[int, typer.Option(help="Port of the UI on 127.0.0.1.", min=1, max=65535)] = 3000,
    embedded: Annotated[
        bool, typer.Option("--embedded", help="A Spark in each run's process instead of a warm one for all.")
    ] = False,
) -> None:
    """Start the Dagster UI and its daemon on 127.0.0.1; what lands in an inbox then becomes gold by itself.

    Beside them a Spark Connect server of their own, unless SPARK_REMOTE names one. Ctrl-C ends all.
    """
    if not port_is_free(port):
        raise CommandError("PORT_TAKEN", f"127.0.0.1:{port} is in use", "choose another: datapilot up --port 3001")
    settings = platform().settings
    if embedded and settings.spark_remote is not None:
        raise CommandError("USAGE", "--embedded, and SPARK_REMOTE is set", "leave one of them out")
    programs: list[Program] = []
    # Runs are processes of their own: they must find the same home, whatever their folder.
    environment = {"DATAPILOT_HOME": str(settings.home)}
    if settings.spark_remote is None and not embedded:
        server, found_by = _own_spark(settings)
        programs.append(server)
        environment |= found_by
    from datapilot_assets.dagster_home import prepare_dagster_home

    prepare_dagster_home(settings.from_environment({**os.environ, **environment}))
    typer.echo(f"inboxes: {settings.store_root}/inbox · UI: http://127.0.0.1:{port}", err=True)
    command = ["dagster", "dev", "-m", "datapilot_assets.definitions", "-h", "127.0.0.1", "-p", str(port)]
    programs.append(Program("Dagster", [sys.executable, "-m", *command], environment, stop_signal=signal.SIGINT))
    raise typer.Exit(supervise(programs))


def _own_spark(settings: Settings) -> tuple[Program, dict[str, str]]:
    """A Spark Connect server for this `up` alone, and the variables by which its runs reach it."""
    from datapilot_resources.spark_jvm import connect_server_command, jvm_environment

    port = free_port()
    token = os.environ.get(_TOKEN) or secrets.token_hex(32)
    environment = {**jvm_environment(settings), _TOKEN: token}
    server = Program("Spark", connect_server_command(settings, port), environment, restarted=True)
    # `localhost`: the only host to which pyspark sends a token without TLS.
    return server, {"SPARK_REMOTE": f"sc://localhost:{port}", _TOKEN: token}


def spark(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 15002,
) -> None:
    """Run a Spark Connect server for the settings of the environment, until Ctrl-C.

    It asks no credential: whoever reaches its port may read and write the whole store. Listen elsewhere than on the
    loopback only in a network that holds nobody else, or set SPARK_CONNECT_AUTHENTICATE_TOKEN here and for the runs.
    """
    settings = platform().settings
    if settings.spark_remote is not None:
        raise CommandError("USAGE", "SPARK_REMOTE is set: there is a server already", "unset it for this command")
    if not port_is_free(port, host):
        raise CommandError("PORT_TAKEN", f"{host}:{port} is in use", "choose another: datapilot spark --port 15003")
    from datapilot_resources.spark_jvm import connect_server_command, jvm_environment

    command = connect_server_command(settings, port, host)
    typer.echo(f"Spark Connect: SPARK_REMOTE=sc://{host}:{port}", err=True)
    # No process in between: signals reach Java itself.
    os.execve(command[0], command, {**os.environ, **jvm_environment(settings)})
