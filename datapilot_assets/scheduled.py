"""Scheduled delivery: a closed month's page and files go to the channel that deliveries.yaml names, once."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from datapilot_assets.alerts.look import trouble
from datapilot_assets.exports.state import data_fingerprints, is_current, stored_export
from datapilot_assets.exports.verify import read_back
from datapilot_assets.insights.stored import published_rows
from datapilot_assets.pages.model import NoGold, month_page
from datapilot_assets.pages.render import month_html
from datapilot_assets.served import lake_states
from datapilot_assets.status import unsettled_months
from datapilot_domain.contracts import SERVED
from datapilot_domain.exports import EXPORT_FORMATS, ExportFormat
from datapilot_domain.kpis import Wording
from datapilot_domain.landing import digest
from datapilot_domain.locales import format_month
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month, organization_prefix
from datapilot_resources.deliveries import Deliveries, ReportRule
from datapilot_resources.outbox import Attachment, Report, enqueue_report, is_enqueued
from datapilot_resources.platform import Platform

KEPT_FOR = dt.timedelta(days=7)
_INTRODUCTION = Wording(
    pt="Os números e insights de {month}, com os arquivos em anexo.",
    en="The figures and insights of {month}, with the files attached.",
)
_MEDIA = {
    "html": "text/html",
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Missing:
    """A month whose report waits for files that are not exported as the lake has them."""

    org: OrgId
    month: Month
    formats: tuple[ExportFormat, ...]


def enqueue_reports(
    platform: Platform, plan: Deliveries, now: dt.datetime, *, seconds: float = float("inf")
) -> list[Missing]:
    """Put the reports whose hour has come into the outbox, each once; the files that others wait for.

    Of the last closed month, from the rule's day and hour of the organization's own time on. A month without gold, or
    whose gold is about to change, waits for as long as it is the last closed one. An organization whose report
    cannot be made is told of, and keeps no other from its turn.
    """
    book, until = platform.alert_book, time.monotonic() + seconds
    organizations = {organization.org_id: organization for organization in platform.registry.readable()}
    missing: list[Missing] = []
    troubles = []
    for number, rule in enumerate(plan.reports):
        organization = organizations.get(rule.organization)
        if organization is None or (number and time.monotonic() > until):
            continue
        try:
            missing += _enqueue(platform, organization, rule, now)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next organization gets its turn
            troubles.append(trouble("report", organization.org_id, error))
    book.reconcile("reports", None, troubles)
    return missing


def _enqueue(platform: Platform, organization: Organization, rule: ReportRule, now: dt.datetime) -> Iterator[Missing]:
    org, local = organization.org_id, now.astimezone(ZoneInfo(organization.time_zone))
    month = Month.of(local.date()).plus(-1)
    key = digest(["report", rule.to, org, str(month)])
    early = (local.day, local.hour) < (rule.day, rule.hour)
    if early or is_enqueued(platform.alert_book, key) or month in unsettled_months(platform, organization):
        return
    try:
        html = month_html(month_page(platform, organization, month)).encode()
    except NoGold:
        return
    formats = tuple(form for form in EXPORT_FORMATS if form in rule.contents)
    files = _files(platform, organization, month, formats)
    if files is None:
        yield Missing(org, month, formats)
        return
    page = [(f"{org}-{month}.html", html)] if "page" in rule.contents else []
    _remove_old(platform, org, now)
    attachments = tuple(_kept(platform, org, key, name, content) for name, content in (*page, *files))
    enqueue_report(platform.alert_book, rule.to, org, key, _report(platform, organization, month, attachments))


def _report(
    platform: Platform, organization: Organization, month: Month, attachments: tuple[Attachment, ...]
) -> Report:
    locale, words = organization.locale, format_month(month, organization.locale)
    headlines = [f"- {row['headline']}" for row in published_rows(platform, organization.org_id, [month])]
    return Report(
        language=locale,
        subject=f"{organization.name}: {words}",
        text="\n".join([_INTRODUCTION.of(locale).format(month=words), "", *headlines]).rstrip(),
        attachments=attachments,
    )


def _files(
    platform: Platform, organization: Organization, month: Month, formats: Sequence[ExportFormat]
) -> list[tuple[str, bytes]] | None:
    """Names and bytes of the month's files; None: they are not exported as the lake has them."""
    if not formats:
        return []
    states = lake_states(platform, organization.org_id, SERVED)
    stored = stored_export(platform, organization.org_id, month)
    if stored is None or not is_current(stored, data_fingerprints(organization, states)[month], formats):
        return None
    files = [(item.file.name, item.data) for item in read_back(platform, stored.manifest, formats)]
    whole = [(name, data) for name, data in files if data is not None]
    return whole if len(whole) == len(files) else None


def _kept(platform: Platform, org: OrgId, key: str, name: str, content: bytes) -> Attachment:
    """A copy of its own: the page and the files of the month may be made anew before the message leaves."""
    place = f"{_sent(org)}/{key}/{name}"
    platform.store.write(place, content)
    media_type = _MEDIA[name.rpartition(".")[2]]
    return Attachment(name=name, key=place, sha256=hashlib.sha256(content).hexdigest(), media_type=media_type)


def _remove_old(platform: Platform, org: OrgId, now: dt.datetime) -> None:
    """Copies of earlier reports: those that are not sent by then are in the log."""
    for info in platform.store.list(_sent(org)):
        if now - info.last_modified > KEPT_FOR:
            platform.store.delete(info.key)


def _sent(org: OrgId) -> str:
    return organization_prefix(org, "reports", "sent")
