"""Which extraction counts on which day (R26, R35), whatever the order of landing."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datapilot_assets.landing.ads.decode import INDEX_SCHEMA
from datapilot_assets.landing.ads.ledger import Resolution, resolve, types_of_entries
from datapilot_domain.extractions import AdAccount, AdSlice, Extraction
from datapilot_domain.landing import Declaration, LandingEntry, Verdict
from datapilot_domain.ledger import active_entries
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month

JANUARY, FEBRUARY = Month(2024, 1), Month(2024, 2)
# Entity, day of January (32: the first of February), level.
Object = tuple[str, int, str]


class Ledger:
    """A log of accepted files of one account, and their indexes."""

    def __init__(self, directory: Path) -> None:
        self.entries: list[LandingEntry] = []
        self.files: dict[str, Path] = {}
        self._directory = directory

    def land(
        self,
        name: str,
        as_of: int,
        objects: Sequence[Object],
        set_id: str | None = None,
        joins: tuple[int, ...] = (),
        waits: bool = False,
        types: tuple[str, ...] = (),
    ) -> int:
        """Land what `name` holds, extracted on that day of March; its number in the log."""
        rows = [
            {
                "unit_key": f"{level} {entity} {number}",
                "account_id": "1",
                "level": level,
                "breakdown_set": "",
                "entity_id": entity,
                "campaign_id": entity,
                "campaign_name": f"{entity} of {name}",
                "currency": "BRL",
                "reported_on": day(number),
                "month": f"{day(number):%Y-%m}",
                "records": 1,
            }
            for entity, number, level in objects
        ]
        content = f"content of {name}"
        self.files[content] = self._directory / f"{name}.parquet"
        pq.write_table(pa.Table.from_pylist(rows, INDEX_SCHEMA), self.files[content])
        seq = len(self.entries) + 1
        moment = dt.datetime(2024, 3, as_of, tzinfo=dt.timezone.utc)
        self.entries.append(
            LandingEntry(
                seq=seq,
                org_id=OrgId("acme"),
                family="ads",
                file=f"{name}.json",
                sha256=f"{abs(hash(name)):064x}"[:64],
                size=1,
                arrived_at=dt.datetime(2024, 6, 1, tzinfo=dt.timezone.utc),
                arrived_on=dt.date(2024, 6, 1),
                declaration=Declaration(as_of=moment, set_id=set_id),
                verdict=Verdict.WAITING if waits else Verdict.ACCEPTED,
                content_id=content,
                extraction=Extraction(
                    platform="meta",
                    accounts=(
                        AdAccount(account_id="1", action_types=types),
                        AdAccount(account_id="2", action_types=("purchase",)),
                    ),
                    slices=_slices(objects),
                ),
                records=len(rows),
                joins=joins,
            )
        )
        return seq

    def resolve(self, about: int | None = None) -> Resolution:
        return resolve(active_entries(self.entries, "ads"), self.files, about)

    def standing(self) -> set[tuple[str, str]]:
        """(file, unit) of what counts."""
        found = self.resolve()
        gone = set(zip(found.lost["landed_seq"].to_pylist(), found.lost["unit_key"].to_pylist(), strict=True))
        return {
            (entry.file, unit)
            for entry in self.entries
            if entry.verdict is Verdict.ACCEPTED or any(entry.seq in other.joins for other in self.entries)
            for unit in pq.read_table(self.files[str(entry.content_id)])["unit_key"].to_pylist()
            if (entry.seq, unit) not in gone
        }


def _slices(objects: Sequence[Object]) -> tuple[AdSlice, ...]:
    found: dict[str, list[dt.date]] = {}
    for _, number, level in objects:
        found.setdefault(level, []).append(day(number))
    return tuple(
        AdSlice(account_id="1", level=level, first_day=min(days), last_day=max(days)) for level, days in found.items()
    )


def day(number: int) -> dt.date:
    return dt.date(2024, 1, 1) + dt.timedelta(days=number - 1)


def days(entity: str, first: int, last: int, level: str = "campaign") -> list[Object]:
    return [(entity, number, level) for number in range(first, last + 1)]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


@pytest.mark.rule("R26")
def test_the_later_extraction_wins_its_days_whatever_the_order_of_landing(tmp_path: Path) -> None:
    files = {"first": (1, days("A", 1, 4)), "second": (2, days("A", 3, 6)), "third": (3, days("A", 4, 4))}
    found = []
    for number, order in enumerate(itertools.permutations(files)):
        (tmp_path / str(number)).mkdir()
        ledger = Ledger(tmp_path / str(number))
        for name in order:
            ledger.land(name, *files[name])
        found.append(ledger.standing())
    assert all(standing == found[0] for standing in found)
    assert found[0] == {
        ("first.json", "campaign A 1"),
        ("first.json", "campaign A 2"),
        ("second.json", "campaign A 3"),
        ("third.json", "campaign A 4"),
        ("second.json", "campaign A 5"),
        ("second.json", "campaign A 6"),
    }


@pytest.mark.rule("R26")
def test_rows_of_covered_days_go_when_a_later_extraction_has_their_entity_on_other_days_only(ledger: Ledger) -> None:
    ledger.land("first", 1, [*days("A", 1, 4), *days("B", 1, 4)])
    ledger.land("second", 2, [("A", 1, "campaign"), ("A", 4, "campaign"), *days("B", 1, 4)])
    standing = ledger.standing()
    assert ("first.json", "campaign A 2") not in standing
    assert {unit for _, unit in standing} == {f"campaign B {n}" for n in (1, 2, 3, 4)} | {
        "campaign A 1",
        "campaign A 4",
    }


@pytest.mark.rule("R26")
@pytest.mark.rule("R35")
def test_an_entity_that_a_later_extraction_does_not_have_keeps_its_rows_and_is_named(ledger: Ledger) -> None:
    ledger.land("first", 1, [*days("A", 1, 3), *days("GONE", 1, 3)])
    about = ledger.land("second", 2, days("A", 1, 3))
    assert {unit for file, unit in ledger.standing() if file == "first.json"} == {
        f"campaign GONE {n}" for n in (1, 2, 3)
    }
    assert ledger.resolve(about).absent == [("GONE", "GONE of first")]


@pytest.mark.rule("R26")
def test_an_extraction_of_another_level_misses_no_campaign(ledger: Ledger) -> None:
    ledger.land("campaigns", 1, [*days("A", 1, 3), *days("B", 1, 3)])
    about = ledger.land("ads", 2, days("C", 1, 3, "ad"))
    assert ledger.resolve(about).absent == []
    about = ledger.land("later", 3, days("A", 1, 3))
    assert [campaign for campaign, _ in ledger.resolve(about).absent] == ["B"]


@pytest.mark.rule("R27")
def test_levels_do_not_replace_each_other(ledger: Ledger) -> None:
    ledger.land("campaigns", 1, days("A", 1, 2))
    ledger.land("ads", 2, days("A", 1, 2, level="ad"))
    assert len(ledger.standing()) == 4


@pytest.mark.rule("R26")
def test_pages_that_joined_are_one_extraction(ledger: Ledger) -> None:
    """Page 1 has A on the first days, page 2 on the last: together they cover what lies between."""
    ledger.land("before", 1, days("A", 1, 6))
    first = ledger.land("page1", 2, days("A", 1, 2), waits=True)
    assert ("before.json", "campaign A 1") in ledger.standing()
    ledger.land("page2", 2, days("A", 6, 6), joins=(first,))
    assert ledger.standing() == {
        ("page1.json", "campaign A 1"),
        ("page1.json", "campaign A 2"),
        ("page2.json", "campaign A 6"),
    }


@pytest.mark.rule("R26")
def test_files_of_a_declared_set_are_one_extraction_and_an_id_that_comes_again_is_another(ledger: Ledger) -> None:
    ledger.land("one", 1, days("A", 1, 2), set_id="daily")
    ledger.land("two", 1, days("A", 5, 5), set_id="daily")
    ledger.land("later", 2, days("A", 2, 2), set_id="daily")
    assert ledger.standing() == {
        ("one.json", "campaign A 1"),
        ("later.json", "campaign A 2"),
        ("two.json", "campaign A 5"),
    }


@pytest.mark.rule("R26")
def test_an_object_that_two_pages_have_counts_once(ledger: Ledger) -> None:
    first = ledger.land("page1", 1, days("A", 1, 2), waits=True)
    ledger.land("page2", 1, days("A", 2, 3), joins=(first,))
    assert ledger.standing() == {
        ("page1.json", "campaign A 1"),
        ("page2.json", "campaign A 2"),
        ("page2.json", "campaign A 3"),
    }


@pytest.mark.rule("R31")
def test_a_month_says_when_the_days_that_its_neighbours_weeks_reach_changed(ledger: Ledger) -> None:
    ledger.land("first", 1, days("A", 10, 12))
    before = ledger.resolve()
    ledger.land("second", 2, days("A", 20, 31))
    after = ledger.resolve()
    assert before.hashes[JANUARY] != after.hashes[JANUARY]
    assert before.edges[JANUARY].head == after.edges[JANUARY].head if JANUARY in before.edges else True
    assert FEBRUARY not in after.hashes
    ledger.land("third", 3, days("A", 31, 33))
    last = ledger.resolve()
    assert last.edges[JANUARY].tail != after.edges[JANUARY].tail
    assert last.edges[FEBRUARY].head != last.edges[FEBRUARY].tail


@pytest.mark.rule("R28")
def test_what_counts_as_a_conversion_is_chosen_for_the_account_in_the_whole_extraction(ledger: Ledger) -> None:
    first = ledger.land("page1", 1, days("A", 1, 2), waits=True, types=("purchase",))
    second = ledger.land("page2", 1, days("A", 3, 3), joins=(first,), types=("omni_purchase", "purchase"))
    other = ledger.land("other", 2, days("A", 9, 9), types=("purchase",))
    active = active_entries(ledger.entries, "ads")
    purchase, omni = ("purchase",), ("omni_purchase",)
    assert types_of_entries(active, ()) == {
        first: {"1": omni, "2": purchase},
        second: {"1": omni, "2": purchase},
        other: {"1": purchase, "2": purchase},
    }
    chosen = types_of_entries(active, ("lead",)).values()
    assert {names for types in chosen for names in types.values()} == {("lead",)}
