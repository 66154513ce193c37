"""A desk per test: an empty lake, a server, and a semantic model that stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datapilot_domain.organizations import Organization, OrgId
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.assets.power_bi.desk import SECRET, TABLES, Clock, Desk, declare, sections
from datapilot_tests.services.power_bi_server import PowerBiServer, power_bi_server

WORKSPACE = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[PowerBiServer]:
    with power_bi_server(clock) as server:
        server.clients["our-client"] = SECRET
        yield server


@pytest.fixture
def desks(tmp_path: Path, server: PowerBiServer, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> dict[str, Desk]:
    """Two organizations of one store, each with a semantic model of its own."""
    monkeypatch.setenv("TEST_POWER_BI_SECRET", SECRET)
    home = tmp_path / "home"
    home.mkdir()
    names = {org: f"2222222{place}-2222-4222-8222-222222222222" for place, org in enumerate(("acme", "betaltda"))}
    targets = [
        {
            "organization": org,
            "workspace": WORKSPACE,
            "dataset": name,
            "tables": [contract.id for contract in TABLES],
            "tenant": "acme.example",
            "client_id": "our-client",
            "client_secret": {"variable": "TEST_POWER_BI_SECRET"},
            "base_url": server.address,
            "authority": server.address,
        }
        for org, name in names.items()
    ]
    (home / "deliveries.yaml").write_text(sections(targets))
    platform = Platform(Settings(home=home))
    made = {}
    for org, name in names.items():
        organization = Organization(org_id=OrgId(org), name=org)
        platform.registry.add(organization)
        declare(server, WORKSPACE, name)
        made[org] = Desk(platform, organization, server, clock, name)
        made[org].restart()
    return made


@pytest.fixture
def desk(desks: dict[str, Desk]) -> Desk:
    return desks["acme"]
