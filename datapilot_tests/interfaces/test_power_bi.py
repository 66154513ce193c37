"""`power-bi` against a server that enforces the documented limits: what it says, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from datapilot_domain.organizations import OrgId
from datapilot_resources.platform import Platform
from datapilot_tests.assets.power_bi.desk import MONTH, Clock, Desk, declare
from datapilot_tests.assets.serving.shelf import JANUARY
from datapilot_tests.interfaces.conftest import Cli
from datapilot_tests.services.power_bi_server import Answer, PowerBiServer, answers, power_bi_server

WORKSPACE = "11111111-1111-4111-8111-111111111111"
DATASET = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def server() -> Iterator[PowerBiServer]:
    with power_bi_server() as server:
        server.tokens["good"] = server.now() + 3600
        yield server


@pytest.fixture
def org(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TEST_POWER_BI_TOKEN", "good")
    assert cli("org", "add", "acme").code == 0
    return "acme"


def write(home: Path, server: PowerBiServer, dataset: str | None) -> None:
    target = {
        "organization": "acme",
        "workspace": WORKSPACE,
        "tables": [MONTH.id],
        "token": {"variable": "TEST_POWER_BI_TOKEN"},
        "base_url": server.address,
        **({"dataset": dataset} if dataset else {}),
    }
    (home / "deliveries.yaml").write_text(json.dumps({"power_bi": [target]}))


def desk(server: PowerBiServer) -> Desk:
    platform = Platform.from_environment()
    return Desk(platform, platform.registry.get(OrgId("acme")), server, Clock(), DATASET)


def test_without_a_target_it_is_off(cli: Cli, org: str) -> None:
    assert cli("power-bi", "status", "--org", org, "--format", "json").rows == []
    for command in ("push", "create"):
        answer = cli("power-bi", command, "--org", org)
        assert (answer.code, answer.out) == (1, "")
        assert answer.error.startswith("POWER_BI_OFF: ")
        assert "section power_bi" in answer.error


def test_create_push_and_status(cli: Cli, org: str, home: Path, server: PowerBiServer) -> None:
    write(home, server, None)
    assert "create --org acme" in cli("power-bi", "push", "--org", org).error
    (made,) = cli("power-bi", "create", "--org", org, "--format", "json").rows
    assert made["dataset"] in server.datasets
    write(home, server, made["dataset"])
    assert cli("power-bi", "create", "--org", org).error.startswith("POWER_BI_THERE: ")
    desk(server).put(MONTH, JANUARY)
    (before,) = cli("power-bi", "status", "--format", "json").rows
    assert (before["state"], before["rows"], before["sent_at"]) == ("stale", None, None)
    pushed = cli("power-bi", "push", "--org", org, "--format", "json")
    assert pushed.code == 0
    (after,) = pushed.rows
    assert (after["state"], after["rows"]) == ("current", 12)
    assert after["sent_at"].endswith("+00:00")
    assert len(server.datasets[made["dataset"]].rows[MONTH.table]) == 12
    assert cli("power-bi", "status", "--org", org, "--format", "json").rows == [after]


def test_a_refused_creation_is_one_line(cli: Cli, org: str, home: Path, server: PowerBiServer) -> None:
    write(home, server, None)
    server.creation = Answer(403, {"error": {"code": "FeatureDeprecatedError"}})
    answer = cli("power-bi", "create", "--org", org)
    assert (answer.code, answer.out) == (1, "")
    assert answer.error.startswith("POWER_BI_CREATION_REFUSED: ")
    assert "serve gold from Postgres instead" in answer.error


def test_an_outage_is_a_failed_row_and_gold_is_published(cli: Cli, org: str, home: Path, server: PowerBiServer) -> None:
    from datapilot_assets.consumers import POWER_BI
    from datapilot_assets.runs import run_refine

    write(home, server, DATASET)
    declare(server, WORKSPACE, DATASET, (MONTH,))
    found = desk(server)
    found.put(MONTH, JANUARY)
    server.then(answers(503, 600))
    (failed,) = run_refine(found.platform, [found.org], consumers=[POWER_BI])
    assert (failed.family, failed.succeeded) == ("power_bi", False)
    assert "was not reached (HTTP 503" in str(failed.error)
    (resting,) = run_refine(found.platform, [found.org], consumers=[POWER_BI])
    assert "it is tried again at" in str(resting.error)
    pushed = cli("power-bi", "push", "--org", org, "--format", "json")
    assert (pushed.code, pushed.rows[0]["state"]) == (0, "current")
    assert run_refine(found.platform, [found.org], consumers=[POWER_BI]) == []


def test_a_broken_file_is_a_failed_row_of_this_consumer(cli: Cli, org: str, home: Path) -> None:
    from datapilot_assets.consumers import POWER_BI
    from datapilot_assets.runs import run_refine

    (home / "deliveries.yaml").write_text("power_bi: [1]")
    platform = Platform.from_environment()
    (failed,) = run_refine(platform, [OrgId(org)], consumers=[POWER_BI])
    assert "deliveries.yaml: power_bi.0" in str(failed.error)
    answer = cli("power-bi", "status", "--org", org)
    assert (answer.code, answer.error.partition(":")[0]) == (2, "SETTING_INVALID")
