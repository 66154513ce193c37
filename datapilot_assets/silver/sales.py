"""silver.sales and its quarantine: bronze text → typed lines, the newest version of every unit, once.

`classify_sales` does the work; the other three read its rows, so cache them between the calls.
Text is expected in NFC: Spark has no function for it, so landing normalises before it writes bronze.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from datapilot_assets.conform import conform
from datapilot_assets.silver.amounts import Share, allocate, parse_number
from datapilot_assets.silver.privacy import MASK, mask_values, masked_sql
from datapilot_assets.silver.status import with_status
from datapilot_assets.silver.times import with_sold_at
from datapilot_domain.contracts.sales import BRONZE_SALES, MONEY, SALES_QUARANTINE, SALES_RULES, SILVER_SALES
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.contracts.sales_gold import MONEY_SUM

FATES = ("good", "quarantined", "superseded")
WARNINGS = tuple(rule for rule in SALES_RULES if rule.severity == "WARN")

_FIELDS = tuple(field.name for field in SALES_FIELDS)
_DECIDED = tuple(name for name in BRONZE_SALES.column_names if name not in _FIELDS)
# Number fields that silver reads, with their types.
_NUMBERS = {
    "quantity": MONEY,
    "unit_price": "decimal(18,6)",
    "line_amount": MONEY,
    "line_discount": MONEY,
    "order_discount": MONEY,
    "order_freight": MONEY,
    "order_tax": MONEY,
    "fees": MONEY,
    "refund_amount": MONEY,
}
# Unreadable text in these spoils no revenue figure: the line is kept and flagged.
_TOLERATED = ("unit_price", "order_freight", "order_tax", "fees", "refund_amount")
_ALLOCATED = {
    "order_discount_alloc": "order_discount",
    "freight_alloc": "order_freight",
    "tax_alloc": "order_tax",
    "fee_alloc": "fees",
}
# Fields whose absence from a layout means something else than a blank (R12).
_PRESENCE = ("status", "payment_status", "line_discount", "refund_amount", *_ALLOCATED.values())
_PERSONAL = {field.name for field in SALES_FIELDS if field.personal}
# One order event of one file in one month: what a month holds never depends on the months read beside it.
_ORDER = ("landed_seq", "unit_key", "month")


def classify_sales(records: DataFrame, entries: DataFrame, lost: DataFrame) -> DataFrame:
    """Candidate rows: every surviving record, once per entry of its content, typed and judged.

    records: BRONZE_SALES columns of the wanted months.
    entries: per active landing entry content_id, source_id, file, file_sha256, landed_seq int, layout,
        arrived_on date, decimal_marks map<field, "," or ".">, has map<field, boolean>, line_level
        array<field>, currency, time_zone, org_id. Records of contents that it does not name are invisible.
    lost: rows that a newer version replaced: landed_seq, unit_key, line_no int and sold_on (null-safe).
    Result: silver's columns, `raw` (source text), `number` (source numbers), `failures` ("CODE:field" of
    ERROR rules, in rule order), `warnings` (codes of WARN rules), `fate`, and what the quarantine needs.
    """
    rows = _judge(_typed(records.join(F.broadcast(_facts(entries)), "content_id")))
    # One exchange serves every window below.
    rows = _mark_repeats(rows.repartition(*(F.col(name) for name in _ORDER)))
    rows = _with_amounts(rows)
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
    """SILVER_SALES: good rows, and beside every sale that its status says was returned a return row (R18)."""
    good = classified.where(F.col("fate") == "good")
    derived = F.explode(
        F.when(F.col("is_returned"), F.array(F.lit(False), F.lit(True))).otherwise(F.array(F.lit(False)))
    )
    rows = good.select("*", derived.alias("is_derived"))
    is_derived = F.col("is_derived")
    refund = F.when(F.col("refund_alloc") != 0, F.abs("refund_alloc")).otherwise(F.col("gross_amount"))
    gross = F.when(is_derived, -refund).otherwise(F.col("gross_amount"))
    shares = ("line_discount", *_ALLOCATED)
    rows = rows.withColumns(
        {
            "sale_line_id": F.md5(F.concat_ws("\x1f", "line_identity", F.when(is_derived, F.lit("derived_return")))),
            "event_type": F.when(is_derived, F.lit("return")).otherwise(F.col("event_type")),
            "status": F.when(F.col("is_returned") & ~is_derived, F.lit("paid")).otherwise(F.col("status")),
            "quantity": F.when(is_derived, -F.col("quantity")).otherwise(F.col("quantity")),
            "gross_amount": gross,
            "net_amount": F.when(is_derived, gross).otherwise(F.col("net_amount")),
            "flags": F.when(is_derived, F.array(F.lit("derived_return"), F.lit("return_date_assumed"))).otherwise(
                F.col("flags")
            ),
            "extras": mask_values("extras"),
            **{name: F.when(~is_derived, F.col(name)) for name in shares},
        }
    )
    return conform(rows, SILVER_SALES, fingerprints)


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
    per_line = ", ".join(
        f"array_contains(line_level, '{name}') AS {name}" for name in (*_ALLOCATED.values(), "refund_amount")
    )
    return entries.selectExpr(
        *("content_id", "source_id", "file", "file_sha256", "landed_seq", "layout", "arrived_on", "org_id"),
        *("time_zone", "currency AS usual_currency"),
        *(f"struct({has}) AS has", f"struct({mark}) AS mark", f"struct({per_line}) AS per_line"),
    )


def _typed(rows: DataFrame) -> DataFrame:
    """Source text under `raw`, numbers under `number`, and the columns that need one row only."""
    facts = [name for name in rows.columns if name not in BRONZE_SALES.column_names]
    raw = ", ".join(f"nullif(trim({name}), '') AS {name}" for name in _FIELDS)
    rows = rows.selectExpr(*_DECIDED, *facts, f"struct({raw}) AS raw")
    numbers = (parse_number(F.col(f"raw.{n}"), F.col(f"mark.{n}"), ddl).alias(n) for n, ddl in _NUMBERS.items())
    rows = with_sold_at(with_status(rows)).withColumn("number", F.struct(*numbers))
    quantity, amount = F.col("number.quantity"), F.col("number.line_amount")
    gross = F.coalesce(amount, (quantity * F.col("number.unit_price")).try_cast(MONEY))
    # A return document may count upwards; as an event it is negative (R18).
    turned = F.when((F.col("event_type") == "return") & (quantity >= 0) & (gross >= 0), -1).otherwise(1)
    as_written = (
        *("order_id", "sku", "product_name", "category", "variant", "unit", "channel", "store", "seller"),
        *("payment_method", "city", "state", "country"),
    )
    return rows.withColumns(
        {
            **{name: F.col(f"raw.{name}") for name in as_written},
            "explicit_line_no": F.when(F.col("raw.line_no").rlike("^[0-9]{1,9}$"), F.col("raw.line_no").cast("int")),
            "product_key": F.coalesce(F.col("raw.sku"), F.lower("raw.product_name")),
            "quantity": (quantity * turned).cast(MONEY),
            "unit_price": F.col("number.unit_price"),
            "gross_amount": (gross * turned).cast(MONEY),
            "currency": F.coalesce(F.upper("raw.currency"), F.col("usual_currency")),
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


def _mark_repeats(rows: DataFrame) -> DataFrame:
    """`fate`, `line_no` and `line_identity`: the same explicit number twice inside an order.

    Equal rows: the second is superseded. Different rows: the number says nothing, the occurrence counts.
    """
    numbered = F.col("explicit_line_no").isNotNull()
    rows = rows.withColumn("_content", F.when(numbered, F.md5(F.to_json(F.struct("sold_on", "raw", "extras")))))
    copies = Window.partitionBy(*_ORDER, "explicit_line_no", "_content").orderBy("record_no")
    rows = rows.withColumn("_copy", F.row_number().over(copies))
    superseded = numbered & (F.col("_copy") > 1)
    fate = F.when(superseded, "superseded").when(F.size("failures") > 0, "quarantined").otherwise("good")
    others = Window.partitionBy(*_ORDER, "explicit_line_no")
    rows = rows.withColumns({"fate": fate, "_firsts": F.count_if(F.col("_copy") == 1).over(others)})
    by_number = numbered & (F.col("_firsts") == 1)
    what = ("line_no", "sku", "product_name", "variant", "quantity", "unit_price", "line_amount")
    content = [F.coalesce(F.col(f"raw.{name}"), F.lit("")) for name in what]
    line = F.when(by_number, F.concat(F.lit("line "), "explicit_line_no")).otherwise(
        F.concat_ws("\x1f", *content, F.col("occurrence").cast("string"))
    )
    return rows.withColumns(
        {
            "line_no": F.when(by_number, F.col("explicit_line_no")).otherwise(F.col("occurrence")),
            "line_identity": F.concat_ws("\x1f", "source_id", "unit_key", line),
        }
    ).drop("_content", "_copy", "_firsts")


def _with_amounts(rows: DataFrame) -> DataFrame:
    """Discounts, freight, tax, fees and refund of each good line, its net amount and its flags."""
    good, is_sale = F.col("fate") == "good", F.col("event_type") == "sale"
    is_returned = good & is_sale & (F.col("quantity") > 0) & (F.col("status") == "returned")
    rows = rows.withColumns({"is_good": good, "is_returned": F.coalesce(is_returned, F.lit(False))})
    shares = {alloc: Share(F.col(f"number.{field}"), "is_good") for alloc, field in _ALLOCATED.items()}
    shares["refund_alloc"] = Share(F.col("number.refund_amount"), "is_returned")
    rows = allocate(rows, _ORDER, F.struct("line_no", "record_no"), shares)

    def per_line(field: str) -> Column:
        return F.coalesce(F.col(f"number.{field}"), F.lit(0))

    both = F.col("has.order_discount") & F.col("per_line.order_discount")
    of_line = F.when(F.col("has.line_discount"), per_line("line_discount"))
    of_order = F.when(both, per_line("order_discount"))
    amounts = {
        alloc: F.when(
            F.col(f"has.{field}"), F.when(F.col(f"per_line.{field}"), per_line(field)).otherwise(F.col(alloc))
        )
        for alloc, field in {**_ALLOCATED, "refund_alloc": "refund_amount"}.items()
    }
    amounts["order_discount_alloc"] = F.when(~both, amounts["order_discount_alloc"])
    amounts["line_discount"] = F.when(
        of_line.isNotNull() | of_order.isNotNull(),
        F.coalesce(of_line, F.lit(0)) + F.coalesce(of_order, F.lit(0)),
    ).cast(MONEY)
    rows = rows.withColumns(amounts)
    discount = F.coalesce(F.col("line_discount"), F.lit(0)) + F.coalesce(F.col("order_discount_alloc"), F.lit(0))
    is_paid = F.col("status").isin("paid", "returned")
    flags = {
        "derived": F.col("number.line_amount").isNull(),
        "status_assumed": ~(F.col("has.status") | F.col("has.payment_status")),
        "discount_absent": ~(F.col("has.line_discount") | F.col("has.order_discount")),
        "status_returned": F.col("is_returned"),
        "gift": is_sale & is_paid & (F.col("quantity") > 0) & (F.col("gross_amount") == 0),
        "adjustment": F.col("event_type") == "adjustment",
        **{
            f"{name}_unreadable": F.col(f"raw.{name}").isNotNull() & F.col(f"number.{name}").isNull()
            for name in _TOLERATED
        },
    }
    listed = F.array(*(F.when(condition, F.lit(flag)) for flag, condition in flags.items()))
    net = (F.col("gross_amount") - discount).cast(MONEY)
    return rows.withColumns({"net_amount": net, "flags": F.array_compact(listed)})
