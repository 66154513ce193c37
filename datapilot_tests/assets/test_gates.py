"""Gates judge the rows themselves: a month that does not add up is found, by what it was made to break."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest

from datapilot_assets import sales_gold, step
from datapilot_assets.gates import arrow_contract_gates
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.sales_gold import ADDITIVE_NAMES, DIMENSIONS, SALES_DAILY, SALES_TABLES
from datapilot_domain.landing import MonthCount
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import arrow_schema
from datapilot_tests.domain.entries import entry

JANUARY = Month(2024, 1)


def gold(contract_id: str, *rows: dict[str, Any]) -> pa.Table:
    usual: dict[str, Any] = {"org_id": "acme", "month": "2024-01", "currency": "BRL", "fingerprint": "f" * 32}
    usual |= dict.fromkeys(ADDITIVE_NAMES, 0) | {"lines": 1, "gross_revenue": Decimal(10), "net_revenue": Decimal(10)}
    schema = arrow_schema(CONTRACTS[contract_id])
    filled = [{name: {**usual, **row}.get(name) for name in schema.names} for row in rows]
    return pa.Table.from_pylist(filled, schema)


def tables(**changed: pa.Table) -> dict[str, pa.Table]:
    day = dt.date(2024, 1, 5)
    found = {
        "gold.sales_month": gold("gold.sales_month", {"paid_orders": 1}),
        "gold.sales_daily": gold("gold.sales_daily", {"date": day}),
        "gold.sales_products": gold("gold.sales_products"),
        "gold.sales_breakdown": gold(
            "gold.sales_breakdown", *({"dimension": dimension, "value": None} for dimension in DIMENSIONS)
        ),
        "gold.sales_source_month": gold(
            "gold.sales_source_month", {"source_id": "main", "role": "counts", "paid_orders": 1}
        ),
        "gold.product_affinity": gold("gold.product_affinity"),
        "gold.product_centrality": gold("gold.product_centrality"),
    }
    assert {contract.id for contract in SALES_TABLES if contract.layer == "gold"} == set(found)
    return found | {name.replace("__", "."): table for name, table in changed.items()}


ALL_LINES = {("2024-01", "BRL"): Decimal(10)}


@pytest.mark.rule("R17")
@pytest.mark.reason("SUMS_DIFFER")
def test_a_day_that_is_missing_or_a_line_without_a_measure_is_found() -> None:
    assert sales_gold.sums_gates(tables(), ALL_LINES, [JANUARY])[JANUARY].passed
    without_day = tables(gold__sales_daily=gold("gold.sales_daily"))
    more_lines = {("2024-01", "BRL"): Decimal("10.01")}
    for found in (
        sales_gold.sums_gates(without_day, ALL_LINES, [JANUARY])[JANUARY],
        sales_gold.sums_gates(tables(), more_lines, [JANUARY])[JANUARY],
    ):
        assert (found.code, found.passed, found.severity) == ("SUMS_DIFFER", False, "ERROR")


@pytest.mark.reason("CONTRACT_BROKEN")
def test_a_key_that_is_there_twice_and_a_null_that_may_not_be_are_found() -> None:
    day = {"date": dt.date(2024, 1, 5)}
    assert arrow_contract_gates(SALES_DAILY, gold("gold.sales_daily", day), [JANUARY])[JANUARY].passed
    for rows in ([day, day], [day, {"date": None}]):
        found = arrow_contract_gates(SALES_DAILY, gold("gold.sales_daily", *rows), [JANUARY])[JANUARY]
        assert (found.code, found.passed) == ("CONTRACT_BROKEN", False)
    other_schema = gold("gold.sales_daily", day).drop_columns(["currency"]).append_column("currency", pa.array([1]))
    assert not arrow_contract_gates(SALES_DAILY, other_schema, [JANUARY])[JANUARY].passed


@pytest.mark.rule("R10")
@pytest.mark.reason("CONSERVATION_BROKEN")
@pytest.mark.parametrize("lost", [0, 1])
def test_a_record_that_reaches_no_fate_is_found(lost: int) -> None:
    month = JANUARY
    landed = entry(1, records=10, ignored=2, months={month: MonthCount(records=10, ignored=2)})
    run = SimpleNamespace(log=SimpleNamespace(entries=(landed,)), roles={"main": "counts"})
    fate = Counter(good=5 - lost, quarantined=3, superseded=0)
    fates = [{"month": str(month), "source_id": "main", **fate, "warned_lines": {}, "warned_amount": {}}]
    active = [cast(Any, SimpleNamespace(entry=landed))]
    gates = step.silver_gates(cast(Any, run), "sales", [month], fates, {}, active)[month]
    (found,) = [gate for gate in gates if gate.code == "CONSERVATION_BROKEN"]
    assert found.passed == (not lost)
