"""`insights`, `verify`: what the pipeline wrote of a month, and every number of it once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_interfaces.cli.errors import CommandError, Exit
from datapilot_interfaces.cli.options import FormatOption, OrgOption, month_option
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.platform import platform

if TYPE_CHECKING:
    from datapilot_resources.platform import Platform

_SHOWN = ("insight_id", "severity", "text", "quantities", "author", "status", "codes")
_REJECTED = ("month", "number", "kind", "codes", "details", "text", "author", "model")
_CALLS = (
    "id", "month", "purpose", "provider", "model_returned", "response_format", "status", "input_tokens",
    "output_tokens", "tokens_estimated", "cost", "latency_ms", "started_at",
)  # fmt: skip
_TABLE_TEXT = 40
_VERIFIED = ("insight_id", "slot", "stored", "found", "table", "delta_version", "ok", "codes")


def insights(
    org: OrgOption,
    month: Annotated[Month | None, month_option("--month", "Only this month.")] = None,
    rejected: Annotated[bool, typer.Option("--rejected", help="What was not published instead, and why.")] = False,
    calls: Annotated[bool, typer.Option("--calls", help="The calls of a model instead, with tokens and cost.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Write the month's texts again first, by the model of today's settings.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Insights of the month in words, each number with the SQL and the Delta version that give it again."""
    if rejected and calls:
        raise CommandError("USAGE", "--rejected and --calls", "give one or the other", Exit.WRONG_USAGE)
    services = platform()
    organization = services.registry.get(org)
    months = None if month is None else [month]
    if again:
        _write_again(services, org, month)
    if rejected:
        from datapilot_domain.contracts.insights import REJECTED

        rows = services.lakehouse.read(REJECTED, org, months, columns=_REJECTED).to_pylist()
        emit(sorted(rows, key=lambda row: (row["month"], row["number"])), form, _REJECTED)
        return
    if calls:
        attempts = services.ledger.attempts(organization.org_id, month)
        emit([{name: getattr(attempt, name) for name in _CALLS} for attempt in attempts], form, _CALLS)
        return
    from datapilot_assets.insights.stored import published_rows, shown

    found = published_rows(services, org, months)
    if form is Format.TABLE:
        _read_out(found, organization.locale)
        _say_if_stale(services, org, months)
        return
    emit([shown(row) for row in found], form, _SHOWN)
    _say_if_stale(services, org, months)


def _write_again(services: Platform, org: OrgId, month: Month | None) -> None:
    if month is None:
        raise CommandError("USAGE", "--again without --month", "say which month", Exit.WRONG_USAGE)
    from datapilot_assets.runs import run_insights

    failed = [result for result in run_insights(services, org, [month], again=True) if not result.succeeded]
    if failed:
        raise CommandError("RUN_FAILED", f"{org} {month}: {failed[0].error}", "see `datapilot insights --rejected`")


def _read_out(rows: list[dict[str, Any]], locale: str) -> None:
    """For people: month by month, the weightiest first."""
    from datapilot_assets.insights.markdown import SEVERITIES
    from datapilot_assets.insights.offline import recommendation_text
    from datapilot_domain.locales import format_month
    from datapilot_domain.markdown import one_line

    if not rows:
        typer.echo("nothing to show")
    for place, row in enumerate(rows):
        if not place or rows[place - 1]["month"] != row["month"]:
            typer.echo(("\n" if place else "") + format_month(Month.parse(row["month"]), locale).upper())
        typer.echo(f"\n{SEVERITIES[row['severity']].of(locale)} · {one_line(row['headline'])}")
        for text in (row["body"], recommendation_text(row["recommendation"], locale)):
            if text:
                typer.echo(f"   {one_line(text)}")


def _say_if_stale(services: Platform, org: OrgId, months: list[Month] | None) -> None:
    from datapilot_assets.insights.state import pending_insights

    pending = pending_insights(services, services.registry.get(org))
    waiting = [str(month) for month in pending if months is None or month in months]
    if waiting:
        typer.echo(f"not of today's gold: {', '.join(waiting)}; see `datapilot run --org {org}`", err=True)


def verify(
    org: OrgOption,
    month: Annotated[Month, month_option("--month", "The month.")],
    form: FormatOption = Format.TABLE,
) -> None:
    """Compute every published number and text of a month again, from gold at its Delta version, without a model."""
    services = platform()
    organization = services.registry.get(org)
    from datapilot_assets.insights.stored import verify_month

    found = verify_month(services, organization, month)
    rows = [
        {
            **{name: _shortened(getattr(item, name), form) for name in _VERIFIED[:-1]},
            "codes": [f"{fault.code} {fault.detail}".strip() for fault in item.faults],
        }
        for item in found
    ]
    emit(rows, form, _VERIFIED)
    wrong = sum(not item.ok for item in found)
    numbers = sum(item.slot is not None for item in found)
    typer.echo(
        f"{numbers} numbers and {len(found) - numbers} texts of {org} {month} computed again, {wrong} wrong;"
        " no model was asked",
        err=True,
    )
    if wrong:
        raise CommandError("NOT_VERIFIED", f"{wrong} of {len(found)} do not hold", "run `datapilot run` and look again")


def _shortened(value: Any, form: Format) -> Any:
    """Whole for programs; on a terminal the beginning of a text is enough to know it by."""
    long = form is Format.TABLE and isinstance(value, str) and len(value) > _TABLE_TEXT
    return f"{value[: _TABLE_TEXT - 1]}…" if long else value
