"""Records that are no sale: preamble, blanks, totals, footers, packages (R10). What might be a sale never is one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import duckdb

from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.contracts.sales_kinds import PACKAGE_STATUS
from datapilot_domain.contracts.sales_status import settle_status
from datapilot_domain.findings import Number
from datapilot_domain.reasons import Refusal

_TOLERANCE = Decimal("0.01")
_NUMBERS = {field.name for field in SALES_FIELDS if field.holds == "number"}
# Whole first cell, lower case and without accents.
_TOTALS = (
    r"(?:(?:sub|grand) ?-?)?(?:total|totais|soma|sum)"
    r"(?: (?:geral|final|parcial|bruto|liquido|vendido|(?:d[aeo]s?|of|em|no) .{1,40}))?(?:[ :.=]+[\d.,r$() -]*)?"
)
_FOOTERS = (
    r"(?:registros?|linhas?|itens|pedidos|vendas|records?|rows?|lines?|orders?|quantidade|qtde?\.?)"
    r" ?(?:listad.s?|encontrad.s?|exportad.s?|listed|found|exported|total|de (?:registros|linhas|itens"
    r"|pedidos|vendas))? ?[:=].*"
    r"|(?:gerado|emitido|impresso|exportado|generated|printed|exported) (?:em|por|on|by|at)\b.*"
    r"|(?:pagina|page) \d+.*|(?:fonte|obs|observac(?:ao|oes)|periodo|filtros?|usuario) ?:.*"
    r"|fim d[eo] (?:arquivo|relatorio)|end of (?:file|report)"
)


def set_aside(connection: duckdb.DuckDBPyConnection, mapping: Mapping[int, str], columns: int, preamble: int) -> None:
    """Create the table `ignored` (record_no, kind): preamble, blank, totals, footer, package, or bare.

    A record with a date, an order or a product is none of them, unless that cell is itself the wording of a
    total or footer and the only such cell; a package row announces the products of one sale by its status and
    names none, the money is on their own rows (R15). `bare` has nothing but numbers; `check_totals` decides about it.
    """
    cells = [f"c{position}" for position in range(columns)]
    named = {name: [f"c{p}" for p, taken in mapping.items() if taken == name] for name in mapping.values()}
    keys = [cell for name in ("order_id", "sold_at", "sku", "product_name") for cell in named.get(name, [])]
    texts = [cell for position, cell in enumerate(cells) if mapping.get(position) not in _NUMBERS]
    statuses = [cell for name in ("status", "payment_status") for cell in named.get(name, [])]
    products = [cell for name in ("sku", "product_name") for cell in named.get(name, [])]
    announces = " OR ".join(
        f"regexp_full_match(lower(strip_accents({cell})), '{PACKAGE_STATUS}')" for cell in statuses if products
    )
    package = f"({announces or 'false'}) AND coalesce({', '.join([*products, 'NULL'])}) IS NULL"
    blank = f"coalesce({', '.join(cells)}, surplus) IS NULL"
    label = f"lower(strip_accents(coalesce({', '.join(cells)}, '')))"
    filled_keys = " + ".join(f"({cell} IS NOT NULL)::INT" for cell in keys)
    filled_texts = " + ".join(["0", *(f"({cell} IS NOT NULL)::INT" for cell in texts)])
    first_is_key = " OR ".join(f"{cell} = coalesce({', '.join(cells)})" for cell in keys)
    connection.execute(
        f"""
        CREATE TABLE ignored AS
        SELECT record_no, CASE
            WHEN record_no <= {preamble} THEN 'preamble'
            WHEN {blank} THEN 'blank'
            WHEN {package} THEN 'package'
            WHEN {filled_texts} <= 1 AND regexp_full_match({label}, '{_TOTALS}') THEN 'totals'
            WHEN regexp_full_match({label}, '{_FOOTERS}') THEN 'footer'
            WHEN coalesce({", ".join(texts) or "NULL"}) IS NULL THEN 'bare' END AS kind
        FROM cells
        WHERE record_no <= {preamble} OR {package} OR {filled_keys} = 0 OR ({filled_keys} = 1 AND ({first_is_key}))
        """
    )
    connection.execute("DELETE FROM ignored WHERE kind IS NULL")


def check_totals(
    connection: duckdb.DuckDBPyConnection, amount: str | None, unreadable: str, status: str, payment: str
) -> tuple[int, ...]:
    """Compare the amount of every totals record with the lines before it, and settle the bare ones.

    amount: SQL of the line amount over `cells`, None when the file has no such column; unreadable: SQL of
    whether a record has an amount that cannot be read; status, payment: SQL of the status texts. Returns the
    totals records that prove nothing, because lines with an unreadable amount are missing from every sum.
    A total may be of all lines, of those before it, or of those since the last total;
    and of these it may count all, those not cancelled or refused, the paid ones, or of any the positive ones.
    A bare record that is no total becomes a record of the file again. Raises Refusal TOTALS_DIFFER, naming the
    record, its amount and the sum.
    """
    if amount is None:
        connection.execute("DELETE FROM ignored WHERE kind = 'bare'")
        return ()
    connection.execute(
        f"CREATE TEMP TABLE totals AS SELECT record_no, kind, {amount} AS amount FROM cells "
        "JOIN ignored USING (record_no) WHERE kind IN ('totals', 'bare')"
    )
    if not (connection.execute("SELECT count(*) FROM totals").fetchone() or (0,))[0]:
        return ()
    segments: dict[int | None, dict[str, Decimal]] = {}
    for record_no, order, paid, is_positive, found in connection.execute(
        f"WITH lines AS (SELECT record_no, {status} AS status, {payment} AS payment, {amount} AS amount FROM body) "
        "SELECT t.record_no, l.status, l.payment, l.amount > 0, sum(l.amount) FROM lines l ASOF LEFT JOIN totals t "
        "ON l.record_no < t.record_no WHERE l.amount IS NOT NULL GROUP BY ALL"
    ).fetchall():
        _add(segments.setdefault(record_no, {}), settle_status(order, paid)[1], is_positive, found)
    everything: dict[str, Decimal] = {}
    for segment in segments.values():
        _merge(everything, segment)
    (lacks_amounts,) = connection.execute(f"SELECT bool_or({unreadable}) FROM body").fetchone() or (False,)
    before: dict[str, Decimal] = {}
    lines_after_all: list[int] = []
    unproven: list[int] = []
    for record_no, kind, found in connection.execute("SELECT * FROM totals ORDER BY record_no").fetchall():
        segment = segments.get(record_no, {})
        _merge(before, segment)
        sums = [value for counted in (before, segment, everything) for value in (counted or {"": Decimal(0)}).values()]
        equal = found is not None and min(abs(found - value) for value in sums) <= _TOLERANCE
        if kind == "bare" and not equal:
            lines_after_all.append(record_no)
        elif found is not None and not equal and lacks_amounts:
            unproven.append(record_no)
        elif found is not None and not equal:
            whole = before.get("all", Decimal(0))
            said, total = Number(number=found), Number(number=whole)
            raise Refusal("TOTALS_DIFFER", "total_differs", record=record_no, said=said, sum=total)
    connection.execute("DELETE FROM ignored WHERE record_no IN (SELECT unnest(?::INT[]))", [lines_after_all])
    return tuple(unproven)


def _add(sums: dict[str, Decimal], status: str, is_positive: bool, amount: Decimal) -> None:
    """Count an amount in every sum that a report may call its total."""
    kept = {"all": True, "standing": status not in ("cancelled", "refused"), "paid": status in ("paid", "returned")}
    for name, counts in kept.items():
        for key, takes in ((name, counts), (f"{name} positive", counts and is_positive)):
            sums[key] = sums.get(key, Decimal(0)) + (amount if takes else Decimal(0))


def _merge(sums: dict[str, Decimal], more: Mapping[str, Decimal]) -> None:
    for key, value in more.items():
        sums[key] = sums.get(key, Decimal(0)) + value
