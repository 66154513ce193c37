"""What a fact needs to be said: every threshold of every method, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Thresholds:
    """Shares are fractions of one. They are part of the fingerprint: with another one, months are computed again."""

    history_months: int = 36
    # Comparable days that a partial month needs.
    least_days: int = 7
    change: Decimal = Decimal("0.05")
    impact: Decimal = Decimal("0.01")
    # Of the movement of all members, told by the leading ones.
    leading_share: Decimal = Decimal("0.8")
    leading_most: int = 3
    # Breakdowns whose members are told.
    telling_dimensions: int = 2
    # Observations that a quotient needs in each period.
    least_orders: int = 30
    least_conversions: int = 30
    mix_segments: int = 20
    # Of both effects together, that the mix has to be.
    mix_part: Decimal = Decimal("0.2")
    concentration_of: int = 5
    concentration_top: Decimal = Decimal("0.5")
    concentration_share: Decimal = Decimal("0.8")
    concentration_members: Decimal = Decimal("0.2")
    member_share: Decimal = Decimal("0.05")
    top_places: int = 3
    # Spend that is worth a word: this share of the month's revenue, or this much in its currency.
    spend_share: Decimal = Decimal("0.01")
    spend_amount: Decimal = Decimal(100)
    roas_gap: Decimal = Decimal("0.10")
    refund_percentile: int = 90
    refund_history: int = 6
    refund_excess: Decimal = Decimal("0.01")
    series_months: int = 12
    record_margin: Decimal = Decimal("0.02")
    streak: int = 3
    segment_months: int = 3
    modified_z: float = 3.5
    seasonal_cycles: int = 2
    seasonal_strength: float = 0.64
    recent_months: int = 6
    false_discovery_rate: float = 0.05
    quarantine_share: Decimal = Decimal("0.01")
    provisional_share: Decimal = Decimal("0.2")
    restated: Decimal = Decimal("0.001")


THRESHOLDS = Thresholds()
