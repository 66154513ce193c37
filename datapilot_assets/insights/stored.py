"""Published insights as they are kept: read, shown, and verified once more without a model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from datapilot_assets.insights.publish import found_columns, told_columns
from datapilot_assets.insights.recompute import agrees, recomputed
from datapilot_assets.insights.verify import DraftVerifier, fact_faults
from datapilot_assets.insights.writing import Reading, reading
from datapilot_domain.contracts.insights import INSIGHT_FACTS, PUBLISHED
from datapilot_domain.insights.draft import SIZES, TEXT_FIELDS, Draft
from datapilot_domain.insights.fact import Fact
from datapilot_domain.insights.rendering import Rendered, as_sentence
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
    rows = sorted(platform.lakehouse.read(PUBLISHED, org, [month]).to_pylist(), key=lambda row: int(row["rank"]))
    with reading(platform, organization) as open_gold:
        return [item for row in rows for item in _verify(row, facts.get(row["insight_id"]), open_gold)]


def _verify(row: dict[str, Any], stored: dict[str, Any] | None, gold: Reading) -> list[Verified]:
    if stored is None:
        return [_text(row, [Fault("V01", "insights.facts has no such fact")])]
    faults: list[Fault] = []
    numbers: list[Verified] = []
    text = None
    try:
        fact, draft = Fact.model_validate_json(stored["fact"]), Draft.model_validate_json(row["draft"])
        faults += fact_faults(fact, gold.organization.org_id, gold.tables)
        faults += [] if stored["status"] == "verified" else [Fault("V05", f"the fact is {stored['status']}")]
        faults += _differing(stored, found_columns(fact))
        faults += DraftVerifier({fact.id: fact}, _rules(row, gold)).faults(draft)
        told = told_columns(fact, draft, row["language"])
        text = as_sentence(Rendered(told["headline"], told["body"]))
        made = {quantity["slot"]: quantity for quantity in json.loads(told.pop("quantities"))}
        faults += _differing(row, told)
        kept = json.loads(row["quantities"])
        faults += [] if [*made] == [quantity["slot"] for quantity in kept] else [Fault("V03", "the slots are others")]
        numbers += [_number(row, fact, draft, quantity, made.get(quantity["slot"], {}), gold) for quantity in kept]
    except Exception as error:  # noqa: BLE001  # whatever was stored there instead
        faults.append(Fault("V01", f"cannot be read: {type(error).__name__}"))
    return [*numbers, _text(row, faults, text)]


def _text(row: dict[str, Any], faults: Sequence[Fault], found: str | None = None) -> Verified:
    return Verified(row["insight_id"], None, as_text(row), found, None, None, tuple(faults))


# What is wrong with a column that the fact and its text do not give; V01 of all others.
_COLUMNS = {
    "headline": "V06", "body": "V06", "language": "V06", "evidence": "V03", "severity": "V11",
    "impact": "V11", "score": "V11", "direction": "V09", "dimension": "V20", "member": "V20", "n": "V17",
    "p_value": "V17", "recommendation": "V21",
}  # fmt: skip


def _differing(stored: Mapping[str, Any], made: Mapping[str, Any]) -> Iterator[Fault]:
    for name, value in made.items():
        if stored[name] != value:
            yield Fault(_COLUMNS.get(name, "V01"), f"{name}: not what the fact and its text give")


def _rules(row: dict[str, Any], gold: Reading) -> TextRules:
    return TextRules(language=row["language"]) if row["author"] == "offline" else gold.rules


def _number(
    row: dict[str, Any], fact: Fact, draft: Draft, kept: dict[str, Any], made: dict[str, Any], gold: Reading
) -> Verified:
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
        faults += [
            Fault("V03", f"{name}: not the fact's") for name in made if name != "value" and kept.get(name) != made[name]
        ]
    return Verified(
        row["insight_id"],
        kept["slot"],
        kept["value"],
        None if found is None else format(found, "f"),
        kept["table"],
        kept["delta_version"],
        tuple(faults),
    )
