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

from datapilot_assets import scheduled
from datapilot_assets.alerts.post import post
from datapilot_assets.exports.write import export_months
from datapilot_assets.insights.run import write_insights
from datapilot_assets.pages.model import month_page
from datapilot_assets.pages.publish import keep_page
from datapilot_assets.scheduled import Missing, enqueue_reports
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
            document = {"channels": {"finance": channel}, "reports": rules}
            (home / "deliveries.yaml").write_text(yaml.safe_dump(document))
            return Deliveries.from_settings(workbench.platform.settings)

        yield received, plan
    (home / "deliveries.yaml").unlink()


def queued(workbench: Workbench) -> int:
    """Reports that wait."""
    return sum(row.kind == "report" for row in outbox_rows(workbench.platform.alert_book, states=("due",)))


def test_it_comes_from_its_hour_on_and_once(workbench: Workbench, acme: Organization, hook: Any) -> None:
    received, plan_of = hook
    platform, plan = workbench.platform, plan_of(contents=["page", "xlsx", "csv"])
    assert enqueue_reports(platform, plan, sao_paulo(6, 7)) == []
    # Its files are not there: whoever asks is told which, and it waits.
    assert enqueue_reports(platform, plan, sao_paulo(6, 8)) == [Missing(acme.org_id, MONTH, ("csv", "xlsx"))]
    assert queued(workbench) == 0
    assert list(export_months(platform, acme, [MONTH], ("csv", "xlsx"), "run"))
    assert enqueue_reports(platform, plan, sao_paulo(6, 8)) == []
    assert queued(workbench) == 1
    assert enqueue_reports(platform, plan, sao_paulo(6, 9)) == []
    assert queued(workbench) == 1
    # Made anew or gone before it leaves: what was promised leaves all the same.
    keep_page(platform, acme, MONTH)
    platform.store.delete_prefix("org_id=acme/exports")
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
    enqueue_reports(platform, plan, sao_paulo(20, 9))
    assert queued(workbench) == 0
    # With other contents it is still the report of that month.
    assert enqueue_reports(platform, plan_of(contents=["page"]), sao_paulo(20, 9)) == []
    assert queued(workbench) == 0


def test_the_hour_is_the_organizations_own(workbench: Workbench, hook: Any) -> None:
    _, plan_of = hook
    made = organization(workbench.platform, "early", time_zone="America/Sao_Paulo")
    write_gold(workbench.platform, made, sales(), [])
    plan = plan_of(organization="early", day=7, hour=0, contents=["page"])
    enqueue_reports(workbench.platform, plan, dt.datetime(2024, 4, 7, 2, tzinfo=dt.timezone.utc))
    assert queued(workbench) == 0
    enqueue_reports(workbench.platform, plan, dt.datetime(2024, 4, 7, 3, tzinfo=dt.timezone.utc))
    assert queued(workbench) == 1


def test_a_month_that_has_no_gold_or_is_about_to_change_waits(
    workbench: Workbench, hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, plan_of = hook
    made = organization(workbench.platform, "patient")
    write_gold(workbench.platform, made, sales(), [])
    plan, before = plan_of(organization="patient", day=8, contents=["page"]), queued(workbench)
    enqueue_reports(workbench.platform, plan, dt.datetime(2022, 4, 20, tzinfo=dt.timezone.utc))
    monkeypatch.setattr("datapilot_assets.scheduled.unsettled_months", lambda *_: {MONTH})
    enqueue_reports(workbench.platform, plan, sao_paulo(9, 9))
    assert queued(workbench) == before
    monkeypatch.undo()
    enqueue_reports(workbench.platform, plan, sao_paulo(9, 9))
    assert queued(workbench) == before + 1


def test_a_report_that_cannot_be_made_is_told_and_keeps_no_other_from_leaving(
    workbench: Workbench, hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, plan_of = hook
    for org in ("broken", "whole"):
        write_gold(workbench.platform, organization(workbench.platform, org), sales(), [])
    one = plan_of(organization="broken", day=8, contents=["page"])
    two = plan_of(organization="whole", day=8, contents=["page"])
    plan, before = one.model_copy(update={"reports": (*one.reports, *two.reports)}), queued(workbench)

    def breaking(platform: Any, made: Organization, month: Any) -> Any:
        if made.org_id == "broken":
            raise ZeroDivisionError("canary-cell")
        return month_page(platform, made, month)

    monkeypatch.setattr(scheduled, "month_page", breaking)
    enqueue_reports(workbench.platform, plan, sao_paulo(9, 9))
    assert queued(workbench) == before + 1
    (told,) = [alert for alert in workbench.platform.alert_book.alerts() if alert.watch == "reports"]
    assert (told.code, told.org_id) == ("WATCH_FAILED", None)
    assert told.cause.words("en") == "report of broken: ZeroDivisionError"
    monkeypatch.undo()
    enqueue_reports(workbench.platform, plan, sao_paulo(9, 9))
    assert not [alert for alert in workbench.platform.alert_book.alerts() if alert.watch == "reports"]


def test_copies_of_old_reports_are_removed(workbench: Workbench, hook: Any) -> None:
    _, plan_of = hook
    made = organization(workbench.platform, "tidy")
    write_gold(workbench.platform, made, sales(), [])
    plan = plan_of(organization="tidy", day=8, contents=["page"])
    workbench.platform.store.write("org_id=tidy/reports/sent/old/a.html", b"x")
    enqueue_reports(workbench.platform, plan, sao_paulo(9, 9))
    kept = [info.key for info in workbench.platform.store.list("org_id=tidy/reports/sent")]
    # Written now, which is long after that April.
    assert len(kept) == 2
    old = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=8)
    scheduled._remove_old(workbench.platform, made.org_id, old)
    assert workbench.platform.store.list("org_id=tidy/reports/sent") == []
