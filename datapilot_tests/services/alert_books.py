"""Alert books over SQLite and Postgres with a clock that tests move, and conditions to fill them with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from datapilot_domain.alerts import Condition, Severity
from datapilot_domain.findings import found
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.alert_book import AlertBook
from datapilot_resources.deliveries import Deliveries
from datapilot_resources.settings import Settings
from datapilot_tests.services.hook_receiver import HookReceiver
from datapilot_tests.services.postgres_server import PostgresServers

ACME, BETA = OrgId("acme"), OrgId("betaltda")
START = dt.datetime(2024, 4, 2, 12, tzinfo=dt.timezone.utc)
SECRET_VARIABLE = "HOOK_SECRET"
HOOK_SECRET = "canary-of-the-hook-f00d"


@dataclass
class Clock:
    now: dt.datetime = START

    def __call__(self) -> dt.datetime:
        return self.now

    def pass_minutes(self, minutes: float) -> None:
        self.now += dt.timedelta(minutes=minutes)


def condition(
    org: OrgId | None = ACME, number: int = 0, *, code: str = "MONTH_LATE", severity: Severity = "warning"
) -> Condition:
    """The same organization, number and code: the same alert."""
    return Condition(
        code=code,
        org_id=org,
        subject=("sales", str(number)),
        severity=severity,
        cause=found("month_late", family="sales", source=f"source{number}", day="2024-04-05"),
        month=Month.parse("2020-01").plus(number) if org else None,
        ui_path=f"/assets/{number}",
        command=f"datapilot status --org {org}" if org else None,
    )


def conditions(org: OrgId | None, numbers: Iterable[int], **changes: Any) -> list[Condition]:
    return [condition(org, number, **changes) for number in numbers]


def hook_plan(hook: HookReceiver, *organizations: str, routes: Any = None, **alerts: Any) -> Deliveries:
    """A channel `team` of the operators and one of each organization, all webhooks, hearing of everything."""
    secret = {"variable": SECRET_VARIABLE}
    names = {"team": None, **{name: name for name in organizations}}
    channels = {
        name: {"kind": "webhook", "url": hook.url(f"/{name}"), "secret": secret, "organization": organization}
        for name, organization in names.items()
    }
    routes = [{"to": name} for name in names] if routes is None else routes
    return Deliveries.model_validate({"alerts": alerts, "channels": channels, "routes": routes})


def english(org: OrgId) -> str:
    return "en"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hook_secret(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(SECRET_VARIABLE, HOOK_SECRET)
    return HOOK_SECRET


@pytest.fixture
def book(tmp_path: Path, clock: Clock) -> AlertBook:
    """Over SQLite."""
    return AlertBook(Settings(home=tmp_path), clock)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.services)])
def make_book(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Callable[..., AlertBook]:
    """Books over the same records, in each place where they are kept; Postgres behind its pooler."""
    if request.param == "sqlite":
        return lambda **settings: AlertBook(Settings(home=tmp_path, **settings), clock)
    servers: PostgresServers = request.getfixturevalue("postgres")
    url = servers.url(servers.new_database(), pooled=True)
    return lambda **settings: AlertBook(Settings(home=tmp_path, postgres_url=url, **settings), clock)
