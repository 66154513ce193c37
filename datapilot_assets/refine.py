"""One skippable multi-asset per family: log what changed per key, re-log what a failed run must not hide.

A range run gives every key of the range an automatic event per chained asset, and shows untouched months as
failed when it fails; so the body logs one event per changed key itself and yields nothing.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_pyspark import LazyPySparkResource

from datapilot_assets.events import (
    CHECKS,
    asset_key,
    check_evaluations,
    column_schema,
    family_keys,
    is_recorded,
    materialization,
    refreshed_event,
    upstream_keys,
)
from datapilot_assets.partitioning import ORG_MONTHS, org_months
from datapilot_assets.refinement import Family, Outcome, Scope, State, judge, refine
from datapilot_assets.reports import write_reports
from datapilot_assets.status import record_gates
from datapilot_domain.partitions import OrgMonth
from datapilot_domain.reasons import REASONS
from datapilot_resources.platform_resource import PlatformResource
from datapilot_resources.registry import UnknownOrganization


def refine_asset(family: Family) -> dg.AssetsDefinition:
    """The multi-asset that brings months of a family's silver and gold up to date with its landing log."""

    @dg.multi_asset(
        name=f"refine_{family.name}",
        can_subset=True,
        specs=[
            dg.AssetSpec(
                asset_key(contract),
                deps=upstream_keys(contract),
                description=contract.description,
                skippable=True,
                partitions_def=ORG_MONTHS,
                group_name=contract.layer,
                code_version=str(contract.version),
                kinds={"spark", "deltalake"},
                owners=[contract.owner],
                metadata={"dagster/column_schema": column_schema(contract)},
            )
            for step in family.steps
            for contract in step.outputs
        ],
    )
    def refine_family(
        context: dg.AssetExecutionContext, platform: PlatformResource, spark: LazyPySparkResource
    ) -> Iterator[Any]:
        outcomes: list[tuple[str, Outcome]] = []
        services = platform.get()
        selected = frozenset(".".join(key.path) for key in context.selected_asset_keys)
        for org, months in org_months(context.partition_keys).items():
            try:
                organization = services.registry.get(org)
            except UnknownOrganization as error:
                raise dg.Failure(description=str(error), allow_retries=False) from error

            def tell(outcome: Outcome, org: str = org) -> None:
                outcomes.append((org, outcome))
                _log(context, org, outcome)

            scope = Scope(family, services, spark.spark_session, organization, months, context.run.run_id)
            told = refine(scope, tell, selected)
            if family.refresh and (refreshed := family.refresh(services, organization, context.run.run_id)):
                context.log_event(refreshed_event(refreshed, org))
            record_gates(services, organization, family.name, told, context.run.run_id)
            # Also of a month that failed a gate: its senders must know that their figures are not out.
            settled = {outcome.month for outcome in told if outcome.state is not State.UNCHANGED}
            for observation in write_reports(services, organization, family.name, settled):
                context.log_event(observation)
        _fail_if_needed(context, outcomes)
        yield from ()

    return refine_family


def _log(context: dg.AssetExecutionContext, org: str, outcome: Outcome) -> None:
    if outcome.state is State.CHANGED or (
        outcome.state is State.UNCHANGED and not is_recorded(context.instance, outcome, org)
    ):
        context.log_event(materialization(context.instance, outcome, org))
    for evaluation in check_evaluations(outcome, org):
        context.log_event(evaluation)


def _fail_if_needed(context: dg.AssetExecutionContext, outcomes: list[tuple[str, Outcome]]) -> None:
    failed = [(org, outcome) for org, outcome in outcomes if outcome.failures]
    if not failed:
        return
    for org, outcome in outcomes:
        if outcome.state is State.UNCHANGED:
            context.log_event(materialization(context.instance, outcome, org))
    named = [
        f"{OrgMonth.of(org, str(outcome.month))} {outcome.contract.id}: "
        + ", ".join(f"{gate.code} ({REASONS[gate.code].en})" for gate in outcome.failures)
        for org, outcome in failed
    ]
    raise dg.Failure(description="kept at the last good version: " + "; ".join(named), allow_retries=False)


def family_checks(family: Family) -> dg.AssetChecksDefinition:
    """The checks that a refine run evaluates per key; run by hand, they judge what is committed now."""

    @dg.multi_asset_check(
        name=f"check_{family.name}",
        specs=[
            dg.AssetCheckSpec(check, asset=key, partitions_def=ORG_MONTHS)
            for key in family_keys(family)
            for check in CHECKS
        ],
        can_subset=True,
    )
    def check_family(
        context: dg.AssetCheckExecutionContext, platform: PlatformResource, spark: LazyPySparkResource
    ) -> Iterator[dg.AssetCheckResult]:
        services = platform.get()
        selected = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
        op = context.op_execution_context
        for org, months in org_months(op.partition_keys).items():
            organization = services.registry.get(org)
            scope = Scope(family, services, spark.spark_session, organization, months, op.run_id)
            for outcome in judge(scope):
                for evaluation in check_evaluations(outcome, org):
                    if (evaluation.asset_key, evaluation.check_name) in selected:
                        op.log_event(evaluation)  # type: ignore[arg-type]  # evaluations are events too
        yield from ()

    return check_family
