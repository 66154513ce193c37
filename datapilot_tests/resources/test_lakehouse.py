"""The lakehouse on a real folder store, through delta-rs: keyed replacement, history, time travel, the log."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import deltalake
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.ads import SILVER_CAMPAIGNS
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.contracts.table import FINGERPRINT, MONTH, Column, TableContract
from datapilot_domain.landing import digest
from datapilot_domain.organizations import InvalidName, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources import lakehouse as module
from datapilot_resources.lakehouse import (
    Lakehouse,
    MonthState,
    StaleRun,
    WriteRejected,
    arrow_schema,
)
from datapilot_resources.landing_log import LandingLog
from datapilot_resources.settings import Settings
from datapilot_tests.domain.entries import FEBRUARY, JANUARY, MARCH, entry

ACME, BETA = OrgId("acme"), OrgId("beta")
TABLE = TableContract(
    family="f",
    layer="gold",
    table="t",
    description="A small table",
    columns=(
        MONTH,
        Column(name="id", type="int", description="id", nullable=False),
        Column(name="amount", type="decimal(28,4)", description="money"),
        Column(name="customer", description="name", personal=True),
        FINGERPRINT,
    ),
    key=("id", "customer"),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def lakehouse(home: Path) -> Lakehouse:
    return Lakehouse(Settings(home=home))


def table_of(rows: Mapping[Month, Sequence[int]], fingerprint: str = "f") -> pa.Table:
    written = [
        {"month": str(month), "id": n, "amount": None, "customer": f"Maria {n}", "fingerprint": fingerprint}
        for month, ids in rows.items()
        for n in ids
    ]
    return pa.Table.from_pylist(written, schema=arrow_schema(TABLE))


def write(
    lakehouse: Lakehouse,
    rows: Mapping[Month, Sequence[int]],
    *,
    org: OrgId = ACME,
    head: int = 1,
    mark: str = "f",
    run: str = "run",
) -> int:
    prints = dict.fromkeys(rows, mark)
    counts = {month: len(ids) for month, ids in rows.items()}
    return lakehouse.replace(TABLE, org, counts, table_of(rows, mark), prints, run, head)


def ids(
    lakehouse: Lakehouse, months: Sequence[Month] | None = None, version: int | None = None
) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in lakehouse.read(TABLE, ACME, months, version=version).to_pylist():
        found.setdefault(row["month"], []).append(row["id"])
    return {month: sorted(numbers) for month, numbers in sorted(found.items())}


def delta_log(home: Path, prefix: str = "gold/t") -> list[dict[str, object]]:
    folder = home / "store" / "org_id=acme" / prefix / "_delta_log"
    return [json.loads(line) for path in sorted(folder.glob("*.json")) for line in path.read_text().splitlines()]


class TestReplace:
    def test_months_that_are_not_named_stay(self, lakehouse: Lakehouse) -> None:
        write(lakehouse, {JANUARY: [1, 2], FEBRUARY: [3], MARCH: [4]})
        write(lakehouse, {JANUARY: [5], MARCH: [6, 7]})
        assert ids(lakehouse) == {"2024-01": [5], "2024-02": [3], "2024-03": [6, 7]}

    def test_an_emptied_month_has_no_rows_and_is_remembered(self, lakehouse: Lakehouse) -> None:
        write(lakehouse, {JANUARY: [1], FEBRUARY: [2]}, mark="a")
        version = write(lakehouse, {JANUARY: []}, mark="b", head=2)
        assert ids(lakehouse) == {"2024-02": [2]}
        assert lakehouse.months(TABLE, ACME)[JANUARY] == MonthState("b", version, 0, 2)

    def test_rows_of_a_month_that_is_not_replaced_are_refused_and_change_nothing(self, lakehouse: Lakehouse) -> None:
        version = write(lakehouse, {JANUARY: [1]})
        with pytest.raises(WriteRejected, match="nothing was committed"):
            lakehouse.replace(TABLE, ACME, {JANUARY: 1}, table_of({MARCH: [9]}), {JANUARY: "x"}, "run", 1)
        assert ids(lakehouse) == {"2024-01": [1]}
        assert lakehouse.version(TABLE, ACME) == version

    def test_a_null_where_the_contract_allows_it_is_kept(self, lakehouse: Lakehouse) -> None:
        write(lakehouse, {JANUARY: [1]})
        assert lakehouse.read(TABLE, ACME).column("amount").to_pylist() == [None]

    def test_no_month_is_no_write(self, lakehouse: Lakehouse) -> None:
        with pytest.raises(ValueError, match="at least one month"):
            write(lakehouse, {})

    def test_organizations_have_tables_of_their_own(self, lakehouse: Lakehouse) -> None:
        write(lakehouse, {JANUARY: [1]})
        write(lakehouse, {JANUARY: [2]}, org=BETA)
        assert ids(lakehouse) == {"2024-01": [1]}
        assert lakehouse.read(TABLE, BETA).column("id").to_pylist() == [2]

    @pytest.mark.parametrize("name", ["../beta", "x' OR '1'='1", "ACME", "null", "acme\n"])
    def test_a_bad_organization_reaches_no_path(self, lakehouse: Lakehouse, name: str) -> None:
        for call in (
            lambda: lakehouse.read(TABLE, name),  # type: ignore[arg-type]
            lambda: lakehouse.landing_log(name),  # type: ignore[arg-type]
            lambda: lakehouse.months(TABLE, name),  # type: ignore[arg-type]
            lambda: write(lakehouse, {JANUARY: [1]}, org=name),  # type: ignore[arg-type]
        ):
            with pytest.raises(InvalidName):
                call()

    def test_a_run_with_an_older_log_is_refused(self, lakehouse: Lakehouse) -> None:
        write(lakehouse, {JANUARY: [1], FEBRUARY: [2]}, head=5)
        with pytest.raises(StaleRun, match="2024-01"):
            write(lakehouse, {JANUARY: [9]}, head=4)
        assert ids(lakehouse) == {"2024-01": [1], "2024-02": [2]}
        write(lakehouse, {JANUARY: [9]}, head=5)
        write(lakehouse, {MARCH: [3]}, head=4)
        assert ids(lakehouse) == {"2024-01": [9], "2024-02": [2], "2024-03": [3]}

    def test_a_stale_run_of_another_process_is_refused_too(self, lakehouse: Lakehouse, home: Path) -> None:
        write(lakehouse, {JANUARY: [1]}, head=1)
        write(Lakehouse(Settings(home=home)), {JANUARY: [2]}, head=2)
        with pytest.raises(StaleRun):
            write(lakehouse, {JANUARY: [3]}, head=1)


class TestOutcome:
    """A commit is done, rejected or unknown; unknown is settled by looking for its token in the log."""

    def test_a_commit_whose_acknowledgement_was_lost_is_found(
        self, lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(lakehouse, {JANUARY: [1]})
        real = deltalake.write_deltalake

        def lose_the_answer(*args: Any, **kwargs: Any) -> None:
            real(*args, **kwargs)
            raise OSError("connection reset")

        monkeypatch.setattr(module, "write_deltalake", lose_the_answer)
        version = write(lakehouse, {JANUARY: [2]})
        assert version == lakehouse.version(TABLE, ACME)
        assert ids(lakehouse) == {"2024-01": [2]}

    def test_a_failed_write_is_rejected_and_the_old_version_stays_readable(
        self, lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        version = write(lakehouse, {JANUARY: [1]})

        def fail(*args: Any, **kwargs: Any) -> None:
            raise OSError("no space left")

        monkeypatch.setattr(module, "write_deltalake", fail)
        with pytest.raises(WriteRejected, match="nothing was committed"):
            write(lakehouse, {JANUARY: [2]})
        assert ids(lakehouse) == {"2024-01": [1]}
        assert lakehouse.months(TABLE, ACME)[JANUARY].version == version

    def test_a_write_that_stops_half_way_leaves_the_old_rows(self, lakehouse: Lakehouse) -> None:
        schema = arrow_schema(BRONZE_SALES)

        def rows() -> Iterator[pa.RecordBatch]:
            yield _bronze_row("a" * 32, 1).to_batches()[0]
            raise ValueError("decoder failed")

        lakehouse.replace_content(BRONZE_SALES, ACME, "a" * 32, _bronze_row("a" * 32, 7).to_reader(), "run")
        reader = pa.RecordBatchReader.from_batches(schema, rows())
        with pytest.raises(WriteRejected):
            lakehouse.replace_content(BRONZE_SALES, ACME, "a" * 32, reader, "run")
        assert lakehouse.read(BRONZE_SALES, ACME).column("record_no").to_pylist() == [7]

    def test_a_commit_that_is_not_in_the_log_is_not_believed(
        self, lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(lakehouse, {JANUARY: [1]})
        monkeypatch.setattr(module, "write_deltalake", lambda *args, **kwargs: None)
        with pytest.raises(WriteRejected, match="not in the log"):
            write(lakehouse, {JANUARY: [2]})

    def test_an_unknown_outcome_stays_unknown_when_the_log_cannot_be_read(
        self, lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(lakehouse, {JANUARY: [1]})

        def fail(*args: Any, **kwargs: Any) -> None:
            raise OSError("store is gone")

        monkeypatch.setattr(module, "write_deltalake", fail)
        monkeypatch.setattr(lakehouse, "_find_commit", fail)
        with pytest.raises(OSError, match="store is gone"):
            write(lakehouse, {JANUARY: [2]})


def write_any(lakehouse: Lakehouse, contract: TableContract, rows: pa.Table) -> None:
    """A row of a table, of January where it is monthly."""
    if contract.scope == "organization":
        lakehouse.replace_organization(contract, ACME, rows, "f" * 32, "run", 1)
    else:
        lakehouse.replace(contract, ACME, {JANUARY: 1}, rows, {JANUARY: "f" * 32}, "run", 1)


class TestReads:
    def test_an_absent_table_has_the_contracts_columns_and_no_rows(self, lakehouse: Lakehouse) -> None:
        for contract in CONTRACTS.values():
            rows = lakehouse.read(contract, ACME, [JANUARY])
            assert rows.num_rows == 0
            assert rows.schema.equals(arrow_schema(contract))
        assert lakehouse.version(TABLE, ACME) is None
        assert lakehouse.months(TABLE, ACME) == {}
        assert lakehouse.landing_log(ACME) == LandingLog(None, ())

    def test_asked_months_and_columns_only(self, lakehouse: Lakehouse) -> None:
        write(lakehouse, {JANUARY: [1], FEBRUARY: [2], MARCH: [3]})
        assert ids(lakehouse, [JANUARY, MARCH]) == {"2024-01": [1], "2024-03": [3]}
        assert ids(lakehouse, []) == {}
        rows = lakehouse.read(TABLE, ACME, [FEBRUARY], columns=["id", "fingerprint"])
        assert rows.to_pylist() == [{"id": 2, "fingerprint": "f"}]

    @pytest.mark.rule("R24")
    def test_an_earlier_version_stays_readable(self, lakehouse: Lakehouse) -> None:
        first = write(lakehouse, {JANUARY: [1, 2]})
        second = write(lakehouse, {JANUARY: [3]})
        write(lakehouse, {JANUARY: []})
        assert ids(lakehouse, version=first) == {"2024-01": [1, 2]}
        assert ids(lakehouse, version=second) == {"2024-01": [3]}
        assert ids(lakehouse) == {}

    @pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.id)
    def test_every_contract_can_be_written_and_read(self, lakehouse: Lakehouse, contract: TableContract) -> None:
        rows = pa.table([_values(field) for field in arrow_schema(contract)], schema=arrow_schema(contract))
        write_any(lakehouse, contract, rows)
        assert lakehouse.read(contract, ACME).to_pylist() == rows.to_pylist()

    def test_a_table_that_is_not_monthly_is_replaced_whole(self, lakehouse: Lakehouse) -> None:
        schema = arrow_schema(SILVER_CAMPAIGNS)
        rows = pa.table([_values(field) for field in schema], schema=schema)
        assert lakehouse.organization_state(SILVER_CAMPAIGNS, ACME) is None
        lakehouse.replace_organization(SILVER_CAMPAIGNS, ACME, rows, "a", "run", 1)
        version = lakehouse.replace_organization(SILVER_CAMPAIGNS, ACME, rows, "b", "run", 3)
        assert lakehouse.read(SILVER_CAMPAIGNS, ACME).num_rows == rows.num_rows
        assert lakehouse.organization_state(SILVER_CAMPAIGNS, ACME) == MonthState("b", version, rows.num_rows, 3)
        with pytest.raises(StaleRun, match="newer landing log"):
            lakehouse.replace_organization(SILVER_CAMPAIGNS, ACME, rows, "c", "run", 2)


class TestHistory:
    def test_states_follow_the_commits(self, lakehouse: Lakehouse, home: Path) -> None:
        first = write(lakehouse, {JANUARY: [1], FEBRUARY: [2]}, mark="a", head=1)
        cached = lakehouse.history(TABLE, ACME)
        second = write(lakehouse, {JANUARY: [3, 4]}, mark="b", head=2)
        third = write(Lakehouse(Settings(home=home)), {MARCH: [5]}, mark="c", head=3)
        expected = {
            JANUARY: [MonthState("a", first, 1, 1), MonthState("b", second, 2, 2)],
            FEBRUARY: [MonthState("a", first, 1, 1)],
            MARCH: [MonthState("c", third, 1, 3)],
        }
        assert lakehouse.history(TABLE, ACME) == expected
        assert lakehouse.history(TABLE, ACME) == expected
        assert Lakehouse(Settings(home=home)).history(TABLE, ACME) == expected
        assert cached == {month: states[:1] for month, states in expected.items() if month is not MARCH}
        assert lakehouse.months(TABLE, ACME) == {month: states[-1] for month, states in expected.items()}

    def test_what_a_caller_does_with_it_changes_nothing(self, lakehouse: Lakehouse) -> None:
        write(lakehouse, {JANUARY: [1]})
        lakehouse.history(TABLE, ACME)[JANUARY].clear()
        assert len(lakehouse.history(TABLE, ACME)[JANUARY]) == 1

    @pytest.mark.parametrize("commits", [1, 2, 3])
    def test_a_table_that_was_erased_and_made_anew_has_its_own_history(
        self, lakehouse: Lakehouse, home: Path, commits: int
    ) -> None:
        for _ in range(2):
            write(lakehouse, {JANUARY: [1]}, mark="old", head=9)
        assert len(lakehouse.history(TABLE, ACME)[JANUARY]) == 2
        shutil.rmtree(home / "store" / "org_id=acme")
        for _ in range(commits):
            write(Lakehouse(Settings(home=home)), {FEBRUARY: [1]}, mark="new", head=1)
        found = lakehouse.history(TABLE, ACME)
        assert list(found) == [FEBRUARY]
        assert [state.fingerprint for state in found[FEBRUARY]] == ["new"] * commits


class TestDeltaLog:
    def test_a_commit_carries_run_log_head_and_months(self, lakehouse: Lakehouse, home: Path) -> None:
        write(lakehouse, {JANUARY: [1], FEBRUARY: []}, run="run-7", head=3, mark="abc")
        table = DeltaTable(str(home / "store" / "org_id=acme" / "gold" / "t"))
        written = json.loads(table.history(1)[0]["userMetadata"])
        assert (written["run_id"], written["log_head"]) == ("run-7", 3)
        assert written["months"] == {
            "2024-01": {"fingerprint": "abc", "rows": 1},
            "2024-02": {"fingerprint": "abc", "rows": 0},
        }

    def test_personal_data_has_no_statistics(self, lakehouse: Lakehouse, home: Path) -> None:
        write(lakehouse, {JANUARY: [1, 2]})
        (statistics,) = [json.loads(action["add"]["stats"]) for action in delta_log(home) if "add" in action]  # type: ignore[index]
        assert set(statistics["minValues"]) == {"id", "fingerprint"}
        assert "Maria" not in json.dumps(delta_log(home))

    @pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.id)
    def test_no_value_of_a_personal_column_reaches_the_log(
        self, lakehouse: Lakehouse, home: Path, contract: TableContract
    ) -> None:
        schema = arrow_schema(contract)
        rows = pa.table([_values(field, "canary") for field in schema], schema=schema)
        write_any(lakehouse, contract, rows)
        adds = [a["add"] for a in delta_log(home, f"{contract.layer}/{contract.table}") if "add" in a]
        shown = {name for add in adds for name in json.loads(add["stats"])["minValues"]}  # type: ignore[index]
        assert "content_id" in shown or "fingerprint" in shown
        assert not shown & {"customer_name", "customer_email", "customer_doc", "customer_id", "text", "extras"}
        assert not shown & set(contract.personal_columns)

    @pytest.mark.parametrize("prefix", ["gold/t", "bronze/sales", "landing/log"])
    def test_retention_is_set(self, lakehouse: Lakehouse, home: Path, prefix: str) -> None:
        write(lakehouse, {JANUARY: [1]})
        lakehouse.replace_content(BRONZE_SALES, ACME, "a" * 32, _bronze_row("a" * 32, 1).to_reader(), "run")
        lakehouse.append_if(ACME, entry(1), None)
        configuration = DeltaTable(str(home / "store" / "org_id=acme" / prefix)).metadata().configuration
        for name in ("delta.logRetentionDuration", "delta.deletedFileRetentionDuration"):
            assert configuration[name] == "interval 3650 days"


class TestBronze:
    def test_a_content_replaces_only_itself(self, lakehouse: Lakehouse) -> None:
        def put(content: str, *numbers: int) -> None:
            rows = pa.concat_tables([_bronze_row(content, n) for n in numbers])
            lakehouse.replace_content(BRONZE_SALES, ACME, content, rows.to_reader(), "run")

        put("a" * 32, 1, 2)
        put("b" * 32, 1)
        put("a" * 32, 3)
        put("b" * 32, 1)
        found = lakehouse.read(BRONZE_SALES, ACME, columns=["content_id", "record_no"]).to_pylist()
        assert sorted((row["content_id"][0], row["record_no"]) for row in found) == [("a", 3), ("b", 1)]

    def test_a_content_without_records_is_written_as_nothing(self, lakehouse: Lakehouse) -> None:
        empty = arrow_schema(BRONZE_SALES).empty_table().to_reader()
        lakehouse.replace_content(BRONZE_SALES, ACME, "a" * 32, empty, "run")
        assert lakehouse.read(BRONZE_SALES, ACME).num_rows == 0


class TestLandingLog:
    def test_entries_come_back_in_order_with_the_version(self, lakehouse: Lakehouse) -> None:
        version = None
        for seq in (1, 2, 3):
            assert lakehouse.append_if(ACME, entry(seq, touched={JANUARY: digest(seq)}), version)
            log = lakehouse.landing_log(ACME)
            version = log.version
        assert log.entries == tuple(entry(seq, touched={JANUARY: digest(seq)}) for seq in (1, 2, 3))
        assert log.head == 3

    def test_an_append_to_an_older_version_is_refused(self, lakehouse: Lakehouse) -> None:
        assert lakehouse.append_if(ACME, entry(1), None)
        old = lakehouse.landing_log(ACME).version
        assert lakehouse.append_if(ACME, entry(2), old)
        assert not lakehouse.append_if(ACME, entry(2, "another"), old)
        assert not lakehouse.append_if(ACME, entry(1, "another"), None)
        assert [e.file for e in lakehouse.landing_log(ACME).entries] == ["content1.csv", "content2.csv"]

    def test_losing_the_race_between_look_and_commit_is_refused(
        self, lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody appends after our look at the version and before our commit."""
        lakehouse.append_if(ACME, entry(1), None)
        version, real = lakehouse.landing_log(ACME).version, deltalake.write_deltalake

        def be_slower(table: DeltaTable, *args: Any, **kwargs: Any) -> None:
            other = DeltaTable(table.table_uri)
            real(other, *args, **kwargs)
            real(table, *args, **kwargs)

        monkeypatch.setattr(module, "write_deltalake", be_slower)
        assert not lakehouse.append_if(ACME, entry(2), version)
        assert [e.seq for e in lakehouse.landing_log(ACME).entries] == [1, 2]

    def test_processes_that_append_at_once_share_no_number_and_lose_nothing(
        self, lakehouse: Lakehouse, home: Path
    ) -> None:
        processes, each = 4, 10
        context = multiprocessing.get_context("spawn")
        start = context.Barrier(processes)
        workers = [context.Process(target=_append_entries, args=(home, n, each, start)) for n in range(processes)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(120)
        assert [worker.exitcode for worker in workers] == [0] * processes
        entries = lakehouse.landing_log(ACME).entries
        assert [e.seq for e in entries] == list(range(1, processes * each + 1))
        assert len({e.file for e in entries}) == processes * each


def _append_entries(home: Path, worker: int, count: int, start: Barrier) -> None:
    """Read, decide, append; when somebody was faster, again: as intake does."""
    lakehouse = Lakehouse(Settings(home=home))
    start.wait()
    for n in range(count):
        for _ in range(10_000):
            log = lakehouse.landing_log(ACME)
            if lakehouse.append_if(ACME, entry(log.head + 1, f"{worker}-{n}"), log.version):
                break
        else:
            raise AssertionError("never won")


def _bronze_row(content: str, record_no: int) -> pa.Table:
    values = dict.fromkeys(BRONZE_SALES.column_names)
    decided = {"month": "2024-01", "content_id": content, "record_no": record_no}
    more = {"event_type": "sale", "unit_key": "u", "occurrence": 1, "customer_name": "Maria"}
    return pa.Table.from_pylist([values | decided | more], schema=arrow_schema(BRONZE_SALES))


def _values(field: pa.Field, text: str = "x") -> pa.Array:
    """One value of the field's type."""
    samples = {"month": "2024-01", "fingerprint": "f" * 32}
    if pa.types.is_string(field.type):
        return pa.array([samples.get(field.name, text)], field.type)
    if pa.types.is_map(field.type):
        return pa.array([[(text, text)]], field.type)
    if pa.types.is_list(field.type):
        return pa.array([[text]], field.type)
    if pa.types.is_decimal(field.type):
        return pa.array([Decimal(1)], field.type)
    return pa.array([1], pa.int64() if pa.types.is_timestamp(field.type) else pa.int32()).cast(field.type)


def test_a_column_that_the_contract_gains_reaches_tables_that_exist(lakehouse: Lakehouse) -> None:
    write(lakehouse, {JANUARY: [1], FEBRUARY: [2]})
    gained = Column(name="units", type="int", description="gained later")
    wider = TABLE.model_copy(update={"columns": (*TABLE.columns[:2], gained, *TABLE.columns[2:])})
    assert lakehouse.read(wider, ACME, [JANUARY]).schema == arrow_schema(wider)

    row = {"month": str(JANUARY), "id": 1, "units": 7, "fingerprint": "g"}
    rows = pa.Table.from_pylist([row], schema=arrow_schema(wider))
    lakehouse.replace(wider, ACME, {JANUARY: 1}, rows, {JANUARY: "g"}, run_id="run", log_head=1)

    found = {row["month"]: row["units"] for row in lakehouse.read(wider, ACME).to_pylist()}
    assert found == {str(JANUARY): 7, str(FEBRUARY): None}
    assert lakehouse.months(wider, ACME)[JANUARY].fingerprint == "g"
