"""A service that is not reached: said as long as it lasts, tried again, and nothing is lost or parked by it."""

from __future__ import annotations

import json
from functools import partial

import pytest

from datapilot_assets.power_bi.state import pending_power_bi, power_bi_is_failing
from datapilot_resources import power_bi_limits as limits
from datapilot_resources.power_bi_errors import PowerBiUnavailable
from datapilot_tests.assets.power_bi.desk import DAILY, MONTH, TABLES, Desk
from datapilot_tests.assets.serving.shelf import FEBRUARY, JANUARY
from datapilot_tests.services.power_bi_server import answers


def test_an_outage_fails_the_run_rests_and_parks_nothing(desk: Desk) -> None:
    """What waits is other work after each failure: the sensor's three attempts at one are never used up."""
    desk.put_all(JANUARY)
    fingerprints = []
    for failure in range(4):
        desk.server.then(*[answers(503)] * 5)
        fingerprints.append(pending_power_bi(desk.platform, desk.organization)[JANUARY])
        with pytest.raises(PowerBiUnavailable, match="HTTP 503"):
            desk.push()
        with pytest.raises(PowerBiUnavailable, match="power-bi push --org acme"):
            _ = desk.pending
        desk.clock.now += 300 * 2**failure
    assert len(set(fingerprints)) == 4
    desk.push()
    assert desk.is_exact()
    assert [desk.deletes(table) for table in TABLES] == [0, 0, 0]


def test_an_outage_is_told_until_a_run_reaches_the_service(desk: Desk) -> None:
    """Also after the rest, and while a process tries again: nothing is pending then."""
    ledger, failing = desk.platform.power_bi.ledger, partial(power_bi_is_failing, desk.platform, desk.organization)
    assert failing() is None
    desk.put_all(JANUARY)
    assert failing() is None
    for failure in (1, 2):
        desk.server.then(*[answers(503)] * 5)
        with pytest.raises(PowerBiUnavailable):
            desk.push()
        desk.clock.now += 3600
        assert desk.pending == [JANUARY]
        assert str(failing()).endswith(f"was not reached by the last runs that pushed to it ({failure})")
        with ledger.turn(desk.org, desk.dataset_id, 60, desk.clock.sleep):
            assert desk.pending == []
            assert failing() is not None
    desk.push()
    assert failing() is None


def test_an_outage_is_over_when_nothing_is_left_to_push(desk: Desk) -> None:
    desk.put_all(JANUARY)
    desk.push()
    desk.put(DAILY, FEBRUARY)
    desk.server.then(*[answers(503)] * 5)
    with pytest.raises(PowerBiUnavailable):
        desk.push()
    assert power_bi_is_failing(desk.platform, desk.organization) is not None
    file = desk.platform.settings.home / "deliveries.yaml"
    document = json.loads(file.read_text())
    document["power_bi"][0]["tables"].remove(DAILY.id)
    file.write_text(json.dumps(document))
    desk.restart()
    assert power_bi_is_failing(desk.platform, desk.organization) is None


def test_an_outage_in_the_middle_parks_nothing_either(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run brings some of the month and then fails: a failure is another one though rows arrived before it."""
    monkeypatch.setattr(limits, "ROWS_PER_REQUEST", 1)
    desk.put(MONTH, JANUARY)
    fingerprints = []
    for _ in range(3):
        fingerprints.append(pending_power_bi(desk.platform, desk.organization)[JANUARY])
        desk.server.then(lambda work: work(), *[answers(503)] * 5)
        with pytest.raises(PowerBiUnavailable):
            desk.push()
        desk.clock.now += 3600
    assert len(set(fingerprints)) == 3


def test_a_limit_after_an_outage_is_obeyed_by_who_asks_by_hand(desk: Desk) -> None:
    desk.put_all(JANUARY)
    desk.server.then(*[answers(503)] * 5, answers(429, 1200))
    with pytest.raises(PowerBiUnavailable):
        desk.push()
    assert desk.push(JANUARY) == []  # in spite of the rest: told to pause
    calls = len(desk.server.calls)
    assert desk.push(JANUARY) == []
    assert len(desk.server.calls) == calls
