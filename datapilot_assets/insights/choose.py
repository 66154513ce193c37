"""Which facts become insights: the data first, then the weightiest, and nothing told over and over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from datapilot_domain.insights.fact import Fact

MOST = 12
_MOST_ABOUT_DATA = 5
_MOST_OF_A_METHOD = 4
_MOST_OF_A_KPI = 3
# Two figures that mostly say the same.
_SAME_STORY = {"net_revenue": "gross_revenue", "conversion_value": "conversions", "units": "paid_orders"}

Topic = tuple[str, ...]


def chosen(facts: Sequence[Fact]) -> list[Fact]:
    """At most twelve of the facts, in their order."""
    told_better = {_story(fact) for fact in facts if fact.claim.kpi in _SAME_STORY.values()}
    kept: list[Fact] = []
    told: Counter[Topic] = Counter()
    for fact in facts:
        if fact.claim.kpi in _SAME_STORY and _story(fact) in told_better:
            continue
        limits = dict(_topics(fact))
        if len(kept) < MOST and all(told[topic] < most for topic, most in limits.items()):
            kept.append(fact)
            told.update(limits.keys())
    return kept


def _story(fact: Fact) -> Topic:
    """What two figures of the same story have in common."""
    claim = fact.claim
    member = "" if claim.member is None else f"{claim.member.dimension}:{claim.member.key}"
    return claim.type, _SAME_STORY.get(claim.kpi, claim.kpi), str(claim.compare), claim.direction, member


def _topics(fact: Fact) -> Iterator[tuple[Topic, int]]:
    """What the fact is about, and how many insights of a month may be about that."""
    if fact.is_about_data:
        yield ("data",), _MOST_ABOUT_DATA
        return
    claim = fact.claim
    kpi = _SAME_STORY.get(claim.kpi, claim.kpi)
    yield ("method", claim.type), _MOST_OF_A_METHOD
    if claim.member is None or claim.member.key is None:
        yield ("kpi", kpi), _MOST_OF_A_KPI
        yield ("kpi", kpi, claim.type, str(claim.compare)), 1
        return
    # One campaign, product or channel is told of once; and once what two dimensions cut in the same way.
    yield ("member", claim.member.dimension, claim.member.key), 1
    yield ("members", kpi, claim.member.dimension), _MOST_OF_A_KPI
    change = fact.quantity("change_abs")
    if change is not None:
        yield ("amount", kpi, str(round(change.value))), 1
