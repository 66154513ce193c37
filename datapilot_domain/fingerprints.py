"""Expected fingerprint of every table and month: equal to the stored one means nothing to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from datapilot_domain.contracts import TableContract
from datapilot_domain.landing import digest, table_fingerprint
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month

NOTHING_LANDED = digest([[], False])


def expected_fingerprints(
    contracts: Iterable[TableContract],
    organization: Organization,
    landed: Mapping[Month, str],
    months: Iterable[Month],
) -> dict[str, dict[Month, str]]:
    """Contract id → month → fingerprint, for the refined contracts of one family in the order data flows.

    `landed` holds the landed hash of each touched month. A contract depends on its upstream contracts over
    the months that it reads, on its own version and on the organization settings that it reads.
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
            known[contract_id, month] = table_fingerprint(
                contract.id,
                contract.version,
                upstream=[of(upstream, read) for upstream in contract.reads for read in window],
                settings={name: str(getattr(organization, name)) for name in contract.settings_read},
            )
        return known[contract_id, month]

    wanted = list(months)
    return {contract_id: {month: of(contract_id, month) for month in wanted} for contract_id in refined}


def months_reading(contracts: Iterable[TableContract], changed: Iterable[Month]) -> set[Month]:
    """The changed months, widened by the months whose tables read them. Contracts in the order data flows."""
    reach: dict[str, tuple[int, int]] = {}
    for contract in contracts:
        read = [reach.get(upstream, (0, 0)) for upstream in contract.reads] or [(0, 0)]
        start, end = contract.months_read
        reach[contract.id] = start + min(first for first, _ in read), end + max(last for _, last in read)
    offsets = {0, *(offset for start, end in reach.values() for offset in range(start, end + 1))}
    return {month.plus(-offset) for month in changed for offset in offsets}
