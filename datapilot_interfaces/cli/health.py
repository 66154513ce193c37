"""A check of `doctor` and its row."""

from __future__ import annotations

from collections.abc import Callable

from datapilot_interfaces.cli.output import Row

# Name, and what returns the finding or raises Unhealthy.
Check = tuple[str, Callable[[], str]]


class Unhealthy(Exception):
    """A check did not pass: what was found and what to do."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(found)
        self.found, self.remedy = found, remedy


def result(name: str, check: Callable[[], str]) -> Row:
    """A check never stops the others: whatever it raises is its finding."""
    try:
        return {"check": name, "ok": True, "found": check(), "remedy": None}
    except Unhealthy as problem:
        return {"check": name, "ok": False, "found": problem.found, "remedy": problem.remedy}
    except Exception as error:  # noqa: BLE001
        found = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return {"check": name, "ok": False, "found": found, "remedy": "see the message"}
