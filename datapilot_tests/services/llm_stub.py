"""A real HTTP server on loopback that speaks `/v1/chat/completions` and misbehaves on demand.

Nothing here needs a test framework.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What arrived; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Json

    @property
    def response_format(self) -> str:
        return str(self.body.get("response_format", {}).get("type", "text"))


@dataclass(frozen=True)
class Exchange:
    """One request and the means to answer it."""

    request: Request
    handler: BaseHTTPRequestHandler
    stopped: threading.Event

    def send(
        self, code: int, body: bytes | Json, headers: Mapping[str, str] | None = None, reason: str | None = None
    ) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.begin(code, {"Content-Length": str(len(content)), **(headers or {})}, reason)
        self.handler.wfile.write(content)

    def begin(self, code: int, headers: Mapping[str, str], reason: str | None = None) -> None:
        self.handler.send_response(code, reason)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.handler.send_header(name, value)
        self.handler.end_headers()


Behaviour = Callable[[Exchange], None]


@dataclass
class LlmStub:
    """Behaviours queued by `then` come first, one per request; afterwards `always` answers."""

    base_url: str
    always: Behaviour
    requests: list[Request] = field(default_factory=list)
    queue: deque[Behaviour] = field(default_factory=deque)

    def then(self, *behaviours: Behaviour) -> LlmStub:
        self.queue.extend(behaviours)
        return self

    def answer(self, exchange: Exchange) -> None:
        self.requests.append(exchange.request)
        try:
            behaviour = self.queue.popleft()
        except IndexError:
            behaviour = self.always
        behaviour(exchange)


def completion(text: str | None, *, finish_reason: str = "stop", model: str = "stub-1", **message: Any) -> Json:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [
            {
                "index": 0,
                "finish_reason": finish_reason,
                "message": {"role": "assistant", "content": text, **message},
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


def replies(document: Json) -> Behaviour:
    """HTTP 200 with this document."""
    return lambda exchange: exchange.send(200, document)


def answers(text: str | Callable[[Json], str], usage: Json | None = None) -> Behaviour:
    """A good answer; a function gets the request's JSON. `usage` replaces 100 tokens in, 20 out."""

    def behave(exchange: Exchange) -> None:
        document = completion(text if isinstance(text, str) else text(exchange.request.body))
        exchange.send(200, {**document, "usage": usage} if usage is not None else document)

    return behave


def refuses(reason: str = "I cannot help with that.") -> Behaviour:
    return replies(completion(None, refusal=reason))


def filters() -> Behaviour:
    return replies(completion("", finish_reason="content_filter"))


def cuts(text: str = '{"insights": [{"claim') -> Behaviour:
    return replies(completion(text, finish_reason="length"))


def empty() -> Behaviour:
    return replies(completion(" "))


def no_usage(text: str) -> Behaviour:
    return replies({name: value for name, value in completion(text).items() if name != "usage"})


def overspends(tokens: int, text: str = "{}") -> Behaviour:
    """Reports that many output tokens, whatever was allowed."""
    return answers(text, {"prompt_tokens": 100, "completion_tokens": tokens, "total_tokens": 100 + tokens})


def stalls(seconds: float) -> Behaviour:
    """Says nothing for that long, then hangs up."""

    def behave(exchange: Exchange) -> None:
        exchange.stopped.wait(seconds)

    return behave


def drips(seconds_between: float = 1.0, headers_too: bool = False) -> Behaviour:
    """Headers, then a byte now and then, never ending; with `headers_too` not even the headers end."""

    def behave(exchange: Exchange) -> None:
        if headers_too:
            exchange.handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        else:
            exchange.begin(200, {"Content-Length": "1000000"})
        while not exchange.stopped.wait(seconds_between):
            exchange.handler.wfile.write(b" ")
            exchange.handler.wfile.flush()

    return behave


def hangs_up() -> Behaviour:
    """Half an answer, then the connection ends."""

    def behave(exchange: Exchange) -> None:
        exchange.begin(200, {"Content-Length": "1000"})
        exchange.handler.wfile.write(b'{"choices": [')

    return behave


def status(code: int, headers: Mapping[str, str] | None = None, body: bytes | Json = b"{}") -> Behaviour:
    return lambda exchange: exchange.send(code, body, headers)


def rejects_schema(json_object_too: bool = False, text: str = "{}") -> Behaviour:
    """HTTP 400 for a response format that it does not know, a good answer otherwise."""

    def behave(exchange: Exchange) -> None:
        unknown = ["json_schema", *(["json_object"] if json_object_too else [])]
        if exchange.request.response_format in unknown:
            error = {"message": "response_format is not supported", "type": "invalid_request_error", "code": None}
            exchange.send(400, {"error": error})
        else:
            answers(text)(exchange)

    return behave


def redirects(to: str, code: int = 307) -> Behaviour:
    return status(code, {"Location": to})


def returns_html() -> Behaviour:
    return status(200, {"Content-Type": "text/html"}, b"<html><body>Log in to the network</body></html>")


def huge(size: int = 5_000_000) -> Behaviour:
    """A good answer of that many bytes."""
    return answers("x" * size)


@contextmanager
def llm_stub(always: Behaviour | None = None) -> Iterator[LlmStub]:
    """Run the server on a free port of 127.0.0.1; stops it in any case, also in the middle of an answer."""
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length) or b"{}")
            headers = {name.lower(): value for name, value in self.headers.items()}
            with suppress(BrokenPipeError, ConnectionResetError):  # the client had enough
                stub.answer(Exchange(Request(self.path, headers, body), self, stopped))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        stub = LlmStub(f"http://127.0.0.1:{server.server_address[1]}/v1", always or answers("{}"))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield stub
        finally:
            stopped.set()
            server.shutdown()
            thread.join()
