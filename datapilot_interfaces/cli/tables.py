"""`status`, `show`: what the lake holds, read without a JVM."""

from __future__ import annotations

from operator import itemgetter
from typing import Annotated, Any

import typer

from datapilot_domain.contracts import CONTRACTS, TableContract
from datapilot_domain.contracts.ads import SILVER_CAMPAIGNS
from datapilot_domain.ledger import counted_entries
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_domain.rows import in_order
from datapilot_interfaces.cli.errors import CommandError, Exit
from datapilot_interfaces.cli.options import AnyOrgOption, FormatOption, OrgOption, month_option
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.platform import organizations, platform

STATUS_COLUMNS = ("org_id", "table", "month", "fingerprint", "committed_version", "rows", "state")


def status(org: AnyOrgOption = None, form: FormatOption = Format.TABLE) -> None:
    """State of every table and month: current, stale (work to do) or failed (a gate kept the last good one)."""
    from datapilot_assets.landing.replay import older_recipe
    from datapilot_assets.status import table_status

    services = platform()
    wanted = organizations(services, org)
    emit([row for name in wanted for row in table_status(services, name)], form, STATUS_COLUMNS)
    for name in wanted:
        older = older_recipe(services.lakehouse.landing_log(name).entries, services.registry.get(name))
        if older:
            what = f"{len(older)} files of {name} were decoded under an older mapping, setting or decoder"
            typer.echo(f"{what}: see `datapilot replay --org {name} --dry-run`", err=True)


def show(
    table: Annotated[str, typer.Argument(help="LAYER.TABLE, as in gold.sales_month.")],
    org: OrgOption,
    month: Annotated[Month | None, month_option("--month", "Only this month.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Rows of a table, in the order of its key. Clear personal data and the fingerprint are left out."""
    contract = CONTRACTS.get(table)
    if contract is None:
        names = ", ".join(sorted(CONTRACTS))
        raise CommandError("TABLE_UNKNOWN", f"no table {table!r}", f"choose one of {names}", Exit.WRONG_USAGE)
    if month is not None and contract.scope != "month":
        raise CommandError("USAGE", f"{table} is not monthly", "leave --month away", Exit.WRONG_USAGE)
    services = platform()
    services.registry.get(org)
    emit(table_rows(services, contract, org, month), form, shown_columns(contract))


def _campaign(campaign: dict[str, Any]) -> tuple[Any, ...]:
    """What all versions of a campaign have in common."""
    return tuple(campaign[name] for name in SILVER_CAMPAIGNS.key if name != "valid_from")


def shown_columns(contract: TableContract) -> tuple[str, ...]:
    return tuple(column.name for column in contract.shown)


def table_rows(services: Any, contract: TableContract, org: OrgId, month: Month | None) -> list[dict[str, Any]]:
    """Shown columns of the organization's rows, ordered by month, rank where there is one, and key.

    Of campaigns only the current versions.
    """
    months = None if month is None else [month]
    found = services.lakehouse.read(contract, org, months, columns=shown_columns(contract))
    maps = [column.name for column in contract.columns if column.type.startswith("map<")]
    rows = [
        {name: dict(value) if name in maps and value is not None else value for name, value in row.items()}
        for row in found.to_pylist()
    ]
    if contract.layer == "bronze":
        # Rows that no entry of the landing log names are invisible: their intake did not end.
        log = services.lakehouse.landing_log(org)
        named = {entry.content_id for entry in counted_entries(log.entries, contract.family)}
        rows = [row for row in rows if row["content_id"] in named]
    if contract == SILVER_CAMPAIGNS:
        newest = {_campaign(row): row for row in sorted(rows, key=itemgetter("valid_from"))}
        rows = list(newest.values())
    return in_order(contract, rows)
