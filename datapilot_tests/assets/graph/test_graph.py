"""The graph of two organizations that sent the same files: it is their silver and gold, and never mixed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from datapilot_assets.consumers import GRAPH
from datapilot_assets.graph.model import RELATIONSHIPS
from datapilot_assets.runs import run_refine
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.graph import Graph
from datapilot_resources.platform import Platform
from datapilot_tests.assets.graph.reading import ask, stored, visible
from datapilot_tests.services.neo4j_fixtures import GraphServer
from datapilot_tests.workbench import MONTHS, SAMPLES, Workbench, sample

pytestmark = pytest.mark.services

TWINS = ("alpha", "alphabeta")  # one id is the prefix of the other
DOCS = (Path(__file__).parents[3] / "docs" / "graph.md").read_text("utf-8")
QUERIES = re.findall(r"```cypher\n(.*?)```", DOCS, re.DOTALL)


@pytest.fixture
def bench(workbench: Workbench, graph_server: GraphServer) -> Iterator[Workbench]:
    """Both organizations, refined and in the graph."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in graph_server.environment.items():
            environment.setenv(name, value)
        bench = Workbench(Platform.from_environment())
        if not bench.platform.registry.list():
            for org in TWINS:
                bench.add(org)
                bench.land(org, *(sample(month, "english") for month in MONTHS))
            run(bench)
        yield bench


def run(bench: Workbench) -> list[str]:
    """Refine, and load what changed; the months loaded."""
    runs = run_refine(bench.platform, bench.platform.registry.list(), consumers=(GRAPH,))
    assert [run.error for run in runs] == [None] * len(runs)
    return [f"{run.org} {month}" for run in runs if run.family == "graph" for month in run.months]


def graph_of(bench: Workbench) -> Graph:
    assert bench.platform.graph is not None
    return bench.platform.graph


def floats(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: float(row[name]) if isinstance(row[name], Decimal) else row[name] for name in names}


@pytest.mark.parametrize("org", TWINS)
def test_the_graph_is_gold(bench: Workbench, org: str) -> None:
    found: dict[str, dict[tuple[str, ...], Any]] = defaultdict(dict)
    for row in visible(graph_of(bench), org):
        key = (row["month"], row["start"], row["end"])
        found[row["type"]][key] = {k: v for k, v in row["values"].items() if k not in ("org_id", "month")}
    assert {name for name, rows in found.items() if rows} == {relationship.name for relationship in RELATIONSHIPS} - {
        "RAN_IN",
        "OF_CATEGORY",
    }  # the samples have neither ads nor categories
    assert found["SOLD_IN"] == {
        (row["month"], row["product_key"], row["month"]): floats(
            row, "currency", "product_name", "gross_revenue", "units", "rank"
        )
        for row in bench.rows("gold.sales_products", org)
    }
    assert found["PLACED_IN"] == {
        (row["month"], row["product_key"], row["month"]): floats(row, "orders", "degree", "centrality", "community")
        for row in bench.rows("gold.product_centrality", org)
    }
    assert found["BOUGHT_WITH"] == {
        (row["month"], row["product_key"], row["other_product_key"]): floats(
            row, "orders_together", "support", "confidence", "other_confidence", "lift"
        )
        for row in bench.rows("gold.product_affinity", org)
    }
    lines = [
        row
        for row in bench.rows("silver.sales", org)
        if (row["event_type"], row["status"]) == ("sale", "paid") and row["quantity"] > 0
    ]
    for name, start, end in (
        ("PURCHASED", "customer_key", "product_key"),
        ("SOLD_THROUGH", "product_key", "channel"),
    ):
        amounts: Counter[tuple[str, ...]] = Counter()
        orders = defaultdict(set)
        for row in lines:
            if row[start] is not None and row[end] is not None:
                amounts[row["month"], row[start], row[end]] += row["gross_amount"]
                orders[row["month"], row[start], row[end]].add(row["order_id"])
        assert {key: round(Decimal(row["amount"]), 4) for key, row in found[name].items()} == amounts
        assert {key: row["orders"] for key, row in found[name].items()} == {k: len(v) for k, v in orders.items()}
    by_channel = sum(round(Decimal(row["amount"]), 4) for row in found["SOLD_THROUGH"].values())
    assert by_channel == sum(row["gross_revenue"] for row in bench.rows("gold.sales_month", org))


def test_the_months_say_how_much_they_hold(bench: Workbench) -> None:
    for row in ask(graph_of(bench), "alpha", "MATCH (m:Month {org_id: $org_id}) RETURN m.id AS month, m AS month_node"):
        rows = visible(graph_of(bench), "alpha", row["month"])
        nodes = {(r["type"] in ("SOLD_IN", "PLACED_IN", "BOUGHT_WITH", "SOLD_THROUGH"), r["start"]) for r in rows}
        assert row["month_node"]["relationships"] == len(rows) > 0
        assert row["month_node"]["nodes"] >= len(nodes)


def test_what_is_current_is_left_alone(bench: Workbench) -> None:
    organization = bench.platform.registry.get(OrgId("alpha"))
    assert GRAPH.pending(bench.platform, organization) == {}
    before = ask(graph_of(bench), "alpha", "MATCH (m:Month {org_id: $org_id}) RETURN m.id AS id, m.generation AS g")
    assert run(bench) == []
    assert before == ask(
        graph_of(bench), "alpha", "MATCH (m:Month {org_id: $org_id}) RETURN m.id AS id, m.generation AS g"
    )


@pytest.mark.parametrize(("mine", "other"), [TWINS, TWINS[::-1]])
def test_no_edge_leaves_an_organization(bench: Workbench, mine: str, other: str) -> None:
    across = "MATCH (a {org_id: $org_id})-[r]-(b) WHERE b.org_id <> $org_id OR r.org_id <> $org_id RETURN a, b"
    assert ask(graph_of(bench), mine, across) == []
    # The same products, channels and customers' texts: as many nodes of each, none shared.
    assert stored(graph_of(bench), mine) == stored(graph_of(bench), other)
    customers = {
        org: {row["id"] for row in ask(graph_of(bench), org, "MATCH (c:Customer {org_id: $org_id}) RETURN c.id AS id")}
        for org in TWINS
    }
    assert customers[mine].isdisjoint(customers[other])
    assert all(re.fullmatch(r"[0-9a-f]{32,64}", key) for key in customers[mine])


def test_a_statement_that_names_no_organization_is_never_sent(bench: Workbench) -> None:
    for statement in ("MATCH (n) RETURN n", "MATCH (n {org_id: $org_id_of_somebody}) RETURN n"):
        with pytest.raises(ValueError, match="not bound"):
            ask(graph_of(bench), "alpha", statement)


@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_of_the_page_answer(bench: Workbench, query: str) -> None:
    month = "2024-03"
    pair = next(row for row in bench.rows("gold.product_affinity", "alpha", month))
    rows = ask(graph_of(bench), "alpha", query, month=month, product=pair["product_key"])
    if "BOUGHT_WITH {month: m.id, generation: m.generation}]-(other:Product)\nRETURN" in query:
        assert {
            "product": pair["other_product_key"],
            "orders": pair["orders_together"],
            "lift": float(pair["lift"]),
        } in rows
    elif "PLACED_IN" in query:
        placed = bench.rows("gold.product_centrality", "alpha", month)
        assert sum(row["products"] for row in rows) == len(placed)
        assert sum(row["centrality"] for row in rows) == pytest.approx(1)
    elif "SOLD_THROUGH" in query:
        gross = sum(row["gross_revenue"] for row in bench.rows("gold.sales_month", "alpha"))
        assert sum(row["amount"] for row in rows) == pytest.approx(float(gross))
    else:
        assert (rows == []) == ("RAN_IN" in query)


def test_a_corrected_month_is_loaded_again_and_no_other(bench: Workbench) -> None:
    others = [visible(graph_of(bench), "alpha", month) for month in MONTHS[1:]]
    twin, before = visible(graph_of(bench), "alphabeta"), visible(graph_of(bench), "alpha", "2024-01")
    kept = sample("2024-01", "english").read_text("utf-8").splitlines(keepends=True)[:12]
    bench.land("alpha", ("corrigido.csv", "".join(kept)), complete=Month(2024, 1))
    assert run(bench) == ["alpha 2024-01"]
    after = visible(graph_of(bench), "alpha", "2024-01")
    assert 0 < len(after) < len(before)
    assert [visible(graph_of(bench), "alpha", month) for month in MONTHS[1:]] == others
    assert visible(graph_of(bench), "alphabeta") == twin
    nothing_unseen(bench)


def test_an_emptied_month_is_empty(bench: Workbench) -> None:
    header = sample("2024-03", "english").read_text("utf-8").splitlines(keepends=True)[0]
    bench.land("alphabeta", ("vazio.csv", header), complete=Month(2024, 3))
    assert run(bench) == ["alphabeta 2024-03"]
    assert visible(graph_of(bench), "alphabeta", "2024-03") == []
    assert visible(graph_of(bench), "alphabeta", "2024-02")
    assert run(bench) == []
    nothing_unseen(bench)


def nothing_unseen(bench: Workbench) -> None:
    """Nothing is stored that does not count: no relationship of an older generation, no node without one."""
    for org in TWINS:
        rows = visible(graph_of(bench), org)
        assert stored(graph_of(bench), org)[1] == len(rows)
        lonely = "MATCH (n {org_id: $org_id}) WHERE NOT (n)--() RETURN labels(n)[0] AS label"
        assert {row["label"] for row in ask(graph_of(bench), org, lonely)} <= {"Organization", "Month"}


def test_the_samples_are_where_they_are_said_to_be() -> None:
    assert len(QUERIES) == 5
    assert SAMPLES.is_dir()
