"""What the one process that writes to a semantic model notes in the ledger, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import sqlalchemy as sa

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources import power_bi_limits as limits
from datapilot_resources.power_bi_pace import Sent, wait_seconds
from datapilot_resources.power_bi_tables import CHUNKS, DATASETS, EMPTYING, REQUESTS
from datapilot_resources.side_records import SideRecords

T = TypeVar("T")
# planned: it certainly did not arrive. sending: nobody knows.
Outcome = Literal["sent", "planned", "sending"]

# The bodies of a month without rows, for which no request is made.
NOTHING = [(0, "")]


class TurnLost(RuntimeError):
    """Another process took the semantic model over: this one was silent for too long, and must write no more."""


@dataclass(frozen=True)
class Place:
    """Where a body of rows belongs."""

    table: str
    month: Month
    fingerprint: str


@dataclass(frozen=True)
class TurnRecords:
    """Each step is one transaction, and first finds that the turn is still ours."""

    records: SideRecords
    clock: Callable[[], float]
    org: OrgId
    dataset: str
    holder: str
    seconds: float  # that it is held after each step

    def take(self) -> tuple[str, float | None]:
        """Whose the semantic model is, and until when another holds it; None: we do now."""
        mine = DATASETS.c.dataset == self.dataset

        def step(connection: sa.Connection) -> tuple[str, float | None]:
            row = connection.execute(DATASETS.select().where(mine)).mappings().one_or_none()
            if row is None:
                connection.execute(DATASETS.insert().values(dataset=self.dataset, org_id=str(self.org)))
            elif row["org_id"] != str(self.org):
                return str(row["org_id"]), None
            elif row["holder"] is not None and row["held_until"] > self.clock():
                return str(row["org_id"]), float(row["held_until"])
            connection.execute(DATASETS.update().where(mine).values(holder=self.holder, held_until=self._until()))
            return str(self.org), None

        return self.records.transact(step)

    def leave(self) -> None:
        """Let others in; harmless when the turn was lost."""
        ours = (DATASETS.c.dataset == self.dataset) & (DATASETS.c.holder == self.holder)
        self.records.transact(lambda connection: connection.execute(DATASETS.update().where(ours).values(holder=None)))

    def hold(self, seconds: float = 0.0) -> None:
        """Keep the turn for so long beyond a request."""
        self._step(lambda connection: None, seconds)

    def rest(self, seconds: float, *, failed: bool) -> None:
        """Nothing is sent for so long: the service asks for it, or (`failed`) was not reached once more."""
        values: dict[str, Any] = {"not_before": self.clock() + seconds, "failures": 0}
        if failed:
            values |= {"failures": DATASETS.c.failures + 1, "outages": DATASETS.c.outages + 1}
        mine = DATASETS.c.dataset == self.dataset
        self._step(lambda connection: connection.execute(DATASETS.update().where(mine).values(values)))

    def plan(self, place: Place, chunks: Sequence[tuple[int, str]]) -> None:
        """Note the bodies (rows, sha256) of a month of which nothing was sent otherwise. A month without rows is sent.

        Raises LookupError: it was planned before with other bytes, which must be emptied first.
        """
        one_month = self._of(place.table) & (CHUNKS.c.month == str(place.month))
        mine = one_month & (CHUNKS.c.fingerprint == place.fingerprint)
        bodies = list(chunks) or NOTHING
        state = "planned" if chunks else "sent"

        def step(connection: sa.Connection) -> None:
            connection.execute(CHUNKS.delete().where(one_month, CHUNKS.c.fingerprint != place.fingerprint))
            query = sa.select(CHUNKS.c.rows, CHUNKS.c.sha256).where(mine).order_by(CHUNKS.c.chunk)
            if known := [(rows, sha256) for rows, sha256 in connection.execute(query)]:
                if known != bodies:
                    raise LookupError(f"{place.table}, {place.month}: it was planned otherwise")
                return
            now = self.clock()
            same = self._key(place) | {"state": state, "planned_at": now, "sent_at": None if chunks else now}
            connection.execute(
                CHUNKS.insert(),
                [same | {"chunk": n, "rows": rows, "sha256": sha256} for n, (rows, sha256) in enumerate(bodies)],
            )

        self._step(step)

    def start(self, place: Place, chunk: int, rows: int, attempt_seconds: float) -> tuple[float, int]:
        """Reserve a request and note that it is sent now: (0, its id), or (seconds to wait, 0) and nothing noted."""

        def step(connection: sa.Connection) -> tuple[float, int]:
            now = self.clock()
            mine = REQUESTS.c.dataset == self.dataset
            connection.execute(REQUESTS.delete().where(mine, REQUESTS.c.at < now - 2 * limits.HOUR))
            found = connection.execute(sa.select(REQUESTS.c.at, REQUESTS.c.rows).where(mine))
            sent = [Sent(at, many) for at, many in found]
            there = self._of(place.table) & (CHUNKS.c.state != "planned")
            stored = connection.execute(sa.select(sa.func.sum(CHUNKS.c.rows)).where(there)).scalar_one() or 0
            if wait := wait_seconds(now, sent, rows, stored + rows >= limits.LARGE_TABLE_ROWS):
                return wait, 0
            # The latest moment at which it can reach the service: a crash must not make it count too early.
            values = {"org_id": str(self.org), "dataset": self.dataset, "rows": rows, "at": now + attempt_seconds}
            inserted = connection.execute(REQUESTS.insert().values(values)).inserted_primary_key
            assert inserted is not None
            self._mark(connection, place, chunk, "sending")
            return 0.0, int(inserted[0])

        return self._step(step)

    def finish(self, place: Place, chunk: int, request: int, outcome: Outcome) -> None:
        """Note what became of the request."""

        def step(connection: sa.Connection) -> None:
            connection.execute(REQUESTS.update().where(REQUESTS.c.id == request).values(at=self.clock()))
            self._mark(connection, place, chunk, outcome)
            if outcome == "sent":
                mine = DATASETS.c.dataset == self.dataset
                connection.execute(DATASETS.update().where(mine).values(failures=0, not_before=0.0))

        self._step(step)

    def begin_emptying(self, table: str) -> None:
        """Forget what was sent to the table, and note that it is to be emptied."""
        key = {"org_id": str(self.org), "dataset": self.dataset, "table_name": table}

        def step(connection: sa.Connection) -> None:
            connection.execute(CHUNKS.delete().where(self._of(table)))
            connection.execute(_emptying(key))
            connection.execute(EMPTYING.insert().values(**key, begun_at=self.clock()))

        self._step(step)

    def emptied(self, table: str) -> None:
        """The service said that the table is empty."""
        key = {"org_id": str(self.org), "dataset": self.dataset, "table_name": table}
        self._step(lambda connection: connection.execute(_emptying(key)))

    def _step(self, work: Callable[[sa.Connection], T], seconds: float = 0.0) -> T:
        ours = (DATASETS.c.dataset == self.dataset) & (DATASETS.c.holder == self.holder)

        def step(connection: sa.Connection) -> T:
            held = DATASETS.update().where(ours).values(held_until=self._until() + seconds)
            if connection.execute(held).rowcount != 1:
                raise TurnLost(f"dataset {self.dataset}: another process took over; run again")
            return work(connection)

        return self.records.transact(step)

    def _mark(self, connection: sa.Connection, place: Place, chunk: int, state: Outcome) -> None:
        one = self._of(place.table) & (CHUNKS.c.month == str(place.month)) & (CHUNKS.c.chunk == chunk)
        one &= CHUNKS.c.fingerprint == place.fingerprint
        values = {"state": state, "sent_at": self.clock() if state == "sent" else None}
        if connection.execute(CHUNKS.update().where(one).values(values)).rowcount != 1:
            raise LookupError(f"{place.table}, {place.month}, chunk {chunk}: it was never planned")

    def _of(self, table: str) -> sa.ColumnElement[bool]:
        return sa.and_(CHUNKS.c.org_id == str(self.org), CHUNKS.c.dataset == self.dataset, CHUNKS.c.table_name == table)

    def _key(self, place: Place) -> dict[str, str]:
        return {
            "org_id": str(self.org),
            "dataset": self.dataset,
            "table_name": place.table,
            "month": str(place.month),
            "fingerprint": place.fingerprint,
        }

    def _until(self) -> float:
        return self.clock() + self.seconds


def _emptying(key: dict[str, str]) -> sa.Delete:
    return EMPTYING.delete().where(*(EMPTYING.c[name] == value for name, value in key.items()))
