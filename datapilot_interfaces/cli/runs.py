"""`run`, `up`, `exec`: refinement at once, or the Dagster UI with the sensors that do it, or one program of it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_interfaces.cli.errors import CommandError, Exit, error_line
from datapilot_interfaces.cli.options import FormatOption, month_option
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.platform import organizations, platform
from datapilot_interfaces.cli.ports import port_is_free

_COLUMNS = ("org_id", "months", "state", "changed", "unchanged", "error")


def run(
    org: Annotated[str, typer.Option("--org", metavar="ORG|all", help="Organization id, or all.")],
    month: Annotated[Month | None, month_option("--month", "Only this month.")] = None,
    start: Annotated[Month | None, month_option("--from", "First month.")] = None,
    end: Annotated[Month | None, month_option("--to", "Last month.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Refine what landed: without months all that is pending. An unchanged month gets no new version."""
    chosen = None if org == "all" else OrgId(org)
    services = platform()
    months = _months(month, start, end)
    if months:
        _check_calendar(months, services.first_month)
    from datapilot_assets.runs import run_refine

    results = run_refine(services, organizations(services, chosen), months)
    rows = [
        {
            "org_id": result.org,
            "months": result.months,
            "state": "succeeded" if result.succeeded else "failed",
            "changed": result.changed,
            "unchanged": result.unchanged,
            "error": result.error,
        }
        for result in results
    ]
    emit(rows, form, _COLUMNS)
    failed = [result for result in results if not result.succeeded]
    for result in failed:
        stretch = f" {result.months[0]} to {result.months[-1]}" if result.months else ""
        what = f"{result.family} of {result.org}{stretch}: {result.error}"
        typer.echo(error_line("RUN_FAILED", what, f"see `datapilot report --org {result.org}`"), err=True)
    if failed:
        raise typer.Exit(Exit.FAILED)


def _months(month: Month | None, start: Month | None, end: Month | None) -> list[Month] | None:
    if month is not None and (start is not None or end is not None):
        raise CommandError("USAGE", "--month and --from/--to", "give one or the other", Exit.WRONG_USAGE)
    if (start is None) != (end is None):
        raise CommandError("USAGE", "--from and --to belong together", "give both", Exit.WRONG_USAGE)
    if start is None or end is None:
        return None if month is None else [month]
    if end < start:
        raise CommandError("USAGE", f"--from {start} is after --to {end}", "swap them", Exit.WRONG_USAGE)
    count = (end.year - start.year) * 12 + end.number - start.number + 1
    return [start.plus(n) for n in range(count)]


def _check_calendar(months: list[Month], first: Month) -> None:
    import datetime as dt

    from datapilot_domain.partitions import Calendar

    calendar = Calendar(first, dt.datetime.now(dt.timezone.utc).date())
    for month in months:
        calendar.check(month)


def up(
    port: Annotated[int, typer.Option(help="Port of the UI on 127.0.0.1.", min=1, max=65535)] = 3000,
) -> None:
    """Start the Dagster UI and its daemon on 127.0.0.1; what lands in an inbox then becomes gold by itself."""
    if not port_is_free(port):
        raise CommandError("PORT_TAKEN", f"127.0.0.1:{port} is in use", "choose another: datapilot up --port 3001")
    services = platform()
    from datapilot_assets.dagster_home import prepare_dagster_home

    prepare_dagster_home(services.settings)
    # Runs are processes of their own: they must find the same home, whatever their folder.
    os.environ["DATAPILOT_HOME"] = str(services.settings.home)
    typer.echo(f"inboxes: {services.settings.store_root}/inbox · UI: http://127.0.0.1:{port}", err=True)
    command = ["dagster", "dev", "-m", "datapilot_assets.definitions", "-h", "127.0.0.1", "-p", str(port)]
    os.execv(sys.executable, [sys.executable, "-m", *command])


def execute(
    program: Annotated[list[str], typer.Argument(metavar="PROGRAM [ARGUMENT]…", help="dagster-daemon run …, say.")],
) -> None:
    """Run one of Dagster's programs under these settings: DAGSTER_HOME is prepared, and nothing else is needed."""
    services = platform()
    from datapilot_assets.dagster_home import prepare_dagster_home

    prepare_dagster_home(services.settings)
    os.environ["DATAPILOT_HOME"] = str(services.settings.home)
    found = shutil.which(program[0], path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise CommandError(
            "NO_PROGRAM", f"{program[0]} is not installed", "name a program of `make setup`, or its path"
        )
    os.execv(found, [found, *program[1:]])
