"""Post: what the alert book holds becomes messages, and what the outbox holds leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datapilot_domain.alerts import Condition
from datapilot_domain.findings import found
from datapilot_resources.deliveries import Deliveries
from datapilot_resources.outbox import Delivered, deliver, enqueue, failed_channels
from datapilot_resources.platform import Platform

if TYPE_CHECKING:
    from datapilot_assets.scheduled import Missing


def post(platform: Platform, *, seconds: float) -> Delivered:
    """Form the messages of alerts that are due and send what waits, for at most so long and one attempt more.

    Channels that take nothing become alerts of the platform, which other channels and the log hear of.
    Raises SettingsError: deliveries.yaml cannot be used.
    """
    book, plan = platform.alert_book, Deliveries.from_settings(platform.settings)
    book.reconcile("channels", None, list(_refused(platform, plan)))
    locales = {organization.org_id: organization.locale for organization in platform.registry.readable()}
    # Of one that cannot be read, in the operators' language: its messages must not keep the others from leaving.
    enqueue(book, plan, lambda org: locales.get(org, plan.alerts.language))
    return deliver(book, plan, seconds=seconds, fetch=platform.store.read)


def due_reports(platform: Platform, *, seconds: float = float("inf")) -> list[Missing]:
    """Put the scheduled reports that are due into the outbox; files that others wait for. Raises SettingsError."""
    plan = Deliveries.from_settings(platform.settings)
    if not plan.reports:
        return []
    from datapilot_assets.scheduled import enqueue_reports  # pages: most have no report to send

    return enqueue_reports(platform, plan, platform.alert_book.clock(), seconds=seconds)


def _refused(platform: Platform, plan: Deliveries) -> list[Condition]:
    return [
        Condition(
            code="DELIVERY_FAILED",
            org_id=None,
            subject=(failed.channel,),
            severity="critical",
            cause=found("delivery_failed", channel=failed.channel, why=failed.why, messages=failed.messages),
            command="datapilot alerts outbox",
        )
        for failed in failed_channels(platform.alert_book, plan)
    ]
