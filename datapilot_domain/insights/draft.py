"""Drafts: what an author – the offline analyst or a model – hands in. Texts with `{{slots}}`, never a number."""

from __future__ import annotations

from typing import Literal, get_args

from datapilot_domain.insights.fact import Direction
from datapilot_domain.insights.measures import Frozen

Recommendation = Literal[
    "none", "review_bid", "pause_zero_conversion", "shift_budget", "check_stock", "review_price", "review_discount",
    "investigate_channel", "wait_month_close", "check_tracking",
]  # fmt: skip
RECOMMENDATIONS: tuple[Recommendation, ...] = get_args(Recommendation)
# Fields of a fact that are words; all others are its quantities and, of these two, the size without its sign.
TEXT_FIELDS = ("entity", "period", "baseline_period", "metric")
SIZES = {"change_abs_size": "change_abs", "change_pct_size": "change_pct"}


class Binding(Frozen):
    """Where the text's `{{slot}}` takes its value from."""

    slot: str
    fact_id: str
    field: str


class Draft(Frozen):
    """One insight as it was written. `claim_fact_id`: the fact that it tells."""

    claim_fact_id: str
    headline: str
    body: str
    bindings: tuple[Binding, ...]
    direction: Direction
    recommendation: Recommendation = "none"
    recommendation_fact_id: str | None = None


class Drafts(Frozen):
    """All that an author hands in for a month."""

    language: Literal["pt-BR", "en"]
    insights: tuple[Draft, ...]
