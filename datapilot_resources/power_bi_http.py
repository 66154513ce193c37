"""One HTTP attempt at Power BI or at who gives its tokens: what is sent is fixed here, what comes back is bounded."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from datapilot_resources.quiet_http import httpx2
from datapilot_resources.retry_after import retry_after_seconds

_LARGEST_ANSWER = 1_000_000  # bytes
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")

# unsent: it never left. unknown: it left, and nobody knows what became of it.
Failure = Literal["unsent", "unknown"]


@dataclass(frozen=True)
class Reply:
    """What came back: a status and a body, or why there is none. `retry_after` in seconds."""

    status: int = 0
    body: bytes = field(default=b"", repr=False)
    retry_after: float | None = None
    failure: Failure | None = None

    @property
    def document(self) -> dict[str, Any]:
        """The body's JSON object; {} when it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> str:
        """The error's code. Nothing else of an error is shown: its text may quote what was sent."""
        error = self.document.get("error")
        code = error.get("code") if isinstance(error, dict) else error
        return code if isinstance(code, str) and _CODE.fullmatch(code) else "no code"


def send(method: str, url: str, headers: dict[str, str], body: bytes, seconds: float) -> Reply:
    """One attempt, which takes at most so many seconds as a whole. No redirect is followed, no proxy is looked up.

    Raises RuntimeError inside a running event loop: call it from a thread then.
    """
    try:
        return asyncio.run(asyncio.wait_for(_send(method, url, headers, body, seconds), seconds))
    except asyncio.TimeoutError:
        return Reply(failure="unknown")


async def _send(method: str, url: str, headers: dict[str, str], body: bytes, seconds: float) -> Reply:
    timeout = httpx2.Timeout(seconds, connect=min(seconds / 2, 10))
    sent = httpx2.Request(
        method,
        url,
        headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "datapilot", **headers},
        content=body,
        extensions={"timeout": timeout.as_dict()},
    )
    # The bare transport: a client would log the server's reason phrase, which may echo what was sent.
    async with httpx2.AsyncHTTPTransport(trust_env=False) as transport:
        try:
            response = await transport.handle_async_request(sent)
            content = await _bounded(response)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol):
            return Reply(failure="unsent")
        except httpx2.RequestError:
            # Its text is left behind: it may hold what was sent.
            return Reply(failure="unknown")
    return Reply(response.status_code, content, retry_after_seconds(response.headers.get("Retry-After")))


async def _bounded(response: httpx2.Response) -> bytes:
    stream = response.stream
    assert isinstance(stream, httpx2.AsyncByteStream)
    content = b""
    try:
        async for piece in stream:
            content += piece
            if len(content) > _LARGEST_ANSWER:
                break
    finally:
        await stream.aclose()
    return content[:_LARGEST_ANSWER]
