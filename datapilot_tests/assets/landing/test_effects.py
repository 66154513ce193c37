"""Merge rules R2-R4: the SQL over unit indexes against a model in plain Python, and what the sender is told."""

from __future__ import annotations

import datetime as dt
import functools
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datapilot_assets.landing.effects import Resolution, resolve, touched_months
from datapilot_assets.landing.order_notices import order_notices
from datapilot_domain.landing import Declaration, LandingEntry, Notice, Verdict
from datapilot_domain.ledger import active_entries, find_loaded, find_replaced, waiting_parts
from datapilot_domain.partitions import Month
from datapilot_tests.assets.landing.merge_model import Drop, Line, merge
from datapilot_tests.domain.entries import at, entry, sha256_of

INDEX_SCHEMA = pa.schema(
    [
        ("unit_key", pa.string()),
        ("event_type", pa.string()),
        ("order_id", pa.string()),
        ("line_no", pa.int32()),
        ("sold_on", pa.date32()),
        ("month", pa.string()),
        ("records", pa.int32()),
        ("amount", pa.decimal128(28, 4)),
    ]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=tmp_path_factory.mktemp("indexes")) as directory:
        yield Path(directory)


def write_index(folder: Path, lines: Sequence[Line]) -> Path:
    """The index of these lines, written once."""
    path = folder / f"{abs(hash(tuple(lines)))}.parquet"
    if not path.exists():
        rows = [(x.unit, x.event, x.order_id, x.line_no, x.sold_on, x.month, x.records, x.amount) for x in lines]
        columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in INDEX_SCHEMA]
        pq.write_table(pa.table(columns, schema=INDEX_SCHEMA), path)
    return path


def declaration_of(drop: Drop) -> Declaration:
    return Declaration(
        complete=Month.parse(drop.complete) if drop.complete else None,
        part=drop.part,
        as_of=at(drop.as_of) if drop.as_of is not None else None,
        replaces=drop.replaces,
    )


@dataclass
class Ledger:
    """Lands drops as intake does: the ledger's own functions decide, effects say what stands."""

    folder: Path

    def __post_init__(self) -> None:
        self.entries: list[LandingEntry] = []
        self.lines: dict[int, tuple[Line, ...]] = {}
        self.verdicts: list[str] = []
        self.indexes: dict[str, Path] = {}
        self.resolution = resolve([], {})

    def land(self, seq: int, drop: Drop) -> tuple[dict[Month, str], list[Notice]]:
        """Touched months and notices of one more drop."""
        new = self.decide(seq, drop)
        if new is None:
            return {}, []
        before, self.resolution = self.resolution, self.resolve()
        index = self.indexes[str(new.content_id)]
        notices = order_notices(new, index, before, self.resolution, "BRL")
        return touched_months(before.hashes, self.resolution.hashes), notices if new.verdict is Verdict.ACCEPTED else []

    def decide(self, seq: int, drop: Drop) -> LandingEntry | None:
        declaration = declaration_of(drop)
        if find_loaded(self.entries, sha256_of(drop.bytes), declaration):
            self.verdicts.append("already_loaded")
            return None
        replaced = drop.replaces and find_replaced(self.entries, "sales", drop.source, drop.replaces)
        others = waiting_parts(self.entries, drop.source, declaration)
        verdict = Verdict.ACCEPTED if not drop.part or len(others) + 1 == drop.part[1] else Verdict.WAITING
        verdict = Verdict.REFUSED if drop.replaces and not replaced else verdict
        accepted = verdict is Verdict.ACCEPTED
        new = entry(
            seq,
            drop.bytes,
            declaration,
            file=drop.name,
            source=drop.source,
            verdict=verdict,
            family="sales" if verdict is not Verdict.REFUSED else None,
            content_id=f"{drop.bytes}-{hash(drop.lines)}",
            replaces_seq=replaced.place if accepted and isinstance(replaced, LandingEntry) else None,
            joins=tuple(other.place for other in others) if accepted else (),
        )
        self.entries.append(new)
        self.verdicts.append(verdict.value)
        self.lines[seq] = drop.lines
        self.indexes[str(new.content_id)] = write_index(self.folder, drop.lines)
        return new

    def replay(self, place: int, lines: tuple[Line, ...]) -> dict[Month, str]:
        """Touched months of another recipe that finds these lines in the file at that place."""
        seq = len(self.verdicts) + 1
        old = next(e for e in reversed(self.entries) if e.place == place)
        content = f"{old.sha256}-{hash(lines)}"
        new = old.model_copy(update={"seq": seq, "replays": place, "content_id": content})
        self.entries.append(new)
        self.verdicts.append("replayed")
        self.lines[seq] = lines
        self.indexes[content] = write_index(self.folder, lines)
        before, self.resolution = self.resolution, self.resolve()
        return touched_months(before.hashes, self.resolution.hashes)

    def resolve(self) -> Resolution:
        return resolve(active_entries(self.entries, "sales"), self.indexes)

    def standing(self) -> set[tuple[int, Line]]:
        """Rows of the active entries that are not in `lost`, found as silver finds them: by key, null-safe."""
        lost = {tuple(row.values()) for row in self.resolution.lost.to_pylist()}
        return {
            (item.entry.seq, line)
            for item in active_entries(self.entries, "sales")
            for line in self.lines[item.entry.seq]
            if (item.entry.seq, line.unit, line.line_no, line.sold_on, line.month) not in lost
        }


def land_all(folder: Path, drops: Sequence[Drop]) -> Ledger:
    ledger = Ledger(folder)
    for seq, drop in enumerate(drops, 1):
        ledger.decide(seq, drop)
    ledger.resolution = ledger.resolve()
    return ledger


DATES = [dt.date(2024, 1, 5), dt.date(2024, 1, 20), dt.date(2024, 2, 3), None]
MAIN_MONTH = "2024-01"


def month_of(day: dt.date | None) -> str:
    return f"{day:%Y-%m}" if day else MAIN_MONTH


@st.composite
def index_lines(draw: st.DrawFn) -> tuple[Line, ...]:
    """What decoding one file may find: each (unit, line number, date) once."""
    numbers = st.sampled_from([1, 2, 3]) if draw(st.booleans()) else st.sampled_from([None, None, 1, 2])
    lines: dict[tuple[object, ...], Line] = {}
    for _ in range(draw(st.integers(0, 4))):
        day = draw(st.sampled_from(DATES))
        kind = draw(st.sampled_from(["order", "order", "return", "keyless"]))
        order = draw(st.sampled_from(["A", "B"]))
        line_no = draw(numbers)
        if kind == "keyless":
            unit, order_id = f"line {day} {draw(st.sampled_from('xy'))}", None
        else:
            unit, order_id = f"order {order}" + (f" return {day}" if kind == "return" else ""), order
        event = "return" if kind == "return" else "sale"
        line = Line(unit, order_id, line_no, day, month_of(day), event, draw(st.integers(1, 3)))
        lines.setdefault((unit, line_no, day), line)
    return tuple(lines.values())


@st.composite
def drop_lists(draw: st.DrawFn) -> list[Drop]:
    contents = draw(st.lists(index_lines(), min_size=1, max_size=3))
    drops = []
    for _ in range(draw(st.integers(2, 6))):
        which = draw(st.integers(0, len(contents) - 1))
        how = draw(st.sampled_from(["plain", "plain", "complete", "complete", "part", "replaces", "replaces"]))
        drops.append(
            Drop(
                bytes=str(which),
                lines=contents[which],
                name=draw(st.sampled_from(["vendas.csv", "outro.csv"])),
                source=draw(st.sampled_from(["main", "main", "main", "shopee"])),
                as_of=draw(st.sampled_from([None, None, None, 1, 2, 3])),
                complete=draw(st.sampled_from(["2024-01", "2024-02"])) if how in ("complete", "part") else None,
                part=(draw(st.integers(1, 2)), 2) if how == "part" else None,
                replaces=draw(st.sampled_from(["vendas.csv", "outro.csv"])) if how == "replaces" else None,
            )
        )
    return drops


@pytest.mark.rule("R3")
@pytest.mark.rule("R4")
@given(drops=drop_lists())
@settings(max_examples=120, deadline=None)
def test_every_log_leaves_standing_what_the_rules_say(folder: Path, drops: list[Drop]) -> None:
    *earlier, last = drops
    ledger, before, after = land_all(folder, earlier), merge(earlier), merge(drops)
    touched, _ = ledger.land(len(drops), last)
    assert ledger.verdicts == after.verdicts
    assert ledger.standing() == after.standing
    found = {(seq, str(month)): n for (seq, month), n in ledger.resolution.superseded.items()}
    assert found == after.superseded()
    changed = {line.month for _, line in before.standing ^ after.standing}
    # A month that becomes whole, or is whole no more, changes too: no rows then mean zero, or unknown.
    assert set(map(str, touched)) == changed | (before.whole ^ after.whole)
    assert all(ledger.resolution.hashes.get(month) in (new, None) for month, new in touched.items())


@pytest.mark.rule("R2")
@pytest.mark.rule("R4")
@given(drops=drop_lists(), place=st.integers(1, 6), lines=index_lines(), again=index_lines())
@settings(max_examples=60, deadline=None)
def test_a_replayed_file_stands_where_it_stood_as_if_it_had_always_been_read_so(
    folder: Path, drops: list[Drop], place: int, lines: tuple[Line, ...], again: tuple[Line, ...]
) -> None:
    *earlier, last = drops
    ledger = land_all(folder, earlier)
    place = min(place, len(earlier))
    if ledger.verdicts[place - 1] not in ("accepted", "waiting"):
        return
    before = merge(earlier)
    touched = ledger.replay(place, lines)
    replayed = [*earlier[: place - 1], replace(earlier[place - 1], lines=lines), *earlier[place:]]
    after, seq = merge(replayed), len(earlier) + 1

    def named(found: set[tuple[int, Line]], seq: int) -> set[tuple[int, Line]]:
        return {(seq if number == place else number, line) for number, line in found}

    assert ledger.standing() == named(after.standing, seq)
    changed = {line.month for _, line in before.standing ^ after.standing}
    same = {line.month for _, line in before.standing & after.standing if _ == place}
    assert changed <= set(map(str, touched)) <= changed | same
    # Replayed once more, and another file after it: the place stays.
    ledger.replay(place, again)
    ledger.land(seq + 2, last)
    whole = [replace(d, lines=again) if n == place else d for n, d in enumerate(replayed, 1)]
    final = merge([*whole, *(Drop(f"void{n}", (), name="void", source="void") for n in range(2)), last])
    assert ledger.standing() == named(final.standing, seq + 1)


FRESH = st.lists(index_lines(), min_size=2, max_size=4)


@pytest.mark.rule("R4")
@given(contents=FRESH, months=st.lists(st.sampled_from([None, "2024-01", "2024-02"]), min_size=4, max_size=4))
@settings(max_examples=12, deadline=None)
def test_landing_order_does_not_matter_when_all_declare_a_time(
    folder: Path, contents: list[tuple[Line, ...]], months: list[str | None]
) -> None:
    drops = [
        Drop(str(n), lines, as_of=n + 1, complete=month)
        for n, (lines, month) in enumerate(zip(contents, months, strict=False))
    ]
    results = set()
    for order in permutations(drops[:3]):
        standing = land_all(folder, order).standing()
        results.add(frozenset((order[seq - 1].bytes, line) for seq, line in standing))
    assert len(results) == 1


@pytest.mark.rule("R3")
@given(contents=FRESH)
@settings(max_examples=12, deadline=None)
def test_which_part_comes_last_does_not_matter(folder: Path, contents: list[tuple[Line, ...]]) -> None:
    whole = functools.partial(Drop, complete="2024-01", as_of=9)
    earlier = Drop("0", contents[0], as_of=1)
    parts = [whole(str(n), lines, part=(n, len(contents) - 1)) for n, lines in enumerate(contents[1:], 1)]
    results = set()
    for order in permutations(parts):
        drops = [earlier, *order]
        standing = land_all(folder, drops).standing()
        results.add(frozenset((drops[seq - 1].bytes, line) for seq, line in standing))
    assert len(results) == 1


@pytest.mark.rule("R3")
@given(contents=FRESH, month=st.sampled_from([None, "2024-01", "2024-02"]), source=st.sampled_from(["main", "shopee"]))
@settings(max_examples=30, deadline=None)
def test_a_correction_changes_exactly_what_it_declares(
    folder: Path, contents: list[tuple[Line, ...]], month: str | None, source: str
) -> None:
    """P3: a row goes only if its unit is mentioned or its month declared, in the source; only own rows come."""
    *earlier, last = contents
    drops = [Drop(str(n), lines, source="shopee" if n == 1 else "main") for n, lines in enumerate(earlier)]
    ledger = land_all(folder, drops)
    before, seq = ledger.standing(), len(drops) + 1
    ledger.land(seq, Drop("last", last, source=source, complete=month))
    after = ledger.standing()
    assert after - before == {(seq, line) for line in last}
    mentioned = {line.unit for line in last}
    for old, line in before - after:
        assert ledger.entries[old - 1].source == source
        assert line.unit in mentioned or line.month == month
    if month:
        assert all(ledger.entries[s - 1].source != source or s == seq or x.month != month for s, x in after)


@pytest.mark.rule("R2")
@given(
    contents=FRESH,
    complete=st.sampled_from([None, "2024-01", "2024-02"]),
    as_of=st.sampled_from([None, 1, 5]),
    mapped_anew=st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_the_same_bytes_under_a_new_declaration_count_once(
    folder: Path,
    contents: list[tuple[Line, ...]],
    complete: str | None,
    as_of: int | None,
    mapped_anew: bool,
) -> None:
    first = Drop("same", contents[0])
    lines = contents[0]
    declared = complete is not None or as_of is not None
    if mapped_anew and declared:  # another mapping reads another product: keyless lines get other units
        lines = tuple(line if line.order_id else replace(line, unit=f"{line.unit} renamed") for line in lines)
    again = replace(first, complete=complete, as_of=as_of, lines=lines)
    ledger = land_all(folder, [Drop("other", contents[1], as_of=3), first, again])
    counted = Counter(line for seq, line in ledger.standing() if seq in (2, 3))
    assert set(counted) <= set(lines)
    assert max(counted.values(), default=1) == 1
    assert {seq for seq, _ in ledger.standing()} <= ({1, 3} if declared else {1, 2})


def sale(
    order: str, day: int, line_no: int | None = None, *, month: int = 1, store: str = "", amount: str = "10"
) -> Line:
    date = dt.date(2024, month, day)
    return Line(f"{store} order {order}", order, line_no, date, month_of(date), amount=Decimal(amount))


def orders(ledger: Ledger) -> dict[str, list[str]]:
    """Order → the days of its standing lines."""
    found: dict[str, list[str]] = {}
    for _, line in sorted(ledger.standing(), key=lambda item: (item[1].order_id or "", str(item[1].sold_on))):
        found.setdefault(line.order_id or "", []).append(f"{line.sold_on:%m-%d}")
    return found


@pytest.mark.rule("R4")
def test_an_order_that_a_later_file_dates_into_february_is_in_february_only(folder: Path) -> None:
    ledger = land_all(folder, [Drop("a", (sale("1", 31), sale("2", 31)))])
    touched, _ = ledger.land(2, Drop("b", (sale("1", 1, month=2),)))
    assert orders(ledger) == {"1": ["02-01"], "2": ["01-31"]}
    assert list(map(str, touched)) == ["2024-01", "2024-02"]


@pytest.mark.rule("R4")
def test_part_invoicing_keeps_lines_with_another_number_and_date(folder: Path) -> None:
    first = Drop("a", (sale("1", 5, 1), sale("1", 5, 2)))
    assert orders(land_all(folder, [first, Drop("b", (sale("1", 9, 3),))])) == {"1": ["01-05", "01-05", "01-09"]}
    # The same number, the same date, or a version without numbers: a new version of the order.
    assert orders(land_all(folder, [first, Drop("b", (sale("1", 9, 1),))])) == {"1": ["01-05", "01-09"]}
    assert orders(land_all(folder, [first, Drop("b", (sale("1", 5, 3),))])) == {"1": ["01-05"]}
    assert orders(land_all(folder, [first, Drop("b", (sale("1", 9),))])) == {"1": ["01-09"]}
    without = Drop("a", (sale("1", 5, 1), sale("1", 6)))
    assert orders(land_all(folder, [without, Drop("b", (sale("1", 9, 3),))])) == {"1": ["01-09"]}


@pytest.mark.rule("R3")
def test_an_order_cut_between_two_parts_keeps_its_lines_of_both(folder: Path) -> None:
    drops = [
        Drop("earlier", (sale("2", 4),)),
        Drop("a", (sale("1", 5), sale("2", 5)), complete="2024-01", part=(1, 2)),
        Drop("b", (sale("2", 6), sale("3", 6)), complete="2024-01", part=(2, 2)),
    ]
    ledger = land_all(folder, drops)
    assert ledger.verdicts == ["accepted", "waiting", "accepted"]
    assert orders(ledger) == {"1": ["01-05"], "2": ["01-05", "01-06"], "3": ["01-06"]}


def test_parts_that_overlap_count_a_numbered_line_and_a_line_without_an_order_once(folder: Path) -> None:
    keyless = Line("line x", None, None, dt.date(2024, 1, 5), "2024-01")
    parts = [
        Drop("a", (keyless, sale("1", 5, 1), sale("1", 5, 2)), complete="2024-01", part=(1, 2)),
        Drop("b", (keyless, sale("1", 5, 2)), complete="2024-01", part=(2, 2)),
    ]
    standing = land_all(folder, parts).standing()
    assert standing == {(1, sale("1", 5, 1)), (2, keyless), (2, sale("1", 5, 2))}


@pytest.mark.rule("R3")
def test_one_header_only_file_makes_two_months_zero(folder: Path) -> None:
    drops = [
        Drop("sales", (sale("1", 5), sale("2", 5, month=2))),
        Drop("header", (), complete="2024-01"),
        Drop("header", (), complete="2024-02"),
    ]
    ledger = land_all(folder, drops)
    assert orders(ledger) == {}
    assert all(item.entry.seq != 2 for item in active_entries(ledger.entries, "sales"))


@pytest.mark.rule("R4")
def test_the_same_order_number_in_another_source_or_store_is_another_order(folder: Path) -> None:
    drops = [
        Drop("a", (sale("1", 5, store="centro"),)),
        Drop("b", (sale("1", 5, store="norte"),)),
        Drop("c", (sale("1", 5, store="centro"),), source="shopee"),
    ]
    assert orders(land_all(folder, drops)) == {"1": ["01-05"] * 3}


@pytest.mark.rule("R4")
def test_a_newer_version_in_another_source_takes_nothing_away(folder: Path) -> None:
    drops = [Drop(str(n), (sale("1", n),), source=source) for n, source in enumerate(["main", "shopee"] * 2, 1)]
    assert orders(land_all(folder, drops)) == {"1": ["01-03", "01-04"]}


def test_a_month_that_was_emptied_by_declaration_differs_from_one_that_never_was(folder: Path) -> None:
    ledger = Ledger(folder)
    touched, _ = ledger.land(1, Drop("header", (), complete="2024-01"))
    assert list(map(str, touched)) == ["2024-01"]


def test_lost_rows_of_the_wanted_months_only(folder: Path) -> None:
    both = (sale("1", 5), sale("1", 5, month=2))
    ledger = land_all(folder, [Drop("a", both), Drop("b", (sale("1", 7),))])
    lost = ledger.resolution.lost_in([Month(2024, 2)]).to_pylist()
    assert [(row["landed_seq"], row["sold_on"]) for row in lost] == [(1, dt.date(2024, 2, 5))]
    assert ledger.resolution.lost_in([]).num_rows == 0


class TestNotices:
    JANUARY = tuple(sale(str(n), n, amount=f"{n}.255") for n in range(1, 7))

    def told(self, folder: Path, *drops: Drop) -> list[tuple[str, dict[str, str]]]:
        ledger = Ledger(folder)
        for seq, drop in enumerate(drops, 1):
            _, notices = ledger.land(seq, drop)
        return [(notice.code, notice.values) for notice in notices]

    def test_a_first_file_tells_nothing(self, folder: Path) -> None:
        assert self.told(folder, Drop("a", self.JANUARY)) == []

    @pytest.mark.rule("R3")
    @pytest.mark.reason("ORDERS_KEPT")
    def test_a_merging_file_that_covers_the_month_names_the_order_that_it_no_longer_has(self, folder: Path) -> None:
        told = self.told(folder, Drop("a", self.JANUARY), Drop("b", self.JANUARY[:-1]))
        assert told == [("ORDERS_KEPT", {"count": "1", "amount": "BRL 6.26", "orders": "6"})]

    def test_a_file_that_covers_one_day_speaks_of_that_day_only(self, folder: Path) -> None:
        first = (*self.JANUARY, sale("7", 1), sale("8", 9), sale("9", 9))
        told = self.told(folder, Drop("a", first), Drop("b", (sale("1", 1),)))
        assert told == [("ORDERS_KEPT", {"count": "1", "amount": "BRL 10.00", "orders": "7"})]

    def test_next_weeks_file_tells_nothing(self, folder: Path) -> None:
        later = (sale("20", 20), sale("21", 21))
        assert self.told(folder, Drop("a", self.JANUARY), Drop("b", later)) == []

    @pytest.mark.rule("R3")
    @pytest.mark.reason("ORDERS_REMOVED")
    @pytest.mark.parametrize("declared", [{"complete": "2024-01"}, {"replaces": "vendas.csv"}])
    def test_orders_that_a_declaration_removed(self, folder: Path, declared: dict[str, str]) -> None:
        drops = (Drop("a", self.JANUARY), Drop("b", self.JANUARY[:-1], **declared))  # type: ignore[arg-type]
        told = self.told(folder, *drops)
        assert told == [("ORDERS_REMOVED", {"count": "1", "amount": "BRL 6.26", "orders": "6"})]

    def test_the_same_number_in_another_store_does_not_hide_a_removed_order(self, folder: Path) -> None:
        norte = tuple(replace(line, unit=f"norte{line.unit}") for line in self.JANUARY[:2])
        told = self.told(folder, Drop("a", self.JANUARY[:2]), Drop("b", norte, complete="2024-01"))
        assert told == [("ORDERS_REMOVED", {"count": "2", "amount": "BRL 3.51", "orders": "1, 2"})]

    def test_a_return_in_the_file_does_not_hide_its_removed_sale(self, folder: Path) -> None:
        returned = Line("return 6", "6", None, dt.date(2024, 1, 9), "2024-01", "return")
        told = self.told(folder, Drop("a", self.JANUARY), Drop("b", (*self.JANUARY[:-1], returned), complete="2024-01"))
        assert [code for code, _ in told] == ["ORDERS_REMOVED"]

    def test_orders_of_another_source_are_no_concern(self, folder: Path) -> None:
        drops = (Drop("a", self.JANUARY, source="shopee"), Drop("b", self.JANUARY[:-1], complete="2024-01"))
        assert self.told(folder, *drops) == []

    def test_orders_in_the_other_part_are_not_missing(self, folder: Path) -> None:
        drops = (
            Drop("a", self.JANUARY),
            Drop("b", self.JANUARY[:3], complete="2024-01", part=(1, 2)),
            Drop("c", self.JANUARY[3:], complete="2024-01", part=(2, 2)),
        )
        assert self.told(folder, *drops) == []

    def test_many_orders_are_counted_and_the_first_named(self, folder: Path) -> None:
        many = tuple(sale(f"{n:03}", 5) for n in range(30))
        ((code, values),) = self.told(folder, Drop("a", many), Drop("b", (), complete="2024-01"))
        assert (code, values["count"], values["amount"]) == ("ORDERS_REMOVED", "30", "BRL 300.00")
        assert values["orders"] == ", ".join(f"{n:03}" for n in range(20)) + " …"
