"""One contract per table; `CONTRACTS` finds it by the name that the command line uses."""

from __future__ import annotations

from datapilot_domain.contracts.sales_gold import SALES_TABLES
from datapilot_domain.contracts.table import Column, Rule, TableContract

CONTRACTS: dict[str, TableContract] = {contract.id: contract for contract in SALES_TABLES}
# The tables of each source family, bronze first, in the order data flows.
FAMILY_CONTRACTS: dict[str, tuple[TableContract, ...]] = {SALES_TABLES[0].family: SALES_TABLES}

__all__ = ["CONTRACTS", "FAMILY_CONTRACTS", "Column", "Rule", "TableContract"]
