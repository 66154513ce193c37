"""`report`: what became of every file, for the person who sent it."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Annotated, Any

import typer

from datapilot_interfaces.cli.errors import CommandError
from datapilot_interfaces.cli.options import FormatOption, OrgOption
from datapilot_interfaces.cli.output import Format, emit, write_table
from datapilot_interfaces.cli.platform import platform

FATES = ("file", "verdict", "records", "accepted", "superseded", "quarantined", "ignored")
_COLUMNS = (
    *FATES,
    *("effects", "reason", "detail", "reasons", "notices", "next_steps", "share_accepted", "accepted_amounts"),
    *("first_date", "last_date", "months", "kept_months", "read_as", "pending", "source", "arrived_at", "sha256"),
    "stored_at",
)
# More files than these are an overview; whoever wants one file names it.
_TOLD_WHOLE = 3


class Language(str, Enum):
    PORTUGUESE = "pt-BR"
    ENGLISH = "en"


def report(
    org: OrgOption,
    file: Annotated[str | None, typer.Option("--file", help="Only files of this name or sha256.")] = None,
    language: Annotated[Language | None, typer.Option(help="Else the organization's.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """What of each file was accepted, what not and why, what changed in the figures, and what to do."""
    from datapilot_assets.reports import file_reports

    services = platform()
    organization = services.registry.get(org)
    locale = language.value if language else organization.locale
    rows = file_reports(services, organization, file, locale)
    if file is not None and not rows:
        raise CommandError("FILE_UNKNOWN", f"{org} has no file {file!r}", f"see `datapilot report --org {org}`")
    if form is not Format.TABLE:
        emit(rows, form, _COLUMNS)
    elif rows and (file is not None or len(rows) <= _TOLD_WHOLE):
        _tell(rows, locale)
    else:
        write_table(rows, (*FATES, "reason"), sys.stdout)
        if rows:
            typer.echo(f"one file in words (replace NAME): datapilot report --org {org} --file NAME", err=True)


def _tell(rows: list[dict[str, Any]], locale: str) -> None:
    """Whole reports: laid out on a terminal, markdown for a file or a pipe."""
    from rich.console import Console
    from rich.markdown import Markdown

    from datapilot_assets.reports import FileReport, report_markdown

    console = Console(file=sys.stdout)
    for row in rows:
        text = report_markdown(FileReport.model_validate(row), locale)
        if console.is_terminal:
            console.print(Markdown(text))
        else:
            typer.echo(text)
        typer.echo(f"kept in the store as {row['stored_at']}", err=True)
