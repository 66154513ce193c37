"""`org rates`: the dated exchange rates of an organization (R22)."""

from __future__ import annotations

from pathlib import Path

import pytest

from datapilot_tests.interfaces.conftest import Cli

RATES = "currency,valid_on,rate\nUSD,2024-02-01,4.95\nEUR,2024-01-02,5.4012\n"


def shown(cli: Cli, *arguments: str) -> list[tuple[str, str, str]]:
    answer = cli("org", "rates", "acme", *arguments, "--format", "json")
    assert answer.code == 0, answer.err
    return [(row["currency"], row["valid_on"], row["rate"]) for row in answer.rows]


@pytest.mark.rule("R22")
def test_rates_are_kept_by_day_replaced_and_forgotten(cli: Cli, home: Path, tmp_path: Path) -> None:
    cli("org", "add", "acme")
    assert shown(cli) == []
    assert shown(cli, "USD", "2024-01-02=4.8916", "2024-02-01=4.9") == [
        ("USD", "2024-01-02", "4.8916"),
        ("USD", "2024-02-01", "4.9"),
    ]
    (tmp_path / "rates.csv").write_text(RATES, "utf-8-sig")
    every = [("EUR", "2024-01-02", "5.4012"), ("USD", "2024-01-02", "4.8916"), ("USD", "2024-02-01", "4.95")]
    assert shown(cli, "--file", str(tmp_path / "rates.csv")) == every
    assert shown(cli, "EUR") == every[:1]
    assert shown(cli, "USD", "--remove") == []
    assert shown(cli) == every[:1]


@pytest.mark.rule("R22")
@pytest.mark.parametrize(
    "arguments",
    [
        ("USD", "2024-01-02"),
        ("USD", "2024-13-02=5"),
        ("USD", "2024-01-02=0"),
        ("USD", "2024-01-02=4.123456789"),
        ("dollar", "2024-01-02=5"),
        ("BRL", "2024-01-02=1"),
        ("--remove",),
    ],
)
def test_what_is_no_rate_is_refused_and_nothing_changes(cli: Cli, home: Path, arguments: tuple[str, ...]) -> None:
    cli("org", "add", "acme")
    assert cli("org", "rates", "acme", *arguments).code == 2
    assert shown(cli) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RATES.replace("valid_on", "day"), "line 1"),
        (RATES.replace("4.95", "4,95"), "line 2: 4 cells"),
        (RATES.replace("5.4012", "many"), "line 3, rate"),
        (RATES.replace("EUR", "euro"), "line 3, currency"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_line(
    cli: Cli, home: Path, tmp_path: Path, text: str, said: str
) -> None:
    cli("org", "add", "acme")
    (tmp_path / "rates.csv").write_text(text)
    answer = cli("org", "rates", "acme", "--file", str(tmp_path / "rates.csv"))
    assert answer.code == 2
    assert "rates.csv" in answer.err
    assert said in answer.err
    assert shown(cli) == []
