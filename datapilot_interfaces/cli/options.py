"""Options that several commands share, checked at the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from datapilot_domain.organizations import InvalidName, OrgId
from datapilot_domain.partitions import InvalidPartition, Month
from datapilot_interfaces.cli.errors import CommandError, Exit
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


def months_of(month: Month | None, start: Month | None, end: Month | None) -> list[Month] | None:
    """Months of --month or --from/--to, None of neither. Raises CommandError: both, half, or the wrong way round."""
    if month is not None and (start is not None or end is not None):
        raise CommandError("USAGE", "--month and --from/--to", "give one or the other", Exit.WRONG_USAGE)
    if (start is None) != (end is None):
        raise CommandError("USAGE", "--from and --to belong together", "give both", Exit.WRONG_USAGE)
    if start is None or end is None:
        return None if month is None else [month]
    if end < start:
        raise CommandError("USAGE", f"--from {start} is after --to {end}", "swap them", Exit.WRONG_USAGE)
    count = (end.year - start.year) * 12 + end.number - start.number + 1
    return [start.plus(n) for n in range(count)]
