"""Whoever speaks HTTP logs no header and no address, and reads Retry-After as the others do."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from datapilot_resources.retry_after import retry_after_seconds

ROOT = Path(__file__).parents[2]
_LEVELS = "import logging, {module}; print(*(logging.getLogger(n).level for n in ('httpcore2', 'httpx2')))"


@pytest.mark.parametrize("module", ["llm_http", "power_bi_http", "channels_webhook"])
def test_each_client_by_itself_is_quiet(module: str) -> None:
    program = _LEVELS.format(module=f"datapilot_resources.{module}")
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "30 30\n"


def test_nobody_takes_the_library_past_the_quiet_one() -> None:
    loud = [
        path.name
        for path in (ROOT / "datapilot_resources").glob("*.py")
        if "import httpx2" in path.read_text().splitlines() and path.name != "quiet_http.py"
    ]
    assert loud == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("17", 17.0), (" 17 ", 17.0), ("Tue, 02 Apr 2024 12:10:00 GMT", 600.0), ("Tue, 02 Apr 2024 11:00:00 GMT", 0.0)]
    + [(unreadable, None) for unreadable in (None, "", "-1", "1.5", "soon", "²", "9" * 400)],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, dt.datetime(2024, 4, 2, 12, tzinfo=dt.timezone.utc)) == seconds
