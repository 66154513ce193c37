"""Deliver what the outbox holds: claim a message, send it, mark it; in order, one attempt per channel and round."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from datapilot_domain.alerts import Message
from datapilot_domain.organizations import OrgId
from datapilot_resources.alert_book import AlertBook
from datapilot_resources.channels import Attached, Outcome, Outgoing, send, write_log
from datapilot_resources.deliveries import Deliveries
from datapilot_resources.object_store import store_errors
from datapilot_resources.outbox_claims import Claimed, Ended, claim, mark_ended, mark_failed
from datapilot_resources.reports import Report
from datapilot_resources.settings import Settings

Fetch = Callable[[str], bytes]


@dataclass(frozen=True)
class Delivered:
    """How many messages were taken, were tried in vain, and were given up and written to the log."""

    sent: int = 0
    failed: int = 0
    fallback: int = 0


def deliver(book: AlertBook, plan: Deliveries, *, seconds: float, fetch: Fetch | None = None) -> Delivered:
    """Send what is due; no attempt begins after `seconds`, and one lasts at most a minute.

    `fetch` reads the bytes of a report's attachment by its key in the store (FileNotFoundError: gone; any other
    error of the store: tried again); without it a report that has some waits.
    """
    end, nonce = time.monotonic() + seconds, secrets.token_hex(16)
    counts = {"sent": 0, "failed": 0, "fallback": 0}
    tried: set[str] = set()
    while time.monotonic() < end:
        row = book.records.transact(lambda connection: claim(connection, book.clock(), nonce, tried))
        if row is None:
            break
        why = _unfit(row, plan)
        if why is None:
            tried.add(row.channel)
            outcome = _attempt(book, plan, row, fetch)
            if outcome.error is None:
                tried.discard(row.channel)
                _end(book, row, "sent")
                counts["sent"] += 1
                continue
            if not outcome.final:
                _fail(book, row, nonce, outcome)
                counts["failed"] += 1
                continue
            why = outcome.error
        counts[_fall_back(book, row, nonce, why)] += 1
    return Delivered(**counts)


def _unfit(row: Claimed, plan: Deliveries) -> str | None:
    """Why it is not to be sent by its channel at all."""
    if row.channel not in plan.channels:
        return "the channel is not in deliveries.yaml"
    told = [OrgId(o["org_id"]) if o["org_id"] else None for o in row.payload.get("parts", ())]
    # The file may have been changed since the message was formed.
    if not plan.may_hear(row.channel, [row.org_id, *told]):
        return "the channel is another organization's"
    return row.last_error or "waited for a day" if row.expired else None


def _attempt(book: AlertBook, plan: Deliveries, row: Claimed, fetch: Fetch | None) -> Outcome:
    message = _outgoing(row, fetch, book.settings)
    return (
        message
        if isinstance(message, Outcome)
        else send(plan.channels[row.channel], message, book.settings, book.clock())
    )


def _outgoing(row: Claimed, fetch: Fetch | None, settings: Settings) -> Outgoing | Outcome:
    if row.kind != "report":
        message = Message.model_validate(row.payload)
        data: dict[str, Any] = {"organizations": message.organizations()}
        if message.more_organizations:
            data["more_organizations"] = message.more_organizations
        return Outgoing(row.key, f"datapilot.{row.kind}", message.language, message.subject, message.text, data)
    report = Report.model_validate(row.payload)
    if report.attachments and fetch is None:
        return Outcome("attachments cannot be read here")
    files = []
    for attachment in report.attachments:
        assert fetch is not None
        try:
            content = fetch(attachment.key)
        except FileNotFoundError:
            return Outcome("an attachment is gone", final=True)
        except store_errors(settings) as error:
            return Outcome(f"attachment: {type(error).__name__}")
        if hashlib.sha256(content).hexdigest() != attachment.sha256:
            return Outcome("an attachment has changed", final=True)
        files.append(Attached(attachment.name, attachment.media_type, content))
    data = {"org_id": row.org_id, "subject": report.subject}
    return Outgoing(row.key, f"datapilot.{row.kind}", report.language, report.subject, report.text, data, tuple(files))


def _end(book: AlertBook, row: Claimed, state: Ended, error: str | None = None) -> None:
    book.records.transact(lambda connection: mark_ended(connection, row, state, book.clock(), error))


def _fail(book: AlertBook, row: Claimed, nonce: str, outcome: Outcome) -> None:
    error = outcome.error
    assert error is not None
    book.records.transact(
        lambda connection: mark_failed(connection, row, nonce, book.clock(), error, outcome.retry_after)
    )


def _fall_back(book: AlertBook, row: Claimed, nonce: str, why: str) -> str:
    """Write it to the log, whole, and end it; a log that cannot be written leaves it due."""
    entry: dict[str, Any] = {"id": row.key, "channel": row.channel, "org_id": row.org_id, "kind": row.kind}
    if row.kind == "report":
        said = row.payload
    else:
        message = Message.model_validate(row.payload)
        said = {"organizations": message.organizations(), "text": message.text}
    written = write_log(book.settings.home, {**entry, "not_delivered": why, **said}, book.clock())
    if written.error is not None:
        _fail(book, row, nonce, written)
        return "failed"
    _end(book, row, "fallback", why)
    return "fallback"
