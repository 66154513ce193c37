"""Push the months of one organization that are not in Power BI as the lake has them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from datapilot_assets.power_bi.state import (
    Wanted,
    by_month,
    is_current,
    is_outdated,
    reached_target,
    waiting_months,
    wanted_of,
)
from datapilot_assets.status import unsettled_months
from datapilot_domain.contracts import TableContract
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources import power_bi_limits as limits
from datapilot_resources.platform import Platform
from datapilot_resources.power_bi import PowerBiDataset
from datapilot_resources.power_bi_errors import PowerBiLater, PowerBiRefused, PowerBiUnavailable
from datapilot_resources.power_bi_ledger import Delivered
from datapilot_resources.power_bi_rows import Chunk, ValueRefused, chunks
from datapilot_resources.power_bi_target import PowerBiTarget
from datapilot_resources.power_bi_turn import NOTHING, Place, TurnRecords

logger = logging.getLogger(__name__)


class TablesRefused(RuntimeError):
    """Tables that could not be pushed; the others of the run were."""


@dataclass(frozen=True)
class PushedMonth:
    """A month that is in Power BI as the lake has it, since this run. `rows` by table id."""

    month: Month
    fingerprint: str
    rows: dict[str, int]


@dataclass(frozen=True)
class _Push:
    platform: Platform
    target: PowerBiTarget
    dataset: PowerBiDataset
    turn: TurnRecords
    unsettled: Collection[Month]

    @property
    def org(self) -> OrgId:
        return self.target.organization

    def chunks(self, contract: TableContract, month: Month, wanted: Wanted) -> Iterator[Chunk]:
        version, expected = wanted.state.version, wanted.state.rows
        rows = self.platform.lakehouse.read(contract, self.org, [month], version=version)
        if rows.num_rows != expected:
            found = f"version {version} says {expected} rows of {month} and holds {rows.num_rows}"
            raise PowerBiRefused(f"{contract.id}: {found}; refine the month again")
        return chunks(contract, rows, version)

    def table(self, contract: TableContract, months: Collection[Month]) -> None:
        """Append these months; where rows are there, or may be, that should not: empty it and send all its months."""
        wanted = wanted_of(self.platform, self.org, contract)
        if sum(found.state.rows for found in wanted.values()) > (most := limits.TABLE_ROWS[self.target.retention]):
            raise PowerBiRefused(f"{contract.id} has more than {most} rows, which no table there holds; leave it out")
        delivered = self.platform.power_bi.ledger.delivered(self.org, str(self.target.dataset))
        there = by_month(contract, delivered)
        settled = {month: found for month, found in wanted.items() if month not in self.unsettled}
        todo = {m: w for m, w in settled.items() if m in months and not is_current(w, there.get(m, []))}
        plans = self._plans(contract, todo)
        planned_otherwise = any(not _fits(plans[m], w, there.get(m, [])) for m, w in todo.items())
        if planned_otherwise or self._must_be_emptied(contract, wanted, there):
            # All of it is read first: what Power BI would not take must not leave an empty table behind.
            todo, plans, there = settled, self._plans(contract, settled), {}
            self.dataset.empty(self.turn, contract.table)
        for month, found in todo.items():
            place = Place(contract.table, month, found.fingerprint)
            self.turn.plan(place, plans[month])
            known = [chunk for chunk in there.get(month, []) if chunk.fingerprint == found.fingerprint]
            sent = {chunk.chunk for chunk in known if chunk.state == "sent"}
            for chunk in self.chunks(contract, month, found):
                if chunk.number not in sent:
                    self.dataset.push(self.turn, place, chunk)

    def _must_be_emptied(
        self, contract: TableContract, wanted: dict[Month, Wanted], there: dict[Month, list[Delivered]]
    ) -> bool:
        bodies = [chunk for found in there.values() for chunk in found]
        return (
            contract.table in self.platform.power_bi.ledger.emptying(self.org, str(self.target.dataset))
            or any(chunk.state == "sending" for chunk in bodies)
            or any(is_outdated(wanted, chunk) and chunk.month not in self.unsettled for chunk in bodies)
        )

    def _plans(self, contract: TableContract, todo: dict[Month, Wanted]) -> dict[Month, list[tuple[int, str]]]:
        return {m: [(chunk.rows, chunk.sha256) for chunk in self.chunks(contract, m, w)] for m, w in todo.items()}


def _fits(plan: list[tuple[int, str]], wanted: Wanted, known: list[Delivered]) -> bool:
    """Whether what was planned of the month before is what would be planned now."""
    mine = [(chunk.rows, chunk.sha256) for chunk in known if chunk.fingerprint == wanted.fingerprint]
    return not mine or mine == (plan or NOTHING)


def push_months(platform: Platform, organization: Organization, months: Collection[Month]) -> Iterator[PushedMonth]:
    """Push those of the months that wait, as far as the limits and the run's time allow; what is there as a whole.

    Raises at the end, so that what was done is told: SettingsError, PostgresUnavailable, PowerBiUnavailable,
    TurnTaken, TurnLost, DatasetTaken, and TablesRefused, where one table stops no other.
    """
    org = organization.org_id
    target, before = reached_target(platform, org), waiting_months(platform, organization)
    wanted = before.keys() & set(months)
    if target is None or not wanted:
        return
    if (rest := platform.power_bi.ledger.rest(str(target.dataset))) and not rest.failures:
        logger.warning("Power BI, %s: nothing is sent before the limits let it through", org)
        return
    dataset = platform.power_bi.dataset(target)
    problems: dict[str, None] = {}
    unavailable: PowerBiUnavailable | None = None
    with dataset.turn() as turn:
        push = _Push(platform, target, dataset, turn, unsettled_months(platform, organization))
        for contract in target.contracts:
            try:
                push.table(contract, wanted)
            except (PowerBiRefused, ValueRefused) as error:
                problems[str(error)] = None
            except PowerBiLater as error:
                logger.warning("Power BI, %s: %s; the next run goes on", org, error)
                break
            except PowerBiUnavailable as error:
                unavailable = error
                break
    waiting = waiting_months(platform, organization)
    states = {contract: wanted_of(platform, org, contract) for contract in target.contracts}
    for month in sorted(before.keys() - waiting.keys()):
        rows = {contract.id: of[month].state.rows for contract, of in states.items() if month in of}
        yield PushedMonth(month, before[month], rows)
    if unavailable is not None:
        raise unavailable
    if problems:
        raise TablesRefused("; ".join(problems))
