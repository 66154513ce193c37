"""A receiver of webhooks for the demo, on loopback over real HTTP: it takes a message whose signature is right."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """Bodies by the path that they were posted to, and how many were not signed with the secret."""

    secret: bytes
    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    unsigned: int = 0


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, received: Received, *arguments: Any) -> None:
        self.received = received
        super().__init__(*arguments)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        # As https://www.standardwebhooks.com says: HMAC-SHA256 of id, time and body.
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        wanted = "v1," + base64.b64encode(hmac.new(self.received.secret, signed, hashlib.sha256).digest()).decode()
        known = hmac.compare_digest(wanted, self.headers.get("webhook-signature", ""))
        if known:
            self.received.bodies.append((self.path, json.loads(body)))
        else:
            self.received.unsigned += 1
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the demo says what matters."""


@contextmanager
def receiver(secret: bytes) -> Iterator[tuple[str, Received]]:
    """Base URL of the receiver while it runs, and what it received."""
    received = Received(secret)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, received)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", received
        finally:
            server.shutdown()
