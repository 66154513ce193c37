"""Months that are late or missing, by source; and closed months that changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import pairwise

from datapilot_assets.alerts.words import day
from datapilot_domain.alerts import Condition
from datapilot_domain.contracts import ads, sales
from datapilot_domain.findings import Found, found
from datapilot_domain.landing import CORRECTIONS, LandingEntry
from datapilot_domain.ledger import active_entries, counted_entries
from datapilot_domain.organizations import Organization, OrgId, SourceSettings
from datapilot_domain.partitions import Month

# A source that sent nothing for so many months has ended, or changed its rhythm: another alert a month helps nobody.
ALIVE_MONTHS = 3
# Before a longer gap lies another time: one stray old date must not call for all the years since.
LONGEST_GAP = 6
# What restated a month is told for so long.
RESTATED_DAYS = 14
# Conversions of a closed month are still counted for so long: Meta's attribution window (R26).
ATTRIBUTION_DAYS = 28


def late_and_missing(
    entries: Sequence[LandingEntry], organization: Organization, today: dt.date
) -> Iterator[Condition]:
    """By family and source: closed months without rows whose day has come; missing when later ones have some.

    A source that is off is not waited for, one with a last month not after it.
    """
    for family in dict.fromkeys(entry.family for entry in counted_entries(entries)):
        if family is None or family == CORRECTIONS:
            continue
        covered: dict[str, set[Month]] = {}
        for item in active_entries(entries, family):
            covered.setdefault(item.entry.source, set()).update(item.entry.months, item.complete_months)
        for source, months in sorted(covered.items()):
            settings = organization.source(source)
            if months and settings.role != "off":
                for month in _absent(months, settings, today):
                    late = month > max(months)
                    due = {"day": day(due_day(settings, month))} if late else {}
                    cause = found("month_late" if late else "month_missing", family=family, source=source, **due)
                    code, subject = "MONTH_LATE" if late else "MONTH_MISSING", (family, source, str(month))
                    yield _condition(code, organization.org_id, subject, cause, month)


def _absent(covered: set[Month], settings: SourceSettings, today: dt.date) -> Iterator[Month]:
    closed = Month.of(today).plus(-1)
    last = min(closed, Month.parse(settings.last_month)) if settings.last_month else closed
    if max(covered) < closed.plus(-ALIVE_MONTHS):
        last = min(last, max(covered))
    month = _begin(covered)
    while month <= last:
        if month not in covered and today > due_day(settings, month):
            yield month
        month = month.plus(1)


def _begin(covered: set[Month]) -> Month:
    """First month of the source's last time without a gap longer than LONGEST_GAP."""
    months = sorted(covered)
    begins = [later for earlier, later in pairwise(months) if earlier.plus(LONGEST_GAP + 1) < later]
    return begins[-1] if begins else months[0]


def due_day(settings: SourceSettings, month: Month) -> dt.date:
    """The last day on which a closed month's rows are in time."""
    return month.plus(1).first_day.replace(day=settings.due_day)


def restated_months(entries: Sequence[LandingEntry], organization: Organization, today: dt.date) -> Iterator[Condition]:
    """Months whose rows a file of the last days changed after they had been loaded and closed.

    Loaded: a file of an earlier day had touched them. Closed: the due day of the file's source had gone, and of ads
    the days in which platforms still count conversions. A corrected or replayed file keeps its own day of arrival:
    a correction is told by its own file, a replay is told to whoever makes it.
    """
    first: dict[tuple[str | None, Month], dt.date] = {}
    latest: dict[tuple[str | None, Month], str] = {}
    for entry in entries:
        settling = dt.timedelta(days=ATTRIBUTION_DAYS if entry.family == ads.FAMILY else 0)
        recent = today - entry.arrived_on <= dt.timedelta(days=RESTATED_DAYS)
        family = sales.FAMILY if entry.family == CORRECTIONS else entry.family
        for month, landed in entry.touched.items():
            key = family, month
            closed = entry.arrived_on > due_day(organization.source(entry.source), month) + settling
            loaded = first.setdefault(key, entry.arrived_on) < entry.arrived_on
            if family and recent and closed and loaded and latest[key] != landed:
                cause = found("month_restated", family=family, file=entry.file, day=day(entry.arrived_on))
                subject = (family, str(month), str(entry.seq))
                yield _condition("MONTH_RESTATED", organization.org_id, subject, cause, month)
            latest[key] = landed


def _condition(code: str, org: OrgId, subject: tuple[str, ...], cause: Found, month: Month) -> Condition:
    return Condition(
        code=code,
        org_id=org,
        subject=subject,
        severity="warning",
        cause=cause,
        month=month,
        ui_path=f"/assets/landing/{subject[0]}",
        command=f"datapilot report --org {org}",
    )
