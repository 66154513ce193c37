"""Months that a gate keeps from being published."""

from __future__ import annotations

from collections.abc import Iterator

from datapilot_assets.alerts.words import reason
from datapilot_assets.status import kept_back, stale_months
from datapilot_domain.alerts import Condition
from datapilot_domain.contracts import FAMILY_CONTRACTS
from datapilot_domain.findings import found
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import OrgMonth
from datapilot_resources.platform import Platform


def failed_gate_conditions(platform: Platform, organization: Organization) -> Iterator[Condition]:
    """By family and month, until a run of that month passes or what landed since is about to be tried."""
    org = organization.org_id
    for family in FAMILY_CONTRACTS:
        kept = kept_back(platform, organization, family, stale_months(platform, organization, family))
        table = FAMILY_CONTRACTS[family][-1].asset_key
        for month, codes in sorted(kept.items()):
            yield Condition(
                code="GATE_FAILED",
                org_id=org,
                subject=(family, str(month)),
                severity="critical",
                cause=found("gate_failed", family=family, codes=[reason(code) for code in codes]),
                month=month,
                ui_path=f"/assets/{'/'.join(table)}?partition={OrgMonth(org, month).key}",
                command=f"datapilot status --org {org}",
            )
