"""A message: what is told of many alerts at once, grouped by organization and code, as data and as plain text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import chain, groupby
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from datapilot_domain.alerts import words
from datapilot_domain.alerts.alert import Alert, Notice
from datapilot_domain.alerts.catalogue import ALERTS
from datapilot_domain.alerts.condition import SEVERITIES
from datapilot_domain.organizations import OrgId

Language = Literal["pt-BR", "en"]

_MOST_CAUSES = 5
_MOST_LINES = 20
_MOST_ALERTS = 100  # of one organization, as data
_MOST_ORGANIZATIONS = 50
_MOST_SUBJECT_NAMES = 3


class Part(BaseModel):
    """What a message tells of one organization; None: of the platform.

    `alerts` are the most urgent ones as JSON-able data, `more` says how many were left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    org_id: OrgId | None
    opened: int
    resolved: int
    lines: tuple[str, ...]
    alerts: tuple[dict[str, Any], ...]
    more: int


class Message(BaseModel):
    """Its subject and text are made from its parts: without a part, nothing of it is left."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Language
    parts: tuple[Part, ...] = ()
    more_organizations: int = 0
    # Said instead of parts.
    note: str | None = None

    @property
    def subject(self) -> str:
        if self.note is not None:
            return self.note
        opened, resolved = sum(part.opened for part in self.parts), sum(part.resolved for part in self.parts)
        counts = [words.counted(words.NEW, opened, self.language)] if opened else []
        counts += [words.counted(words.ENDED, resolved, self.language)] if resolved else []
        organizations = len(self.parts) + self.more_organizations
        whose = (
            ", ".join(_name(part.org_id, self.language) for part in self.parts)
            if organizations <= _MOST_SUBJECT_NAMES
            else words.ORGANIZATIONS.of(self.language).format(organizations)
        )
        return f"DataPilot: {', '.join(counts)} ({whose})"

    @property
    def text(self) -> str:
        """Plain text; a paragraph per organization."""
        if self.note is not None:
            return self.note
        paragraphs = ["\n".join((_name(part.org_id, self.language), *part.lines)) for part in self.parts]
        if self.more_organizations:
            paragraphs.append(words.MORE_ORGANIZATIONS.of(self.language).format(self.more_organizations))
        return "\n\n".join(paragraphs)

    def organizations(self) -> list[dict[str, Any]]:
        """The alerts as data, by organization; `more`: how many of an organization were left out."""
        return [
            {"org_id": part.org_id, "alerts": list(part.alerts), **({"more": part.more} if part.more else {})}
            for part in self.parts
        ]

    def without(self, org: OrgId) -> Message:
        return self.model_copy(update={"parts": tuple(part for part in self.parts if part.org_id != org)})

    def with_platform_of(self, other: Message) -> Message:
        """It says of the platform what the other one does, which speaks of nothing else and may say nothing."""
        parts = [(part,) if part.org_id is not None else other.parts for part in self.parts]
        return self.model_copy(update={"parts": tuple(chain.from_iterable(parts))})


def form_message(notices: Iterable[Notice], language: Language, ui_url: str | None = None) -> Message:
    """One message of all these notices; the most urgent organization, code and alert come first."""
    ordered = sorted(notices, key=_urgency)
    by_organization: dict[OrgId | None, list[Notice]] = {}
    for notice in ordered:
        by_organization.setdefault(notice.alert.org_id, []).append(notice)
    told = list(by_organization.items())
    return Message(
        language=language,
        parts=tuple(_part(org, mine, language, ui_url) for org, mine in told[:_MOST_ORGANIZATIONS]),
        more_organizations=max(0, len(told) - _MOST_ORGANIZATIONS),
    )


def test_message(channel: str, language: Language) -> Message:
    return Message(language=language, note=words.TEST.of(language).format(channel))


# Its name is one that pytest would collect where it is imported.
test_message.__test__ = False  # type: ignore[attr-defined]


def _urgency(notice: Notice) -> tuple[Any, ...]:
    alert = notice.alert
    return notice.kind == "resolved", -SEVERITIES.index(alert.severity), alert.code, str(alert.month or ""), alert.id


def _part(org: OrgId | None, notices: Sequence[Notice], language: Language, ui_url: str | None) -> Part:
    resolved = sum(notice.kind == "resolved" for notice in notices)
    return Part(
        org_id=org,
        opened=len(notices) - resolved,
        resolved=resolved,
        lines=tuple(_lines(notices, language, ui_url)),
        alerts=tuple(_data(notice, language, ui_url) for notice in notices[:_MOST_ALERTS]),
        more=max(0, len(notices) - _MOST_ALERTS),
    )


def _lines(notices: Sequence[Notice], language: Language, ui_url: str | None) -> list[str]:
    """At most 20: where a block does not fit its first line stands for it, and the last line counts the others."""
    groups = [
        list(group) for _, group in groupby(notices, lambda n: (n.kind == "resolved", n.alert.severity, n.alert.code))
    ]
    lines: list[str] = []
    left = len(notices)
    for group in groups:
        block = _block(group, language, ui_url)
        room = _MOST_LINES - len(lines) - (0 if len(group) == left else 1)
        if room < 1:
            break
        lines += block if len(block) <= room else block[:1]
        left -= len(group)
    return [*lines, words.MORE_ALERTS.of(language).format(left)] if left else lines


def _block(group: Sequence[Notice], language: Language, ui_url: str | None) -> list[str]:
    """What is told of one code: its title with months and number, causes, and what to do."""
    first, kind = group[0].alert, ALERTS[group[0].alert.code]
    resolved = group[0].kind == "resolved"
    label = (words.RESOLVED if resolved else words.SEVERITY[first.severity]).of(language)
    number = f" ({len(group)})" if len(group) > 1 else ""
    months = words.months_text((n.alert.month for n in group if n.alert.month), language)
    lines = [f"[{label}] {kind.title.of(language)}{number}{': ' + months if months else ''}"]
    if resolved:
        return lines
    causes = list(dict.fromkeys(_cause(notice.alert, language) for notice in group))
    lines += [f"  - {cause}" for cause in causes[:_MOST_CAUSES]]
    if len(causes) > _MOST_CAUSES:
        lines.append(f"  - {words.MORE.of(language).format(len(causes) - _MOST_CAUSES)}")
    lines.append(f"  {words.REMEDY.of(language)}: {kind.remedy.of(language)}")
    # `inert` would break the link: both are of our own making.
    return lines + [f"  {more}" for more in (first.command, _url(first, ui_url)) if more]


def _cause(alert: Alert, language: Language) -> str:
    return words.inert(alert.cause.words(language))


def _url(alert: Alert, ui_url: str | None) -> str | None:
    return f"{ui_url.rstrip('/')}/{alert.ui_path.lstrip('/')}" if ui_url and alert.ui_path else None


def _data(notice: Notice, language: Language, ui_url: str | None) -> dict[str, Any]:
    alert, kind = notice.alert, ALERTS[notice.alert.code]
    return {
        "fingerprint": alert.fingerprint,
        "code": alert.code,
        "severity": alert.severity,
        "state": alert.state,
        "notice": notice.kind,
        "title": kind.title.of(language),
        "cause": _cause(alert, language),
        "month": str(alert.month) if alert.month else None,
        "count": alert.count,
        "first_seen": _moment(alert.first_seen),
        "last_seen": _moment(alert.last_seen),
        "remedy": kind.remedy.of(language),
        "command": alert.command,
        "url": _url(alert, ui_url),
    }


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.timezone.utc).isoformat(timespec="seconds")


def _name(org: OrgId | None, language: Language) -> str:
    return words.PLATFORM.of(language) if org is None else str(org)
