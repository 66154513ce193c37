"""The delivery ledger of Power BI: what was sent, what may have been sent, and when the next request may begin.

Kept by `side_records`: SQLite in DATAPILOT_HOME, or Postgres; safe between processes in both.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.power_bi_tables import ALL, CHUNKS, DATASETS, EMPTYING, METADATA
from datapilot_resources.power_bi_turn import TurnRecords
from datapilot_resources.settings import Settings
from datapilot_resources.side_records import SideRecords

_POLL_SECONDS = 1.0
# Beyond the deadline of a request: its process has told the ledger by then, or never will.
_GRACE_SECONDS = 5.0


class TurnTaken(RuntimeError):
    """Another process writes to the semantic model; the message says until when it may."""


class DatasetTaken(RuntimeError):
    """The semantic model holds rows of another organization."""


@dataclass(frozen=True)
class Delivered:
    """A body of rows as the ledger has it; `sent_at` in seconds since 1970."""

    table: str
    month: Month
    fingerprint: str
    chunk: int
    rows: int
    sha256: str
    state: str
    sent_at: float | None


@dataclass(frozen=True)
class Rest:
    """Until when, in seconds since 1970, nothing is sent; after how many failures in a row (0: a limit)."""

    until: float
    failures: int


class PowerBiLedger:
    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._records = SideRecords(settings, METADATA, "power_bi.sqlite")
        self.clock = clock

    def delivered(self, org: OrgId, dataset: str) -> list[Delivered]:
        """By table, month and number. Raises PostgresUnavailable."""
        mine = (CHUNKS.c.org_id == str(org)) & (CHUNKS.c.dataset == dataset)
        query = CHUNKS.select().where(mine).order_by(CHUNKS.c.table_name, CHUNKS.c.month, CHUNKS.c.chunk)
        rows = self._records.transact(lambda connection: connection.execute(query).mappings().all())
        return [
            Delivered(
                row["table_name"],
                Month.parse(row["month"]),
                row["fingerprint"],
                row["chunk"],
                row["rows"],
                row["sha256"],
                row["state"],
                row["sent_at"],
            )
            for row in rows
        ]

    def emptying(self, org: OrgId, dataset: str) -> set[str]:
        """Names of the tables whose emptying was begun and not seen to end."""
        mine = (EMPTYING.c.org_id == str(org)) & (EMPTYING.c.dataset == dataset)
        query = sa.select(EMPTYING.c.table_name).where(mine)
        return set(self._records.transact(lambda connection: connection.execute(query).scalars().all()))

    def rest(self, dataset: str) -> Rest | None:
        """None: rows may be sent."""
        query = DATASETS.select().where(DATASETS.c.dataset == dataset, DATASETS.c.not_before > self.clock())
        row = self._records.transact(lambda connection: connection.execute(query).mappings().one_or_none())
        return Rest(row["not_before"], row["failures"]) if row else None

    def failures(self, dataset: str) -> tuple[int, int]:
        """How many runs in a row did not reach the service, and how many ever."""
        query = sa.select(DATASETS.c.failures, DATASETS.c.outages).where(DATASETS.c.dataset == dataset)
        row = self._records.transact(lambda connection: connection.execute(query).one_or_none())
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def is_taken(self, dataset: str) -> bool:
        """Whether a process writes to it now, or died less than a minute ago."""
        held = (DATASETS.c.dataset == dataset) & DATASETS.c.holder.is_not(None) & (DATASETS.c.held_until > self.clock())
        query = sa.select(DATASETS.c.dataset).where(held)
        return self._records.transact(lambda connection: connection.execute(query).first()) is not None

    @contextmanager
    def turn(
        self, org: OrgId, dataset: str, attempt_seconds: float, sleep: Callable[[float], None]
    ) -> Iterator[TurnRecords]:
        """Be the only one who writes to the semantic model, until the end of the block.

        Waits as long as a process that died a moment ago may hold it. Raises TurnTaken, DatasetTaken.
        """
        seconds = attempt_seconds + _GRACE_SECONDS
        turn = TurnRecords(self._records, self.clock, org, dataset, secrets.token_hex(8), seconds)
        give_up = self.clock() + seconds + _POLL_SECONDS
        while True:
            owner, held_until = turn.take()
            if owner != str(org):
                remedy = "name another in the file of deliveries, or erase that organization's deliveries"
                raise DatasetTaken(f"dataset {dataset} holds rows of organization {owner}; {remedy}")
            if held_until is None:
                break
            if self.clock() >= give_up:
                left = held_until - self.clock()
                raise TurnTaken(f"dataset {dataset}: another process writes to it, for {left:.0f} seconds at most")
            sleep(_POLL_SECONDS)
        try:
            yield turn
        finally:
            turn.leave()

    def erase(self, org: OrgId) -> int:
        """Remove every row of an organization, from SQLite's file and not only from the table; how many there were.

        Raises TimeoutError while another process holds a reading transaction of that file: erase again.
        """

        def delete(connection: sa.Connection) -> int:
            return sum(connection.execute(table.delete().where(table.c.org_id == str(org))).rowcount for table in ALL)

        rows = self._records.transact(delete)
        self._records.forget()
        return rows
