"""Which members of a dimension matter: concentration, ranks, and how well a dimension explains a change."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Generic, TypeVar

from datapilot_assets.insights.decomposition import PRECISION, key_order
from datapilot_assets.insights.thresholds import THRESHOLDS

K = TypeVar("K", bound=Hashable)
MIN_MEMBERS = THRESHOLDS.concentration_of
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Concentration:
    """Of `members` with a positive value the `needed` largest reach the share; `total` is what all of them sum to."""

    members: int
    needed: int
    top_share: Decimal
    total: Decimal


@dataclass(frozen=True)
class Surprise(Generic[K]):
    """How far a member's share of the total moved (0 to ln 2) and which part of the total's change it explains."""

    member: K
    surprise: float
    explanatory_power: float


def concentration(values: Sequence[Decimal], share: Decimal = Decimal("0.8")) -> Concentration | None:
    """Fewest members that make `share` (0 to 1) of the total, and the largest one's share of it.

    Members at zero or below are left out of count and total. None below 5 positive members, or when the sum of all
    is not positive: then shares of it would say nothing.
    """
    positive = sorted((value for value in values if value > 0), reverse=True)
    with localcontext(PRECISION):
        if len(positive) < MIN_MEMBERS or sum(values, _ZERO) <= 0:
            return None
        total = sum(positive, _ZERO)
        needed, reached = 0, _ZERO
        while reached < share * total:
            reached += positive[needed]
            needed += 1
        return Concentration(len(positive), needed, positive[0] / total, total)


def rank_of(values: Mapping[K, Decimal]) -> dict[K, int]:
    """1 is the highest; equal values rank by the text of their keys."""
    ordered = sorted(values, key=lambda member: (values[member].copy_negate(), key_order(member)))
    return {member: rank for rank, member in enumerate(ordered, start=1)}


def surprise(before: Mapping[K, Decimal], after: Mapping[K, Decimal]) -> list[Surprise[K]]:
    """Adtributor (Bhagwan et al., NSDI 2014) of every member, the most surprising first; floats, only to rank.

    With p and q the member's shares of the total before and after, S = ½(p ln(2p/(p+q)) + q ln(2q/(p+q))); its
    explanatory power is its part of the total's change, 0 when the total did not change. A missing or negative value
    has share 0. Empty when a total is not positive.
    """
    total0, total1 = (float(sum(side.values(), _ZERO)) for side in (before, after))
    if total0 <= 0 or total1 <= 0:
        return []
    found = []
    for member in sorted({**before, **after}, key=key_order):
        old, new = (float(side.get(member, _ZERO)) for side in (before, after))
        power = (new - old) / (total1 - total0) if total1 != total0 else 0.0
        found.append(Surprise(member, _divergence(max(old, 0) / total0, max(new, 0) / total1), power))
    return sorted(found, key=lambda one: -one.surprise)


def explaining(ordered: Sequence[Surprise[K]], each: float = 0.1, together: float = 0.67) -> list[Surprise[K]]:
    """The most surprising members that explain more than `each` of the change alone and more than `together` as a set.

    Empty when they do not reach that: the dimension does not explain the change.
    """
    chosen: list[Surprise[K]] = []
    for one in ordered:
        if one.explanatory_power > each:
            chosen.append(one)
            if sum(found.explanatory_power for found in chosen) > together:
                return chosen
    return []


def _divergence(p: float, q: float) -> float:
    """Jensen-Shannon divergence of one member, in nats; x ln x is 0 at 0."""
    return 0.5 * sum(x * math.log(2 * x / (p + q)) for x in (p, q) if x > 0)
