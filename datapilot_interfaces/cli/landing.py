"""`land`: files in."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError

from datapilot_domain.landing import Declaration, Verdict
from datapilot_domain.organizations import MAIN_SOURCE, Organization
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import REASONS
from datapilot_interfaces.cli.errors import CommandError, Exit, error_line
from datapilot_interfaces.cli.findings import finding_line
from datapilot_interfaces.cli.options import FormatOption, OrgOption, month_option
from datapilot_interfaces.cli.output import Format, Row, emit
from datapilot_interfaces.cli.platform import platform

if TYPE_CHECKING:
    from datapilot_assets.landing.intake import Landed
    from datapilot_resources.platform import Platform

COLUMNS = ("file", "sha256", "verdict", "reason", "months", "records")
_NOT_TAKEN = (Verdict.REFUSED, Verdict.HELD, Verdict.WAITING)


def land(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files to land, in this order.")],
    org: OrgOption,
    source: Annotated[str, typer.Option(help="Source of the files, as in shopee.")] = MAIN_SOURCE,
    complete: Annotated[Month | None, month_option("--complete", "The file is this whole month of its source.")] = None,
    part: Annotated[str | None, typer.Option(metavar="i/n", help="Part of the complete month.")] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="T", help="ISO 8601 time of the data; local to the organization.")
    ] = None,
    replaces: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name or sha256 of the file that this one replaces.")
    ] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Take a file that was held.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Copy files to the organization's inbox and take them in at once."""
    from datapilot_assets.landing.ads.decode import is_ads
    from datapilot_assets.landing.inbox import inbox_key

    services = platform()
    organization = services.registry.get(org)
    declaration = read_declaration(complete, part, as_of, replaces, confirm, time_zone=organization.time_zone)
    for path in files:
        if not path.is_file():
            raise CommandError("FILE_NOT_FOUND", f"{path} is not a file", "check the path", Exit.WRONG_USAGE)
    of_set = set_of([path for path in files if is_ads(path)])
    keys = [
        inbox_key(org, source, declaration.model_copy(update={"set_id": of_set.get(path)}), path.name) for path in files
    ]
    answer(services, organization, list(zip(keys, files, strict=True)), form)


def set_of(pages: list[Path]) -> dict[Path, str]:
    """The name of the set that several files of ads data are, being landed together (R26); a single one is none."""
    from datapilot_assets.landing.intake import sha256_of

    if len(pages) < 2:
        return {}
    sums = sorted(sha256_of(path) for path in pages)
    return dict.fromkeys(pages, hashlib.sha256("".join(sums).encode()).hexdigest()[:16])


def answer(services: Platform, organization: Organization, drops: list[tuple[str, Path]], form: Format) -> None:
    """Take the files in and tell what became of them. Raises typer.Exit unless all were taken."""
    org = organization.org_id
    landed, problems = take_in(services, drops)
    rows = [landed_row(item) for item in landed if item.entry.org_id == org]
    emit(rows, form, COLUMNS)
    not_taken = [item for item in landed if item.entry.org_id == org and item.verdict in _NOT_TAKEN]
    for item in not_taken:
        typer.echo(verdict_line(item, organization), err=True)
    for problem in problems:
        typer.echo(error_line("INTAKE_FAILED", problem, "the file stays in the inbox; land it again"), err=True)
    if problems:
        raise typer.Exit(Exit.FAILED)
    if not_taken or len(rows) < len(drops):
        if len(rows) < len(drops):
            remedy = f"see `datapilot report --org {org}`"
            typer.echo(error_line("TAKEN_ELSEWHERE", "another intake takes the rest", remedy), err=True)
        raise typer.Exit(Exit.NOT_TAKEN)


def settled(landed: list[Landed]) -> list[Landed]:
    """The answers after all files: a page that waited for one of the others is accepted with it."""
    joined = {(item.entry.org_id, place) for item in landed for place in item.entry.joins}
    return [
        replace(item, verdict=Verdict.ACCEPTED, reason=None, found=None)
        if item.verdict is Verdict.WAITING and (item.entry.org_id, item.entry.place) in joined
        else item
        for item in landed
    ]


def read_declaration(
    complete: Month | None,
    part: str | None,
    as_of: str | None,
    replaces: str | None,
    confirm: bool,
    time_zone: str,
) -> Declaration:
    """The declaration that the options make. Raises CommandError (wrong usage)."""
    values: dict[str, Any] = {"complete": complete, "replaces": replaces, "confirm": confirm}
    try:
        if part is not None:
            index, _, total = part.partition("/")
            values["part"] = (int(index), int(total))
    except ValueError as error:
        raise _wrong_usage(f"--part {part}: write i/n, as in 1/2") from error
    try:
        if as_of is not None:
            # Python 3.10 reads neither a final Z nor a comma.
            moment = dt.datetime.fromisoformat(as_of.replace("Z", "+00:00"))
            if moment.microsecond:
                raise _wrong_usage(f"--as-of {as_of}: whole seconds only")
            values["as_of"] = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(time_zone))
    except ValueError as error:
        raise _wrong_usage(f"--as-of {as_of}: write ISO 8601, as in 2024-02-12T03:00") from error
    try:
        return Declaration.model_validate(values)
    except ValidationError as error:
        raise _wrong_usage(error.errors()[0]["msg"].removeprefix("Value error, ")) from error


def _wrong_usage(what: str) -> CommandError:
    return CommandError("USAGE", what, "see `datapilot land --help`", Exit.WRONG_USAGE)


def take_in(services: Platform, drops: list[tuple[str, Path]]) -> tuple[list[Landed], list[str]]:
    """Copy files to their inbox keys and run intake; answers and problems, in the order given.

    Two files with one key go in one after the other, and what already waits under a key goes in first:
    a file in the inbox is never written over.
    """
    from datapilot_assets.runs import IntakeFailed, run_intake

    landed: list[Landed] = []
    problems: list[str] = []

    def run(keys: list[str]) -> None:
        try:
            landed.extend(run_intake(services, keys))
        except IntakeFailed as error:
            landed.extend(error.landed)
            problems.extend(error.errors)

    waiting = [key for key in dict(drops) if services.store.exists(key)]
    if waiting:
        run(waiting)
    batch: list[str] = []
    for key, path in drops:
        if key in batch:
            run(batch)
            batch = []
        if services.store.exists(key):
            problems.append(f"{path}: a file of that name still waits in the inbox ({key})")
            continue
        services.store.write_file(key, path)
        batch.append(key)
    if batch:
        run(batch)
    return settled(landed), problems


def landed_row(item: Landed) -> Row:
    taken = item.verdict is not Verdict.REFUSED
    return {
        "file": item.file,
        "sha256": item.sha256,
        "verdict": item.verdict,
        "reason": item.reason,
        "months": sorted(item.entry.months) if taken else [],
        "records": item.entry.records if taken else 0,
    }


def verdict_line(item: Landed, organization: Organization) -> str:
    """What became of a file that was not taken, worded as its report words it, in the organization's language."""
    reason = REASONS.get(item.reason or "")
    if reason is None:
        return error_line((item.reason or item.verdict.value).upper(), item.line)
    return finding_line(reason, item.file, item.found, item.commands, organization)
