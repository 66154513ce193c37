"""One HTTP attempt at an OpenAI-compatible endpoint: what is sent is fixed here, what comes back is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from datapilot_resources.quiet_http import httpx2
from datapilot_resources.retry_after import retry_after_seconds

_LARGEST_BODY = 2_000_000  # bytes
_NO_KEY = "none"  # the client insists on one, Ollama needs none

# timeout, broken: it was sent and perhaps answered; unconnected: it was never sent.
Failure = Literal["timeout", "unconnected", "broken", "too_large"]


@dataclass(frozen=True)
class Reply:
    """What came back: a status and a body, or why there is none. `retry_after` in seconds."""

    status: int = 0
    body: bytes = b""
    retry_after: float | None = None
    failure: Failure | None = None


class _TooLarge(httpx2.RequestError):
    """The body is larger than any answer, or packed so that its size cannot be told."""


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > _LARGEST_BODY:
                raise _TooLarge(f"more than {_LARGEST_BODY} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Guarded(httpx2.AsyncHTTPTransport):
    """Sends our own headers only, whatever the client adds by itself or takes from OPENAI_* variables."""

    def __init__(self, key: str) -> None:
        super().__init__(trust_env=False)
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # packed bytes could not be bounded
            "Content-Type": "application/json",
            "User-Agent": "datapilot",
        }

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        length = {"Content-Length": request.headers["Content-Length"]}
        headers = {"Host": request.url.netloc.decode(), **self._headers, **length}
        sent = httpx2.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
        )
        response = await super().handle_async_request(sent)
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            await stream.aclose()
            raise _TooLarge("packed")
        # Nothing else goes on: both libraries log the server's reason phrase and headers, which may echo ours.
        kept = {name: response.headers[name] for name in ("Content-Type", "Retry-After") if name in response.headers}
        return httpx2.Response(response.status_code, headers=kept, stream=_Bounded(stream))


def post(base_url: str, key: str | None, request: dict[str, Any], timeout: float) -> Reply:
    """POST a chat completion; everything together takes at most `timeout` seconds.

    A read timeout alone does not cut a server that sends a byte now and then: here the whole attempt is cancelled.
    Raises RuntimeError inside a running event loop: call it from a thread then.
    """
    import openai  # half a second to import, outside the deadline; most processes ask no model

    try:
        return asyncio.run(asyncio.wait_for(_post(openai, base_url, key or _NO_KEY, request, timeout), timeout))
    except asyncio.TimeoutError:
        return Reply(failure="timeout")


async def _post(openai: ModuleType, base_url: str, key: str, request: dict[str, Any], seconds: float) -> Reply:
    # Shorter for connecting, so that an address where nobody is does not count as a call that ran out of time.
    timeout = httpx2.Timeout(seconds, connect=min(seconds / 2, 10))
    async with httpx2.AsyncClient(
        transport=_Guarded(key), follow_redirects=False, trust_env=False, timeout=timeout
    ) as connection:
        client = openai.AsyncOpenAI(
            api_key=key, base_url=base_url, http_client=connection, max_retries=0, timeout=timeout
        )
        try:
            answer = await client.chat.completions.with_raw_response.create(**request)
        except openai.APIStatusError as error:
            return _reply(error.response)
        except openai.APIConnectionError as error:
            # Its text is left behind: it may hold what was sent.
            return Reply(failure=_failure(error.__cause__))
        return _reply(answer.http_response)


def _reply(response: httpx2.Response) -> Reply:
    return Reply(response.status_code, response.content, retry_after_seconds(response.headers.get("Retry-After")))


def _failure(cause: BaseException | None) -> Failure:
    if isinstance(cause, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol)):
        return "unconnected"
    if isinstance(cause, httpx2.TimeoutException):
        return "timeout"
    return "too_large" if isinstance(cause, _TooLarge) else "broken"
