"""Whether two ratios of counts differ by more than chance."""

from __future__ import annotations

from scipy.stats import binomtest
from statsmodels.stats.proportion import proportions_ztest

from datapilot_assets.insights.thresholds import THRESHOLDS

MIN_COUNT = THRESHOLDS.least_conversions


def two_proportion_p(successes0: int, trials0: int, successes1: int, trials1: int) -> float | None:
    """Two-sided p of equal proportions: z-test with the pooled proportion, no continuity correction.

    None below 30 successes in either period, and when there are more successes than trials: that is no proportion.
    """
    if min(successes0, successes1) < MIN_COUNT or successes0 > trials0 or successes1 > trials1:
        return None
    if successes0 * trials1 == successes1 * trials0:
        return 1.0  # also all successes in both, whose variance is zero
    return float(proportions_ztest([successes0, successes1], [trials0, trials1])[1])


def poisson_ratio_p(count0: int, exposure0: float, count1: int, exposure1: float) -> float | None:
    """Two-sided p of equal rates of counts per exposure (an amount, as money spent; both in the same unit).

    Conditional binomial test (Przyborowski and Wilenski 1940): at equal rates the second count is binomial in both
    together, with the second exposure's share. None below 30 counts in either period or without exposure.
    """
    if min(count0, count1) < MIN_COUNT or min(exposure0, exposure1) <= 0:
        return None
    return float(binomtest(count1, count0 + count1, exposure1 / (exposure0 + exposure1)).pvalue)
