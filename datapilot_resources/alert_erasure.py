"""An organization leaves the alert book: its rows, and its part of what operators were told."""

from __future__ import annotations

import sqlalchemy as sa

from datapilot_domain.alerts import Message
from datapilot_domain.organizations import OrgId
from datapilot_resources.alert_tables import ALERTS, CHANNELS, NOTICES, OUTBOX, SILENCES


def erase_organization(connection: sa.Connection, org: OrgId) -> int:
    """How many rows were deleted. A message about others too keeps what it says of them."""
    mine = sa.select(ALERTS.c.id).where(ALERTS.c.org_id == org)
    told = sa.select(NOTICES.c.outbox_id).where(NOTICES.c.alert_id.in_(mine))
    shared = sa.select(OUTBOX.c.id, OUTBOX.c.payload).where(OUTBOX.c.id.in_(told), OUTBOX.c.org_id.is_(None))
    empty: list[int] = []
    for outbox_id, payload in connection.execute(shared).all():
        rest = Message.model_validate(payload).without(org)
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
            ALERTS.delete().where(ALERTS.c.org_id == org),
            SILENCES.delete().where(SILENCES.c.org_id == org),
            CHANNELS.delete().where(CHANNELS.c.org_id == org),
        )
    ]
    return sum(deleted)
