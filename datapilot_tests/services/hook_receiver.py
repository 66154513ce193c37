"""A real HTTP receiver of webhooks and a real SMTP server on loopback: they keep what came and misbehave on demand."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import pytest

Behaviour = Literal["answer", "hang", "trickle", "close", "pour"]


@dataclass(frozen=True)
class Hooked:
    """One request; header names in lower case. `status`: what was answered, 0: nothing."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def key(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class HookReceiver:
    """`status`, `headers` and `behaviour` hold for the requests that come from now on, `statuses_by_path`
    for some of them. Status 0: the connection is closed without an answer."""

    port: int
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    behaviour: Behaviour = "answer"
    statuses_by_path: dict[str, int] = field(default_factory=dict)
    requests: list[Hooked] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def taken(self, path: str | None = None) -> list[Hooked]:
        """Those that were answered with 2xx, in the order of their arrival."""
        return [r for r in self.requests if 200 <= r.status < 300 and path in (None, r.path)]


class _Handler(BaseHTTPRequestHandler):
    receiver: HookReceiver

    def do_POST(self) -> None:
        receiver = self.receiver
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = receiver.statuses_by_path.get(self.path, receiver.status)
        behaviour = "close" if status == 0 else receiver.behaviour
        answered = status if behaviour in ("answer", "pour") else 0
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.requests.append(Hooked(self.path, headers, body, answered))
        receiver.arrived.set()
        if behaviour == "hang":
            receiver.stopped.wait()
        elif behaviour == "trickle":
            while not receiver.stopped.wait(0.05):
                self.wfile.write(b"H")  # bytes go on coming, and no header line ever ends
        elif behaviour in ("answer", "pour"):
            self.send_response(status)
            for name, value in {"Content-Length": "0", **receiver.headers}.items():
                if behaviour == "answer" or name != "Content-Length":
                    self.send_header(name, value)
            self.end_headers()
            while behaviour == "pour":
                self.wfile.write(b"x" * 65_536)
        self.close_connection = True

    do_GET = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


@contextmanager
def hook_receiver() -> Iterator[HookReceiver]:
    """Run it on a free port; stops it in any case."""
    handler = type("Handler", (_Handler,), {})
    with _Quiet(("127.0.0.1", 0), handler) as server:
        receiver = handler.receiver = HookReceiver(server.server_address[1])  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.stopped.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def hook() -> Iterator[HookReceiver]:
    with hook_receiver() as receiver:
        yield receiver


@dataclass
class Mailbox:
    """`refuse`: answer each letter with 451, as a server that cannot take it now."""

    port: int
    refuse: bool = False
    hang: bool = False
    letters: list[bytes] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def messages(self) -> list[Message]:
        return [message_from_bytes(letter) for letter in self.letters]


class _Smtp(socketserver.StreamRequestHandler):
    mailbox: Mailbox

    def handle(self) -> None:
        if self.mailbox.hang:
            self.mailbox.stopped.wait()
            return
        self._say(b"220 mail.test")
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                self._say(b"354 go on")
                self._say(self._letter())
            elif verb == b"QUIT":
                self._say(b"221 bye")
                return
            else:
                self._say(b"250 fine")

    def _letter(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if self.mailbox.refuse:
            return b"451 not now"
        self.mailbox.letters.append(b"".join(lines))
        return b"250 taken"

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


class _SmtpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    handler = type("Handler", (_Smtp,), {})
    with _SmtpServer(("127.0.0.1", 0), handler) as server:
        box = handler.mailbox = Mailbox(server.server_address[1])  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            box.stopped.set()
            server.shutdown()
            thread.join()
