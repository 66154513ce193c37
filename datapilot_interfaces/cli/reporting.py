"""`report`: what became of every file, for the person who sent it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from datapilot_interfaces.cli.errors import CommandError
from datapilot_interfaces.cli.options import FormatOption, OrgOption
from datapilot_interfaces.cli.output import Format, emit, write_table
from datapilot_interfaces.cli.platform import platform

FATES = ("file", "verdict", "records", "accepted", "superseded", "quarantined", "ignored")
_COLUMNS = (*FATES, "effects", "reason", "detail", "notices", "reasons", "source", "sha256")
_EFFECTS = ("file", "month", "measure", "currency", "before", "after")
_REASONS = ("file", "code", "count", "text", "remedy")


def report(
    org: OrgOption,
    file: Annotated[str | None, typer.Option("--file", help="Only files of this name or sha256.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Records by fate, reasons with their remedies, and the effect on the KPIs, per file that landed."""
    from datapilot_assets.reports import file_reports

    services = platform()
    rows = file_reports(services, services.registry.get(org), file)
    if file is not None and not rows:
        raise CommandError("FILE_UNKNOWN", f"{org} has no file {file!r}", f"see `datapilot report --org {org}`")
    if form is Format.TABLE:
        _write_report(rows)
    else:
        emit(rows, form, _COLUMNS)


def _write_report(rows: list[dict[str, Any]]) -> None:
    write_table(rows, FATES, sys.stdout)
    for title, columns, parts in (("Reasons", _REASONS, "reasons"), ("Effect on the KPIs", _EFFECTS, "effects")):
        if flat := [{"file": row["file"], **part} for row in rows for part in row[parts]]:
            write_table(flat, columns, sys.stdout, title)
    for row in rows:
        for text in (row["detail"], *row["notices"]):
            if text:
                typer.echo(f"{row['file']}: {text}")
