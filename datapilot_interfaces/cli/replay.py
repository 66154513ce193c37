"""`replay`: kept files decoded again after a mapping, a setting or the decoder changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from datapilot_domain.reasons import REASONS
from datapilot_interfaces.cli.errors import CommandError, Exit, error_line
from datapilot_interfaces.cli.findings import finding_line
from datapilot_interfaces.cli.options import FormatOption, OrgOption
from datapilot_interfaces.cli.output import Format, Row, emit
from datapilot_interfaces.cli.platform import platform

if TYPE_CHECKING:
    from datapilot_assets.landing.replay import Replayed
    from datapilot_domain.organizations import Organization

COLUMNS = ("file", "source", "sha256", "outcome", "before", "verdict", "reason", "months", "records")


def replay(
    org: OrgOption,
    file: Annotated[
        str | None, typer.Option("--file", metavar="NAME|SHA", help="Only files of this name or sha256.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Decide kept files again under today's mappings, settings and decoder; then `run` restates their months."""
    from datapilot_assets.landing.replay import FileNotLanded, Replay, select
    from datapilot_assets.landing.replay import replay as decide_again
    from datapilot_assets.runs import run_replay

    services = platform()
    organization = services.registry.get(org)
    try:
        places = select(services.lakehouse.landing_log(org).entries, file)
    except FileNotLanded as error:
        what = f"{org} has no file {file!r}"
        raise CommandError("FILE_UNKNOWN", what, f"see `datapilot report --org {org}`") from error
    if dry_run:
        results = decide_again(services, organization, places, "dry-run", dry_run=True)
    else:
        results = run_replay(services, org, places)
    emit([_row(result) for result in results], form, COLUMNS)
    for result in results:
        if result.outcome in (Replay.KEPT, Replay.FAILED):
            typer.echo(_line(result, organization), err=True)
    if all(result.outcome is Replay.UNCHANGED for result in results):
        typer.echo("nothing changed: every file still decodes to what it was", err=True)
    elif not dry_run and any(result.outcome is Replay.CHANGED for result in results):
        typer.echo(f"now restate the months: datapilot run --org {org}", err=True)
    if any(result.outcome is Replay.FAILED for result in results):
        raise typer.Exit(Exit.FAILED)
    if any(result.outcome is Replay.KEPT for result in results):
        raise typer.Exit(Exit.NOT_TAKEN)


def _row(result: Replayed) -> Row:
    return {
        "file": result.entry.file,
        "source": result.entry.source,
        "sha256": result.entry.sha256,
        "outcome": result.outcome,
        "before": result.before,
        "verdict": result.entry.verdict,
        "reason": result.reason,
        "months": result.months,
        "records": result.entry.records,
    }


def _line(result: Replayed, organization: Organization) -> str:
    reason = REASONS.get(result.reason or "")
    if reason is None:
        return error_line("REPLAY_FAILED", result.line, "nothing changed; replay it again")
    kept = "fica como estava." if organization.locale == "pt-BR" else "keeps what it had."
    return finding_line(reason, result.entry.file, result.found, result.commands, organization, kept)
