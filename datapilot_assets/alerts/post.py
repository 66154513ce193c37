"""Post: what the alert book holds becomes messages, and what the outbox holds leaves."""

from __future__ import annotations

from datapilot_domain.alerts import Condition
from datapilot_domain.findings import found
from datapilot_resources.deliveries import Deliveries
from datapilot_resources.outbox import Delivered, deliver, enqueue, failed_channels
from datapilot_resources.platform import Platform


def post(platform: Platform, *, seconds: float) -> Delivered:
    """Form the messages and reports that are due and send what waits, for at most so long and one attempt more.

    Channels that take nothing become alerts of the platform, which other channels and the log hear of.
    Raises SettingsError: deliveries.yaml cannot be used.
    """
    book, plan = platform.alert_book, Deliveries.from_settings(platform.settings)
    if plan.reports:
        from datapilot_assets.scheduled import enqueue_reports  # pages and files: most have no report to send

        enqueue_reports(platform, plan, book.clock(), seconds=seconds)
    book.reconcile("channels", None, list(_refused(platform, plan)))
    locales = {organization.org_id: organization.locale for organization in platform.registry.readable()}
    # Of one that cannot be read, in the operators' language: its messages must not keep the others from leaving.
    enqueue(book, plan, lambda org: locales.get(org, plan.alerts.language))
    return deliver(book, plan, seconds=seconds, fetch=platform.store.read)


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
