"""The `datapilot` command: assembles the groups and turns every error into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click
import typer

from datapilot_interfaces.cli import (
    alerts,
    credentials,
    demo,
    doctor,
    execute,
    export,
    graph,
    held,
    insights,
    landing,
    mapping,
    organizations,
    page,
    power_bi,
    quarantine,
    replay,
    reporting,
    runs,
    serving,
    sources,
    tables,
    up,
    watchdog,
    webhook,
)
from datapilot_interfaces.cli.errors import Exit, error_line, known_error

app = typer.Typer(
    name="datapilot",
    help="Sales files of many organizations in, right monthly KPIs out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(organizations.app, name="org")
app.command("land")(landing.land)
app.command("held")(held.held)
app.command("decide")(held.decide)
app.add_typer(sources.app, name="source")
app.add_typer(mapping.app, name="mapping")
app.command("run")(runs.run)
app.command("status")(tables.status)
app.command("show")(tables.show)
app.add_typer(quarantine.app, name="quarantine")
app.command("replay")(replay.replay)
app.command("report")(reporting.report)
app.command("page")(page.page)
app.command("export")(export.export)
app.command("insights")(insights.insights)
app.command("verify")(insights.verify)
app.add_typer(alerts.app, name="alerts")
app.command("watchdog")(watchdog.watchdog)
app.add_typer(serving.app, name="serving")
app.add_typer(power_bi.app, name="power-bi")
app.command("graph")(graph.graph)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.command("up")(up.up)
app.command("spark")(up.spark)
# Options after the program's name are the program's.
app.command("exec", context_settings={"allow_interspersed_args": False})(execute.execute)
app.command("webhook")(webhook.webhook)
app.command("credentials")(credentials.credentials)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. Errors are one line on stderr, rows the only thing on stdout."""
    try:
        result = app(args=arguments, prog_name="datapilot", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as help_shown:
        typer.echo(help_shown.format_message())
        return Exit.WRONG_USAGE
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "datapilot"
        return _fail(error_line("USAGE", error.format_message(), f"see `{command} --help`"), Exit.WRONG_USAGE)
    except (click.Abort, KeyboardInterrupt):
        return _fail("STOPPED: interrupted; nothing that was reported done is lost", Exit.FAILED)
    except BrokenPipeError:
        # The reader of a pipe has gone: there is nobody to tell, and flushing again must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except Exception as error:
        known = known_error(error)
        if known is None:
            if os.environ.get("DATAPILOT_DEBUG"):
                raise
            what = f"{type(error).__name__}: {error}"
            remedy = "set DATAPILOT_DEBUG=1 for the whole trace; this is a defect, please report it"
            return _fail(error_line("UNEXPECTED", what, remedy), Exit.FAILED)
        return _fail(str(known), known.exit_code)
    return result if isinstance(result, int) else Exit.DONE


def _fail(line: str, code: Exit) -> int:
    typer.echo(line, err=True)
    return code


def main() -> None:
    raise SystemExit(int(run()))


if __name__ == "__main__":
    main()
