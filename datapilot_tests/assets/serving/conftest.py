"""A shelf per test: an empty lake, and a database of its own behind the pooler."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from datapilot_domain.organizations import Organization, OrgId
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.assets.serving.shelf import Shelf
from datapilot_tests.services.postgres_server import PostgresServers


@pytest.fixture
def database(postgres: PostgresServers) -> str:
    return postgres.new_database()


@pytest.fixture
def shelf(tmp_path: Path, postgres: PostgresServers, database: str) -> Shelf:
    return new_shelf(Settings(home=tmp_path / "home", serving_url=postgres.url(database, pooled=True)))


def new_shelf(settings: Settings) -> Shelf:
    """An organization of its own: its reader belongs to the whole server."""
    platform = Platform(settings)
    organization = Organization(org_id=OrgId(f"t{secrets.token_hex(6)}"), name="Acme")
    platform.registry.add(organization)
    return Shelf(platform, organization)
