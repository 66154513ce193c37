"""`org conversions`: which action types count (R28)."""

from __future__ import annotations

from pathlib import Path

import pytest

from datapilot_tests.interfaces.conftest import Cli


def shown(cli: Cli, *arguments: str) -> tuple[list[str], bool]:
    answer = cli("org", "conversions", "acme", *arguments, "--format", "json")
    assert answer.code == 0
    (row,) = answer.rows
    return row["conversion_types"], row["default"]


@pytest.mark.rule("R28")
def test_the_set_is_saved_shown_and_taken_back(cli: Cli, home: Path) -> None:
    cli("org", "add", "acme")
    assert shown(cli) == (["omni_purchase"], True)
    assert shown(cli, "lead", "subscribe") == (["lead", "subscribe"], False)
    assert shown(cli) == (["lead", "subscribe"], False)
    assert shown(cli, "--default") == (["omni_purchase"], True)


@pytest.mark.rule("R28")
@pytest.mark.parametrize("types", [("purchase", "omni_purchase"), ("lead", "lead"), ("lead", "--default")])
def test_a_set_that_counts_one_conversion_twice_is_refused(cli: Cli, home: Path, types: tuple[str, ...]) -> None:
    cli("org", "add", "acme")
    assert cli("org", "conversions", "acme", *types).code == 2
    assert shown(cli) == (["omni_purchase"], True)
