"""All facts of a month: every method, one correction for many tests, data quality first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from datapilot_assets.insights.coverage import SalesCoverage
from datapilot_assets.insights.gold import Gold
from datapilot_assets.insights.making import Bench
from datapilot_assets.insights.methods import change, history, members, month, quality
from datapilot_assets.insights.series import benjamini_hochberg
from datapilot_domain.insights.fact import Fact
from datapilot_domain.insights.measures import Term
from datapilot_domain.partitions import Month

Method = Callable[[Bench], Iterator[Fact]]
logger = logging.getLogger(__name__)
_METHODS: tuple[Method, ...] = (
    quality.partial_months,
    quality.sources,
    quality.quarantined,
    quality.provisional,
    quality.other_currencies,
    change.changes,
    members.drivers,
    members.appearances,
    members.rank_changes,
    members.mix_shifts,
    month.concentrations,
    month.weak_returns,
    month.spend_without_conversions,
    month.high_refunds,
    month.roas_gap,
    history.histories,
)


@dataclass(frozen=True)
class Finder:
    """Finds the facts of any month of one organization. Pure: same gold, same facts."""

    gold: Gold
    sales: SalesCoverage
    ads_complete: frozenset[Month]
    # Closed month → version of gold.sales_month that said something else of it.
    restated: Mapping[Month, int]

    def facts(self, of: Month) -> list[Fact]:
        """Facts in the order in which they are told: about the data first, then by score."""
        return self.found(of)[0]

    def found(self, of: Month) -> tuple[list[Fact], list[str]]:
        """The facts, and what went wrong in methods that found none: each costs its own facts and no others."""
        repeated = {fact.claim.key for fact in self._found(of.plus(-1), [])}
        failed: list[str] = []
        told = [fact.model_copy(update={"is_new": fact.claim.key not in repeated}) for fact in self._found(of, failed)]
        return sorted(told, key=_order), failed

    def _found(self, of: Month, failed: list[str]) -> list[Fact]:
        if not self.gold.currencies(of):
            return []
        bench = Bench(self.gold, of, self.sales, self.ads_complete)
        facts: list[Fact] = []
        methods: tuple[Method, ...] = (*_METHODS, partial(quality.restated, earlier=self.restated))
        for method in methods:
            try:
                facts += list(method(bench))
            except Exception as error:
                logger.exception("%s: a method failed", of)
                failed.append(f"{type(error).__name__}: {error}"[:500])
        return discovered(facts, bench.thresholds.false_discovery_rate)


# Of facts that weigh the same, what can be acted on comes first.
_FIRST = (
    "spend_without_conversions",
    "roas_below_one",
    "roas_below_target",
    "refund_rate_high",
    "change",
    "appeared",
    "disappeared",
)


def _order(fact: Fact) -> tuple[bool, Decimal, int, str]:
    """About the data first, then by score."""
    kind = fact.claim.type
    return not fact.is_about_data, -fact.score, _FIRST.index(kind) if kind in _FIRST else len(_FIRST), fact.claim.key


def discovered(facts: Sequence[Fact], rate: float) -> list[Fact]:
    """Facts that were not tested, and of those tested the ones that Benjamini-Hochberg keeps together."""
    tested = [fact for fact in facts if fact.p_value is not None]
    if not tested:
        return list(facts)
    holds = benjamini_hochberg([fact.p_value or 0.0 for fact in tested], rate)
    dropped = {fact.id for fact, kept in zip(tested, holds, strict=True) if not kept}
    return [fact for fact in facts if fact.id not in dropped]


def complete_ads_months(gold: Gold) -> frozenset[Month]:
    """Months whose every day the ads data cover."""
    months: Collection[Month] = gold.series("spend")
    found = set()
    for of in months:
        days = gold.value(Term(kpi="spend", months=(of,), at="gold.marketing_month", column="ads_days"))
        if days is not None and days >= Decimal(of.last_day.day):
            found.add(of)
    return frozenset(found)
