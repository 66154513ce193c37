"""Scheduled delivery: a closed month's page and files go to the channel that deliveries.yaml names, once."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from datapilot_assets.exports.state import export_key
from datapilot_assets.exports.verify import latest_manifest
from datapilot_assets.exports.write import export_months
from datapilot_assets.insights.stored import published_rows
from datapilot_assets.pages.model import NoGold, month_page
from datapilot_assets.pages.render import month_html
from datapilot_assets.status import unsettled_months
from datapilot_domain.exports import EXPORT_FORMATS, ExportFormat
from datapilot_domain.kpis import Wording
from datapilot_domain.landing import digest
from datapilot_domain.locales import format_month
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month, organization_prefix
from datapilot_resources.deliveries import Deliveries, ReportRule
from datapilot_resources.outbox import Attachment, Report, enqueue_report, is_enqueued
from datapilot_resources.platform import Platform

_SUBJECT = Wording(pt="{name}: {month}", en="{name}: {month}")
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


def enqueue_reports(platform: Platform, plan: Deliveries, now: dt.datetime, *, seconds: float = float("inf")) -> int:
    """Put the reports whose hour has come into the outbox, each once; how many.

    Of the last closed month, from the rule's day and hour of the organization's own time on. A month without gold, or
    whose gold is about to change, waits for as long as it is the last closed one.
    """
    book, until = platform.alert_book, time.monotonic() + seconds
    organizations = {organization.org_id: organization for organization in platform.registry.readable()}
    sent = 0
    for rule in plan.reports:
        organization = organizations.get(rule.organization)
        if organization is None or time.monotonic() > until:
            continue
        local = now.astimezone(ZoneInfo(organization.time_zone))
        month = Month.of(local.date()).plus(-1)
        key = digest(["report", rule.to, organization.org_id, str(month), rule.contents])
        if (local.day, local.hour) < (rule.day, rule.hour) or is_enqueued(book, key):
            continue
        if month not in unsettled_months(platform, organization) and (
            report := _report(platform, organization, month, rule)
        ):
            sent += enqueue_report(book, rule.to, organization.org_id, key, report)
    return sent


def _report(platform: Platform, organization: Organization, month: Month, rule: ReportRule) -> Report | None:
    """None: the month has no gold."""
    try:
        html = month_html(month_page(platform, organization, month)).encode()
    except NoGold:
        return None
    attachments = [_page(platform, organization, month, html)] if "page" in rule.contents else []
    formats = [form for form in EXPORT_FORMATS if form in rule.contents]
    attachments += _files(platform, organization, month, formats) if formats else []
    locale, told = organization.locale, published_rows(platform, organization.org_id, [month])
    words = format_month(month, locale)
    headlines = [f"- {row['headline']}" for row in told]
    return Report(
        language=locale,
        subject=_SUBJECT.of(locale).format(name=organization.name, month=words),
        text="\n".join([_INTRODUCTION.of(locale).format(month=words), "", *headlines]).rstrip(),
        attachments=tuple(attachments),
    )


def _page(platform: Platform, organization: Organization, month: Month, html: bytes) -> Attachment:
    """A copy of its own: the page of the month may be made anew before the message leaves."""
    sha256, org = hashlib.sha256(html).hexdigest(), organization.org_id
    key = organization_prefix(org, "reports", "sent", f"{month}-{sha256[:16]}.html")
    platform.store.write(key, html)
    return Attachment(name=f"{org}-{month}.html", key=key, sha256=sha256, media_type=_MEDIA["html"])


def _files(
    platform: Platform, organization: Organization, month: Month, formats: list[ExportFormat]
) -> Iterator[Attachment]:
    """The month's export, made now where it is not there as the lake has it."""
    org = organization.org_id
    list(export_months(platform, organization, [month], formats, "report"))
    manifest = latest_manifest(platform, org, month)
    assert manifest is not None
    for file in manifest.only(tuple(formats)).files:
        key = export_key(org, month, manifest.fingerprint, file.name)
        yield Attachment(name=file.name, key=key, sha256=file.sha256, media_type=_MEDIA[file.format])
