"""`source list`, `source set`: which sources count, and how much of one is in another."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from datapilot_domain.contracts import FAMILY_CONTRACTS
from datapilot_domain.organizations import SourceSettings, parse_ads_account, parse_source_id
from datapilot_domain.partitions import Month
from datapilot_interfaces.cli.errors import CommandError, Exit
from datapilot_interfaces.cli.options import FormatOption, OrgOption
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.platform import platform

app = typer.Typer(help="Sources of an organization: their roles and how they overlap.", no_args_is_help=True)
_COLUMNS = (
    "source", "role", "decided", "files", "orders", "amount", "currency", "compared", "matched", "share",
    "matched_amount", "against", "files_are_complete", "ads_account", "due_day", "last_month",
)  # fmt: skip
_SET_COLUMNS = (
    "org_id",
    "source",
    "role_before",
    "role",
    "decided",
    "files_are_complete",
    "ads_account",
    "due_day",
    "last_month",
    "amount",
    "currency",
    "months",
)


class Role(str, Enum):
    COUNTS = "counts"
    MIRROR = "mirror"
    OFF = "off"
    AUTO = "auto"


@app.command("list")
def list_sources(org: OrgOption, form: FormatOption = Format.TABLE) -> None:
    """Every source: its role and who decided it, its orders and money, and the share that other sources have too."""
    from datapilot_assets.landing.overview import source_rows

    services = platform()
    emit(source_rows(services, services.registry.get(org)), form, _COLUMNS)


@app.command("set")
def set_source(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Source id, as in shopee.")],
    org: OrgOption,
    role: Annotated[
        Role | None, typer.Option(help="counts, mirror (out of the sums), off (bytes only), auto (as detected).")
    ] = None,
    files_are_complete: Annotated[
        bool | None,
        typer.Option("--files-are-complete/--files-merge", help="Every file is all of the months that it mentions."),
    ] = None,
    ads_account: Annotated[
        str | None,
        typer.Option(metavar="ACCOUNT", help="Ad account of tables that name none, its digits; `none` takes it back."),
    ] = None,
    due_day: Annotated[
        int | None,
        typer.Option(metavar="DAY", min=1, max=28, help="Day of the next month by which its month should be here."),
    ] = None,
    last_month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="The month in which it ended, nothing is late after it; `none`: goes on."),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Declare what a source is. The months that change are restated by the next run; earlier figures stay readable."""
    from datapilot_assets.landing.overview import source_rows
    from datapilot_assets.status import stale_months

    if all(given is None for given in (role, files_are_complete, ads_account, due_day, last_month)):
        remedy = "give --role, --files-are-complete, --ads-account, --due-day or --last-month"
        raise CommandError("USAGE", "nothing to set", remedy, Exit.WRONG_USAGE)
    services = platform()
    before = services.registry.get(org)
    name, settings = parse_source_id(source), before.source(source)
    changed: dict[str, object] = {}
    if role is not None:
        changed["role"] = None if role is Role.AUTO else role.value
    if files_are_complete is not None:
        changed["files_are_complete"] = files_are_complete
    if ads_account is not None:
        changed["ads_account"] = None if ads_account == "none" else parse_ads_account(ads_account)
    if due_day is not None:
        changed["due_day"] = due_day
    if last_month is not None:
        changed["last_month"] = None if last_month == "none" else str(Month.parse(last_month))
    after = before.with_source(name, SourceSettings.model_validate({**settings.model_dump(), **changed}))
    roles_before = {row["source"]: row["role"] for row in source_rows(services, before)}
    stale_before = {family: stale_months(services, before, family) for family in FAMILY_CONTRACTS}
    services.registry.put(after)
    rows = [
        {**row, "org_id": org, "role_before": roles_before.get(row["source"])}
        for row in source_rows(services, after)
        if row["source"] == name or roles_before.get(row["source"]) != row["role"]
    ]
    months = sorted(
        {
            month
            for family, was in stale_before.items()
            for month, fingerprint in stale_months(services, after, family).items()
            if was.get(month) != fingerprint
        }
    )
    emit([{**row, "months": months if row["role"] != row["role_before"] else []} for row in rows], form, _SET_COLUMNS)
    if months:
        typer.echo(f"months to restate: {', '.join(map(str, months))}: datapilot run --org {org}", err=True)
