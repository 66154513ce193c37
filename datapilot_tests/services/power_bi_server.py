"""A real HTTP server on loopback that enforces the documented limits of push semantic models, and misbehaves on demand.

It knows nothing of the client. Nothing here needs a test framework.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Row = dict[str, Any]
_ROWS = re.compile(r"/v1\.0/myorg/groups/([0-9a-f-]{36})/datasets/([0-9a-f-]{36})/tables/([^/]+)/rows")
_DATASETS = re.compile(r"/v1\.0/myorg/groups/([0-9a-f-]{36})/datasets")
_TOKEN = re.compile(r"/([^/]+)/oauth2/v2\.0/token")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")


@dataclass
class Documented:
    """The limits of https://learn.microsoft.com/power-bi/developer/embedded/push-datasets-limitations."""

    tables: int = 75
    columns: int = 75
    rows_per_request: int = 10_000
    bytes_per_request: int = 16_000_000
    rows_per_hour: int = 1_000_000
    pending: int = 5
    requests_per_minute: int = 120
    large_table_rows: int = 250_000
    large_table_requests_per_hour: int = 120


@dataclass
class Dataset:
    """A push semantic model: its declared tables and what they hold."""

    workspace: str
    tables: dict[str, dict[str, str]]  # table → column → type
    most_rows: int = 5_000_000
    rows: dict[str, list[Row]] = field(default_factory=dict)
    requests: list[tuple[float, int]] = field(default_factory=list)  # time and rows of each POST rows request
    pending: int = 0


@dataclass(frozen=True)
class Answer:
    status: int
    document: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


# What happens to one POST rows or DELETE request; it may let the server do its work by calling the function.
Behaviour = Callable[[Callable[[], Answer]], "Answer | None"]


@dataclass
class PowerBiServer:
    """`queue` holds behaviours for the next requests; `violations` what a client did against the limits."""

    now: Callable[[], float]
    limits: Documented = field(default_factory=Documented)
    address: str = ""
    tokens: dict[str, float] = field(default_factory=dict)  # token → when it ends
    clients: dict[str, str] = field(default_factory=dict)  # client id → secret
    datasets: dict[str, Dataset] = field(default_factory=dict)
    creation: Answer | None = None  # what creating is answered with, instead of doing it
    queue: deque[Behaviour] = field(default_factory=deque)
    violations: list[str] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)  # method and path of each request
    token_seconds: int = 3600
    lock: threading.Lock = field(default_factory=threading.Lock)

    def then(self, *behaviours: Behaviour) -> None:
        self.queue.extend(behaviours)

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """None: hang up."""
        with self.lock:
            self.calls.append((method, path))
        route, _, query = path.partition("?")
        if method == "POST" and _TOKEN.fullmatch(route):
            return self._token(parse_qs(body.decode()))
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or self.tokens.get(token, 0.0) <= self.now():
            return _error(401, "TokenExpired")
        if method == "POST" and (made := _DATASETS.fullmatch(route)):
            return self.creation or self._create(made[1], parse_qs(query), json.loads(body))
        if not (rows := _ROWS.fullmatch(route)):
            return _error(404, "PowerBIEntityNotFound")
        dataset = self.datasets.get(rows[2])
        if dataset is None or dataset.workspace != rows[1] or rows[3] not in dataset.tables:
            return _error(404, "PowerBIEntityNotFound")

        def work() -> Answer:
            with self.lock:
                if method == "DELETE":
                    dataset.rows[rows[3]] = []
                    return Answer(200)
                return self._append(dataset, rows[3], headers, body)

        with self.lock:
            dataset.pending += 1
            too_many = method == "POST" and dataset.pending > self.limits.pending
            behaviour = self.queue.popleft() if self.queue else None
        try:
            if too_many:
                return self._against("too many pending requests", 1)
            return behaviour(work) if behaviour else work()
        finally:
            with self.lock:
                dataset.pending -= 1

    def _token(self, form: Mapping[str, list[str]]) -> Answer:
        client, secret = form.get("client_id", [""])[0], form.get("client_secret", [""])[0]
        if form.get("grant_type") != ["client_credentials"] or not form.get("scope"):
            return Answer(400, {"error": "invalid_request"})
        if self.clients.get(client) != secret:
            return Answer(401, {"error": "invalid_client", "error_description": f"AADSTS7000215: {secret}"})
        token = f"token-{len(self.tokens)}-of-{client}"
        self.tokens[token] = self.now() + self.token_seconds
        return Answer(200, {"token_type": "Bearer", "expires_in": self.token_seconds, "access_token": token})

    def _create(self, workspace: str, query: Mapping[str, list[str]], document: Mapping[str, Any]) -> Answer:
        tables = {t["name"]: {c["name"]: c["dataType"] for c in t["columns"]} for t in document["tables"]}
        if len(tables) > self.limits.tables or any(len(columns) > self.limits.columns for columns in tables.values()):
            self.violations.append("too many tables or columns")
            return _error(400, "TooManyTablesOrColumns")
        name = f"00000000-0000-4000-8000-{len(self.datasets):012d}"
        most = 200_000 if query.get("defaultRetentionPolicy") == ["basicFIFO"] else 5_000_000
        self.datasets[name] = Dataset(workspace, tables, most)
        return Answer(201, {"id": name, "name": document["name"]})

    def _append(self, dataset: Dataset, table: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if headers.get("content-type") != "application/json":
            return _error(415, "UnsupportedMediaType")
        now = self.now()
        rows: list[Row] = json.loads(body, parse_float=Decimal)["rows"]
        last_hour = [(at, many) for at, many in dataset.requests if at > now - 3600]
        stored = len(dataset.rows.setdefault(table, []))
        limits = self.limits
        if len(body) > limits.bytes_per_request or len(rows) > limits.rows_per_request:
            return self._against(f"a request of {len(rows)} rows, {len(body)} bytes", None)
        if sum(at > now - 60 for at, _ in last_hour) >= limits.requests_per_minute:
            return self._against("too many requests in a minute", 60)
        is_large = stored + len(rows) >= limits.large_table_rows
        if is_large and len(last_hour) >= limits.large_table_requests_per_hour:
            return self._against("too many requests in an hour, one to a large table", 3600)
        if sum(many for _, many in last_hour) + len(rows) > limits.rows_per_hour:
            return self._against("too many rows in an hour", 3600)
        if problem := next((found for row in rows if (found := _problem(dataset.tables[table], row))), None):
            return _error(400, problem)
        dataset.requests.append((now, len(rows)))
        dataset.rows[table] = [*dataset.rows[table], *rows][-dataset.most_rows :]
        return Answer(200)

    def _against(self, what: str, retry_after: int | None) -> Answer:
        self.violations.append(what)
        return refused(429, retry_after) if retry_after else _error(413, "RequestEntityTooLarge")


def refused(status: int, retry_after: float | None = None) -> Answer:
    """An answer that does nothing, as of a service that has too much to do."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Answer(status, {"error": {"code": "TooManyRequests"}}, headers)


def answers(status: int, retry_after: float | None = None) -> Behaviour:
    """Without doing anything."""
    return lambda work: refused(status, retry_after)


def fails_after(status: int) -> Behaviour:
    """Does it, and answers an error."""

    def behave(work: Callable[[], Answer]) -> Answer:
        work()
        return refused(status)

    return behave


def hangs_up_after(work: Callable[[], Answer]) -> None:
    """Does it, and breaks the connection."""
    work()


def hangs_up_before(work: Callable[[], Answer]) -> None:
    """Breaks the connection without doing it."""


def _error(status: int, code: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": "quotes what was sent"}})


def _problem(columns: Mapping[str, str], row: Row) -> str | None:
    """Code of what is wrong with a row of a table that was declared so."""
    if row.keys() - columns.keys():
        return "UnknownColumn"
    fitting = all(value is None or _FITS[columns[name]](value) for name, value in row.items())
    return None if fitting else "TypeMismatch"


def _decimal(value: Any) -> bool:
    found = Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None
    return found is not None and abs(found) < Decimal(10) ** 24 and found == round(found, 4)


_FITS: dict[str, Callable[[Any], bool]] = {
    "Int64": lambda value: type(value) is int and -(2**63) < value < 2**63 - 1,
    "Double": lambda value: type(value) in (int, Decimal) and abs(value) < Decimal("1.7E308"),
    "bool": lambda value: type(value) is bool,
    "DateTime": lambda value: isinstance(value, str) and bool(_ISO.fullmatch(value)),
    "string": lambda value: isinstance(value, str) and len(value.encode("utf-16-le")) <= 8000,
    "Decimal": _decimal,
}


@contextmanager
def power_bi_server(now: Callable[[], float] = time.time) -> Iterator[PowerBiServer]:
    """Run the server on a free port of 127.0.0.1; `now` is its clock, in seconds."""
    server = PowerBiServer(now)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = {name.lower(): value for name, value in self.headers.items()}
            answer = server.answer(self.command, self.path, found, body)
            self.close_connection = True
            if answer is None:
                return
            content = json.dumps(answer.document).encode()
            with suppress(BrokenPipeError, ConnectionResetError):  # the client had enough
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(content)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

        do_POST = do_DELETE = _handle

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        server.address = f"http://127.0.0.1:{listener.server_address[1]}"
        assert urlsplit(server.address).port
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()
