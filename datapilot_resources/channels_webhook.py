"""A webhook: JSON, signed as Standard Webhooks says, by POST; the whole attempt is bounded."""

from __future__ import annotations

import asyncio
import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json

from datapilot_resources.channels import Outcome, Outgoing
from datapilot_resources.deliveries import WebhookChannel
from datapilot_resources.quiet_http import httpx2
from datapilot_resources.retry_after import retry_after_seconds
from datapilot_resources.settings import SettingsError

_SECONDS = 10.0
_SHORTEST_SECRET = 16
# Too early, too many, or not its day; with 5xx these pass by themselves.
_TRY_AGAIN = (408, 425, 429)


def signing_key(secret: str) -> bytes:
    """Key of a secret written as `whsec_<base64>`, or its own bytes.

    Raises SettingsError: shorter than 16 characters, or no base64.
    """
    if len(secret) < _SHORTEST_SECRET:
        raise SettingsError(f"the secret of a webhook needs at least {_SHORTEST_SECRET} characters")
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise SettingsError("the secret of a webhook begins with whsec_ and is no base64") from None


def signed_headers(key: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks. `timestamp`: seconds since 1970."""
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def post_signed(channel: WebhookChannel, message: Outgoing, now: dt.datetime) -> Outcome:
    """One POST of at most ten seconds, of whose answer only the status and Retry-After are read.

    Raises SettingsError: the secret cannot be read or used; RuntimeError inside a running event loop.
    """
    key = signing_key(channel.secret.read().get_secret_value())
    # A file's name may hold half a character, which no encoding takes: it is shown as a question mark.
    body = json.dumps(message.body(with_content=True), ensure_ascii=False).encode(errors="replace")
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "datapilot",
        **signed_headers(key, message.key, int(now.timestamp()), body),
    }
    try:
        # A read timeout alone does not cut a server that sends a byte now and then.
        status, retry_after = asyncio.run(asyncio.wait_for(_post(channel.url, headers, body), _SECONDS))
    except (asyncio.TimeoutError, httpx2.TimeoutException):
        return Outcome("timeout")
    except httpx2.ConnectError:
        return Outcome("no connection")
    except (httpx2.HTTPError, httpx2.InvalidURL):
        # Its text is left behind: it may hold what was sent.
        return Outcome("broken connection")
    if 200 <= status < 300:
        return Outcome()
    passes = status in _TRY_AGAIN or status >= 500
    return Outcome(f"HTTP {status}", not passes, retry_after_seconds(retry_after, now) if passes else None)


async def _post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, str | None]:
    async with (
        httpx2.AsyncClient(follow_redirects=False, trust_env=False, timeout=_SECONDS) as client,
        client.stream("POST", url, headers=headers, content=body) as answer,
    ):
        return answer.status_code, answer.headers.get("Retry-After")
