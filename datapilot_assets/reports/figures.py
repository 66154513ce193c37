"""What a file changed in the figures of its family: the month before and after it (time travel, R24)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from datapilot_assets.reports.model import Effect
from datapilot_domain.contracts.ads_gold import MARKETING_MONTH
from datapilot_domain.contracts.sales_gold import SALES_MONTH
from datapilot_domain.kpis import KPIS
from datapilot_domain.landing import LandingEntry
from datapilot_domain.ledger import current_entries
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import MonthState
from datapilot_resources.landing_log import LandingLog
from datapilot_resources.platform import Platform

# The table in which a family's files change figures.
_FIGURES = {"sales": SALES_MONTH, "ads": MARKETING_MONTH}


class MonthHistory:
    """Figures of a month before and after the first commit that knew an entry."""

    def __init__(self, platform: Platform, org: OrgId, log: LandingLog, family: str = "sales") -> None:
        self._lakehouse, self._org, self._entries = platform.lakehouse, org, current_entries(log.entries)
        self._table = _FIGURES[family]
        self._measures = [name for name, kpi in KPIS.items() if kpi.table == self._table.id and kpi.stored]
        self._history = platform.lakehouse.history(self._table, org)
        self._figures: dict[tuple[Month, int], dict[str, Mapping[str, Any]]] = {}

    def effects(self, entry: LandingEntry) -> tuple[Effect, ...]:
        """Measures that differ, by month, currency and catalogue; nothing for months that nobody refined since."""
        effects: list[Effect] = []
        for month in sorted(entry.touched):
            states, at = self._commit_of(entry, month)
            if at is None:
                continue
            before = self._at(month, states[at - 1].version) if at else {}
            after = self._at(month, states[at].version)
            for currency in sorted({*before, *after}):
                old, new = before.get(currency, {}), after.get(currency, {})
                effects += [
                    Effect(
                        month=str(month),
                        measure=name,
                        currency=currency,
                        before=exact(old.get(name)),
                        after=exact(new.get(name)),
                    )
                    for name in self._measures
                    if old.get(name) != new.get(name)
                ]
        return tuple(effects)

    def computed_with(self, entry: LandingEntry) -> tuple[str, ...]:
        """Names of the other files that the same commits took up."""
        names: set[str] = set()
        for month in entry.touched:
            states, at = self._commit_of(entry, month)
            if at is not None:
                known = states[at - 1].log_head if at else 0
                together = (e for e in self._entries if known < e.seq <= states[at].log_head and month in e.touched)
                names.update(other.file for other in together if other.seq != entry.seq)
        return tuple(sorted(names))

    def _commit_of(self, entry: LandingEntry, month: Month) -> tuple[list[MonthState], int | None]:
        states = self._history.get(month, [])
        return states, next((n for n, state in enumerate(states) if state.log_head >= entry.seq), None)

    def _at(self, month: Month, version: int) -> dict[str, Mapping[str, Any]]:
        if (month, version) not in self._figures:
            rows = self._lakehouse.read(self._table, self._org, [month], version=version).to_pylist()
            self._figures[month, version] = {row["currency"]: row for row in rows}
        return self._figures[month, version]


def exact(value: Any) -> str | None:
    """A number as exact text, never in exponent form."""
    return None if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)
