"""Statistics of a series against vectors worked out by hand, and planted or absent patterns."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datapilot_assets.insights.series import (
    benjamini_hochberg,
    change_points,
    is_record,
    level_shift_p,
    outliers,
    p_of_modified_z,
    seasonal_strength,
    streak,
    trend,
    without_season,
)

RISE = [float(month) for month in range(1, 13)]
# Alternating noise: no trend, no level, no outlier, whatever its size.
level = st.floats(-1e6, 1e6)
length = st.integers(12, 60)
NOVEMBER = [100.0 + 40 * (month % 12 == 10) - 20 * (month % 12 == 1) for month in range(36)]


def wobble(base: float, size: float, count: int) -> list[float]:
    return [base + size * (-1) ** month for month in range(count)]


def noise(seed: int, count: int, spread: float = 5) -> list[float]:
    return [float(value) for value in np.random.default_rng(seed).normal(100, spread, count)]


def test_trend_of_a_straight_rise():
    # S = 12·11/2 = 66, variance = 12·11·29/18 = 212.6667, z = 66/14.58310 = 4.52579
    found = trend(RISE)
    assert found is not None
    assert found.slope == 1
    assert found.p_value == pytest.approx(math.erfc(4.52579 / math.sqrt(2)), rel=1e-4)


def test_the_p_of_a_trend_is_that_of_mann_kendall_with_ties():
    # 1 1 1 2 2 3 4 5 5 6 7 8: ties of 3, 2 and 2 take 3 + 1 + 1 pairs, so S = 66 − 5 = 61;
    # variance = (12·11·29 − 3·2·11 − 2·1·9 − 2·1·9)/18 = (3828 − 66 − 18 − 18)/18 = 207
    found = trend([1, 1, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8])
    assert found is not None
    assert found.p_value == pytest.approx(math.erfc(61 / math.sqrt(207) / math.sqrt(2)), rel=1e-9)


def test_what_differs_by_rounding_only_is_a_tie():
    found, exact = trend([0.3] * 6 + [0.1 + 0.2] * 5 + [0.5]), trend([0.3] * 11 + [0.5])
    assert found is not None
    assert exact is not None
    assert found.p_value == exact.p_value


def test_theil_sen_is_not_moved_by_one_month():
    found = trend([*RISE[:11], 1000.0])
    assert found is not None
    assert found.slope == 1


@pytest.mark.parametrize("values", [RISE[:11], [7.0] * 12, [0.0] * 12, [0.1 + 0.2, 0.3] * 12, []])
def test_no_trend_of_too_few_months_or_without_movement(values):
    assert trend(values) is None


@given(level, st.floats(0, 10), length)
def test_alternating_noise_is_no_trend_level_or_outlier(base, size, count):
    values = wobble(base, size, count)
    found = trend(values)
    assert found is None or found.p_value > 0.05
    assert change_points(values) == []
    assert outliers(values) == []


@given(level, st.floats(0.5, 100), st.sampled_from([1, -1]), length)
def test_a_planted_slope_is_found(base, size, sign, count):
    found = trend([base + sign * size * month + size * (month % 2) for month in range(count)])
    assert found is not None
    assert found.p_value < 0.01
    assert found.slope == pytest.approx(sign * size, rel=0.2)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([10.0] * 12 + [20.0] * 12, [12]),
        ([10.0] * 9 + [20.0] * 3, [9]),
        ([5.0] * 10 + [9.0] * 10 + [2.0] * 10, [10, 20]),
        ([10.0] * 8 + [20.0] * 3, []),  # 11 points
        ([10.0] * 22 + [20.0] * 2, [21]),  # a level lasts three months
        ([10.0] * 12 + [90.0] + [10.0] * 12, []),  # one odd month
        ([10.0] * 23 + [90.0], []),
        ([7.0] * 24, []),
        ([0.0] * 24, []),
        ([0.3] * 12 + [0.1 + 0.2] * 12, []),
        ([0.1 * month for month in range(36)], []),  # a line has no levels
        ([], []),
    ],
)
def test_levels(values, found):
    assert change_points(values) == found


@given(level, st.floats(5, 1000), st.sampled_from([1, -1]), st.integers(6, 54))
def test_a_planted_jump_is_found(base, jump, sign, index):
    values = [base + 0.5 * (-1) ** month + sign * jump * (month >= index) for month in range(60)]
    assert len(change_points(values)) == 1
    assert abs(change_points(values)[0] - index) <= 1


def test_noise_has_few_levels_and_fewer_that_are_significant():
    series = [noise(seed, 24) for seed in range(200)]
    found = [(values, change_points(values)) for values in series]
    assert sum(bool(indexes) for _, indexes in found) <= 30  # the plain BIC: over 40
    assert sum(any(level_shift_p(values, index) < 0.05 for index in indexes) for values, indexes in found) <= 8


def test_the_p_of_a_level_shift():
    # 1 2 3 4 against 5 6 7 8: the most extreme of 70 ways, twice 1/70, at 3 places
    assert level_shift_p([1, 2, 3, 4, 5, 6, 7, 8], 4) == pytest.approx(3 * 2 / 70)
    assert level_shift_p([1, 2, 3, 1, 2, 3, 1, 2, 3], 3) == 1


@pytest.mark.parametrize("index", [0, 2, 6, 8])
def test_a_level_has_three_points(index):
    with pytest.raises(ValueError, match="fewer than 3 points"):
        level_shift_p([1, 2, 3, 4, 5, 6, 7, 8], index)


def test_an_outlier_is_so_many_median_deviations_from_the_line():
    # Slope 0 and intercept = median = 0; |x|: six times 1, five times 2, once 10, so MAD = (1 + 2)/2 = 1.5
    values = [1.0, -1.0, 2.0, -2.0, 1.0, -1.0, 10.0, -2.0, 2.0, -2.0, -1.0, 1.0]
    ((index, z),) = outliers(values)
    assert index == 6
    assert z == pytest.approx(0.6745 * 10 / 1.5)


def test_without_median_deviation_the_mean_one_decides():
    # x − median = 12 once, 0 eleven times: MeanAD = 1, z = 12/1.253314
    ((index, z),) = outliers([5.0] * 4 + [17.0] + [5.0] * 7)
    assert index == 4
    assert z == pytest.approx(12 / 1.253314)


def test_a_trend_and_its_rounding_are_no_outliers():
    assert outliers([0.1 * month for month in range(20)]) == []
    line = [100.0 + 2 * month for month in range(18)]
    assert [index for index, _ in outliers([*line[:17], line[17] + 20])] == [17]


def test_a_season_is_no_outlier_but_its_absence_is():
    assert outliers(NOVEMBER) == []
    absent = [*NOVEMBER[:34], 100.0, 100.0]
    # 24 differences of 12 months, one of −40 and none other: MeanAD = 40/24, z = −24/1.253314
    ((index, z),) = outliers(absent)
    assert index == 34
    assert z == pytest.approx(-24 / 1.253314)


def test_the_month_a_year_after_an_outlier_is_ordinary():
    values = [100.0] * 36
    values[17] = 160.0
    assert [index for index, _ in outliers(values)] == [17]


def test_without_two_cycles_a_month_is_no_echo_of_another():
    values = wobble(100, 1, 20)
    values[3] += 50
    values[15] -= 50
    assert [index for index, _ in outliers(values)] == [3, 15]


def test_outliers_are_silent_below_twelve_points_or_when_all_are_equal():
    assert outliers([5.0] * 10 + [90.0]) == []
    assert outliers([5.0] * 12) == []
    assert outliers([0.3] * 11 + [0.1 + 0.2]) == []
    assert outliers([]) == []


@given(level, st.floats(20, 1000), st.sampled_from([1, -1]), st.integers(12, 60))
def test_a_planted_outlier_is_found(base, size, sign, count):
    values = wobble(base, 1, count)
    values[-1] += sign * size
    (found,) = outliers(values)
    assert found[0] == count - 1
    assert found[1] * sign > 3.5


def test_a_season_without_noise_is_all_of_the_movement():
    strength = seasonal_strength(NOVEMBER)
    assert strength == pytest.approx(1)


def test_noise_is_no_season():
    strengths = [seasonal_strength(noise(seed, 24)) or 0 for seed in range(200)]
    assert sum(strength >= 0.64 for strength in strengths) <= 10  # without the adjustment: over 40


@pytest.mark.parametrize("values", [NOVEMBER[:23], [3.0] * 30, [0.1 + 0.2, 0.3] * 15, []])
def test_no_season_below_two_cycles_or_without_movement(values):
    assert seasonal_strength(values) is None


@given(level, st.floats(1, 1e5), st.floats(-1, 1), st.integers(24, 60))
def test_a_planted_season_is_found_on_a_trend(base, size, slope, count):
    values = [base + slope * size * month + 10 * size * (month % 12 == 4) for month in range(count)]
    strength = seasonal_strength(values)
    assert strength is not None
    assert strength > 0.64


def test_the_season_is_removed_only_when_it_is_strong():
    assert without_season(NOVEMBER) == pytest.approx([100 + 20 / 12] * 36, abs=0.1)
    assert without_season(noise(1, 24)) == noise(1, 24)
    assert without_season(RISE) == RISE


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([1, 2, 3, 4], 3),
        ([9, 1, 2, 3], 2),
        ([5, 4, 3], -2),
        ([1, 2, 2], 0),
        ([2, 2, 3], 1),
        ([1, 0.3, 0.1 + 0.2], 0),
        ([1], 0),
        ([], 0),
    ],
)
def test_streak(values, found):
    assert streak(values) == found


def test_record():
    assert is_record(RISE) == "highest"
    assert is_record(RISE[::-1]) == "lowest"
    assert is_record(RISE[:11]) is None  # 11 points
    assert is_record([*RISE, 12.0]) is None  # a tie
    assert is_record([*RISE, 6.0]) is None


def test_the_p_of_a_modified_z():
    assert p_of_modified_z(1.959964) == pytest.approx(0.05, abs=1e-6)
    assert p_of_modified_z(-1.959964) == pytest.approx(0.05, abs=1e-6)
    assert p_of_modified_z(0) == 1


def test_false_discoveries():
    # Sorted 0.01 0.02 0.03 0.04 against 0.0125 0.025 0.0375 0.05 at the rate of 5 %: all stand
    assert benjamini_hochberg([0.04, 0.01, 0.03, 0.02]) == [True] * 4
    # 0.001 ≤ 0.0125, 0.03 > 0.025, 0.04 > 0.0375, 0.2 > 0.05: only the first; each alone below 5 % but for the last
    assert benjamini_hochberg([0.2, 0.04, 0.001, 0.03]) == [False, False, True, False]
    assert benjamini_hochberg([0.001, 0.03], rate=0.01) == [True, False]
    assert benjamini_hochberg([]) == []
    with pytest.raises(ValueError, match="ps"):
        benjamini_hochberg([1.5])


@pytest.mark.parametrize("function", [trend, change_points, outliers, seasonal_strength, streak, is_record])
def test_a_month_without_a_number_is_refused(function):
    with pytest.raises(ValueError, match="finite"):
        function([math.nan] * 24)
