"""Whatever happens in whatever order: nobody hears of another organization, and no open alert is forgotten."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from datapilot_domain.alerts import ALERTS, SEVERITIES, Alert
from datapilot_domain.organizations import OrgId
from datapilot_resources import outbox_delivery
from datapilot_resources.alert_book import AlertBook
from datapilot_resources.alert_pruning import prune
from datapilot_resources.channels import LOG_FILE, Outcome, Outgoing
from datapilot_resources.deliveries import Channel, Deliveries
from datapilot_resources.outbox import deliver, enqueue, outbox_rows
from datapilot_resources.settings import Settings
from datapilot_tests.services.alert_books import Clock, conditions, english

ORGANIZATIONS = [OrgId(name) for name in ("canaryacme", "canarybeta", "canarygama")]
CODES = sorted(code for code, kind in ALERTS.items() if kind.scope == "organization")
Sent = list[tuple[str, Outgoing]]


def plan_of(routes: list[dict[str, Any]]) -> Deliveries:
    channels: dict[str, Any] = {"team": {"kind": "log"}, "watchers": {"kind": "log"}}
    channels |= {org: {"kind": "log", "organization": org} for org in ORGANIZATIONS}
    return Deliveries.model_validate({"channels": channels, "routes": routes})


@st.composite
def routes(draw: st.DrawFn) -> dict[str, Any]:
    to = draw(st.sampled_from(["team", "watchers", *ORGANIZATIONS]))
    route: dict[str, Any] = {"to": to, "severity": draw(st.sampled_from(SEVERITIES))}
    if draw(st.booleans()):
        route["codes"] = draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=4))
    if draw(st.booleans()):
        among = ORGANIZATIONS if to in ("team", "watchers") else [to]
        route["organizations"] = draw(st.lists(st.sampled_from(among), min_size=1, max_size=2))
    return route


found_alerts = st.lists(
    st.tuples(
        st.sampled_from([*ORGANIZATIONS, None]),
        st.integers(0, 3),
        st.sampled_from(CODES),
        st.sampled_from(SEVERITIES),
    ),
    max_size=12,
)

# So few that each comes and goes often.
few_alerts = st.lists(
    st.tuples(
        st.sampled_from([ORGANIZATIONS[0], None]), st.just(0), st.just("MONTH_LATE"), st.sampled_from(SEVERITIES)
    ),
    max_size=2,
)


def find(book: AlertBook, found: list[tuple[OrgId | None, int, str, Any]]) -> None:
    for org in [*ORGANIZATIONS, None]:
        mine = [conditions(o, [n], code=c, severity=s)[0] for o, n, c, s in found if o == org]
        book.reconcile("watch", org, list({condition.fingerprint: condition for condition in mine}.values()))


def sending(sent: Sent, taken: Any) -> Any:
    """In the place of the channels, so that thousands of messages need no server; what is sent is the real thing."""

    def send(channel: Channel, message: Outgoing, settings: Settings, now: Any) -> Outcome:
        if not taken():
            return Outcome("HTTP 503")
        sent.append((channel.organization or "operators", message))
        return Outcome()

    return mock.patch.object(outbox_delivery, "send", send)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(routes(), max_size=8), st.lists(found_alerts, min_size=1, max_size=4))
def test_a_channel_of_an_organization_hears_of_it_alone_whatever_the_routes(
    routes: list[dict[str, Any]], rounds: list[Any]
) -> None:
    clock, plan = Clock(), plan_of(routes)
    sent: Sent = []
    with tempfile.TemporaryDirectory() as folder, sending(sent, lambda: True):
        book = AlertBook(Settings(home=Path(folder)), clock)
        for found in rounds:
            find(book, found)
            enqueue(book, plan, english)
            deliver(book, plan, seconds=60)
            clock.pass_minutes(16)
        heard = [alert for alert in book.alerts(states=("OPEN", "ACK", "RESOLVED")) if alert.notified_at]
    for owner, message in sent:
        said = json.dumps(message.body(with_content=True), ensure_ascii=False) + message.subject
        strangers = {*ORGANIZATIONS} - {owner} if owner != "operators" else set()
        assert [name for name in strangers if name in said] == []
        if owner != "operators":
            assert {part["org_id"] for part in message.data["organizations"]} == {owner}
    assert all(any(r["to"] in ("team", "watchers", alert.org_id) for r in routes) for alert in heard)


class EveryOpenAlertIsTold(RuleBasedStateMachine):
    """Conditions come and go, people silence and acknowledge, channels fail, time passes, what is old is removed."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock, self.up = Clock(), True
        self.sent: Sent = []
        self.channels = sending(self.sent, lambda: self.up)
        self.channels.start()
        self.book = AlertBook(Settings(home=Path(self.folder.name)), self.clock)
        self.plan = plan_of([{"to": "team", "severity": "warning"}, {"to": ORGANIZATIONS[0], "severity": "info"}])
        # What each channel was told of each alert, in its order: by fingerprint and when it was first seen.
        self.told: dict[tuple[str, str, str], list[tuple[str, Any]]] = {}
        self.left: set[str] = set()

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            self.channels.stop()
            self.folder.cleanup()

    @initialize()
    def begin(self) -> None:
        assert self.book.alerts() == []

    @rule(found=few_alerts)
    def watch(self, found: Any) -> None:
        find(self.book, found)

    @rule(minutes=st.sampled_from([1, 16, 61, 61, 40 * 24 * 60]))
    def wait(self, minutes: int) -> None:
        self.clock.pass_minutes(minutes)

    @rule()
    def tick(self) -> None:
        enqueue(self.book, self.plan, english)
        deliver(self.book, self.plan, seconds=60)
        self.note_what_left()

    @rule(rounds=st.lists(few_alerts, min_size=3, max_size=5))
    def rounds(self, rounds: Any) -> None:
        """As most of the time: each thing found is told, a window passes."""
        for found in rounds:
            find(self.book, found)
            self.tick()
            self.clock.pass_minutes(16)

    def note_what_left(self) -> None:
        """By what the messages hold, those that went to the log included."""
        log = self.book.settings.home / LOG_FILE
        lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        bodies = {line["id"]: line["organizations"] for line in lines}
        bodies |= {message.key: message.data["organizations"] for _, message in self.sent}
        for row in outbox_rows(self.book, states=("sent", "fallback")):
            if row.key not in self.left:
                self.left.add(row.key)
                for data in (data for part in bodies[row.key] for data in part["alerts"]):
                    key = row.channel, data["fingerprint"], data["first_seen"]
                    self.told.setdefault(key, []).append((data["notice"], data["severity"]))

    @rule()
    def prune(self) -> None:
        prune(self.book)

    @rule(up=st.booleans())
    def channels_are(self, up: bool) -> None:
        self.up = up

    @rule(org=st.sampled_from([*ORGANIZATIONS, None]), minutes=st.sampled_from([5, 120]))
    def silence(self, org: OrgId | None, minutes: int) -> None:
        self.book.silence(org, None, self.clock.now + dt.timedelta(minutes=minutes), "ana")

    @rule()
    def acknowledge(self) -> None:
        self.book.acknowledge([alert.id for alert in self.book.alerts(states=["OPEN"])][:1], "ana")

    @invariant()
    def an_open_alert_that_nobody_knows_to_be_open_is_outstanding(self) -> None:
        outstanding = {alert.id for alert in self.book.alerts(outstanding=True)}
        for alert in self.book.alerts(states=["OPEN"]):
            assert alert.id in outstanding or any(self.knows(channel, alert) for channel in self.plan.channels)

    @invariant()
    def nothing_is_told_twice(self) -> None:
        keys = [(owner, message.key) for owner, message in self.sent]
        assert len(keys) == len(set(keys))
        for notices in self.told.values():
            for number, (kind, severity) in enumerate(notices):
                before = notices[:number]
                last = before[-1][0] if before else None
                if kind == "opened":
                    assert last in (None, "resolved"), notices
                elif kind == "resolved":
                    assert last != "resolved", notices
                else:
                    assert before, notices
                    assert all(SEVERITIES.index(severity) > SEVERITIES.index(s) for _, s in before), notices

    @invariant()
    def no_opening_is_told_twice(self) -> None:
        for alert in self.book.alerts(states=["OPEN", "ACK", "RESOLVED"]):
            for channel in self.plan.channels:
                kinds = [kind for kind, _ in self.told.get(identity(channel, alert), [])]
                assert max(kinds.count("opened"), kinds.count("resolved")) <= alert.openings

    def knows(self, channel: str, alert: Alert) -> bool:
        """Whether the last thing that left for that channel says that the alert is there."""
        notices = self.told.get(identity(channel, alert), [])
        return bool(notices) and notices[-1][0] != "resolved"

    def settle(self) -> None:
        """When channels work and silences have ended, each channel knows what is open and routed to it."""
        self.up = True
        for _ in range(3):
            self.clock.pass_minutes(180)
            self.tick()
        open_alerts = self.book.alerts(states=["OPEN"])
        unheard = []
        for alert in open_alerts:
            hearing = [channel for channel in self.plan.channels if self.plan.hears(channel, alert)]
            assert all(self.knows(channel, alert) for channel in hearing), alert
            unheard += [] if hearing or any(self.knows(c, alert) for c in self.plan.channels) else [alert.id]
        assert [alert.id for alert in self.book.alerts(outstanding=True)] == unheard
        self.nothing_is_told_twice()
        self.no_opening_is_told_twice()


def identity(channel: str, alert: Alert) -> tuple[str, str, str]:
    return channel, alert.fingerprint, alert.first_seen.isoformat()


TestEveryOpenAlertIsTold = EveryOpenAlertIsTold.TestCase
TestEveryOpenAlertIsTold.settings = settings(
    max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
