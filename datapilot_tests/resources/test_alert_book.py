"""The alert book: what watches find is one row as long as they find it, between processes too."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from datapilot_domain.alerts import Alert
from datapilot_resources.alert_book import AlertBook
from datapilot_resources.settings import Settings
from datapilot_tests.services.alert_books import ACME, BETA, START, Clock, condition, conditions
from datapilot_tests.services.postgres_server import PostgresServers

BookMaker = Callable[..., AlertBook]
ROOT = Path(__file__).parents[2]


def only(book: AlertBook) -> Alert:
    (alert,) = book.alerts(states=("OPEN", "ACK", "RESOLVED"))
    return alert


def test_a_condition_is_one_alert_as_long_as_it_is_found(make_book: BookMaker, clock: Clock) -> None:
    book, late = make_book(), condition()
    assert book.reconcile("late", ACME, [late]).opened == (late.fingerprint,)
    clock.pass_minutes(5)
    changed = late.model_copy(update={"ui_path": "/elsewhere"})
    assert book.reconcile("late", ACME, [changed]).found == 1
    alert = only(book)
    assert (alert.state, alert.count, alert.first_seen, alert.last_seen) == ("OPEN", 2, START, clock.now)
    assert (alert.cause, alert.month, alert.ui_path, alert.notified_at) == (late.cause, late.month, "/elsewhere", None)
    clock.pass_minutes(5)
    assert book.reconcile("late", ACME, []).resolved == (late.fingerprint,)
    alert = only(book)
    assert (alert.state, alert.resolved_at, alert.last_seen) == ("RESOLVED", clock.now, START + dt.timedelta(minutes=5))
    assert book.alerts() == []
    assert book.reconcile("late", ACME, []).resolved == ()


def test_a_watch_speaks_of_one_organization_and_of_itself_only(make_book: BookMaker) -> None:
    book = make_book()
    book.reconcile("late", ACME, [condition(ACME)])
    book.reconcile("late", BETA, [condition(BETA)])
    book.reconcile("late", None, [condition(None, code="CONSUMER_DOWN")])
    book.reconcile("missing", ACME, [condition(ACME, 1)])
    book.reconcile("late", ACME, [])
    assert [(a.watch, a.org_id) for a in book.alerts()] == [("late", BETA), ("late", None), ("missing", ACME)]
    book.reconcile("late", None, [])
    assert [alert.org_id for alert in book.alerts()] == [BETA, ACME]
    assert [alert.org_id for alert in book.alerts(BETA)] == [BETA]


def test_conditions_of_another_organization_or_twice_are_refused_as_a_whole(make_book: BookMaker) -> None:
    book = make_book()
    with pytest.raises(ValueError, match="late gave conditions of betaltda as those of acme"):
        book.reconcile("late", ACME, [condition(ACME), condition(BETA)])
    with pytest.raises(ValueError, match="late gave conditions of the platform as those of acme"):
        book.reconcile("late", ACME, [condition(None, code="CONSUMER_DOWN")])
    with pytest.raises(ValueError, match="twice"):
        book.reconcile("late", ACME, [condition(), condition(severity="critical")])
    assert book.alerts() == []


def test_an_acknowledged_alert_stays_so_until_it_is_gone(make_book: BookMaker, clock: Clock) -> None:
    book = make_book()
    book.reconcile("late", ACME, conditions(ACME, range(2)))
    first, second = (alert.id for alert in book.alerts())
    with pytest.raises(LookupError, match="alert 99 is not open"):
        book.acknowledge([first, 99], "ana")
    assert [alert.state for alert in book.alerts()] == ["OPEN", "OPEN"]
    (acknowledged,) = book.acknowledge([first], "ana\n")
    assert (acknowledged.state, acknowledged.acked_by, acknowledged.acked_at) == ("ACK", "ana", clock.now)
    with pytest.raises(LookupError, match=f"alert {first} is not open"):
        book.acknowledge([first], "ana")
    book.reconcile("late", ACME, conditions(ACME, range(2)))
    assert [alert.state for alert in book.alerts()] == ["ACK", "OPEN"]
    assert [alert.id for alert in book.alerts(outstanding=True)] == [second]
    book.reconcile("late", ACME, conditions(ACME, [1]))
    assert [alert.id for alert in book.alerts()] == [second]


def test_what_comes_back_within_the_cool_down_is_the_same_alert(make_book: BookMaker, clock: Clock) -> None:
    book = make_book()
    book.reconcile("late", ACME, [condition()])
    book.acknowledge([only(book).id], "ana")
    book.reconcile("late", ACME, [])
    clock.pass_minutes(59)
    assert len(book.reconcile("late", ACME, [condition()]).reopened) == 1
    alert = only(book)
    assert (alert.state, alert.count, alert.openings, alert.acked_by, alert.resolved_at) == ("OPEN", 2, 2, None, None)
    assert alert.quiet_until == START + dt.timedelta(minutes=60)
    book.reconcile("late", ACME, [])
    clock.pass_minutes(60)
    assert len(book.reconcile("late", ACME, [condition()]).opened) == 1
    old, new = book.alerts(states=("OPEN", "RESOLVED"))
    assert (old.state, new.state, new.count, new.first_seen) == ("RESOLVED", "OPEN", 1, clock.now)


def test_a_severity_that_rises_is_told_apart_from_one_that_falls(make_book: BookMaker) -> None:
    book, late = make_book(), condition()
    book.reconcile("late", ACME, [late])
    assert book.reconcile("late", ACME, [condition(severity="critical")]).raised == (late.fingerprint,)
    assert book.reconcile("late", ACME, [condition(severity="info")]).raised == ()
    assert only(book).severity == "info"


def test_events_are_counted_once_whatever_comes_twice(make_book: BookMaker) -> None:
    book, failed, other = make_book(), condition(), condition(BETA)
    assert book.cursor("runs") is None
    changes = book.observe("runs", [failed, failed, other], [], 10)
    assert (changes.opened, changes.found) == ((failed.fingerprint, other.fingerprint), 1)
    assert book.observe("runs", [failed], [], 10).found == book.observe("runs", [failed], [], 9).found == 0
    assert (book.cursor("runs"), [alert.count for alert in book.alerts()]) == (10, [2, 1])
    assert book.observe("runs", [], [failed.fingerprint, "unknown"], 11).resolved == (failed.fingerprint,)
    assert [alert.org_id for alert in book.alerts()] == [BETA]
    third = condition(ACME, 3)
    assert book.observe("runs", [third], [third.fingerprint], 12).resolved == (third.fingerprint,)
    assert (book.cursor("runs"), book.cursor("others")) == (12, None)
    assert [alert.org_id for alert in book.alerts()] == [BETA]


def test_a_silence_covers_its_organization_and_code_while_it_lasts(make_book: BookMaker, clock: Clock) -> None:
    book, end = make_book(), START + dt.timedelta(hours=2)
    book.reconcile("late", ACME, [condition(), condition(code="FILE_HELD")])
    book.reconcile("late", BETA, [condition(BETA)])
    silence = book.silence(ACME, "MONTH_LATE", end, "ana")
    assert [alert.silenced_until for alert in book.alerts()] == [end, None, None]
    everything = book.silence(None, None, START + dt.timedelta(hours=1), "ana")
    assert [alert.silenced_until for alert in book.alerts()] == [end, everything.until, everything.until]
    assert book.silences() == [silence, everything]
    book.unsilence(everything.id)
    with pytest.raises(LookupError, match=f"silence {everything.id} "):
        book.unsilence(everything.id)
    assert book.silences() == [silence]
    clock.pass_minutes(120)
    assert book.silences() == []
    assert {alert.silenced_until for alert in book.alerts()} == {None}


def test_a_silence_of_nothing_is_refused(book: AlertBook) -> None:
    with pytest.raises(ValueError, match="no alert MONTH_LAT;"):
        book.silence(None, "MONTH_LAT", START + dt.timedelta(hours=1), "ana")
    with pytest.raises(ValueError, match="future"):
        book.silence(None, None, START, "ana")


def test_the_last_beat_counts(make_book: BookMaker, clock: Clock) -> None:
    book = make_book()
    book.beat("watch")
    book.beat("outbox")
    clock.pass_minutes(1)
    book.beat("watch")
    assert book.beats() == {"watch": clock.now, "outbox": START}


def test_a_broken_file_of_deliveries_keeps_nothing_from_being_noted(book: AlertBook, clock: Clock) -> None:
    """The cool-down is the default one of an hour then."""
    (book.settings.home / "deliveries.yaml").write_text("alerts: {cooldown_minutes: soon}")
    assert len(book.reconcile("late", ACME, [condition()]).opened) == 1
    assert len(book.reconcile("late", ACME, []).resolved) == 1
    clock.pass_minutes(59)
    assert len(book.observe("late", [condition()], [], 1).opened) == 0
    assert only(book).state == "OPEN"
    book.reconcile("late", ACME, [])
    clock.pass_minutes(60)
    assert len(book.reconcile("late", ACME, [condition()]).opened) == 1


WATCH = """
import sys
from pathlib import Path
from datapilot_resources.alert_book import AlertBook
from datapilot_resources.settings import Settings
from datapilot_tests.services.alert_books import ACME, conditions
book = AlertBook(Settings.from_environment())
print("ready", flush=True)
sys.stdin.readline()
for _ in range(10):
    book.reconcile("late", ACME, conditions(ACME, range(20)))
"""


def race(home: Path, **environment: str) -> None:
    """Four processes find the same twenty conditions ten times each; the records do not exist yet."""
    watches = [
        subprocess.Popen(
            [sys.executable, "-c", WATCH],
            cwd=ROOT,
            env={**os.environ, "DATAPILOT_HOME": str(home), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for watch in watches:
        assert watch.stdout is not None
        assert watch.stdout.readline() == "ready\n"
    for watch in watches:
        assert watch.stdin is not None
        watch.stdin.write("go\n")
        watch.stdin.flush()
    assert [watch.wait(timeout=300) for watch in watches] == [0, 0, 0, 0]


def test_watches_in_several_processes_open_each_alert_once(tmp_path: Path, book: AlertBook) -> None:
    race(tmp_path)
    assert [alert.count for alert in book.alerts()] == [40] * 20


@pytest.mark.services
def test_watches_in_several_processes_open_each_alert_once_in_postgres(
    tmp_path: Path, postgres: PostgresServers
) -> None:
    url = postgres.url(postgres.new_database(), pooled=True)
    race(tmp_path, DATAPILOT_POSTGRES_URL=url.get_secret_value())
    alerts = AlertBook(Settings(home=tmp_path, postgres_url=url)).alerts()
    assert [alert.count for alert in alerts] == [40] * 20
