"""A written month as Dagster events: materializations of its tables, and the verdicts of its checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg

from datapilot_assets.events import asset_key, materialization
from datapilot_assets.insights.markdown import month_markdown
from datapilot_assets.insights.run import Told
from datapilot_assets.insights.writing import MonthInsights
from datapilot_assets.pages.charts import month_chart
from datapilot_assets.refinement import Outcome, State
from datapilot_domain.contracts.insights import INSIGHT_FACTS, INSIGHT_TABLES, PUBLISHED
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import OrgMonth
from datapilot_resources.platform import Platform

# Below this share of drafts that held, the model deserves a look.
LEAST_ACCEPTED = 0.7


def events(
    instance: dg.DagsterInstance, platform: Platform, told: Told, organization: Organization
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """Materializations of the month's three tables and the evaluations of its checks."""
    month = told.insights
    rows = dict(zip(INSIGHT_TABLES, (len(month.facts), len(month.insights), len(month.rejected)), strict=True))
    for contract in INSIGHT_TABLES:
        outcome = Outcome(
            contract, month.month, State.CHANGED, told.fingerprint, told.versions[contract.id], rows[contract]
        )
        event = materialization(instance, outcome, organization.org_id)
        if contract is PUBLISHED:
            chart = month_chart(platform, organization, month.month)
            text = month_markdown(month, organization, chart)
            event = event.with_metadata({**event.metadata, "insights": dg.MetadataValue.md(text), **_numbers(month)})
        yield event
    yield from check_evaluations(month, organization)


def _numbers(month: MonthInsights) -> dict[str, Any]:
    costs = [attempt.cost for attempt in month.attempts if attempt.cost is not None]
    return {
        "insights_published": len(month.insights),
        "drafts_rejected": sum(item.kind == "draft" for item in month.rejected),
        "calls": len(month.attempts),
        "input_tokens": sum(attempt.input_tokens or 0 for attempt in month.attempts),
        "output_tokens": sum(attempt.output_tokens or 0 for attempt in month.attempts),
        "cost_usd": str(sum(costs)) if costs else "unknown" if month.attempts else "0",
    }


def check_evaluations(month: MonthInsights, organization: Organization) -> Iterator[dg.AssetCheckEvaluation]:
    """verified: every fact computed again (ERROR). acceptance: of the model's drafts; budget: not used up (WARN)."""
    share = month.accepted / month.drafted if month.drafted else 1.0
    over_budget = month.code == "LLM_OVER_BUDGET"
    verdicts: dict[str, tuple[bool, dg.AssetCheckSeverity, dict[str, Any]]] = {
        "verified": (
            not month.defects,
            dg.AssetCheckSeverity.ERROR,
            {"facts": len(month.facts), "did_not_hold": month.defects, "published": len(month.insights)},
        ),
        "acceptance": (
            share >= LEAST_ACCEPTED and (month.code is None or over_budget),
            dg.AssetCheckSeverity.WARN,
            {"drafts": month.drafted, "accepted": month.accepted, "answer": month.code or "usable, or none asked"},
        ),
        "budget": (not over_budget, dg.AssetCheckSeverity.WARN, {"calls": len(month.attempts)}),
    }
    for name, (passed, severity, metadata) in verdicts.items():
        yield dg.AssetCheckEvaluation(
            asset_key=asset_key(INSIGHT_FACTS if name == "verified" else PUBLISHED),
            check_name=name,
            passed=passed,
            severity=severity,
            metadata=metadata,
            partition=OrgMonth.of(organization.org_id, str(month.month)).key,
        )
