"""Orders of two sources, compared (R25): by number, by date and total, and what follows for the roles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datapilot_assets.landing.effects import resolve
from datapilot_assets.landing.sources import (
    MAX_DAYS_APART,
    compare_source,
    compare_sources,
    match_months,
    match_orders,
    other_id_columns,
)
from datapilot_domain.landing import LandingEntry, Layout
from datapilot_domain.organizations import Organization, OrgId, SourceSettings
from datapilot_domain.partitions import Month
from datapilot_domain.sources import effective_roles
from datapilot_tests.domain.entries import entry

SCHEMA = resolve([], {}).orders.schema
FIRST = dt.date(2024, 1, 1)


def order(source: str, number: str, day: int, amount: str, *, ids: Sequence[str] = (), total: str | None = None) -> Any:
    """An order `day` days after New Year's Eve."""
    date = FIRST + dt.timedelta(days=day - 1)
    return {
        "source": source,
        "unit_key": f"order {number}",
        "month": f"{date:%Y-%m}",
        "order_id": number,
        "other_ids": list(ids),
        "first_day": date,
        "amount": Decimal(amount),
        "order_total": Decimal(total) if total else None,
    }


def table(*orders: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(orders), SCHEMA)


def matched(*orders: dict[str, Any], source: str = "shop", against: Sequence[str] = ("erp",)) -> dict[str, bool]:
    rows = match_orders(table(*orders), source, against).to_pylist()
    return {row["order_id"]: row["is_matched"] for row in rows}


pytestmark = pytest.mark.rule("R25")


def test_the_same_number_in_any_column_of_numbers_is_the_same_order() -> None:
    erp = order("erp", "E1", 5, "10", ids=["MP-1"])
    assert matched(erp, order("shop", "MP-1", 5, "99")) == {"MP-1": True}
    assert matched(erp, order("shop", "#mp-1", 9, "99")) == {"#mp-1": True}
    assert matched(erp, order("shop", "X", 9, "99", ids=["e1"])) == {"X": True}
    assert matched(erp, order("shop", "MP-2", 9, "99")) == {"MP-2": False}


def test_the_same_number_more_than_a_month_away_is_another_order() -> None:
    last = 5 + MAX_DAYS_APART
    january = order("erp", "100", 20, "3")
    assert matched(order("erp", "1", 5, "10"), january, order("shop", "1", last, "99")) == {"1": True}
    assert "1" not in matched(order("erp", "1", 5, "10"), january, order("shop", "1", last + 1, "99"))


@pytest.mark.parametrize(("day", "is_same"), [(3, False), (4, True), (5, True), (6, True), (7, False)])
def test_the_same_total_within_a_day_is_the_same_order(day: int, is_same: bool) -> None:
    assert matched(order("erp", "E", 5, "10"), order("shop", "S", day, "10")) == {"S": is_same}


@pytest.mark.parametrize(
    "other",
    [
        order("erp", "E2", 6, "10"),
        order("erp", "E2", 4, "10"),
        order("shop", "S2", 6, "10"),
        # Two days from one another, both a day from the shop's order: which of them is it?
        order("erp", "E2", 7, "10"),
    ],
)
def test_a_total_that_is_not_unique_on_those_days_proves_nothing(other: dict[str, Any]) -> None:
    day = 6 if other["first_day"] == dt.date(2024, 1, 7) else 5
    assert not matched(order("erp", "E", 5, "10"), order("shop", "S", day, "10"), other)["S"]


def test_a_total_is_unique_again_two_days_later() -> None:
    found = matched(
        *(order("erp", f"E{day}", day, "10") for day in (5, 8)),
        *(order("shop", f"S{day}", day, "10") for day in (5, 8)),
    )
    assert found == {"S5": True, "S8": True}


def test_the_written_total_counts_as_well_as_the_sum_of_the_lines_and_zero_never() -> None:
    erp = order("erp", "E", 5, "10", total="12.50")
    assert matched(erp, order("shop", "S", 5, "12.5")) == {"S": True}
    assert matched(erp, order("shop", "S", 5, "8", total="10")) == {"S": True}
    assert matched(order("erp", "E", 5, "0"), order("shop", "S", 5, "0")) == {"S": False}


def test_orders_of_months_that_the_others_do_not_have_are_not_compared() -> None:
    found = matched(order("erp", "E", 5, "10"), order("shop", "S", 6, "7"), order("shop", "LATE", 60, "7"))
    assert found == {"S": False}
    assert matched(order("shop", "S", 5, "10")) == {}
    assert matched(order("erp", "E", 5, "10"), order("shop", "S", 5, "10"), against=()) == {}


def test_a_month_is_compared_by_itself_and_an_order_number_once() -> None:
    orders = table(
        order("erp", "E", 31, "10"),
        order("erp", "F", 32, "4"),
        order("shop", "S", 32, "10"),
        order("shop", "F", 33, "5"),
        order("shop", "F", 34, "6") | {"unit_key": "other store F"},
    )
    rows = match_months(orders, {"erp": "counts", "shop": "mirror"}, [Month(2024, 1), Month(2024, 2)]).to_pylist()
    # Whole, the last of January and the first of February would match; erp alone counts, so it is compared with none.
    found = {(row["month"], row["source_id"], row["order_id"]): row["is_matched"] for row in rows}
    assert found == {("2024-02", "shop", "S"): False, ("2024-02", "shop", "F"): True}
    assert len(rows) == 2


def same(count: int, matching: int) -> pa.Table:
    erp = [order("erp", f"{n}", n, f"{n}") for n in range(1, count + 1)]
    shop = [order("shop", f"{n}" if n <= matching else f"S{n}", n, f"{n}00") for n in range(1, count + 1)]
    return table(*erp, *shop)


@pytest.mark.parametrize(
    ("count", "matching", "is_mirror"),
    [(9, 9, False), (10, 10, True), (11, 9, False), (31, 10, True), (34, 10, False), (34, 11, True)],
)
def test_from_ten_matched_orders_that_are_thirty_percent_a_source_is_a_mirror(
    count: int, matching: int, is_mirror: bool
) -> None:
    orders = same(min(count, 31), matching)
    more = [order("shop", f"T{n}", 15, f"{n}.77") for n in range(count - 31)]
    overlap = compare_source(pa.concat_tables([orders, table(*more)]), "shop", ["erp"])
    assert overlap is not None
    assert (overlap.compared, overlap.matched, overlap.mirror) == (count, matching, is_mirror)
    assert overlap.matched_amount == sum(100 * n for n in range(1, matching + 1))


ACME = Organization(org_id=OrgId("acme"), name="Acme")


def landed(*sources: str, **overlaps: Any) -> list[LandingEntry]:
    return [entry(seq, source=source, **overlaps) for seq, source in enumerate(sources, 1)]


def judged(entries: list[LandingEntry], orders: pa.Table, organization: Organization = ACME) -> dict[str, Any]:
    return {o.source: o for o in compare_sources(entries, organization, "sales", orders)}


def test_of_three_equal_sources_the_first_counts_and_the_others_mirror_it() -> None:
    orders = pa.concat_tables([same(12, 12), table(*(order("third", f"{n}", n, "1") for n in range(1, 13)))])
    found = judged(landed("erp", "shop", "third"), orders)
    assert {source: (o.against, o.mirror) for source, o in found.items()} == {
        "shop": (("erp",), True),
        "third": (("erp",), True),
    }


def test_a_declared_role_is_not_compared_and_a_mirror_is_nobody_to_be_compared_with() -> None:
    def declared(**roles: Any) -> Organization:
        sources = {name: SourceSettings(role=role) for name, role in roles.items()}
        return ACME.model_copy(update={"sources": sources})

    entries, orders = landed("erp", "shop"), same(12, 12)
    assert judged(entries, orders, declared(shop="counts")) == {}
    assert judged(entries, orders, declared(erp="mirror")) == {}
    assert judged(entries, orders, declared(erp="off")) == {}
    # Whoever declares that the later source counts does not make the earlier one its mirror.
    assert judged(landed("shop", "erp"), orders, declared(erp="counts")) == {}


def test_a_detection_stands_until_the_source_it_was_found_against_counts_no_more() -> None:
    entries = landed("erp", "shop")
    (overlap,) = compare_sources(entries, ACME, "sales", same(12, 12))
    log = [*entries, entry(3, source="shop", overlaps=[overlap])]
    assert effective_roles(log, ACME, "sales") == {"erp": "counts", "shop": "mirror"}
    # Later files that match less do not take it back.
    apart = judged(log, same(30, 0))["shop"]
    assert (apart.matched, apart.mirror) == (0, True)
    off = ACME.with_source("erp", SourceSettings(role="off"))
    assert effective_roles(log, off, "sales") == {"erp": "off", "shop": "counts"}
    both = ACME.with_source("shop", SourceSettings(role="counts"))
    assert effective_roles(log, both, "sales") == {"erp": "counts", "shop": "counts"}


def layout(*columns: str, **mapping: str) -> Layout:
    return Layout(
        header_hash="h", header=columns, mapping=mapping, encoding="utf-8", delimiter=";", decimal_marks={},
        date_orders={},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("header", "is_number"),
    [
        ("Número do pedido no marketplace", True),
        ("Nº Pedido Loja Virtual", True),
        ("Marketplace Order ID", True),
        ("Pedido e-commerce", True),
        ("Data do pedido", False),
        ("Status do pedido", False),
        ("Valor do pedido", False),
        ("Pedido", False),
        ("Peso", False),
        ("Observação do pedido", False),
    ],
)
def test_columns_of_order_numbers_are_known_by_their_header(header: str, is_number: bool) -> None:
    found = other_id_columns(layout("Pedido", header, Pedido="order_id"))
    assert found == ((header,) if is_number else ())


DAYS, TOTALS = st.integers(1, 6), st.sampled_from(["5", "6", "7"])
SIDE = st.lists(st.tuples(st.sampled_from("abcdefgh"), DAYS, TOTALS), max_size=6, unique_by=lambda item: item[0])


@given(mine=SIDE, theirs=SIDE)
@settings(max_examples=40, deadline=None)
def test_matching_is_what_the_rule_says_order_by_order(mine: list[Any], theirs: list[Any]) -> None:
    def near(item: Any, others: list[Any]) -> list[Any]:
        return [other for other in others if abs(other[1] - item[1]) <= 1 and other[2] == item[2]]

    expected = {}
    for item in mine if theirs else []:
        partners = near(item, theirs)
        by_total = (
            len(partners) == 1
            and near(item, mine) == [item]
            and near(partners[0], theirs) == partners
            and near(partners[0], mine) == [item]
        )
        expected[item[0]] = by_total or any(other[0] == item[0] for other in theirs)
    orders = [order("shop", *item) for item in mine] + [order("erp", *item) for item in theirs]
    assert matched(*orders) == expected
