"""Why a number changed: decompositions whose parts add up to the change.

All in Decimal with 60 significant digits: a part is off by no more than the last of them. Add the parts up in a
context of as many digits, or the sum rounds to the usual 28.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from itertools import combinations
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
PRECISION = Context(prec=60)
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Contribution(Generic[K]):
    """What one member adds to the change of a sum; share_of_movement: |change| of the sum of all |changes|, 0 to 1."""

    member: K
    before: Decimal
    after: Decimal
    change: Decimal
    share_of_movement: Decimal


@dataclass(frozen=True)
class SegmentEffect(Generic[K]):
    """What one segment adds to the change of a ratio, in the unit of the ratio."""

    member: K
    rate: Decimal
    mix: Decimal


@dataclass(frozen=True)
class MixShift(Generic[K]):
    """Change of a ratio: by the segments' own ratios (rate) and by their weights (mix); the largest segment first."""

    before: Decimal
    after: Decimal
    rate: Decimal
    mix: Decimal
    segments: tuple[SegmentEffect[K], ...]

    @property
    def is_paradox(self) -> bool:
        """The segments' own ratios tell another story than the total: less than half of it, or the opposite."""
        return abs(self.mix) > abs(self.rate) or self.mix * self.rate < 0


def contributions(before: Mapping[K, Decimal], after: Mapping[K, Decimal]) -> list[Contribution[K]]:
    """Change of every member of a sum, the largest movement first, equal ones by key. A missing member counts 0.

    Shares are of Σ|change|: a share of the change itself means nothing when rises and falls cancel.
    """
    with localcontext(PRECISION):
        pairs = {member: (before.get(member, _ZERO), after.get(member, _ZERO)) for member in _members(before, after)}
        movement = sum((abs(new - old) for old, new in pairs.values()), _ZERO)
        found = [
            Contribution(member, old, new, new - old, abs(new - old) / movement if movement else _ZERO)
            for member, (old, new) in pairs.items()
        ]
        return sorted(found, key=lambda one: -abs(one.change))


def leading(
    ordered: Sequence[Contribution[K]], share: Decimal = Decimal("0.8"), most: int = 3
) -> list[Contribution[K]]:
    """The first of `contributions` until they make `share` of all movement, at most `most`; none without change."""
    chosen: list[Contribution[K]] = []
    with localcontext(PRECISION):
        wanted = share * sum((abs(one.change) for one in ordered), _ZERO)
        reached = _ZERO
        for one in ordered[:most]:
            if reached >= wanted:
                break
            chosen.append(one)
            reached += abs(one.change)
    return chosen


def mix_shift(
    before: Mapping[K, tuple[Decimal, Decimal]], after: Mapping[K, tuple[Decimal, Decimal]]
) -> MixShift[K] | None:
    """Midpoint split of the change of ΣN/ΣD over segments of (numerator N, denominator D); None if a ΣD is 0.

    With weights w = D/ΣD, ratios r = N/D, and bars for the mean of both periods: rate = Σ w̄ Δr, mix = Σ (r̄ − R̄) Δw.
    A segment without denominator in a period takes its other period's ratio, so that entering or leaving is all mix;
    a numerator that it has all the same belongs to no weight and counts as rate.
    """
    with localcontext(PRECISION):
        weight0, weight1 = (sum((d for _, d in side.values()), _ZERO) for side in (before, after))
        if not weight0 or not weight1:
            return None
        ratio0 = sum((n for n, _ in before.values()), _ZERO) / weight0
        ratio1 = sum((n for n, _ in after.values()), _ZERO) / weight1
        middle = (ratio0 + ratio1) / 2
        effects = []
        for member in _members(before, after):
            n0, d0 = before.get(member, (_ZERO, _ZERO))
            n1, d1 = after.get(member, (_ZERO, _ZERO))
            rate0 = n0 / d0 if d0 else (n1 / d1 if d1 else _ZERO)
            rate1 = n1 / d1 if d1 else rate0
            w0, w1 = d0 / weight0, d1 / weight1
            unweighted = (_ZERO if d1 else n1 / weight1) - (_ZERO if d0 else n0 / weight0)
            rate = (w0 + w1) / 2 * (rate1 - rate0) + unweighted
            effects.append(SegmentEffect(member, rate, ((rate0 + rate1) / 2 - middle) * (w1 - w0)))
        effects.sort(key=lambda effect: -abs(effect.rate + effect.mix))
        rate, mix = (sum(values, _ZERO) for values in zip(*((e.rate, e.mix) for e in effects), strict=True))
        return MixShift(ratio0, ratio1, rate, mix, tuple(effects))


def chain(before: Sequence[Decimal], after: Sequence[Decimal]) -> list[Decimal]:
    """What each factor adds to the change of the product of all, in its unit; ValueError for unequal lengths.

    LMDI (Ang 2004): L(Y₁, Y₀) · ln(x₁/x₀), where L is the logarithmic mean of the products. A factor that is zero or
    negative has no logarithm: then the Shapley value, the mean over all orders in which factors may change. The sum
    is the change to 1e-30 of the larger product.
    """
    if len(before) != len(after):
        raise ValueError(f"{len(before)} factors before and {len(after)} after: give the same factors")
    with localcontext(PRECISION):
        if any(factor <= 0 for factor in (*before, *after)):
            return _shapley(before, after)
        product0, product1 = math.prod(before, start=Decimal(1)), math.prod(after, start=Decimal(1))
        logarithm = (product1 / product0).ln()
        # Products that differ in their last digits only: the quotient would be noise, the mean is its limit.
        near = abs(logarithm) < Decimal("1e-30")
        mean = (product0 + product1) / 2 if near else (product1 - product0) / logarithm
        return [mean * (new / old).ln() for old, new in zip(before, after, strict=True)]


def _shapley(before: Sequence[Decimal], after: Sequence[Decimal]) -> list[Decimal]:
    count = len(before)
    found = []
    for factor in range(count):
        others = [other for other in range(count) if other != factor]
        total = _ZERO
        for size in range(count):
            orders = math.factorial(size) * math.factorial(count - size - 1)
            for changed in combinations(others, size):
                rest = math.prod((after[o] if o in changed else before[o] for o in others), start=Decimal(1))
                total += orders * rest * (after[factor] - before[factor])
        found.append(total / math.factorial(count))
    return found


def key_order(member: object) -> tuple[bool, str]:
    """Sorts members of any type by their text, the unknown one (None) last."""
    return member is None, str(member)


def _members(before: Mapping[K, object], after: Mapping[K, object]) -> list[K]:
    # One order whatever the mappings': the last digit of a sum must not depend on it.
    return sorted({**before, **after}, key=key_order)
