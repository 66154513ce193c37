"""Which months are served, and which need loading: what the lake holds against what the serving database says."""

from __future__ import annotations

from typing import Any

from datapilot_assets.served import States, lake_states, month_fingerprints
from datapilot_assets.status import unsettled_months
from datapilot_domain.contracts import SERVED
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform


def expected_fingerprints(platform: Platform, states: States) -> dict[Month, str]:
    """Every month that a served table has or had → fingerprint over all that it is loaded from."""
    return month_fingerprints(states, platform.serving.shape_hash())


def pending_serving(platform: Platform, organization: Organization) -> dict[Month, str]:
    """Months that are not served as the lake has them → the fingerprint that they would be served with.

    Not those whose gold itself is about to change: their turn comes after it. Raises PostgresUnavailable.
    """
    loaded = platform.serving.loaded(organization.org_id)
    states = lake_states(platform, organization.org_id, platform.serving.contracts)
    waiting = unsettled_months(platform, organization)
    return {
        month: fingerprint
        for month, fingerprint in expected_fingerprints(platform, states).items()
        if month not in waiting
        and any(month not in of or of[month].fingerprint != fingerprint for of in loaded.values())
    }


def serving_status(platform: Platform, org: OrgId) -> list[dict[str, Any]]:
    """Rows org_id, table, month, state (current, stale, off) and rows served, null where the month is not served."""
    states = lake_states(platform, org, SERVED)
    off = platform.settings.serving is None
    expected = {} if off else expected_fingerprints(platform, states)
    loaded = {} if off else platform.serving.loaded(org)
    rows = []
    for contract in SERVED:
        for month in sorted(states[contract.id]):
            served = loaded.get(contract.id, {}).get(month)
            current = served is not None and served.fingerprint == expected[month]
            rows.append(
                {
                    "org_id": str(org),
                    "table": contract.id,
                    "month": str(month),
                    "state": "off" if off else "current" if current else "stale",
                    "rows": served.rows if served else None,
                }
            )
    return rows
