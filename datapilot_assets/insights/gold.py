"""One organization's gold as the insights read it: the tables at pinned Delta versions, in DuckDB, without a JVM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

import duckdb

from datapilot_assets.insights.decomposition import PRECISION
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.insights import INSIGHT_FACTS
from datapilot_domain.insights.measures import Term, one_of
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import Lakehouse

# What insights read. Refined tables of records only count.
GOLD = INSIGHT_FACTS.reads
COUNTED = ("silver.sales_quarantine", "silver.ads_quarantine")
_PLACES = Decimal("1e-10")


@dataclass(frozen=True)
class Total:
    """A total as it was read. `denominator` is None where it is no quotient."""

    numerator: Decimal | None
    denominator: Decimal | None = None
    is_quotient: bool = False

    @property
    def value(self) -> Decimal | None:
        """Exact, or the quotient to 28 digits; None where the parts are missing or the denominator is 0."""
        if not self.is_quotient or self.numerator is None:
            return self.numerator
        return quotient(self.numerator, self.denominator)


def quotient(numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    """To 28 digits; None without one of the parts or by zero."""
    return None if numerator is None or not denominator else numerator / denominator


def divided(numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    """A quotient to 10 decimals, half up; None without one of the parts or by zero."""
    found = quotient(numerator, denominator)
    return None if found is None else rounded(found)


def rounded(value: Decimal) -> Decimal:
    """To 10 decimals, half up."""
    return value.quantize(_PLACES, ROUND_HALF_UP, PRECISION)


class Tables:
    """Tables of one organization at pinned versions, for SQL that names them as the contracts do."""

    def __init__(self, lakehouse: Lakehouse, org: OrgId) -> None:
        self._lakehouse, self._org = lakehouse, org
        self._connection = duckdb.connect(config={"enable_external_access": False, "threads": 1})
        self._loaded: dict[tuple[str, int], str] = {}

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def query(self, sql: str, table: str, version: int) -> list[tuple[object, ...]]:
        """Rows of `sql`, in which `{table}` stands for the table at that version."""
        return self._connection.execute(sql.format(table=self._name(table, version))).fetchall()

    def scalar(self, measure: str, table: str, where: str, version: int) -> list[object]:
        """The one row of `SELECT measure FROM table WHERE where`."""
        sql = f"SELECT {measure} FROM {self._name(table, version)} WHERE {where}"
        return list(self._connection.execute(sql).fetchall()[0])

    def total(self, term: Term, table: str, version: int, currency: str) -> Total:
        """The parts of the term as the table at that version has them, in that currency where it has any."""
        numerator, denominator = term.parts()
        where = " AND ".join((*term.conditions, *_money(table, currency)))
        columns = numerator if denominator is None else f"{numerator}, {denominator}"
        return _read(self.scalar(columns, table, where, version), denominator is not None)

    def _name(self, table: str, version: int) -> str:
        if (table, version) not in self._loaded:
            contract = CONTRACTS[table]
            hidden = {"fingerprint", "org_id", "text", *contract.personal_columns}
            columns = [name for name in contract.column_names if name not in hidden]
            rows = self._lakehouse.read(contract, self._org, columns=columns, version=version)
            name = f"t{len(self._loaded)}"
            self._connection.register("rows_read", rows)
            self._connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows_read")
            self._connection.unregister("rows_read")
            self._loaded[table, version] = name
        return self._loaded[table, version]


class Gold:
    """Totals of an organization's gold, at the versions found when it was opened, in one currency."""

    def __init__(self, lakehouse: Lakehouse, organization: Organization, tables: Tables) -> None:
        self.organization, self.tables, self._lakehouse = organization, tables, lakehouse
        found = {name: lakehouse.version(CONTRACTS[name], organization.org_id) for name in (*GOLD, *COUNTED)}
        self.versions: Mapping[str, int] = {name: version for name, version in found.items() if version is not None}
        self.series = cache(self._series)
        self.total = cache(self._total)
        self.names = cache(self._names)

    @property
    def currency(self) -> str:
        return self.organization.currency

    def _total(self, term: Term, version: int | None = None, currency: str | None = None) -> Total:
        version = self.versions.get(term.table) if version is None else version
        return (
            Total(None) if version is None else self.tables.total(term, term.table, version, currency or self.currency)
        )

    def value(self, term: Term, version: int | None = None) -> Decimal | None:
        return self.total(term, version).value

    def _series(
        self, kpi: str, dimension: str | None = None, at: str | None = None
    ) -> dict[Month, dict[str | None, Total]]:
        """Month → member (None alone without a dimension) → total, oldest month first."""
        asked = Term(kpi=kpi, months=(), dimension=dimension, at=at)
        if asked.table not in self.versions:
            return {}
        numerator, denominator = asked.parts()
        key = "NULL" if dimension is None else asked.key_column
        where = " AND ".join((*asked.conditions, *_money(asked.table, self.currency)))
        sql = f"SELECT month, {key} AS member, {numerator}, {denominator or 'NULL'} FROM {{table}}"
        rows = self.tables.query(
            f"{sql} WHERE {where} GROUP BY ALL ORDER BY ALL", asked.table, self.versions[asked.table]
        )
        found: dict[Month, dict[str | None, Total]] = {}
        for month, member, *parts in rows:
            name = None if member is None else str(member)
            found.setdefault(Month.parse(str(month)), {})[name] = _read(parts, denominator is not None)
        return found

    def _names(self, dimension: str) -> dict[str | None, str]:
        """Names that people read, of members whose key is another: the newest of each."""
        source = {"product": ("gold.sales_products", "product_key", "product_name"),
                  "campaign": ("gold.campaign_month", "campaign_id", "campaign_name")}  # fmt: skip
        if dimension not in source or source[dimension][0] not in self.versions:
            return {}
        table, key, name = source[dimension]
        sql = f"SELECT {key}, arg_max({name}, month) FROM {{table}} WHERE {name} IS NOT NULL GROUP BY ALL"
        rows = self.tables.query(sql, table, self.versions[table])
        return {None if member is None else str(member): str(found) for member, found in rows}

    def members(self, dimension: str) -> frozenset[str | None]:
        """Every value that the dimension ever had in gold."""
        kpi = "spend" if dimension in ("campaign", "platform") else "gross_revenue"
        return frozenset(key for of_month in self.series(kpi, dimension).values() for key in of_month)

    def currencies(self, month: Month) -> frozenset[str]:
        """Currencies in which the month has sales or ads; none: gold tells nothing of it."""
        found: set[str] = set()
        for table in ("gold.sales_month", "gold.campaign_month"):
            if table in self.versions:
                sql = f"SELECT DISTINCT currency FROM {{table}} WHERE month = '{month}'"
                found |= {str(code) for (code,) in self.tables.query(sql, table, self.versions[table])}
        return frozenset(found)


def _money(table: str, currency: str) -> tuple[str, ...]:
    has_currency = "currency" in CONTRACTS[table].column_names
    return (one_of("currency", (currency,)),) if has_currency else ()


def _read(parts: Sequence[object], is_quotient: bool) -> Total:
    numerator, denominator = (None if part is None else Decimal(str(part)) for part in (*parts, None)[:2])
    return Total(numerator, denominator if is_quotient else None, is_quotient)
