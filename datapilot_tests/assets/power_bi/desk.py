"""An organization with gold in the lake, and its semantic model on a server with a clock of its own."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from datapilot_assets.power_bi.push import PushedMonth, push_months
from datapilot_assets.power_bi.state import pending_power_bi
from datapilot_domain.contracts import CONTRACTS, TableContract
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_resources.power_bi import PowerBi
from datapilot_resources.power_bi_rows import data_type, declared, pushed_columns
from datapilot_tests.assets.serving.shelf import Row, Shelf, some_rows
from datapilot_tests.services.power_bi_server import Dataset, PowerBiServer

MONTH, DAILY, PRODUCTS = (CONTRACTS[f"gold.sales_{name}"] for name in ("month", "daily", "products"))
TABLES = (MONTH, DAILY, PRODUCTS)
SECRET = "canary-secret-of-the-client"
_WIDEST = 2**63 - 2


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    now: float = 1_700_000_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Desk:
    platform: Platform
    organization: Organization
    server: PowerBiServer
    clock: Clock
    dataset_id: str

    @property
    def org(self) -> OrgId:
        return self.organization.org_id

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.platform, self.organization)

    @property
    def dataset(self) -> Dataset:
        return self.server.datasets[self.dataset_id]

    def put(self, contract: TableContract, *months: Month, seed: object = 1, count: int = 12) -> None:
        rows = {month: [fitting(row) for row in some_rows(contract, month, seed, count)] for month in months}
        # Not in the order of their keys.
        self.shelf.put(contract, {month: found[::-1] for month, found in rows.items()})

    def put_all(self, *months: Month, seed: object = 1) -> None:
        for contract in TABLES:
            self.put(contract, *months, seed=seed)

    def push(self, *months: Month, restarted: bool = True) -> list[PushedMonth]:
        """Push these months (none: all that is pending), as a new process does."""
        if restarted:
            self.restart()
        wanted = months or tuple(pending_power_bi(self.platform, self.organization))
        return list(push_months(self.platform, self.organization, wanted))

    def restart(self, **options: Any) -> None:
        """Nothing of the last process is remembered but what it wrote."""
        settings = self.platform.settings
        self.platform.__dict__["power_bi"] = PowerBi(settings, clock=self.clock, sleep=self.clock.sleep, **options)

    @property
    def pending(self) -> list[Month]:
        return sorted(pending_power_bi(self.platform, self.organization))

    def posts(self, table: TableContract) -> int:
        return len([path for method, path in self.server.calls if method == "POST" and f"/{table.table}/" in path])

    def deletes(self, table: TableContract) -> int:
        return len([path for method, path in self.server.calls if method == "DELETE" and f"/{table.table}/" in path])

    def in_lake(self, contract: TableContract) -> list[Row]:
        """What the table should hold, in any order."""
        states = self.platform.lakehouse.months(contract, self.org)
        rows = self.platform.lakehouse.read(contract, self.org).to_pylist()
        types = {column.name: data_type(column) for column in pushed_columns(contract)}
        found = [row | {"delta_version": states[Month.parse(row["month"])].version} for row in rows]
        return in_order([{name: _as_json(row[name], kind) for name, kind in types.items()} for row in found])

    def there(self, contract: TableContract) -> list[Row]:
        """What the server holds, in any order."""
        types = {column.name: data_type(column) for column in pushed_columns(contract)}
        found = self.dataset.rows.get(contract.table, [])
        return in_order([{name: _comparable(row[name], kind) for name, kind in types.items()} for row in found])

    def is_exact(self) -> bool:
        """Every row is there, once, with every digit, and no request broke a limit."""
        return not self.server.violations and all(self.there(table) == self.in_lake(table) for table in TABLES)


def declare(server: PowerBiServer, workspace: str, name: str, tables: tuple[TableContract, ...] = TABLES) -> None:
    """As whoever made the semantic model did."""
    columns = [declared(contract) for contract in tables]
    server.datasets[name] = Dataset(workspace, {t["name"]: _types(t["columns"]) for t in columns})


def _types(columns: list[Mapping[str, str]]) -> dict[str, str]:
    return {column["name"]: column["dataType"] for column in columns}


def fitting(row: Row) -> Row:
    """Without the two numbers that Power BI does not take."""
    return {name: max(-_WIDEST, min(_WIDEST, value)) if type(value) is int else value for name, value in row.items()}


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def _as_json(value: Any, kind: str) -> Any:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dt.date):
        return f"{value.isoformat()}T00:00:00"
    return _comparable(value, kind)


def _comparable(value: Any, kind: str) -> Any:
    if kind == "Double" and value is not None:
        return float(value)
    return Decimal(value) if kind == "Decimal" and value is not None else value


def sections(targets: Sequence[Mapping[str, Any]]) -> str:
    """A file of deliveries; JSON is YAML."""
    return json.dumps({"power_bi": list(targets)})
