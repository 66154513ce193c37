"""The outbox: few messages, each thing told once, sent until it is taken, to nobody else."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from pydantic import SecretStr

from datapilot_domain.alerts import Condition
from datapilot_domain.findings import found
from datapilot_domain.organizations import OrgId
from datapilot_resources import outbox_delivery
from datapilot_resources.alert_book import AlertBook
from datapilot_resources.channels import LOG_FILE
from datapilot_resources.deliveries import Deliveries
from datapilot_resources.object_store import object_store
from datapilot_resources.outbox import (
    Attachment,
    Delivered,
    OutboxState,
    Report,
    deliver,
    enqueue,
    enqueue_report,
    enqueue_test,
    failed_channels,
    outbox_rows,
    stuck,
)
from datapilot_resources.settings import Settings
from datapilot_tests.services.alert_books import (
    ACME,
    BETA,
    START,
    Clock,
    condition,
    conditions,
    english,
    hook_plan,
)
from datapilot_tests.services.hook_receiver import HookReceiver
from datapilot_tests.services.server import free_port

pytestmark = pytest.mark.usefixtures("hook_secret")
BookMaker = Callable[..., AlertBook]
ROOT = Path(__file__).parents[2]
EVERY: tuple[OutboxState, ...] = ("due", "claimed", "sent", "fallback")


def round_of(book: AlertBook, plan: Deliveries) -> Delivered:
    """What the outbox's sensor does in one tick."""
    enqueue(book, plan, english)
    return deliver(book, plan, seconds=60)


def told(hook: HookReceiver, path: str = "/team") -> list[list[tuple[str | None, str]]]:
    """Of each message that was taken: organization and notice of its alerts."""
    return [
        [(part["org_id"], alert["notice"]) for part in taken.json["organizations"] for alert in part["alerts"]]
        for taken in hook.taken(path)
    ]


def log_lines(book: AlertBook) -> list[dict[str, Any]]:
    file = book.settings.home / LOG_FILE
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_five_hundred_conditions_of_an_organization_are_one_message_to_it_and_one_to_the_operators(
    make_book: BookMaker, hook: HookReceiver
) -> None:
    book, plan = make_book(), hook_plan(hook, "acme", "betaltda")
    book.reconcile("late", ACME, conditions(ACME, range(500)))
    assert round_of(book, plan) == Delivered(sent=2)
    assert round_of(book, plan) == Delivered()
    assert sorted(request.path for request in hook.requests) == ["/acme", "/team"]
    for request in hook.requests:
        (part,) = request.json["organizations"]
        assert (part["org_id"], len(part["alerts"]), part["more"]) == ("acme", 100, 400)
    assert book.alerts(outstanding=True) == []
    assert {alert.notified_at for alert in book.alerts()} == {START}


def test_five_hundred_conditions_of_forty_organizations_are_one_message_each_and_one_to_the_operators(
    book: AlertBook, hook: HookReceiver
) -> None:
    organizations = [OrgId(f"org{n:02}") for n in range(40)]
    plan = hook_plan(hook, *organizations)
    for n, organization in enumerate(organizations):
        book.reconcile("late", organization, conditions(organization, range(n % 2 + 12)))
    assert len(book.alerts()) == 500
    assert round_of(book, plan) == Delivered(sent=41)
    assert sorted(request.path for request in hook.taken()) == [*(f"/{name}" for name in organizations), "/team"]
    (everything,) = told(hook)
    assert len(everything) == 500
    for organization in organizations:
        assert {org for org, _ in told(hook, f"/{organization}")[0]} == {organization}


def test_the_first_message_goes_at_once_and_the_next_waits_for_its_window(
    make_book: BookMaker, hook: HookReceiver, clock: Clock
) -> None:
    book, plan = make_book(), hook_plan(hook, window_minutes=15)
    book.reconcile("late", ACME, [condition(ACME)])
    assert round_of(book, plan).sent == 1
    for minute in range(1, 15):
        clock.pass_minutes(1)
        book.reconcile("late", ACME, conditions(ACME, range(minute + 1)))
        assert round_of(book, plan).sent == 0
    assert len(book.alerts(outstanding=True)) == 14
    clock.pass_minutes(1)
    assert round_of(book, plan).sent == 1
    assert [len(message) for message in told(hook)] == [1, 14]
    clock.pass_minutes(240)
    book.reconcile("late", BETA, [condition(BETA)])
    assert round_of(book, plan).sent == 1


def test_what_is_gone_is_told_once_to_those_who_heard_of_it(book: AlertBook, hook: HookReceiver, clock: Clock) -> None:
    routes = [{"to": "team"}, {"to": "acme", "severity": "critical"}]
    plan = hook_plan(hook, "acme", routes=routes)
    book.reconcile("late", ACME, [condition()])
    round_of(book, plan)
    clock.pass_minutes(20)
    book.reconcile("late", ACME, [])
    book.silence(None, None, START + dt.timedelta(days=1), "ana")  # the end of what was told is told all the same
    round_of(book, plan)
    clock.pass_minutes(20)
    round_of(book, plan)
    assert told(hook) == [[("acme", "opened")], [("acme", "resolved")]]
    assert told(hook, "/acme") == []


def test_what_came_and_went_inside_a_window_is_told_once_as_gone(
    make_book: BookMaker, hook: HookReceiver, clock: Clock
) -> None:
    book, plan = make_book(), hook_plan(hook)
    book.reconcile("late", ACME, [condition()])
    round_of(book, plan)
    clock.pass_minutes(2)
    book.reconcile("late", ACME, conditions(ACME, range(2)))
    assert round_of(book, plan).sent == 0
    clock.pass_minutes(2)
    book.reconcile("late", ACME, [condition()])
    clock.pass_minutes(20)
    round_of(book, plan)
    clock.pass_minutes(20)
    round_of(book, plan)
    assert told(hook) == [[("acme", "opened")], [("acme", "resolved")]]


def test_a_new_channel_hears_what_is_open_and_nothing_of_the_past(
    book: AlertBook, hook: HookReceiver, clock: Clock
) -> None:
    book.reconcile("late", ACME, conditions(ACME, range(3)))
    book.reconcile("late", ACME, [condition()])
    clock.pass_minutes(60)
    assert round_of(book, hook_plan(hook)).sent == 1
    assert told(hook) == [[("acme", "opened")]]


def test_a_severity_that_rises_is_told_once_more_and_none_that_swings(
    make_book: BookMaker, hook: HookReceiver, clock: Clock
) -> None:
    book, plan = make_book(), hook_plan(hook)
    for severity in ("info", "warning", "info", "warning", "critical", "warning", "critical"):
        book.reconcile("late", ACME, [condition(severity=severity)])
        round_of(book, plan)
        clock.pass_minutes(16)
    assert told(hook) == [[("acme", "opened")], [("acme", "raised")], [("acme", "raised")]]


def test_an_acknowledged_alert_is_told_as_gone_alone_and_to_whoever_heard_of_it(
    make_book: BookMaker, hook: HookReceiver, clock: Clock
) -> None:
    book, plan = make_book(), hook_plan(hook, "acme", routes=[{"to": "team"}])
    book.reconcile("late", ACME, [condition(severity="info")])
    round_of(book, plan)
    book.reconcile("late", ACME, conditions(ACME, range(2), severity="info"))  # nobody heard of the second one
    book.acknowledge([alert.id for alert in book.alerts()], "ana")
    plan = hook_plan(hook, "acme")  # and nobody of these on this channel
    for severity in ("info", "critical"):
        book.reconcile("late", ACME, conditions(ACME, range(2), severity=severity))
        clock.pass_minutes(16)
        round_of(book, plan)
    assert told(hook) == [[("acme", "opened")]]
    book.reconcile("late", ACME, [])
    round_of(book, plan)
    assert (told(hook)[1:], told(hook, "/acme")) == ([[("acme", "resolved")]], [])
    book.reconcile("late", ACME, [condition(severity="critical")])  # another opening, which nobody sees to
    round_of(book, plan)
    clock.pass_minutes(61)
    round_of(book, plan)
    assert told(hook)[2:] == told(hook, "/acme") == [[("acme", "opened")]]


def test_a_silenced_alert_is_told_when_the_silence_has_ended(book: AlertBook, hook: HookReceiver, clock: Clock) -> None:
    plan = hook_plan(hook)
    book.silence(ACME, None, START + dt.timedelta(hours=1), "ana")
    book.reconcile("late", ACME, conditions(ACME, range(2)))
    book.reconcile("late", BETA, [condition(BETA)])
    round_of(book, plan)
    assert told(hook) == [[("betaltda", "opened")]]
    assert [alert.org_id for alert in book.alerts(outstanding=True)] == [ACME, ACME]
    clock.pass_minutes(30)
    book.reconcile("late", ACME, [condition()])  # one ended under the silence: nobody hears of it
    clock.pass_minutes(30)
    round_of(book, plan)
    assert told(hook)[1:] == [[("acme", "opened")]]


def test_what_flaps_is_told_again_only_when_it_stays_or_gets_worse(
    book: AlertBook, hook: HookReceiver, clock: Clock
) -> None:
    plan = hook_plan(hook)
    book.reconcile("late", ACME, [condition()])
    round_of(book, plan)
    for _ in range(6):  # for three hours
        clock.pass_minutes(16)
        book.reconcile("late", ACME, [])
        round_of(book, plan)
        clock.pass_minutes(16)
        book.reconcile("late", ACME, [condition()])
        round_of(book, plan)
    assert told(hook) == [[("acme", "opened")], [("acme", "resolved")]]
    clock.pass_minutes(60)
    round_of(book, plan)
    assert told(hook)[2:] == [[("acme", "opened")]]
    book.reconcile("late", ACME, [])
    clock.pass_minutes(16)
    round_of(book, plan)
    book.reconcile("late", ACME, [condition(severity="critical")])
    clock.pass_minutes(16)
    round_of(book, plan)
    assert told(hook)[3:] == [[("acme", "resolved")], [("acme", "raised")]]


def test_what_came_back_is_outstanding_until_it_is_told_again(
    make_book: BookMaker, hook: HookReceiver, clock: Clock
) -> None:
    book, plan = make_book(), hook_plan(hook)

    def round_with(*found: Condition) -> list[str]:
        book.reconcile("late", ACME, found)
        round_of(book, plan)
        clock.pass_minutes(16)
        return [alert.fingerprint for alert in book.alerts(outstanding=True)]

    assert round_with(condition()) == []
    book.reconcile("late", ACME, [])
    assert round_with(condition()) == []  # nobody heard that it was gone
    assert round_with() == []
    assert round_with(condition()) == [condition().fingerprint]
    clock.pass_minutes(60)
    assert round_with(condition()) == []
    assert told(hook) == [[("acme", "opened")], [("acme", "resolved")], [("acme", "opened")]]


@pytest.mark.parametrize("failure", ["close", "503"])
def test_a_channel_that_is_down_for_an_hour_loses_and_doubles_nothing(
    make_book: BookMaker, hook: HookReceiver, clock: Clock, failure: str
) -> None:
    book, plan = make_book(), hook_plan(hook, "acme")
    hook.statuses_by_path["/acme"] = 503 if failure == "503" else 0
    for minute in range(120):
        if minute == 60:
            del hook.statuses_by_path["/acme"]
        book.reconcile("late", ACME, conditions(ACME, range(minute // 5 + 1)))
        round_of(book, plan)
        clock.pass_minutes(1)
    assert len(told(hook)) == len(told(hook, "/acme")) == 8  # one per window
    for path in ("/team", "/acme"):
        assert [len(message) for message in told(hook, path)] == [1, *([3] * 7)]
        keys = [taken.key for taken in hook.taken(path)]
        sent = [row.key for row in outbox_rows(book, states=EVERY) if row.channel == path[1:] and row.state == "sent"]
        assert keys == sent  # one to one, in their order
        assert [taken.json["id"] for taken in hook.taken(path)] == keys
    # Half a minute at first, then longer: no attempt per message and round.
    assert 4 <= len([r for r in hook.requests if r.path == "/acme" and r.status != 204]) <= 30
    assert stuck(book, 0) == []


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(book: AlertBook, hook: HookReceiver, clock: Clock, status: int) -> None:
    plan, hook.status = hook_plan(hook), status
    book.reconcile("late", ACME, [condition()])
    assert round_of(book, plan) == Delivered(failed=1)
    assert round_of(book, plan) == Delivered()  # not before its time
    (row,) = outbox_rows(book)
    assert (row.state, row.attempts, row.last_error) == ("due", 1, f"HTTP {status}")
    assert 30 <= (row.next_at - clock.now).total_seconds() <= 60
    hook.status = 200
    clock.pass_minutes(1)
    assert round_of(book, plan) == Delivered(sent=1)
    assert len({request.key for request in hook.requests}) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 410, 413, 422])
def test_what_does_not_pass_goes_to_the_log_whole(book: AlertBook, hook: HookReceiver, status: int) -> None:
    plan, hook.status, hook.headers = hook_plan(hook), status, {"Location": hook.url("/elsewhere")}
    book.reconcile("late", ACME, [condition()])
    assert round_of(book, plan) == Delivered(fallback=1)
    assert [request.path for request in hook.requests] == ["/team"]
    (line,) = log_lines(book)
    assert (line["channel"], line["not_delivered"], line["id"]) == ("team", f"HTTP {status}", hook.requests[0].key)
    assert line["organizations"] == hook.requests[0].json["organizations"]
    (failed,) = failed_channels(book, plan)
    assert (failed.channel, failed.why, failed.messages) == ("team", f"HTTP {status}", 1)
    assert book.alerts(outstanding=True) == []
    hook.status = 200
    enqueue_test(book, plan, "team")
    assert round_of(book, plan) == Delivered(sent=1)
    assert failed_channels(book, plan) == []


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("600", 600), ("1", 30), ("999999", 6 * 3600), ("Tue, 02 Apr 2024 12:10:00 GMT", 600)],
)
def test_the_receiver_says_when_to_come_again(
    book: AlertBook, hook: HookReceiver, clock: Clock, asked: str, seconds: int
) -> None:
    plan, hook.status, hook.headers = hook_plan(hook), 429, {"Retry-After": asked}
    book.reconcile("late", ACME, [condition()])
    round_of(book, plan)
    (row,) = outbox_rows(book)
    assert row.next_at == clock.now + dt.timedelta(seconds=seconds)


def test_pauses_grow_to_an_hour_and_a_day_of_them_is_enough(book: AlertBook, hook: HookReceiver, clock: Clock) -> None:
    plan, hook.status = hook_plan(hook), 503
    pauses = []
    book.reconcile("late", ACME, [condition()])
    enqueue(book, plan, english)
    while (row := outbox_rows(book)[0]).state == "due":
        clock.now = max(clock.now, row.next_at)
        before = clock.now
        deliver(book, plan, seconds=60)
        pauses.append(outbox_rows(book)[0].next_at - before)
    assert max(pauses) <= dt.timedelta(hours=1)
    assert max(pauses) > dt.timedelta(minutes=10)
    assert dt.timedelta(hours=24) <= clock.now - START <= dt.timedelta(hours=25)
    assert 24 <= row.attempts <= 80
    assert [line["not_delivered"] for line in log_lines(book)] == ["HTTP 503"]
    book.reconcile("late", ACME, conditions(ACME, range(2)))
    enqueue(book, plan, english)
    assert deliver(book, plan, seconds=60) == Delivered(failed=1)  # a new message has a day of its own
    assert book.alerts(outstanding=True)[0].notified_at is None


def test_a_message_of_a_channel_that_left_the_file_goes_to_the_log(
    book: AlertBook, hook: HookReceiver, clock: Clock
) -> None:
    book.reconcile("late", ACME, [condition()])
    enqueue(book, hook_plan(hook), english)
    without = Deliveries()
    assert deliver(book, without, seconds=60) == Delivered(fallback=1)
    assert hook.requests == []
    assert log_lines(book)[0]["not_delivered"] == "the channel is not in deliveries.yaml"
    assert [failed.channel for failed in failed_channels(book, without)] == ["team"]
    clock.pass_minutes(24 * 60)
    assert failed_channels(book, without) == []


@pytest.mark.parametrize("owner", ["acme", None])
def test_a_channel_that_was_given_away_gets_nothing_of_its_former_owner(
    book: AlertBook, hook: HookReceiver, owner: str | None
) -> None:
    plan = hook_plan(hook, "acme")
    book.reconcile("late", ACME, [condition()])
    enqueue(book, plan, english)
    name = owner or "team"
    given = plan.channels[name].model_copy(update={"organization": BETA})
    changed = plan.model_copy(update={"channels": {name: given}})
    assert deliver(book, changed, seconds=60) == Delivered(fallback=2)
    assert hook.requests == []


DELIVERER = """
import sys
from datapilot_resources.alert_book import AlertBook
from datapilot_resources.deliveries import Deliveries
from datapilot_resources.outbox import deliver
from datapilot_resources.settings import Settings
settings = Settings.from_environment()
plan = Deliveries.from_settings(settings)
print("ready", flush=True)
sys.stdin.readline()
print(deliver(AlertBook(settings), plan, seconds=60).sent)
"""


def test_processes_that_deliver_at_once_send_each_message_once(
    make_book: BookMaker, tmp_path: Path, hook: HookReceiver, clock: Clock
) -> None:
    organizations = [f"org{n:02}" for n in range(8)]
    book, plan = make_book(), hook_plan(hook, *organizations)
    for _ in range(3):
        for name in plan.channels:
            enqueue_test(book, plan, name)
        clock.pass_minutes(1)
    (tmp_path / "deliveries.yaml").write_text(json.dumps(plan.model_dump(mode="json", exclude_none=True)))
    environment = {"DATAPILOT_HOME": str(tmp_path)}
    if book.settings.postgres_url is not None:
        environment["DATAPILOT_POSTGRES_URL"] = book.settings.postgres_url.get_secret_value()
    deliverers = [
        subprocess.Popen(
            [sys.executable, "-c", DELIVERER],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for deliverer in deliverers:
        assert deliverer.stdout is not None
        assert deliverer.stdout.readline() == "ready\n"
    counts = [int(deliverer.communicate("go\n", timeout=300)[0]) for deliverer in deliverers]
    # One that finds all channels taken is done; what is left then is left to the next round.
    left = deliver(AlertBook(book.settings), plan, seconds=60).sent
    assert sum(counts) + left == 27
    assert len(hook.requests) == len({request.key for request in hook.requests}) == 27
    assert {row.key for row in outbox_rows(book, states=("sent",))} == {request.key for request in hook.requests}


def test_later_messages_wait_behind_the_first_of_their_channel(
    make_book: BookMaker, hook: HookReceiver, clock: Clock
) -> None:
    book, plan = make_book(), hook_plan(hook, "acme")
    for channel in ("team", "team", "acme"):
        enqueue_test(book, plan, channel)
        clock.pass_minutes(1)
    hook.statuses_by_path["/team"] = 503
    assert deliver(book, plan, seconds=60) == Delivered(sent=1, failed=1)
    first, second = outbox_rows(book)
    assert (first.attempts, second.attempts, first.next_at) == (1, 0, second.next_at)
    clock.now = first.next_at
    with (
        pytest.raises(ZeroDivisionError),
        mock.patch.object(outbox_delivery, "_attempt", side_effect=ZeroDivisionError),
    ):
        deliver(book, plan, seconds=60)
    hook.statuses_by_path.clear()
    assert deliver(book, plan, seconds=60) == Delivered()  # somebody holds the first one
    clock.pass_minutes(3)
    assert deliver(book, plan, seconds=60) == Delivered(sent=2)
    assert [request.key for request in hook.taken("/team")] == [first.key, second.key]


def test_nobody_sends_what_another_one_is_sending_until_its_claim_ends(
    book: AlertBook, hook: HookReceiver, clock: Clock
) -> None:
    plan = hook_plan(hook)
    enqueue_test(book, plan, "team")
    with (
        pytest.raises(ZeroDivisionError),
        mock.patch.object(outbox_delivery, "_attempt", side_effect=ZeroDivisionError),
    ):
        deliver(book, plan, seconds=60)
    assert [row.state for row in stuck(book, -1)] == ["claimed"]
    clock.pass_minutes(1.9)
    assert deliver(book, plan, seconds=60) == Delivered()
    clock.pass_minutes(0.2)
    assert deliver(book, plan, seconds=60) == Delivered(sent=1)


def test_no_attempt_begins_when_the_time_is_up(book: AlertBook, hook: HookReceiver) -> None:
    plan = hook_plan(hook)
    enqueue_test(book, plan, "team")
    assert deliver(book, plan, seconds=0) == Delivered()
    assert hook.requests == []


def test_a_report_is_sent_once_per_key_with_its_files(make_book: BookMaker, hook: HookReceiver, clock: Clock) -> None:
    book, plan, content = make_book(), hook_plan(hook, "acme"), b"a;b\n"
    file = Attachment(name="sales.csv", key="k/1", sha256=hashlib.sha256(content).hexdigest(), media_type="text/csv")
    report = Report(language="en", subject="March", text="Here it is", attachments=(file,))
    assert enqueue_report(book, "acme", ACME, "march-acme", report)
    assert not enqueue_report(book, "acme", ACME, "march-acme", report)
    assert deliver(book, plan, seconds=60) == Delivered(failed=1)  # nobody can read the file
    clock.pass_minutes(2)
    assert deliver(book, plan, seconds=60, fetch={"k/1": content}.__getitem__) == Delivered(sent=1)
    (request,) = hook.requests
    assert request.key == "march-acme"
    assert request.json == {
        "id": "march-acme",
        "type": "datapilot.report",
        "language": "en",
        "org_id": "acme",
        "subject": "March",
        "text": "Here it is",
        "attachments": [{"name": "sales.csv", "media_type": "text/csv", "sha256": file.sha256, "content": "YTtiCg=="}],
    }


def gone(key: str) -> bytes:
    raise FileNotFoundError(key)


@pytest.mark.parametrize(
    ("fetch", "why"), [(gone, "an attachment is gone"), (lambda key: b"other", "an attachment has changed")]
)
def test_a_report_whose_files_are_no_longer_those_is_not_sent(
    book: AlertBook, hook: HookReceiver, fetch: Callable[[str], bytes], why: str
) -> None:
    plan = hook_plan(hook, "acme")
    file = Attachment(name="sales.csv", key="k/1", sha256="0" * 64, media_type="text/csv")
    report = Report(language="en", subject="March", text="Here it is", attachments=(file,))
    enqueue_report(book, "acme", ACME, "march-acme", report)
    assert deliver(book, plan, seconds=60, fetch=fetch) == Delivered(fallback=1)
    assert (hook.requests, log_lines(book)[0]["not_delivered"]) == ([], why)
    enqueue_report(book, "acme", BETA, "march-beta", report)
    assert deliver(book, plan, seconds=60, fetch=fetch) == Delivered(fallback=1)
    assert log_lines(book)[1]["not_delivered"] == "the channel is another organization's"


def test_a_store_that_is_not_reached_is_tried_again_and_keeps_nothing_else_from_leaving(
    tmp_path: Path, hook: HookReceiver, clock: Clock
) -> None:
    """By the errors that boto3 has of its own, which are no OSErrors."""
    settings = Settings(
        home=tmp_path,
        store="s3://lake",
        s3_endpoint_url=f"http://127.0.0.1:{free_port()}",
        s3_access_key_id="nobody",
        s3_secret_access_key=SecretStr("nobody's"),
    )
    book, plan = AlertBook(settings, clock), hook_plan(hook, "acme")
    file = Attachment(name="sales.csv", key="k/1", sha256="0" * 64, media_type="text/csv")
    report = Report(language="en", subject="March", text="Here it is", attachments=(file,))
    enqueue_report(book, "acme", ACME, "march-acme", report)
    enqueue_test(book, plan, "team")
    assert deliver(book, plan, seconds=60, fetch=object_store(settings).read) == Delivered(sent=1, failed=1)
    assert [(row.state, row.last_error) for row in outbox_rows(book)] == [
        ("due", "attachment: EndpointConnectionError")
    ]


def test_an_organization_hears_in_its_own_language_and_operators_in_theirs(book: AlertBook, hook: HookReceiver) -> None:
    plan = hook_plan(hook, "acme", language="pt-BR")
    book.reconcile("late", ACME, [condition()])
    round_of(book, plan)
    assert {request.path: request.json["language"] for request in hook.requests} == {"/team": "pt-BR", "/acme": "en"}


def test_a_name_with_half_a_character_is_told(make_book: BookMaker, hook: HookReceiver) -> None:
    book, plan = make_book(), hook_plan(hook)
    cause = found("file_undecided", file="relat\udce9rio.csv", source="main", reason="R")
    book.reconcile("files", ACME, [condition(code="FILE_HELD").model_copy(update={"cause": cause})])
    assert round_of(book, plan) == Delivered(sent=1)
    assert "relat?rio.csv" in hook.requests[0].json["text"]


def test_the_test_message_says_that_it_is_one(book: AlertBook, hook: HookReceiver) -> None:
    plan = hook_plan(hook, "acme")
    key = enqueue_test(book, plan, "acme", "en")
    assert deliver(book, plan, seconds=60) == Delivered(sent=1)
    (request,) = hook.requests
    assert (request.key, request.path) == (key, "/acme")
    assert request.json["type"] == "datapilot.test"
    assert request.json["text"] == "DataPilot: a test of channel acme. Nothing has happened."
    with pytest.raises(LookupError, match="no channel team2; the channels are acme, team"):
        enqueue_test(book, plan, "team2")


def test_an_erased_organization_leaves_no_byte_and_the_others_their_message(tmp_path: Path, hook: HookReceiver) -> None:
    book, plan = AlertBook(Settings(home=tmp_path)), hook_plan(hook, "acme", "betaltda")
    for org in (ACME, BETA):
        book.reconcile("late", org, [condition(org)])
        book.silence(org, "FILE_HELD", book.clock() + dt.timedelta(hours=1), "ana")
    enqueue(book, plan, english)
    files = list(tmp_path.glob("alerts.sqlite*"))
    assert b"betaltda" in b"".join(file.read_bytes() for file in files)
    assert book.erase(BETA) == 6  # two notices, a message, an alert, a silence, a channel
    assert b"betaltda" not in b"".join(file.read_bytes() for file in tmp_path.glob("alerts.sqlite*"))
    assert deliver(book, plan, seconds=60) == Delivered(sent=2)
    assert told(hook) == told(hook, "/acme") == [[("acme", "opened")]]
    assert book.erase(BETA) == 0


def platform_alerts(org: OrgId) -> list[tuple[str, Condition]]:
    """By watch: each names that organization in another way."""
    causes = {
        f"looking at {org}": ("WATCH_FAILED", found("watch_failed", watch="files", org=org, error="ValueError")),
        "gold_power_bi": ("CONSUMER_DOWN", found("consumer_down_of", consumer="power_bi", org=org)),
        "partitions": ("PARTITION_UNKNOWN", found("partition_unknown", key=org)),
        "channels": ("DELIVERY_FAILED", found("delivery_failed", channel=org, why="HTTP 400", messages=1)),
    }
    return [
        (watch, condition(None, code=code).model_copy(update={"cause": cause, "subject": (watch, org)}))
        for watch, (code, cause) in causes.items()
    ]


@pytest.mark.parametrize("is_sent", [False, True])
def test_alerts_of_the_platform_that_name_an_erased_organization_are_gone_with_it(
    tmp_path: Path, clock: Clock, hook: HookReceiver, is_sent: bool
) -> None:
    book, plan = AlertBook(Settings(home=tmp_path), clock), hook_plan(hook, language="en")
    for watch, named in platform_alerts(BETA):
        book.reconcile(watch, None, [named])
    book.reconcile("ticks", None, [condition(None, code="TICK_FAILED")])
    book.reconcile("late", ACME, [condition()])
    round_of(book, plan) if is_sent else enqueue(book, plan, english)
    assert b"betaltda" in b"".join(file.read_bytes() for file in tmp_path.glob("alerts.sqlite*"))
    assert book.erase(BETA) == 8  # four alerts and their notices
    assert b"betaltda" not in b"".join(file.read_bytes() for file in tmp_path.glob("alerts.sqlite*"))
    assert [alert.code for alert in book.alerts()] == ["TICK_FAILED", "MONTH_LATE"]
    clock.pass_minutes(16)
    assert round_of(book, plan) == Delivered(sent=0 if is_sent else 1)
    assert told(hook) == [[*[(None, "opened")] * (5 if is_sent else 1), ("acme", "opened")]]
    if not is_sent:
        assert "betaltda" not in hook.requests[0].body.decode()
        assert "A sensor failed" in hook.requests[0].json["text"]
    assert book.erase(BETA) == 0


def test_a_message_of_an_erased_organization_alone_is_gone_with_it(make_book: BookMaker, hook: HookReceiver) -> None:
    book, plan = make_book(), hook_plan(hook, "acme")
    book.reconcile("late", ACME, [condition()])
    enqueue(book, plan, english)
    assert book.erase(ACME) == 6  # two notices, two messages, an alert, a channel
    assert outbox_rows(book, states=EVERY) == []
    assert deliver(book, plan, seconds=60) == Delivered()


def test_no_secret_is_in_a_row_a_log_or_a_message(
    book: AlertBook, hook: HookReceiver, hook_secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    plan = hook_plan(hook, "acme")
    book.reconcile("late", ACME, [condition()])
    for hook.status in (503, 400):
        round_of(book, plan)
        book.clock.pass_minutes(2)  # type: ignore[attr-defined]
    shown = [caplog.text, repr(plan), plan.model_dump_json(), repr(outbox_rows(book, states=EVERY))]
    shown += [repr(failed_channels(book, plan)), *(request.body.decode() for request in hook.requests)]
    shown += [str(request.headers) for request in hook.requests]
    shown += [file.read_bytes().decode(errors="replace") for file in book.settings.home.iterdir()]
    assert len(hook.requests) == 4
    assert [text for text in shown if hook_secret in text] == []
    assert "acme" in shown[-1]


@pytest.mark.parametrize("secret", ["", "too-short"])
def test_a_secret_that_is_missing_is_tried_again(
    book: AlertBook, hook: HookReceiver, clock: Clock, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = hook_plan(hook)
    enqueue_test(book, plan, "team")
    monkeypatch.setenv("HOOK_SECRET", secret)
    assert deliver(book, plan, seconds=60) == Delivered(failed=1)
    assert outbox_rows(book)[0].last_error == "its secret cannot be read or used"
    monkeypatch.setenv("HOOK_SECRET", "canary-of-the-hook-f00d")
    clock.pass_minutes(2)
    assert deliver(book, plan, seconds=60) == Delivered(sent=1)
