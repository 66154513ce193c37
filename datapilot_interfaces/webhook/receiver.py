"""The receiver: an authenticated POST about the inbox is a hint, and nothing in it is believed."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pydantic import ValidationError

from datapilot_interfaces.webhook.events import keys_of

MAXIMUM_BODY_BYTES = 1 << 20
_SILENCE_SECONDS = 10


class HintedWork:
    """Runs `work` in a thread of its own after a hint. Hints during a run make one more run, however many they are."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._hinted, self._ending = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="hinted-work")
        self._thread.start()

    def hint(self) -> None:
        self._hinted.set()

    def end(self) -> None:
        """Let a run that is under way finish."""
        self._ending = True
        self._hinted.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._hinted.wait()
            self._hinted.clear()
            if self._ending:
                return
            self._work()


class Receiver(ThreadingHTTPServer):
    """On 127.0.0.1. `hint` is called for every event that names an object under the key prefix `inbox`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, token: str, inbox: str, hint: Callable[[], None]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.inbox, self.hint = inbox, hint
        self._expected = f"Bearer {token}".encode()

    def knows(self, authorization: str) -> bool:
        return hmac.compare_digest(authorization.encode("latin-1"), self._expected)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    timeout = _SILENCE_SECONDS
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.close_connection = True  # whatever is not read of a body must not be taken for the next request
        self._answer(self._status_of_post())

    def do_HEAD(self) -> None:
        """Object stores ask so whether anybody is here."""
        self._answer(HTTPStatus.OK)

    def _status_of_post(self) -> HTTPStatus:
        if not self.server.knows(self.headers.get("Authorization", "")):
            return HTTPStatus.UNAUTHORIZED
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            return HTTPStatus.LENGTH_REQUIRED
        if len(length) > 9 or int(length) > MAXIMUM_BODY_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        try:
            keys = keys_of(self.rfile.read(int(length)))
        except ValidationError:
            return HTTPStatus.BAD_REQUEST
        if any(key.startswith(self.server.inbox) for key in keys):
            self.server.hint()
        return HTTPStatus.NO_CONTENT

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        if status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", "0")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: what strangers send does not reach the terminal."""
