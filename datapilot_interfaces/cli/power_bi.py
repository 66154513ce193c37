"""`power-bi`: what was pushed to semantic models in Power BI, and a new one for an organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from datapilot_interfaces.cli.errors import CommandError, Exit
from datapilot_interfaces.cli.options import AnyOrgOption, FormatOption, OrgOption
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.platform import organizations, platform

if TYPE_CHECKING:
    from datapilot_resources.platform import Platform
    from datapilot_resources.power_bi_target import PowerBiTarget

app = typer.Typer(help="Gold pushed to a semantic model of each organization in Power BI.", no_args_is_help=True)
_STATUS = ("org_id", "table", "month", "state", "rows", "sent_at")


@app.command("status")
def status(org: AnyOrgOption = None, form: FormatOption = Format.TABLE) -> None:
    """Every table and month: current, partial, stale (the next run pushes it) or off (no semantic model is named)."""
    from datapilot_assets.power_bi.state import power_bi_status

    services = platform()
    emit([row for name in organizations(services, org) for row in power_bi_status(services, name)], form, _STATUS)


@app.command("push")
def push(org: OrgOption, form: FormatOption = Format.TABLE) -> int:
    """Push what waits, as far as the limits allow; then the status."""
    from datapilot_assets.power_bi.state import power_bi_status
    from datapilot_assets.runs import run_power_bi

    services = platform()
    target = _target(services, org)
    if target.dataset is None:
        remedy = f"add the id that `datapilot power-bi create --org {org}` prints"
        raise CommandError("POWER_BI_OFF", f"the target of {org} names no dataset", remedy)
    results = run_power_bi(services, org)
    emit(power_bi_status(services, org), form, _STATUS)
    for result in results:
        if result.error:
            typer.echo(f"POWER_BI_FAILED: {result.error}", err=True)
    return Exit.DONE if all(result.succeeded for result in results) else Exit.FAILED


@app.command("create")
def create(org: OrgOption, form: FormatOption = Format.TABLE) -> None:
    """Make a push semantic model with the target's tables, and print its id: for `dataset` in the file."""
    services = platform()
    target = _target(services, org)
    if target.dataset is not None:
        remedy = "remove `dataset` from the file to make another one"
        raise CommandError("POWER_BI_THERE", f"the target of {org} names the dataset {target.dataset}", remedy)
    dataset = services.power_bi.dataset(target).create(f"DataPilot {org}")
    row = {"org_id": org, "workspace": str(target.workspace), "dataset": dataset}
    emit([row], form, tuple(row))


def _target(services: Platform, org: OrgOption) -> PowerBiTarget:
    services.registry.get(org)
    target = services.power_bi.targets.get(org)
    if target is None:
        remedy = "add it to the section power_bi of the file of deliveries (docs/power-bi.md)"
        raise CommandError("POWER_BI_OFF", f"{org} has no target in Power BI", remedy)
    return target
