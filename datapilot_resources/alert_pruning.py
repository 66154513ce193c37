"""What the alert book and its outbox need no more: messages, alerts and silences that are long over."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from datapilot_resources.alert_book import AlertBook
from datapilot_resources.alert_tables import ALERTS, NOTICES, OUTBOX, SILENCES

# What ended longer ago is told to nobody: whether it was told before may be forgotten by then.
MESSAGES_KEPT = dt.timedelta(days=30)
ALERTS_KEPT = dt.timedelta(days=90)


def prune(book: AlertBook) -> int:
    """Remove what ended long ago, in one transaction; how many rows. Repeating it is harmless.

    A message goes as a whole, with its notices, 30 days after it left: not while an alert that it tells of is open or
    ended less than 30 days ago, for that would be told again; and not the last one that a channel took or did not
    take, which says whether it works. An alert goes 90 days after it ended, if no message is left that tells of it; a
    silence likewise. Keys of reports stay: none is sent twice.
    """
    now = book.clock()

    def work(connection: sa.Connection) -> int:
        old = _old_messages(now - MESSAGES_KEPT)
        statements = (
            NOTICES.delete().where(NOTICES.c.outbox_id.in_(old)),
            OUTBOX.delete().where(OUTBOX.c.id.in_(old)),
            ALERTS.delete().where(
                ALERTS.c.state == "RESOLVED",
                ALERTS.c.resolved_at < now - ALERTS_KEPT,
                ~sa.exists().where(NOTICES.c.alert_id == ALERTS.c.id),
            ),
            SILENCES.delete().where(SILENCES.c.until < now - ALERTS_KEPT),
        )
        return sum(connection.execute(statement).rowcount for statement in statements)

    return book.records.transact(work)


def _old_messages(before: dt.datetime) -> sa.Select[tuple[int]]:
    """Ids. The same ones when their notices are gone already."""
    message, newer, notice, alert = (table.alias() for table in (OUTBOX, OUTBOX, NOTICES, ALERTS))
    matters = sa.or_(alert.c.state != "RESOLVED", alert.c.resolved_at >= before)
    return sa.select(message.c.id).where(
        message.c.state.in_(("sent", "fallback")),
        message.c.sent_at < before,
        message.c.kind != "report",
        sa.exists().where(
            newer.c.state == message.c.state, newer.c.channel == message.c.channel, newer.c.id > message.c.id
        ),
        ~sa.exists().where(notice.c.outbox_id == message.c.id, notice.c.alert_id == alert.c.id, matters),
    )
