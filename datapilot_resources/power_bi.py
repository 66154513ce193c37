"""Power BI: push rows to tables of an existing push semantic model, one request at a time, within its limits."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from typing import NoReturn
from urllib.parse import quote

from datapilot_domain.organizations import OrgId
from datapilot_resources import power_bi_limits as limits
from datapilot_resources.deliveries import power_bi_targets
from datapilot_resources.power_bi_errors import (
    PowerBiCreationRefused,
    PowerBiLater,
    PowerBiRefused,
    PowerBiUnavailable,
)
from datapilot_resources.power_bi_http import Reply, send
from datapilot_resources.power_bi_ledger import PowerBiLedger
from datapilot_resources.power_bi_rows import Chunk, declared
from datapilot_resources.power_bi_target import PowerBiTarget
from datapilot_resources.power_bi_token import Tokens
from datapilot_resources.power_bi_turn import Outcome, Place, TurnRecords
from datapilot_resources.settings import Settings

_LONGEST_WAIT = 90.0  # seconds; for longer no run is kept open
_MOST_FAILURES = 5  # in a row, of one request
_FIRST_BACKOFF, _LONGEST_BACKOFF = 1.0, 30.0  # seconds, doubled by each failure
_FIRST_REST, _LONGEST_REST = 300.0, 3600.0  # seconds between runs that do not reach the service


class PowerBi:
    """The targets of all organizations and their ledger. A clock and a sleep of one's own are for tests."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        attempt_seconds: float = 60.0,
        run_seconds: float = 600.0,
    ) -> None:
        """`attempt_seconds`: of one request as a whole; `run_seconds`: after which no request is begun."""
        self._settings, self._sleep = settings, sleep
        self._attempt_seconds, self._run_seconds = attempt_seconds, run_seconds
        self.ledger = PowerBiLedger(settings, clock)

    @cached_property
    def targets(self) -> Mapping[OrgId, PowerBiTarget]:
        """Raises SettingsError."""
        return power_bi_targets(self._settings)

    def dataset(self, target: PowerBiTarget) -> PowerBiDataset:
        """Its time begins now."""
        deadline = self.ledger.clock() + self._run_seconds
        return PowerBiDataset(target, self.ledger, self._sleep, self._attempt_seconds, deadline)


class PowerBiDataset:
    def __init__(
        self,
        target: PowerBiTarget,
        ledger: PowerBiLedger,
        sleep: Callable[[float], None],
        attempt_seconds: float,
        deadline: float,
    ) -> None:
        self._target, self._ledger, self._sleep = target, ledger, sleep
        self._attempt_seconds, self._deadline = attempt_seconds, deadline
        self._tokens = Tokens(target, ledger.clock, attempt_seconds)
        self._doubted = False  # the token, which was made anew since the last request that was taken
        self._base = f"{target.base_url}/v1.0/myorg/groups/{target.workspace}/datasets"

    def __repr__(self) -> str:
        return f"PowerBiDataset({self._target.organization}, {self._target.dataset})"

    def turn(self) -> AbstractContextManager[TurnRecords]:
        """To write, be the only one who does. Raises TurnTaken, DatasetTaken."""
        target = self._target
        return self._ledger.turn(target.organization, str(target.dataset), self._attempt_seconds, self._sleep)

    def push(self, turn: TurnRecords, place: Place, chunk: Chunk) -> None:
        """Append a planned body of rows to its table.

        Raises PowerBiLater, PowerBiRefused, PowerBiUnavailable; after the last one the ledger says whether the rows
        certainly did not arrive.
        """
        for failures in itertools.count(1):
            token = self._token(turn)
            request = self._start(turn, place, chunk)
            reply = self._call("POST", self._rows_url(place.table), token, chunk.body)
            outcome = _outcome(reply)
            turn.finish(place, chunk.number, request, outcome)
            if outcome == "sent":
                self._doubted = False
                return
            if outcome == "sending":
                self._unreached(turn, reply, f"whether rows of {place.table} arrived is not known")
            self._pause(turn, reply, failures, place.table)

    def empty(self, turn: TurnRecords, table: str) -> None:
        """Remove all rows of a table, and what the ledger knows of them. Repeating it is harmless. Raises as `push`."""
        turn.begin_emptying(table)
        for failures in itertools.count(1):
            token = self._token(turn)
            turn.hold()
            reply = self._call("DELETE", self._rows_url(table), token, b"")
            outcome = _outcome(reply)
            if outcome == "sent":
                turn.emptied(table)
                return
            if outcome == "sending":
                self._unreached(turn, reply, f"whether {table} was emptied is not known")
            self._pause(turn, reply, failures, table)

    def create(self, name: str) -> str:
        """Id of a new push semantic model with the target's tables. Asked for once, never again by itself.

        Raises PowerBiCreationRefused, PowerBiRefused, PowerBiUnavailable.
        """
        target = self._target
        tables = [declared(contract) for contract in target.contracts]
        body = json.dumps({"name": name, "defaultMode": "Push", "tables": tables}).encode()
        policy = "None" if target.retention == "none" else target.retention
        reply = self._call("POST", f"{self._base}?defaultRetentionPolicy={policy}", self._tokens.get(), body)
        where = f"workspace {target.workspace}"
        if reply.failure == "unsent" or reply.status == 429:
            raise PowerBiUnavailable(f"{target.base_url} was not reached ({_what(reply)}); try again later")
        if reply.failure or reply.status >= 500:
            remedy = f"look into {where} before you ask again: it may be there"
            raise PowerBiUnavailable(f"whether a semantic model was made is not known ({_what(reply)}); {remedy}")
        found = reply.document.get("id")
        if reply.status not in (201, 202) or not isinstance(found, str):
            remedy = "serve gold from Postgres instead, or name an existing push semantic model as `dataset`"
            raise PowerBiCreationRefused(f"{where} gets no new push semantic model ({_what(reply)}); {remedy}")
        return found

    def _start(self, turn: TurnRecords, place: Place, chunk: Chunk) -> int:
        """Wait until the limits let the request through; its number in the ledger."""
        while True:
            if self._ledger.clock() >= self._deadline:
                raise PowerBiLater("the time of this run is over")
            seconds, request = turn.start(place, chunk.number, chunk.rows, self._attempt_seconds)
            if not seconds:
                return request
            self._wait(turn, seconds)

    def _wait(self, turn: TurnRecords, seconds: float) -> None:
        """Raises PowerBiLater instead of keeping a run open for long."""
        if seconds > _LONGEST_WAIT or self._ledger.clock() + seconds >= self._deadline:
            turn.rest(seconds, failed=False)
            raise PowerBiLater(f"nothing is sent for {seconds:.0f} seconds")
        turn.hold(seconds)
        self._sleep(seconds)

    def _pause(self, turn: TurnRecords, reply: Reply, failures: int, table: str) -> None:
        """After an answer that says that nothing was done: wait for the next attempt, or raise."""
        if reply.status == 401 and self._target.token is None and not self._doubted:
            self._tokens.forget()
            self._doubted = True
            return
        if reply.status not in (0, 429, 503):
            self._refused(reply, table)
        backoff = min(_FIRST_BACKOFF * 2 ** (failures - 1), _LONGEST_BACKOFF)
        # No window of the limits is longer than an hour, whatever an answer asks for.
        asked = None if reply.retry_after is None else min(reply.retry_after, limits.HOUR)
        seconds = backoff if asked is None else max(asked, _FIRST_BACKOFF)
        if reply.status != 429 and (failures >= _MOST_FAILURES or seconds > _LONGEST_WAIT):
            self._unreached(turn, reply, "nothing was done")
        self._wait(turn, seconds)

    def _refused(self, reply: Reply, table: str) -> NoReturn:
        dataset, organization = f"dataset {self._target.dataset}", self._target.organization
        what, remedy = {
            400: (f"does not take the rows of {table}", "give it the columns of `datapilot power-bi create`"),
            401: ("does not know who we are", f"renew the credentials of {organization}"),
            403: ("does not let us write", f"make the credentials of {organization} a member of its workspace"),
            404: (f"has no table {table}, or is not there", "correct workspace, dataset and tables"),
        }.get(reply.status, (f"does not take {table}", "see what base_url answers to that"))
        raise PowerBiRefused(f"{dataset} {what} ({_what(reply)}); {remedy}")

    def _unreached(self, turn: TurnRecords, reply: Reply, what: str) -> NoReturn:
        self._rest(turn, reply.retry_after or 0.0)
        raise PowerBiUnavailable(
            f"{self._target.base_url} was not reached ({_what(reply)}): {what}; a later run goes on"
        )

    def _rest(self, turn: TurnRecords, at_least: float) -> None:
        failures, _ = self._ledger.failures(turn.dataset)
        seconds = max(min(_FIRST_REST * 2**failures, _LONGEST_REST), min(at_least, limits.HOUR))
        turn.rest(seconds, failed=True)

    def _token(self, turn: TurnRecords) -> str:
        try:
            return self._tokens.get()
        except PowerBiUnavailable:
            self._rest(turn, 0.0)
            raise

    def _rows_url(self, table: str) -> str:
        return f"{self._base}/{self._target.dataset}/tables/{quote(table, safe='')}/rows"

    def _call(self, method: str, url: str, token: str, body: bytes) -> Reply:
        headers = {"Authorization": f"Bearer {token}"}
        if body:
            headers["Content-Type"] = "application/json"
        return send(method, url, headers, body, self._attempt_seconds)


def _outcome(reply: Reply) -> Outcome:
    """503 means that the service was not able to handle the request (RFC 9110); other 5xx may come after it did."""
    if 200 <= reply.status < 300:
        return "sent"
    unknown = reply.failure == "unknown" or (reply.status >= 500 and reply.status != 503)
    return "sending" if unknown else "planned"


def _what(reply: Reply) -> str:
    if reply.failure:
        return "no connection" if reply.failure == "unsent" else "no whole answer"
    return f"HTTP {reply.status}, {reply.code}"
