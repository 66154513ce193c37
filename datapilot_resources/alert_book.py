"""The alert book: one table of alerts, kept by watches that say what they find now.

Kept by `side_records`: SQLite in DATAPILOT_HOME, or Postgres; safe between processes in both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict

from datapilot_domain.alerts import ALERTS as KINDS
from datapilot_domain.alerts import Alert, Condition, State
from datapilot_domain.markdown import one_line
from datapilot_domain.organizations import OrgId
from datapilot_resources.alert_changes import Changes, Reconciliation
from datapilot_resources.alert_erasure import erase_organization
from datapilot_resources.alert_tables import ALERTS, BEATS, CURSORS, METADATA, NOTICES, OUTBOX, SILENCES
from datapilot_resources.deliveries import LONGEST_COOLDOWN, AlertRules, Deliveries
from datapilot_resources.settings import Settings, SettingsError
from datapilot_resources.side_records import SideRecords

__all__ = ["Alert", "AlertBook", "Changes", "Silence", "State", "utc_now"]


class Silence(BaseModel):
    """Alerts that it covers are not told while it lasts. None: of every organization (and the platform), code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    org_id: OrgId | None
    code: str | None
    since: AwareDatetime
    until: AwareDatetime
    made_by: str

    def covers(self, alert: Alert, moment: dt.datetime) -> bool:
        return (
            self.since <= moment < self.until
            and self.org_id in (None, alert.org_id)
            and self.code in (None, alert.code)
        )


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


class AlertBook:
    def __init__(self, settings: Settings, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self.settings = settings
        self.clock = clock
        self.records = SideRecords(settings, METADATA, "alerts.sqlite")

    def reconcile(self, watch: str, org: OrgId | None, conditions: Sequence[Condition]) -> Changes:
        """Take `conditions` as all that this watch finds of that organization (None: of the platform) now.

        Those that it no longer finds are resolved. Raises ValueError: a condition of another organization, or twice.
        """
        strangers = {condition.org_id for condition in conditions} - {org}
        if strangers:
            raise ValueError(f"{watch} gave conditions of {_names(strangers)} as those of {_names([org])}")
        if len({condition.fingerprint for condition in conditions}) < len(conditions):
            raise ValueError(f"{watch} gave one condition of {_names([org])} twice; name what tells them apart")

        def work(connection: sa.Connection) -> Changes:
            found = self._reconciliation(connection, watch, ALERTS.c.org_id.is_not_distinct_from(org))
            found.found(conditions)
            found.gone_but(conditions)
            return found.write(connection)

        return self.records.transact(work)

    def observe(self, watch: str, opened: Sequence[Condition], resolved: Collection[str], cursor: int) -> Changes:
        """For a watch over an event log: open or count `opened`, then resolve these fingerprints, and move the watch's
        cursor to that storage id. Nothing happens when the cursor is there already."""

        def work(connection: sa.Connection) -> Changes:
            before = _cursor(connection, watch)
            if before is not None and cursor <= before:
                return Changes()
            found = self._reconciliation(connection, watch)
            found.found(opened)
            found.gone(resolved)
            _put(connection, CURSORS, CURSORS.c.watch == watch, {"watch": watch, "storage_id": cursor})
            return found.write(connection)

        return self.records.transact(work)

    def resolve(self, watch: str, fingerprints: Collection[str]) -> Changes:
        """End those of the watch's alerts. Raises SettingsError."""

        def work(connection: sa.Connection) -> Changes:
            found = self._reconciliation(connection, watch)
            found.gone(fingerprints)
            return found.write(connection)

        return self.records.transact(work) if fingerprints else Changes()

    def cursor(self, watch: str) -> int | None:
        """Storage id up to which that watch has observed; None: it has not begun."""
        return self.records.transact(lambda connection: _cursor(connection, watch))

    def alerts(
        self, org: OrgId | None = None, *, states: Collection[State] = ("OPEN", "ACK"), outstanding: bool = False
    ) -> list[Alert]:
        """In the order in which they were opened; None: of all organizations and of the platform.

        `outstanding`: only those that are open and that no message told of as open, or that all who heard of it were
        told as gone since: one that came back is outstanding until a message tells of it again, after its quiet time.
        """
        wanted: list[sa.ColumnElement[bool]] = [ALERTS.c.state.in_(states)]
        wanted += [ALERTS.c.org_id == org] if org is not None else []
        wanted += [ALERTS.c.state == "OPEN", ~_known_as_open()] if outstanding else []
        return self.records.transact(lambda connection: read_alerts(connection, self.clock(), *wanted))

    def acknowledge(self, ids: Collection[int], by: str) -> list[Alert]:
        """OPEN becomes ACK, all or none. Raises LookupError naming an id that is not open."""

        def work(connection: sa.Connection) -> list[Alert]:
            now = self.clock()
            for alert_id in ids:
                open_one = ALERTS.update().where(ALERTS.c.id == alert_id, ALERTS.c.state == "OPEN")
                values = {"state": "ACK", "acked_at": now, "acked_by": one_line(by)}
                if connection.execute(open_one.values(values)).rowcount != 1:
                    raise LookupError(f"alert {alert_id} is not open; datapilot alerts list shows those that are")
            return read_alerts(connection, now, ALERTS.c.id.in_(ids))

        return self.records.transact(work)

    def silence(self, org: OrgId | None, code: str | None, until: dt.datetime, by: str) -> Silence:
        """Tell of no alert of that organization and code (None: of any) until then.

        Raises ValueError: no such code, or `until` is not ahead.
        """
        now = self.clock()
        if code is not None and code not in KINDS:
            raise ValueError(f"there is no alert {code}; there are {', '.join(sorted(KINDS))}")
        if until <= now:
            raise ValueError("a silence must end in the future")
        row = {"org_id": org, "code": code, "since": now, "until": until, "made_by": one_line(by)}

        def work(connection: sa.Connection) -> Silence:
            inserted = connection.execute(SILENCES.insert().values(row)).inserted_primary_key
            assert inserted is not None
            return Silence(id=inserted[0], **row)

        return self.records.transact(work)

    def silences(self) -> list[Silence]:
        """Those that last now."""
        now = self.clock()
        found = self.records.transact(lambda connection: read_silences(connection, now))
        return [silence for silence in found if silence.since <= now]

    def unsilence(self, silence_id: int) -> None:
        """End a silence now. Raises LookupError: there is none of that id that lasts."""
        now = self.clock()
        lasting = SILENCES.update().where(SILENCES.c.id == silence_id, SILENCES.c.until > now)
        ended = self.records.transact(lambda connection: connection.execute(lasting.values(until=now)).rowcount)
        if ended != 1:
            raise LookupError(f"silence {silence_id} does not exist or has ended; datapilot alerts silence lists them")

    def beat(self, name: str) -> None:
        """A sign of life of a sensor, as of now."""
        row = {"name": name, "at": self.clock()}
        self.records.transact(lambda connection: _put(connection, BEATS, BEATS.c.name == name, row))

    def beats(self) -> dict[str, dt.datetime]:
        """The last sign of life by name."""
        return self.records.transact(lambda connection: {r.name: r.at for r in connection.execute(BEATS.select())})

    def erase(self, org: OrgId) -> int:
        """Remove every row of an organization, or that names it, and what messages of operators say of it; how many.

        Raises TimeoutError while another process holds a reading transaction of SQLite's file: erase again.
        """
        rows = self.records.transact(lambda connection: erase_organization(connection, org, self.settings.ui_url))
        self.records.forget()
        return rows

    def _reconciliation(self, connection: sa.Connection, watch: str, *which: sa.ColumnElement[bool]) -> Reconciliation:
        now = self.clock()
        may_matter = sa.or_(ALERTS.c.state != "RESOLVED", ALERTS.c.resolved_at > now - LONGEST_COOLDOWN)
        rows = connection.execute(
            ALERTS.select().where(ALERTS.c.watch == watch, may_matter, *which).order_by(ALERTS.c.id)
        )
        # Read only when something comes back.
        return Reconciliation(map(dict, rows.mappings()), watch, now, lambda: _cooldown(self.settings))


def _cooldown(settings: Settings) -> dt.timedelta:
    """Of deliveries.yaml; the default while that cannot be used, which must keep nothing from being noted."""
    try:
        return Deliveries.from_settings(settings).alerts.cooldown
    except SettingsError:
        return AlertRules().cooldown


def read_alerts(connection: sa.Connection, now: dt.datetime, *which: sa.ColumnElement[bool]) -> list[Alert]:
    """In the order of their ids."""
    silences = read_silences(connection, now)
    rows = connection.execute(ALERTS.select().where(*which).order_by(ALERTS.c.id)).mappings()
    alerts = [Alert.model_validate({**row, "silenced_until": None}) for row in rows]
    ends = [max((s.until for s in silences if s.covers(alert, now)), default=None) for alert in alerts]
    return [
        alert.model_copy(update={"silenced_until": end}) if end else alert
        for alert, end in zip(alerts, ends, strict=True)
    ]


def read_silences(connection: sa.Connection, after: dt.datetime) -> list[Silence]:
    """Those that end after that moment. Ended ones tell whether an alert was silenced when it was resolved."""
    rows = connection.execute(SILENCES.select().where(SILENCES.c.until > after).order_by(SILENCES.c.id)).mappings()
    return [Silence.model_validate(dict(row)) for row in rows]


def _known_as_open() -> sa.Exists:
    """Whether the last word on an alert to some channel is that it is there; in a message that was sent, or logged."""
    later = NOTICES.alias()
    contradicted = sa.exists().where(
        later.c.alert_id == NOTICES.c.alert_id,
        later.c.channel == NOTICES.c.channel,
        later.c.kind == "resolved",
        later.c.outbox_id > NOTICES.c.outbox_id,
    )
    has_left = sa.exists().where(OUTBOX.c.id == NOTICES.c.outbox_id, OUTBOX.c.state.in_(("sent", "fallback")))
    of_it = NOTICES.c.alert_id == ALERTS.c.id
    return sa.exists().where(of_it, NOTICES.c.kind != "resolved", has_left, ~contradicted)


def _cursor(connection: sa.Connection, watch: str) -> int | None:
    found: int | None = connection.scalar(sa.select(CURSORS.c.storage_id).where(CURSORS.c.watch == watch))
    return found


def _put(connection: sa.Connection, table: sa.Table, one: sa.ColumnElement[bool], row: dict[str, object]) -> None:
    if connection.execute(table.update().where(one).values(row)).rowcount == 0:
        connection.execute(table.insert().values(row))


def _names(organizations: Iterable[OrgId | None]) -> str:
    return ", ".join(sorted(org or "the platform" for org in organizations))
