"""One contract per table; `CONTRACTS` finds it by the name that the command line uses."""

from __future__ import annotations

from datapilot_domain.contracts.sales import SALES_TABLES
from datapilot_domain.contracts.table import Column, Rule, TableContract

CONTRACTS: dict[str, TableContract] = {contract.id: contract for contract in SALES_TABLES}

__all__ = ["CONTRACTS", "Column", "Rule", "TableContract"]
