"""What is wrong with the platform itself: strange partitions, and sensors that fail."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
from dagster._core.scheduler.instigation import TickStatus

from datapilot_domain.alerts import Condition
from datapilot_domain.findings import Found, found
from datapilot_resources.platform import Platform


def unknown_partitions(platform: Platform, instance: dg.DagsterInstance) -> Iterator[Condition]:
    """Keys that somebody added in Dagster and that are no organization: they get no run."""
    known = set(platform.registry.list())
    for key in sorted(set(instance.get_dynamic_partitions("org")) - known):
        yield _condition("PARTITION_UNKNOWN", key, found("partition_unknown", key=key), "datapilot org list")


def failed_ticks(instance: dg.DagsterInstance) -> Iterator[Condition]:
    """Running sensors and schedules whose last tick failed. Of the error only its class: its text may hold anything."""
    # By name: a code location that was renamed leaves the states of its sensors behind.
    running = {state.name: state for state in instance.all_instigator_state() if state.is_running}
    for state in running.values():
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=2)
        finished = [tick for tick in ticks if tick.status is not TickStatus.STARTED]
        if finished and finished[0].status is TickStatus.FAILURE:
            error = finished[0].error
            kind = (error.cls_name if error else None) or "unknown"
            cause = found("tick_failed", sensor=state.name, error=kind)
            yield _condition("TICK_FAILED", state.name, cause, "datapilot doctor", f"/automation?search={state.name}")


def _condition(code: str, subject: str, cause: Found, command: str, ui_path: str | None = None) -> Condition:
    return Condition(
        code=code,
        org_id=None,
        subject=(subject,),
        severity="critical" if code == "TICK_FAILED" else "warning",
        cause=cause,
        ui_path=ui_path,
        command=command,
    )
