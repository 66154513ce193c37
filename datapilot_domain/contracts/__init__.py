"""One contract per table; `CONTRACTS` finds it by the name that the command line uses."""

from __future__ import annotations

from collections.abc import Collection

from datapilot_domain.contracts.ads import SILVER_CAMPAIGNS
from datapilot_domain.contracts.ads_gold import ADS_TABLES, MARKETING_TABLES
from datapilot_domain.contracts.insights import INSIGHT_TABLES, PUBLISHED
from datapilot_domain.contracts.sales_gold import SALES_TABLES
from datapilot_domain.contracts.table import Column, Rule, TableContract

# The monthly tables of each family, bronze first, in the order data flows; a family reads only those before it.
FAMILY_CONTRACTS: dict[str, tuple[TableContract, ...]] = {
    tables[0].family: tables for tables in (SALES_TABLES, ADS_TABLES, MARKETING_TABLES)
}
CONTRACTS: dict[str, TableContract] = {
    contract.id: contract
    for contract in (
        *(table for tables in FAMILY_CONTRACTS.values() for table in tables),
        SILVER_CAMPAIGNS,
        *INSIGHT_TABLES,
    )
}
# What people read with their own tools: gold by month, and what was said of it.
SERVED: tuple[TableContract, ...] = (
    *(contract for contract in CONTRACTS.values() if (contract.layer, contract.scope) == ("gold", "month")),
    PUBLISHED,
)


def with_upstream(contracts: Collection[TableContract]) -> tuple[TableContract, ...]:
    """These contracts and all that they are computed from, of whatever family, in the order data flows."""
    known = CONTRACTS | {contract.id: contract for contract in contracts}
    wanted: set[str] = set()
    waiting = [contract.id for contract in contracts]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += known[name].reads
    return tuple(contract for name, contract in known.items() if name in wanted)


__all__ = ["CONTRACTS", "FAMILY_CONTRACTS", "SERVED", "Column", "Rule", "TableContract", "with_upstream"]
