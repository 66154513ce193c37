"""What becomes of the alerts of a watch when it has looked: rows in memory, then written at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from datapilot_domain.alerts import SEVERITIES, Condition
from datapilot_resources.alert_tables import ALERTS

Row = dict[str, Any]


@dataclass(frozen=True)
class Changes:
    """Fingerprints by what happened to them. `found`: how many were open before and were found again."""

    opened: tuple[str, ...] = ()
    # It was resolved shortly before: the same row is open again.
    reopened: tuple[str, ...] = ()
    # Open before, and now more severe.
    raised: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    found: int = 0


class Reconciliation:
    """The newest row of each fingerprint of one watch, and what is to be written of them."""

    def __init__(self, rows: Iterable[Row], watch: str, now: dt.datetime, cooldown: Callable[[], dt.timedelta]) -> None:
        # In the order of their ids: the newest one wins.
        self._rows: dict[str, Row] = {row["fingerprint"]: dict(row) for row in rows}
        self._watch, self._now, self._cooldown = watch, now, cooldown
        self._changed: dict[str, Row] = {}
        self._log: dict[str, list[str]] = {"opened": [], "reopened": [], "raised": [], "resolved": [], "found": []}

    def found(self, conditions: Sequence[Condition]) -> None:
        for condition in conditions:
            row = self._rows.get(condition.fingerprint)
            if row is None or (row["state"] == "RESOLVED" and not self._is_fresh(row)):
                self._open(condition)
            elif row["state"] == "RESOLVED":
                self._reopen(row, condition)
            else:
                self._again(row, condition)

    def gone(self, fingerprints: Iterable[str]) -> None:
        """Resolve these; one that is not open is passed over."""
        for fingerprint in fingerprints:
            row = self._rows.get(fingerprint)
            if row is not None and row["state"] != "RESOLVED":
                self._put("resolved", {**row, "state": "RESOLVED", "resolved_at": self._now})

    def gone_but(self, conditions: Sequence[Condition]) -> None:
        self.gone([*(self._rows.keys() - {condition.fingerprint for condition in conditions})])

    def write(self, connection: sa.Connection) -> Changes:
        fresh = [row for row in self._changed.values() if "id" not in row]
        known = [{"row_id": row["id"], **row} for row in self._changed.values() if "id" in row]
        if fresh:
            connection.execute(ALERTS.insert(), fresh)
        if known:
            values: dict[str, sa.BindParameter[Any]] = {
                name: sa.bindparam(name) for name in known[0] if name not in ("id", "row_id")
            }
            connection.execute(ALERTS.update().where(ALERTS.c.id == sa.bindparam("row_id")).values(values), known)
        log = {name: tuple(fingerprints) for name, fingerprints in self._log.items() if name != "found"}
        return Changes(**log, found=len(self._log["found"]))

    def _is_fresh(self, row: Row) -> bool:
        return bool(self._now < row["resolved_at"] + self._cooldown())

    def _open(self, condition: Condition) -> None:
        nothing = dict.fromkeys(("acked_at", "acked_by", "resolved_at", "notified_at", "quiet_until"))
        row = {"watch": self._watch, "state": "OPEN", "first_seen": self._now, "count": 1, "openings": 1, **nothing}
        self._put("opened", {**row, **self._seen(condition)})

    def _reopen(self, row: Row, condition: Condition) -> None:
        reopened = {
            "state": "OPEN",
            "count": row["count"] + 1,
            "openings": row["openings"] + 1,
            "quiet_until": row["resolved_at"] + self._cooldown(),
            **dict.fromkeys(("acked_at", "acked_by", "resolved_at")),
        }
        self._put("reopened", {**row, **reopened, **self._seen(condition)})

    def _again(self, row: Row, condition: Condition) -> None:
        worse = SEVERITIES.index(condition.severity) > SEVERITIES.index(row["severity"])
        self._put("found", {**row, "count": row["count"] + 1, **self._seen(condition)})
        if worse:
            self._log["raised"].append(condition.fingerprint)

    def _seen(self, condition: Condition) -> Row:
        stated = condition.model_dump(mode="json", exclude={"subject"})
        return {"fingerprint": condition.fingerprint, "last_seen": self._now, **stated}

    def _put(self, what: str, row: Row) -> None:
        self._rows[row["fingerprint"]] = self._changed[row["fingerprint"]] = row
        self._log[what].append(row["fingerprint"])
