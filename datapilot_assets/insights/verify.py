"""The verifier: no model has a say in it. V01-V21, each with its code."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from datapilot_assets.insights.gold import Tables
from datapilot_assets.insights.recommend import recommended
from datapilot_assets.insights.recompute import agrees, read_again, recomputed
from datapilot_assets.insights.thresholds import THRESHOLDS
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.insights.draft import SIZES, TEXT_FIELDS, Draft
from datapilot_domain.insights.fact import Claim, Direction, Fact, FactType
from datapilot_domain.insights.meaning import misread_numbers, mixes_periods, other_claims
from datapilot_domain.insights.measures import Quantity, one_of
from datapilot_domain.insights.rendering import units_agree
from datapilot_domain.insights.text_rules import Fault, TextRules, faults, says_partial
from datapilot_domain.kpis import KPIS
from datapilot_domain.organizations import OrgId

_OF_HISTORY: tuple[FactType, ...] = ("trend", "change_point", "outlier", "seasonality", "record", "streak")
_ALWAYS: Mapping[FactType, Direction] = {
    "appeared": "up",
    "disappeared": "down",
    "missing_source": "down",
    "roas_below_one": "down",
    "roas_below_target": "down",
    "refund_rate_high": "up",
}


def fact_faults(fact: Fact, org: OrgId, tables: Tables) -> list[Fault]:
    """What does not hold of a fact when it is computed again from the snapshots that it names."""
    try:
        return list(_fact_faults(fact, org, tables))
    except Exception as error:  # noqa: BLE001  # what cannot be computed again does not hold, whatever the reason
        return [Fault("V05", f"cannot be computed again: {type(error).__name__}")]


def _fact_faults(fact: Fact, org: OrgId, tables: Tables) -> Iterator[Fault]:
    known = {(evidence.table, evidence.delta_version) for evidence in fact.evidence}
    for evidence in fact.evidence:
        if evidence.org_id != org:
            yield Fault("V04", str(evidence.org_id))
        again = read_again(evidence, tables)
        if (again.id, again.rows_hash) != (evidence.id, evidence.rows_hash):
            yield Fault("V05", f"{evidence.table} at version {evidence.delta_version}")
    if fact.org_id != org:
        yield Fault("V04", str(fact.org_id))
    for quantity in fact.quantities:
        if (quantity.table, quantity.delta_version) not in known:
            yield Fault("V03", quantity.field)
        found = recomputed(quantity, tables)
        if not agrees(quantity.value, found):
            code = {"current": "V06", "baseline": "V07"}.get(quantity.field, "V08")
            yield Fault(code, f"{quantity.field}: {quantity.value} stored, {found} found")
        if not units_agree(quantity):
            yield Fault("V10", f"{quantity.field}: {quantity.unit}")
        if not _is_of_claim(quantity, fact.claim):
            yield Fault("V06" if quantity.field == "current" else "V07", f"{quantity.field}: of something else")
    if fact.claim.direction != direction_of(fact):
        yield Fault("V09", f"{fact.claim.direction}, not {direction_of(fact)}")
    if fact.p_value is not None and not 0 <= fact.p_value <= THRESHOLDS.false_discovery_rate:
        yield Fault("V17", f"p = {fact.p_value}")
    if fact.claim.type in _OF_HISTORY and fact.n < THRESHOLDS.series_months:
        yield Fault("V17", f"{fact.n} months")
    if not _is_in_gold(fact, tables):
        yield Fault("V20", fact.claim.member.dimension if fact.claim.member else "")


def _is_in_gold(fact: Fact, tables: Tables) -> bool:
    """V20: the member stands in the fact's own snapshot, under the name that the text would show."""
    member = fact.claim.member
    if member is None or member.name is None:
        return True
    quantity = next((q for q in fact.quantities if q.terms[0].dimension == member.dimension), None)
    if quantity is None:
        return False
    term = quantity.terms[0].model_copy(update={"months": (), "days": None, "members": (member.key,)})
    names = [term.key_column, *(name for name in (f"{member.dimension}_name",) if name in _columns(quantity.table))]
    shown = " OR ".join(one_of(name, (member.name,)) for name in names)
    sql = f"count(*) FILTER (WHERE {shown})"
    (found,) = tables.scalar(sql, quantity.table, " AND ".join(term.conditions), quantity.delta_version)
    return bool(found)


def _is_of_claim(quantity: Quantity, claim: Claim) -> bool:
    """Whether today's and the earlier number are of the KPI, the periods and the member that the text will name."""
    period = {"current": claim.period, "baseline": claim.baseline}.get(quantity.field)
    if period is None:
        return quantity.field not in ("current", "baseline")
    (term,) = quantity.terms
    named = claim.member is not None and (claim.member.key is not None or term.members is not None)
    members = (claim.member.dimension, (claim.member.key,)) if named and claim.member else (term.dimension, None)
    return (term.kpi, term.months, term.dimension, term.members) == (claim.kpi, period.months, *members)


def _columns(table: str) -> tuple[str, ...]:
    return CONTRACTS[table].column_names


def direction_of(fact: Fact) -> Direction:
    """Up or down by the fact's own numbers; none where it compares nothing."""
    kind = fact.claim.type
    if kind in _ALWAYS:
        return _ALWAYS[kind]
    change = _change(fact)
    if change is None or change == 0:
        return "none"
    better = -change if kind == "rank_change" else change
    return "up" if better > 0 else "down"


def _change(fact: Fact) -> Decimal | None:
    current, baseline = fact.quantity("current"), fact.quantity("baseline")
    if current is not None and baseline is not None:
        return current.value - baseline.value
    change = fact.quantity("change_abs") or fact.quantity("change_pct")
    return None if change is None else change.value


@dataclass(frozen=True)
class DraftVerifier:
    """Judges drafts against verified facts. `rules`: of texts, apart from the direction, which is the fact's."""

    facts: Mapping[str, Fact]
    rules: TextRules

    def faults(self, draft: Draft, accepted: Collection[Draft] = ()) -> list[Fault]:
        """What keeps the draft from being published; `accepted`: those of the month that are already in."""
        fact = self.facts.get(draft.claim_fact_id)
        if fact is None:
            return [Fault("V01", "the fact that it tells"), *faults(draft, self.rules)]
        return [
            *self._citations(draft, fact),
            *faults(draft, replace(self.rules, direction=fact.claim.direction, good=KPIS[fact.claim.kpi].good)),
            *self._agreement(draft, fact),
            *(Fault("V19", "") for other in accepted if _same(draft, other)),
        ]

    def _citations(self, draft: Draft, fact: Fact) -> Iterator[Fault]:
        cited = False
        for binding in draft.bindings:
            bound = self.facts.get(binding.fact_id)
            if bound is None:
                yield Fault("V02", binding.slot[:40])
            elif not _has_field(bound, binding.field):
                yield Fault("V14", binding.field[:40])
            elif bound.id != fact.id:
                # A right number in a sentence about something else is a wrong one.
                yield Fault("V13", f"{binding.slot[:40]} is of another fact")
            else:
                cited = cited or binding.field not in TEXT_FIELDS
        if not cited:
            yield Fault("V13", "no number of its own")
        if draft.recommendation_fact_id not in (None, *self.facts):
            yield Fault("V02", "recommendation")
        elif draft.recommendation not in ("none", recommended(fact)) or draft.recommendation_fact_id not in (
            None,
            fact.id,
        ):
            yield Fault("V21", draft.recommendation)

    def _agreement(self, draft: Draft, fact: Fact) -> Iterator[Fault]:
        if draft.direction != fact.claim.direction:
            yield Fault("V09", f"{draft.direction}, not {fact.claim.direction}")
        if mixes_periods(draft):
            yield Fault("V07", "a number beside the other period")
        yield from (Fault("V08", detail) for detail in misread_numbers(draft))
        yield from (Fault("V15", f"claim: {word}") for word in other_claims(draft, fact.claim.type))
        if fact.is_complete == says_partial(draft, self.rules.language):
            yield Fault("V16", "a whole period" if fact.is_complete else "")


def _has_field(fact: Fact, field: str) -> bool:
    if field in TEXT_FIELDS:
        return {
            "entity": fact.claim.member is not None,
            "baseline_period": fact.claim.baseline is not None,
        }.get(field, True)
    return fact.quantity(SIZES.get(field, field)) is not None


def _same(draft: Draft, other: Draft) -> bool:
    """The same fact twice, or the same words with the same values."""
    return draft.claim_fact_id == other.claim_fact_id or (draft.body, set(draft.bindings)) == (
        other.body,
        set(other.bindings),
    )
