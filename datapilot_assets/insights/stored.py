"""Published insights as they are kept: read, shown, and verified once more without a model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from datapilot_assets.insights.publish import slot_quantities
from datapilot_assets.insights.recompute import agrees, recomputed
from datapilot_assets.insights.verify import DraftVerifier, fact_faults, severity_faults
from datapilot_assets.insights.writing import Insight, Reading, reading
from datapilot_domain.contracts.insights import INSIGHT_FACTS, PUBLISHED
from datapilot_domain.insights.draft import SIZES, TEXT_FIELDS, Draft
from datapilot_domain.insights.fact import Fact
from datapilot_domain.insights.rendering import Rendered, as_sentence, render
from datapilot_domain.insights.text_rules import Fault, TextRules
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform


def published_rows(platform: Platform, org: OrgId, months: Sequence[Month] | None) -> list[dict[str, Any]]:
    """Rows of insights.published by month and rank; quantities, claim and evidence as structures."""
    rows = platform.lakehouse.read(PUBLISHED, org, months).to_pylist()
    read = [{**row, **{name: json.loads(row[name]) for name in ("quantities", "claim", "evidence")}} for row in rows]
    return sorted(read, key=lambda row: (row["month"], row["rank"]))


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """An insight as the command line and programs read it."""
    return {
        "insight_id": row["insight_id"],
        "severity": row["severity"],
        "text": as_text(row),
        "quantities": row["quantities"],
        "author": row["author"],
        "status": row["status"],
        "codes": list(row["codes"]),
    }


def as_text(row: dict[str, Any]) -> str:
    """Headline and body as one text."""
    return as_sentence(Rendered(row["headline"], row["body"]))


@dataclass(frozen=True)
class Verified:
    """One number, or one text (no slot), computed again from what it names."""

    insight_id: str
    slot: str | None
    stored: str
    found: str | None
    table: str | None
    delta_version: int | None
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        return not self.faults


def verify_month(platform: Platform, organization: Organization, month: Month) -> list[Verified]:
    """Every number and text of the month's insights once more: from gold at the versions that they name."""
    org = organization.org_id
    facts = {row["fact_id"]: row for row in platform.lakehouse.read(INSIGHT_FACTS, org, [month]).to_pylist()}
    with reading(platform, organization) as open_gold:
        return [
            item
            for row in published_rows(platform, org, [month])
            for item in _verify(row, facts.get(row["insight_id"]), open_gold)
        ]


def _verify(row: dict[str, Any], stored: dict[str, Any] | None, gold: Reading) -> list[Verified]:
    def text(*faults: Fault, found: str | None = None) -> Verified:
        return Verified(row["insight_id"], None, as_text(row), found, None, None, faults)

    if stored is None:
        return [text(Fault("V01", "insights.facts has no such fact"))]
    try:
        fact = Fact.model_validate_json(stored["fact"])
        draft = Draft.model_validate_json(row["draft"])
    except ValidationError as error:
        return [text(Fault("V01", f"{error.title}: {error.error_count()} fields cannot be read"))]
    numbers = [_number(row, fact, draft, quantity, gold) for quantity in row["quantities"]]
    rendered = as_sentence(render(draft, {fact.id: fact}, row["language"]))
    faults = [
        *([] if fact.id == row["insight_id"] else [Fault("V01", "its hash is another")]),
        *fact_faults(fact, gold.organization.org_id, gold.tables),
        *severity_faults(fact, row["severity"], Decimal(stored["impact"])),
        *DraftVerifier({fact.id: fact}, _rules(row, gold)).faults(draft),
        *([] if rendered == as_text(row) else [Fault("V06", "the text is not what its template gives")]),
        *([] if len(numbers) == len(slot_quantities(Insight(fact, draft, "", ""))) else [Fault("V03", "a slot")]),
    ]
    return [*numbers, text(*faults, found=rendered)]


def _rules(row: dict[str, Any], gold: Reading) -> TextRules:
    return gold.rules if row["author"] == "model" else TextRules(language=row["language"])


def _number(row: dict[str, Any], fact: Fact, draft: Draft, kept: dict[str, Any], gold: Reading) -> Verified:
    """The number that a slot shows: its fact's own quantity, what is stored beside it, and what gold says."""
    fields = {b.slot: b.field for b in draft.bindings if b.field not in TEXT_FIELDS}
    field = fields.get(kept["slot"], "")
    quantity = fact.quantity(SIZES.get(field, field))
    faults = []
    found = None
    if quantity is None:
        faults.append(Fault("V14", field))
    else:
        found = recomputed(quantity, gold.tables)
        if found is not None and field in SIZES:
            found = abs(found)
        if not agrees(Decimal(kept["value"]), found):
            faults.append(Fault("V06", f"{kept['value']} stored, {found} found"))
        if (kept["table"], kept["delta_version"]) != (quantity.table, quantity.delta_version):
            faults.append(Fault("V03", "another table or version"))
    return Verified(
        row["insight_id"],
        kept["slot"],
        kept["value"],
        None if found is None else format(found, "f"),
        kept["table"],
        kept["delta_version"],
        tuple(faults),
    )
