"""Tables of the alert book and its outbox: one SQLite file, or Postgres."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from datapilot_resources.side_records import SCHEMA


class Moment(sa.types.TypeDecorator[dt.datetime]):
    """An aware instant as UTC text of one width: it sorts as text, in both databases."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> str | None:
        return None if value is None else value.astimezone(dt.timezone.utc).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Any) -> dt.datetime | None:
        return None if value is None else dt.datetime.fromisoformat(value)


METADATA = sa.MetaData(schema=SCHEMA)

# An id of an erased row is never given to another one (Postgres: a sequence).
ALERTS = sa.Table(
    "alerts",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("fingerprint", "watch")),
    sa.Column("org_id", sa.Text),  # null: of the platform
    *(sa.Column(name, sa.Text, nullable=False) for name in ("code", "severity", "state")),
    sa.Column("cause", sa.JSON, nullable=False),
    *(sa.Column(name, sa.Text) for name in ("month", "ui_path", "command", "acked_by")),
    *(sa.Column(name, Moment, nullable=False) for name in ("first_seen", "last_seen")),
    *(sa.Column(name, Moment) for name in ("acked_at", "resolved_at", "notified_at", "quiet_until")),
    *(sa.Column(name, sa.Integer, nullable=False) for name in ("count", "openings")),
    sa.Index("alerts_by_watch", "watch", "org_id"),
    sa.Index("alerts_by_state", "state", "resolved_at"),
    sqlite_autoincrement=True,
)
# How far a watch has read the event log.
CURSORS = sa.Table(
    "alert_cursors",
    METADATA,
    sa.Column("watch", sa.Text, primary_key=True),
    sa.Column("storage_id", sa.BigInteger, nullable=False),
)
SILENCES = sa.Table(
    "alert_silences",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Text) for name in ("org_id", "code")),  # null: every one
    *(sa.Column(name, Moment, nullable=False) for name in ("since", "until")),
    sa.Column("made_by", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
BEATS = sa.Table(
    "alert_beats",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", Moment, nullable=False),
)
OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("org_id", sa.Text),  # null: an operators' message
    *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "state")),
    sa.Column("payload", sa.JSON, nullable=False),
    *(sa.Column(name, Moment, nullable=False) for name in ("created_at", "next_at")),
    sa.Column("attempts", sa.Integer, nullable=False),
    *(sa.Column(name, Moment) for name in ("claimed_until", "sent_at")),
    *(sa.Column(name, sa.Text) for name in ("claimed_by", "last_error")),
    sa.Index("outbox_by_state", "state", "channel", "id"),
    sa.Index("outbox_by_end", "sent_at"),
    sqlite_autoincrement=True,
)
# What was told of an alert on a channel: each once per opening and severity.
NOTICES = sa.Table(
    "alert_notices",
    METADATA,
    sa.Column("alert_id", sa.Integer, sa.ForeignKey(ALERTS.c.id), primary_key=True),
    *(sa.Column(name, sa.Text, primary_key=True) for name in ("channel", "kind")),
    sa.Column("openings", sa.Integer, primary_key=True),
    sa.Column("severity", sa.Text, primary_key=True),
    sa.Column("outbox_id", sa.Integer, sa.ForeignKey(OUTBOX.c.id), nullable=False),
    sa.Index("alert_notices_by_message", "outbox_id"),
)
CHANNELS = sa.Table(
    "outbox_channels",
    METADATA,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("org_id", sa.Text),  # null: of the operators
    # When its last message was formed; up to when nothing was left to tell; since when it fails, and how often.
    *(sa.Column(name, Moment) for name in ("formed_at", "settled_at", "failing_since")),
    sa.Column("failures", sa.Integer, nullable=False),
)
