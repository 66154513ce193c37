"""No request breaks a documented limit: the windows by property, and against the server in a world made small."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datapilot_domain.contracts import CONTRACTS
from datapilot_resources import power_bi_limits as limits
from datapilot_resources import power_bi_turn
from datapilot_resources.lakehouse import arrow_schema
from datapilot_resources.power_bi_pace import Sent, wait_seconds
from datapilot_resources.power_bi_rows import chunks
from datapilot_tests.assets.power_bi.desk import DAILY, TABLES, Desk, fitting
from datapilot_tests.assets.serving.shelf import FEBRUARY, JANUARY, some_rows
from datapilot_tests.services.power_bi_server import Answer, Documented

# (seconds since the last one, rows, whether it is to a large table)
_REQUESTS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 1.0, 30.0, 59.9, 600.0]), st.sampled_from([1, 5_000, 10_000]), st.booleans()),
    min_size=1,
    max_size=400,
)


@given(_REQUESTS)
def test_no_window_of_the_service_holds_too_much(requests: list[tuple[float, int, bool]]) -> None:
    """However requests come, and though each reaches the service somewhat before we know that it did."""
    now, sent, arrived = 0.0, list[Sent](), list[tuple[float, int]]()
    for pause, rows, is_large in requests:
        now += pause
        now += wait_seconds(now, sent, rows, is_large)
        assert wait_seconds(now, sent, rows, is_large) == 0.0
        last_hour = [many for at, many in arrived if at > now - limits.HOUR]
        assert len([at for at, _ in arrived if at > now - limits.MINUTE]) < limits.REQUESTS_PER_MINUTE
        assert sum(last_hour) + rows <= limits.ROWS_PER_HOUR
        assert not is_large or len(last_hour) < limits.LARGE_TABLE_REQUESTS_PER_HOUR
        arrived.append((now, rows))
        now += 0.2
        sent.append(Sent(now, rows))


def test_nobody_waits_without_need() -> None:
    assert wait_seconds(0.0, [Sent(0.0, 10_000)] * 99, 10_000, is_large=True) == 0.0
    assert wait_seconds(0.0, [Sent(0.0, 10_000)] * 100, 10_000, is_large=False) == pytest.approx(3600.5)
    assert wait_seconds(10.0, [Sent(0.0, 1)] * 119, 1, is_large=False) == 0.0
    assert wait_seconds(10.0, [Sent(0.0, 1)] * 120, 1, is_large=False) == pytest.approx(50.5)
    assert wait_seconds(100.0, [Sent(0.0, 1)] * 120, 1, is_large=True) == pytest.approx(3500.5)


@pytest.fixture
def small(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A world in which the limits are reached with few rows: client and server know the same small numbers."""
    desk.server.limits = Documented(
        rows_per_request=2,
        rows_per_hour=40,
        requests_per_minute=5,
        large_table_rows=20,
        large_table_requests_per_hour=15,
    )
    numbers = {
        "ROWS_PER_REQUEST": 2,
        "ROWS_PER_HOUR": 40,
        "REQUESTS_PER_MINUTE": 5,
        "LARGE_TABLE_ROWS": 20,
        "LARGE_TABLE_REQUESTS_PER_HOUR": 15,
    }
    for name, value in numbers.items():
        monkeypatch.setattr(limits, name, value)
    return desk


def push_all(desk: Desk) -> int:
    """Run after run, as the sensor does; how many."""
    runs = 0
    while desk.pending or runs == 0 or desk.platform.power_bi.ledger.rest(desk.dataset_id):
        desk.push()
        desk.clock.now += 300
        runs += 1
    return runs


def test_the_limits_are_kept_over_many_runs(small: Desk) -> None:
    small.put_all(JANUARY, FEBRUARY)  # 72 rows, 36 requests
    assert push_all(small) > 2
    assert small.is_exact()
    assert [small.posts(table) for table in TABLES] == [12, 12, 12]
    # Emptied and sent again: what was sent before still counts.
    small.put(DAILY, JANUARY, seed=2)
    push_all(small)
    assert small.is_exact()


def test_the_server_would_notice_a_client_without_limits(small: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power_bi_turn, "wait_seconds", lambda *_: 0.0)
    small.put_all(JANUARY)
    push_all(small)
    assert set(small.server.violations) >= {"too many requests in a minute"}


@pytest.mark.parametrize(
    ("limit", "what"),
    [
        ({"rows_per_request": 1}, "a request of 2 rows"),
        ({"rows_per_hour": 3}, "too many rows in an hour"),
        ({"large_table_rows": 3, "large_table_requests_per_hour": 1}, "too many requests in an hour"),
        ({"pending": 0}, "too many pending requests"),
    ],
)
def test_the_server_refuses_what_is_documented(small: Desk, limit: dict[str, int], what: str) -> None:
    small.server.limits = replace(small.server.limits, **limit)
    small.put(DAILY, JANUARY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(power_bi_turn, "wait_seconds", lambda *_: 0.0)
        try:
            small.restart(run_seconds=1)
            small.push(restarted=False)
        except RuntimeError:
            pass  # some are refusals for ever
    assert small.server.violations
    assert small.server.violations[0].startswith(what)


def test_a_request_that_is_not_known_to_have_ended_counts_as_late_as_it_may_have_arrived(small: Desk) -> None:
    """As of a process that was killed: its last request may have waited on its way."""
    small.restart()
    ledger = small.platform.power_bi.ledger
    place = power_bi_turn.Place(DAILY.table, JANUARY, "f" * 32)
    with ledger.turn(small.org, small.dataset_id, 60, small.clock.sleep) as turn:
        turn.plan(place, [(2, str(number)) for number in range(6)])
        for number in range(5):
            assert turn.start(place, number, 2, attempt_seconds=60)[0] == 0.0
        small.clock.now += 60
        wait, _ = turn.start(place, 5, 2, attempt_seconds=60)
    assert wait == pytest.approx(60.5)


def test_one_request_is_under_way_however_many_processes_push(small: Desk) -> None:
    under_way, most = 0, 0

    def slow(work: Any) -> Answer:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        threading.Event().wait(0.05)
        answer: Answer = work()
        under_way -= 1
        return answer

    small.put_all(JANUARY)
    small.server.then(*[slow] * 18)
    others = [
        Desk(
            type(small.platform)(small.platform.settings),
            small.organization,
            small.server,
            small.clock,
            small.dataset_id,
        )
        for _ in range(3)
    ]
    problems: list[BaseException] = []

    def run(desk: Desk) -> None:
        try:
            desk.push(JANUARY)
        except RuntimeError as error:
            problems.append(error)  # TurnTaken: the fake time runs fast while others wait

    threads = [threading.Thread(target=run, args=(desk,)) for desk in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    small.clock.now += 3600
    push_all(small)
    assert most == 1
    assert small.is_exact()
    assert {type(problem).__name__ for problem in problems} <= {"TurnTaken", "TurnLost"}


def test_bodies_keep_to_rows_and_bytes() -> None:
    contract = CONTRACTS["insights.published"]
    import pyarrow as pa

    text = next(c.name for c in contract.columns if c.type == "string" and c.name not in {*contract.key, "month"})
    rows = [
        fitting(row) | {"org_id": "acme", "fingerprint": "f", text: "ã" * 3999}
        for row in some_rows(contract, JANUARY, 1, 2100)
    ]
    found = list(chunks(contract, pa.Table.from_pylist(rows, arrow_schema(contract)), 1))
    assert sum(chunk.rows for chunk in found) == 2100
    assert len(found) > 1
    assert all(len(chunk.body) <= limits.BYTES_PER_REQUEST for chunk in found)
    assert len(found[0].body) > limits.BYTES_PER_REQUEST * 0.99
    many = pa.Table.from_pylist(
        [fitting(row) | {"org_id": "acme", "fingerprint": "f"} for row in some_rows(DAILY, JANUARY, 1, 1)] * 10_001,
        arrow_schema(DAILY),
    )
    assert [chunk.rows for chunk in chunks(DAILY, many, 1)] == [10_000, 1]
    assert [c.sha256 for c in chunks(DAILY, many, 1)] == [c.sha256 for c in chunks(DAILY, many, 1)]
