"""The HTTP header Retry-After."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime


def retry_after_seconds(header: str | None, now: dt.datetime | None = None) -> float | None:
    """It is a number of seconds or a date (counted from `now`); None: there is none that can be read."""
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdecimal() and len(text) <= 12:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.timezone.utc)
    return max(0.0, (moment - (now or dt.datetime.now(dt.timezone.utc))).total_seconds())
