"""The organization registry: one object per organization, nothing found for a name that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from datapilot_domain.organizations import InvalidName, Organization, OrgId, SourceSettings
from datapilot_resources.object_store import ObjectStore
from datapilot_resources.object_store_folder import FolderStore
from datapilot_resources.registry import Registry, RegistryError, UnknownOrganization
from datapilot_tests.domain.test_organizations import BAD_NAMES, NAMES, is_safe


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return FolderStore(tmp_path / "store")


@pytest.fixture
def registry(store: ObjectStore) -> Registry:
    return Registry(store)


def organization(org: str, **values: object) -> Organization:
    return Organization.model_validate({"org_id": org, "name": org.title(), **values})


def test_what_was_added_is_found(registry: Registry) -> None:
    shopee = {"shopee": SourceSettings(role="mirror")}
    acme = organization("acme", locale="en", sources=shopee, mappings={"h": {"Data": "sold_at"}})
    assert registry.list() == []
    assert registry.add(acme)
    assert registry.add(organization("zeta"))
    assert registry.add(organization("beta"))
    assert registry.get("acme") == acme
    assert registry.list() == ["acme", "beta", "zeta"]
    assert all(isinstance(org, OrgId) for org in registry.list())


def test_adding_twice_changes_nothing(registry: Registry) -> None:
    registry.add(organization("acme", name="First"))
    assert not registry.add(organization("acme", name="Second"))
    assert registry.get("acme").name == "First"


def test_put_replaces(registry: Registry) -> None:
    registry.add(organization("acme", name="First"))
    registry.put(organization("acme", name="Second"))
    assert registry.get("acme").name == "Second"


def test_an_unknown_organization_is_named_with_the_remedy(registry: Registry) -> None:
    with pytest.raises(UnknownOrganization, match="datapilot org add acme"):
        registry.get("acme")


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_never_reaches_the_store(registry: Registry, name: str) -> None:
    with pytest.raises(InvalidName):
        registry.get(name)


@given(name=NAMES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_unknown_or_refused(registry: Registry, name: str) -> None:
    with pytest.raises(UnknownOrganization if is_safe(name) else InvalidName):
        registry.get(name)


def test_an_object_describes_its_own_organization(registry: Registry, store: ObjectStore) -> None:
    store.write("registry/org_id=acme.json", organization("beta").model_dump_json().encode())
    with pytest.raises(RegistryError, match="beta"):
        registry.get("acme")


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"\xff", b'{"org_id": "ACME", "name": "x"}'])
def test_a_broken_object_is_named(registry: Registry, store: ObjectStore, text: bytes) -> None:
    store.write("registry/org_id=acme.json", text)
    with pytest.raises(RegistryError, match=r"registry/org_id=acme\.json"):
        registry.get("acme")


def test_objects_with_another_name_are_no_organizations(registry: Registry, store: ObjectStore) -> None:
    registry.add(organization("acme"))
    for key in ("registry/readme.txt", "registry/org_id=acme.json.bak", "registry/org_id=acme/x"):
        store.write(key, b"x")
    assert registry.list() == ["acme"]


def test_an_object_with_a_bad_organization_name_stops_no_other(registry: Registry, store: ObjectStore) -> None:
    registry.add(organization("acme"))
    store.write("registry/org_id=ACME.json", b"{}")
    assert registry.list() == ["acme"]
    assert registry.strays() == ["registry/org_id=ACME.json"]
