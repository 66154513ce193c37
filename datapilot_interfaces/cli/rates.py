"""`org rates`: the dated exchange rates at which an organization reports other currencies."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

from datapilot_domain.exchange_rates import ExchangeRate
from datapilot_domain.organizations import Organization
from datapilot_interfaces.cli.errors import CommandError, Exit
from datapilot_interfaces.cli.options import FormatOption, OrgArgument
from datapilot_interfaces.cli.output import Format, emit

_COLUMNS = ("org_id", "currency", "valid_on", "rate", "reporting_currency")
_FILE_COLUMNS = ["currency", "valid_on", "rate"]
_RATE = "2024-01-15=4.9123"


def rates(
    org: OrgArgument,
    currency: Annotated[str | None, typer.Argument(metavar="[CURRENCY]", help="ISO 4217 code, as in USD.")] = None,
    dated: Annotated[list[str] | None, typer.Argument(metavar="[DATE=RATE…]", help=f"As in {_RATE}.")] = None,
    file: Annotated[
        Path | None, typer.Option(help=f"CSV with the header {','.join(_FILE_COLUMNS)}.", exists=True, dir_okay=False)
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Forget the currency's rates.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """What one unit of a currency is worth in the organization's own; without rates, only show them.

    Ads in that currency are then reported in the organization's, by the rate of each day: the newest one dated on it
    or at most 31 days before. The months that change are made again by the next run.
    """
    from pydantic import ValidationError

    from datapilot_interfaces.cli.platform import platform

    if remove and (currency is None or dated or file):
        raise _usage("--remove takes a currency and nothing else")
    if dated and file:
        raise _usage("rates and --file exclude each other")
    registry = platform().registry
    organization = registry.get(org)
    given = _in_file(file) if file else [_parsed(currency, text) for text in dated or ()]
    kept = {(rate.currency, str(rate.valid_on)): rate.model_dump() for rate in organization.exchange_rates}
    if remove:
        kept = {key: rate for key, rate in kept.items() if key[0] != currency}
    kept |= {(rate["currency"], rate["valid_on"]): rate for rate in given}
    if given or remove:
        values = {**organization.model_dump(), "exchange_rates": list(kept.values())}
        try:
            organization = Organization.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            raise _usage(f"{first['msg'].removeprefix('Value error, ')}: {first['input']!r}") from error
        registry.put(organization)
    shown = [rate for rate in organization.exchange_rates if currency in (None, rate.currency)]
    emit([_row(organization, rate) for rate in shown], form, _COLUMNS)


def _parsed(currency: str | None, text: str) -> dict[str, str]:
    day, equals, rate = text.partition("=")
    if not equals or currency is None:
        raise _usage(f"{text!r} is no dated rate: write it as in USD {_RATE}")
    return {"currency": currency, "valid_on": day, "rate": rate}


def _in_file(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines)
        header = next(reader, [])
        if header != _FILE_COLUMNS:
            raise _usage(f"{path.name}, line 1: the header is {','.join(header)!r}, not {','.join(_FILE_COLUMNS)!r}")
        found = []
        for cells in reader:
            if len(cells) != len(_FILE_COLUMNS):
                raise _usage(f"{path.name}, line {reader.line_num}: {len(cells)} cells, not {len(_FILE_COLUMNS)}")
            row = dict(zip(_FILE_COLUMNS, cells, strict=True))
            _check(path, reader.line_num, row)
            found.append(row)
    return found


def _check(path: Path, line: int, row: dict[str, str]) -> None:
    from pydantic import ValidationError

    try:
        ExchangeRate.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        column = first["loc"][0]
        raise _usage(f"{path.name}, line {line}, {column}: {first['msg']}: {first['input']!r}") from error


def _row(organization: Organization, rate: ExchangeRate) -> dict[str, object]:
    return {"org_id": organization.org_id, **rate.model_dump(), "reporting_currency": organization.currency}


def _usage(problem: str) -> CommandError:
    return CommandError("USAGE", problem, "see `datapilot org rates --help`", Exit.WRONG_USAGE)
