"""What landing alone knows of a file, as a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from datapilot_assets.reports.figures import exact
from datapilot_assets.reports.model import Amount, FileReport, KeptMonth, MonthRecords, ReadColumn, Reading
from datapilot_assets.reports.steps import next_steps
from datapilot_assets.reports.stored import report_key
from datapilot_assets.reports.wording import Words
from datapilot_assets.silver.personal import masked
from datapilot_domain.landing import CORRECTIONS, LandingEntry, Layout, Verdict
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import REASONS

_FATES = ("accepted", "superseded", "quarantined", "ignored")


def landed_report(
    organization: Organization,
    entry: LandingEntry,
    locale: str,
    *,
    counts: bool,
    kept: Mapping[Month, Sequence[str]] | None = None,
) -> FileReport:
    """What landing alone knows of a file: all that there is of one that was not taken."""
    words = Words(locale)
    taken = entry.content_id is not None or entry.family == CORRECTIONS
    # A correction file that changed no record leaves nothing to refine.
    pending = taken and (entry.family != CORRECTIONS or bool(entry.months))
    kept_months = tuple(
        KeptMonth(month=str(month), code=code, text=REASONS[code].text(locale), remedy=REASONS[code].remedy(locale))
        for month, codes in sorted((kept or {}).items())
        for code in codes
    )
    return FileReport(
        file=entry.file,
        records=entry.records,
        **dict.fromkeys(_FATES, None if taken else 0),
        seq=entry.seq,
        org_id=entry.org_id,
        sha256=entry.sha256,
        source=entry.source,
        arrived_at=entry.arrived_at.astimezone(ZoneInfo(organization.time_zone)).isoformat(timespec="seconds"),
        # A part or page that waited counts once another one joined it.
        verdict=(Verdict.ACCEPTED if counts else entry.verdict).value,
        reason=None if counts else entry.reason,
        at_stake=_at_stake(entry, organization),
        detail=masked(entry.found.words(locale)) if entry.found and not counts else "",
        counts=counts,
        pending=pending,
        months=tuple(MonthRecords(month=str(month), records=n.records) for month, n in sorted(entry.months.items())),
        kept_months=kept_months,
        read_as=_reading(entry.layout),
        notices=tuple(words.notice(notice, entry.org_id, entry.file) for notice in entry.notices),
        next_steps=next_steps(entry, words, counts=counts, pending=pending, kept=kept_months),
        stored_at=f"{report_key(entry)}.md",
    )


def _at_stake(entry: LandingEntry, organization: Organization) -> Amount | None:
    if entry.at_stake is None:
        return None
    return Amount(currency=organization.currency, amount=str(exact(entry.at_stake)))


def _reading(layout: Layout | None) -> Reading | None:
    if layout is None:
        return None
    columns = tuple(
        ReadColumn(
            column=column,
            field=name,
            decimal_mark=layout.decimal_marks.get(name),
            date_order=layout.date_orders.get(name),
        )
        for column, name in layout.mapping.items()
    )
    extras = tuple(column for column in layout.header if column and column not in layout.mapping)
    return Reading(
        table=layout.table,
        currency_hint=layout.currency_hint,
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        columns=columns,
        extras=extras,
    )
