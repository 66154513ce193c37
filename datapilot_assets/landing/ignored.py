"""Records that are no sale: preamble, blank lines, totals and footers (R10). What might be a sale never is."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import duckdb

from datapilot_domain.contracts.sales_fields import SALES_FIELDS
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
    """Create the table `ignored` (record_no, kind): preamble, blank, totals, footer, or bare.

    A record with a date, an order or a product is none of them, unless that cell is itself the wording of a
    total or footer and the only such cell. `bare` has nothing but numbers; `check_totals` decides about it.
    """
    cells = [f"c{position}" for position in range(columns)]
    named = {name: [f"c{p}" for p, taken in mapping.items() if taken == name] for name in mapping.values()}
    keys = [cell for name in ("order_id", "sold_at", "sku", "product_name") for cell in named.get(name, [])]
    texts = [cell for position, cell in enumerate(cells) if mapping.get(position) not in _NUMBERS]
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
            WHEN {filled_texts} <= 1 AND regexp_full_match({label}, '{_TOTALS}') THEN 'totals'
            WHEN regexp_full_match({label}, '{_FOOTERS}') THEN 'footer'
            WHEN coalesce({", ".join(texts) or "NULL"}) IS NULL THEN 'bare' END AS kind
        FROM cells
        WHERE record_no <= {preamble} OR {filled_keys} = 0 OR ({filled_keys} = 1 AND ({first_is_key}))
        """
    )
    connection.execute("DELETE FROM ignored WHERE kind IS NULL")


def check_totals(connection: duckdb.DuckDBPyConnection, amount: str | None) -> None:
    """Compare the amount of every totals record with the lines before it, and settle the bare ones.

    amount: SQL of the line amount over `cells`, None when the file has no such column. A total may be of all
    lines, of those before it, or of those since the last total. A bare record that is no total becomes a
    record of the file again. Raises Refusal TOTALS_DIFFER, naming the record, its amount and the sum.
    """
    if amount is None:
        connection.execute("DELETE FROM ignored WHERE kind = 'bare'")
        return
    connection.execute(
        f"CREATE TEMP TABLE totals AS SELECT record_no, kind, {amount} AS amount FROM cells "
        "JOIN ignored USING (record_no) WHERE kind IN ('totals', 'bare')"
    )
    if not (connection.execute("SELECT count(*) FROM totals").fetchone() or (0,))[0]:
        return
    segments = dict(
        connection.execute(
            f"WITH lines AS (SELECT record_no, {amount} AS amount FROM body) "
            "SELECT t.record_no, sum(l.amount) FROM lines l ASOF LEFT JOIN totals t "
            "ON l.record_no < t.record_no GROUP BY t.record_no"
        ).fetchall()
    )
    zero = Decimal(0)
    everything = sum((value or zero for value in segments.values()), zero)
    before = zero
    lines_after_all: list[int] = []
    for record_no, kind, found in connection.execute("SELECT * FROM totals ORDER BY record_no").fetchall():
        segment = segments.get(record_no) or zero
        before += segment
        equal = found is not None and min(abs(found - s) for s in (before, segment, everything)) <= _TOLERANCE
        if kind == "bare" and not equal:
            lines_after_all.append(record_no)
        elif found is not None and not equal:
            raise Refusal("TOTALS_DIFFER", f"record {record_no} says {found}, the lines before it sum to {before}")
    connection.execute("DELETE FROM ignored WHERE record_no IN (SELECT unnest(?::INT[]))", [lines_after_all])
