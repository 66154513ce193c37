"""The insight asset: months whose gold changed get facts, texts and their verdicts; the others get nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from datapilot_assets.events import asset_key, column_schema, materialization, upstream_keys
from datapilot_assets.insights.author import author_hash
from datapilot_assets.insights.markdown import month_markdown
from datapilot_assets.insights.publish import commit
from datapilot_assets.insights.state import expected_fingerprints, pending_insights
from datapilot_assets.insights.writing import MonthInsights, reading, write_month
from datapilot_assets.partitioning import ORG_MONTHS, org_months
from datapilot_assets.refinement import Outcome, State
from datapilot_domain.contracts.insights import INSIGHT_FACTS, INSIGHT_TABLES, PUBLISHED
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_resources.llm import LanguageModel
from datapilot_resources.platform import Platform
from datapilot_resources.platform_resource import PlatformResource
from datapilot_resources.registry import UnknownOrganization

INSIGHTS_JOB = "insights_job"
# Below this share of drafts that held, the model deserves a look.
LEAST_ACCEPTED = 0.7
_CHECKS = ("verified", "acceptance", "budget")


@dataclass(frozen=True)
class Told:
    """One month that was written: what became of it, and the Delta version of each table."""

    insights: MonthInsights
    fingerprint: str
    versions: dict[str, int]


def author_of(platform: Platform) -> str | None:
    """What the texts are asked with; None: offline."""
    return author_hash(platform.language_model) if platform.language_model else None


def write_insights(
    platform: Platform, organization: Organization, months: Sequence[Month], run_id: str
) -> Iterator[Told]:
    """Write those of the months whose insights are not of today's gold, the oldest first, one commit each."""
    pending = pending_insights(platform, organization, author_of(platform))
    wanted = [month for month in sorted(months) if month in pending]
    if not wanted:
        return
    log_head = platform.lakehouse.landing_log(organization.org_id).head
    with reading(platform, organization) as open_gold:
        # Gold that changed since is another run's: what was read is what is named.
        expected = expected_fingerprints(platform, organization, author_of(platform))
        for month in wanted:
            if expected.get(month) != pending[month]:
                continue
            found = write_month(open_gold, month, run_id, platform.language_model)
            prints = {month: pending[month]}
            versions = commit(platform, organization, [found], prints, run_id, platform.language_model, log_head)
            yield Told(found, pending[month], versions)


@dg.multi_asset(
    name="insights",
    specs=[
        dg.AssetSpec(
            asset_key(contract),
            deps=upstream_keys(contract),
            description=contract.description,
            skippable=True,
            partitions_def=ORG_MONTHS,
            group_name="insights",
            code_version=str(contract.version),
            kinds={"openai", "deltalake"},
            owners=[contract.owner],
            metadata={"dagster/column_schema": column_schema(contract)},
        )
        for contract in INSIGHT_TABLES
    ],
    check_specs=[],
)
def insights_asset(context: dg.AssetExecutionContext, platform: PlatformResource) -> Iterator[Any]:
    services = platform.get()
    failed: list[str] = []
    for org, months in org_months(context.partition_keys).items():
        try:
            organization = services.registry.get(org)
        except UnknownOrganization as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        for told in write_insights(services, organization, months, context.run.run_id):
            for event in events(context.instance, told, organization):
                context.log_event(event)
            if bad := sum(bool(found) for found in told.insights.faults.values()):
                failed.append(f"{OrgMonth.of(org, str(told.insights.month))}: {bad} facts did not compute again")
    if failed:
        raise dg.Failure(description="quarantined: " + "; ".join(failed), allow_retries=False)
    yield from ()


def events(
    instance: dg.DagsterInstance, told: Told, organization: Organization
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
            text = month_markdown(month, organization)
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
    quarantined = sum(bool(found) for found in month.faults.values())
    share = month.accepted / month.drafted if month.drafted else 1.0
    over_budget = month.code == "LLM_OVER_BUDGET"
    verdicts: dict[str, tuple[bool, dg.AssetCheckSeverity, dict[str, Any]]] = {
        "verified": (
            not quarantined,
            dg.AssetCheckSeverity.ERROR,
            {"facts": len(month.facts), "quarantined": quarantined, "published": len(month.insights)},
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


insights_job = dg.define_asset_job(
    INSIGHTS_JOB,
    selection=dg.AssetSelection.assets(*(asset_key(contract) for contract in INSIGHT_TABLES)),
    description="Write insights of the months whose gold changed.",
)
