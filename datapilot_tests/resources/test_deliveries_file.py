"""The file that says who hears what: one line that names the place of each mistake, and never a secret."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from datapilot_domain.organizations import OrgId
from datapilot_resources.alert_book import AlertBook
from datapilot_resources.channels_webhook import signed_headers, signing_key
from datapilot_resources.deliveries import AlertRules, Deliveries, LogChannel, WebhookChannel
from datapilot_resources.settings import Settings, SettingsError
from datapilot_tests.services.alert_books import ACME, BETA, condition

OTHER = OrgId("other")
CANARY = "canary-value-nobody-may-see"
WHOLE = """
alerts: {window_minutes: 30, cooldown_minutes: 90, language: en}
channels:
  team: {kind: webhook, url: "https://ops.example/hook?room=1", secret: {file: /run/secrets/hook}}
  acme: {kind: apprise, address: {variable: ACME_CHAT}, organization: acme}
  file: {kind: log}
routes:
  - {to: team, severity: warning, organizations: [acme, betaltda]}
  - {to: acme, severity: critical, codes: [FILE_HELD, MONTH_LATE]}
  - {to: file}
"""


PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text("utf-8")


def block(language: str) -> str:
    """The first block of the page in that language."""
    return str(re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[0])


def read(folder: Path, text: str) -> Deliveries:
    (folder / "deliveries.yaml").write_text(text)
    return Deliveries.from_settings(Settings(home=folder))


def test_the_whole_file_is_read(tmp_path: Path) -> None:
    plan = read(tmp_path, WHOLE)
    assert (plan.alerts.window_minutes, plan.alerts.cooldown_minutes, plan.alerts.language) == (30, 90, "en")
    team = plan.channels["team"]
    assert isinstance(team, WebhookChannel)
    assert (team.url, team.secret.file) == ("https://ops.example/hook?room=1", Path("/run/secrets/hook"))
    assert plan.channels["acme"].organization == "acme"
    assert [(route.to, route.severity, route.codes) for route in plan.routes] == [
        ("team", "warning", None),
        ("acme", "critical", ("FILE_HELD", "MONTH_LATE")),
        ("file", "info", None),
    ]
    assert plan.may_hear("team", [ACME, BETA, None])
    assert plan.may_hear("acme", [ACME])
    assert not plan.may_hear("acme", [None])
    assert not plan.may_hear("acme", [ACME, BETA])
    assert not plan.may_hear("elsewhere", [ACME])


def test_a_route_takes_what_its_channel_may_hear_and_it_names(tmp_path: Path, book: AlertBook) -> None:
    plan = read(tmp_path, WHOLE)
    book.reconcile("late", ACME, [condition(ACME, 0, severity="critical"), condition(ACME, 1, code="FILE_WAITING")])
    book.reconcile("late", BETA, [condition(BETA, 2, severity="critical")])
    book.reconcile("late", OTHER, [condition(OTHER, 3, severity="critical"), condition(OTHER, 4, severity="info")])
    book.reconcile("late", None, [condition(None, 5, code="CONSUMER_DOWN", severity="critical")])
    heard = {name: [n for n, alert in enumerate(book.alerts()) if plan.hears(name, alert)] for name in plan.channels}
    assert heard == {"team": [0, 1, 2], "acme": [0], "file": [0, 1, 2, 3, 4, 5]}


def test_without_a_file_everything_goes_to_the_log(tmp_path: Path) -> None:
    plan = Deliveries.from_settings(Settings(home=tmp_path))
    assert (plan.channels, plan.routes[0].to, plan.routes[0].severity) == (
        {"log": LogChannel(kind="log")},
        "log",
        "info",
    )
    assert (plan.alerts.window_minutes, plan.alerts.cooldown_minutes, plan.alerts.language) == (15, 60, "pt-BR")


def test_an_empty_file_tells_nobody(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Deliveries()


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"
    with pytest.raises(SettingsError, match=r"cannot read .*missing\.yaml \(FileNotFoundError\)"):
        Deliveries.from_settings(Settings(home=tmp_path, deliveries=missing))
    missing.write_text("alerts: {language: en}")
    assert Deliveries.from_settings(Settings(home=tmp_path, deliveries=missing)).alerts.language == "en"


CHANNEL = "channels: {{team: {{kind: webhook, url: {url}, secret: {{variable: HOOK}}}}}}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("routes: [{to: nobody}]", "routes.0.to: there is no channel of that name"),
        (f"{WHOLE}  - {{to: acme, organizations: [acme, betaltda]}}", "routes.3.organizations: acme is acme's own"),
        ("channels: {file: {kind: log}}\nroutes: [{to: file, codes: [FILE_HALD]}]", "routes.0.codes: no alert FILE_"),
        ("channels: {file: {kind: log}}\nroutes: [{to: file, severity: urgent}]", "routes.0.severity: "),
        ("channels: {file: {kind: log}}\nroutes: [{to: file, codes: []}]", "routes.0.codes: "),
        ("channels: {file: {kind: log, organization: ACME}}", "channels.file.organization: "),
        ("channels: {Bad Name: {kind: log}}", "channels.Bad Name"),
        ("channels: {file: {kind: fax}}", "channels.file: "),
        ("channels: {file: {kind: log, colour: red}}", "channels.file.colour: "),
        (CHANNEL.format(url="ftp://ops.example/x"), "channels.team.url: must be http"),
        (CHANNEL.format(url="https:///x"), "channels.team.url: must be http"),
        (CHANNEL.format(url="'https://[bad'"), "channels.team.url: must be http"),
        (CHANNEL.format(url=f"https://me:{CANARY}@ops.example/x"), "channels.team.url: must hold no user"),
        (CHANNEL.format(url="'https://ops.example/x#y'"), "channels.team.url: must hold no user"),
        ("channels: {team: {kind: webhook, url: 'https://ops.example/x'}}", "channels.team.secret: "),
        (f"channels: {{team: {{kind: webhook, url: 'https://o.example', secret: {CANARY}}}}}", "channels.team.secret"),
        (f"channels: {{chat: {{kind: apprise, address: 'mailto://{CANARY}@x'}}}}", "channels.chat.address: "),
        (f"channels: {{chat: {{kind: apprise, address: {{text: {CANARY}}}}}}}", "channels.chat.address.text: "),
        ("alerts: {window_minutes: 0}", "alerts.window_minutes: "),
        ("alerts: {language: fr}", "alerts.language: "),
        ("[]", "dictionary"),
        ("channels:\n  team: {kind: log}\n  team: {kind: log}", "line 3, column 3: a name is given twice"),
        (f"channels: {{team: [{CANARY}", "no valid YAML"),
        (f"channels: !!python/object:os.system {CANARY}", "line 1, column 11: no valid YAML"),
    ],
)
def test_a_mistake_is_one_line_that_names_its_place(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(tmp_path, text)
    said = str(error.value)
    assert said.startswith(str(tmp_path / "deliveries.yaml"))
    assert place in said
    assert "\n" not in said
    assert CANARY not in said
    assert error.value.__suppress_context__


def test_the_file_of_the_page_is_read(tmp_path: Path) -> None:
    plan = read(tmp_path, block("yaml"))
    assert (plan.alerts, list(plan.channels), len(plan.routes)) == (AlertRules(), ["team", "acme", "file"], 4)


@pytest.mark.parametrize("secret", ["canary-of-the-hook-f00d", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_the_check_of_the_page_tells_ours_from_others(secret: str) -> None:
    page: dict[str, Any] = {}
    exec(block("python"), page)
    is_ours, body, now = page["is_ours"], b'{"id": "1"}', int(time.time())
    headers = signed_headers(signing_key(secret), "1", now, body)
    assert is_ours(headers, body, secret)
    assert is_ours({**headers, "webhook-signature": f"v1,other {headers['webhook-signature']}"}, body, secret)
    assert not is_ours(headers, body + b" ", secret)
    assert not is_ours(headers, body, "whsec_" + "A" * 32)
    assert not is_ours({**headers, "webhook-id": "2"}, body, secret)
    assert not is_ours(signed_headers(signing_key(secret), "1", now - 301, body), body, secret)


def test_the_scheduled_delivery_of_the_page_is_read(tmp_path: Path) -> None:
    _, scheduled = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (rule,) = read(tmp_path, scheduled).reports
    assert (rule.to, rule.organization, rule.day, rule.hour) == ("finance", "acme", 6, 8)
    assert rule.contents == ("page", "xlsx")


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("{to: nobody, organization: acme}", "reports.0.to: there is no channel"),
        ("{to: beta, organization: acme}", "reports.0.to: beta is betaltda's own channel"),
        ("{to: beta, organization: betaltda, day: 31}", "reports.0.day"),
        ("{to: beta, organization: betaltda, contents: [pdf]}", "reports.0.contents"),
        ("{to: beta, organization: betaltda, contents: []}", "reports.0.contents"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(tmp_path: Path, rule: str, what: str) -> None:
    channels = "channels: {beta: {kind: log, organization: betaltda}}\n"
    with pytest.raises(SettingsError, match=re.escape(what)):
        read(tmp_path, f"{channels}reports: [{rule}]\n")
