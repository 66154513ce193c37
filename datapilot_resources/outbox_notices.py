"""What is due to be told of an alert on one channel, given what that channel was told before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from datapilot_domain.alerts import SEVERITIES, Alert, NoticeKind, Severity
from datapilot_resources.alert_book import Silence
from datapilot_resources.alert_tables import NOTICES
from datapilot_resources.deliveries import Deliveries


@dataclass(frozen=True)
class Told:
    """What a channel was last told of an alert, and the highest severity that it was told."""

    kind: NoticeKind
    severity: Severity


def told_before(connection: sa.Connection, channel: str, among: sa.Select[tuple[int]]) -> dict[int, Told]:
    """By alert id, for the alerts whose ids that query gives."""
    rows = connection.execute(
        NOTICES.select()
        .where(NOTICES.c.channel == channel, NOTICES.c.alert_id.in_(among))
        .order_by(NOTICES.c.outbox_id)
    )
    told: dict[int, Told] = {}
    for row in rows:
        before = told.get(row.alert_id)
        told[row.alert_id] = Told(row.kind, max(row.severity, before.severity if before else "info", key=_rank))
    return told


def due_notice(
    alert: Alert,
    told: Told | None,
    channel: str,
    plan: Deliveries,
    silences: Sequence[Silence],
    now: dt.datetime,
) -> NoticeKind | None:
    """None: nothing is due. An alert that ended before the channel was last up to date is not to be asked about."""
    if told is not None and alert.state == "RESOLVED":
        # Whoever heard of it hears that it is gone, whatever the routes and silences are by now.
        return "resolved" if told.kind != "resolved" and plan.may_hear(channel, [alert.org_id]) else None
    # Of one that somebody sees to, or saw to until it was gone, nobody else needs to hear.
    if alert.acked_at is not None or not plan.hears(channel, alert):
        return None
    if _silenced(alert, silences, alert.resolved_at or now):
        return None
    if told is None:
        # One that came and went between two messages is told once, as gone.
        return "resolved" if alert.state == "RESOLVED" else "opened"
    if _rank(alert.severity) > _rank(told.severity):
        return "raised"
    # It came back soon after it was told as gone: not told again unless it stays.
    is_back = told.kind == "resolved" and (alert.quiet_until is None or now >= alert.quiet_until)
    return "opened" if is_back else None


def _silenced(alert: Alert, silences: Sequence[Silence], moment: dt.datetime) -> bool:
    return any(silence.covers(alert, moment) for silence in silences)


def _rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)
