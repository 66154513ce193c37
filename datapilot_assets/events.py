"""Outcomes as Dagster events: one materialization per changed key, with exact lineage, and its checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg
import pyarrow as pa
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_IS_USER_PROVIDED_TAG,
    DATA_VERSION_TAG,
    get_input_data_version_tag,
    get_input_event_pointer_tag,
)

from datapilot_assets.refinement import Family, Gate, Outcome, Refreshed
from datapilot_domain.contracts import CONTRACTS, TableContract
from datapilot_domain.partitions import OrgMonth

_PREVIEW_ROWS = 10
CHECKS = ("contract", "conservation")


def asset_key(contract: TableContract) -> dg.AssetKey:
    return dg.AssetKey(list(contract.asset_key))


def landing_key(family: str) -> dg.AssetKey:
    """The external asset that stands for what landed: `landing/<family>`."""
    return dg.AssetKey(["landing", family])


def upstream_keys(contract: TableContract) -> list[dg.AssetKey]:
    if contract.layer == "bronze":
        return [landing_key(contract.family)]
    return [asset_key(CONTRACTS[name]) for name in contract.reads]


def column_schema(contract: TableContract) -> dg.TableSchema:
    """The contract as `dagster/column_schema`."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.type,
                description=column.description,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
                tags={"personal_data": "true"} if column.personal else {},
            )
            for column in contract.columns
        ]
    )


def materialization(instance: dg.DagsterInstance, outcome: Outcome, org: str) -> dg.AssetMaterialization:
    """Materialization of one key. Without the input tags a stale key would show as fresh."""
    partition = OrgMonth.of(org, str(outcome.month))
    metadata: dict[str, Any] = {
        "dagster/row_count": outcome.rows,
        "delta_version": outcome.version,
        "fingerprint": outcome.fingerprint,
        "dagster/column_schema": column_schema(outcome.contract),
    }
    if outcome.after is not None:
        metadata["preview"] = dg.MetadataValue.md(_preview(outcome.contract, outcome.after))
    if restated := restatements(outcome):
        metadata["restated"] = dg.MetadataValue.md(_restated(restated))
    return dg.AssetMaterialization(
        asset_key=asset_key(outcome.contract),
        partition=partition.key,
        metadata=metadata,
        tags={
            CODE_VERSION_TAG: str(outcome.contract.version),
            **version_tags(instance, outcome.fingerprint, upstream_keys(outcome.contract), partition),
        },
    )


def refreshed_event(refreshed: Refreshed, org: str) -> dg.AssetMaterialization:
    """Materialization of a table that has one partition per organization."""
    return dg.AssetMaterialization(
        asset_key=asset_key(refreshed.contract),
        partition=org,
        metadata={
            "dagster/row_count": refreshed.rows,
            "delta_version": refreshed.version,
            "fingerprint": refreshed.fingerprint,
            "dagster/column_schema": column_schema(refreshed.contract),
        },
        tags={
            DATA_VERSION_TAG: refreshed.fingerprint,
            DATA_VERSION_IS_USER_PROVIDED_TAG: "true",
            CODE_VERSION_TAG: str(refreshed.contract.version),
        },
    )


def version_tags(
    instance: dg.DagsterInstance, fingerprint: str, upstream: Sequence[dg.AssetKey], partition: OrgMonth
) -> dict[str, str]:
    """The data version of a key, and of each upstream key that it was computed from."""
    return {
        DATA_VERSION_TAG: fingerprint,
        DATA_VERSION_IS_USER_PROVIDED_TAG: "true",
        **input_tags(instance, upstream, partition),
    }


def input_tags(instance: dg.DagsterInstance, upstream: Sequence[dg.AssetKey], partition: OrgMonth) -> dict[str, str]:
    """Data version and event of each upstream key that this one was computed from."""
    tags = {}
    for key in upstream:
        record = instance.get_latest_data_version_record(key, partition_key=partition.key)
        version = data_version_of(record)
        if record is not None and version is not None:
            tags[get_input_data_version_tag(key)] = version
            tags[get_input_event_pointer_tag(key)] = str(record.storage_id)
    return tags


def data_version_of(record: dg.EventLogRecord | None) -> str | None:
    if record is None:
        return None
    event = record.asset_materialization or record.asset_observation
    return (event.tags or {}).get(DATA_VERSION_TAG) if event else None


def is_recorded(instance: dg.DagsterInstance, outcome: Outcome, org: str) -> bool:
    """Whether Dagster's latest materialization of the key names what the lake holds (P7)."""
    key = OrgMonth.of(org, str(outcome.month)).key
    record = instance.get_latest_data_version_record(asset_key(outcome.contract), partition_key=key)
    return data_version_of(record) == outcome.fingerprint


def check_evaluations(outcome: Outcome, org: str) -> list[dg.AssetCheckEvaluation]:
    """One evaluation per check: ERROR when a gate failed, else WARN when something needs a look."""
    evaluations = []
    for check in CHECKS:
        gates = [gate for gate in outcome.gates if gate.check == check]
        if gates:
            failed = [gate for gate in gates if not gate.passed]
            error = any(gate.severity == "ERROR" for gate in failed)
            evaluations.append(
                dg.AssetCheckEvaluation(
                    asset_key=asset_key(outcome.contract),
                    check_name=check,
                    passed=not failed,
                    severity=dg.AssetCheckSeverity.ERROR if error or not failed else dg.AssetCheckSeverity.WARN,
                    metadata=_check_metadata(gates, failed),
                    partition=OrgMonth.of(org, str(outcome.month)).key,
                )
            )
    return evaluations


def _check_metadata(gates: list[Gate], failed: list[Gate]) -> dict[str, Any]:
    numbers = {name: value for gate in gates for name, value in gate.numbers.items()}
    values = {name: value if isinstance(value, (int, bool)) else str(value) for name, value in numbers.items()}
    return {"failed": ", ".join(gate.code for gate in failed) or "none", **values}


def restatements(outcome: Outcome) -> list[dict[str, Any]]:
    """Measures of a month table that changed: measure, before, after. Empty when there was no earlier row."""
    before, after = outcome.before, outcome.after
    if outcome.contract.key != ("month", "currency") or before is None or after is None:
        return []
    old = {row["currency"]: row for row in before.to_pylist()}
    new = {row["currency"]: row for row in after.to_pylist()}
    keyed = {*outcome.contract.key, "org_id", "fingerprint"}
    return [
        {
            "measure": name,
            "currency": currency,
            "before": old[currency][name],
            "after": new.get(currency, {}).get(name),
        }
        for currency in sorted(old)
        for name in outcome.contract.column_names
        if name not in keyed and old[currency][name] != new.get(currency, {}).get(name)
    ]


def _restated(rows: list[dict[str, Any]]) -> str:
    lines = ["| measure | currency | before | after |", "| --- | --- | ---: | ---: |"]
    return "\n".join([*lines, *(f"| {r['measure']} | {r['currency']} | {r['before']} | {r['after']} |" for r in rows)])


def _preview(contract: TableContract, table: pa.Table) -> str:
    """First rows as markdown, without personal data and technical columns."""
    hidden = {*contract.personal_columns, "org_id", "fingerprint"}
    names = [name for name in contract.column_names if name not in hidden]
    rows = table.slice(0, _PREVIEW_ROWS).select(names).to_pylist()
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    cell = lambda value: str("" if value is None else value).replace("|", "\\|").replace("\n", " ")  # noqa: E731
    return "\n".join([*lines, *("| " + " | ".join(cell(row[name]) for name in names) + " |" for row in rows)])


def family_keys(family: Family) -> list[dg.AssetKey]:
    return [asset_key(contract) for step in family.steps for contract in step.outputs]
