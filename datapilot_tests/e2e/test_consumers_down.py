"""A consumer that is down: the others and the next organization go on, and people hear of it until it is back."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg
import pytest

from datapilot_assets.consumers import Consumer, ConsumerDown
from datapilot_assets.sensors.consumers import gold_sensor
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_resources.platform_resource import PlatformResource
from datapilot_tests.workbench import Workbench

MONTH = Month(2024, 1)


class Faulty:
    """A consumer whose service answers for some organizations, or for none."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.for_all = False
        self.is_off = False
        self.failing: str | None = None
        self.asked: list[str] = []

    def pending(self, _platform: Platform, organization: Organization) -> Mapping[Month, str]:
        self.asked.append(organization.org_id)
        if organization.org_id in self.down:
            raise ConsumerDown(f"no answer for {organization.org_id}", for_all=self.for_all)
        return {MONTH: "f"}

    @property
    def sensor(self) -> dg.SensorDefinition:
        return gold_sensor(
            Consumer(
                name="faulty",
                job="insights_job",
                description="A consumer of this test.",
                pending=self.pending,
                failing=lambda _platform, organization: self.failing if organization.org_id == "alpha" else None,
                off=lambda settings: "off" if self.is_off else None,
            )
        )


@pytest.fixture
def faulty(workbench: Workbench) -> Faulty:
    for org in ("alpha", "beta", "gamma"):
        if org not in workbench.platform.registry.list():
            workbench.add(org)
    return Faulty()


def tick(workbench: Workbench, faulty: Faulty) -> tuple[list[str], str | None]:
    """Organizations that get a run, and why nobody does."""
    faulty.asked = []
    with workbench.instance() as instance:
        instance.add_dynamic_partitions("org", ["alpha", "beta", "gamma"])
        context = dg.build_sensor_context(instance=instance, resources={"platform": PlatformResource()})
        data = faulty.sensor.evaluate_tick(context)
    return [request.tags["datapilot/organization"] for request in data.run_requests or []], data.skip_message


def told(workbench: Workbench) -> list[str]:
    alerts = workbench.platform.alert_book.alerts()
    assert all(alert.org_id is None for alert in alerts), "of the platform: no organization's channel hears of it"
    return [alert.cause.words("en") for alert in alerts if alert.code == "CONSUMER_DOWN"]


def test_down_for_one_organization_leaves_the_others_alone(workbench: Workbench, faulty: Faulty) -> None:
    faulty.down = {"alpha"}
    assert tick(workbench, faulty)[0] == ["beta", "gamma"]
    assert told(workbench) == ["faulty of alpha"]
    faulty.down = set()
    assert "alpha" in tick(workbench, faulty)[0]
    assert told(workbench) == []


def test_one_that_is_tried_again_is_down_until_it_went_well(workbench: Workbench, faulty: Faulty) -> None:
    faulty.failing = "not reached by the last runs"
    requested, _ = tick(workbench, faulty)
    assert "alpha" in requested
    assert told(workbench) == ["faulty of alpha"]
    faulty.failing = None
    tick(workbench, faulty)
    assert told(workbench) == []


def test_down_for_all_is_asked_once(workbench: Workbench, faulty: Faulty) -> None:
    faulty.down, faulty.for_all = {"alpha", "beta", "gamma"}, True
    assert tick(workbench, faulty) == ([], "no answer for alpha")
    assert faulty.asked == ["alpha"]
    assert told(workbench) == ["faulty"]


def test_what_is_switched_off_is_not_down(workbench: Workbench, faulty: Faulty) -> None:
    faulty.down, faulty.for_all = {"alpha"}, True
    tick(workbench, faulty)
    assert told(workbench) == ["faulty"]
    faulty.is_off = True
    assert tick(workbench, faulty) == ([], "off")
    assert told(workbench) == []


def test_an_organization_whose_registry_object_is_broken_stops_no_other(workbench: Workbench, faulty: Faulty) -> None:
    key = "registry/org_id=alpha.json"
    kept = workbench.platform.store.read(key)
    workbench.platform.store.write(key, b"{")
    assert tick(workbench, faulty)[0] == ["beta", "gamma"]
    workbench.platform.store.write(key, kept)
