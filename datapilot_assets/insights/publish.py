"""A month's insights as rows of three tables, written in this order: facts, rejected, published."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from datapilot_assets.insights.author import author_hash
from datapilot_assets.insights.prompt import PROMPT_HASH, SCHEMA_HASH
from datapilot_assets.insights.writing import Insight, MonthInsights, Rejected
from datapilot_domain.contracts import TableContract
from datapilot_domain.contracts.insights import INSIGHT_FACTS, PUBLISHED, REJECTED
from datapilot_domain.insights.draft import SIZES, TEXT_FIELDS, Draft
from datapilot_domain.insights.fact import Fact
from datapilot_domain.insights.measures import Quantity
from datapilot_domain.insights.rendering import UnknownField, render
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import arrow_schema
from datapilot_resources.llm import LanguageModel
from datapilot_resources.platform import Platform

_PLACES = Decimal("1e-10")


def slot_quantities(fact: Fact, draft: Draft) -> list[dict[str, Any]]:
    """slot, value, unit, table, where, measure, delta_version of every number that the text shows.

    `SELECT measure FROM table WHERE where` at that Delta version is the value.
    """
    found = []
    for binding in draft.bindings:
        if binding.field in TEXT_FIELDS:
            continue
        quantity = fact.quantity(SIZES.get(binding.field, binding.field))
        if quantity is None:
            raise UnknownField(binding.field)
        found.append({"slot": binding.slot, **quantity_row(quantity, size=binding.field in SIZES)})
    return found


def quantity_row(quantity: Quantity, *, size: bool = False) -> dict[str, Any]:
    """The number as others read it; money has its currency for a unit. `size`: without its sign."""
    return {
        "value": format(abs(quantity.value) if size else quantity.value, "f"),
        "unit": quantity.currency if quantity.unit == "money" else quantity.unit,
        "table": quantity.table,
        "where": quantity.where,
        "measure": f"abs({quantity.measure})" if size else quantity.measure,
        "delta_version": quantity.delta_version,
    }


def commit(
    platform: Platform,
    organization: Organization,
    months: Sequence[MonthInsights],
    fingerprints: Mapping[Month, str],
    run_id: str,
    model: LanguageModel | None,
    log_head: int,
) -> dict[str, int]:
    """Replace these months in the three tables; the Delta version of each, by table id.

    Published comes last: who finds it there finds its facts and rejections, too.
    """
    rows = {
        INSIGHT_FACTS: lambda month: [_fact_row(month, place, fact) for place, fact in enumerate(month.facts, start=1)],
        REJECTED: lambda month: [_rejected_row(month, n, item) for n, item in enumerate(month.rejected, start=1)],
        PUBLISHED: lambda month: [
            _published_row(month, place, insight, organization, model)
            for place, insight in enumerate(month.insights, start=1)
        ],
    }
    versions = {}
    for contract, of in rows.items():
        made = {month.month: of(month) for month in months}
        versions[contract.id] = platform.lakehouse.replace(
            contract,
            organization.org_id,
            {month: len(found) for month, found in made.items()},
            _table(contract, organization, made, fingerprints),
            fingerprints,
            run_id=run_id,
            log_head=log_head,
        )
    return versions


def _table(
    contract: TableContract,
    organization: Organization,
    rows: Mapping[Month, Sequence[dict[str, Any]]],
    fingerprints: Mapping[Month, str],
) -> pa.Table:
    full = [
        {"org_id": str(organization.org_id), "month": str(month), "fingerprint": fingerprints[month], **row}
        for month, found in rows.items()
        for row in found
    ]
    return pa.Table.from_pylist(full, arrow_schema(contract))


def _claim(fact: Fact) -> dict[str, Any]:
    return {
        "type": fact.claim.type,
        "kpi": fact.claim.kpi,
        "severity": fact.severity,
        "score": fact.score.quantize(_PLACES),
    }


def found_columns(fact: Fact) -> dict[str, Any]:
    """Columns of insights.facts that the fact gives."""
    member = fact.claim.member
    return {
        "fact_id": fact.id,
        **_claim(fact),
        "direction": fact.claim.direction,
        "dimension": member and member.dimension,
        "member": member and member.key,
        "impact": fact.impact.quantize(_PLACES),
        "n": fact.n,
        "p_value": None if fact.p_value is None else Decimal(repr(fact.p_value)).quantize(Decimal("1e-20")),
    }


def told_columns(fact: Fact, draft: Draft, locale: str) -> dict[str, Any]:
    """Columns of insights.published that the fact and its text give. Raises UnknownField as `render` does."""
    text = render(draft, {fact.id: fact}, locale)
    return {
        "insight_id": fact.id,
        **_claim(fact),
        "language": locale,
        "headline": text.headline,
        "body": text.body,
        "recommendation": draft.recommendation,
        "claim": fact.claim.model_dump_json(),
        "quantities": json.dumps(slot_quantities(fact, draft), ensure_ascii=False),
        "evidence": json.dumps(
            [
                {"id": e.id, "table": e.table, "delta_version": e.delta_version, "rows_hash": e.rows_hash}
                for e in fact.evidence
            ]
        ),
    }


def _fact_row(month: MonthInsights, rank: int, fact: Fact) -> dict[str, Any]:
    codes = list(dict.fromkeys(fault.code for fault in month.faults[fact.id]))
    return {
        **found_columns(fact),
        "rank": rank,
        "status": "quarantined" if codes else "verified",
        "codes": codes,
        "fact": fact.model_dump_json(),
    }


def _published_row(
    month: MonthInsights, rank: int, insight: Insight, organization: Organization, model: LanguageModel | None
) -> dict[str, Any]:
    by_model = insight.author == "model"
    return {
        **told_columns(insight.fact, insight.draft, organization.locale),
        "rank": rank,
        "draft": insight.draft.model_dump_json(),
        "author": insight.author,
        "status": insight.status,
        "codes": list(insight.codes),
        "author_hash": author_hash(model) if model else None,
        "model": month.model or (model.model if model else None) if by_model else None,
        "prompt_hash": PROMPT_HASH if by_model else None,
        "schema_hash": SCHEMA_HASH if by_model else None,
        **_spent(month),
    }


def _spent(month: MonthInsights) -> dict[str, Any]:
    if not month.attempts:
        return {"input_tokens": None, "output_tokens": None, "cost": None}
    costs = [attempt.cost for attempt in month.attempts]
    known = [cost for cost in costs if cost is not None]
    return {
        "input_tokens": sum(attempt.input_tokens or 0 for attempt in month.attempts),
        "output_tokens": sum(attempt.output_tokens or 0 for attempt in month.attempts),
        "cost": sum(known, Decimal(0)).quantize(_PLACES) if len(known) == len(costs) else None,
    }


def _rejected_row(month: MonthInsights, number: int, item: Rejected) -> dict[str, Any]:
    return {
        "number": number,
        "kind": item.kind,
        "fact_id": item.fact_id,
        "codes": list(dict.fromkeys(fault.code for fault in item.faults)),
        "details": [f"{fault.code} {fault.detail}".strip() for fault in item.faults],
        "text": item.text,
        "author": item.author,
        "model": month.model if item.author == "model" else None,
    }
