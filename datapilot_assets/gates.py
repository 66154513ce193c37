"""Gates: what must hold of a month before it is committed, judged from numbers of the frames themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from datapilot_assets.refinement import Gate
from datapilot_domain.contracts import TableContract
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import arrow_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def contract_gate(rows: int, distinct_keys: int, nulls: int, schema_ok: bool) -> Gate:
    """Schema and key of the contract: the key identifies a row, required columns are never null."""
    return Gate(
        check="contract",
        code="CONTRACT_BROKEN",
        passed=schema_ok and rows == distinct_keys and nulls == 0,
        severity="ERROR",
        numbers={
            "rows": rows,
            "duplicate_keys": rows - distinct_keys,
            "nulls_in_required_columns": nulls,
            "schema_as_contract": schema_ok,
        },
    )


def arrow_contract_gates(contract: TableContract, table: pa.Table, months: Sequence[Month]) -> dict[Month, Gate]:
    """Contract gate of every month of a small table."""
    schema_ok = table.schema.equals(arrow_schema(contract))
    connection = duckdb.connect()
    connection.register("rows", table)
    # A key may hold null members (a dimension's unknown value), so it is compared as a whole row.
    key = ", ".join(f'"{column}"' for column in contract.key)
    required = " + ".join(f'count_if("{column.name}" IS NULL)' for column in contract.columns if not column.nullable)
    counted = connection.execute(
        f"SELECT month, count(*), count(DISTINCT row({key})), {required} FROM rows GROUP BY month"
    ).fetchall()
    return _contract_gates(months, counted, schema_ok)


def spark_contract_gates(contract: TableContract, frame: DataFrame, months: Sequence[Month]) -> dict[Month, Gate]:
    """Contract gate of every month of a Spark frame, in one job."""
    from pyspark.sql import functions as F

    schema_ok = frame.columns == list(contract.column_names) and [
        field.dataType.simpleString() for field in frame.schema.fields
    ] == [column.type for column in contract.columns]
    required = [column.name for column in contract.columns if not column.nullable]
    nulls = reduce(lambda a, b: a + b, (F.sum(F.col(name).isNull().cast("bigint")) for name in required))
    counted = frame.groupBy("month").agg(
        F.count("*"), F.count_distinct(F.struct(*contract.key)), F.coalesce(nulls, F.lit(0))
    )
    return _contract_gates(months, [tuple(row) for row in counted.collect()], schema_ok)


def _contract_gates(
    months: Sequence[Month], counted: Sequence[tuple[str, int, int, int]], schema_ok: bool
) -> dict[Month, Gate]:
    numbers = {Month.parse(month): (rows, keys, nulls) for month, rows, keys, nulls in counted}
    return {month: contract_gate(*numbers.get(month, (0, 0, 0)), schema_ok) for month in months}


def conservation_gate(numbers: Mapping[str, Any], records: int, accounted: int) -> Gate:
    """R10: records = accepted + superseded + quarantined + ignored."""
    return Gate("conservation", "CONSERVATION_BROKEN", records == accounted, "ERROR", dict(numbers))


def quarantine_gate(records: int, quarantined: int) -> Gate:
    """More than half of a month's records in quarantine is no month to publish."""
    return Gate(
        check="conservation",
        code="QUARANTINE_MAJORITY",
        passed=2 * quarantined <= records,
        severity="ERROR",
        numbers={"quarantined": quarantined, "records": records},
    )


def sums_gate(numbers: Mapping[str, Any], ties: bool) -> Gate:
    """Month sums tie to silver and to every breakdown."""
    return Gate("conservation", "SUMS_DIFFER", ties, "ERROR", dict(numbers))
