"""Refine all accepted cases in one Spark pass, each as an organization of its own, and compare them with the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from datapilot_assets.gold.sales_month import sales_month
from datapilot_assets.landing.effects import REVISED_SCHEMA
from datapilot_assets.sales_silver import ENTRIES, entry_facts
from datapilot_assets.silver.sales import classify_sales, sales_quarantine, silver_sales
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.landing import Layout as LandedLayout
from datapilot_resources.lakehouse import arrow_schema
from datapilot_tests.assets.landed import LOST, fingerprints, frame, zero_months
from datapilot_tests.fuzz.damages import ANYTHING
from datapilot_tests.fuzz.landing import Outcome, organization_of
from datapilot_tests.fuzz.layouts import Layout
from datapilot_tests.fuzz.model import BUCKETS, SHARED, Measures, Prediction
from datapilot_tests.fuzz.tables import Table
from datapilot_tests.fuzz.truth import ARRIVED_ON

Key = tuple[int, str, str]


@dataclass(frozen=True)
class Refined:
    """Of all cases. fates: (case, record) → fate, reasons in rule order and gross amount; quarantine: (case,
    record) → reason; months: (case, month, currency) → row of the month; lines: the same → sum of silver."""

    fates: dict[tuple[int, int], list[tuple[str, list[str], Decimal | None]]]
    quarantine: dict[tuple[int, int], str]
    months: dict[Key, dict[str, Any]]
    lines: dict[Key, Decimal]


def refine(spark: SparkSession, cases: Sequence[tuple[Table, Prediction, Outcome]]) -> Refined:
    accepted = [(table, outcome) for table, _, outcome in cases if outcome.layout and outcome.records_file]
    schema = arrow_schema(BRONZE_SALES)
    files = [
        pyarrow.parquet.read_table(outcome.records_file).select(schema.names).cast(schema) for _, outcome in accepted
    ]
    bronze = pa.concat_tables(files)
    numbers = {
        file.column("content_id")[0].as_py(): table.number for file, (table, _) in zip(files, accepted, strict=True)
    }
    entries = [
        _entry(table, outcome.layout, file.column("content_id")[0].as_py())
        for file, (table, outcome) in zip(files, accepted, strict=True)
        if outcome.layout
    ]
    marks = fingerprints(spark, *set(bronze.column("month").to_pylist()))
    classified = classify_sales(
        spark.createDataFrame(bronze),
        frame(spark, entries, ENTRIES),
        frame(spark, [], LOST),
        frame(spark, [], REVISED_SCHEMA),
    ).cache()
    silver = silver_sales(classified, marks).cache()
    try:
        return Refined(
            fates=_fates(classified, numbers),
            quarantine={
                (int(row["org_id"].removeprefix("case")), row["record_no"]): row["reason"]
                for row in sales_quarantine(classified, marks).select("org_id", "record_no", "reason").collect()
            },
            months={_key(row): row.asDict() for row in sales_month(silver, marks, zero_months(spark)).collect()},
            lines={
                _key(row): row["amount"]
                for row in silver.groupBy("org_id", "month", "currency")
                .agg(F.sum("gross_amount").alias("amount"))
                .collect()
            },
        )
    finally:
        silver.unpersist()
        classified.unpersist()


def _key(row: Any) -> Key:
    return int(row["org_id"].removeprefix("case")), row["month"], row["currency"]


def _fates(
    classified: DataFrame, numbers: dict[str, int]
) -> dict[tuple[int, int], list[tuple[str, list[str], Decimal | None]]]:
    found: dict[tuple[int, int], list[tuple[str, list[str], Decimal | None]]] = {}
    for row in classified.select("content_id", "record_no", "fate", "failures", "gross_amount").collect():
        key = numbers[row["content_id"]], row["record_no"]
        found.setdefault(key, []).append((row["fate"], row["failures"], row["gross_amount"]))
    return found


def _entry(table: Table, layout: LandedLayout, content: str) -> dict[str, Any]:
    return {
        "content_id": content,
        "source_id": "main",
        "file": f"{table.number}.csv",
        "file_sha256": content.split("-")[0],
        "landed_seq": table.number + 1,
        "arrived_on": ARRIVED_ON,
        "org_id": f"case{table.number}",
        **entry_facts(layout, organization_of(table.rendering.time_zone)),
    }


def differences(table: Table, prediction: Prediction, outcome: Outcome, refined: Refined) -> list[str]:
    """Everything in which the refined case and the model differ."""
    if outcome.refusal:
        return []
    found = _fate_differences(table, prediction, outcome, refined)
    keys = {key for key in (*refined.months, *refined.lines) if key[0] == table.number}
    for key in keys:
        row = refined.months.get(key)
        measured = sum((row[name] for name in BUCKETS), Decimal(0)) if row else None
        if measured != refined.lines.get(key):
            found.append(f"{key[1:]}: measures sum to {measured}, the lines to {refined.lines.get(key)}")
    if table.damage in ANYTHING:
        return found
    months = {key[1:]: row for key, row in refined.months.items() if key in keys}
    if set(months) != set(prediction.measures):
        return [*found, f"months {sorted(months)}, not {sorted(prediction.measures)}"]
    for month, row in months.items():
        expected = _expected(prediction.measures[month], table.layout)
        found += [f"{month} {name} {row[name]}, not {value}" for name, value in expected.items() if row[name] != value]
    return found


def _fate_differences(table: Table, prediction: Prediction, outcome: Outcome, refined: Refined) -> list[str]:
    found = []
    for row in outcome.rows:
        number = row["record_no"]
        fates = refined.fates.get((table.number, number), [])
        if len(fates) != 1:
            found.append(f"record {number} has the fates {fates}")
            continue
        ((fate, failures, _),) = fates
        reason = refined.quarantine.get((table.number, number))
        if (fate == "quarantined") != (reason is not None):
            found.append(f"record {number} is {fate}, its reason {reason}")
        if table.damage not in ANYTHING:
            expected = prediction.fates[number]
            if (fate, reason) != (expected.fate, expected.reason):
                found.append(f"record {number} is {fate} {failures}, not {expected}: {table.rows[number - 1].cells}")
    return found


def _expected(measures: Measures, layout: Layout) -> dict[str, Decimal | int | None]:
    amounts = measures.amounts
    orders = len(measures.paid)
    ticket = (amounts["gross_revenue"] / orders).quantize(Decimal("1e-10"), ROUND_HALF_UP) if orders else None
    return {
        **amounts,
        "lines": measures.lines,
        "units": measures.units if layout.has("quantity") else None,
        "gift_units": measures.gift_units if layout.has("quantity") else None,
        **{name: measures.shared[what] if layout.has(what) else None for name, what in SHARED.items()},
        "net_revenue": amounts["gross_revenue"] - measures.shared["discount"] + amounts["returns_amount"],
        "paid_orders": orders,
        "average_ticket": ticket,
    }
