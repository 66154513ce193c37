"""State of every table and month of an organization, from the lake alone: no Dagster, no JVM."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from typing import Any

from datapilot_assets.refinement import Outcome, State
from datapilot_domain.contracts import CONTRACTS, FAMILY_CONTRACTS
from datapilot_domain.fingerprints import fingerprints_of_log
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month, organization_prefix
from datapilot_resources.platform import Platform


def table_status(platform: Platform, org: OrgId) -> list[dict[str, Any]]:
    """Rows org_id, table, month, fingerprint, committed_version, rows, state (current, stale, failed).

    A month that landed and was never refined is stale, with null fingerprint, version and rows.
    """
    organization = platform.registry.get(org)
    rows = []
    for family, contracts in FAMILY_CONTRACTS.items():
        expected = expected_of(platform, organization, family)
        failed = failed_months(platform, org, family)
        for contract in contracts:
            stored = platform.lakehouse.months(contract, org) if contract.layer != "bronze" else {}
            for month, fingerprint in sorted(expected.get(contract.id, {}).items()):
                state = stored.get(month)
                current = state is not None and state.fingerprint == fingerprint
                gone_wrong = not current and failed.get(month, {}).get(contract.id) == fingerprint
                rows.append(
                    {
                        "org_id": str(org),
                        "table": contract.id,
                        "month": str(month),
                        "fingerprint": state.fingerprint if state else None,
                        "committed_version": state.version if state else None,
                        "rows": state.rows if state else None,
                        "state": "current" if current else "failed" if gone_wrong else "stale",
                    }
                )
    return rows


def expected_of(platform: Platform, organization: Organization, family: str) -> dict[str, dict[Month, str]]:
    """Expected fingerprints of a family's tables over every month that it ever touched."""
    entries = platform.lakehouse.landing_log(organization.org_id).entries
    return fingerprints_of_log(FAMILY_CONTRACTS[family], organization, entries)


def stale_months(platform: Platform, organization: Organization, family: str) -> dict[Month, str]:
    """Months that need a refine run → the fingerprint of their last table: what they would become.

    Not those that wait for another family's table.
    """
    org = organization.org_id
    expected = expected_of(platform, organization, family)
    stale: dict[Month, str] = {}
    for contract in FAMILY_CONTRACTS[family]:
        if contract.layer == "bronze":
            continue
        stored = platform.lakehouse.months(contract, org)
        for month, fingerprint in expected[contract.id].items():
            if month not in stored or stored[month].fingerprint != fingerprint:
                stale[month] = fingerprint
    waiting = _waiting_months(platform, org, family, expected)
    return {month: fingerprint for month, fingerprint in sorted(stale.items()) if month not in waiting}


def _waiting_months(
    platform: Platform, org: OrgId, family: str, expected: Mapping[str, Mapping[Month, str]]
) -> set[Month]:
    """Months for which a table of another family, which is read, is not current yet: their turn comes after it."""
    mine = FAMILY_CONTRACTS[family]
    foreign = {name for contract in mine for name in contract.reads if CONTRACTS[name].family != family}
    waiting: set[Month] = set()
    for name in foreign:
        stored = platform.lakehouse.months(CONTRACTS[name], org)
        waiting |= {m for m, text in expected[name].items() if m not in stored or stored[m].fingerprint != text}
    return waiting


def pending_months(platform: Platform, organization: Organization, family: str) -> dict[Month, str]:
    """Stale months but those that failed a gate and whose inputs did not change since."""
    expected = expected_of(platform, organization, family)
    failed = failed_months(platform, organization.org_id, family)
    return {
        month: fingerprint
        for month, fingerprint in stale_months(platform, organization, family).items()
        if not any(expected[table][month] == tried for table, tried in failed.get(month, {}).items())
    }


def unsettled_months(platform: Platform, organization: Organization) -> set[Month]:
    """Months of which some family's tables are about to change: what follows gold takes them afterwards."""
    return {month for family in FAMILY_CONTRACTS for month in pending_months(platform, organization, family)}


def _gates_key(org: OrgId, family: str, month: Month) -> str:
    return organization_prefix(org, "reports", "gates", family, f"{month}.json")


def record_gates(
    platform: Platform, organization: Organization, family: str, outcomes: Iterable[Outcome], run_id: str
) -> None:
    """Keep which months failed a gate, so that a failure is told from work not done yet; success clears it."""
    org = organization.org_id
    failed: dict[Month, dict[str, Any]] = {}
    settled: set[Month] = set()
    for outcome in outcomes:
        settled.add(outcome.month)
        if outcome.state is State.FAILED:
            failure = failed.setdefault(outcome.month, {"run_id": run_id, "tables": {}, "codes": []})
            failure["tables"][outcome.contract.id] = outcome.fingerprint
            failure["codes"] = sorted({*failure["codes"], *(gate.code for gate in outcome.failures)})
    for month in settled:
        key = _gates_key(org, family, month)
        if month in failed:
            platform.store.write(key, json.dumps(failed[month], sort_keys=True).encode())
        elif platform.store.exists(key):
            platform.store.delete(key)


def failed_months(platform: Platform, org: OrgId, family: str) -> dict[Month, dict[str, str]]:
    """Month → table id → fingerprint that failed a gate at the last attempt."""
    return {month: failure["tables"] for month, failure in _failures(platform, org, family).items()}


def failed_gates(platform: Platform, org: OrgId, family: str) -> dict[Month, list[str]]:
    """Month → codes of the gates that it failed at the last attempt."""
    return {month: failure["codes"] for month, failure in _failures(platform, org, family).items()}


def kept_back(
    platform: Platform, organization: Organization, family: str, stale: Container[Month]
) -> dict[Month, list[str]]:
    """Of the stale months those that a gate keeps back, and nothing came since → codes of the gates."""
    failed = failed_gates(platform, organization.org_id, family)
    pending = pending_months(platform, organization, family) if failed else {}
    return {month: codes for month, codes in failed.items() if month in stale and month not in pending}


def _failures(platform: Platform, org: OrgId, family: str) -> dict[Month, dict[str, Any]]:
    """What `record_gates` kept of each month."""
    prefix = organization_prefix(org, "reports", "gates", family)
    return {
        Month.parse(info.key.removeprefix(f"{prefix}/").removesuffix(".json")): json.loads(
            platform.store.read(info.key)
        )
        for info in platform.store.list(prefix)
    }
