"""Options that several commands share, checked at the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from datapilot_domain.organizations import InvalidName, OrgId
from datapilot_domain.partitions import InvalidPartition, Month
from datapilot_interfaces.cli.output import Format

T = TypeVar("T")


def _checked(parse: Callable[[str], T]) -> Callable[[Any], T]:
    """`parse` as an option's parser: what it refuses is wrong usage, with its own words."""

    def read(text: Any) -> T:
        try:
            return parse(text)
        except (InvalidName, InvalidPartition) as error:
            raise typer.BadParameter(str(error)) from error

    read.__name__ = parse.__name__
    return read


def month(text: str | Month) -> Month:
    return text if isinstance(text, Month) else Month.parse(text)


OrgOption = Annotated[OrgId, typer.Option("--org", parser=_checked(OrgId), metavar="ORG", help="Organization id.")]
AnyOrgOption = Annotated[
    OrgId | None, typer.Option("--org", parser=_checked(OrgId), metavar="ORG", help="Organization id; all without it.")
]
OrgArgument = Annotated[OrgId, typer.Argument(parser=_checked(OrgId), metavar="ORG", help="Organization id.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How rows are written to stdout.")]


def month_option(name: str, help: str) -> Any:
    return typer.Option(name, parser=_checked(month), metavar="YYYY-MM", help=help)
