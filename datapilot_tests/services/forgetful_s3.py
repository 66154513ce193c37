"""A real S3 server that forgets: a proxy takes headers away, as servers do that do not know them.

It signs what it passes on with the owner's key, so session credentials reach as far as that does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from botocore.auth import S3SigV4Auth, SigV4Auth  # type: ignore[import-untyped]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]
from botocore.httpsession import URLLib3Session  # type: ignore[import-untyped]

from datapilot_tests.services.s3_server import ACCESS_KEY, SECRET_KEY

_NOT_PASSED_ON = {"host", "authorization", "connection", "content-length", "transfer-encoding", "expect", "date"}
_SIGNED = ("x-amz-date", "x-amz-content-sha256", "x-amz-security-token")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def forgetful_s3(endpoint: str, *forgotten: str) -> Iterator[str]:
    """Address of a server that is the one at `endpoint`, but for these headers, which it never sees."""
    dropped = _NOT_PASSED_ON | {name.lower() for name in forgotten}
    session = URLLib3Session(max_pool_connections=64)
    owner = Credentials(ACCESS_KEY, SECRET_KEY)
    signatures = {
        True: SigV4Auth(owner, "sts", "us-east-1"),
        False: S3SigV4Auth(owner, "s3", "us-east-1"),
    }

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in dropped and not name.lower().startswith(_SIGNED)
            }
            request = AWSRequest(method=self.command, url=endpoint + self.path, data=body, headers=kept)
            is_sts = self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
            signatures[is_sts].add_auth(request)  # the sender's covers what is taken away here
            answer = session.send(request.prepare())
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _NOT_PASSED_ON:
                    self.send_header(name, value)
            content = answer.content
            length = answer.headers.get("Content-Length") if self.command == "HEAD" else len(content)
            self.send_header("Content-Length", str(length or 0))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on

        def log_message(self, format: str, *arguments: object) -> None:
            """Silent: a test's output is for what failed."""

    with _Server(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
