"""Scheduled delivery: the last closed month goes to its channel from its hour on, once, with the files as they were."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from datapilot_assets.alerts.post import post
from datapilot_assets.insights.run import write_insights
from datapilot_assets.pages.publish import keep_page
from datapilot_assets.scheduled import enqueue_reports
from datapilot_domain.organizations import Organization
from datapilot_interfaces.demo.receiver import Received, receiver
from datapilot_resources.deliveries import Deliveries
from datapilot_resources.outbox import outbox_rows
from datapilot_tests.assets.insights.golden import organization, write_gold
from datapilot_tests.assets.pages.stage import MONTH, ads, sales
from datapilot_tests.workbench import Workbench

SECRET = "a-secret-of-this-test-only"


def sao_paulo(day: int, hour: int) -> dt.datetime:
    """A moment of April 2024, the month after MONTH."""
    return dt.datetime(2024, 4, day, hour, tzinfo=dt.timezone(dt.timedelta(hours=-3)))


@pytest.fixture(scope="module")
def acme(workbench: Workbench) -> Organization:
    made = organization(workbench.platform, "acme")
    write_gold(workbench.platform, made, sales(), ads())
    assert list(write_insights(workbench.platform, made, [MONTH], "run"))
    other = organization(workbench.platform, "other")
    write_gold(workbench.platform, other, sales(names=("segredo-da-outra",)), [])
    return made


@pytest.fixture
def hook(workbench: Workbench, acme: Organization, tmp_path: Path) -> Iterator[tuple[Received, Any]]:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    home = workbench.platform.settings.home
    with receiver(SECRET.encode()) as (address, received):

        def plan(**rule: Any) -> Deliveries:
            channel = {"kind": "webhook", "secret": {"file": str(secret)}, "url": f"{address}/finance"}
            rules = [{"to": "finance", "organization": "acme", "day": 6, "hour": 8, **rule}]
            document = {"channels": {"finance": {**channel, "organization": "acme"}}, "reports": rules}
            (home / "deliveries.yaml").write_text(yaml.safe_dump(document))
            return Deliveries.from_settings(workbench.platform.settings)

        yield received, plan
    (home / "deliveries.yaml").unlink()


def test_it_comes_from_its_hour_on_and_once(workbench: Workbench, acme: Organization, hook: Any) -> None:
    received, plan_of = hook
    platform, plan = workbench.platform, plan_of(contents=["page", "xlsx", "csv"])
    assert enqueue_reports(platform, plan, sao_paulo(6, 7)) == 0
    assert enqueue_reports(platform, plan, sao_paulo(6, 8)) == 1
    assert enqueue_reports(platform, plan, sao_paulo(6, 9)) == 0
    # Made anew before it leaves: what was promised leaves all the same.
    keep_page(platform, acme, MONTH)
    assert post(platform, seconds=30).sent == 1
    ((path, body),) = received.bodies
    assert (path, body["type"], body["org_id"], body["subject"]) == (
        "/finance", "datapilot.report", "acme", f"{acme.name}: março/2024",
    )  # fmt: skip
    names = [file["name"] for file in body["attachments"]]
    assert names[0] == "acme-2024-03.html"
    assert "acme-2024-03.xlsx" in names
    assert "gold.sales_month.csv" in names
    for file in body["attachments"]:
        content = base64.b64decode(file["content"])
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert b"segredo-da-outra" not in content
    published = workbench.rows("insights.published", "acme", "2024-03")
    assert all(f"- {row['headline']}" in body["text"] for row in published)
    assert {row.state for row in outbox_rows(platform.alert_book, states=("sent",))} == {"sent"}
    assert enqueue_reports(platform, plan, sao_paulo(20, 9)) == 0


def test_the_hour_is_the_organizations_own(workbench: Workbench, acme: Organization, hook: Any) -> None:
    _, plan_of = hook
    plan = plan_of(day=7, hour=0, contents=["page"])
    assert enqueue_reports(workbench.platform, plan, dt.datetime(2024, 4, 7, 2, tzinfo=dt.timezone.utc)) == 0
    assert enqueue_reports(workbench.platform, plan, dt.datetime(2024, 4, 7, 3, tzinfo=dt.timezone.utc)) == 1


def test_a_month_that_has_no_gold_or_is_about_to_change_waits(
    workbench: Workbench, acme: Organization, hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, plan_of = hook
    plan = plan_of(day=8, contents=["csv"])
    without_gold = dt.datetime(2022, 4, 20, tzinfo=dt.timezone.utc)
    assert enqueue_reports(workbench.platform, plan, without_gold) == 0
    monkeypatch.setattr("datapilot_assets.scheduled.unsettled_months", lambda *_: {MONTH})
    assert enqueue_reports(workbench.platform, plan, sao_paulo(9, 9)) == 0
    monkeypatch.undo()
    assert enqueue_reports(workbench.platform, plan, sao_paulo(9, 9)) == 1
