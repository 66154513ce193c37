"""Which facts become insights: the data first, then the weightiest, and no figure told over and over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from datapilot_domain.insights.fact import Fact

MOST = 12
_MOST_ABOUT_DATA = 5
_MOST_OF_A_KPI = 3
_MOST_OF_A_METHOD = 4
# Two figures that mostly say the same.
_SAME_STORY = {"net_revenue": "gross_revenue", "conversion_value": "conversions"}


def chosen(facts: Sequence[Fact]) -> list[Fact]:
    """At most twelve of the facts, in their order."""
    kept: list[Fact] = []
    told: Counter[tuple[str, ...]] = Counter()
    for fact in facts:
        kpi = _SAME_STORY.get(fact.claim.kpi, fact.claim.kpi)
        once = ("once", fact.claim.type, kpi, str(fact.claim.compare), _member(fact))
        limits = (
            {("data",): _MOST_ABOUT_DATA}
            if fact.is_about_data
            else {("kpi", kpi): _MOST_OF_A_KPI, ("type", fact.claim.type): _MOST_OF_A_METHOD, once: 1}
        )
        if len(kept) < MOST and all(told[topic] < most for topic, most in limits.items()):
            kept.append(fact)
            told.update(limits.keys())
    return kept


def _member(fact: Fact) -> str:
    member = fact.claim.member
    return "" if member is None else f"{member.dimension}:{member.key}"
