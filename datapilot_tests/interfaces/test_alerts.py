"""`alerts` and `watchdog` as people and cron jobs use them, against a real inbox, book, outbox and receiver."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from datapilot_assets.runs import dagster_instance
from datapilot_assets.sensors.alerts import alerts_sensor, outbox_sensor
from datapilot_domain.organizations import OrgId
from datapilot_interfaces.demo.receiver import Received, receiver
from datapilot_resources.alert_book import AlertBook
from datapilot_resources.platform import Platform
from datapilot_resources.platform_resource import PlatformResource
from datapilot_tests.interfaces.conftest import Cli

CANARY = "canary-cell-0815"
SECRET = "a-secret-of-this-test-only"
TABLE = f"Cliente,E-mail\n{CANARY},maria@example.com\n"


@pytest.fixture
def acme(cli: Cli, home: Path, tmp_path: Path) -> Path:
    """Two organizations, each with a file that is no sales table; the home."""
    for org, locale in (("acme", "pt-BR"), ("beta", "en")):
        assert cli("org", "add", org, "--locale", locale).code == 0
        file = tmp_path / f"people-{org}.csv"
        file.write_text(TABLE)
        assert cli("land", file, "--org", org).code == 3
    return home


@pytest.fixture
def hook(acme: Path, tmp_path: Path) -> Iterator[Received]:
    """A receiver with an operators' channel and one of acme's own."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    with receiver(SECRET.encode()) as (address, received):
        webhook = {"kind": "webhook", "secret": {"file": str(secret)}}
        channels = {
            "team": {**webhook, "url": f"{address}/team"},
            "acme": {**webhook, "url": f"{address}/acme", "organization": "acme"},
        }
        plan = {"alerts": {"language": "en"}, "channels": channels, "routes": [{"to": "team"}, {"to": "acme"}]}
        (acme / "deliveries.yaml").write_text(yaml.safe_dump(plan))
        yield received


def log_lines(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "alerts.log").read_text().splitlines()]


def test_without_a_file_everything_goes_to_the_log_once(cli: Cli, acme: Path) -> None:
    assert cli("alerts", "list", "--format", "json").rows == []
    found = cli("alerts", "check", "--format", "json")
    assert found.code == 0
    assert [(row["org_id"], row["code"], row["state"]) for row in found.rows] == [
        ("acme", "FILE_REFUSED", "OPEN"),
        ("beta", "FILE_REFUSED", "OPEN"),
    ]
    assert found.rows[0]["cause"] == "people-acme.csv, origem main: Faltam colunas obrigatórias."
    assert found.rows[1]["cause"] == "people-beta.csv, source main: Required columns are missing."
    assert "1 messages sent" in found.err
    assert cli("alerts", "check").code == 0
    (line,) = log_lines(acme)
    assert {part["org_id"] for part in line["organizations"]} == {"acme", "beta"}
    assert CANARY not in (acme / "alerts.log").read_text()
    assert (acme / "alerts.log").stat().st_mode & 0o777 == 0o600
    again = cli("alerts", "list", "--org", "beta", "--format", "json").rows
    assert [(row["count"], row["notified_at"] is not None) for row in again] == [(2, True)]


def test_messages_reach_who_may_hear_them(cli: Cli, acme: Path, hook: Received) -> None:
    assert cli("alerts", "check").code == 0
    heard = {path: {part["org_id"] for part in body["organizations"]} for path, body in hook.bodies}
    assert heard == {"/team": {"acme", "beta"}, "/acme": {"acme"}}
    assert hook.unsigned == 0
    languages = {path: body["language"] for path, body in hook.bodies}
    assert languages == {"/team": "en", "/acme": "pt-BR"}
    assert CANARY not in str(hook.bodies)
    sent = cli("alerts", "outbox", "--sent", "--format", "json").rows
    assert {row["state"] for row in sent} == {"sent"}
    assert cli("alerts", "outbox", "--format", "json").rows == []


def test_one_organization_can_be_looked_at_alone(cli: Cli, acme: Path) -> None:
    rows = cli("alerts", "check", "--org", "beta", "--format", "json").rows
    assert [row["org_id"] for row in rows] == ["beta"]
    assert cli("alerts", "list", "--org", "acme", "--format", "json").rows == []


def test_an_acknowledged_alert_stays_until_it_is_over(cli: Cli, acme: Path, tmp_path: Path) -> None:
    (row, _) = cli("alerts", "check", "--format", "json").rows
    acked = cli("alerts", "ack", row["id"], "--by", "ana", "--format", "json").rows
    assert [(one["state"], one["acked_by"]) for one in acked] == [("ACK", "ana")]
    refused = cli("alerts", "ack", row["id"])
    assert (refused.code, refused.error.split(":")[0]) == (1, "ALERT_NOT_OPEN")
    assert [one["state"] for one in cli("alerts", "check", "--org", "acme", "--format", "json").rows] == ["ACK"]
    mended = tmp_path / "people-acme.csv"
    mended.write_text("order_id,order_date,sku,quantity,unit_price\n1,2024-01-10,A,1,10.00\n")
    assert cli("land", mended, "--org", "acme").code == 0
    assert cli("alerts", "check", "--org", "acme", "--format", "json").rows == []
    (over,) = cli("alerts", "list", "--org", "acme", "--state", "resolved", "--format", "json").rows
    assert (over["id"], over["state"]) == (row["id"], "RESOLVED")


def test_what_is_silenced_is_listed_and_not_sent(cli: Cli, acme: Path, hook: Received) -> None:
    (made,) = cli("alerts", "silence", "--org", "acme", "--for", "8h", "--by", "ana", "--format", "json").rows
    assert (made["org_id"], made["code"], made["made_by"]) == ("acme", None, "ana")
    cli("alerts", "check")
    assert {part["org_id"] for _, body in hook.bodies for part in body["organizations"]} == {"beta"}
    outstanding = cli("alerts", "list", "--outstanding", "--format", "json").rows
    assert [(row["org_id"], row["silenced_until"] is not None) for row in outstanding] == [("acme", True)]
    assert [row["id"] for row in cli("alerts", "silence", "--format", "json").rows] == [made["id"]]
    assert cli("alerts", "silence", "--end", made["id"], "--format", "json").rows == []
    cli("alerts", "check")
    assert [path for path, _ in hook.bodies] == ["/team", "/acme"]  # the team's next window has not come


@pytest.mark.parametrize(
    "options",
    [("--for", "soon"), ("--for", "8h", "--code", "NO_SUCH"), ("--org", "acme"), ("--code", "FILE_HELD")],
    ids=" ".join,
)
def test_a_silence_that_says_nothing_clear_is_refused(cli: Cli, acme: Path, options: tuple[str, ...]) -> None:
    answer = cli("alerts", "silence", *options)
    assert (answer.code, answer.out) == (2, "")
    assert cli("alerts", "silence", "--format", "json").rows == []


def test_a_test_message_is_sent_now(cli: Cli, acme: Path, hook: Received) -> None:
    rows = cli("alerts", "test", "team", "--format", "json").rows
    assert [(row["channel"], row["kind"], row["state"]) for row in rows] == [("team", "test", "sent")]
    assert [(path, body["type"]) for path, body in hook.bodies] == [("/team", "datapilot.test")]
    assert len(cli("alerts", "test", "--format", "json").rows) == 2
    unknown = cli("alerts", "test", "nobody")
    assert (unknown.code, unknown.error.split(":")[0]) == (1, "CHANNEL_UNKNOWN")


def test_a_channel_that_is_down_is_told_and_loses_nothing(cli: Cli, acme: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    team = {"kind": "webhook", "url": "http://127.0.0.1:1/hook", "secret": {"file": str(secret)}}
    (acme / "deliveries.yaml").write_text(yaml.safe_dump({"channels": {"team": team}, "routes": [{"to": "team"}]}))
    found = cli("alerts", "check")
    assert found.code == 1
    assert "0 messages sent, 1 failed" in found.err
    (row,) = cli("alerts", "outbox", "--format", "json").rows
    assert (row["state"], row["attempts"], row["last_error"]) == ("due", 1, "no connection")
    assert {row["org_id"] for row in cli("alerts", "list", "--outstanding", "--format", "json").rows} == {
        "acme",
        "beta",
    }
    assert SECRET not in found.out + found.err


def test_a_broken_file_is_one_line_that_names_the_place(cli: Cli, acme: Path) -> None:
    (acme / "deliveries.yaml").write_text("routes: [{to: nobody}]\n")
    answer = cli("alerts", "test")
    assert answer.code == 2
    assert answer.error.startswith("SETTING_INVALID: ")
    assert "routes.0.to" in answer.error
    doctor = {row["check"]: row for row in cli("doctor", "--format", "json").rows}
    assert not doctor["deliveries"]["ok"]


def test_the_target_of_an_organization_is_said_and_taken_back(cli: Cli, acme: Path) -> None:
    assert cli("org", "target", "acme", "--roas", "3.5", "--format", "json").rows == [
        {"org_id": "acme", "roas_target": "3.5"}
    ]
    for wrong in ("1", "soon", "-2"):
        assert cli("org", "target", "acme", "--roas", wrong).code == 2
    assert cli("org", "target", "acme", "--format", "json").rows[0]["roas_target"] == "3.5"
    assert cli("org", "target", "acme", "--roas", "none", "--format", "json").rows[0]["roas_target"] is None


def test_when_a_source_is_due_and_when_it_ended_is_said_and_taken_back(cli: Cli, acme: Path) -> None:
    def of(*options: str) -> tuple[int, str | None]:
        (row,) = cli("source", "set", "shopee", "--org", "acme", *options, "--format", "json").rows
        return row["due_day"], row["last_month"]

    assert of("--due-day", "12") == (12, None)
    assert of("--last-month", "2024-06") == (12, "2024-06")
    assert cli("source", "set", "shopee", "--org", "acme", "--last-month", "2024-13").code == 2
    assert of("--last-month", "none") == (12, None)


# The watchdog.


def beat(home: Path, *, minutes_ago: int) -> None:
    """Both sensors gave a sign of life then."""
    then = dt.datetime.now(dt.timezone.utc) - dt.timedelta(minutes=minutes_ago)
    book = AlertBook(Platform.from_environment().settings, lambda: then)
    book.beat("alerts")
    book.beat("outbox")


def checks(cli: Cli, *options: str) -> dict[str, dict[str, Any]]:
    answer = cli("watchdog", "--format", "json", *options)
    rows = {row["check"]: row for row in answer.rows}
    assert answer.code == (0 if all(row["ok"] for row in rows.values()) else 1)
    return rows


def test_a_daemon_that_never_lived_is_told(cli: Cli, acme: Path) -> None:
    rows = checks(cli)
    assert not rows["daemon"]["ok"]
    assert "sensor alerts: no sign of life ever" in rows["daemon"]["found"]
    assert "DAEMON_STOPPED" in (acme / "alerts.log").read_text()


def test_sensors_that_live_are_fine_and_those_that_stopped_are_told_by_the_watchdog_itself(
    cli: Cli, acme: Path, hook: Received
) -> None:
    beat(acme, minutes_ago=9)
    assert all(row["ok"] for row in checks(cli).values())
    assert hook.bodies == []
    assert not checks(cli, "--minutes", "8")["daemon"]["ok"]
    ((path, body),) = hook.bodies
    assert path == "/team"  # of the platform: no organization's channel hears of it
    assert "sensor outbox: nothing for 9 minutes" in body["text"]
    beat(acme, minutes_ago=0)
    assert all(row["ok"] for row in checks(cli).values())


def test_a_message_that_waits_too_long_is_told(cli: Cli, acme: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    team = {"kind": "webhook", "url": "http://127.0.0.1:1/hook", "secret": {"file": str(secret)}}
    (acme / "deliveries.yaml").write_text(yaml.safe_dump({"channels": {"team": team}, "routes": [{"to": "team"}]}))
    beat(acme, minutes_ago=0)
    cli("alerts", "test")
    assert checks(cli)["outbox"]["ok"]
    then = dt.datetime.now(dt.timezone.utc) - dt.timedelta(minutes=30)
    from datapilot_resources.deliveries import Deliveries
    from datapilot_resources.outbox import enqueue_test

    settings = Platform.from_environment().settings
    enqueue_test(AlertBook(settings, lambda: then), Deliveries.from_settings(settings), "team")
    assert "channel team: nothing for 30 minutes" in checks(cli)["outbox"]["found"]


def test_the_watchdog_needs_no_dagster(acme: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules['dagster'] = None\n"
        "from datapilot_interfaces.cli.main import run\n"
        "code = run(['watchdog', '--format', 'json'])\n"
        "raise SystemExit(0 if code == 1 else 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, "no sign of life" in done.stdout) == (0, True), done.stderr


# The sensors.


def test_the_sensors_look_send_and_give_signs_of_life(cli: Cli, acme: Path, hook: Received) -> None:
    platform = Platform.from_environment()
    with dagster_instance(platform) as instance:
        for sensor in (alerts_sensor, outbox_sensor):
            context = dg.build_sensor_context(instance=instance, resources={"platform": PlatformResource()})
            ticked = sensor.evaluate_tick(context)
            assert ticked.run_requests == []
    assert {path for path, _ in hook.bodies} == {"/team", "/acme"}
    assert platform.alert_book.beats().keys() == {"alerts", "outbox"}


def test_an_organization_that_cannot_be_looked_at_is_told_and_the_next_one_gets_its_turn(cli: Cli, acme: Path) -> None:
    registry = acme / "store/registry/org_id=acme.json"
    kept = registry.read_bytes()
    registry.write_bytes(b"{" + CANARY.encode())
    rows = cli("alerts", "check", "--format", "json").rows
    assert [(row["org_id"], row["code"]) for row in rows] == [(None, "WATCH_FAILED"), ("beta", "FILE_REFUSED")]
    assert CANARY not in str(rows)
    registry.write_bytes(kept)
    rows = cli("alerts", "check", "--format", "json").rows
    assert {row["org_id"] for row in rows} == {OrgId("acme"), OrgId("beta")}
