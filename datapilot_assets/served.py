"""Gold and insights by month as those take them who hand them on: what the lake holds, and the rows at that version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from datapilot_domain.contracts import TableContract
from datapilot_domain.landing import digest
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import MonthState
from datapilot_resources.platform import Platform

# Table id → month → what the lake holds of it.
States = Mapping[str, Mapping[Month, MonthState]]


class RowsDiffer(RuntimeError):
    """A version of a table does not hold as many rows of the month as its commit says."""


def lake_states(platform: Platform, org: OrgId, contracts: Iterable[TableContract]) -> States:
    return {contract.id: platform.lakehouse.months(contract, org) for contract in contracts}


def month_fingerprints(states: States, shape: object) -> dict[Month, str]:
    """Every month that a table has or had → fingerprint over all that it is read from, and the shape it gets.

    Fingerprints and versions of the tables: insights may be written again without new gold.
    """
    months = sorted({month for of in states.values() for month in of})
    return {month: digest([shape, _read(states, month)]) for month in months}


def _read(states: States, month: Month) -> list[tuple[str, str, int]]:
    return [(name, of[month].fingerprint, of[month].version) for name, of in states.items() if month in of]


def rows_at(
    platform: Platform, org: OrgId, contract: TableContract, month: Month, state: MonthState | None
) -> pa.Table:
    """The month's rows at the version that last wrote it, none without a state. Raises RowsDiffer."""
    version = state.version if state else None
    rows = platform.lakehouse.read(contract, org, [month] if state else [], version=version)
    if state and rows.num_rows != state.rows:
        raise RowsDiffer(f"{contract.id}: version {version} says {state.rows} rows and holds {rows.num_rows}")
    return rows
