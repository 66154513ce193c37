"""Organizations stay apart, secrets stay secret, and who is not let in is told so."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from datapilot_assets.power_bi.push import TablesRefused
from datapilot_resources.platform import Platform
from datapilot_resources.power_bi import PowerBi
from datapilot_resources.power_bi_errors import PowerBiCreationRefused, PowerBiUnavailable
from datapilot_resources.power_bi_ledger import DatasetTaken, TurnTaken
from datapilot_resources.power_bi_turn import TurnLost
from datapilot_tests.assets.power_bi.desk import SECRET, TABLES, Desk
from datapilot_tests.assets.serving.shelf import FEBRUARY, JANUARY
from datapilot_tests.services.postgres_server import PostgresServers
from datapilot_tests.services.power_bi_server import Answer, PowerBiServer, answers, hangs_up_after


def deliveries(desk: Desk) -> Path:
    return desk.platform.settings.home / "deliveries.yaml"


def change(desk: Desk, place: int, **values: object) -> None:
    """Change a target of the file; None takes a key away."""
    document = json.loads(deliveries(desk).read_text())
    target = document["power_bi"][place] | values
    document["power_bi"][place] = {name: value for name, value in target.items() if value is not None}
    deliveries(desk).write_text(json.dumps(document))
    desk.restart()


def test_rows_of_one_organization_reach_its_own_semantic_model_alone(desks: dict[str, Desk]) -> None:
    for desk in desks.values():
        desk.put_all(JANUARY, seed=desk.org)
        desk.push()
    for org, desk in desks.items():
        assert desk.is_exact()
        assert {row["org_id"] for rows in desk.dataset.rows.values() for row in rows} == {org}


def test_a_semantic_model_that_held_another_organizations_rows_is_refused(desks: dict[str, Desk]) -> None:
    acme, beta = desks["acme"], desks["betaltda"]
    acme.put_all(JANUARY)
    acme.push()
    change(beta, 0, organization="otherco")
    change(beta, 1, dataset=acme.dataset_id)
    change(beta, 0, dataset="33333333-3333-4333-8333-333333333333")
    beta.put_all(JANUARY)
    with pytest.raises(DatasetTaken, match="organization acme"):
        beta.push()
    assert acme.is_exact()


def test_no_secret_is_written_anywhere(
    desk: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.put_all(JANUARY, FEBRUARY)
    desk.server.then(answers(429, 1), lambda work: Answer(401, {"error": {"code": SECRET}}))
    desk.push()
    desk.server.clients["our-client"] = "another"
    desk.put_all(JANUARY, seed=2)
    with pytest.raises(TablesRefused) as refused:
        desk.push()
    assert "refuses a token (HTTP 401, invalid_client)" in str(refused.value)
    secrets = [SECRET, *desk.server.tokens]
    assert len(secrets) > 1
    target = desk.platform.power_bi.targets[desk.org]
    shown = [caplog.text, *capfd.readouterr(), str(refused.getrepr()), repr(target), repr(desk.platform.power_bi)]
    shown.append(repr(desk.platform.power_bi.dataset(target)))
    kept = [path.read_bytes() for path in desk.platform.settings.home.rglob("*") if path.is_file()]
    for secret in secrets:
        assert not any(secret in text for text in shown)
        assert not any(secret.encode() in content for content in kept)


def test_no_text_of_the_service_is_shown(desk: Desk) -> None:
    """It may quote what was sent."""
    desk.put_all(JANUARY)
    echo = Answer(400, {"error": {"code": f"{SECRET} 1234.56", "message": SECRET}})
    desk.server.then(*[lambda work: echo] * 3)
    with pytest.raises(TablesRefused, match="HTTP 400, no code") as refused:
        desk.push()
    assert SECRET not in str(refused.value)


def test_a_token_that_ended_is_asked_for_again(desk: Desk) -> None:
    desk.put_all(JANUARY, FEBRUARY)

    def end(work: object) -> Answer:
        desk.server.tokens.clear()
        return Answer(401, {"error": {"code": "TokenExpired"}})

    desk.server.then(end)
    desk.push()
    assert desk.is_exact()
    asked = [path for _, path in desk.server.calls if path.endswith("/token")]
    assert len(asked) == 2


def test_a_token_is_kept_until_it_ends(desk: Desk) -> None:
    desk.put_all(JANUARY, FEBRUARY)
    desk.push()
    assert len([path for _, path in desk.server.calls if path.endswith("/token")]) == 1


def test_a_ready_token_is_taken_as_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put_all(JANUARY)
    ready = {"tenant": None, "client_id": None, "client_secret": None, "token": {"variable": "TEST_POWER_BI_TOKEN"}}
    change(desk, 0, **ready)
    monkeypatch.setenv("TEST_POWER_BI_TOKEN", "outdated")
    with pytest.raises(TablesRefused, match="does not know who we are"):
        desk.push()
    desk.server.tokens["good"] = desk.clock.now + 60
    monkeypatch.setenv("TEST_POWER_BI_TOKEN", "good")
    desk.push()
    assert desk.is_exact()


def test_who_gives_no_token_is_an_outage(desk: Desk) -> None:
    desk.put_all(JANUARY)
    change(desk, 0, authority="http://127.0.0.1:9")
    with pytest.raises(PowerBiUnavailable, match="gives no token"):
        desk.push()
    assert desk.platform.power_bi.ledger.failures(desk.dataset_id) == (1, 1)
    assert all(chunk.state == "planned" for chunk in desk.platform.power_bi.ledger.delivered(desk.org, desk.dataset_id))


def test_a_redirect_is_not_followed(desk: Desk) -> None:
    desk.put_all(JANUARY)
    desk.server.then(*[lambda work: Answer(307, {}, {"Location": "http://127.0.0.1:9/"})] * 3)
    with pytest.raises(TablesRefused, match="HTTP 307"):
        desk.push()


def test_a_server_that_drips_is_cut(desk: Desk) -> None:
    import threading

    over = threading.Event()

    def drip(work: object) -> None:
        over.wait(30)

    desk.put_all(JANUARY)
    desk.server.then(drip)
    desk.restart(attempt_seconds=0.5)
    try:
        with pytest.raises(PowerBiUnavailable, match="no whole answer"):
            desk.push(restarted=False)
    finally:
        over.set()


def test_two_processes_take_turns(desk: Desk) -> None:
    desk.restart()
    ledger = desk.platform.power_bi.ledger
    other = PowerBi(desk.platform.settings, clock=desk.clock).ledger
    with ledger.turn(desk.org, desk.dataset_id, 60, desk.clock.sleep) as mine:
        with pytest.raises(TurnTaken), other.turn(desk.org, desk.dataset_id, 1, desk.clock.sleep):
            raise AssertionError("taken twice")
        desk.clock.now += 120
        with other.turn(desk.org, desk.dataset_id, 1, desk.clock.sleep), pytest.raises(TurnLost):
            mine.hold()


@pytest.mark.services
def test_the_ledger_may_be_in_postgres(desk: Desk, postgres: PostgresServers) -> None:
    url = postgres.url(postgres.new_database(), pooled=True)
    settings = desk.platform.settings.model_copy(update={"postgres_url": url})
    desk.platform = Platform(settings)
    desk.restart()
    desk.put_all(JANUARY, FEBRUARY)
    desk.server.then(lambda work: work(), answers(429, 1), hangs_up_after)
    with pytest.raises(PowerBiUnavailable):
        desk.push()
    desk.clock.now += 3600
    desk.push()
    assert desk.is_exact()
    assert desk.pending == []
    assert not (settings.home / "power_bi.sqlite").exists()
    assert desk.platform.power_bi.ledger.erase(desk.org) > 0
    assert desk.platform.power_bi.ledger.delivered(desk.org, desk.dataset_id) == []


def test_an_erased_organization_leaves_no_byte(desks: dict[str, Desk]) -> None:
    for desk in desks.values():
        desk.put_all(JANUARY)
        desk.push()
    acme, beta = desks["acme"], desks["betaltda"]
    assert acme.platform.power_bi.ledger.erase(acme.org) > 0
    content = b"".join(path.read_bytes() for path in acme.platform.settings.home.glob("power_bi.sqlite*"))
    assert b"acme" not in content
    assert acme.dataset_id.encode() not in content
    assert b"betaltda" in content
    assert beta.pending == []


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (Answer(400, {"error": {"code": "FeatureDeprecatedError"}}), "HTTP 400, FeatureDeprecatedError"),
        (Answer(403, {}), "HTTP 403, no code"),
        (Answer(404, {}), "HTTP 404, no code"),
        (Answer(201, {}), "HTTP 201, no code"),
    ],
)
def test_a_refused_creation_is_final_and_says_what_else_there_is(desk: Desk, answer: Answer, what: str) -> None:
    desk.server.creation = answer
    target = desk.platform.power_bi.targets[desk.org]
    with pytest.raises(PowerBiCreationRefused, match=what) as refused:
        desk.platform.power_bi.dataset(target).create("DataPilot acme")
    assert "serve gold from Postgres" in str(refused.value)
    assert len([path for _, path in desk.server.calls if "/datasets" in path]) == 1


def test_a_creation_of_which_nobody_knows_is_not_repeated(desk: Desk) -> None:
    desk.server.creation = Answer(500, {})
    with pytest.raises(PowerBiUnavailable, match="it may be there"):
        desk.platform.power_bi.dataset(desk.platform.power_bi.targets[desk.org]).create("DataPilot acme")
    assert len([path for _, path in desk.server.calls if "/datasets" in path]) == 1


def test_a_semantic_model_that_we_made_takes_our_rows(desk: Desk, server: PowerBiServer) -> None:
    target = desk.platform.power_bi.targets[desk.org]
    made = desk.platform.power_bi.dataset(target).create("DataPilot acme")
    change(desk, 0, dataset=made)
    desk.dataset_id = made
    desk.put_all(JANUARY)
    desk.push()
    assert desk.is_exact()
    assert set(server.datasets[made].tables) == {table.table for table in TABLES}
    assert isinstance(desk.platform, Platform)
