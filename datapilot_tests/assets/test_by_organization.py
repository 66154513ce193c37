"""A run over several organizations: one that fails keeps none of the others from its turn."""

from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest

from datapilot_assets.by_organization import each_organization
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.object_store import ObjectStore, object_store
from datapilot_resources.registry import Registry
from datapilot_resources.settings import Settings

KEYS = ["2024-02|cosmos", "2024-01|acme", "2024-01|betaltda", "2024-01|cosmos"]


class Refused(RuntimeError):
    """Stands for what the work of an organization says when it cannot be done."""


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return object_store(Settings(home=tmp_path))


@pytest.fixture
def registry(store: ObjectStore) -> Registry:
    registry = Registry(store)
    for name in ("acme", "betaltda", "cosmos"):
        registry.add(Organization(org_id=OrgId(name), name=name))
    return registry


def turns(registry: Registry, *, failing: Mapping[str, Exception]) -> tuple[list[tuple[str, list[str]]], str]:
    """Organizations and months whose turn came, and what the run failed with."""
    done: list[tuple[str, list[str]]] = []

    def work(organization: Organization, months: list[Month]) -> None:
        if organization.org_id in failing:
            raise failing[organization.org_id]
        done.append((organization.org_id, [str(month) for month in months]))

    try:
        each_organization(KEYS, registry, work, Refused)
    except dg.Failure as failure:
        return done, failure.description or ""
    return done, ""


def test_every_organization_gets_its_turn_with_its_months_in_order(registry: Registry) -> None:
    everyone = [("acme", ["2024-01"]), ("betaltda", ["2024-01"]), ("cosmos", ["2024-01", "2024-02"])]
    assert turns(registry, failing={}) == (everyone, "")


def test_the_others_get_their_turn_and_the_run_names_those_that_failed(registry: Registry) -> None:
    failing = {"acme": Refused("its table is odd"), "cosmos": Refused("so is its")}
    assert turns(registry, failing=failing) == (
        [("betaltda", ["2024-01"])],
        "acme: its table is odd; cosmos: so is its",
    )


@pytest.mark.parametrize("content", [None, b"{"], ids=["gone", "broken"])
def test_an_organization_that_is_not_registered_well_is_named(
    registry: Registry, store: ObjectStore, content: bytes | None
) -> None:
    store.delete("registry/org_id=acme.json")
    if content is not None:
        store.create("registry/org_id=acme.json", content)
    done, why = turns(registry, failing={})
    assert [org for org, _ in done] == ["betaltda", "cosmos"]
    assert why.startswith("acme: ")


def test_what_nobody_expects_ends_the_run(registry: Registry) -> None:
    with pytest.raises(ValueError, match="a fault of ours"):
        turns(registry, failing={"acme": ValueError("a fault of ours")})
