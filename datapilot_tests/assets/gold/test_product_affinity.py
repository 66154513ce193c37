"""Products bought together, against pairs counted in plain Python; and what holds of the measures of any orders."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from datapilot_assets.gold.product_affinity import MOST_PRODUCTS, Baskets, baskets, orders_together, product_affinity
from datapilot_assets.gold.product_centrality import product_centrality
from datapilot_assets.sales_affinity import affinity_gates
from datapilot_assets.silver.sales import silver_sales
from datapilot_domain.contracts.sales_gold import PRODUCT_AFFINITY, PRODUCT_CENTRALITY, SALES_MONTH
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import arrow_schema
from datapilot_tests.assets.gold.test_measures import is_gross, line, silver_frame
from datapilot_tests.assets.landed import SAMPLES, Landed, fingerprints

JANUARY = "2024-01"
PRINTS = {JANUARY: "f" * 32}
Order = frozenset[str]
orders_of_a_month = st.lists(st.frozensets(st.sampled_from("abcdefg"), max_size=5), min_size=1, max_size=30)


def pairs_by_hand(orders: Iterable[Order]) -> dict[tuple[str, str], int]:
    every = Counter(pair for order in orders if len(order) <= MOST_PRODUCTS for pair in combinations(sorted(order), 2))
    return {pair: count for pair, count in every.items() if count >= 2}


def counted_by_hand(orders: Sequence[Order]) -> pa.Table:
    """What `orders_together` gives of these orders."""
    singles = Counter(key for order in orders for key in order)
    rows: list[tuple[str | None, str | None, int]] = [(None, None, len(orders))]
    rows += [(key, key, count) for key, count in singles.items()]
    rows += [(*pair, count) for pair, count in pairs_by_hand(orders).items()]
    names = ("product_key", "other_product_key", "orders")
    common = {"org_id": "acme", "month": JANUARY, "large_orders": 0, "pairs": 0}
    return pa.Table.from_pylist([common | dict(zip(names, row, strict=True)) for row in rows])


def affinity_of(orders: Sequence[Order]) -> list[dict[str, Any]]:
    return product_affinity(counted_by_hand(orders), PRINTS).to_pylist()


@pytest.mark.parametrize("layout", ["english", "excel_br_cp1252"])
def test_the_samples_against_pairs_counted_from_their_text(spark: SparkSession, layout: str) -> None:
    months = (JANUARY, "2024-02", "2024-03")
    landed = Landed()
    expected: dict[tuple[str, ...], int] = {}
    for month in months:
        landed.sample(SAMPLES / f"vendas_{month}__{layout}.csv")
        orders: dict[str, set[str]] = {}
        with (SAMPLES / f"vendas_{month}__english.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["status"] == "paid" and Decimal(row["quantity"]) > 0:
                    orders.setdefault(row["order_id"], set()).add(row["sku"])
        expected |= {(month, *pair): n for pair, n in pairs_by_hand(map(frozenset, orders.values())).items()}
        expected[month, "all"] = len(orders)
    counted = orders_together(silver_sales(landed.classify(spark), fingerprints(spark, *months))).toArrow()
    rows = product_affinity(counted, dict.fromkeys(months, "f" * 32)).to_pylist()
    found: dict[tuple[str, ...], int] = {
        (row["month"], row["product_key"], row["other_product_key"]): row["orders_together"] for row in rows
    }
    assert len(found) == 4
    assert found | {(month, "all"): kept.all_orders for month, kept in baskets(counted).items()} == expected


@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(lines=st.lists(line, min_size=40, max_size=40))
def test_orders_are_those_of_the_month_whatever_their_currency(
    spark: SparkSession, lines: list[dict[str, Any]]
) -> None:
    orders: dict[tuple[str | None, str], set[str]] = {}
    for row in lines:
        if is_gross(row) and row["order_id"] is not None:
            keys = orders.setdefault((row["store"], row["order_id"]), set())
            keys |= {row["product_key"]} - {None}
    counted = orders_together(silver_frame(spark, lines)).toArrow()
    found = {(row["product_key"], row["other_product_key"]): row["orders"] for row in counted.to_pylist()}
    singles = Counter((key, key) for keys in orders.values() for key in keys)
    pairs = pairs_by_hand(frozenset(keys) for keys in orders.values())
    assert found == ({(None, None): len(orders)} if orders else {}) | dict(singles) | pairs


def test_a_large_order_counts_as_an_order_but_makes_no_pairs(spark: SparkSession) -> None:
    def order(number: str, products: int) -> list[dict[str, Any]]:
        return [{"order_id": number, "product_key": f"p{n:03d}", "gross_amount": 1} for n in range(products)]

    large = [*order("1", MOST_PRODUCTS + 1), *order("2", 2), *order("3", 2)]
    lines = [row | {"gross_amount": Decimal(1)} for row in large]
    counted = orders_together(silver_frame(spark, lines)).toArrow()
    assert baskets(counted) == {JANUARY: Baskets(all_orders=3, large_orders=1, pairs=2)}
    (row,) = product_affinity(counted, PRINTS).to_pylist()
    assert (row["orders_together"], row["orders"], row["other_orders"], row["all_orders"]) == (2, 3, 3, 3)
    at_the_bound = silver_frame(spark, [row for row in lines if row["product_key"] != "p000"])
    assert baskets(orders_together(at_the_bound).toArrow())[JANUARY].large_orders == 0


def test_a_month_without_orders_has_no_rows(spark: SparkSession) -> None:
    counted = orders_together(silver_frame(spark, [{"order_id": None, "gross_amount": Decimal(1)}])).toArrow()
    assert (counted.num_rows, product_affinity(counted, PRINTS).num_rows) == (0, 0)
    assert product_centrality(product_affinity(counted, PRINTS), PRINTS).schema.equals(arrow_schema(PRODUCT_CENTRALITY))


@given(orders=orders_of_a_month)
@settings(deadline=None)
def test_the_measures_keep_within_their_bounds(orders: list[Order]) -> None:
    for row in affinity_of(orders):
        together, product, other, every = (
            row[name] for name in ("orders_together", "orders", "other_orders", "all_orders")
        )
        assert row["product_key"] < row["other_product_key"]
        assert 2 <= together <= min(product, other) <= max(product, other) <= every == len(orders)
        for name, exact in {
            "support": Fraction(together, every),
            "confidence": Fraction(together, product),
            "other_confidence": Fraction(together, other),
            "lift": Fraction(together * every, product * other),
        }.items():
            assert abs(Fraction(row[name]) - exact) <= Fraction(1, 2 * 10**10), name
        assert 0 < row["support"] <= min(row["confidence"], row["other_confidence"]) <= 1
        assert row["lift"] <= Decimal(every) / max(product, other) + Decimal("1e-10")


@given(orders=orders_of_a_month)
@settings(deadline=None)
def test_names_do_not_matter(orders: list[Order]) -> None:
    """With the order of the keys turned round every pair is the same pair, seen from its other end."""
    turned = dict(zip("abcdefg", "gfedcba", strict=True))
    seen = {
        (turned[row["other_product_key"]], turned[row["product_key"]]): (
            row["lift"], row["support"], row["other_confidence"], row["confidence"], row["other_orders"], row["orders"],
        )
        for row in affinity_of([frozenset(turned[key] for key in order) for order in orders])
    }  # fmt: skip
    assert seen == {
        (row["product_key"], row["other_product_key"]): (
            row["lift"], row["support"], row["confidence"], row["other_confidence"], row["orders"], row["other_orders"],
        )
        for row in affinity_of(orders)
    }  # fmt: skip


def test_ratios_round_half_up_at_the_tenth_place() -> None:
    # 3/2¹¹ = 0.00146484375 exactly.
    orders = [frozenset("ab")] * 3 + [frozenset[str]()] * 2045
    (row,) = affinity_of(orders)
    assert row["support"] == Decimal("0.0014648438")


def ranks_by_hand(pairs: Sequence[dict[str, Any]]) -> dict[str, float]:
    """PageRank by its definition: the next place of a walker who mostly follows a pair, by weight, and else jumps."""
    weights: dict[str, dict[str, int]] = {}
    for row in pairs:
        a, b = row["product_key"], row["other_product_key"]
        weights.setdefault(a, {})[b] = weights.setdefault(b, {})[a] = row["orders_together"]
    ranks = dict.fromkeys(weights, 1 / len(weights)) if weights else {}
    for _ in range(300):
        ranks = {
            key: 0.15 / len(ranks)
            + 0.85 * sum(ranks[other] * n / sum(weights[other].values()) for other, n in near.items())
            for key, near in weights.items()
        }
    return ranks


@given(orders=orders_of_a_month)
@settings(deadline=None)
def test_centrality_is_pagerank_and_communities_are_numbered_by_size(orders: list[Order]) -> None:
    pairs = product_affinity(counted_by_hand(orders), PRINTS)
    found = product_centrality(pairs, PRINTS).to_pylist()
    ranks = ranks_by_hand(pairs.to_pylist())
    assert [row["product_key"] for row in found] == sorted(ranks)
    for row in found:
        assert abs(float(row["centrality"]) - ranks[row["product_key"]]) < 1e-9
        assert row["degree"] == sum(row["product_key"] in pair for pair in pairs_by_hand(orders))
        assert row["orders"] == sum(row["product_key"] in order for order in orders)
    sizes = Counter(row["community"] for row in found)
    assert sorted(sizes) == list(range(1, len(sizes) + 1))
    firsts = [
        (-sizes[number], min(row["product_key"] for row in found if row["community"] == number)) for number in sizes
    ]
    assert sorted(firsts) == [first for _, first in sorted(zip(sizes, firsts, strict=True))]
    # The rows come in any order.
    shuffled = pa.Table.from_pylist(pairs.to_pylist()[::-1], pairs.schema)
    assert product_centrality(shuffled, PRINTS).to_pylist() == found


def test_a_community_is_held_together_by_nearest_partners() -> None:
    bread, meat = frozenset({"bread", "butter"}), frozenset({"coal", "meat"})
    orders = [bread] * 6 + [meat] * 5 + [frozenset({"butter", "jam"})] * 3 + [frozenset({"bread", "meat"})] * 2
    found = product_centrality(product_affinity(counted_by_hand(orders), PRINTS), PRINTS).to_pylist()
    assert {row["product_key"]: row["community"] for row in found} == {
        "bread": 1, "butter": 1, "jam": 1, "coal": 2, "meat": 2,
    }  # fmt: skip


def _tables(orders: Sequence[Order]) -> dict[str, pa.Table]:
    pairs = product_affinity(counted_by_hand(orders), PRINTS)
    month = dict.fromkeys(arrow_schema(SALES_MONTH).names) | {"month": JANUARY, "currency": "BRL"}
    monthly = pa.Table.from_pylist([month | {"paid_orders": len(orders)}], arrow_schema(SALES_MONTH))
    return {
        PRODUCT_AFFINITY.id: pairs,
        PRODUCT_CENTRALITY.id: product_centrality(pairs, PRINTS),
        SALES_MONTH.id: monthly,
    }


def _changed(table: pa.Table, row: int, **values: Any) -> pa.Table:
    rows = table.to_pylist()
    rows[row] |= values
    return pa.Table.from_pylist(rows, table.schema)


ORDERS = [frozenset("ab")] * 3 + [frozenset("bc")] * 2 + [frozenset("d")]


@pytest.mark.reason("SUMS_DIFFER")
@pytest.mark.parametrize(
    ("table", "change", "part"),
    [
        (PRODUCT_AFFINITY.id, {"orders_together": 1}, "pair"),
        (PRODUCT_AFFINITY.id, {"product_key": "z"}, "pair"),
        (PRODUCT_AFFINITY.id, {"all_orders": 7}, "pair"),
        (PRODUCT_AFFINITY.id, {"lift": Decimal(2)}, "pair"),
        (PRODUCT_AFFINITY.id, {"support": Decimal(0)}, "pair"),
        (PRODUCT_AFFINITY.id, {"other_orders": 6}, "product"),
        (PRODUCT_CENTRALITY.id, {"degree": 3}, "centrality"),
        (PRODUCT_CENTRALITY.id, {"centrality": Decimal(1)}, "ranks"),
        (PRODUCT_CENTRALITY.id, {"community": 3}, "communities"),
        (SALES_MONTH.id, {"paid_orders": 7}, "orders"),
    ],
)
def test_what_does_not_tie_is_kept_back(table: str, change: dict[str, Any], part: str) -> None:
    tables, month = _tables(ORDERS), Month.parse(JANUARY)
    found = {JANUARY: Baskets(all_orders=6, large_orders=0, pairs=5)}
    assert affinity_gates(tables, found, [month])[month].passed
    changed = tables | {table: _changed(tables[table], 0, **change)}
    gate = affinity_gates(changed, found, [month])[month]
    assert not gate.passed
    assert gate.severity == "ERROR"
    assert part in gate.numbers["pairs_not_tied"].split(", ")
    fewer = {JANUARY: Baskets(all_orders=6, large_orders=0, pairs=4)}
    assert affinity_gates(tables, fewer, [month])[month].numbers["pairs_not_tied"] == "pairs"
