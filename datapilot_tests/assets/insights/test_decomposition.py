"""Decompositions against numbers worked out by hand; whatever the numbers, the parts add up to the change."""

from __future__ import annotations

import random
from collections.abc import Iterable
from decimal import Context, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datapilot_assets.insights.decomposition import (
    Contribution,
    SegmentEffect,
    chain,
    contributions,
    leading,
    mix_shift,
)

D = Decimal
TINY = D("1e-20")
money = st.decimals(-100_000, 100_000, places=2)
amount = st.decimals(0, 100_000, places=2)
keys = st.none() | st.sampled_from("abcdef")
sums = st.dictionaries(keys, money, max_size=6)
ratios = st.dictionaries(keys, st.tuples(money, amount), max_size=6)


def total(values: Iterable[Decimal]) -> Decimal:
    with localcontext(Context(prec=60)):
        return sum(values, D(0))


def shuffled(mapping):
    items = list(mapping.items())
    random.Random(1).shuffle(items)
    return dict(items)


def money_of(text: str) -> list[Decimal]:
    return [D(number) for number in text.split()]


def test_contributions():
    before: dict[str | None, Decimal] = {"a": D(10), "b": D(20), "gone": D(5)}
    after: dict[str | None, Decimal] = {"a": D(40), "b": D(15), None: D(5)}
    # Changes 30, −5, −5, 5: movement 45. Equal movements by key, the unknown one last.
    assert contributions(before, after) == [
        Contribution("a", D(10), D(40), D(30), Context(prec=60).divide(D(30), D(45))),
        Contribution("b", D(20), D(15), D(-5), Context(prec=60).divide(D(5), D(45))),
        Contribution("gone", D(5), D(0), D(-5), Context(prec=60).divide(D(5), D(45))),
        Contribution(None, D(0), D(5), D(5), Context(prec=60).divide(D(5), D(45))),
    ]


def test_shares_are_of_the_movement_not_of_the_change():
    # +10 and −10: the change is 0, each is half of the movement
    found = contributions({"a": D(0), "b": D(10)}, {"a": D(10), "b": D(0)})
    assert [one.share_of_movement for one in found] == [D("0.5"), D("0.5")]
    assert [one.share_of_movement for one in contributions({"a": D(1)}, {"a": D(1)})] == [0]


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ("80 20", 1),
        ("79 21", 2),
        ("-50 30 -20", 2),
        ("25 25 25 25", 3),  # at most 3
        ("0 0", 0),
        ("", 0),
    ],
)
def test_the_leading_contributions(changes, count):
    after = {str(index): change for index, change in enumerate(money_of(changes))}
    found = contributions({}, after)
    assert leading(found) == found[:count]


@given(sums, sums)
def test_contributions_add_up_in_any_order(before, after):
    found = contributions(before, after)
    assert total(one.change for one in found) == total(after.values()) - total(before.values())
    assert contributions(shuffled(before), shuffled(after)) == found
    assert {(one.member, -one.change) for one in contributions(after, before)} == {
        (one.member, one.change) for one in found
    }
    assert abs(total(one.share_of_movement for one in found) - 1) < TINY or not any(one.change for one in found)


def test_mix_shift_of_a_paradox():
    # Both ratios rise and the total falls:
    # a 0.1 → 0.2 with weight 0.2 → 0.6; b 0.5 → 0.6 with weight 0.8 → 0.4. R 0.42 → 0.36, R̄ 0.39.
    found = mix_shift({"a": (D(2), D(20)), "b": (D(40), D(80))}, {"a": (D(12), D(60)), "b": (D(24), D(40))})
    assert found is not None
    assert (found.before, found.after) == (D("0.42"), D("0.36"))
    # a: rate 0.4·0.1, mix (0.15 − 0.39)·0.4; b: rate 0.6·0.1, mix (0.55 − 0.39)·(−0.4)
    assert found.segments == (SegmentEffect("a", D("0.04"), D("-0.096")), SegmentEffect("b", D("0.06"), D("-0.064")))
    assert (found.rate, found.mix) == (D("0.1"), D("-0.16"))
    assert found.is_paradox


def test_entering_and_leaving_segments_are_all_mix():
    # a 0.5 in both; b (0.1) leaves, c (0.9) enters, each with weight 0.5: R 0.3 → 0.7, R̄ 0.5
    found = mix_shift({"a": (D(25), D(50)), "b": (D(5), D(50))}, {"a": (D(25), D(50)), "c": (D(45), D(50))})
    assert found is not None
    assert found.rate == 0
    assert found.mix == D("0.4")
    assert {effect.member: effect.mix for effect in found.segments} == {"a": 0, "b": D("0.2"), "c": D("0.2")}
    assert found.is_paradox


def test_a_numerator_without_denominator_is_rate():
    # a 50/100 in both; b adds 10 to the numerator alone: R 0.5 → 0.6
    found = mix_shift({"a": (D(50), D(100))}, {"a": (D(50), D(100)), "b": (D(10), D(0))})
    assert found is not None
    assert (found.rate, found.mix) == (D("0.1"), D(0))
    assert not found.is_paradox


def test_effects_of_one_sign_are_a_paradox_only_when_mix_is_larger():
    # a 0.2 → 0.4 and b 0.6 → 0.8, weights 0.5 → 0.4 and 0.5 → 0.6: rate 0.2, mix (0.7 − 0.3)·0.1 = 0.04
    found = mix_shift({"a": (D(10), D(50)), "b": (D(30), D(50))}, {"a": (D(16), D(40)), "b": (D(48), D(60))})
    assert found is not None
    assert (found.rate, found.mix) == (D("0.2"), D("0.04"))
    assert not found.is_paradox


def test_effects_of_two_signs_are_a_paradox():
    # As above with weights 0.5 → 0.6 and 0.5 → 0.4: rate 0.2, mix (0.3 − 0.7)·0.1 = −0.04
    found = mix_shift({"a": (D(10), D(50)), "b": (D(30), D(50))}, {"a": (D(24), D(60)), "b": (D(32), D(40))})
    assert found is not None
    assert (found.rate, found.mix) == (D("0.2"), D("-0.04"))
    assert found.is_paradox


@pytest.mark.parametrize("empty", [{}, {"a": (D(1), D(0))}, {"a": (D(1), D(5)), "b": (D(1), D(-5))}])
def test_no_mix_shift_without_denominator(empty):
    assert mix_shift(empty, {"a": (D(1), D(2))}) is None
    assert mix_shift({"a": (D(1), D(2))}, empty) is None


@given(ratios, ratios)
def test_rate_and_mix_add_up_in_any_order(before, after):
    found = mix_shift(before, after)
    if found is None:
        return
    back = mix_shift(after, before)
    assert back is not None
    scale = 1 + abs(found.before) + abs(found.after)
    assert abs(found.rate + found.mix - (found.after - found.before)) < TINY * scale
    assert mix_shift(shuffled(before), shuffled(after)) == found
    assert abs(back.rate + found.rate) < TINY * scale
    assert abs(back.mix + found.mix) < TINY * scale


def test_chain_by_logarithms():
    # 100 → 400 in two doublings: each is half of the change
    first, second = chain(money_of("10 10"), money_of("20 20"))
    assert first == second
    assert abs(first - 150) < TINY
    # 2·3 = 6 → 8·3 = 24: all of the 18 is of the first
    first, second = chain(money_of("2 3"), money_of("8 3"))
    assert abs(first - 18) < TINY
    assert second == 0
    # 2·8 = 16 → 4·16 = 64: 48 over two equal logarithms; 1·1 → 2·4 = 8: 7·(1/3) and 7·(2/3)
    parts = chain(money_of("1 1"), money_of("2 4"))
    assert [abs(part - D(7) * k / 3) < TINY for part, k in zip(parts, (1, 2), strict=True)] == [True, True]


def test_chain_of_equal_products():
    assert chain(money_of("2 3"), money_of("2 3")) == [0, 0]
    # 2·3 = 3·2: 6·ln(3/2) = 2.4327906486489863, and back
    first, second = chain(money_of("2 3"), money_of("3 2"))
    assert abs(first - D("2.4327906486489863")) < D("1e-15")
    assert abs(first + second) < TINY


def test_chain_of_nearly_equal_products():
    parts = chain([D(1), D(1)], [D(2), D("0.5") + D("1e-28")])
    # L ≈ 1: ln 2 and −ln 2
    assert abs(parts[0] - D("0.6931471805599453")) < D("1e-15")
    near = chain([D(1), Context(prec=60).divide(D(1), D(3))], [D(3), Context(prec=60).divide(D(1), D(9))])
    # L = 1/3, ln 3 = 1.0986122886681098: 0.3662040962227033
    assert abs(near[0] - D("0.3662040962227033")) < D("1e-15")


def test_chain_with_a_zero_is_the_mean_over_all_orders():
    # 2·0 → 4·5 = 20. First the first: 0 and 20; first the second: 10 for it, then 10. Means 5 and 15.
    assert chain(money_of("2 0"), money_of("4 5")) == [5, 15]
    # 1·2·0 → 2·2·3 = 12: the first is worth 3·2·1 in the three orders in which it comes after the third: 6/2 = 3
    assert chain(money_of("1 2 0"), money_of("2 2 3")) == [3, 0, 9]
    assert chain(money_of("-1 2"), money_of("1 2")) == [4, 0]


def test_chain_needs_the_same_factors():
    with pytest.raises(ValueError, match="same factors"):
        chain([D(1)], [D(1), D(2)])
    assert chain([], []) == []


@given(st.lists(st.tuples(*[st.decimals(-1, 1000, places=3)] * 2), min_size=1, max_size=4))
def test_a_chain_adds_up_and_swaps(pairs):
    before, after = [old for old, _ in pairs], [new for _, new in pairs]
    with localcontext(Context(prec=60)):
        product0, product1 = D(1), D(1)
        for old, new in pairs:
            product0, product1 = product0 * old, product1 * new
        parts, back = chain(before, after), chain(after, before)
        assert abs(sum(parts) - (product1 - product0)) < TINY
        assert all(abs(one + other) < TINY for one, other in zip(parts, back, strict=True))
        assert all(abs(a - b) < TINY for a, b in zip(chain(before[::-1], after[::-1]), parts[::-1], strict=True))
