"""Five hundred partitions whose runs fail at once, in a real event log: a handful of messages, and nothing left out."""

import uuid
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from datapilot_assets.alerts.look import look_at_platform
from datapilot_assets.alerts.runs import PAGE
from datapilot_assets.partitioning import range_tags
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.outbox import Delivered, deliver, enqueue
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.services.alert_books import english, hook_plan
from datapilot_tests.services.hook_receiver import HookReceiver

ORGANIZATIONS = [OrgId(f"org{number:02}") for number in range(10)]
MONTHS = [Month(2020, 1).plus(number) for number in range(50)]


def one_event_log(folder: Path) -> dict[str, Any]:
    """One database for all runs, as on Postgres, instead of Dagster's one per run."""
    log = {"module": "dagster._core.storage.event_log", "class": "ConsolidatedSqliteEventLogStorage"}
    return {"event_log_storage": {**log, "config": {"base_dir": str(folder / "events")}}}


@pytest.mark.usefixtures("hook_secret")
def test_five_hundred_runs_that_fail_at_once_are_one_message_to_each_organization_and_one_to_the_operators(
    tmp_path: Path, hook: HookReceiver
) -> None:
    platform = Platform(Settings(home=tmp_path / "home"))
    book, plan = platform.alert_book, hook_plan(hook, *ORGANIZATIONS)
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=one_event_log(tmp_path)) as instance:
        for org in ORGANIZATIONS:
            for month in MONTHS:
                run = dg.DagsterRun("failing", run_id=str(uuid.uuid4()), tags=range_tags(org, [month]))
                instance.report_run_failed(instance.add_run(run))
        assert len(ORGANIZATIONS) * len(MONTHS) == 500 > 2 * PAGE
        look_at_platform(platform, instance, book.clock())
        alerts = book.alerts(outstanding=True)
        assert {alert.code for alert in alerts} == {"RUN_FAILED"}
        assert {(alert.org_id, alert.month) for alert in alerts} == {(o, m) for o in ORGANIZATIONS for m in MONTHS}
        enqueue(book, plan, english)
        assert deliver(book, plan, seconds=60) == Delivered(sent=len(ORGANIZATIONS) + 1)
        assert sorted(request.path for request in hook.requests) == [*(f"/{org}" for org in ORGANIZATIONS), "/team"]
        (team,) = hook.taken("/team")
        told = {part["org_id"]: len(part["alerts"]) + part.get("more", 0) for part in team.json["organizations"]}
        assert told == dict.fromkeys(ORGANIZATIONS, len(MONTHS))
        # The same failures, looked at again and told again: nothing new.
        look_at_platform(platform, instance, book.clock())
        enqueue(book, plan, english)
        assert deliver(book, plan, seconds=60) == Delivered()
        assert book.alerts(outstanding=True) == []
