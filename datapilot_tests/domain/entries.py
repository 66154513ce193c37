"""Landing entries for tests: only what a test says differs from a plain accepted file."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from datapilot_domain.landing import Declaration, LandingEntry, Verdict
from datapilot_domain.partitions import Month

JANUARY, FEBRUARY, MARCH = (Month(2024, number) for number in (1, 2, 3))
FIRST_ARRIVAL = dt.datetime(2024, 4, 1, tzinfo=dt.timezone.utc)


def sha256_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def at(day: int) -> dt.datetime:
    """An as-of time in March, before every arrival."""
    return dt.datetime(2024, 3, day, tzinfo=dt.timezone.utc)


def entry(seq: int, content: str | None = None, declaration: Declaration | None = None, **values: Any) -> LandingEntry:
    """The entry number `seq`, arrived `seq` hours after FIRST_ARRIVAL, of a file `<content>.csv`."""
    content = content or f"content{seq}"
    arrived_at = FIRST_ARRIVAL + dt.timedelta(hours=seq)
    declared = declaration or Declaration()
    return LandingEntry.model_validate(
        {
            "seq": seq,
            "org_id": "acme",
            "family": "sales",
            "file": f"{content}.csv",
            "sha256": sha256_of(content),
            "size": 1,
            "arrived_at": arrived_at,
            "arrived_on": arrived_at.date(),
            "declaration": declared,
            "verdict": Verdict.ACCEPTED,
            "content_id": f"id-{content}",
            "complete_months": (declared.complete,) if declared.complete else (),
        }
        | values
    )
