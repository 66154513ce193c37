"""What is long over leaves the book, and nobody hears of anything twice because of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from datapilot_resources.alert_book import AlertBook
from datapilot_resources.alert_pruning import prune
from datapilot_resources.alert_tables import ALERTS, NOTICES, OUTBOX, SILENCES
from datapilot_resources.deliveries import Deliveries
from datapilot_resources.outbox import (
    Delivered,
    Report,
    deliver,
    enqueue,
    enqueue_report,
    enqueue_test,
    failed_channels,
    is_enqueued,
)
from datapilot_tests.services.alert_books import ACME, BETA, Clock, condition, conditions, english, hook_plan
from datapilot_tests.services.hook_receiver import HookReceiver

pytestmark = pytest.mark.usefixtures("hook_secret")
BookMaker = Callable[..., AlertBook]
DAY = 24 * 60


def round_of(book: AlertBook, plan: Deliveries) -> Delivered:
    enqueue(book, plan, english)
    return deliver(book, plan, seconds=60)


def rows(book: AlertBook) -> list[int]:
    """How many alerts, messages, notices and silences."""
    counts = [sa.select(sa.func.count()).select_from(table) for table in (ALERTS, OUTBOX, NOTICES, SILENCES)]
    return book.records.transact(lambda connection: [connection.scalar(count) or 0 for count in counts])


def pruned_twice(book: AlertBook) -> int:
    removed = prune(book)
    assert prune(book) == 0
    return removed


def test_what_ended_long_ago_goes_and_the_keys_of_reports_stay(
    make_book: BookMaker, hook: HookReceiver, clock: Clock
) -> None:
    book, plan = make_book(), hook_plan(hook)
    book.silence(ACME, None, clock.now + dt.timedelta(hours=1), "ana")
    book.silence(BETA, None, clock.now + dt.timedelta(days=2), "ana")
    enqueue_report(book, "team", ACME, "march", Report(language="en", subject="March", text="Here it is"))
    enqueue_test(book, plan, "team")
    book.reconcile("late", None, [condition(None, code="TICK_FAILED")])
    round_of(book, plan)
    clock.pass_minutes(DAY)
    book.reconcile("late", None, [])
    round_of(book, plan)
    clock.pass_minutes(DAY)
    enqueue_test(book, plan, "team")
    round_of(book, plan)
    assert rows(book) == [1, 5, 2, 2]
    assert pruned_twice(book) == 0
    clock.pass_minutes(29 * DAY)  # 31 since the first message, 30 since the end
    assert pruned_twice(book) == 1  # the first test; what was told of the alert is still needed
    clock.pass_minutes(1)
    assert pruned_twice(book) == 4
    assert rows(book) == [1, 2, 0, 2]
    clock.pass_minutes(60 * DAY)  # 91 since the end of the alert and of the first silence
    assert pruned_twice(book) == 2
    assert rows(book) == [0, 2, 0, 1]
    assert is_enqueued(book, "march")
    assert round_of(book, plan) == Delivered()


def test_an_open_alert_keeps_what_was_told_of_it(make_book: BookMaker, hook: HookReceiver, clock: Clock) -> None:
    book, plan = make_book(), hook_plan(hook)
    book.reconcile("late", ACME, conditions(ACME, range(2)))
    round_of(book, plan)
    for day in range(1, 200):
        clock.pass_minutes(DAY)
        book.reconcile("late", ACME, [condition(), *conditions(ACME, [1] if day % 20 < 10 else [])])
        round_of(book, plan)
        prune(book)
    everything = [a["notice"] for r in hook.taken() for part in r.json["organizations"] for a in part["alerts"]]
    assert everything == ["opened", "opened", *["resolved", "opened"] * 9, "resolved"]
    assert book.alerts(outstanding=True) == []
    book.reconcile("late", ACME, [])
    assert round_of(book, plan) == Delivered(sent=1)  # who heard of the first one hears of its end
    (part,) = hook.taken()[-1].json["organizations"]
    assert [alert["notice"] for alert in part["alerts"]] == ["resolved"]
    clock.pass_minutes(400 * DAY)
    enqueue_test(book, plan, "team")
    round_of(book, plan)
    prune(book)
    assert rows(book) == [0, 1, 0, 0]


def test_a_channel_that_was_away_for_long_hears_nothing_again(
    make_book: BookMaker, hook: HookReceiver, clock: Clock
) -> None:
    book, plan = make_book(), hook_plan(hook, "acme")
    away = plan.model_copy(update={"channels": {"acme": plan.channels["acme"]}, "routes": plan.routes[1:]})
    book.reconcile("late", ACME, conditions(ACME, range(2)))
    round_of(book, plan)
    clock.pass_minutes(20)
    book.reconcile("late", ACME, [condition()])
    round_of(book, plan)
    for _ in range(2):
        enqueue_test(book, plan, "team")
        deliver(book, plan, seconds=60)
        clock.pass_minutes(1)
    book.reconcile("late", ACME, [])
    for _ in range(40):
        clock.pass_minutes(DAY)
        round_of(book, away)
        prune(book)
    heard = len(hook.taken())
    assert round_of(book, plan) == Delivered()
    assert len(hook.taken()) == heard


def test_whether_a_channel_works_is_known_as_long_as_it_takes_nothing_else(
    make_book: BookMaker, hook: HookReceiver, clock: Clock
) -> None:
    book, plan = make_book(), hook_plan(hook, "acme")
    for status in (200, 400, 400, 200):
        hook.statuses_by_path["/acme"] = status
        enqueue_test(book, plan, "acme")
        deliver(book, plan, seconds=60)
        clock.pass_minutes(1)
    hook.status = 400
    enqueue_test(book, plan, "team")
    deliver(book, plan, seconds=60)
    before = failed_channels(book, plan)
    assert [failed.channel for failed in before] == ["team"]
    clock.pass_minutes(400 * DAY)
    assert pruned_twice(book) == 2
    assert failed_channels(book, plan) == before


def test_nobody_reads_a_whole_table_to_find_what_is_due_or_is_over(
    book: AlertBook, hook: HookReceiver, clock: Clock
) -> None:
    plan = hook_plan(hook, "acme", "betaltda")
    book.reconcile("late", ACME, conditions(ACME, range(5)))
    round_of(book, plan)
    asked: list[tuple[str, object]] = []

    def listen(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(book.records._engine, "before_cursor_execute", listen)
    book.reconcile("late", ACME, conditions(ACME, range(1, 6)))
    clock.pass_minutes(16)
    assert enqueue(book, plan, english) == 2
    prune(book)
    sa.event.remove(book.records._engine, "before_cursor_execute", listen)
    plans = [
        (step.detail, statement)
        for statement, parameters in asked
        if statement.startswith(("SELECT", "DELETE"))
        for step in book.records.transact(
            lambda c, s=statement, p=parameters: c.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", p).all()  # type: ignore[misc]
        )
    ]
    assert len(plans) > 10
    scanned = [(detail, statement) for detail, statement in plans if detail.startswith("SCAN")]
    assert [found for found in scanned if "alert_silences" not in found[0]] == []
