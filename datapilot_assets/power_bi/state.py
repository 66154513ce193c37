"""Which months are in Power BI, and which wait: what the lake holds against what the delivery ledger says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from datapilot_assets.status import unsettled_months
from datapilot_domain.contracts import SERVED, TableContract
from datapilot_domain.landing import digest
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import MonthState
from datapilot_resources.platform import Platform
from datapilot_resources.power_bi_errors import PowerBiUnavailable
from datapilot_resources.power_bi_ledger import Delivered
from datapilot_resources.power_bi_rows import shape
from datapilot_resources.power_bi_target import PowerBiTarget


@dataclass(frozen=True)
class Wanted:
    """What a table should hold of a month; the fingerprint tells it from any other rows."""

    fingerprint: str
    state: MonthState


def wanted_of(platform: Platform, org: OrgId, contract: TableContract) -> dict[Month, Wanted]:
    """Every month that the table has or had in the lake."""
    months = platform.lakehouse.months(contract, org)
    return {
        month: Wanted(digest([shape(contract), state.fingerprint, state.version]), state)
        for month, state in sorted(months.items())
    }


def is_current(wanted: Wanted, chunks: Iterable[Delivered]) -> bool:
    """Whether these bodies, of one table and month, are all there and are what the table should hold."""
    found = list(chunks)
    return bool(found) and all(c.state == "sent" and c.fingerprint == wanted.fingerprint for c in found)


def is_outdated(wanted: Mapping[Month, Wanted], chunk: Delivered) -> bool:
    """Whether rows are there, or may be, that the table should hold no more, or should hold otherwise."""
    if not chunk.rows or chunk.state == "planned":
        return False
    expected = wanted.get(chunk.month)
    return expected is None or expected.fingerprint != chunk.fingerprint


def pending_power_bi(platform: Platform, organization: Organization) -> dict[Month, str]:
    """Months to push now → fingerprint of what would be there then; none while a process pushes, or the limits rest.

    Raises SettingsError, PostgresUnavailable, and PowerBiUnavailable for some time after it was not reached.
    """
    target = reached_target(platform, organization.org_id)
    if target is None or not (waiting := waiting_months(platform, organization)):
        return {}
    ledger, dataset = platform.power_bi.ledger, str(target.dataset)
    if ledger.is_taken(dataset):
        return {}
    if rest := ledger.rest(dataset):
        if not rest.failures:
            return {}
        until = _utc(rest.until).isoformat(timespec="seconds")
        remedy = f"it is tried again at {until}, or by `datapilot power-bi push --org {organization.org_id}`"
        raise PowerBiUnavailable(f"{target.base_url} was not reached; {remedy}")
    # After each failure the work counts as other work: an outage must not park it.
    _, outages = ledger.failures(dataset)
    return {month: digest([fingerprint, outages]) for month, fingerprint in waiting.items()}


def power_bi_is_failing(platform: Platform, organization: Organization) -> str | None:
    """Why, from the first run that did not reach the service until one does, or nothing is left to push.

    `pending_power_bi` says so only while nothing is tried: not when it is tried again, and fails again.
    Raises SettingsError, PostgresUnavailable.
    """
    target = reached_target(platform, organization.org_id)
    if target is None:
        return None
    failures, _ = platform.power_bi.ledger.failures(str(target.dataset))
    if not failures or not _missing_months(platform, target):
        return None
    return f"{target.base_url} was not reached by the last runs that pushed to it ({failures})"


def waiting_months(platform: Platform, organization: Organization) -> dict[Month, str]:
    """Months that are not in Power BI as the lake has them → fingerprint of what would be there.

    Not those whose gold itself is about to change: their turn comes after it.
    Raises SettingsError, PostgresUnavailable.
    """
    target = reached_target(platform, organization.org_id)
    missing = _missing_months(platform, target) if target else {}
    unsettled = unsettled_months(platform, organization) if missing else set()
    return {month: fingerprint for month, fingerprint in missing.items() if month not in unsettled}


def _missing_months(platform: Platform, target: PowerBiTarget) -> dict[Month, str]:
    org = target.organization
    delivered = platform.power_bi.ledger.delivered(org, str(target.dataset))
    waiting: dict[Month, list[str]] = {}
    for contract in target.contracts:
        wanted, there = wanted_of(platform, org, contract), by_month(contract, delivered)
        for month in sorted({*wanted, *there}):
            chunks = there.get(month, [])
            if month in wanted and not is_current(wanted[month], chunks):
                waiting.setdefault(month, []).append(wanted[month].fingerprint)
            elif any(is_outdated(wanted, chunk) for chunk in chunks):
                waiting.setdefault(month, []).append(f"{contract.id} without it")
    return {month: digest(waiting[month]) for month in sorted(waiting)}


def reached_target(platform: Platform, org: OrgId) -> PowerBiTarget | None:
    """None: nothing of this organization is pushed. Raises SettingsError."""
    target = platform.power_bi.targets.get(org)
    return target if target and target.dataset else None


def by_month(contract: TableContract, delivered: Iterable[Delivered]) -> dict[Month, list[Delivered]]:
    """The bodies of one table."""
    found: dict[Month, list[Delivered]] = {}
    for chunk in delivered:
        if chunk.table == contract.table:
            found.setdefault(chunk.month, []).append(chunk)
    return found


def power_bi_status(platform: Platform, org: OrgId) -> list[dict[str, Any]]:
    """Rows org_id, table, month, state (current, partial, stale, off), rows that are there, and when they were sent.

    Raises SettingsError, PostgresUnavailable.
    """
    target = reached_target(platform, org)
    delivered = platform.power_bi.ledger.delivered(org, str(target.dataset)) if target else []
    rows = []
    for contract in target.contracts if target else SERVED:
        there = by_month(contract, delivered)
        for month, wanted in wanted_of(platform, org, contract).items():
            sent = [chunk for chunk in there.get(month, []) if chunk.state == "sent"]
            current = is_current(wanted, there.get(month, []))
            partial = any(chunk.fingerprint == wanted.fingerprint for chunk in sent)
            last = max((chunk.sent_at for chunk in sent if chunk.sent_at), default=None)
            rows.append(
                {
                    "org_id": str(org),
                    "table": contract.id,
                    "month": str(month),
                    "state": "off" if not target else "current" if current else "partial" if partial else "stale",
                    "rows": sum(chunk.rows for chunk in sent) if sent else None,
                    "sent_at": _utc(last) if last else None,
                }
            )
    return rows


def _utc(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.timezone.utc)
