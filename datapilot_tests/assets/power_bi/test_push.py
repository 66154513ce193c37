"""Pushing to a real server: every row arrives once, whatever happens in between."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from datapilot_assets.power_bi.push import TablesRefused
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.partitions import Month
from datapilot_resources import power_bi_limits as limits
from datapilot_resources.power_bi_errors import PowerBiUnavailable
from datapilot_tests.assets.power_bi.desk import DAILY, MONTH, PRODUCTS, TABLES, Desk, fitting
from datapilot_tests.assets.serving.shelf import FEBRUARY, JANUARY, MARCH, some_rows
from datapilot_tests.services.power_bi_server import (
    Answer,
    Behaviour,
    answers,
    fails_after,
    hangs_up_after,
    hangs_up_before,
)

BREAKS = [hangs_up_after, hangs_up_before, fails_after(500), answers(502), fails_after(504)]
Put = Callable[[], None]


def test_every_row_arrives_as_the_lake_has_it(desk: Desk) -> None:
    desk.put_all(JANUARY, FEBRUARY)
    pushed = desk.push()
    assert desk.is_exact()
    assert [(month.month, month.rows) for month in pushed] == [
        (month, {table.id: 12 for table in TABLES}) for month in (JANUARY, FEBRUARY)
    ]
    assert desk.pending == []
    rows = desk.dataset.rows[DAILY.table]
    assert [row["month"] for row in rows] == ["2024-01"] * 12 + ["2024-02"] * 12
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)


def test_nothing_is_sent_twice(desk: Desk) -> None:
    desk.put_all(JANUARY)
    desk.push()
    calls = len(desk.server.calls)
    assert desk.push(JANUARY) == []
    assert len(desk.server.calls) == calls


def test_a_new_month_is_appended_and_nothing_is_emptied(desk: Desk) -> None:
    desk.put_all(JANUARY)
    desk.push()
    desk.put_all(FEBRUARY)
    assert desk.pending == [FEBRUARY]
    assert [pushed.month for pushed in desk.push()] == [FEBRUARY]
    assert desk.is_exact()
    assert [desk.deletes(table) for table in TABLES] == [0, 0, 0]
    assert [desk.posts(table) for table in TABLES] == [2, 2, 2]


def test_a_restated_month_empties_its_table_and_sends_all_its_months(desk: Desk) -> None:
    desk.put_all(JANUARY, FEBRUARY)
    desk.push()
    desk.put(MONTH, JANUARY, seed=2)
    assert desk.pending == [JANUARY]
    assert [pushed.month for pushed in desk.push()] == [JANUARY]
    assert desk.is_exact()
    assert [desk.deletes(table) for table in TABLES] == [1, 0, 0]
    assert [desk.posts(table) for table in TABLES] == [4, 2, 2]


def test_an_emptied_month_and_one_that_vanished_are_gone(desk: Desk) -> None:
    desk.put_all(JANUARY, FEBRUARY)
    desk.push()
    desk.shelf.put(DAILY, {JANUARY: []})
    desk.push()
    assert {row["month"] for row in desk.dataset.rows[DAILY.table]} == {"2024-02"}
    shutil.rmtree(desk.platform.settings.home / "store" / "org_id=acme" / "gold" / PRODUCTS.table)
    desk.platform.__dict__.pop("lakehouse")
    desk.put(PRODUCTS, FEBRUARY, seed=3)
    assert desk.pending == [JANUARY, FEBRUARY]
    desk.push()
    assert desk.is_exact()
    assert desk.pending == []


def test_a_month_that_gets_its_first_rows_empties_nothing(desk: Desk) -> None:
    desk.put_all(JANUARY)
    desk.shelf.put(DAILY, {FEBRUARY: []})
    desk.push()
    assert desk.pending == []
    desk.put(DAILY, FEBRUARY)
    desk.push()
    assert desk.is_exact()
    assert desk.deletes(DAILY) == 0


def test_months_whose_gold_is_about_to_change_wait_for_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put_all(JANUARY, FEBRUARY)
    desk.push()
    desk.put_all(FEBRUARY, seed=2)
    desk.put_all(MARCH)
    with monkeypatch.context() as patch:
        for module in ("state", "push"):
            patch.setattr(f"datapilot_assets.power_bi.{module}.unsettled_months", lambda *_: {FEBRUARY})
        assert desk.pending == [MARCH]
        desk.push(FEBRUARY, MARCH)
        assert [desk.deletes(table) for table in TABLES] == [0, 0, 0]
        assert desk.pending == []
    assert desk.pending == [FEBRUARY]
    desk.push()
    assert desk.is_exact()


@pytest.mark.parametrize("breaks", BREAKS, ids=["after", "before", "500 after", "502 before", "504 after"])
def test_where_nobody_knows_whether_rows_arrived_the_table_is_sent_anew(desk: Desk, breaks: Behaviour) -> None:
    desk.put_all(JANUARY, FEBRUARY)
    desk.server.then(lambda work: work(), breaks)
    with pytest.raises(PowerBiUnavailable, match="whether rows of sales_month arrived is not known"):
        desk.push()
    desk.clock.now += 3600
    assert desk.pending == [JANUARY, FEBRUARY]
    desk.push()
    assert desk.is_exact()
    assert [desk.deletes(table) for table in TABLES] == [1, 0, 0]


@pytest.mark.parametrize("breaks", BREAKS, ids=["after", "before", "500 after", "502 before", "504 after"])
def test_an_emptying_that_nobody_saw_end_is_repeated(desk: Desk, breaks: Behaviour) -> None:
    desk.put_all(JANUARY, FEBRUARY)
    desk.push()
    desk.put(MONTH, JANUARY, seed=2)
    desk.server.then(breaks)
    with pytest.raises(PowerBiUnavailable, match="whether sales_month was emptied is not known"):
        desk.push()
    desk.clock.now += 3600
    desk.push()
    assert desk.is_exact()
    assert desk.deletes(MONTH) == 2


def test_a_service_that_has_too_much_to_do_is_asked_again_when_it_says(desk: Desk) -> None:
    desk.put_all(JANUARY)
    desk.server.then(answers(429, 17), answers(503), answers(503, 20), answers(429))
    desk.push()
    assert desk.is_exact()
    assert [desk.deletes(table) for table in TABLES] == [0, 0, 0]
    assert desk.clock.slept == [17.0, 2.0, 20.0, 8.0]


def test_who_asks_for_a_long_pause_gets_it_from_every_process(desk: Desk) -> None:
    desk.put_all(JANUARY)
    desk.server.then(lambda work: work(), answers(429, 1200))
    assert desk.push() == []
    calls = len(desk.server.calls)
    assert desk.pending == []
    assert desk.push(JANUARY) == []
    assert len(desk.server.calls) == calls
    desk.clock.now += 1200
    assert desk.pending == [JANUARY]
    desk.push()
    assert desk.is_exact()


@pytest.mark.parametrize("asked", [86_400 * 365, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_asks_for_a_pause_of_more_than_an_hour(desk: Desk, asked: int | str) -> None:
    desk.put_all(JANUARY)
    desk.server.then(lambda work: Answer(429, headers={"Retry-After": str(asked)}))
    assert desk.push() == []
    rest = desk.platform.power_bi.ledger.rest(desk.dataset_id)
    assert rest is not None
    assert rest.until == desk.clock.now + limits.HOUR
    desk.clock.now += limits.HOUR
    desk.push()
    assert desk.is_exact()


def test_what_the_time_of_a_run_does_not_allow_is_left_for_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ROWS_PER_REQUEST", 1)
    desk.put_all(*(Month(2024, month) for month in range(1, 5)))  # 144 requests
    runs = 0
    while desk.pending or desk.platform.power_bi.ledger.rest(desk.dataset_id):
        desk.restart(run_seconds=30)
        desk.push(restarted=False)
        desk.clock.now += 15
        runs += 1
    assert runs > 3
    assert desk.is_exact()
    assert [desk.deletes(table) for table in TABLES] == [0, 0, 0]
    assert [desk.posts(table) for table in TABLES] == [48, 48, 48]


def test_what_power_bi_would_not_take_is_a_named_error_and_empties_nothing(desk: Desk) -> None:
    desk.put_all(JANUARY, FEBRUARY)
    desk.push()
    long = [fitting(row) | {"product_name": "ã" * 4001} for row in some_rows(PRODUCTS, FEBRUARY, 2)]
    desk.shelf.put(PRODUCTS, {FEBRUARY: long})
    desk.put(PRODUCTS, JANUARY, seed=2)
    desk.put(MONTH, JANUARY, seed=2)
    before = desk.there(PRODUCTS)
    for months in ([JANUARY], [FEBRUARY], [JANUARY, FEBRUARY]):  # whichever of them is asked for
        with pytest.raises(TablesRefused, match=r"gold.sales_products, column product_name: .* 4000 characters"):
            desk.push(*months)
    assert desk.there(PRODUCTS) == before
    assert desk.there(MONTH) == desk.in_lake(MONTH)
    assert desk.pending == [JANUARY, FEBRUARY]


def test_a_number_beyond_int64_there_is_a_named_error(desk: Desk) -> None:
    column = next(column.name for column in DAILY.columns if column.type == "bigint")
    for value in (-(2**63), 2**63 - 1):
        desk.shelf.put(DAILY, {JANUARY: [fitting(row) | {column: value} for row in some_rows(DAILY, JANUARY, value)]})
        with pytest.raises(TablesRefused, match=rf"gold.sales_daily, column {column}: .* Int64"):
            desk.push()
    assert desk.dataset.rows == {}


def test_a_table_with_more_rows_than_one_holds_is_a_named_error(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TABLE_ROWS", {"none": 23, "basicFIFO": 11})
    desk.put_all(JANUARY)
    desk.push()
    desk.put_all(FEBRUARY)
    with pytest.raises(TablesRefused, match=r"gold.sales_month has more than 23 rows"):
        desk.push()
    assert [len(desk.dataset.rows[table.table]) for table in TABLES] == [12, 12, 12]


def test_a_table_that_is_not_there_stops_no_other(desk: Desk) -> None:
    desk.put_all(JANUARY)
    del desk.dataset.tables[MONTH.table]
    del desk.dataset.tables[PRODUCTS.table]["product_name"]
    with pytest.raises(TablesRefused) as refused:
        desk.push()
    (missing, other) = str(refused.value).split("; ")[0::2]
    assert "has no table sales_month, or is not there (HTTP 404, PowerBIEntityNotFound)" in missing
    assert "does not take the rows of sales_products (HTTP 400, UnknownColumn)" in other
    assert "quotes" not in str(refused.value)
    assert desk.there(DAILY) == desk.in_lake(DAILY)
    assert desk.posts(MONTH) == 1


def test_texts_are_measured_as_power_bi_counts_them(desk: Desk) -> None:
    bread = "🍞"  # two UTF-16 units
    for count, is_taken in ((2000, True), (2001, False)):
        rows = [fitting(row) | {"product_name": bread * count} for row in some_rows(PRODUCTS, JANUARY, count)]
        desk.shelf.put(PRODUCTS, {JANUARY: rows})
        if is_taken:
            desk.push()
            assert desk.is_exact()
        else:
            with pytest.raises(TablesRefused, match="4000 characters"):
                desk.push()


def test_every_served_table_keeps_to_the_limits() -> None:
    from datapilot_domain.contracts import SERVED
    from datapilot_resources.power_bi_rows import pushed_columns

    assert len({contract.table for contract in SERVED}) == len(SERVED) <= limits.TABLES
    assert all(len(pushed_columns(contract)) <= limits.COLUMNS for contract in SERVED)
    assert CONTRACTS["insights.published"] in SERVED
