"""A month of an organization as it is exported: every served table, its rows in the order of its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datapilot_assets.served import States, rows_at
from datapilot_domain.contracts import SERVED, TableContract
from datapilot_domain.landing import digest
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_domain.rows import in_order
from datapilot_resources.platform import Platform


@dataclass(frozen=True)
class MonthTable:
    """Rows of the columns that a reader may see. `delta_version`: they were read at; None: the month is in none."""

    contract: TableContract
    delta_version: int | None
    rows: list[dict[str, Any]]

    @property
    def columns(self) -> list[str]:
        return [column.name for column in self.contract.shown]


@dataclass(frozen=True)
class ExportMonth:
    organization: Organization
    month: Month
    tables: tuple[MonthTable, ...]


def read_export(platform: Platform, organization: Organization, month: Month, states: States) -> ExportMonth:
    """The month as these states have it. Raises RowsDiffer."""
    tables = []
    for contract in SERVED:
        state = states[contract.id].get(month)
        rows = rows_at(platform, organization.org_id, contract, month, state)
        shown = rows.select([column.name for column in contract.shown]).to_pylist()
        tables.append(MonthTable(contract, state.version if state else None, in_order(contract, shown)))
    return ExportMonth(organization, month, tuple(tables))


def schema_version() -> str:
    """Hash of the contracts of all exported tables: names, keys, and each column's type and description."""
    return digest(
        [
            [contract.id, contract.key, [[column.name, column.type, column.description] for column in contract.shown]]
            for contract in SERVED
        ]
    )
