"""What is served is what the lake has: to the last digit, month by month, and never half of it."""

from __future__ import annotations

import multiprocessing
import threading
from pathlib import Path

import pytest

from datapilot_assets.serving.load import MonthsRefused
from datapilot_assets.serving.state import serving_status
from datapilot_domain.contracts import CONTRACTS, SERVED, Column, TableContract
from datapilot_domain.contracts.insights import PUBLISHED
from datapilot_domain.organizations import Organization
from datapilot_resources.platform import Platform
from datapilot_resources.postgres import PostgresUnavailable
from datapilot_resources.serving import ServedMonth, Serving
from datapilot_resources.settings import Settings
from datapilot_tests.assets.serving.shelf import FEBRUARY, JANUARY, MARCH, Shelf, at_each_table, sales_month, some_rows
from datapilot_tests.services.postgres_server import PostgresServers

pytestmark = pytest.mark.services
SALES_MONTH, DAILY = CONTRACTS["gold.sales_month"], CONTRACTS["gold.sales_daily"]
BREAKDOWN = CONTRACTS["gold.sales_breakdown"]


def test_every_value_is_the_delta_tables_to_the_last_digit(shelf: Shelf) -> None:
    shelf.put_all(JANUARY, FEBRUARY)
    assert [served.month for served in shelf.load()] == [JANUARY, FEBRUARY]
    for contract in SERVED:
        assert len(shelf.in_lake(contract)) == 24
        assert shelf.served(contract) == shelf.in_lake(contract), contract.id


def test_types_keys_and_descriptions_come_from_the_contract(shelf: Shelf) -> None:
    shelf.put_all(JANUARY)
    shelf.load()
    types = dict(
        shelf.query(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
            f"WHERE attrelid = 'org_{shelf.org}.sales_month'::regclass AND attnum > 0"
        )
    )
    assert types["gross_revenue"] == "numeric(28,4)"
    assert (types["lines"], types["currency"], types["average_ticket"]) == ("bigint", "text", "numeric(28,10)")
    assert "fingerprint" not in types
    assert types.keys() == {column.name for column in SALES_MONTH.columns} - {"fingerprint"}
    described = f"'org_{shelf.org}.sales_month'::regclass"
    assert shelf.query(f"SELECT obj_description({described}), col_description({described}, 4)") == [
        (SALES_MONTH.description, SALES_MONTH.columns[3].description)
    ]
    keys = dict(
        shelf.query(
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
            f"WHERE connamespace = 'org_{shelf.org}'::regnamespace"
        )
    )
    assert keys[f"org_{shelf.org}.sales_month"] == "PRIMARY KEY (month, currency)"
    nulls = "UNIQUE NULLS NOT DISTINCT (month, dimension, value, currency)"  # a member that the source does not name
    assert keys[f"org_{shelf.org}.sales_breakdown"] == nulls


def test_nothing_is_loaded_twice(shelf: Shelf) -> None:
    shelf.put_all(JANUARY)
    shelf.load(run_id="first")
    assert shelf.pending == []
    assert shelf.load(JANUARY, run_id="second") == []
    assert shelf.query(f"SELECT DISTINCT run_id FROM org_{shelf.org}._loaded") == [("first",)]


def test_a_corrected_month_replaces_itself_alone(shelf: Shelf) -> None:
    shelf.put_all(JANUARY, FEBRUARY)
    shelf.load(run_id="first")
    shelf.put(SALES_MONTH, {JANUARY: [sales_month(JANUARY, "10.0001")]})
    assert shelf.pending == [JANUARY]
    shelf.load(run_id="second")
    assert shelf.served(SALES_MONTH) == shelf.in_lake(SALES_MONTH)
    states = shelf.query(f"SELECT month, run_id FROM org_{shelf.org}._loaded WHERE table_name = 'sales_month'")
    assert sorted(states) == [("2024-01", "second"), ("2024-02", "first")]


def test_insights_written_again_are_loaded_again_though_gold_is_the_same(shelf: Shelf) -> None:
    rows = some_rows(PUBLISHED, JANUARY, 1)
    shelf.put(PUBLISHED, {JANUARY: rows})
    shelf.load()
    shelf.put(PUBLISHED, {JANUARY: rows})
    assert shelf.pending == [JANUARY]


def test_an_emptied_month_is_emptied(shelf: Shelf) -> None:
    shelf.put_all(JANUARY, FEBRUARY)
    shelf.load()
    shelf.put(DAILY, {JANUARY: []})
    shelf.load()
    assert {row["month"] for row in shelf.served(DAILY)} == {"2024-02"}
    state = f"SELECT rows, delta_version FROM org_{shelf.org}._loaded WHERE table_name = 'sales_daily' AND month = "
    assert shelf.query(state + "'2024-01'") == [(0, 2)]
    assert shelf.pending == []


def test_a_table_that_never_had_the_month_is_served_empty(shelf: Shelf) -> None:
    """Else the month would be pending for ever."""
    shelf.put(SALES_MONTH, {JANUARY: [sales_month(JANUARY, "1")]})
    shelf.load()
    assert shelf.pending == []
    state = f"SELECT rows, delta_version FROM org_{shelf.org}._loaded WHERE table_name = 'campaign_week'"
    assert shelf.query(state) == [(0, None)]


def changed(shelf: Shelf, *contracts: TableContract) -> None:
    """From now on the program has these contracts."""
    shelf.platform.__dict__["serving"] = Serving(shelf.platform.settings, contracts)


def test_a_column_that_a_contract_gains_is_added_and_readers_keep_the_table(shelf: Shelf) -> None:
    changed(shelf, DAILY, SALES_MONTH)
    shelf.put_all(JANUARY, FEBRUARY, contracts=[DAILY, SALES_MONTH])
    shelf.load()
    table = f"SELECT 'org_{shelf.org}.sales_daily'::regclass::oid"
    before = shelf.query(table)
    margin = Column(name="margin", type="decimal(10,2)", description="Not 100 % of it: {x} 'quoted'")
    wider = DAILY.model_copy(update={"columns": (*DAILY.columns, margin)})
    changed(shelf, wider, SALES_MONTH)
    shelf.put(wider, {JANUARY: some_rows(wider, JANUARY, 2)})
    assert shelf.pending == [JANUARY, FEBRUARY]
    shelf.load()
    assert shelf.query(table) == before
    assert any(row["margin"] for row in shelf.served(wider))
    assert shelf.served(wider) == shelf.in_lake(wider)
    comment = (
        f"SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = ({table}) AND attname = 'margin'"
    )
    assert shelf.query(comment) == [(margin.description,)]


@pytest.mark.parametrize(
    "change",
    [
        {
            "columns": tuple(
                c if c.name != "rank" else c.model_copy(update={"type": "bigint"}) for c in PUBLISHED.columns
            )
        },
        {"columns": tuple(c for c in PUBLISHED.columns if c.name != "rank")},
        {"key": ("month", "insight_id", "rank")},
    ],
    ids=["another type", "a column less", "another key"],
)
def test_a_table_that_changed_is_made_anew_with_all_its_months_at_once(shelf: Shelf, change: dict[str, object]) -> None:
    changed(shelf, PUBLISHED, SALES_MONTH)
    shelf.put_all(JANUARY, FEBRUARY, contracts=[PUBLISHED, SALES_MONTH])
    shelf.load()
    other = PUBLISHED.model_copy(update=change)
    changed(shelf, other, SALES_MONTH)
    # The lake's own table keeps its shape here, as when a release is rolled back.
    shelf.load(FEBRUARY)  # only one is asked for, and no reader misses the other
    assert shelf.pending == []
    found = shelf.query(f"SELECT month, count(*) FROM org_{shelf.org}.published GROUP BY month")
    assert sorted(found) == [("2024-01", 12), ("2024-02", 12)]
    assert not shelf.platform.serving.must_rebuild(shelf.organization.org_id)


def test_readers_see_the_old_month_or_the_new_one_in_all_tables(shelf: Shelf) -> None:
    """Read while the load stands between its first and its last table."""
    org = f"org_{shelf.org}"
    both = f"SELECT (SELECT count(*) FROM {org}.sales_month), (SELECT count(*) FROM {org}.published)"
    shelf.put(SALES_MONTH, {JANUARY: some_rows(SALES_MONTH, JANUARY, 1, 3)})
    shelf.put(PUBLISHED, {JANUARY: some_rows(PUBLISHED, JANUARY, 1, 3)})
    shelf.load()
    shelf.put(SALES_MONTH, {JANUARY: some_rows(SALES_MONTH, JANUARY, 2, 5)})
    shelf.put(PUBLISHED, {JANUARY: some_rows(PUBLISHED, JANUARY, 2, 5)})
    seen: list[object] = []

    def look(contract: TableContract) -> None:
        if contract is PUBLISHED:
            seen.extend(shelf.query(both))

    with at_each_table(look):
        shelf.load()
    assert seen == [(3, 3)]
    assert shelf.query(both) == [(5, 5)]


def test_loads_of_an_organization_take_turns_and_the_second_finds_it_done(shelf: Shelf) -> None:
    shelf.put_all(JANUARY, FEBRUARY, MARCH)
    done: list[list[ServedMonth]] = []
    gate = threading.Barrier(4)

    def run() -> None:
        mine = Shelf(Platform(shelf.platform.settings), shelf.organization)
        gate.wait()
        done.append(mine.load(JANUARY, FEBRUARY, MARCH))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(served.month for loaded in done for served in loaded) == [JANUARY, FEBRUARY, MARCH]
    assert len(done) == 4
    assert shelf.served(BREAKDOWN) == shelf.in_lake(BREAKDOWN)


def test_a_server_that_is_killed_in_the_middle_keeps_the_old_month(shelf: Shelf, postgres: PostgresServers) -> None:
    shelf.put_all(JANUARY)
    shelf.load()
    before = {contract.id: shelf.served(contract) for contract in SERVED}
    shelf.put_all(JANUARY, seed=2)

    def pull_the_plug(contract: TableContract) -> None:
        if contract is PUBLISHED:
            postgres.kill_postgres()

    try:
        with at_each_table(pull_the_plug), pytest.raises(PostgresUnavailable, match="DATAPILOT_SERVING_URL"):
            shelf.load()
        with pytest.raises(PostgresUnavailable):
            _ = shelf.pending
    finally:
        postgres.start_postgres()
    assert {contract.id: shelf.served(contract) for contract in SERVED} == before
    assert shelf.pending == [JANUARY]
    shelf.load()
    assert all(shelf.served(contract) == shelf.in_lake(contract) for contract in SERVED)


def test_a_loader_that_is_killed_in_the_middle_leaves_the_old_month_and_no_lock(shelf: Shelf) -> None:
    shelf.put_all(JANUARY)
    shelf.load()
    shelf.put_all(JANUARY, seed=2)
    before = shelf.served(SALES_MONTH)
    context = multiprocessing.get_context("spawn")
    half = context.Event()
    process = context.Process(target=_stall, args=(shelf.platform.settings, shelf.organization, half))
    process.start()
    assert half.wait(120)
    process.kill()
    process.join()
    assert shelf.served(SALES_MONTH) == before
    shelf.load()
    assert shelf.served(SALES_MONTH) == shelf.in_lake(SALES_MONTH) != before


def _stall(settings: Settings, organization: Organization, half: threading.Event) -> None:
    def stop(contract: TableContract) -> None:
        if contract is PUBLISHED:
            half.set()
            threading.Event().wait()

    with at_each_table(stop):
        Shelf(Platform(settings), organization).load()


def test_a_month_that_is_refused_stops_no_other_and_shows_no_row(shelf: Shelf) -> None:
    """Two rows with one key: gold's own gates would not let them through."""
    shelf.put(SALES_MONTH, {JANUARY: [sales_month(JANUARY, "1"), sales_month(JANUARY, "271828")]})
    shelf.put(SALES_MONTH, {FEBRUARY: [sales_month(FEBRUARY, "2")]})
    with pytest.raises(MonthsRefused, match=r"2024-01: gold\.sales_month: duplicate key") as refused:
        shelf.load()
    assert "271828" not in str(refused.value)
    assert [row["month"] for row in shelf.served(SALES_MONTH)] == ["2024-02"]
    assert shelf.pending == [JANUARY]


def test_the_character_that_postgres_cannot_hold_does_not_stop_a_month(shelf: Shelf) -> None:
    products = CONTRACTS["gold.sales_products"]
    (row,) = some_rows(products, JANUARY, 1, 1)
    shelf.put(products, {JANUARY: [row | {"product_name": "pão\x00francês"}]})
    shelf.load()
    assert [row["product_name"] for row in shelf.served(products)] == ["pão\ufffdfrancês"]


def test_status_says_current_stale_and_off(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(SALES_MONTH, {JANUARY: [sales_month(JANUARY, "1")], FEBRUARY: [sales_month(FEBRUARY, "1")]})
    shelf.load(JANUARY)

    def told(platform: Platform) -> list[tuple[object, ...]]:
        rows = serving_status(platform, shelf.organization.org_id)
        return [(row["table"], row["month"], row["state"], row["rows"]) for row in rows]

    table = "gold.sales_month"
    assert told(shelf.platform) == [(table, "2024-01", "current", 1), (table, "2024-02", "stale", None)]
    assert told(Platform(Settings(home=shelf.platform.settings.home))) == [
        (table, "2024-01", "off", None),
        (table, "2024-02", "off", None),
    ]


def test_an_erased_organization_has_no_schema(shelf: Shelf) -> None:
    shelf.put_all(JANUARY)
    shelf.load()
    shelf.platform.serving.erase(shelf.organization.org_id)
    assert shelf.query(f"SELECT 1 FROM pg_namespace WHERE nspname = 'org_{shelf.org}'") == []
    shelf.platform.serving.erase(shelf.organization.org_id)
    assert shelf.pending == [JANUARY]
