"""The sender's report: what of a file was accepted, what not and why, and what changed in the figures."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg

from datapilot_assets.landing.effects import Resolution, resolve
from datapilot_assets.landing.intake import fetch_indexes
from datapilot_assets.status import stale_months
from datapilot_domain.contracts.sales import FAMILY, SALES_QUARANTINE, SILVER_SALES
from datapilot_domain.contracts.sales_gold import SALES_MONTH
from datapilot_domain.landing import LandingEntry, active_entries, counted_entries, current_entries, landed_hashes
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month, OrgMonth, organization_prefix
from datapilot_domain.reasons import REASONS
from datapilot_resources.lakehouse import LandingLog
from datapilot_resources.platform import Platform

_EXAMPLES = 3
_MEASURES = (
    "lines", "gross_revenue", "discounts", "returns_amount", "net_revenue", "cancelled_amount", "open_amount",
    "unknown_amount", "adjustments_amount", "paid_orders", "units", "average_ticket",
)  # fmt: skip


def file_reports(platform: Platform, organization: Organization, file: str | None = None) -> list[dict[str, Any]]:
    """One row per decision of the landing log, oldest first: file, records by fate, effects, reasons, notices.

    `file`: only files of that name or sha256. Of a replayed file only the last decision is told. Fates are null
    while a month of the file waits for its refine run, since nobody has judged its records yet; a refused file
    has no records.
    """
    log = platform.lakehouse.landing_log(organization.org_id)
    wanted = [entry for entry in current_entries(log.entries) if file is None or file in (entry.file, entry.sha256)]
    return _reports(platform, organization, log, wanted) if wanted else []


def _reports(
    platform: Platform, organization: Organization, log: LandingLog, wanted: Iterable[LandingEntry]
) -> list[dict[str, Any]]:
    org = organization.org_id
    active = active_entries(log.entries, FAMILY)
    with tempfile.TemporaryDirectory(prefix="datapilot-units-") as directory:
        resolution = resolve(active, fetch_indexes(platform, org, active, Path(directory)))
    active_seqs = {item.entry.seq for item in active}
    counted = {entry.seq for entry in counted_entries(log.entries, FAMILY)}
    stale = stale_months(platform, organization, FAMILY)
    silver = platform.lakehouse.read(SILVER_SALES, org, columns=["landed_seq", "flags"])
    accepted = Counter(row["landed_seq"] for row in silver.to_pylist() if "derived_return" not in (row["flags"] or []))
    quarantine: dict[int, list[dict[str, Any]]] = {}
    for row in platform.lakehouse.read(SALES_QUARANTINE, org).to_pylist():
        quarantine.setdefault(row["landed_seq"], []).append(row)
    months = _MonthHistory(platform, organization)
    rows = []
    for entry in wanted:
        held_back = quarantine.get(entry.seq, [])
        if entry.seq in counted:
            pending = any(month in stale for month in entry.months)
            fates = _fates(entry, entry.seq in active_seqs, resolution, accepted[entry.seq], len(held_back))
        else:  # refused, held or waiting: nobody judges its records yet
            pending = True
            fates = dict.fromkeys(("accepted", "superseded", "quarantined", "ignored"), 0)
        rows.append(
            {
                "file": entry.file,
                "records": entry.records,
                **(dict.fromkeys(fates) if pending else fates),
                "effects": months.effects(entry),
                "seq": entry.seq,
                "sha256": entry.sha256,
                "source": entry.source,
                "verdict": entry.verdict.value,
                "reason": entry.reason,
                "detail": entry.detail,
                "notices": _notices(entry, organization.locale),
                "reasons": _reasons(held_back, organization.locale),
            }
        )
    return rows


def _fates(
    entry: LandingEntry, is_active: bool, resolution: Resolution, accepted: int, quarantined: int
) -> dict[str, int]:
    """R10 for one file whose records count: what silver and quarantine hold of it, what lost, what is no sale.

    The rest may only be copies inside the file: equal rows under one explicit line number of an order. Were
    there more of them than the index knows, the file would not balance, and that must be seen.
    """
    dated = sum(count.records - count.ignored for count in entry.months.values())
    lost = dated if not is_active else sum(n for (seq, _), n in resolution.superseded.items() if seq == entry.seq)
    copies = min(dated - lost - accepted - quarantined, resolution.repeatable.get(entry.seq, 0))
    return {
        "accepted": accepted,
        "superseded": lost + (copies if is_active else 0),
        "quarantined": quarantined,
        "ignored": entry.ignored,
    }


def _notices(entry: LandingEntry, locale: str) -> list[str]:
    return [
        f"{REASONS[notice.code].text(locale).format(**notice.values)} {REASONS[notice.code].remedy(locale)}"
        for notice in entry.notices
    ]


def _reasons(rows: list[dict[str, Any]], locale: str) -> list[dict[str, Any]]:
    counted = Counter(row["reason"] for row in rows)
    return [
        {
            "code": code,
            "count": count,
            "text": REASONS[code].text(locale),
            "remedy": REASONS[code].remedy(locale),
            "examples": [
                {"record": row["record_no"], "column": row["column"], "text": row["text"]}
                for row in sorted(rows, key=lambda row: row["record_no"])
                if row["reason"] == code
            ][:_EXAMPLES],
        }
        for code, count in counted.most_common()
    ]


class _MonthHistory:
    """Figures of gold.sales_month before and after the first commit that knew an entry (time travel, R24)."""

    def __init__(self, platform: Platform, organization: Organization) -> None:
        self._lakehouse, self._org = platform.lakehouse, organization.org_id
        self._history = platform.lakehouse.history(SALES_MONTH, self._org)
        self._figures: dict[tuple[Month, int], dict[str, Mapping[str, Any]]] = {}

    def effects(self, entry: LandingEntry) -> list[dict[str, Any]]:
        effects = []
        for month in sorted(entry.touched):
            states = self._history.get(month, [])
            at = next((n for n, state in enumerate(states) if state.log_head >= entry.seq), None)
            if at is None:
                continue
            before = self._at(month, states[at - 1].version) if at else {}
            after = self._at(month, states[at].version)
            for currency in sorted({*before, *after}):
                old, new = before.get(currency, {}), after.get(currency, {})
                effects += [
                    {
                        "month": str(month),
                        "measure": name,
                        "currency": currency,
                        "before": _text(old.get(name)),
                        "after": _text(new.get(name)),
                    }
                    for name in _MEASURES
                    if old.get(name) != new.get(name)
                ]
        return effects

    def _at(self, month: Month, version: int) -> dict[str, Mapping[str, Any]]:
        if (month, version) not in self._figures:
            rows = self._lakehouse.read(SALES_MONTH, self._org, [month], version=version).to_pylist()
            self._figures[month, version] = {row["currency"]: row for row in rows}
        return self._figures[month, version]


def _text(value: Any) -> str | None:
    """Decimals as plain text, so that a report is the same in JSON, CSV and markdown."""
    return None if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def write_reports(
    platform: Platform, organization: Organization, family: str, changed: set[Month]
) -> list[dg.AssetObservation]:
    """Write the reports of every file that touched the changed months; returns them as events for the UI."""
    log = platform.lakehouse.landing_log(organization.org_id)
    entries = [e for e in current_entries(log.entries) if e.family == family and changed & set(e.touched)]
    if not entries:
        return []
    observations = []
    hashes = landed_hashes(log.entries, family)
    for entry, row in zip(entries, _reports(platform, organization, log, entries), strict=True):
        key = organization_prefix(organization.org_id, "reports", f"{entry.seq:06d}-{entry.sha256[:12]}")
        text = report_markdown(row, organization.locale)
        platform.store.write(f"{key}.json", json.dumps(row, ensure_ascii=False, indent=2).encode())
        platform.store.write(f"{key}.csv", _effects_csv(row).encode("utf-8-sig"))
        platform.store.write(f"{key}.md", text.encode())
        observations += [
            dg.AssetObservation(
                asset_key=["landing", family],
                partition=OrgMonth(organization.org_id, month).key,
                metadata={"file": entry.file, "report": dg.MetadataValue.md(text), "stored_at": f"{key}.md"},
                tags={"dagster/data_version": hashes[month]},
            )
            for month in sorted(changed & set(entry.touched))
        ]
    return observations


def _effects_csv(row: Mapping[str, Any]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["section", "name", "month", "before", "after"])
    for name in ("records", "accepted", "superseded", "quarantined", "ignored"):
        writer.writerow(["records", name, "", "", row[name]])
    for reason in row["reasons"]:
        writer.writerow(["reason", reason["code"], "", "", reason["count"]])
    for effect in row["effects"]:
        writer.writerow(["effect", effect["measure"], effect["month"], effect["before"], effect["after"]])
    return out.getvalue()


_WORDS = {
    "pt-BR": (
        "Registros", "aceitos", "substituídos", "quarentena", "ignorados", "Motivo", "O que fazer", "Antes", "Depois",
    ),
    "en": ("Records", "accepted", "superseded", "quarantined", "ignored", "Reason", "What to do", "Before", "After"),
}  # fmt: skip


def report_markdown(row: Mapping[str, Any], locale: str) -> str:
    """One report as markdown, in the organization's language."""
    records, accepted, superseded, quarantined, ignored, reason, remedy, before, after = _WORDS[locale]
    lines = [
        f"**{_escape(row['file'])}** · {row['verdict']}",
        "",
        f"| {records} | {accepted} | {superseded} | {quarantined} | {ignored} |",
        "| ---: | ---: | ---: | ---: | ---: |",
        "| {records} | {accepted} | {superseded} | {quarantined} | {ignored} |".format(**row),
    ]
    if row["reasons"]:
        lines += ["", f"| {reason} | n | {remedy} |", "| --- | ---: | --- |"]
        lines += [f"| {r['text']} | {r['count']} | {r['remedy']} |" for r in row["reasons"]]
    lines += [line for notice in row["notices"] for line in ("", f"- {_escape(notice)}")]
    if row["effects"]:
        lines += ["", f"| | | {before} | {after} |", "| --- | --- | ---: | ---: |"]
        lines += [f"| {e['month']} | {e['measure']} | {e['before']} | {e['after']} |" for e in row["effects"]]
    return "\n".join(lines)


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
