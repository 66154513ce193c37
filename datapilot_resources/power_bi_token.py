"""The bearer token for Power BI: a ready one, or one for client credentials, kept in memory until it ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

from datapilot_resources.power_bi_errors import PowerBiRefused, PowerBiUnavailable
from datapilot_resources.power_bi_http import send
from datapilot_resources.power_bi_target import PowerBiTarget
from datapilot_resources.settings import SettingsError

# https://learn.microsoft.com/power-bi/developer/embedded/embed-service-principal
_SCOPE = "https://analysis.windows.net/powerbi/api/.default"
_RENEW_SECONDS = 120.0  # before it ends
_TOKEN = re.compile(r"[!-~]+")


class Tokens:
    def __init__(self, target: PowerBiTarget, clock: Callable[[], float], attempt_seconds: float) -> None:
        self._target, self._clock, self._attempt_seconds = target, clock, attempt_seconds
        self._token, self._ends = "", 0.0

    def __repr__(self) -> str:
        return f"Tokens({self._target.organization})"

    def get(self) -> str:
        """Never log it. Raises SettingsError, PowerBiRefused, PowerBiUnavailable."""
        if self._target.token is not None:
            return _usable(self._target.token.read().get_secret_value(), "the token")
        if self._clock() >= self._ends - _RENEW_SECONDS:
            self._token, self._ends = self._asked()
        return self._token

    def forget(self) -> None:
        """The service takes it no more."""
        self._ends = 0.0

    def _asked(self) -> tuple[str, float]:
        """A new token, and when it ends."""
        target = self._target
        assert target.client_secret is not None
        form = {
            "grant_type": "client_credentials",
            "client_id": str(target.client_id),
            "client_secret": target.client_secret.read().get_secret_value(),
            "scope": _SCOPE,
        }
        url = f"{target.authority}/{target.tenant}/oauth2/v2.0/token"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        now = self._clock()
        reply = send("POST", url, headers, urlencode(form).encode(), self._attempt_seconds)
        if reply.failure or reply.status == 429 or reply.status >= 500:
            what = reply.failure or f"HTTP {reply.status}"
            raise PowerBiUnavailable(f"{target.authority} gives no token ({what}); try again later")
        token, seconds = reply.document.get("access_token"), reply.document.get("expires_in")
        if reply.status != 200 or not isinstance(token, str) or not isinstance(seconds, int):
            found = f"{target.authority} refuses a token (HTTP {reply.status}, {reply.code})"
            raise PowerBiRefused(f"{found}; correct tenant, client_id and client_secret of {target.organization}")
        return _usable(token, "the answered token"), now + seconds


def _usable(token: str, what: str) -> str:
    # An HTTP library that cannot send a value shows it in its exception.
    if not _TOKEN.fullmatch(token):
        raise SettingsError(f"{what} of Power BI must be visible ASCII characters without spaces")
    return token
