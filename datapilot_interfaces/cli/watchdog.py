"""`watchdog`: whether the sensors live and the messages leave. It needs no Dagster: what it watches may be Dagster."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from datapilot_interfaces.cli.errors import Exit
from datapilot_interfaces.cli.health import Unhealthy, result
from datapilot_interfaces.cli.options import FormatOption
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.platform import platform

if TYPE_CHECKING:
    from datapilot_domain.alerts import Condition
    from datapilot_resources.platform import Platform

_COLUMNS = ("check", "ok", "found", "remedy")
_SENSORS = ("alerts", "outbox")
_SECONDS = 60


def watchdog(
    minutes: Annotated[int, typer.Option(help="So long nothing may happen.", min=1, max=1440)] = 10,
    form: FormatOption = Format.TABLE,
) -> None:
    """Check that the sensors live and that no message waits; what stands still is told, by this command itself.

    For a cron job or a health check beside the daemon: exit code 1 when something stands still.
    """
    services = platform()
    still = _standing_still(services, minutes)
    services.alert_book.reconcile("watchdog", None, still)
    rows = [
        result("daemon", lambda: _told(still, "DAEMON_STOPPED", "every sensor gave a sign of life")),
        result("post", lambda: _posted(services)),
        result("outbox", lambda: _told(_waiting(services, minutes), "OUTBOX_STOPPED", "no message waits")),
    ]
    emit(rows, form, _COLUMNS)
    if not all(row["ok"] for row in rows):
        raise typer.Exit(Exit.FAILED)


def _standing_still(services: Platform, minutes: int) -> list[Condition]:
    book = services.alert_book
    now, beats = book.clock(), book.beats()
    limit = now - dt.timedelta(minutes=minutes)
    silent = [
        _condition("DAEMON_STOPPED", f"sensor {name}", beats.get(name), now)
        for name in _SENSORS
        if name not in beats or beats[name] < limit
    ]
    return [*silent, *_waiting(services, minutes)]


def _waiting(services: Platform, minutes: int) -> list[Condition]:
    from datapilot_resources.outbox import stuck

    book = services.alert_book
    oldest = {row.channel: row.created_at for row in reversed(stuck(book, minutes))}
    now = book.clock()
    return [_condition("OUTBOX_STOPPED", f"channel {name}", since, now) for name, since in sorted(oldest.items())]


def _condition(code: str, what: str, since: dt.datetime | None, now: dt.datetime) -> Condition:
    from datapilot_domain.alerts import Condition
    from datapilot_domain.findings import found

    cause = (
        found("never_seen", what=what)
        if since is None
        else found("stands_still", what=what, minutes=int((now - since).total_seconds() // 60))
    )
    return Condition(
        code=code, org_id=None, subject=(what,), severity="critical", cause=cause, command="datapilot watchdog"
    )


def _told(still: list[Condition], code: str, well: str) -> str:
    from datapilot_domain.alerts import ALERTS

    told = [condition.cause.words("en") for condition in still if condition.code == code]
    if told:
        raise Unhealthy("; ".join(told), ALERTS[code].remedy.en)
    return well


def _posted(services: Platform) -> str:
    from datapilot_assets.alerts.post import post

    done = post(services, seconds=_SECONDS)
    found = f"{done.sent} sent, {done.failed} failed, {done.fallback} to the log"
    if done.failed or done.fallback:
        raise Unhealthy(found, "see `datapilot alerts outbox`")
    return found
