"""`quarantine`, `quarantine export`: the records that silver could not take, and what to do about them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datapilot_domain.contracts.sales import SALES_QUARANTINE
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.reasons import REASONS
from datapilot_interfaces.cli.errors import CommandError, Exit
from datapilot_interfaces.cli.options import AnyOrgOption, FormatOption, OrgOption
from datapilot_interfaces.cli.output import Format, emit, write_csv, write_json, write_table
from datapilot_interfaces.cli.platform import platform

if TYPE_CHECKING:
    from datapilot_resources.platform import Platform

app = typer.Typer(invoke_without_command=True, help="Records that were not taken: list them, or export them.")
_COLUMNS = ("file", "record", "column", "reason", "text", "state")
_EXPORTED = ("file", "record", "column", "reason", "remedy", "text")


@app.callback()
def quarantine(context: typer.Context, org: AnyOrgOption = None, form: FormatOption = Format.TABLE) -> None:
    """List quarantined records: open ones, and closed ones that a later file corrected or removed."""
    if context.invoked_subcommand is not None:
        return
    if org is None:
        raise CommandError("USAGE", "Missing option '--org'", "see `datapilot quarantine --help`", Exit.WRONG_USAGE)
    services = platform()
    services.registry.get(org)
    emit(quarantine_rows(services, org), form, _COLUMNS)


@app.command()
def export(
    org: OrgOption,
    output: Annotated[Path | None, typer.Option(help="File to write; stdout without it.")] = None,
    form: FormatOption = Format.CSV,
) -> None:
    """Write the open records with their remedies, safe to open in a spreadsheet."""
    services = platform()
    organization = services.registry.get(org)
    rows = [
        {**row, "reason": _reason_text(row["reason"], organization), "remedy": _remedy(row["reason"], organization)}
        for row in quarantine_rows(services, org)
        if row["state"] == "open"
    ]
    exported = [{name: row[name] for name in _EXPORTED} for row in rows]
    if output is None:
        emit(exported, form, _EXPORTED)
        return
    # With a byte order mark Excel reads the accents right.
    with output.open("w", encoding="utf-8-sig" if form is Format.CSV else "utf-8", newline="") as out:
        if form is Format.CSV:
            write_csv(exported, _EXPORTED, out)
        elif form is Format.JSON:
            write_json(exported, out)
        else:
            write_table(exported, _EXPORTED, out)


def _reason_text(code: str, organization: Organization) -> str:
    return f"{code}: {REASONS[code].text(organization.locale)}"


def _remedy(code: str, organization: Organization) -> str:
    return REASONS[code].remedy(organization.locale)


def quarantine_rows(services: Platform, org: OrgId) -> list[dict[str, Any]]:
    """One row per record that was ever quarantined, by landing order and record; column is its first failure.

    A record is open while the committed quarantine holds it, closed once an earlier version only does (R10).
    """
    lakehouse = services.lakehouse
    open_rows = lakehouse.read(SALES_QUARANTINE, org).to_pylist()
    found = {(row["landed_seq"], row["record_no"]): (row, "open") for row in open_rows}
    months_of_version: dict[int, list[Any]] = {}
    for month, states in lakehouse.history(SALES_QUARANTINE, org).items():
        for state in states[:-1]:
            if state.rows:
                months_of_version.setdefault(state.version, []).append(month)
    for version, months in sorted(months_of_version.items(), reverse=True):
        for row in lakehouse.read(SALES_QUARANTINE, org, months, version=version).to_pylist():
            found.setdefault((row["landed_seq"], row["record_no"]), (row, "closed"))
    return [_shown(row, state) for _, (row, state) in sorted(found.items(), key=lambda item: item[0])]


def _shown(row: dict[str, Any], state: str) -> dict[str, Any]:
    others = [failure for failure in row["failures"][1:] if failure != f"{row['reason']}:{row['column']}"]
    text = f"{row['text']} (also {', '.join(others)})" if others else row["text"]
    return {
        "file": row["file"],
        "record": row["record_no"],
        "column": row["column"],
        "reason": row["reason"],
        "text": text,
        "state": state,
    }
