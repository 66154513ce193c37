"""An organization whose gold is written without Spark, in a store of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from datapilot_domain.organizations import Organization, OrgId
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.assets.serving.shelf import Shelf


def new_shelf(settings: Settings, org: str = "acme", name: str = "Acme Ltda") -> Shelf:
    platform = Platform(settings)
    organization = Organization(org_id=OrgId(org), name=name)
    platform.registry.add(organization)
    return Shelf(platform, organization)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return new_shelf(Settings(home=tmp_path / "home"))
