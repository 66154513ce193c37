"""Tests of proportions against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datapilot_assets.insights.proportions import poisson_ratio_p, two_proportion_p

count = st.integers(30, 500)


def test_two_proportions():
    # 40/100 against 60/100: pooled 0.5, standard error √(0.25 · 0.02) = 0.0707107, z = 0.2/0.0707107 = 2.8284271
    assert two_proportion_p(40, 100, 60, 100) == pytest.approx(math.erfc(2.8284271 / math.sqrt(2)), rel=1e-6)


def test_equal_proportions_differ_by_chance():
    assert two_proportion_p(40, 100, 80, 200) == 1
    assert two_proportion_p(50, 50, 70, 70) == 1  # no variance


@pytest.mark.parametrize("counts", [(29, 100, 60, 100), (60, 100, 29, 100), (101, 100, 60, 100), (60, 100, 101, 100)])
def test_no_p_of_few_successes_or_of_what_is_no_proportion(counts):
    assert two_proportion_p(*counts) is None


@given(count, count, count, count)
def test_the_order_of_the_periods_does_not_matter(successes0, failures0, successes1, failures1):
    one, other = (successes0, successes0 + failures0), (successes1, successes1 + failures1)
    p = two_proportion_p(*one, *other)
    assert p is not None
    assert 0 <= p <= 1
    assert p == pytest.approx(two_proportion_p(*other, *one))
    exact = poisson_ratio_p(*one, *other)
    assert exact is not None
    assert exact == pytest.approx(poisson_ratio_p(*other, *one))


def test_rates_per_amount():
    # 30 and 32 at equal exposure: 62 tosses of a coin, P(≤ 30) + P(≥ 32) = 1 − P(31) = 1 − C(62, 31)/2⁶²
    assert poisson_ratio_p(30, 500.0, 32, 500.0) == pytest.approx(1 - math.comb(62, 31) / 2**62)
    # Twice the count at twice the exposure is the same rate
    assert poisson_ratio_p(40, 100.0, 80, 200.0) == pytest.approx(1)
    assert poisson_ratio_p(40, 100.0, 80, 100.0) == pytest.approx(
        2 * sum(math.comb(120, k) for k in range(41)) / 2**120
    )


@pytest.mark.parametrize("counts", [(29, 1.0, 40, 1.0), (40, 1.0, 29, 1.0), (40, 0.0, 40, 1.0), (40, 1.0, 40, -1.0)])
def test_no_p_of_few_counts_or_without_exposure(counts):
    assert poisson_ratio_p(*counts) is None
