"""`export`: months of an organization as files, each byte read back before it is told."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datapilot_domain.exports import EXPORT_FORMATS, ExportFormat, InvalidFormat, parse_formats
from datapilot_domain.partitions import Month
from datapilot_interfaces.cli.errors import CommandError
from datapilot_interfaces.cli.options import FormatOption, OrgOption, month_option, months_of
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.platform import platform

if TYPE_CHECKING:
    from datapilot_domain.organizations import Organization
    from datapilot_resources.platform import Platform

_COLUMNS = ("org_id", "month", "table", "file", "rows", "bytes", "sha256", "verified")


def _formats(text: str | tuple[ExportFormat, ...]) -> tuple[ExportFormat, ...]:
    try:
        return text if isinstance(text, tuple) else parse_formats(text)
    except InvalidFormat as error:
        raise typer.BadParameter(str(error)) from error


def export(
    org: OrgOption,
    month: Annotated[Month | None, month_option("--month", "Only this month.")] = None,
    start: Annotated[Month | None, month_option("--from", "First month.")] = None,
    end: Annotated[Month | None, month_option("--to", "Last month.")] = None,
    formats: Annotated[
        Any, typer.Option("--as", parser=_formats, metavar="LIST", help="csv,json,parquet,xlsx; all without it.")
    ] = EXPORT_FORMATS,
    output: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Copies for people too: FOLDER/ORG/MONTH/, made anew.")
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Gold and insights of each month as files in the store: what is missing is made, all of it is read back."""
    chosen = months_of(month, start, end)
    services = platform()
    organization = services.registry.get(org)
    months = _with_gold(services, organization, chosen)
    _make_missing(services, organization, months, formats)
    rows = [row for each in months for row in _told(services, organization, each, formats, output)]
    emit(rows, form, _COLUMNS)
    if wrong := [row["file"] for row in rows if not row["verified"]]:
        what = f"{len(wrong)} of {len(rows)} files are not what their manifest says, {wrong[0]}"
        remedy = f"delete it and run `datapilot export --org {org}` again; look at who else writes there"
        raise CommandError("EXPORT_DAMAGED", what, remedy)


def _with_gold(services: Platform, organization: Organization, chosen: list[Month] | None) -> list[Month]:
    """Those of the months that have gold; a named one that has none is an error, a stretch may have gaps."""
    import datetime as dt

    from datapilot_assets.exports.state import months_with_rows
    from datapilot_assets.served import lake_states
    from datapilot_domain.contracts import SERVED
    from datapilot_domain.partitions import Calendar

    org = organization.org_id
    calendar = Calendar(services.first_month, dt.datetime.now(dt.timezone.utc).date())
    for month in chosen or ():
        calendar.check(month)
    # Weeks reach into the next month: it gets its turn when it is a partition.
    found = {month for month in months_with_rows(lake_states(services, org, SERVED)) if month in calendar}
    months = sorted(found if chosen is None else found & set(chosen))
    if not months:
        asked = "" if chosen is None else f" of {' to '.join(sorted({str(chosen[0]), str(chosen[-1])}))}"
        remedy = f"land files of it and run `datapilot run --org {org}`, or see `datapilot status --org {org}`"
        raise CommandError("MONTH_EMPTY", f"{org} has no gold{asked}", remedy)
    return months


def _make_missing(
    services: Platform, organization: Organization, months: Sequence[Month], formats: Sequence[ExportFormat]
) -> None:
    from datapilot_assets.exports.state import stale_exports, stored_exports
    from datapilot_assets.served import lake_states
    from datapilot_domain.contracts import SERVED

    org = organization.org_id
    states, stored = lake_states(services, org, SERVED), stored_exports(services, org)
    missing = [month for month in stale_exports(organization, states, stored, formats) if month in months]
    if not missing:
        return
    from datapilot_assets.runs import run_exports  # seconds: only where something is to be made

    # What the setting asks for is made too, or the next run would make the month once more.
    wanted = [name for name in EXPORT_FORMATS if name in {*formats, *services.settings.exports}]
    failed = [result for result in run_exports(services, org, missing, wanted) if not result.succeeded]
    if failed:
        why = "; ".join(str(result.error) for result in failed)
        raise CommandError("EXPORT_FAILED", why, "mend it and run this again; gold is untouched")


def _told(
    services: Platform,
    organization: Organization,
    month: Month,
    formats: tuple[ExportFormat, ...],
    output: Path | None,
) -> list[dict[str, Any]]:
    """A row per file, after it was read back; with `output` the files are there too, unless one is damaged."""
    from datapilot_assets.exports.verify import latest_manifest, read_back
    from datapilot_interfaces.cli.export_folder import MonthFolder

    org = organization.org_id
    manifest = latest_manifest(services, org, month)
    if manifest is None or not set(formats) <= set(manifest.formats):
        raise CommandError("EXPORT_CHANGED", f"{org} {month} changed meanwhile", "run this again")
    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        folder = stack.enter_context(MonthFolder(output / org / str(month))) if output else None
        for found in read_back(services, manifest, formats):
            if folder and found.data is not None:
                folder.write(found.file.name, found.data)
            rows.append(
                {
                    "org_id": str(org),
                    "month": month,
                    "table": found.file.table,
                    "file": str(folder.path / found.file.name)
                    if folder
                    else f"{services.settings.store_root}/{found.key}",
                    "rows": found.file.rows,
                    "bytes": found.file.bytes,
                    "sha256": found.file.sha256,
                    "verified": found.data is not None,
                }
            )
        if folder and all(row["verified"] for row in rows):
            folder.write("manifest.json", manifest.only(formats).under("").as_bytes())
            folder.put_in_place()
    return rows
