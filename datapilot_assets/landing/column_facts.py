"""What the records of a file say about its columns, whatever the order in which they stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import duckdb

from datapilot_assets.landing.dates import date_pattern
from datapilot_assets.landing.dialect import normalise_header
from datapilot_assets.landing.values import NumberColumn, literal, number_column, number_pattern
from datapilot_domain.reasons import Refusal

# A value of a column is "like" something when at least this share of its records is.
MOST = 0.9
_CENT = "0.01"


@dataclass(frozen=True)
class Repeats:
    """Values of a column that stand in several records, and how many of them go with one value of another."""

    values: int
    constant: int

    @property
    def share(self) -> float:
        return self.constant / self.values if self.values else 0.0


@dataclass(frozen=True)
class Arithmetic:
    """Records that have all the numbers of an equation, and how many of them fulfil it to the cent."""

    records: int
    equal: int

    @property
    def share(self) -> float:
        return self.equal / self.records if self.records else 0.0


@dataclass(frozen=True)
class ColumnFacts:
    """Answers about the columns of `rows` (a relation with `record_no`, `c0`, `c1`, …); `columns` are unique."""

    connection: duckdb.DuckDBPyConnection
    rows: str
    columns: tuple[str, ...]
    locale_mark: str
    _numbers: dict[int, NumberColumn] = field(default_factory=dict)

    @cached_property
    def names(self) -> frozenset[str]:
        """Normalised headers, the number of a repeated one taken off."""
        return frozenset(normalise_header(base_name(self.columns, position)) for position in range(len(self.columns)))

    def share(self, position: int, condition: str) -> float | None:
        """Share of the column's records whose value meets a condition over `v`; None when it has no value."""
        found = self._row(
            f"SELECT sum(CASE WHEN {condition} THEN n ELSE 0 END) / sum(n) FROM (SELECT c{position} AS v, "
            f"count(*) AS n FROM {self.rows} WHERE c{position} IS NOT NULL GROUP BY v)"
        )
        return None if found[0] is None else float(found[0])

    def mostly(self, position: int, condition: str) -> bool:
        return (self.share(position, condition) or 0.0) >= MOST

    def like_dates(self, position: int) -> bool:
        return self.mostly(position, f"regexp_full_match(v, {literal(date_pattern())})")

    def like_numbers(self, position: int) -> bool:
        return self.mostly(position, f"regexp_full_match(v, {literal(number_pattern(self._mark(position)))})")

    def number(self, position: int, scale: int = 4) -> str:
        """SQL of the column as a number."""
        return self.number_column(position).sql(f"c{position}", self._mark(position), scale)

    def same(self, one: int, other: int) -> bool:
        """Whether two columns hold the same text on every record, but for what one of them has at its end."""
        begins = f"starts_with(c{one}, c{other}) OR starts_with(c{other}, c{one})"
        return not self._row(f"SELECT count(*) FROM {self.rows} WHERE NOT ({begins})")[0]

    def is_empty(self, position: int) -> bool:
        return not self._row(f"SELECT count(c{position}) FROM {self.rows}")[0]

    def contradict(self, one: int, other: int) -> bool:
        """Whether two columns both have a value on some record and it differs."""
        return bool(self._row(f"SELECT count(*) FROM {self.rows} WHERE c{one} <> c{other}")[0])

    def extremes(self, position: int) -> tuple[Decimal | None, Decimal | None]:
        """The smallest and the largest number of the column, None where it has none."""
        smallest, largest = self._row(
            f"SELECT min(n), max(n) FROM (SELECT {self.number(position)} AS n FROM {self.rows})"
        )
        return smallest, largest

    def equals(self, result: int, *, quantity: int, price: int, less: int | None = None) -> Arithmetic:
        """Records on which `result` = quantity × price, less the number of a further column (blank = 0)."""
        reduced = "" if less is None else f" - coalesce(abs({self.number(less)}), 0)"
        expected = f"{self.number(quantity)} * {self.number(price, 6)}{reduced}"
        positions = sorted({result, quantity, price, *(() if less is None else (less,))})
        rows = f"(SELECT *, 1 AS n FROM {self.rows})"
        if not all(self.number_column(p).is_plain(self._mark(p)) for p in positions):
            # What takes regular expressions to read is calculated once for each combination.
            taken = ", ".join(f"c{p}" for p in positions)
            rows = f"(SELECT {taken}, count(*) AS n FROM {self.rows} GROUP BY ALL)"
        found = self._row(
            # Not WHERE, for which DuckDB would read every number twice.
            f"SELECT sum(n) FILTER (difference IS NOT NULL), sum(n) FILTER (difference <= {_CENT}) FROM "
            f"(SELECT n, abs({self.number(result)} - ({expected})) AS difference FROM {rows})"
        )
        return Arithmetic(int(found[0] or 0), int(found[1] or 0))

    def one_per(self, key: int, amount: int) -> Repeats:
        """Values of `key` in several records, and those that have one amount, other than zero, on all or one."""
        number = self.number(amount)
        found = self._row(
            f"SELECT count(*), count_if(lowest = highest) FROM (SELECT min(n) AS lowest, max(n) AS highest, k "
            f"FROM (SELECT c{key} AS k, nullif({number}, 0) AS n FROM {self.rows} WHERE c{key} IS NOT NULL) "
            f"GROUP BY k HAVING count(*) > 1 AND count(n) > 0)"
        )
        return Repeats(found[0], found[1] or 0)

    def as_sold_alone(self, key: int, amount: int, product: int, quantity: int | None) -> Arithmetic:
        """Records of a `key` with several, and those whose amount is what their product has in records by itself.

        Compared are products that have one amount per unit wherever they stand alone; a blank quantity counts one.
        """
        units = "1" if quantity is None else f"coalesce({self.number(quantity)}, 1)"
        found = self._row(
            f"WITH lines AS (SELECT c{key} AS k, c{product} AS p, {self.number(amount)} AS n, {units} AS q, "
            f"count(*) OVER (PARTITION BY c{key}) AS records FROM {self.rows} WHERE c{key} IS NOT NULL), "
            f"alone AS (SELECT p, min(n / q) AS each FROM lines WHERE records = 1 AND q > 0 AND n > 0 "
            f"GROUP BY p HAVING max(n / q) - min(n / q) <= {_CENT}) "
            f"SELECT count(*), count_if(abs(n - each * q) <= {_CENT} * q) FROM lines JOIN alone USING (p) "
            "WHERE records > 1 AND q > 0 AND n > 0"
        )
        return Arithmetic(found[0] or 0, found[1] or 0)

    def sums(self, key: int, amount: int) -> tuple[Decimal, Decimal]:
        """Sum of a column over all records, and with one value for each `key` (the largest), blank keys apart."""
        found = self._row(
            f"WITH lines AS (SELECT c{key} AS k, {self.number(amount)} AS n FROM {self.rows}), "
            "orders AS (SELECT max(n) AS n FROM lines WHERE k IS NOT NULL GROUP BY k "
            "UNION ALL SELECT n FROM lines WHERE k IS NULL) "
            "SELECT coalesce((SELECT sum(n) FROM lines), 0), coalesce((SELECT sum(n) FROM orders), 0)"
        )
        return found[0], found[1]

    def scales(self, product: int, quantity: int, price: int) -> tuple[int, int]:
        """Products sold in several quantities: those with one price, and those with one price per quantity."""
        found = self._row(
            f"SELECT count_if(lowest = highest), count_if(lowest < highest AND most - least <= {_CENT}) FROM ("
            f"SELECT min(p) AS lowest, max(p) AS highest, min(p / q) AS least, max(p / q) AS most FROM ("
            f"SELECT c{product} AS k, {self.number(quantity)} AS q, {self.number(price)} AS p FROM {self.rows}) "
            f"WHERE q > 0 AND p > 0 GROUP BY k HAVING min(q) < max(q))"
        )
        return found[0] or 0, found[1] or 0

    def repeats(self, key: int, of: int) -> Repeats:
        """Values of `key` in several records, and those of them with one value of the column `of`, or blanks."""
        found = self._row(
            f"SELECT count(*), count_if(lowest = highest) FROM (SELECT min(c{of}) AS lowest, max(c{of}) AS highest "
            f"FROM {self.rows} WHERE c{key} IS NOT NULL GROUP BY c{key} HAVING count(*) > 1 AND count(c{of}) > 0)"
        )
        return Repeats(found[0], found[1] or 0)

    def is_unique(self, position: int) -> bool:
        """Whether no value of the column stands in two records."""
        filled, distinct = self._row(f"SELECT count(c{position}), count(DISTINCT c{position}) FROM {self.rows}")
        return bool(filled) and filled == distinct

    def blank_where_blank(self, position: int, head: int, filled: Collection[int]) -> bool:
        """Whether records with no `head` but one of the `filled` columns exist and leave the column blank."""
        some = " OR ".join(f"c{other} IS NOT NULL" for other in filled)
        records, present, heads = self._row(
            f"SELECT count_if(c{head} IS NULL AND ({some or 'false'})), "
            f"count_if(c{head} IS NULL AND ({some or 'false'}) AND c{position} IS NOT NULL), "
            f"count_if(c{head} IS NOT NULL AND c{position} IS NOT NULL) FROM {self.rows}"
        )
        return bool(records and heads) and not present

    def _mark(self, position: int) -> str:
        try:
            mark = self.number_column(position).proven_mark()
        except Refusal:  # mixed marks prove neither; a column that becomes a number field is refused for it later
            mark = None
        return mark or self.locale_mark

    def number_column(self, position: int) -> NumberColumn:
        """How the column writes its numbers."""
        if position not in self._numbers:
            name = self.columns[position]
            self._numbers[position] = number_column(self.connection, self.rows, f"c{position}", name)
        return self._numbers[position]

    def _row(self, query: str) -> tuple[Any, ...]:
        return self.connection.execute(query).fetchone() or (0, 0, 0)


def base_name(columns: Sequence[str], position: int) -> str:
    """The header as the file has it: a repeated one without the number that made it unique."""
    name, _, number = columns[position].rpartition(" (")
    repeated = name in columns[:position] and number.rstrip(")").isdigit()
    return name if repeated else columns[position]
