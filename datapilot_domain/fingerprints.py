"""Expected fingerprint of every table and month: equal to the stored one means nothing to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from datapilot_domain.contracts import TableContract, with_upstream
from datapilot_domain.contracts.table import EDGE_DAYS
from datapilot_domain.exchange_rates import day_rates
from datapilot_domain.landing import Edges, LandingEntry, digest
from datapilot_domain.ledger import landed_edges, landed_hashes
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_domain.sources import Roles, effective_roles, roles_by_month

NOTHING_LANDED = digest([[], False])
# Of a month: all of it, its first days, its last days (EDGE_DAYS).
Part = Literal["whole", "head", "tail"]


@dataclass(frozen=True)
class Landed:
    """What landed for one family: hash of each touched month, edges where known, and the roles of the sources."""

    hashes: Mapping[Month, str]
    roles: Mapping[Month, Roles]
    edges: Mapping[Month, Sequence[Edges]] = field(default_factory=dict)

    def part(self, month: Month, part: Part) -> str:
        """Hash of the month, or of its first or last days: of the whole month where these are not known."""
        if part == "whole" or month not in self.edges:
            return self.hashes.get(month, NOTHING_LANDED)
        return _edge(self.edges[month][-1], part)

    def was_filled(self, month: Month, part: Part) -> bool:
        """Whether an edge of the month ever held anything, as far as that is known."""
        return month not in self.edges or any(_edge(was, part) != NOTHING_LANDED for was in self.edges[month])


def _edge(edges: Edges, part: Part) -> str:
    return edges.head if part == "head" else edges.tail


_NOTHING = Landed({}, {})


def expected_fingerprints(
    contracts: Collection[TableContract],
    organization: Organization,
    landed: Mapping[str, Landed],
    months: Iterable[Month],
) -> dict[str, dict[Month, str]]:
    """Contract id → month → fingerprint, for refined contracts and those that they read, in the order data flows.

    `landed`: by family. A contract depends on its upstream contracts over the months that it reads, or over the
    days beside its own month, on its own version, on the organization settings that it reads, on the exchange
    rates that hold on its days, and on the roles that it reads of its family's sources.
    """
    known = {contract.id: contract for contract in with_upstream(contracts)}
    found: dict[tuple[str, Month, Part], str] = {}

    def of(contract_id: str, month: Month, part: Part = "whole") -> str:
        contract = known[contract_id]
        family = landed.get(contract.family, _NOTHING)
        if contract.layer == "bronze":
            return family.part(month, part)
        if (contract_id, month, part) not in found:
            reads = _reads(contract, month, part)
            settings = _settings(contract, organization, [family.roles.get(read, {}) for read, _ in reads])
            if contract.rates_read:
                settings["exchange_rates"] = [_rates(organization, *read) for read in reads]
            upstream = [of(table, *read) for table in contract.reads for read in reads]
            found[contract_id, month, part] = digest([contract.id, contract.version, settings, upstream])
        return found[contract_id, month, part]

    wanted = list(months)
    return {
        contract.id: {month: of(contract.id, month) for month in wanted}
        for contract in known.values()
        if contract.layer != "bronze"
    }


def _reads(contract: TableContract, month: Month, part: Part) -> list[tuple[Month, Part]]:
    """The months that a month of the contract, or its edge, is computed from, and what of them."""
    if contract.days_read:
        return [(month.plus(-1), "tail"), (month, "whole"), (month.plus(1), "head")]
    return [(month.plus(offset), part if contract.window == range(1) else "whole") for offset in contract.window]


def _settings(contract: TableContract, organization: Organization, window: Sequence[Roles]) -> dict[str, Any]:
    settings: dict[str, Any] = {name: str(getattr(organization, name)) for name in contract.settings_read}
    if contract.roles_read == "off":
        settings["sources_off"] = [sorted(s for s, role in roles.items() if role == "off") for roles in window]
    elif contract.roles_read == "all":
        settings["source_roles"] = [sorted(roles.items()) for roles in window]
    return settings


def _rates(organization: Organization, month: Month, part: Part) -> list[tuple[str, str, str, str]]:
    """The exchange rates that hold on the days of the month, or of its edge."""
    first, last = month.first_day, month.last_day
    beside = dt.timedelta(days=EDGE_DAYS - 1)
    first, last = (
        (first, first + beside) if part == "head" else (last - beside, last) if part == "tail" else (first, last)
    )
    rates = day_rates(organization.exchange_rates, first, last)
    return [(rate.currency, str(rate.day), f"{rate.rate.normalize():f}", str(rate.rate_on)) for rate in rates]


def fingerprints_of_log(
    contracts: Collection[TableContract], organization: Organization, entries: Sequence[LandingEntry]
) -> dict[str, dict[Month, str]]:
    """Expected fingerprints of these contracts, and of those that they read, at this head of the landing log.

    Of every month of which the contract's tables can hold anything, by all that ever landed.
    """
    every = with_upstream(contracts)
    landed = {}
    for family in dict.fromkeys(contract.family for contract in every if contract.layer == "bronze"):
        roles = roles_by_month(entries, effective_roles(entries, organization, family), family)
        landed[family] = Landed(landed_hashes(entries, family), roles, landed_edges(entries, family))
    months = {
        contract.id: {month for family, found in landed.items() for month in _months_of(contract, every, family, found)}
        for contract in every
    }
    found = expected_fingerprints(contracts, organization, landed, sorted(set().union(*months.values())))
    return {name: {m: text for m, text in of.items() if m in months[name]} for name, of in found.items()}


def _months_of(contract: TableContract, every: Iterable[TableContract], family: str, landed: Landed) -> set[Month]:
    """Months of which the contract's table can hold anything, by all that ever landed for the family."""
    offsets = _offsets(contract, every, family)
    if contract.days_read and offsets:
        before = {month.plus(-1) for month in landed.hashes if landed.was_filled(month, "head")}
        after = {month.plus(1) for month in landed.hashes if landed.was_filled(month, "tail")}
        return {*landed.hashes, *before, *after}
    return {month.plus(-offset) for month in landed.hashes for offset in offsets}


def months_reading(contracts: Collection[TableContract], changed: Iterable[Month]) -> set[Month]:
    """The changed months of one family, widened by the months whose tables read them."""
    family = next(iter(contracts)).family
    offsets = {0}.union(*(_offsets(contract, contracts, family) for contract in contracts))
    return {month.plus(-offset) for month in changed for offset in offsets}


def _offsets(contract: TableContract, contracts: Iterable[TableContract], family: str) -> range:
    """Months that the contract reads of the family's files, relative to its own; none if it draws on others only."""
    known = {other.id: other for other in contracts}

    def reach(name: str) -> tuple[int, int] | None:
        table = known[name]
        if table.layer == "bronze":
            return (0, 0) if table.family == family else None
        read = [found for upstream in table.reads if (found := reach(upstream)) is not None]
        if not read:
            return None
        return table.window[0] + min(first for first, _ in read), table.window[-1] + max(last for _, last in read)

    found = reach(contract.id)
    return range(0) if found is None else range(found[0], found[1] + 1)
