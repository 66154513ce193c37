"""`serving`: what is served from Postgres, and who may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from datapilot_interfaces.cli.errors import CommandError
from datapilot_interfaces.cli.options import AnyOrgOption, FormatOption, OrgOption
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.platform import organizations, platform

if TYPE_CHECKING:
    from datapilot_resources.platform import Platform

app = typer.Typer(help="Gold and insights in Postgres, for Power BI and any SQL tool.", no_args_is_help=True)
_STATUS = ("org_id", "table", "month", "state", "rows")


@app.command("status")
def status(org: AnyOrgOption = None, form: FormatOption = Format.TABLE) -> None:
    """Every table and month: current, stale (the next run loads it) or off (no database is set)."""
    from datapilot_assets.serving.state import serving_status

    services = platform()
    emit([row for name in organizations(services, org) for row in serving_status(services, name)], form, _STATUS)


@app.command("grant")
def grant(org: OrgOption, form: FormatOption = Format.TABLE) -> None:
    """Let the organization's own role read its schema, under a new password: shown once, kept nowhere."""
    from datapilot_resources.serving_readers import grant_reader, reader_name
    from datapilot_resources.serving_tables import schema_name

    services = _with_serving(org)
    address = grant_reader(services.serving, org).render_as_string(hide_password=False)
    row = {"org_id": org, "role": reader_name(org), "schema": schema_name(org), "connection": address}
    if form is Format.TABLE:
        typer.echo(address)  # whole on one line, however long
    else:
        emit([row], form, tuple(row))
    typer.echo(
        f"{reader_name(org)} reads {schema_name(org)}; the password is shown this once, a new grant ends it", err=True
    )


@app.command("revoke")
def revoke(org: OrgOption, form: FormatOption = Format.TABLE) -> None:
    """Take the role's rights away, from open sessions too. The tables stay, and are loaded as before."""
    from datapilot_resources.serving_readers import reader_name, revoke_reader

    services = _with_serving(org)
    state = "revoked" if revoke_reader(services.serving, org) else "absent"
    emit([{"org_id": org, "role": reader_name(org), "state": state}], form, ("org_id", "role", "state"))


def _with_serving(org: OrgOption) -> Platform:
    services = platform()
    services.registry.get(org)
    if services.settings.serving is None:
        remedy = "set DATAPILOT_SERVING_URL or DATAPILOT_POSTGRES_URL"
        raise CommandError("SERVING_OFF", "no database to serve from", remedy)
    return services
