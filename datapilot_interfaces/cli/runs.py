"""`run`: refinement at once."""

from __future__ import annotations

from typing import Annotated

import typer

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_interfaces.cli.errors import Exit, error_line
from datapilot_interfaces.cli.options import FormatOption, month_option, months_of
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.platform import organizations, platform

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
    months = months_of(month, start, end)
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


def _check_calendar(months: list[Month], first: Month) -> None:
    import datetime as dt

    from datapilot_domain.partitions import Calendar

    calendar = Calendar(first, dt.datetime.now(dt.timezone.utc).date())
    for month in months:
        calendar.check(month)
