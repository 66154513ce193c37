"""Do two sources tell of the same sales (R25)? Orders compared by number, and by date and total, over unit indexes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from datapilot_assets.landing.dialect import normalise_header
from datapilot_domain.landing import LandingEntry, Layout, SourceOverlap
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_domain.sources import Roles, counting_before, effective_roles, is_mirror, mirrored

# Two orders of one number whose dates are further apart are two orders: small shops all count from 1.
MAX_DAYS_APART = 31

# A header that names an order or a sale, and nothing of it but its number.
_ORDER = re.compile(r"\b(pedido|order|venda|sale|transacao|transaction|marketplace|fatura|invoice)s?\b")
_NOT_ITS_NUMBER = re.compile(
    r"\b(data|date|dt|hora|time|valor|value|vlr|total|preco|price|taxa|fee|desconto|discount|frete|quantidade|qtde?"
    r"|status|situacao|tipo|type|forma|meio|canal|channel|origem|item|itens|produto|product|sku|cliente|customer"
    r"|comprador|vendedor|seller|obs|observac\w*|nota|note|comentario|unidade|custo|cost|pagamento|payment)\b"
)
# Its values: codes with a digit; a remark in the column is none.
_CODE = "regexp_full_match({0}, '[A-Za-z0-9#./_-]{{1,64}}') AND regexp_matches({0}, '[0-9]')"


def other_id_columns(layout: Layout) -> tuple[str, ...]:
    """Columns that no field takes and whose header says that they hold an order's number elsewhere.

    As `Número do pedido no marketplace` in the export of an ERP.
    """
    names = (name for name in layout.header if name and name not in layout.mapping)
    headers = {name: normalise_header(name) for name in names}
    return tuple(name for name, text in headers.items() if _ORDER.search(text) and not _NOT_ITS_NUMBER.search(text))


def other_ids_sql(layout: Layout) -> str:
    """SQL over `extras`: the list of the distinct codes in `other_id_columns`; null when there is no such column."""
    columns = other_id_columns(layout)
    if not columns:
        return "NULL"
    values = ["extras['" + name.replace("'", "''") + "']" for name in columns]
    codes = ", ".join(f"CASE WHEN {_CODE.format(value)} THEN {value} END" for value in values)
    return f"list_sort(list_distinct([{codes}]))"


_ORDERS_OF = """
CREATE TEMP TABLE {name} AS
SELECT row_number() OVER () AS no, *,
       list_distinct(list_transform(list_prepend(order_id, other_ids), lambda x: upper(ltrim(x, '# ')))) AS numbers,
       list_distinct(list_filter([amount::DECIMAL(28, 4), order_total::DECIMAL(28, 4)], lambda x: x <> 0)) AS totals
FROM (SELECT unit_key, any_value(order_id) AS order_id, list_distinct(flatten(list(other_ids))) AS other_ids,
             list(DISTINCT month) AS months, min(first_day) AS day, sum(amount) AS amount,
             max(order_total) AS order_total
      FROM orders WHERE list_contains($sources, source) GROUP BY source, unit_key)
"""
_BY_NUMBER = """
CREATE TEMP TABLE by_number AS
SELECT DISTINCT m.no FROM (SELECT no, day, unnest(numbers) AS number FROM mine) m
JOIN (SELECT no, day, unnest(numbers) AS number FROM theirs) t USING (number)
WHERE coalesce(abs(m.day - t.day), 0) <= $apart
"""
# A total proves something only where, on those days, it is the only one on both sides.
_DATED_TOTALS = """
CREATE TEMP TABLE {name}_total AS
SELECT *, count(*) OVER (PARTITION BY total ORDER BY day RANGE BETWEEN INTERVAL 1 DAY PRECEDING
                         AND INTERVAL 1 DAY FOLLOWING) AS alike
FROM (SELECT no, day, unnest(totals) AS total FROM {name} WHERE day IS NOT NULL)
"""
_BY_TOTAL = """
CREATE TEMP TABLE by_total AS
WITH pair AS (
    SELECT m.no, t.no AS other, m.total, m.alike + t.alike AS alike FROM mine_total m
    JOIN theirs_total t ON t.total = m.total AND t.day BETWEEN m.day - 1 AND m.day + 1
)
SELECT DISTINCT no FROM (
    FROM pair
    QUALIFY alike = 2 AND count(*) OVER (PARTITION BY no, total) = 1 AND count(*) OVER (PARTITION BY other, total) = 1
)
"""
_MATCHED = """
SELECT unit_key, order_id, amount, no IN (FROM by_number) OR no IN (FROM by_total) AS is_matched
FROM mine
WHERE is_matched
   OR list_has_any(months, (SELECT list(DISTINCT month) FROM (SELECT unnest(months) AS month FROM theirs)))
"""


def match_orders(orders: pa.Table, source: str, against: Sequence[str]) -> pa.Table:
    """The orders of `source` that can be compared with those of `against`, and whether each was found there.

    orders: `Resolution.orders`. Result: unit_key, order_id, amount, is_matched. Comparable are the
    orders that were found, and those of months in which `against` has any order at all. A number matches in
    any column of order numbers, on dates at most MAX_DAYS_APART days apart; a date matches within one day.
    """
    with duckdb.connect(":memory:") as connection:
        connection.register("orders", orders)
        for name, sources in (("mine", [source]), ("theirs", list(against))):
            connection.execute(_ORDERS_OF.format(name=name), {"sources": sources})
            connection.execute(_DATED_TOTALS.format(name=name))
        connection.execute(_BY_NUMBER, {"apart": MAX_DAYS_APART})
        connection.execute(_BY_TOTAL)
        return connection.execute(_MATCHED).to_arrow_table()


def compare_source(
    orders: pa.Table, source: str, against: Sequence[str], known_mirror: bool = False
) -> SourceOverlap | None:
    """How `source` overlaps with `against`; None when there is nothing to compare.

    known_mirror: it was found to repeat their sales before, which stands.
    """
    comparable = match_orders(orders, source, against) if against else orders.slice(0, 0)
    if not comparable.num_rows:
        return None
    matched = comparable.filter(comparable.column("is_matched"))
    return SourceOverlap(
        source=source,
        against=tuple(against),
        compared=comparable.num_rows,
        matched=matched.num_rows,
        amount=_total(comparable),
        matched_amount=_total(matched),
        mirror=known_mirror or is_mirror(comparable.num_rows, matched.num_rows),
    )


def _total(orders: pa.Table) -> Decimal:
    return pc.sum(orders.column("amount")).as_py() or Decimal(0)


def compare_sources(
    entries: Sequence[LandingEntry], organization: Organization, family: str, orders: pa.Table
) -> list[SourceOverlap]:
    """Every undeclared source compared with those that count, the first source first (R25).

    orders: `Resolution.orders` of these entries. Any landing may show that two sources are the same, also one
    of the source that counts. A source that turns out to be a mirror is not compared with any more.
    """
    roles = effective_roles(entries, organization, family)
    repeats = mirrored(entries, family)
    found = []
    for source in list(roles):
        if organization.source(source).role is None:
            is_known = roles[source] == "mirror"
            against = counting_before(source, roles)
            if is_known:
                against = tuple(other for other in repeats[source] if roles.get(other) == "counts")
            if overlap := compare_source(orders, source, against, is_known):
                found.append(overlap)
                roles[source] = "mirror" if overlap.mirror else "counts"
    return found


_COMPARED = pa.schema(
    {"month": pa.string(), "source_id": pa.string(), "order_id": pa.string(), "is_matched": pa.bool_()}
)


def match_months(orders: pa.Table, roles: Roles, months: Sequence[Month]) -> pa.Table:
    """Orders that another counting source of their month could have: month, source_id, order_id, is_matched.

    orders: `Resolution.orders`. Each month is compared by itself, so that what it says hangs on no other month.
    One row per order number of a source; in several stores it is matched as soon as it is in one.
    """
    tables = [_COMPARED.empty_table()]
    for month in months:
        here = orders.filter(pc.equal(orders.column("month"), str(month)))
        for source in here.column("source").unique().to_pylist():
            against = [other for other, role in roles.items() if role == "counts" and other != source]
            found = match_orders(here, source, against).group_by("order_id").aggregate([("is_matched", "any")])
            size = found.num_rows
            columns = [[str(month)] * size, [source] * size, found["order_id"], found["is_matched_any"]]
            tables.append(pa.table(columns, names=_COMPARED.names).cast(_COMPARED))
    return pa.concat_tables(tables)
