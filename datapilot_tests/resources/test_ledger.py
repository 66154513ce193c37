"""The ledger of model calls: budgets hold between processes, money is exact, an erased organization leaves no byte."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.ledger import BudgetExhausted, CallLedger, Planned, Spent
from datapilot_resources.llm_usage import NOTHING, Prices, Usage, estimated_tokens, reported_usage
from datapilot_resources.settings import Settings
from datapilot_tests.services.postgres_server import PostgresServers

ACME, BETA = OrgId("acme"), OrgId("betaltda")
MARCH = Month.parse("2024-03")
PRICES: dict[str, Any] = {
    "llm_price_input": Decimal("0.15"),
    "llm_price_cached_input": Decimal("0.075"),
    "llm_price_output": Decimal("0.60"),
    "llm_price_version": "list of may",
}
ROOT = Path(__file__).parents[2]


def ledger(home: Path, **settings: Any) -> CallLedger:
    return CallLedger(
        Settings(home=home, **settings), clock=lambda: dt.datetime(2024, 4, 2, 12, tzinfo=dt.timezone.utc)
    )


LedgerMaker = Callable[..., CallLedger]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.services)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerMaker:
    """Ledgers over the same records, in each place where they are kept; Postgres behind its pooler."""
    if request.param == "sqlite":
        return lambda **settings: ledger(tmp_path, **settings)
    servers: PostgresServers = request.getfixturevalue("postgres")
    url = servers.url(servers.new_database(), pooled=True)
    return lambda **settings: ledger(tmp_path, postgres_url=url, **settings)


def planned(org: OrgId = ACME, month: Month = MARCH) -> Planned:
    return Planned(
        org_id=org,
        month=month,
        run_id="run-1",
        purpose="insights",
        provider="model.example",
        model_asked="small",
        prompt_hash="p",
        schema_hash="s",
        response_format="json_schema",
    )


def test_an_attempt_is_reserved_then_settled_at_what_it_used(make: LedgerMaker) -> None:
    calls = make(**PRICES)
    attempt_id = calls.reserve(planned(), Usage(1_000, 4_000))
    # 1000 × 0.15 + 4000 × 0.60 = 2550 millionths of a dollar
    assert calls.spent(ACME, MARCH) == Spent(
        tokens=0, cost=None, reserved_tokens=5_000, reserved_cost=Decimal("0.00255")
    )
    (open_attempt,) = calls.attempts(ACME)
    assert (open_attempt.status, open_attempt.cost, open_attempt.input_tokens) == ("reserved", None, None)

    usage = Usage(input_tokens=1_200, cached_tokens=1_000, output_tokens=300, reasoning_tokens=100)
    settled = calls.settle(attempt_id, status="ok", usage=usage, latency_ms=812, model_returned="small-2024")
    # 200 × 0.15 + 1000 × 0.075 + 300 × 0.60 = 30 + 75 + 180 = 285 millionths
    assert settled.cost == Decimal("0.000285")
    assert calls.attempts(ACME, MARCH) == [settled]
    assert calls.spent(ACME, MARCH) == Spent(
        tokens=1_500, cost=Decimal("0.000285"), reserved_tokens=0, reserved_cost=Decimal(0)
    )
    assert settled.model_dump(exclude={"cost", "id", "reserved_tokens", "reserved_cost"}) == {
        **planned().model_dump(),
        "model_returned": "small-2024",
        "input_tokens": 1_200,
        "cached_tokens": 1_000,
        "output_tokens": 300,
        "reasoning_tokens": 100,
        "tokens_estimated": False,
        "price_version": "list of may",
        "status": "ok",
        "latency_ms": 812,
        "started_at": dt.datetime(2024, 4, 2, 12, tzinfo=dt.timezone.utc),
    }


def test_an_unknown_price_is_no_cost_of_zero(make: LedgerMaker) -> None:
    calls = make()
    attempt = calls.settle(calls.reserve(planned(), Usage(1, 1)), status="ok", usage=Usage(1, 1), latency_ms=1)
    assert (attempt.cost, attempt.reserved_cost, attempt.price_version) == (None, None, None)
    assert calls.spent(ACME, MARCH) == Spent(tokens=2, cost=None, reserved_tokens=0, reserved_cost=None)


def test_without_a_price_of_its_own_cached_input_costs_what_input_costs() -> None:
    prices = Prices.from_settings(Settings(llm_price_input=Decimal(2), llm_price_output=Decimal(8)))
    assert prices is not None
    assert prices.cost(Usage(1_000_000, 500_000, cached_tokens=999_999)) == Decimal(6)


def test_money_is_exact() -> None:
    price = Decimal("0.123456789")
    prices = Prices(input=price, output=price, cached_input=price, version=None)
    assert prices.cost(Usage(1, 0)) == Decimal("0.000000123456789")


@pytest.mark.parametrize(
    ("budget", "named"),
    [({"llm_token_budget": 10}, "LLM_TOKEN_BUDGET"), ({"llm_budget": Decimal("0.000006"), **PRICES}, "LLM_BUDGET")],
)
def test_a_budget_is_of_one_organization_and_month(make: LedgerMaker, budget: dict[str, Any], named: str) -> None:
    calls = make(**budget)
    calls.reserve(planned(), Usage(0, 10))  # 10 × 0.60 = 6 millionths: exactly the budget
    with pytest.raises(BudgetExhausted, match=f"acme, 2024-03: .* raise {named}"):
        calls.reserve(planned(), Usage(0, 1))
    assert len(calls.attempts(ACME)) == 1
    calls.reserve(planned(BETA), Usage(0, 10))
    calls.reserve(planned(month=MARCH.plus(1)), Usage(0, 10))


def test_a_reservation_that_a_crash_left_keeps_counting(make: LedgerMaker) -> None:
    make(llm_token_budget=10).reserve(planned(), Usage(4, 6))
    with pytest.raises(BudgetExhausted):
        make(llm_token_budget=10).reserve(planned(), Usage(1, 0))


def test_what_was_settled_above_its_reservation_counts_in_full(make: LedgerMaker) -> None:
    calls = make(llm_token_budget=100)
    calls.settle(calls.reserve(planned(), Usage(1, 1)), status="ok", usage=Usage(50, 60), latency_ms=1)
    with pytest.raises(BudgetExhausted, match="110 of 100 tokens"):
        calls.reserve(planned(), Usage(1, 0))


def test_an_attempt_is_settled_once_and_marked_afterwards(make: LedgerMaker) -> None:
    calls = make()
    attempt_id = calls.reserve(planned(), Usage(1, 1))
    with pytest.raises(LookupError, match="not yet"):
        calls.mark(attempt_id, "invalid")
    settled = calls.settle(attempt_id, status="ok", usage=Usage(1, 1), latency_ms=1)
    with pytest.raises(LookupError):
        calls.settle(attempt_id, status="ok", usage=NOTHING, latency_ms=1)
    assert calls.mark(attempt_id, "invalid") == settled.model_copy(update={"status": "invalid"})
    with pytest.raises(LookupError):
        calls.mark(999, "invalid")


RACER = """
import os, sys
from pathlib import Path
from datapilot_resources.ledger import BudgetExhausted
from datapilot_resources.llm_usage import Usage
from datapilot_tests.resources.test_ledger import ledger, planned
url = os.environ.get("DATAPILOT_POSTGRES_URL")
calls, won = ledger(Path(sys.argv[1]), llm_token_budget=1_000, postgres_url=url), 0
print("ready", flush=True)
sys.stdin.readline()
for _ in range(20):
    try:
        calls.reserve(planned(), Usage(3, 10))
        won += 1
    except BudgetExhausted:
        pass
print(won)
"""


def race(tmp_path: Path, **environment: str) -> int:
    """How many reservations of 13 tokens eight processes got at once, each of which tries for twenty."""
    command = [sys.executable, "-c", RACER, str(tmp_path)]
    racers = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:  # the file or the tables do not exist yet: they race for that too
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    return sum(int(racer.communicate(timeout=300)[0]) for racer in racers)


def test_eight_processes_at_once_never_exceed_the_cap(tmp_path: Path) -> None:
    assert race(tmp_path) == 76  # of 160 tries: 76 × 13 = 988, one more would be 1001
    assert ledger(tmp_path).spent(ACME, MARCH).reserved_tokens == 988


@pytest.mark.services
def test_eight_processes_at_once_never_exceed_the_cap_in_postgres(tmp_path: Path, postgres: PostgresServers) -> None:
    url = postgres.url(postgres.new_database(), pooled=True)
    assert race(tmp_path, DATAPILOT_POSTGRES_URL=url.get_secret_value()) == 76
    assert ledger(tmp_path, postgres_url=url).spent(ACME, MARCH).reserved_tokens == 988


def test_an_erased_organization_leaves_no_byte(tmp_path: Path) -> None:
    calls = ledger(tmp_path)
    for org in (ACME, BETA, BETA):
        calls.reserve(planned(org), Usage(1, 1))
    reader = calls._records._engine.raw_connection()  # an idle connection keeps the write-ahead log
    assert b"betaltda" in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert calls.erase(BETA) == 2
    assert b"betaltda" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    reader.close()


def test_an_erased_organization_has_no_attempts_and_its_ids_are_given_to_no_other(make: LedgerMaker) -> None:
    calls = make()
    for org in (ACME, BETA, BETA):
        calls.reserve(planned(org), Usage(1, 1))
    assert calls.erase(BETA) == 2
    assert calls.attempts(BETA) == []
    assert len(calls.attempts(ACME)) == 1
    assert calls.erase(BETA) == 0
    assert calls.reserve(planned(), Usage(1, 1)) == 4


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}, Usage(10, 5)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 25}, Usage(10, 15)),  # reasoning left out
        ({"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}, Usage(10, 5, 4)),
        ({"prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details": None}, Usage(9, 5)),
        (
            {"prompt_tokens": 9, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 3}},
            Usage(9, 5, 0, 3),
        ),
        (None, None),
        ({}, None),
        ("12", None),
        ({"prompt_tokens": -1, "completion_tokens": 5}, None),
        ({"prompt_tokens": 10, "completion_tokens": 10**9}, None),
        ({"prompt_tokens": "10", "completion_tokens": 5}, None),
        ({"prompt_tokens": 10.5, "completion_tokens": 5}, None),
        ({"prompt_tokens": True, "completion_tokens": 5}, None),
        ({"prompt_tokens": 1, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 2}}, None),
    ],
)
def test_nonsense_is_no_usage(usage: object, read: Usage | None) -> None:
    assert reported_usage({"usage": usage}) == read


def test_an_estimate_is_a_quarter_of_the_characters_rounded_up() -> None:
    assert [estimated_tokens(*texts) for texts in ([""], ["a"], ["abcd"], ["abcd", "e"])] == [0, 1, 1, 2]
