"""gold.product_centrality: how central a product is among those bought together, and its community."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa

from datapilot_domain.contracts.sales_gold import PRODUCT_CENTRALITY
from datapilot_resources.lakehouse import arrow_schema

# Of PageRank: the usual damping, and far below the ten places that are kept.
_DAMPING, _TOLERANCE, _MOST_ITERATIONS = 0.85, 1e-14, 1000
_PLACES = Decimal("1e-10")


def product_centrality(affinity: pa.Table, fingerprints: Mapping[str, str]) -> pa.Table:
    """PRODUCT_CENTRALITY of PRODUCT_AFFINITY rows, in the order of month and key. fingerprints: by month.

    centrality: PageRank (Page, Brin, Motwani and Winograd 1998) of the graph whose edges are the pairs, weighted by
    orders_together. community: connected by first neighbours (Sarfraz, Sharma and Stiefelhagen 2019): each product
    with the partner of the highest cosine, orders_together / √(orders × other_orders).
    """
    months: dict[str, list[dict[str, Any]]] = {}
    for row in affinity.to_pylist():
        months.setdefault(row["month"], []).append(row)
    rows = [
        {"org_id": pairs[0]["org_id"], "month": month, "fingerprint": fingerprints[month], **product}
        for month, pairs in sorted(months.items())
        for product in _products(pairs)
    ]
    return pa.Table.from_pylist(rows, arrow_schema(PRODUCT_CENTRALITY))


def _products(pairs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    # Sorted, so that the same pairs give the same sums of floats.
    pairs = sorted(pairs, key=lambda pair: (pair["product_key"], pair["other_product_key"]))
    orders = {pair["product_key"]: pair["orders"] for pair in pairs}
    orders |= {pair["other_product_key"]: pair["other_orders"] for pair in pairs}
    keys = sorted(orders)
    place = {key: number for number, key in enumerate(keys)}
    edges = [(place[pair["product_key"]], place[pair["other_product_key"]], pair["orders_together"]) for pair in pairs]
    ranks = _ranks(len(keys), edges)
    communities = _communities(keys, edges, [orders[key] for key in keys])
    degrees = [0] * len(keys)
    for a, b, _ in edges:
        degrees[a] += 1
        degrees[b] += 1
    return [
        {
            "product_key": key,
            "orders": orders[key],
            "degree": degrees[number],
            "centrality": ranks[number],
            "community": communities[number],
        }
        for number, key in enumerate(keys)
    ]


def _ranks(count: int, edges: Iterable[tuple[int, int, int]]) -> list[Decimal]:
    import rustworkx as rx

    graph: rx.PyDiGraph[int, float] = rx.PyDiGraph()
    graph.add_nodes_from(list(range(count)))
    for a, b, together in edges:
        graph.add_edge(a, b, float(together))
        graph.add_edge(b, a, float(together))
    ranks = rx.pagerank(graph, _DAMPING, weight_fn=float, tol=_TOLERANCE, max_iter=_MOST_ITERATIONS)
    return [Decimal(ranks[number]).quantize(_PLACES) for number in range(count)]


def _communities(keys: list[str], edges: Iterable[tuple[int, int, int]], orders: list[int]) -> list[int]:
    """Number of each product's community: the largest is 1, ties by its smallest key."""
    import rustworkx as rx

    # Partner of each: the squared cosine, exact, then the order in which keys sort.
    first: dict[int, tuple[Fraction, int]] = {}
    for a, b, together in edges:
        cosine = Fraction(together * together, orders[a] * orders[b])
        for product, partner in ((a, b), (b, a)):
            first[product] = max(first.get(product, (Fraction(0), 0)), (cosine, -partner))
    graph: rx.PyGraph[int, None] = rx.PyGraph()
    graph.add_nodes_from(list(range(len(keys))))
    graph.add_edges_from_no_data([(product, -partner) for product, (_, partner) in first.items()])
    found = sorted(rx.connected_components(graph), key=lambda members: (-len(members), min(members)))
    return [number for _, number in sorted((m, n) for n, members in enumerate(found, start=1) for m in members)]
