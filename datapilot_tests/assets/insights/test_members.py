"""Concentration, ranks and Adtributor against numbers worked out by hand."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datapilot_assets.insights.members import Concentration, concentration, explaining, rank_of, surprise

D = Decimal
amounts = st.dictionaries(st.none() | st.sampled_from("abcdef"), st.decimals(0, 1000, places=2), min_size=1)


def values_of(text: str) -> list[Decimal]:
    return [D(number) for number in text.split()]


def test_concentration():
    # 60 + 20 are exactly 80 of 100
    assert concentration(values_of("20 60 5 10 5")) == Concentration(5, 2, D("0.6"), D(100))
    # Without the refund of −10 and the zero
    assert concentration(values_of("59 20 6 10 5 -10 0")) == Concentration(5, 3, D("0.59"), D(100))
    assert concentration(values_of("20 60 5 10 5"), share=D("0.5")) == Concentration(5, 1, D("0.6"), D(100))


@pytest.mark.parametrize("values", ["60 20 10 10", "60 20 10 10 0", "60 20 10 10 -1", "1 1 1 1 1 -5", ""])
def test_no_concentration_of_few_members_or_of_a_total_that_is_not_positive(values):
    assert concentration(values_of(values)) is None


@given(st.lists(st.decimals("0.01", 1000, places=2), min_size=5, max_size=30))
def test_the_largest_members_reach_the_share_and_one_fewer_does_not(values):
    found = concentration(values)
    assert found is not None
    largest = sorted(values, reverse=True)
    assert sum(largest[: found.needed]) >= D("0.8") * found.total > sum(largest[: found.needed - 1])


def test_ranks():
    assert rank_of({"b": D(5), None: D(5), "a": D(5), "z": D(9), "y": D(-1)}) == {
        "z": 1,
        "a": 2,
        "b": 3,
        None: 4,
        "y": 5,
    }
    # More digits than a usual context has
    assert rank_of(
        {"a": D("1.00000000000000000000000000000000001"), "b": D("1.00000000000000000000000000000000002")}
    ) == {
        "b": 1,
        "a": 2,
    }


def test_surprise():
    # Shares a 0.5 → 0.2, b 0.5 → 0.8; the total 100 → 200, a adds −10 of 100, b 110
    a, b = surprise({"b": D(50), "a": D(50)}, {"b": D(160), "a": D(40)})
    assert (a.member, b.member) == ("a", "b")
    assert a.surprise == pytest.approx(
        0.033207, abs=1e-6
    )  # ½ (0.5 ln(1/0.7) + 0.2 ln(0.4/0.7)) = ½ (0.178337 − 0.111923)
    assert b.surprise == pytest.approx(
        0.0174645, abs=1e-6
    )  # ½ (0.5 ln(1/1.3) + 0.8 ln(1.6/1.3)) = ½ (0.166111 − 0.131182)
    assert (a.explanatory_power, b.explanatory_power) == pytest.approx((-0.1, 1.1))


def test_a_new_member_surprises_by_half_its_share_times_ln_2():
    # p = 0, q = 0.5: ½ · 0.5 · ln 2
    found = {one.member: one.surprise for one in surprise({"a": D(10)}, {"a": D(10), "b": D(10)})}
    assert found["b"] == pytest.approx(0.25 * math.log(2))


def test_no_surprise_of_totals_that_are_not_positive():
    assert surprise({}, {"a": D(1)}) == []
    assert surprise({"a": D(1)}, {"a": D(-1)}) == []


def test_a_negative_member_has_no_share():
    # b 5 of 15 → −5: p = 1/3, q = 0: ½ · 1/3 · ln 2
    found = {one.member: one.surprise for one in surprise({"a": D(10), "b": D(5)}, {"a": D(20), "b": D(-5)})}
    assert found["b"] == pytest.approx(math.log(2) / 6)


def test_the_members_that_explain_a_change():
    before = {"a": D(100), "b": D(100), "c": D(100), "d": D(100)}
    # Change 100: a 60, b 30, c 5, d 5
    found = explaining(surprise(before, {"a": D(160), "b": D(130), "c": D(105), "d": D(105)}))
    assert {one.member for one in found} == {"a", "b"}
    # One member alone
    assert [one.member for one in explaining(surprise(before, before | {"c": D(20)}))] == ["c"]


def test_nothing_explains_what_all_members_share_or_what_did_not_change():
    many = {str(member): D(100) for member in range(10)}
    assert explaining(surprise(many, {member: D(110) for member in many})) == []  # each 10 %, none above
    half = {"a": D(130), "b": D(130), "c": D(130)} | {str(member): D(101) for member in range(60)}
    # a, b and c explain 90 of 150: 60 %, not above 67 %
    assert explaining(surprise(dict.fromkeys(half, D(100)), half)) == []
    assert explaining(surprise({"a": D(1), "b": D(2)}, {"a": D(2), "b": D(1)})) == []


@given(amounts, amounts)
def test_the_explanatory_powers_of_a_dimension_are_all_of_the_change(before, after):
    found = surprise(before, after)
    assert all(one.surprise >= -1e-12 for one in found)
    if found and sum(before.values()) != sum(after.values()):
        assert sum(one.explanatory_power for one in found) == pytest.approx(1, abs=1e-6)
    assert {one.member: one.surprise for one in surprise(after, before)} == pytest.approx(
        {one.member: one.surprise for one in found}
    )
