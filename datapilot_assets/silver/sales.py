"""silver.sales and its quarantine: bronze text → typed lines, the newest version of every unit, once.

`classify_sales` does the work; the other three read its rows, so cache them between the calls.
Text is expected in NFC: Spark has no function for it, so landing normalises before it writes bronze.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from datapilot_assets.conform import conform
from datapilot_assets.silver.amounts import parse_number
from datapilot_assets.silver.privacy import MASK, mask_values, masked_sql
from datapilot_assets.silver.returns import with_returns
from datapilot_assets.silver.times import with_sold_at
from datapilot_domain.contracts.sales import BRONZE_SALES, MONEY, SALES_QUARANTINE, SALES_RULES, SILVER_SALES
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.contracts.sales_gold import MONEY_SUM

FATES = ("good", "quarantined", "superseded")
WARNINGS = tuple(rule for rule in SALES_RULES if rule.severity == "WARN")

_FIELDS = tuple(field.name for field in SALES_FIELDS)
_DECIDED = tuple(name for name in BRONZE_SALES.column_names if name not in _FIELDS)
# Number fields that silver reads, with their types; what an order's lines share was spread by landing.
_NUMBERS = {
    "quantity": MONEY,
    "unit_price": "decimal(18,6)",
    "line_amount": MONEY,
    "line_discount": MONEY,
    "order_discount": MONEY,
    "returned_quantity": MONEY,
}
# Fields whose absence from a layout means something else than a blank (R12).
_PRESENCE = ("status", "payment_status", "line_discount", "order_discount", "quantity", "order_level")
_PERSONAL = {field.name for field in SALES_FIELDS if field.personal}


def classify_sales(records: DataFrame, entries: DataFrame, lost: DataFrame, revised: DataFrame) -> DataFrame:
    """Candidate rows: every surviving record, once per entry of its content, typed and judged.

    records: BRONZE_SALES columns of the wanted months.
    entries: per active landing entry content_id, source_id, file, file_sha256, landed_seq int, layout,
        arrived_on date, decimal_marks map<field, "," or ".">, has map<field, boolean>, assumed_quantity int (of
        every line; null where the file has a quantity, or nobody said so), currency, time_zone, org_id. Records
        of contents that it does not name are invisible.
    lost: rows that a newer version replaced: landed_seq, unit_key, line_no int and sold_on (null-safe).
    revised: orders of which a newer version knows only the total (R4): landed_seq and unit_key of the lines that
        stay, and their month; status and status_raw; order_discount and order_freight, null where the newer one
        has no such column; worth, what the lines that share those sum to.
    Result: silver's columns, `raw` (source text), `number` (source numbers), `failures` ("CODE:field" of
    ERROR rules, in rule order), `warnings` (codes of WARN rules), `fate`, and what the quarantine needs. No row
    asks another one: whatever needs the whole file, landing decided.
    """
    rows = _typed(records.join(F.broadcast(_facts(entries)), "content_id"))
    rows = _with_fate(_judge(_revise(rows, revised)))
    gone = lost.select(*(F.col(name).alias(f"_lost_{name}") for name in _LOST))
    same = [F.col(_LOST[name]).eqNullSafe(F.col(f"_lost_{name}")) for name in _LOST]
    return rows.join(gone, reduce(Column.__and__, same), "left_anti")


_LOST = {
    "landed_seq": "landed_seq",
    "unit_key": "unit_key",
    "line_no": "explicit_line_no",
    "sold_on": "sold_on",
}


def silver_sales(classified: DataFrame, fingerprints: DataFrame) -> DataFrame:
    """SILVER_SALES: good rows, and beside every sale that was given back a return row (R18)."""
    rows = with_returns(classified.where(F.col("fate") == "good"))
    return conform(rows.withColumn("extras", mask_values("extras")), SILVER_SALES, fingerprints)


def sales_quarantine(classified: DataFrame, fingerprints: DataFrame) -> DataFrame:
    """SALES_QUARANTINE: one row per record that failed a rule; its text is `field=value; …`, masked."""
    texts = ", ".join(
        f"'{name}=' || " + (f"nvl2(raw.{name}, '{MASK}', NULL)" if name in _PERSONAL else masked_sql(f"raw.{name}"))
        for name in _FIELDS
    )
    first = F.split(F.col("failures")[0], ":")
    rows = classified.where(F.col("fate") == "quarantined").withColumns(
        {"reason": first[0], "column": first[1], "text": F.expr(f"concat_ws('; ', {texts})")}
    )
    return conform(rows, SALES_QUARANTINE, fingerprints)


def count_fates(classified: DataFrame) -> DataFrame:
    """Per month and source_id: records, good, quarantined, superseded, and warned_lines and warned_amount.

    The last two are maps WARN code → good lines, and → their gross_amount. Derived rows are not there yet.
    """
    counts = [F.count_if(F.col("fate") == fate).alias(fate) for fate in FATES]
    codes = [
        (F.lit(rule.code), (F.col("fate") == "good") & F.array_contains("warnings", rule.code)) for rule in WARNINGS
    ]
    lines = [part for code, warned in codes for part in (code, F.count_if(warned))]
    amounts = [
        part
        for code, warned in codes
        for part in (code, F.coalesce(F.sum(F.when(warned, F.col("gross_amount"))), F.lit(0)).cast(MONEY_SUM))
    ]
    return classified.groupBy("month", "source_id").agg(
        F.count(F.lit(1)).alias("records"),
        *counts,
        F.create_map(*lines).alias("warned_lines"),
        F.create_map(*amounts).alias("warned_amount"),
    )


def _facts(entries: DataFrame) -> DataFrame:
    """What a row needs of its entry, looked up once per entry instead of once per row."""
    # SQL text where many fields are alike: one call to the JVM instead of several per field.
    has = ", ".join(f"coalesce(try_element_at(has, '{name}'), false) AS {name}" for name in _PRESENCE)
    mark = ", ".join(f"try_element_at(decimal_marks, '{name}') AS {name}" for name in _NUMBERS)
    return entries.selectExpr(
        *("content_id", "source_id", "file", "file_sha256", "landed_seq", "layout", "arrived_on", "org_id"),
        *(
            "time_zone",
            "assumed_quantity",
            "currency AS usual_currency",
            f"struct({has}) AS has",
            f"struct({mark}) AS mark",
        ),
    )


def _typed(rows: DataFrame) -> DataFrame:
    """Source text under `raw`, numbers under `number`, and the columns that need one row only."""
    facts = [name for name in rows.columns if name not in BRONZE_SALES.column_names]
    raw = ", ".join(f"nullif(trim({name}), '') AS {name}" for name in _FIELDS)
    rows = rows.selectExpr(*_DECIDED, *facts, f"struct({raw}) AS raw")
    numbers = (parse_number(F.col(f"raw.{n}"), F.col(f"mark.{n}"), ddl).alias(n) for n, ddl in _NUMBERS.items())
    rows = with_sold_at(rows).withColumn("number", F.struct(*numbers))
    written, assumed = F.col("number.quantity"), F.col("assumed_quantity")
    worth = (F.coalesce(written, assumed) * F.col("number.unit_price")).try_cast(MONEY)
    gross = F.coalesce("number.line_amount", worth, "gross_alloc")
    quantity = F.coalesce(written, F.when(gross < 0, -assumed).otherwise(assumed))
    # A return document may count upwards; as an event it is negative (R18).
    upwards = (F.col("event_type") == "return") & F.coalesce(quantity >= 0, F.lit(True)) & (gross >= 0)
    turned = F.when(upwards, -1).otherwise(1)
    as_written = (
        *("sku", "product_name", "category", "variant", "unit", "channel", "store", "seller"),
        *("payment_method", "city", "state", "country"),
    )
    return rows.withColumns(
        {
            **{name: F.col(f"raw.{name}") for name in as_written},
            "order_id": F.col("order_key"),
            "status": F.col("sale_status"),
            "explicit_line_no": F.when(F.col("raw.line_no").rlike("^[0-9]{1,9}$"), F.col("raw.line_no").cast("int")),
            "product_key": F.coalesce(F.col("raw.sku"), F.lower("raw.product_name")),
            "quantity": (quantity * turned).cast(MONEY),
            "unit_price": F.col("number.unit_price"),
            "gross_amount": (gross * turned).cast(MONEY),
            "line_discount": F.col("line_discount_alloc"),
            "currency": F.coalesce(F.col("currency_code"), F.col("usual_currency")),
        }
    )


def _revise(rows: DataFrame, revised: DataFrame) -> DataFrame:
    """Status, discount and freight as the newer version without lines has them; flag `order_revised`."""
    says = ("status", "status_raw", "order_discount", "order_freight", "worth")
    key = ["landed_seq", "unit_key", "month"]
    named = revised.select(*key, F.lit(True).alias("is_revised"), *(F.col(name).alias(f"_{name}") for name in says))
    rows = rows.join(F.broadcast(named), key, "left")
    takes = F.col("is_revised") & (F.col("event_type") == "sale") & (F.col("_worth") > 0)

    def shared(new: str, old: str) -> Column:
        share = (F.col(new) * F.abs("gross_amount") / F.col("_worth")).cast(MONEY)
        return F.when(takes & F.col(new).isNotNull(), share).otherwise(F.col(old))

    return rows.withColumns(
        {
            "status": F.coalesce("_status", "status"),
            "status_raw": F.when(F.col("is_revised"), F.col("_status_raw")).otherwise(F.col("status_raw")),
            "order_discount_alloc": shared("_order_discount", "order_discount_alloc"),
            "freight_alloc": shared("_order_freight", "freight_alloc"),
        }
    )


def _judge(rows: DataFrame) -> DataFrame:
    """The rule pass: `failures` of ERROR rules, `warnings` of WARN rules."""
    failures, warnings = [], []
    for rule in SALES_RULES:
        if rule.severity == "WARN":
            warnings.append(F.when(F.expr(rule.condition), F.lit(rule.code)))
        else:
            # The decoder already named the field of a misshapen record.
            label = F.col("defect") if rule.column == "record" else F.lit(f"{rule.code}:{rule.column}")
            failures.append(F.when(F.expr(rule.condition), label))
    return rows.withColumns(
        {"failures": F.array_compact(F.array(*failures)), "warnings": F.array_compact(F.array(*warnings))}
    )


def _with_fate(rows: DataFrame) -> DataFrame:
    """`fate`, `line_identity`, `net_amount` and `flags` of each record."""
    fate = (
        F.when(F.coalesce("is_copy", F.lit(False)), "superseded")
        .when(F.size("failures") > 0, "quarantined")
        .otherwise("good")
    )
    what = ("line_no", "sku", "product_name", "variant", "quantity", "unit_price", "line_amount")
    content = [F.coalesce(F.col(f"raw.{name}"), F.lit("")) for name in what]
    line = F.when(F.col("line_number").isNotNull(), F.concat(F.lit("line "), "line_number")).otherwise(
        F.concat_ws("\x1f", *content, F.col("occurrence").cast("string"))
    )
    discount = F.coalesce(F.col("line_discount"), F.lit(0)) + F.coalesce(F.col("order_discount_alloc"), F.lit(0))
    is_paid_sale = (F.col("event_type") == "sale") & F.col("status").isin("paid", "returned")
    flags = {
        "derived": F.col("raw.line_amount").isNull(),
        "order_level": F.col("has.order_level"),
        "order_revised": F.col("is_revised"),
        "quantity_absent": F.col("quantity").isNull(),
        "quantity_assumed": F.col("assumed_quantity").isNotNull(),
        "status_assumed": ~(F.col("has.status") | F.col("has.payment_status")),
        "discount_absent": ~(F.col("has.line_discount") | F.col("has.order_discount")),
        "status_returned": (F.col("event_type") == "sale") & (F.col("status") == "returned"),
        "gift": is_paid_sale & (F.col("quantity") > 0) & (F.col("gross_amount") == 0),
        "adjustment": F.col("event_type") == "adjustment",
        "unit_price_unreadable": F.col("raw.unit_price").isNotNull() & F.col("unit_price").isNull(),
    }
    listed = F.array_compact(F.array(*(F.when(condition, F.lit(flag)) for flag, condition in flags.items())))
    unreadable = F.transform(
        F.coalesce("unreadable", F.array().cast("array<string>")), lambda name: F.concat(name, F.lit("_unreadable"))
    )
    return rows.withColumns(
        {
            "fate": fate,
            "line_no": F.coalesce("line_number", "occurrence"),
            "line_identity": F.concat_ws("\x1f", "source_id", "unit_key", line),
            "net_amount": (F.col("gross_amount") - discount).cast(MONEY),
            "flags": F.concat(listed, unreadable),
        }
    )
