"""`page`: a month of an organization as one HTML file that stands alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from datapilot_domain.partitions import Month
from datapilot_interfaces.cli.errors import CommandError
from datapilot_interfaces.cli.options import FormatOption, OrgOption, month_option
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.platform import platform

_COLUMNS = ("org_id", "month", "file", "insights")
_STDOUT = "-"


def page(
    org: OrgOption,
    month: Annotated[Month, month_option("--month", "The month.")],
    output: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="File to write, - for stdout; ORG-MONTH.html in this folder without it."),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """One HTML file of the month: figures, charts, insights, data quality. It loads nothing, and prints well."""
    services = platform()
    organization = services.registry.get(org)
    from datapilot_assets.pages.model import NoGold
    from datapilot_assets.pages.publish import keep_page

    try:
        made = keep_page(services, organization, month)
    except NoGold as error:
        remedy = f"land files of it and run `datapilot run --org {org}`, or see `datapilot status --org {org}`"
        raise CommandError("MONTH_EMPTY", str(error), remedy) from error
    file = output or f"{org}-{month}.html"
    if file == _STDOUT:
        sys.stdout.write(made.html)
    else:
        _write(Path(file), made.html)
    row = {"org_id": str(org), "month": month, "file": file, "insights": made.insights}
    # Stdout has one thing only.
    emit([row], form, _COLUMNS, sys.stderr if file == _STDOUT else None)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise CommandError("FILE_UNWRITABLE", f"{path}: {error.strerror}", "choose another --output") from error
