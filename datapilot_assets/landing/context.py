"""Headers whose meaning depends on the rest of the file, decided by looking at its records (R11).

Every check gets the column's position, the mapping so far (position → field) and the facts about columns,
and answers a field of the contract, or None: then the column goes to `extras`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import duckdb

from datapilot_assets.landing.dialect import normalise_header
from datapilot_assets.landing.values import decimal_mark, number_sql

_STATES = [
    *(
    "ac al ap am ba ce df es go ma mt ms mg pa pb pr pe pi rj rn rs ro rr sc sp se to "
    "acre alagoas amapa amazonas bahia ceara goias maranhao para paraiba parana pernambuco piaui rondonia "
    "roraima sergipe tocantins"
).split(),
    "distrito federal", "espirito santo", "mato grosso", "mato grosso do sul", "minas gerais",
    "rio de janeiro", "rio grande do norte", "rio grande do sul", "santa catarina", "sao paulo",
]  # fmt: skip
# A value of a column is "like" something when at least this share of its records is.
_MOST = 0.9
_EQUAL_SHARE = 0.95
_LONGEST_UNIT_OF_MEASURE = 4
_AMOUNTS = {"valor total", "total", "valor", "amount", "line amount"}


@dataclass(frozen=True)
class ColumnFacts:
    """Answers about the columns of `rows` (a relation with `record_no`, `c0`, `c1`, …)."""

    connection: duckdb.DuckDBPyConnection
    rows: str
    columns: tuple[str, ...]
    locale_mark: str

    @property
    def names(self) -> set[str]:
        return {normalise_header(name) for name in self.columns}

    def share(self, position: int, condition: str) -> float | None:
        """Share of the column's values that meet a condition over `v`; None when it has no value."""
        found = self.connection.execute(
            f"SELECT avg(CASE WHEN {condition} THEN 1.0 ELSE 0.0 END) FROM "
            f"(SELECT c{position} AS v FROM {self.rows} WHERE c{position} IS NOT NULL)"
        ).fetchone()
        return found[0] if found else None

    def mostly(self, position: int, condition: str) -> bool:
        return (self.share(position, condition) or 0.0) >= _MOST

    def number(self, position: int) -> str:
        name = self.columns[position]
        mark = decimal_mark(self.connection, self.rows, f"c{position}", name) or self.locale_mark
        return number_sql(f"c{position}", mark)

    def is_product(self, result: int, quantity: int, price: int) -> bool:
        """Whether `result` = quantity × price on at least 95 % of the records that have all three."""
        found = self.connection.execute(
            f"SELECT avg(CASE WHEN abs(r - q * p) <= 0.01 THEN 1.0 ELSE 0.0 END) FROM (SELECT "
            f"{self.number(result)} AS r, {self.number(quantity)} AS q, {self.number(price)} AS p "
            f"FROM {self.rows}) WHERE r IS NOT NULL AND q IS NOT NULL AND p IS NOT NULL"
        ).fetchone()
        return bool(found and found[0] is not None and found[0] >= _EQUAL_SHARE)

    def is_of_order(self, position: int, order: int) -> bool:
        """Whether all orders with several records have one value in the column, or only on their first."""
        found = self.connection.execute(
            f"SELECT count(*), max(distinct_values) FROM (SELECT count(DISTINCT c{position}) AS distinct_values "
            f"FROM {self.rows} WHERE c{order} IS NOT NULL GROUP BY c{order} HAVING count(*) > 1)"
        ).fetchone()
        return bool(found and found[0] and found[1] == 1)


Check = Callable[[int, Mapping[int, str], ColumnFacts], str | None]


def _position(mapping: Mapping[int, str], field: str) -> int | None:
    return next((position for position, name in mapping.items() if name == field), None)


def _unless_taken(field: str, mapping: Mapping[int, str]) -> str | None:
    return None if field in mapping.values() else field


def _sold_at(position: int, mapping: Mapping[int, str], facts: ColumnFacts) -> str | None:
    return _unless_taken("sold_at", mapping)


def _amount(position: int, mapping: Mapping[int, str], facts: ColumnFacts) -> str | None:
    """Line value, unless it is one value per order and not quantity × price."""
    quantity, price, order = (_position(mapping, name) for name in ("quantity", "unit_price", "order_id"))
    if quantity is not None and price is not None and facts.is_product(position, quantity, price):
        return _unless_taken("line_amount", mapping)
    if order is not None and facts.is_of_order(position, order):
        return _unless_taken("order_total", mapping)
    return _unless_taken("line_amount", mapping)


def _total(position: int, mapping: Mapping[int, str], facts: ColumnFacts) -> str | None:
    """Of the order where its parts are columns too; what the seller receives beside Mercado Livre's fees."""
    fields = set(mapping.values())
    if "fees" in fields and facts.names & {"receita por produtos"}:
        return _unless_taken("net_received", mapping)
    if fields & {"order_subtotal", "order_freight"}:
        return _unless_taken("order_total", mapping)
    return _amount(position, mapping, facts)


def _price(position: int, mapping: Mapping[int, str], facts: ColumnFacts) -> str | None:
    quantity, price = _position(mapping, "quantity"), _position(mapping, "unit_price")
    if price is not None:
        if quantity is not None and facts.is_product(position, quantity, price):
            return _unless_taken("line_amount", mapping)
        return None
    if quantity is None and not facts.names & _AMOUNTS:
        return _unless_taken("line_amount", mapping)
    return "unit_price"


def _item(position: int, mapping: Mapping[int, str], facts: ColumnFacts) -> str | None:
    integers = facts.share(position, "regexp_full_match(v, '[0-9]{1,9}')")
    return _unless_taken("line_no" if integers is None or integers >= _MOST else "product_name", mapping)


def _code(position: int, mapping: Mapping[int, str], facts: ColumnFacts) -> str | None:
    """A product's code when the product is named beside it; alone it may be an order's or a customer's."""
    return _unless_taken("sku", mapping) if "product_name" in mapping.values() else None


def _description(position: int, mapping: Mapping[int, str], facts: ColumnFacts) -> str | None:
    return _unless_taken("product_name", mapping)


def _state(position: int, mapping: Mapping[int, str], facts: ColumnFacts) -> str | None:
    listed = ", ".join(f"'{state}'" for state in _STATES)
    states = facts.share(position, f"lower(strip_accents(v)) IN ({listed})")
    return _unless_taken("state" if states is None or states >= 0.5 else "status", mapping)


def _unit(position: int, mapping: Mapping[int, str], facts: ColumnFacts) -> str | None:
    short = facts.share(position, f"length(v) <= {_LONGEST_UNIT_OF_MEASURE}")
    return _unless_taken("unit" if short is None or short >= 0.5 else "store", mapping)


def _discount(position: int, mapping: Mapping[int, str], facts: ColumnFacts) -> str | None:
    """Money of the order (R15 decides later whether it is per line); a share of 0 to 1 is no money."""
    number = facts.number(position)
    found = facts.connection.execute(f"SELECT max(n), min(n) FROM (SELECT {number} AS n FROM {facts.rows})").fetchone()
    if found and found[0] is not None and 0 < found[0] < 1 and found[1] >= 0:
        return None
    return _unless_taken("order_discount", mapping)


def _customer(position: int, mapping: Mapping[int, str], facts: ColumnFacts) -> str | None:
    codes = facts.mostly(position, "regexp_full_match(v, '[A-Za-z]{0,4}[-_.]?[0-9]+')")
    return _unless_taken("customer_id" if codes else "customer_name", mapping)


def _unclear(position: int, mapping: Mapping[int, str], facts: ColumnFacts) -> str | None:
    """Anything may stand under such a header, but `#1001` is Shopify's order number."""
    return _unless_taken("order_id", mapping) if facts.mostly(position, "v SIMILAR TO '#[0-9]+'") else None


# By the first header of each entry of CONTEXT_HEADERS, in the order in which they may build on each other.
CHECKS: dict[str, Check] = {
    "Data": _sold_at,
    "Name": _unclear,
    "Descrição": _description,
    "Item": _item,
    "Código": _code,
    "Preço": _price,
    "Valor Total": _amount,
    "Total": _total,
    "Valor": _amount,
    "Desconto": _discount,
    "Cliente": _customer,
    "Unidade": _unit,
    "Estado": _state,
}
