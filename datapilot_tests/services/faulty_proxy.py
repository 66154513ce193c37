"""An HTTP proxy on loopback that delays requests or loses answers, as a bad network in front of a store does."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Fault:
    """What happens to one request that reaches the server all the same."""

    delay_seconds: float = 0
    answer_is_lost: bool = False


NO_FAULT = Fault()


@contextmanager
def faulty_proxy(target: str, fault_of: Callable[[str, str], Fault]) -> Iterator[str]:
    """Address of a proxy for `target` (`http://host:port`); `fault_of` gets the method and the path.

    The host header stays, so that signatures over it hold.
    """
    parts = urlsplit(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = fault_of(self.command, self.path)
            time.sleep(fault.delay_seconds)
            connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=120)
            try:
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() != "expect":
                        connection.putheader(name, value)
                connection.endheaders(body)
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            self.close_connection = True  # so that nobody is served any more once the proxy is gone
            if fault.answer_is_lost:
                return
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", length or "0")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = handle_one

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test says what it saw."""

    class Proxy(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that went away, or a server that is down: both ends see it for themselves."""

    server = Proxy(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
