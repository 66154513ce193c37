"""Facts: what gold says about a month, found by code, with the evidence of every number."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from datapilot_domain.insights.measures import Frozen, Quantity, Term
from datapilot_domain.landing import digest
from datapilot_domain.locales import format_date, format_month
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month

FactType = Literal[
    # About the data: always first.
    "partial_sales", "partial_ads", "missing_source", "mirror_source", "quarantine", "restated",
    "provisional_conversions", "other_currency",
    # Against other months.
    "change", "driver", "detractor", "mix_shift", "rank_change", "appeared", "disappeared",
    "trend", "change_point", "outlier", "seasonality", "record", "streak",
    # Of the month itself.
    "concentration", "roas_below_one", "roas_below_target", "spend_without_conversions", "refund_rate_high", "roas_gap",
]  # fmt: skip
DATA_QUALITY: tuple[FactType, ...] = (
    "partial_sales", "partial_ads", "missing_source", "mirror_source", "quarantine", "restated",
    "provisional_conversions", "other_currency",
)  # fmt: skip
Severity = Literal["critical", "high", "medium", "low", "info"]
Direction = Literal["up", "down", "none"]
Compare = Literal["previous_month", "same_month_last_year", "own_history", "whole", "claimed_by_platforms"]


class Period(Frozen):
    """Months, or days of one month, that a number covers. `complete`: every day of them has had its data."""

    months: tuple[Month, ...]
    first_day: int | None = None
    last_day: int | None = None
    complete: bool = True

    @property
    def month(self) -> Month:
        return self.months[-1]

    def words(self, locale: str) -> str:
        """`março/2024`; of some days only, `01/03/2024 a 12/03/2024`; of several months their first and last."""
        if self.first_day is not None and self.last_day is not None:
            days = (self.month.first_day.replace(day=day) for day in (self.first_day, self.last_day))
            return (" a " if locale == "pt-BR" else " to ").join(format_date(day, locale) for day in days)
        ends = dict.fromkeys((self.months[0], self.month))
        return (" a " if locale == "pt-BR" else " to ").join(format_month(month, locale) for month in ends)


class Member(Frozen):
    """A member of a dimension: its key in gold (None: the source does not say) and the name that people read."""

    dimension: str
    key: str | None
    name: str | None = None


class Claim(Frozen):
    """What a fact says, without its numbers."""

    type: FactType
    kpi: str
    period: Period
    baseline: Period | None = None
    compare: Compare | None = None
    direction: Direction = "none"
    member: Member | None = None

    @property
    def key(self) -> str:
        """The same from month to month: what makes a fact a repetition of last month's."""
        member = None if self.member is None else [self.member.dimension, self.member.key]
        return digest([self.type, self.kpi, self.compare, self.direction, member])


class EvidenceRow(Frozen):
    """One total as it was read: numerator, and denominator where it is a quotient."""

    term: Term
    numerator: Decimal | None
    denominator: Decimal | None = None


class Evidence(Frozen):
    """The rows of one table, at one Delta version, that a fact was computed from."""

    org_id: OrgId
    table: str
    delta_version: int
    currency: str
    rows: tuple[EvidenceRow, ...]

    @property
    def id(self) -> str:
        """Of the organization, what was asked, and the snapshot."""
        asked = [row.term.model_dump(mode="json") for row in self.rows]
        return digest([self.org_id, self.table, self.delta_version, self.currency, asked])

    @property
    def rows_hash(self) -> str:
        return digest([[_text(row.numerator), _text(row.denominator)] for row in self.rows])


def _text(value: Decimal | None) -> str | None:
    """Equal numbers, equal text: trailing zeros say nothing."""
    return None if value is None else format(value.normalize() + 0, "f")


class Fact(Frozen):
    """A claim with its numbers, what they were read from, and what they are worth."""

    org_id: OrgId
    month: Month
    claim: Claim
    quantities: tuple[Quantity, ...]
    evidence: tuple[Evidence, ...]
    # What is at stake, as a share of the month's revenue.
    impact: Decimal
    # Observations behind the test, and its p-value; None where nothing was tested.
    n: int = 1
    p_value: float | None = None
    is_new: bool = True

    @property
    def id(self) -> str:
        """Of what is said: the same numbers of a later Delta version are the same fact."""
        numbers = [[q.field, q.unit, _text(q.value)] for q in self.quantities]
        return digest([self.org_id, self.month, self.claim.model_dump(mode="json"), numbers])

    @property
    def currency(self) -> str:
        return self.quantities[0].currency

    @property
    def is_about_data(self) -> bool:
        return self.claim.type in DATA_QUALITY

    @property
    def is_complete(self) -> bool:
        baseline = self.claim.baseline
        return self.claim.period.complete and (baseline is None or baseline.complete)

    @property
    def severity(self) -> Severity:
        return severity_of(self.impact)

    @property
    def score(self) -> Decimal:
        """Impact (capped at all revenue) × significance × novelty."""
        significance = Decimal(1) if self.p_value is None else 1 - Decimal(repr(self.p_value))
        score = min(self.impact, Decimal(1)) * significance * (1 if self.is_new else REPEATED)
        return score.quantize(Decimal("1e-10"))

    def quantity(self, field: str) -> Quantity | None:
        return next((quantity for quantity in self.quantities if quantity.field == field), None)


# What a fact is worth that last month told already.
REPEATED = Decimal("0.5")
_SEVERITIES: tuple[tuple[str, Severity], ...] = (
    ("0.20", "critical"),
    ("0.10", "high"),
    ("0.05", "medium"),
    ("0.01", "low"),
)


def severity_of(impact: Decimal) -> Severity:
    """By the share of the month's revenue that is at stake; no model has a say."""
    return next((name for least, name in _SEVERITIES if impact >= Decimal(least)), "info")
