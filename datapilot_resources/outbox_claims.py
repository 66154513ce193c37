"""Claims on messages of the outbox: who sends one, when it is tried again, and how it ends."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from datapilot_domain.organizations import OrgId
from datapilot_resources.alert_tables import ALERTS, CHANNELS, NOTICES, OUTBOX

# Longer than an attempt: a claim that a crash leaves behind ends by itself.
_CLAIM = dt.timedelta(minutes=2)
_SHORTEST_PAUSE, _LONGEST_PAUSE, _LONGEST_ASKED = 30.0, 3600.0, 6 * 3600.0  # seconds
_PATIENCE = dt.timedelta(hours=24)
Ended = Literal["sent", "fallback"]
_WAITING = OUTBOX.c.state.in_(("due", "claimed"))


@dataclass(frozen=True)
class Claimed:
    """A message that this process alone sends for now. `expired`: its channel fails since a day."""

    id: int
    key: str
    channel: str
    org_id: OrgId | None
    kind: Literal["alerts", "test", "report"]
    payload: dict[str, Any]
    last_error: str | None
    expired: bool


def claim(connection: sa.Connection, now: dt.datetime, nonce: str, passed: Collection[str]) -> Claimed | None:
    """The first message of a channel, if it is due; None: nothing is, of channels that are not `passed` over."""
    first_of_each = sa.select(sa.func.min(OUTBOX.c.id)).where(_WAITING).group_by(OUTBOX.c.channel)
    due = (
        OUTBOX.select()
        .where(OUTBOX.c.id.in_(first_of_each), OUTBOX.c.next_at <= now, OUTBOX.c.channel.not_in(sorted(passed)))
        .where(sa.or_(OUTBOX.c.state == "due", OUTBOX.c.claimed_until <= now))
        .order_by(OUTBOX.c.next_at, OUTBOX.c.id)
        .limit(1)
    )
    row = connection.execute(due).one_or_none()
    if row is None:
        return None
    claimed = {"state": "claimed", "claimed_until": now + _CLAIM, "claimed_by": nonce, "attempts": row.attempts + 1}
    connection.execute(OUTBOX.update().where(OUTBOX.c.id == row.id).values(claimed))
    failing = connection.scalar(sa.select(CHANNELS.c.failing_since).where(CHANNELS.c.channel == row.channel))
    expired = failing is not None and now - max(failing, row.created_at) >= _PATIENCE
    org = OrgId(row.org_id) if row.org_id else None
    return Claimed(row.id, row.key, row.channel, org, row.kind, row.payload, row.last_error, expired)


def mark_ended(
    connection: sa.Connection,
    row: Claimed,
    state: Ended,
    now: dt.datetime,
    error: str | None = None,
) -> None:
    """After it was taken or written to the log, whoever holds the claim by now: it must not go again."""
    values = {"state": state, "sent_at": now, "claimed_until": None, "claimed_by": None, "last_error": error}
    connection.execute(OUTBOX.update().where(OUTBOX.c.id == row.id, _WAITING).values(values))
    told = sa.select(NOTICES.c.alert_id).where(NOTICES.c.outbox_id == row.id)
    first = ALERTS.update().where(ALERTS.c.id.in_(told), ALERTS.c.notified_at.is_(None))
    connection.execute(first.values(notified_at=now))
    if state == "sent":
        well = CHANNELS.update().where(CHANNELS.c.channel == row.channel)
        connection.execute(well.values(failing_since=None, failures=0))


def mark_failed(
    connection: sa.Connection, row: Claimed, nonce: str, now: dt.datetime, error: str, retry_after: float | None
) -> None:
    """Try again later; the channel's other messages wait as long. A claim that was lost meanwhile marks nothing."""
    mine = OUTBOX.update().where(OUTBOX.c.id == row.id, OUTBOX.c.claimed_by == nonce, OUTBOX.c.state == "claimed")
    values = {"state": "due", "claimed_until": None, "claimed_by": None, "last_error": error}
    if connection.execute(mine.values(values)).rowcount != 1:
        return
    one = CHANNELS.c.channel == row.channel
    state = connection.execute(CHANNELS.select().where(one)).one_or_none()
    failures = (state.failures if state else 0) + 1
    failing = {"failures": failures, "failing_since": (state.failing_since if state else None) or now}
    if state is None:
        connection.execute(CHANNELS.insert().values(channel=row.channel, **failing))
    else:
        connection.execute(CHANNELS.update().where(one).values(failing))
    pause = dt.timedelta(seconds=_pause(failures, retry_after))
    waiting = OUTBOX.update().where(OUTBOX.c.channel == row.channel, OUTBOX.c.state == "due")
    connection.execute(waiting.values(next_at=now + pause))


def _pause(failures: int, retry_after: float | None) -> float:
    """Seconds: what the receiver asks for, else by chance between half a minute and twice as long each time."""
    if retry_after is not None:
        return min(max(retry_after, _SHORTEST_PAUSE), _LONGEST_ASKED)
    return random.uniform(_SHORTEST_PAUSE, min(_SHORTEST_PAUSE * 2 ** min(failures, 12), _LONGEST_PAUSE))
