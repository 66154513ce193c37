"""When the next request may begin, from those that were made: the documented rates, as sliding windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from datapilot_resources import power_bi_limits as limits

# Clocks are read in whole milliseconds here and there: a window is left a little later than it ends.
_MARGIN = 0.5


@dataclass(frozen=True)
class Sent:
    """A POST rows request: how many rows, and when it had reached the service at the latest, in seconds."""

    at: float
    rows: int


def wait_seconds(now: float, sent: Sequence[Sent], rows: int, is_large: bool) -> float:
    """Seconds until a request of so many rows keeps to every limit; 0: now.

    `sent`: requests to the same semantic model, of the last hour at least. `is_large`: to a table that is, or becomes,
    one of those to which fewer requests are allowed.
    """
    ordered = sorted(sent, key=lambda request: request.at)
    free = [
        _free(ordered, limits.REQUESTS_PER_MINUTE, limits.MINUTE),
        _free(ordered, limits.LARGE_TABLE_REQUESTS_PER_HOUR, limits.HOUR) if is_large else now,
        _rows_free(now, ordered, rows),
    ]
    return max(0.0, max(free) - now)


def _free(ordered: Sequence[Sent], most: int, seconds: float) -> float:
    """When the window holds fewer than `most` requests."""
    return ordered[-most].at + seconds + _MARGIN if len(ordered) >= most else 0.0


def _rows_free(now: float, ordered: Sequence[Sent], rows: int) -> float:
    within = [request for request in ordered if request.at + limits.HOUR + _MARGIN > now]
    excess = sum(request.rows for request in within) + rows - limits.ROWS_PER_HOUR
    for request in within:
        if excess <= 0:
            break
        excess -= request.rows
        now = request.at + limits.HOUR + _MARGIN
    return now
