"""Expected fingerprint of every table and month: equal to the stored one means nothing to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from datapilot_domain.contracts import TableContract
from datapilot_domain.landing import LandingEntry, digest
from datapilot_domain.ledger import landed_hashes
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_domain.sources import Roles, effective_roles, roles_by_month

NOTHING_LANDED = digest([[], False])


def expected_fingerprints(
    contracts: Iterable[TableContract],
    organization: Organization,
    landed: Mapping[Month, str],
    months: Iterable[Month],
    roles: Mapping[Month, Roles],
) -> dict[str, dict[Month, str]]:
    """Contract id → month → fingerprint, for the refined contracts of one family in the order data flows.

    `landed` holds the landed hash of each touched month, `roles` those of the sources in it. A contract depends
    on its upstream contracts over the months that it reads, on its own version, on the organization settings
    that it reads, and on the roles that it reads of their sources.
    """
    refined = {contract.id: contract for contract in contracts if contract.layer != "bronze"}
    known: dict[tuple[str, Month], str] = {}

    def of(contract_id: str, month: Month) -> str:
        if contract_id not in refined:
            return landed.get(month, NOTHING_LANDED)
        if (contract_id, month) not in known:
            contract = refined[contract_id]
            start, end = contract.months_read
            window = [month.plus(offset) for offset in range(start, end + 1)]
            settings = _settings(contract, organization, [roles.get(read, {}) for read in window])
            upstream = [of(table, read) for table in contract.reads for read in window]
            known[contract_id, month] = digest([contract.id, contract.version, settings, upstream])
        return known[contract_id, month]

    wanted = list(months)
    return {contract_id: {month: of(contract_id, month) for month in wanted} for contract_id in refined}


def _settings(contract: TableContract, organization: Organization, window: Sequence[Roles]) -> dict[str, Any]:
    settings: dict[str, Any] = {name: str(getattr(organization, name)) for name in contract.settings_read}
    if contract.roles_read == "off":
        settings["sources_off"] = [sorted(s for s, role in roles.items() if role == "off") for roles in window]
    elif contract.roles_read == "all":
        settings["source_roles"] = [sorted(roles.items()) for roles in window]
    return settings


def fingerprints_of_log(
    contracts: Sequence[TableContract],
    organization: Organization,
    entries: Sequence[LandingEntry],
    months: Iterable[Month] | None = None,
) -> dict[str, dict[Month, str]]:
    """Expected fingerprints of one family at this head of its landing log.

    `months`: of these only, as far as they can hold anything; None: of every month that the log ever reached.
    """
    family = contracts[0].family
    landed = landed_hashes(entries, family)
    readable = months_reading(contracts, landed)
    wanted = readable if months is None else readable & set(months)
    roles = roles_by_month(entries, effective_roles(entries, organization, family), family)
    return expected_fingerprints(contracts, organization, landed, sorted(wanted), roles)


def months_reading(contracts: Iterable[TableContract], changed: Iterable[Month]) -> set[Month]:
    """The changed months, widened by the months whose tables read them. Contracts in the order data flows."""
    reach: dict[str, tuple[int, int]] = {}
    for contract in contracts:
        read = [reach.get(upstream, (0, 0)) for upstream in contract.reads] or [(0, 0)]
        start, end = contract.months_read
        reach[contract.id] = start + min(first for first, _ in read), end + max(last for _, last in read)
    offsets = {0, *(offset for start, end in reach.values() for offset in range(start, end + 1))}
    return {month.plus(-offset) for month in changed for offset in offsets}
