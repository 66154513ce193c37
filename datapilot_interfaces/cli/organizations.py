"""`org add`, `org list`, `org conversions`, `org rates`."""

from __future__ import annotations

from typing import Annotated

import typer

from datapilot_domain.extractions import PURCHASES
from datapilot_domain.organizations import Organization
from datapilot_interfaces.cli.errors import CommandError, Exit
from datapilot_interfaces.cli.options import FormatOption, OrgArgument
from datapilot_interfaces.cli.output import Format, Row, emit
from datapilot_interfaces.cli.rates import rates

app = typer.Typer(help="Organizations: add one, list all, say what converts and at which rates.", no_args_is_help=True)
app.command("rates")(rates)
_COLUMNS = ("org_id", "name", "time_zone", "currency")


@app.command()
def add(
    org: OrgArgument,
    name: Annotated[str | None, typer.Option(help="Display name; the id without it.")] = None,
    locale: Annotated[str, typer.Option(help="pt-BR or en: date order and wording.")] = "pt-BR",
    time_zone: Annotated[str, typer.Option(help="IANA name: decides the month of a sale.")] = "America/Sao_Paulo",
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")] = "BRL",
    form: FormatOption = Format.TABLE,
) -> None:
    """Add an organization. The same settings again change nothing; other settings are an error."""
    from pydantic import ValidationError

    from datapilot_interfaces.cli.platform import platform

    try:
        organization = Organization.model_validate(
            {"org_id": org, "name": name or org, "locale": locale, "time_zone": time_zone, "currency": currency}
        )
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise CommandError("USAGE", problems, "see `datapilot org add --help`", Exit.WRONG_USAGE) from error
    registry = platform().registry
    if not registry.add(organization) and _row(registry.get(org)) != _row(organization):
        raise CommandError(
            "ORGANIZATION_EXISTS", f"{org} is in the registry with other settings", "see `datapilot org list`"
        )
    emit([_row(organization)], form, _COLUMNS)


@app.command("list")
def list_organizations(form: FormatOption = Format.TABLE) -> None:
    """List every organization of the registry."""
    from datapilot_interfaces.cli.platform import platform

    registry = platform().registry
    emit([_row(registry.get(org)) for org in registry.list()], form, _COLUMNS)


@app.command()
def conversions(
    org: OrgArgument,
    types: Annotated[list[str] | None, typer.Argument(metavar="[TYPE…]", help="As in lead; none: only show.")] = None,
    default: Annotated[
        bool, typer.Option("--default", help="The first kind of purchase that an extraction has.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Which of Meta's action types count as a conversion. The months of ads are then made again by the next run."""
    from pydantic import ValidationError

    from datapilot_interfaces.cli.platform import platform

    if types and default:
        raise CommandError("USAGE", "types and --default exclude each other", "give one of them", Exit.WRONG_USAGE)
    registry = platform().registry
    organization = registry.get(org)
    if types or default:
        values = {**organization.model_dump(), "conversion_types": tuple(types or ())}
        try:
            organization = Organization.model_validate(values)
        except ValidationError as error:
            problem = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise CommandError("USAGE", problem, "see `datapilot org conversions --help`", Exit.WRONG_USAGE) from error
        registry.put(organization)
    row = {"org_id": org, "conversion_types": list(organization.conversion_types) or list(PURCHASES[:1])}
    emit([{**row, "default": not organization.conversion_types}], form, ("org_id", "conversion_types", "default"))


@app.command("target")
def target(
    org: OrgArgument,
    roas: Annotated[str | None, typer.Option(metavar="RETURN", help="As in 4 or 3.5; `none` takes it back.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """The return on ads, by its own sales, that the organization expects: below it there is an insight and an alert."""
    from pydantic import ValidationError

    from datapilot_interfaces.cli.platform import platform

    registry = platform().registry
    organization = registry.get(org)
    if roas is not None:
        values = {**organization.model_dump(), "roas_target": None if roas == "none" else roas}
        try:
            organization = Organization.model_validate(values)
        except ValidationError as error:
            problem = f"--roas {roas!r}: {error.errors()[0]['msg']}"
            raise CommandError("USAGE", problem, "see `datapilot org target --help`", Exit.WRONG_USAGE) from error
        registry.put(organization)
    emit([{"org_id": org, "roas_target": organization.roas_target}], form, ("org_id", "roas_target"))


def _row(organization: Organization) -> Row:
    return organization.model_dump(include=set(_COLUMNS))
