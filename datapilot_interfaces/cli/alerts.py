"""`alerts`: what people must hear of, who has seen it, and whether the messages leave."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import re
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datapilot_interfaces.cli.errors import CommandError, Exit
from datapilot_interfaces.cli.options import AnyOrgOption, FormatOption
from datapilot_interfaces.cli.output import Format, Row, emit
from datapilot_interfaces.cli.platform import organizations, platform

if TYPE_CHECKING:
    from datapilot_domain.alerts import Alert
    from datapilot_resources.alert_book import Silence
    from datapilot_resources.platform import Platform

app = typer.Typer(help="What people must hear of: list, acknowledge, silence; and the messages.", no_args_is_help=True)
_COLUMNS = (
    "id", "severity", "org_id", "code", "month", "state", "cause", "count", "first_seen", "last_seen", "notified_at",
    "silenced_until", "acked_by", "resolved_at", "command",
)  # fmt: skip
_SHOWN = ("id", "severity", "org_id", "code", "month", "state", "cause", "first_seen", "notified_at")
_SILENCES = ("id", "org_id", "code", "since", "until", "made_by")
_OUTBOX = ("id", "channel", "kind", "org_id", "state", "attempts", "created_at", "next_at", "sent_at", "last_error")
_SPANS = {"m": "minutes", "h": "hours", "d": "days"}
# Of one command: what does not leave meanwhile, the sensor sends.
_SECONDS = 60


class State(str, Enum):
    ACTIVE = "active"
    OPEN = "open"
    ACK = "ack"
    RESOLVED = "resolved"
    ALL = "all"


_STATES = {State.ACTIVE: ("OPEN", "ACK"), State.ALL: ("OPEN", "ACK", "RESOLVED")}
ByOption = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who; your login name without it.")]


@app.command("list")
def list_alerts(
    org: AnyOrgOption = None,
    state: Annotated[State, typer.Option(help="active: open and acknowledged ones.")] = State.ACTIVE,
    outstanding: Annotated[bool, typer.Option("--outstanding", help="Open ones that no message told of yet.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """The alerts, the most urgent first. What the sensors have found: `alerts check` looks now."""
    services = platform()
    if org is not None:
        organizations(services, org)
    states = _STATES.get(state, (state.value.upper(),))
    alerts = services.alert_book.alerts(org, states=states, outstanding=outstanding)  # type: ignore[arg-type]
    _emit(services, alerts, form)


@app.command("check")
def check(org: AnyOrgOption = None, form: FormatOption = Format.TABLE) -> None:
    """Look now, send what is due, and list what is open: what the sensors do, without a daemon."""
    from datapilot_assets.alerts.look import look_at_one, look_at_organizations, look_at_platform
    from datapilot_assets.alerts.post import due_reports, post
    from datapilot_assets.runs import dagster_instance, run_exports

    services, now = platform(), dt.datetime.now(dt.timezone.utc)
    if org is not None:
        organizations(services, org)
        look_at_one(services, org, now)
    else:
        with dagster_instance(services) as instance:
            look_at_platform(services, instance, now)
        look_at_organizations(services, now)
    for missing in due_reports(services):
        run_exports(services, missing.org, [missing.month], missing.formats)
    due_reports(services)
    done = post(services, seconds=_SECONDS)
    _emit(services, services.alert_book.alerts(org), form)
    typer.echo(f"{done.sent} messages sent, {done.failed} failed, {done.fallback} to the log", err=True)
    if done.failed or done.fallback:
        raise typer.Exit(Exit.FAILED)


@app.command("ack")
def acknowledge(
    ids: Annotated[list[int], typer.Argument(metavar="ID…", help="Ids of `alerts list`.")],
    by: ByOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Say that somebody sees to these: they stay until the condition is gone, and are not told again."""
    services = platform()
    try:
        alerts = services.alert_book.acknowledge(ids, _name(by))
    except LookupError as error:
        what, _, remedy = str(error).partition("; ")
        raise CommandError("ALERT_NOT_OPEN", what, remedy) from error
    _emit(services, alerts, form)


@app.command("silence")
def silence(
    org: AnyOrgOption = None,
    code: Annotated[str | None, typer.Option(help="Only alerts of this code.")] = None,
    span: Annotated[str | None, typer.Option("--for", metavar="SPAN", help="How long, as in 30m, 8h or 3d.")] = None,
    end: Annotated[int | None, typer.Option("--end", metavar="ID", help="End this silence now.")] = None,
    by: ByOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Send no message of these alerts for a while; they are listed all the same. Without --for: what is silent now."""
    services = platform()
    book = services.alert_book
    if end is not None:
        try:
            book.unsilence(end)
        except LookupError as error:
            raise CommandError("SILENCE_UNKNOWN", str(error).partition("; ")[0], "see `alerts silence`") from error
    elif span is not None:
        if org is not None:
            organizations(services, org)
        try:
            made = book.silence(org, code, dt.datetime.now(dt.timezone.utc) + _span(span), _name(by))
        except ValueError as error:
            raise CommandError("USAGE", str(error), "see `alerts silence --help`", Exit.WRONG_USAGE) from error
        emit([_silence_row(made)], form, _SILENCES)
        return
    elif org is not None or code is not None:
        raise CommandError("USAGE", "how long?", "give --for, as in --for 8h", Exit.WRONG_USAGE)
    emit([_silence_row(made) for made in book.silences()], form, _SILENCES)


@app.command("test")
def send_test(
    channel: Annotated[str | None, typer.Argument(metavar="CHANNEL", help="A channel of deliveries.yaml.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Send a message that says that it is a test, to one channel or to all, and tell what came of it."""
    from datapilot_resources.deliveries import Deliveries
    from datapilot_resources.outbox import deliver, enqueue_test, outbox_rows

    services = platform()
    book, plan = services.alert_book, Deliveries.from_settings(services.settings)
    try:
        keys = {enqueue_test(book, plan, name) for name in ([channel] if channel else plan.channels)}
    except LookupError as error:
        what, _, remedy = str(error).partition("; ")
        raise CommandError("CHANNEL_UNKNOWN", what, remedy) from error
    deliver(book, plan, seconds=_SECONDS, fetch=services.store.read)
    rows = [row for row in outbox_rows(book, states=("due", "claimed", "sent", "fallback")) if row.key in keys]
    emit([_seconds(row.model_dump()) for row in rows], form, _OUTBOX)
    if any(row.state != "sent" for row in rows):
        raise typer.Exit(Exit.FAILED)


@app.command("outbox")
def outbox(
    sent: Annotated[bool, typer.Option("--sent", help="Those that were taken, too.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Messages that wait, and those that no channel took: they are in the log file alerts.log."""
    from datapilot_resources.outbox import outbox_rows

    states = ("due", "claimed", "fallback", *(("sent",) if sent else ()))
    rows = outbox_rows(platform().alert_book, states=states)
    emit([_seconds(row.model_dump()) for row in rows], form, _OUTBOX)


def _emit(services: Platform, alerts: list[Alert], form: Format) -> None:
    from datapilot_domain.alerts import SEVERITIES

    # In English those of the platform, and of organizations that are gone or cannot be read.
    locales = {organization.org_id: organization.locale for organization in services.registry.readable()}
    ordered = sorted(alerts, key=lambda alert: (-SEVERITIES.index(alert.severity), alert.first_seen, alert.id))
    rows = [_row(alert, locales.get(alert.org_id, "en") if alert.org_id else "en") for alert in ordered]
    emit(rows, form, _SHOWN if form is Format.TABLE else _COLUMNS)


def _row(alert: Alert, locale: str) -> Row:
    return {
        **_seconds(alert.model_dump(include=set(_COLUMNS))),
        "month": alert.month,
        "cause": alert.cause.words(locale),
    }


def _silence_row(made: Silence) -> Row:
    return _seconds(made.model_dump())


def _seconds(row: dict[str, Any]) -> Row:
    """Moments to the second: nobody reads more of them."""
    return {name: v.replace(microsecond=0) if isinstance(v, dt.datetime) else v for name, v in row.items()}


def _span(text: str) -> dt.timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", text)
    if found is None:
        raise CommandError("USAGE", f"--for {text!r}: expected a span", "as in 30m, 8h or 3d", Exit.WRONG_USAGE)
    return dt.timedelta(**{_SPANS[found[2]]: int(found[1])})


def _name(by: str | None) -> str:
    try:
        return by or getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())
