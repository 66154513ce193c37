"""Which files wait for a decision, how they are named, and what a decision declares."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from datapilot_domain.held import choices, decided, find_open, open_entries
from datapilot_domain.landing import Declaration, Verdict
from datapilot_tests.domain.entries import FIRST_ARRIVAL, JANUARY, at, entry, sha256_of

HELD: dict[str, Any] = {"verdict": Verdict.HELD, "reason": "STORE_LOOKALIKE", "main_month": JANUARY}


def test_a_held_file_is_open_until_its_bytes_are_taken_or_decided_against() -> None:
    log = [entry(1), entry(2, "other", **HELD)]
    assert [e.seq for e in open_entries(log)] == [2]
    assert [e.seq for e in open_entries([*log, entry(3, "other", **HELD)])] == [3]
    assert open_entries([*log, entry(3, "other", source="shop")]) == []
    assert open_entries([*log, entry(3, "other", verdict=Verdict.REFUSED, family=None, replays=2)]) == []
    # Sent again in a way that cannot be: the file still waits.
    assert [e.seq for e in open_entries([*log, entry(3, "other", verdict=Verdict.REFUSED, family=None)])] == [2]
    # A replay of its place took it.
    assert open_entries([*log, entry(3, "other", replays=2)]) == []


def test_a_waiting_part_is_open_until_another_joins_it() -> None:
    part = entry(1, "p1", Declaration(complete=JANUARY, part=(1, 2)), verdict=Verdict.WAITING)
    whole = entry(2, "p2", Declaration(complete=JANUARY, part=(2, 2)), joins=(1,))
    assert open_entries([part]) == [part]
    assert open_entries([part, whole]) == []


def test_a_file_is_found_by_name_or_by_eight_characters_of_its_sha256() -> None:
    log = [entry(1, "a", **HELD), entry(2, "b", file="a.csv", **HELD)]
    assert [e.seq for e in find_open(log, "a.csv")] == [1, 2]
    assert [e.seq for e in find_open(log, sha256_of("b")[:8])] == [2]
    assert find_open(log, sha256_of("b")[:7]) == []


def test_a_decision_keeps_what_was_declared_and_the_age_of_the_arrival() -> None:
    held = entry(1, "a", **HELD)
    assert decided(held, confirm=True) == Declaration(confirm=True, as_of=held.arrived_at)
    assert held.arrived_at > FIRST_ARRIVAL
    dated = entry(1, "a", Declaration(as_of=at(3), complete=JANUARY), **HELD)
    assert decided(dated) == dated.declaration
    assert decided(dated, replaces="x.csv") == Declaration(as_of=at(3), replaces="x.csv")
    with pytest.raises(ValidationError):
        decided(held, replaces="")


def commands(*about: Any) -> list[str]:
    return [choice.command for choice in choices(*about)]


def test_the_commands_fit_the_reason() -> None:
    held = entry(2, "a", **HELD)
    command = f"datapilot decide {sha256_of('a')[:12]} --org acme"
    assert commands(held, [entry(1, "old file", source="shop"), entry(1, "old file")]) == [
        f"{command} --source NAME",
        f"{command} --confirm",
        f"{command} --replaces 'old file.csv'",
        f"{command} --complete 2024-01",
        f"{command} --reject",
    ]
    lost = entry(2, "a", **(HELD | {"reason": "COLUMN_LOST"}))
    assert commands(lost, [], "datapilot mapping set X")[0] == f"datapilot mapping set X && {command} --again"
    waiting = entry(2, "a", verdict=Verdict.WAITING)
    assert commands(waiting, []) == [f"{command} --reject"]
