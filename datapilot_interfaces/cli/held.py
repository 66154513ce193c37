"""`held`, `decide`: files that wait for somebody's word, and that word."""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from datapilot_domain.findings import Command
from datapilot_domain.held import decided, find_open
from datapilot_domain.landing import LandingEntry
from datapilot_domain.organizations import Organization, parse_source_id
from datapilot_domain.partitions import Month
from datapilot_interfaces.cli.errors import CommandError, Exit
from datapilot_interfaces.cli.landing import COLUMNS as LANDED_COLUMNS
from datapilot_interfaces.cli.landing import answer
from datapilot_interfaces.cli.options import FormatOption, OrgOption, month_option
from datapilot_interfaces.cli.output import Format, Row, emit, write_table
from datapilot_interfaces.cli.platform import platform

_SHOWN = ("file", "source", "verdict", "reason", "at_stake", "currency", "records", "months")
_COLUMNS = (*_SHOWN, "arrived_at", "detail", "decide", "sha256")


def held(org: OrgOption, form: FormatOption = Format.TABLE) -> None:
    """List files that wait for a decision: why, the money at stake, and the commands that decide."""
    from datapilot_assets.landing.overview import held_files

    services = platform()
    organization = services.registry.get(org)
    files = held_files(services, organization)
    rows = [_held_row(entry, commands, organization) for entry, commands in files]
    if form is not Format.TABLE:
        emit(rows, form, _COLUMNS)
        return
    write_table(rows, _SHOWN, sys.stdout)
    for row, (_, commands) in zip(rows, files, strict=True):
        ways = (f"  {way.purpose.words(organization.locale)}:\n    {way.command}" for way in commands)
        typer.echo("\n".join([f"{row['file']}: {row['detail']}", *ways]))


def _held_row(entry: LandingEntry, commands: Sequence[Command], organization: Organization) -> Row:
    return {
        "file": entry.file,
        "sha256": entry.sha256,
        "source": entry.source,
        "verdict": entry.verdict,
        "reason": entry.reason,
        "at_stake": entry.at_stake,
        "currency": organization.currency,
        "records": entry.records,
        "months": sorted(entry.months),
        "arrived_at": entry.arrived_at,
        "detail": entry.found.words(organization.locale) if entry.found else "",
        "decide": [way.command for way in commands],
    }


def decide(
    file: Annotated[str, typer.Argument(metavar="FILE|SHA", help="Name or sha256 (8 characters do) of a held file.")],
    org: OrgOption,
    confirm: Annotated[bool, typer.Option("--confirm", help="Take it as it is.")] = False,
    source: Annotated[str | None, typer.Option(help="It is of this other source.")] = None,
    replaces: Annotated[
        str | None, typer.Option(metavar="NAME", help="It replaces the file of this name or sha256.")
    ] = None,
    complete: Annotated[Month | None, month_option("--complete", "It is this whole month of its source.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Look at it again, as after `mapping set`.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="It does not count.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Decide on a held file: its kept bytes are landed again with what you say, as of when it arrived."""
    from datapilot_assets.landing.inbox import inbox_key
    from datapilot_assets.landing.kept import fetch_bytes
    from datapilot_assets.runs import reject as run_reject

    choice: dict[str, Any] = {"replaces": replaces, "complete": complete}
    choice = {name: value for name, value in choice.items() if value is not None}
    said = [*choice, *(["source"] if source else []), *(["again"] if again else []), *(["reject"] if reject else [])]
    if len(said) > 1 or not (said or confirm) or (confirm and (again or reject)):
        what = f"say one of --confirm, --source, --replaces, --complete, --again, --reject; got {len(said)}"
        raise CommandError("USAGE", what, "see `datapilot decide --help`", Exit.WRONG_USAGE)
    services = platform()
    organization = services.registry.get(org)
    found = find_open(services.lakehouse.landing_log(org).entries, file)
    if len(found) != 1:
        names = ", ".join(f"{entry.file} ({entry.sha256[:12]})" for entry in found)
        what = f"{file!r} is {'several held files: ' + names if found else 'no held file of ' + str(org)}"
        raise CommandError("FILE_UNKNOWN", what, f"see `datapilot held --org {org}`")
    (entry,) = found
    if reject:
        closed = run_reject(services, entry, dt.datetime.now(dt.timezone.utc))
        row = {name: getattr(closed, name) for name in ("file", "sha256", "verdict", "reason")}
        emit([{**row, "months": [], "records": 0}], form, LANDED_COLUMNS)
        return
    declaration = decided(entry, **choice, **({"confirm": True} if confirm else {}))
    key = inbox_key(org, parse_source_id(source or entry.source), declaration, entry.file)
    with tempfile.TemporaryDirectory(prefix="datapilot-decide-") as directory:
        answer(services, organization, [(key, fetch_bytes(services, entry, Path(directory)))], form)
