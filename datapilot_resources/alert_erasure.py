"""An organization leaves the alert book: its rows, those of the platform that name it, and what operators were told."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from datapilot_domain.alerts import Alert, Message, Notice, form_message
from datapilot_domain.organizations import OrgId
from datapilot_resources.alert_tables import ALERTS, CHANNELS, NOTICES, OUTBOX, SILENCES

# Values of a cause that may be an organization's name: a channel of its own is often called as it is.
_NAMES = ("org", "key", "channel")


def erase_organization(connection: sa.Connection, org: OrgId, ui_url: str | None) -> int:
    """How many rows were deleted. A message about others too keeps what it says of them; `ui_url`: for its links."""
    naming = _platform_alerts_naming(connection, org)
    mine = sa.select(ALERTS.c.id).where(sa.or_(ALERTS.c.org_id == org, ALERTS.c.id.in_(naming)))
    told = sa.select(NOTICES.c.outbox_id).where(NOTICES.c.alert_id.in_(mine))
    spoken_of = {*connection.scalars(sa.select(NOTICES.c.outbox_id).where(NOTICES.c.alert_id.in_(naming)))}
    shared = sa.select(OUTBOX.c.id, OUTBOX.c.payload).where(OUTBOX.c.id.in_(told), OUTBOX.c.org_id.is_(None))
    empty: list[int] = []
    for outbox_id, payload in connection.execute(shared).all():
        rest = Message.model_validate(payload).without(org)
        if outbox_id in spoken_of:
            others = form_message(_of_platform(connection, outbox_id, naming), rest.language, ui_url)
            rest = rest.with_platform_of(others)
        if rest.parts or rest.more_organizations:
            values = {"payload": rest.model_dump(mode="json")}
            connection.execute(OUTBOX.update().where(OUTBOX.c.id == outbox_id).values(values))
        else:
            empty.append(outbox_id)
    gone = sa.or_(OUTBOX.c.org_id == org, OUTBOX.c.id.in_(empty))
    # Notices first: they name the rows of the other two.
    notices = sa.or_(NOTICES.c.alert_id.in_(mine), NOTICES.c.outbox_id.in_(sa.select(OUTBOX.c.id).where(gone)))
    deleted = [
        connection.execute(statement).rowcount
        for statement in (
            NOTICES.delete().where(notices),
            OUTBOX.delete().where(gone),
            ALERTS.delete().where(ALERTS.c.id.in_(mine)),
            SILENCES.delete().where(SILENCES.c.org_id == org),
            CHANNELS.delete().where(CHANNELS.c.org_id == org),
        )
    ]
    return sum(deleted)


def _platform_alerts_naming(connection: sa.Connection, org: OrgId) -> list[int]:
    """Ids of the alerts of the platform that are about that organization."""
    which = sa.select(ALERTS.c.id, ALERTS.c.watch, ALERTS.c.cause).where(ALERTS.c.org_id.is_(None))
    return [
        row.id
        for row in connection.execute(which)
        if row.watch == f"looking at {org}" or org in [row.cause["values"].get(name) for name in _NAMES]
    ]


def _of_platform(connection: sa.Connection, outbox_id: int, but: Collection[int]) -> list[Notice]:
    """What a message told of the platform's other alerts, as they are now."""
    told = sa.select(ALERTS, NOTICES.c.kind).join_from(NOTICES, ALERTS).where(NOTICES.c.outbox_id == outbox_id)
    rows = connection.execute(told.where(ALERTS.c.org_id.is_(None), ALERTS.c.id.not_in(but))).mappings()
    return [
        Notice(
            kind=row["kind"],
            alert=Alert.model_validate(
                {**{column.name: row[column.name] for column in ALERTS.c}, "silenced_until": None}
            ),
        )
        for row in rows
    ]
