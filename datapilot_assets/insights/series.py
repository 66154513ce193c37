"""What a monthly series says: robust statistics for 3 to 60 points, silent where the points are too few.

A series is a sequence of finite numbers, one a month without gaps, the oldest first, in any unit. Every function raises
ValueError for a NaN or an infinity. Differences below a billionth of the largest value are rounding, not movement.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from ruptures import Binseg
from scipy.ndimage import median_filter
from scipy.stats import false_discovery_control, kendalltau, mannwhitneyu, norm, theilslopes
from statsmodels.tsa.seasonal import STL

from datapilot_assets.insights.thresholds import THRESHOLDS

MIN_POINTS = THRESHOLDS.series_months
MIN_SEGMENT = THRESHOLDS.segment_months
MIN_CYCLES = THRESHOLDS.seasonal_cycles
STRONG_SEASON = THRESHOLDS.seasonal_strength
MODIFIED_Z = THRESHOLDS.modified_z
_MAD_OF_NORMAL = 0.6745  # of a standard deviation, as Iglewicz and Hoaglin round it
_MEAN_DEVIATIONS = 1.253314  # standard deviations in a mean absolute deviation: √(π/2)

Points: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trend:
    """slope: units of the series per month; p_value: two-sided, of no monotonic trend."""

    slope: float
    p_value: float


def trend(values: Sequence[float]) -> Trend | None:
    """Theil-Sen slope with the p of Mann-Kendall; None below 12 points or when all are equal.

    The p is Kendall's τ-b against time by the normal approximation: Mann-Kendall with the correction for ties and
    without the continuity correction (S, not S ∓ 1). It takes the months as independent: remove the season first.
    """
    points = _points(values)
    ranked = _without_rounding(points)
    if len(points) < MIN_POINTS or not np.ptp(ranked):
        return None
    months = np.arange(len(points))
    p_value = kendalltau(months, ranked, method="asymptotic").pvalue
    return Trend(float(theilslopes(points, months).slope), float(p_value))


def change_points(values: Sequence[float]) -> list[int]:
    """Indexes where a new level begins, ascending; levels last at least 3 months; none below 12 points.

    Binary segmentation on the mean (ruptures), each level at the price of the modified BIC: 3 s² ln n (Zhang and
    Siegmund 2007; the plain BIC finds levels in one of five series of noise). s is the scaled median absolute
    deviation of the month-to-month differences, which a jump does not widen. A single odd month is no level (running
    median of 3), and neither are the steps of a straight line that fits better.
    """
    points = _points(values)
    count, rounding = len(points), _rounding(points)
    if count < MIN_POINTS:
        return []
    # Half of the variance of the differences: both months of each are noisy. Rounding alone must not make levels.
    variance = max(_spread(np.diff(points), rounding), rounding) ** 2 / 2
    price = 3 * variance * math.log(count)
    smooth = median_filter(points, size=MIN_SEGMENT, mode="mirror")
    segments = Binseg(model="l2", min_size=MIN_SEGMENT, jump=1).fit(smooth)
    *found, _ = (int(end) for end in segments.predict(pen=price))
    levels = np.split(smooth, found)
    by_levels = sum(float(np.var(level)) * len(level) for level in levels) + price * len(found)
    line = np.polynomial.Polynomial.fit(np.arange(count), smooth, 1)
    by_line = float(np.sum((smooth - line(np.arange(count))) ** 2)) + price
    return found if by_levels < by_line else []


def level_shift_p(values: Sequence[float], index: int) -> float:
    """Two-sided p that the level from `index` on is another one. ValueError unless both sides have 3 points.

    Mann-Whitney, because one odd month must not make or hide a shift and a level without noise has no variance for
    Welch; times the places where a level may begin (Bonferroni), because `index` was chosen for its shift. For one of
    several change points pass the two levels around it only.
    """
    points = _without_rounding(_points(values))
    if not MIN_SEGMENT <= index <= len(points) - MIN_SEGMENT:
        raise ValueError(f"a level of fewer than {MIN_SEGMENT} points at index {index} of {len(points)}")
    places = len(points) - 2 * MIN_SEGMENT + 1
    return min(1.0, places * float(mannwhitneyu(points[:index], points[index:], alternative="two-sided").pvalue))


def outliers(values: Sequence[float], period: int = 12) -> list[tuple[int, float]]:
    """(index, modified z) of the months with |z| > 3.5 (Iglewicz and Hoaglin 1993); none below 12 points.

    Looks at the differences to the same month of the cycle before when there are two full cycles and 12 differences,
    else at the residuals of the Theil-Sen line, so that neither a season nor a trend is an outlier. The month a cycle
    after an outlier differs from it the other way and is not reported; an outlier of the first cycle, which has no
    month before it, is seen only as that echo.
    """
    points = _points(values)
    count = len(points)
    if count < MIN_POINTS:
        return []
    seasonal = count >= MIN_CYCLES * period and count - period >= MIN_POINTS
    if seasonal:
        first, deviations = period, points[period:] - points[:-period]
    else:
        line = theilslopes(points)
        first, deviations = 0, points - line.intercept - line.slope * np.arange(count)
    deviations = deviations - np.median(deviations)
    spread = _spread(deviations, _rounding(points))
    found: dict[int, float] = {}
    for index, deviation in enumerate(deviations.tolist(), start=first):
        is_echo = seasonal and found.get(index - period, 0) * deviation < 0
        if abs(deviation) > MODIFIED_Z * spread > 0 and not is_echo:
            found[index] = deviation / spread
    return list(found.items())


def p_of_modified_z(z: float) -> float:
    """Two-sided p of a standard normal at least as far from zero as z."""
    return float(2 * norm.sf(abs(z)))


def seasonal_strength(values: Sequence[float], period: int = 12) -> float | None:
    """How much of what the trend leaves is season: 0 none, 1 all; strong from 0.64. None below two full cycles.

    STL with one season for all cycles, and 1 − var(rest)/var(season + rest) (Wang, Smith and Hyndman 2006), adjusted
    as R² is for the means that it fits, (n − 1)/(n − period): of two cycles of noise the plain strength is 0.5, and
    with STL's own changing season 1. None, too, when nothing but rounding is left of the trend.
    """
    points = _points(values)
    parts = _decomposed(points, period)
    if parts is None or np.ptp(parts.seasonal + parts.resid) <= _rounding(points):
        return None
    rest = float(np.var(parts.resid) / np.var(parts.seasonal + parts.resid))
    return max(0.0, 1 - rest * (len(points) - 1) / (len(points) - period))


def without_season(values: Sequence[float], period: int = 12) -> list[float]:
    """The series less its season when that is strong, else as it is: what trend and change_points should look at."""
    points = _points(values)
    strength = seasonal_strength(values, period)
    parts = _decomposed(points, period) if strength is not None and strength >= STRONG_SEASON else None
    return [float(value) for value in (points if parts is None else points - parts.seasonal)]


def streak(values: Sequence[float]) -> int:
    """Consecutive rises (positive) or falls (negative) that end the series, in months; 0 after no change."""
    signs = [(new > old) - (new < old) for old, new in pairwise(_without_rounding(_points(values)).tolist())]
    last = signs[-1] if signs else 0
    return last * len(list(takewhile(lambda sign: sign == last, reversed(signs))))


def is_record(values: Sequence[float]) -> Literal["highest", "lowest"] | None:
    """Whether the last month is above or below every one before; None below 12 points or when it ties."""
    if len(values) < MIN_POINTS:
        return None
    *before, last = _without_rounding(_points(values)).tolist()
    return "highest" if last > max(before) else "lowest" if last < min(before) else None


def benjamini_hochberg(p_values: Sequence[float], rate: float = 0.05) -> list[bool]:
    """Which of the tests stand when at most `rate` of those may be false (Benjamini and Hochberg 1995), in their order.

    ValueError for a p outside 0 to 1.
    """
    return [bool(adjusted <= rate) for adjusted in false_discovery_control(p_values)]


def _points(values: Sequence[float]) -> Points:
    points = np.asarray(values, dtype=np.float64)
    if not np.isfinite(points).all():
        raise ValueError("a series of months must be finite numbers: fill or drop the months without one")
    return points


def _rounding(points: Points) -> float:
    return 1e-9 * float(np.max(np.abs(points), initial=0))


def _without_rounding(points: Points) -> Points:
    """In units of the rounding, whole: what differs by rounding only is a tie."""
    return np.rint(points / (_rounding(points) or 1.0))


def _spread(deviations: Points, rounding: float) -> float:
    """Robust standard deviation: from the median absolute deviation, or the mean one when most are the same; 0: all."""
    distances = np.abs(deviations - np.median(deviations))
    median, mean = float(np.median(distances)), float(np.mean(distances))
    if median > rounding:
        return median / _MAD_OF_NORMAL
    return mean * _MEAN_DEVIATIONS if mean > rounding else 0.0


def _decomposed(points: Points, period: int) -> Any:
    if len(points) < MIN_CYCLES * period:
        return None
    # A window far longer than the series with degree 0: every cycle has the same season.
    return STL(points, period=period, seasonal=10 * len(points) + 1, seasonal_deg=0).fit()
