"""The outbox: messages are rows before they are sent, in the alert book's own records.

A channel gets at most one message of alerts per window. What a message tells is noted in its transaction, so each
thing is told once per channel; the message is sent until it is taken, under one key.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict

from datapilot_domain.alerts import Notice, form_message, test_message
from datapilot_domain.alerts.message import Language
from datapilot_domain.landing import digest
from datapilot_domain.organizations import OrgId
from datapilot_resources.alert_book import AlertBook, read_alerts, read_silences
from datapilot_resources.alert_pruning import MESSAGES_KEPT
from datapilot_resources.alert_tables import ALERTS, CHANNELS, NOTICES, OUTBOX
from datapilot_resources.deliveries import Deliveries
from datapilot_resources.outbox_delivery import Delivered, deliver
from datapilot_resources.outbox_notices import due_notice, told_before
from datapilot_resources.reports import Attachment, Report

__all__ = [
    "Attachment",
    "Delivered",
    "FailedChannel",
    "OutboxRow",
    "OutboxState",
    "Report",
    "deliver",
    "enqueue",
    "enqueue_report",
    "enqueue_test",
    "failed_channels",
    "is_enqueued",
    "outbox_rows",
    "stuck",
]

OutboxState = Literal["due", "claimed", "sent", "fallback"]
# Transactions of several machines may be committed in another order than their clocks say.
_SLACK = dt.timedelta(minutes=5)
# So long the fall-backs of a channel that is no longer in the file are told.
_REMOVED_CHANNEL = dt.timedelta(days=1)


class OutboxRow(BaseModel):
    """A message without what it says. `last_error` is a class of error: no body, address or secret."""

    model_config = ConfigDict(frozen=True)

    id: int
    key: str
    channel: str
    org_id: OrgId | None
    kind: Literal["alerts", "test", "report"]
    state: OutboxState
    created_at: AwareDatetime
    next_at: AwareDatetime
    attempts: int
    # When it was taken, or given up and written to the log.
    sent_at: AwareDatetime | None
    last_error: str | None


class FailedChannel(BaseModel):
    """A channel that took none of its last `messages`; they are in the log file."""

    model_config = ConfigDict(frozen=True)

    channel: str
    why: str
    messages: int


def enqueue(book: AlertBook, plan: Deliveries, locale_of: Callable[[OrgId], str]) -> int:
    """Form the messages that are due now, at most one per channel; how many. Whatever `locale_of` raises."""
    organizations = {channel.organization for channel in plan.channels.values() if channel.organization}
    lately = _open_or_ended_since(book.clock() - MESSAGES_KEPT)
    known = sa.select(ALERTS.c.org_id).where(ALERTS.c.org_id.in_(organizations), lately).distinct()
    found = book.records.transact(lambda connection: {*connection.scalars(known)})
    languages: dict[str, Language] = {}
    for name, channel in plan.channels.items():
        if channel.organization is None:
            languages[name] = plan.alerts.language
        elif channel.organization in found:
            languages[name] = "pt-BR" if locale_of(channel.organization) == "pt-BR" else "en"

    def work(connection: sa.Connection) -> int:
        return sum(_form(connection, book, plan, name, language) for name, language in languages.items())

    return book.records.transact(work)


def _form(connection: sa.Connection, book: AlertBook, plan: Deliveries, channel: str, language: Language) -> int:
    now, window = book.clock(), plan.alerts.window
    row = connection.execute(CHANNELS.select().where(CHANNELS.c.channel == channel)).one_or_none()
    if row is None:
        connection.execute(CHANNELS.insert().values(channel=channel, failures=0))
    formed_at = row.formed_at if row else None
    since = max((row.settled_at if row and row.settled_at else now - window) - _SLACK, now - MESSAGES_KEPT)
    which = _open_or_ended_since(since)
    if (organization := plan.channels[channel].organization) is not None:
        which = sa.and_(which, ALERTS.c.org_id == organization)
    told = told_before(connection, channel, sa.select(ALERTS.c.id).where(which))
    silences = read_silences(connection, since)
    notices = [
        Notice(kind=kind, alert=alert)
        for alert in read_alerts(connection, now, which)
        if (kind := due_notice(alert, told.get(alert.id), channel, plan, silences, now))
    ]
    if notices and formed_at is not None and now < formed_at + window:
        return 0
    formed = {"org_id": organization, "settled_at": now, **({"formed_at": now} if notices else {})}
    connection.execute(CHANNELS.update().where(CHANNELS.c.channel == channel).values(formed))
    if not notices:
        return 0
    message = form_message(notices, language, book.settings.ui_url)
    outbox_id = _insert(
        connection,
        key=digest([channel, [_identity(notice) for notice in notices]]),
        channel=channel,
        org_id=organization,
        kind="alerts",
        payload=message.model_dump(mode="json"),
        now=now,
    )
    rows = [
        {
            "alert_id": notice.alert.id,
            "channel": channel,
            "kind": notice.kind,
            "openings": notice.alert.openings,
            "severity": notice.alert.severity,
            "outbox_id": outbox_id,
        }
        for notice in notices
    ]
    connection.execute(NOTICES.insert(), rows)
    return 1


def _open_or_ended_since(moment: dt.datetime) -> sa.ColumnElement[bool]:
    """Written so that an index finds the few."""
    ended = sa.and_(ALERTS.c.state == "RESOLVED", ALERTS.c.resolved_at >= moment)
    return sa.or_(ALERTS.c.state.in_(("OPEN", "ACK")), ended)


def _identity(notice: Notice) -> list[Any]:
    """What makes a notice this one, in this installation: ids alone begin at 1 in each."""
    alert = notice.alert
    return [alert.id, alert.fingerprint, alert.first_seen.isoformat(), notice.kind, alert.openings, alert.severity]


def enqueue_test(book: AlertBook, plan: Deliveries, channel: str, language: Language | None = None) -> str:
    """A message that says that it is a test; its key. Raises LookupError: no such channel in deliveries.yaml."""
    if channel not in plan.channels:
        raise LookupError(f"no channel {channel}; the channels are {', '.join(sorted(plan.channels)) or 'none'}")
    message = test_message(channel, language or plan.alerts.language)
    now, organization = book.clock(), plan.channels[channel].organization
    key = digest([channel, "test", now.isoformat()])
    payload = message.model_dump(mode="json")
    book.records.transact(
        lambda c: _insert(c, key=key, channel=channel, org_id=organization, kind="test", payload=payload, now=now)
    )
    return key


def enqueue_report(book: AlertBook, channel: str, org: OrgId, key: str, payload: Report) -> bool:
    """A report of an organization; False: one of that key is there already, and nothing was added.

    Whether the channel may hear of that organization is looked at when it is sent.
    """
    data = payload.model_dump(mode="json")

    def work(connection: sa.Connection) -> bool:
        if connection.scalar(sa.select(OUTBOX.c.id).where(OUTBOX.c.key == key)) is not None:
            return False
        _insert(connection, key=key, channel=channel, org_id=org, kind="report", payload=data, now=book.clock())
        return True

    return book.records.transact(work)


def is_enqueued(book: AlertBook, key: str) -> bool:
    """Whether there is, or was, a message of that key."""
    return book.records.transact(lambda c: c.scalar(sa.select(OUTBOX.c.id).where(OUTBOX.c.key == key))) is not None


def _insert(connection: sa.Connection, *, now: dt.datetime, **values: Any) -> int:
    row = {"state": "due", "created_at": now, "next_at": now, "attempts": 0, **values}
    inserted = connection.execute(OUTBOX.insert().values(row)).inserted_primary_key
    assert inserted is not None
    return int(inserted[0])


def outbox_rows(
    book: AlertBook, *, states: tuple[OutboxState, ...] = ("due", "claimed", "fallback"), limit: int = 1000
) -> list[OutboxRow]:
    """The newest ones, oldest first."""
    newest = _ROWS.where(OUTBOX.c.state.in_(states)).order_by(OUTBOX.c.id.desc()).limit(limit)
    return book.records.transact(lambda connection: _rows(connection, newest))[::-1]


def stuck(book: AlertBook, minutes: float) -> list[OutboxRow]:
    """Messages that wait since longer than that, oldest first."""
    before = book.clock() - dt.timedelta(minutes=minutes)
    waiting = _ROWS.where(OUTBOX.c.state.in_(("due", "claimed")), OUTBOX.c.created_at < before)
    return book.records.transact(lambda connection: _rows(connection, waiting.order_by(OUTBOX.c.id)))


def failed_channels(book: AlertBook, plan: Deliveries) -> list[FailedChannel]:
    """Channels whose messages went to the log since they last took one.

    One that is no longer in the file is told for a day.
    """
    taken = sa.select(sa.func.max(OUTBOX.c.id)).where(OUTBOX.c.state == "sent").correlate(_GIVEN_UP)
    taken = taken.where(OUTBOX.c.channel == _GIVEN_UP.c.channel)
    since = _GIVEN_UP.select().where(
        _GIVEN_UP.c.state == "fallback", _GIVEN_UP.c.id > sa.func.coalesce(taken.scalar_subquery(), 0)
    )
    rows = book.records.transact(lambda connection: connection.execute(since.order_by(_GIVEN_UP.c.id)).all())
    yesterday = book.clock() - _REMOVED_CHANNEL
    told = [row for row in rows if row.channel in plan.channels or row.sent_at > yesterday]
    messages, why = Counter(row.channel for row in told), {row.channel: row.last_error for row in told}
    return [FailedChannel(channel=name, why=why[name], messages=number) for name, number in messages.items()]


_GIVEN_UP = OUTBOX.alias()
_ROWS = sa.select(*(OUTBOX.c[name] for name in OutboxRow.model_fields))


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[OutboxRow]:
    return [OutboxRow.model_validate(dict(row)) for row in connection.execute(query).mappings()]
