"""An organization whose gold is written without Spark, with any values that its contracts allow."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg2
import pyarrow as pa
import pytest
from pydantic import SecretStr

from datapilot_assets.serving.load import load_months
from datapilot_assets.serving.state import pending_serving
from datapilot_domain.contracts import CONTRACTS, SERVED, Column, TableContract
from datapilot_domain.landing import digest
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources import serving
from datapilot_resources.lakehouse import arrow_schema
from datapilot_resources.platform import Platform
from datapilot_resources.serving import ServedMonth

JANUARY, FEBRUARY, MARCH = Month(2024, 1), Month(2024, 2), Month(2024, 3)
Row = dict[str, Any]
# Of one record, in no order: text that CSV, SQL and JSON read as something else.
_TEXTS = (
    "",
    "NULL",
    "\\N",
    "\\.",
    '"',
    "a,b;c",
    "dois\r\nlinhas",
    "ção 日本 🍞",
    "'; DROP TABLE x; --",
    "%s %%",
    " x ",
)


def some_rows(contract: TableContract, month: Month, seed: object, count: int = 12) -> list[Row]:
    """Rows with the widest values of each type, nulls where they are allowed, and keys that differ."""
    chance = random.Random(f"{contract.id} {month} {seed}")
    return [
        {column.name: _value(column, column.name in contract.key, month, number, chance) for column in contract.columns}
        for number in range(count)
    ]


def _value(column: Column, is_key: bool, month: Month, number: int, chance: random.Random) -> Any:
    if column.name == "month":
        return str(month)
    if column.nullable and (number == 0 or chance.random() < 0.2) and not (is_key and number):
        return None
    if column.type.startswith("decimal("):
        precision, scale = map(int, column.type[len("decimal(") : -1].split(","))
        digits = chance.choice(["0", "1", "9" * precision, str(chance.randrange(10**precision))])
        return chance.choice([1, -1]) * Decimal(digits).scaleb(-scale)
    if column.type in ("int", "bigint"):
        widest = 2**31 if column.type == "int" else 2**63
        return number if is_key else chance.choice([0, -widest, widest - 1])
    if column.type == "boolean":
        return chance.random() < 0.5
    if column.type == "date":
        return month.first_day + dt.timedelta(days=number)
    if column.type == "array<string>":
        return [chance.choice(_TEXTS) for _ in range(chance.randrange(3))]
    return f"{month} {number}" if is_key else chance.choice(_TEXTS)


@dataclass
class Shelf:
    platform: Platform
    organization: Organization

    @property
    def org(self) -> str:
        return str(self.organization.org_id)

    def put(self, contract: TableContract, months: Mapping[Month, Sequence[Row]]) -> None:
        """Replace these months of the table, as a refine run does."""
        rows = [row | {"org_id": self.org, "fingerprint": _print(found)} for found in months.values() for row in found]
        self.platform.lakehouse.replace(
            contract,
            self.organization.org_id,
            {month: len(found) for month, found in months.items()},
            pa.Table.from_pylist(rows, arrow_schema(contract)),
            {month: _print(found) for month, found in months.items()},
            run_id="test",
            log_head=0,
        )

    def put_all(self, *months: Month, seed: object = 1, contracts: Sequence[TableContract] = SERVED) -> None:
        for contract in contracts:
            self.put(contract, {month: some_rows(contract, month, seed) for month in months})

    def load(self, *months: Month, run_id: str = "run") -> list[ServedMonth]:
        """Load these months (none: all that is pending)."""
        wanted = months or tuple(pending_serving(self.platform, self.organization))
        return list(load_months(self.platform, self.organization, wanted, run_id))

    @property
    def pending(self) -> list[Month]:
        return sorted(pending_serving(self.platform, self.organization))

    def in_lake(self, contract: TableContract) -> list[dict[str, str | None]]:
        """Rows of the Delta table as text, in any order, without the fingerprint."""
        rows = self.platform.lakehouse.read(contract, self.organization.org_id).to_pylist()
        return in_order([{name: _text(value) for name, value in row.items() if name != "fingerprint"} for row in rows])

    def served(self, contract: TableContract) -> list[dict[str, str | None]]:
        """Rows of the served table as Postgres writes them as text."""
        columns = [column for column in contract.column_names if column != "fingerprint"]
        cells = ", ".join(f"{name}::text" for name in columns)
        found = self.query(f"SELECT {cells} FROM org_{self.org}.{contract.table}")
        return in_order([dict(zip(columns, row, strict=True)) for row in found])

    def query(self, sql: str, url: SecretStr | None = None) -> list[tuple[Any, ...]]:
        return query(url or self.platform.settings.serving, sql)


def query(url: SecretStr | str | None, sql: str) -> list[tuple[Any, ...]]:
    """As any SQL tool would ask."""
    address = url.get_secret_value() if isinstance(url, SecretStr) else str(url)
    connection = psycopg2.connect(address, connect_timeout=10)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def in_order(rows: list[dict[str, str | None]]) -> list[dict[str, str | None]]:
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _print(rows: Sequence[Row]) -> str:
    return digest(sorted(map(str, rows)))


def sales_month(month: Month, gross: str) -> Row:
    """A row of gold.sales_month, told apart by its gross."""
    (row,) = some_rows(CONTRACTS["gold.sales_month"], month, gross, 1)
    return row | {"currency": "BRL", "gross_revenue": Decimal(gross)}


@contextmanager
def at_each_table(look: Callable[[TableContract], object]) -> Iterator[None]:
    """`look` is called inside the load's transaction, before each table is replaced."""
    replace = serving._replace

    def looked(connection: Any, tables: Any, month: Any, served: serving.ServedTable, run_id: str) -> None:
        look(served.contract)
        replace(connection, tables, month, served, run_id)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving, "_replace", looked)
        yield
