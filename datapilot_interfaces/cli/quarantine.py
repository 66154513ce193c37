"""`quarantine`, `quarantine export`: the records that silver could not take, and the file that corrects them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from datapilot_interfaces.cli.errors import CommandError, Exit
from datapilot_interfaces.cli.options import AnyOrgOption, FormatOption, OrgOption
from datapilot_interfaces.cli.output import Format, emit, write_json, write_table
from datapilot_interfaces.cli.platform import platform

app = typer.Typer(invoke_without_command=True, help="Records that were not taken: list them, or export them.")
_COLUMNS = ("file", "record", "column", "reason", "text", "state", "closed_how", "closed_by", "closed_on")


@app.callback()
def quarantine(context: typer.Context, org: AnyOrgOption = None, form: FormatOption = Format.TABLE) -> None:
    """List quarantined records: open ones, and closed ones that a later file corrected or removed."""
    if context.invoked_subcommand is not None:
        return
    if org is None:
        raise CommandError("USAGE", "Missing option '--org'", "see `datapilot quarantine --help`", Exit.WRONG_USAGE)
    from datapilot_assets.quarantine import quarantine_rows

    services = platform()
    services.registry.get(org)
    emit(quarantine_rows(services, org), form, _COLUMNS)


@app.command()
def export(
    org: OrgOption,
    file: Annotated[str | None, typer.Option("--file", help="Only records of files of this name or sha256.")] = None,
    output: Annotated[Path | None, typer.Option(help="File to write; stdout without it.")] = None,
    form: FormatOption = Format.CSV,
) -> None:
    """Write the open records with their remedies: correct the cells in a spreadsheet and land the file."""
    from datapilot_assets.quarantine import correction_csv, correction_rows

    services = platform()
    organization = services.registry.get(org)
    columns, rows = correction_rows(services, organization, file)
    if output is None:
        if form is Format.CSV:
            sys.stdout.write(correction_csv(columns, rows, organization.locale))
        else:
            emit(rows, form, columns)
        return
    # With a byte order mark Excel reads the accents right.
    with output.open("w", encoding="utf-8-sig" if form is Format.CSV else "utf-8", newline="") as out:
        if form is Format.CSV:
            out.write(correction_csv(columns, rows, organization.locale))
        elif form is Format.JSON:
            write_json(rows, out)
        else:
            write_table(rows, columns, out)
