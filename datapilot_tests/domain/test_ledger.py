"""The landing ledger: identity (R2), replacement (R3), parts, what is active and what is declared."""

from __future__ import annotations

from typing import Any

import pytest

from datapilot_domain.landing import Declaration, LandingEntry, Verdict
from datapilot_domain.ledger import (
    active_entries,
    counted_entries,
    declared_whole,
    find_loaded,
    find_replaced,
    landed_hashes,
    waiting_parts,
)
from datapilot_tests.domain.entries import FEBRUARY, JANUARY, MARCH, at, entry, sha256_of

WHOLE_JANUARY = Declaration(complete=JANUARY)
WHOLE_FEBRUARY = Declaration(complete=FEBRUARY)


def part(number: int, total: int = 2, **more: Any) -> Declaration:
    return Declaration(complete=JANUARY, part=(number, total), **more)


def waiting(seq: int, content: str, declaration: Declaration, **values: Any) -> LandingEntry:
    return entry(seq, content, declaration, verdict=Verdict.WAITING, reason="PARTS_MISSING", **values)


def active(*entries: LandingEntry) -> list[int]:
    return [item.entry.seq for item in active_entries(entries, "sales")]


def claims(*entries: LandingEntry) -> dict[int, set[str]]:
    """seq → months that it says are whole, for active entries that say so of any."""
    found = {item.entry.seq: set(map(str, item.complete_months)) for item in active_entries(entries, "sales")}
    return {seq: months for seq, months in found.items() if months}


class TestFindLoaded:
    @pytest.mark.rule("R2")
    def test_same_bytes_under_another_name_or_source_are_known(self) -> None:
        log = [entry(1, "jan", source="shopee")]
        assert find_loaded(log, sha256_of("jan"), Declaration()) == log[0]
        assert find_loaded(log, sha256_of("fev"), Declaration()) is None

    @pytest.mark.rule("R2")
    def test_a_new_declaration_is_new_and_the_same_is_known(self) -> None:
        log = [entry(1, "jan"), entry(2, "jan", WHOLE_JANUARY)]
        assert find_loaded(log, sha256_of("jan"), WHOLE_FEBRUARY) is None
        assert find_loaded(log, sha256_of("jan"), Declaration(as_of=at(1))) is None
        assert find_loaded(log, sha256_of("jan"), Declaration(replaces="x.csv")) is None
        assert find_loaded(log, sha256_of("jan"), WHOLE_JANUARY) == log[1]

    def test_bytes_accepted_with_a_declaration_are_known_without_one(self) -> None:
        log = [entry(1, "jan", WHOLE_JANUARY)]
        assert find_loaded(log, sha256_of("jan"), Declaration()) == log[0]
        assert find_loaded(log, sha256_of("jan"), Declaration(confirm=True)) == log[0]

    @pytest.mark.rule("R2")
    @pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.HELD, Verdict.WAITING])
    def test_what_was_not_accepted_is_decided_again(self, verdict: Verdict) -> None:
        assert find_loaded([entry(1, "jan", verdict=verdict)], sha256_of("jan"), Declaration()) is None

    def test_a_part_that_acts_is_loaded(self) -> None:
        log = [waiting(1, "p1", part(1)), entry(2, "p2", part(2), joins=(1,))]
        assert find_loaded(log, sha256_of("p1"), part(1)) == log[0]
        assert find_loaded(log, sha256_of("p1"), Declaration()) == log[0]


class TestFindReplaced:
    @pytest.mark.rule("R3")
    def test_the_latest_of_that_name_in_the_source(self) -> None:
        log = [entry(n, file="vendas.csv") for n in (1, 2)] + [entry(3, file="vendas.csv", source="shopee")]
        found = find_replaced(log, "sales", "main", "vendas.csv")
        assert found == log[1]
        assert find_replaced(log, "sales", "main", sha256_of("content1")) == log[0]

    @pytest.mark.rule("R3")
    @pytest.mark.parametrize(
        "log",
        [
            [],
            [entry(1, file="other.csv")],
            [entry(1, file="vendas.csv", source="shopee")],
            [entry(1, file="vendas.csv", verdict=Verdict.REFUSED)],
            [waiting(1, "p1", part(1), file="vendas.csv")],
            [entry(1, file="vendas.csv", family="ads")],
        ],
    )
    def test_none_such(self, log: list[LandingEntry]) -> None:
        assert find_replaced(log, "sales", "main", "vendas.csv") is None

    def test_a_second_correction_never_reaches_an_earlier_file_of_the_same_name(self) -> None:
        """Every week a `vendas.csv`: replacing the second twice must not drop the first."""
        log = [
            entry(1, file="vendas.csv"),
            entry(2, file="vendas.csv"),
            entry(3, file="corrected.csv", replaces_seq=2),
        ]
        assert find_replaced(log, "sales", "main", "vendas.csv") is None
        assert find_replaced(log, "sales", "main", "corrected.csv") == log[2]

    def test_a_name_means_its_bytes_as_declared_last(self) -> None:
        log = [entry(1, "jan"), entry(2, "jan", WHOLE_JANUARY, file="renamed.csv")]
        assert find_replaced(log, "sales", "main", "jan.csv") == log[1]

    def test_a_part_that_acts_can_be_replaced(self) -> None:
        log = [waiting(1, "p1", part(1)), entry(2, "p2", part(2), joins=(1,))]
        assert find_replaced(log, "sales", "main", "p1.csv") == log[0]


class TestWaitingParts:
    def test_parts_of_the_same_month_count_and_source(self) -> None:
        log = [
            waiting(1, "p1", part(1, 3)),
            waiting(2, "p2", part(2, 3)),
            waiting(3, "other month", Declaration(complete=FEBRUARY, part=(1, 3))),
            waiting(4, "other total", part(1, 4)),
            waiting(5, "other source", part(1, 3), source="shopee"),
            entry(6, "refused", part(1, 3), verdict=Verdict.REFUSED),
        ]
        assert waiting_parts(log, "main", part(3, 3)) == log[:2]
        assert waiting_parts(log, "main", part(1, 3)) == [log[1]]
        assert waiting_parts(log, "main", WHOLE_JANUARY) == []

    def test_the_newest_of_a_number_counts(self) -> None:
        log = [waiting(1, "cut", part(1)), waiting(2, "whole", part(1))]
        assert waiting_parts(log, "main", part(2)) == [log[1]]

    def test_parts_that_already_act_are_not_waiting(self) -> None:
        log = [waiting(1, "p1", part(1)), entry(2, "p2", part(2), joins=(1,))]
        assert waiting_parts(log, "main", part(2)) == []
        again = waiting(3, "p1 again", part(1))
        assert waiting_parts([*log, again], "main", part(2)) == [again]


class TestActiveEntries:
    def test_only_accepted_files_of_the_family(self) -> None:
        others = [entry(n, verdict=v) for n, v in enumerate(Verdict, 1) if v is not Verdict.ACCEPTED]
        assert active(*others, entry(8, family="ads"), entry(9)) == [9]

    @pytest.mark.rule("R4")
    def test_newer_is_the_declared_time_else_arrival(self) -> None:
        log = [entry(1), entry(2, None, Declaration(as_of=at(9))), entry(3, None, Declaration(as_of=at(2)))]
        assert active(*log) == [3, 2, 1]
        assert [item.rank for item in active_entries(log, "sales")] == [1, 2, 3]

    def test_equal_times_keep_the_order_of_landing(self) -> None:
        assert active(*(entry(n, None, Declaration(as_of=at(1))) for n in (1, 2, 3))) == [1, 2, 3]

    def test_a_replaced_file_is_gone_and_does_not_come_back_with_its_replacement(self) -> None:
        log = [entry(1), entry(2, replaces_seq=1)]
        assert active(*log) == [2]
        assert active(*log, entry(3, replaces_seq=2)) == [3]

    def test_a_refused_file_replaces_nothing(self) -> None:
        assert active(entry(1), entry(2, replaces_seq=1, verdict=Verdict.REFUSED)) == [1]

    def test_replaced_bytes_landed_again_count_again(self) -> None:
        log = [entry(1, "jan"), entry(2, replaces_seq=1), entry(3, "jan", Declaration(as_of=at(1)))]
        assert active(*log) == [3, 2]

    def test_a_file_may_replace_its_own_earlier_declaration(self) -> None:
        assert active(entry(1, "jan"), entry(2, "jan", Declaration(replaces="jan.csv"), replaces_seq=1)) == [2]

    def test_replacing_bytes_drops_all_their_declarations(self) -> None:
        log = [entry(1, "jan", WHOLE_JANUARY), entry(2, "jan", WHOLE_FEBRUARY), entry(3, replaces_seq=2)]
        assert active(*log) == [3]
        assert claims(*log) == {}

    @pytest.mark.rule("R2")
    def test_the_same_bytes_count_once_per_source_as_declared_last(self) -> None:
        log = [entry(1, "jan"), entry(2, "jan", Declaration(as_of=at(1)))]
        assert active(*log) == [2]
        assert active(*log, entry(3, "jan", WHOLE_JANUARY, source="shopee")) == [2, 3]

    def test_the_same_bytes_read_by_a_changed_mapping_count_once(self) -> None:
        log = [entry(1, "jan"), entry(2, "jan", Declaration(as_of=at(1)), content_id="another mapping")]
        assert active(*log) == [2]

    def test_months_declared_one_after_the_other_with_the_same_bytes_stay_declared(self) -> None:
        """A header-only file is often the same bytes for every month without sales."""
        log = [entry(1, "header", WHOLE_JANUARY), entry(2), entry(3, "header", WHOLE_FEBRUARY)]
        items = active_entries(log, "sales")
        assert [item.entry.seq for item in items] == [2, 3]
        assert items[1].complete_months == {JANUARY: 1, FEBRUARY: 3}

    def test_the_last_declaration_of_a_month_decides_since_when_it_is_whole(self) -> None:
        log = [entry(1, "jan", WHOLE_JANUARY), entry(2), entry(3, "jan", Declaration(complete=JANUARY, as_of=at(1)))]
        assert [item.complete_months for item in active_entries(log, "sales")] == [{JANUARY: 1}, {}]

    @pytest.mark.rule("R3")
    def test_parts_act_when_all_are_there(self) -> None:
        p1 = waiting(1, "p1", part(1))
        assert active(p1) == []
        items = active_entries([p1, entry(2), entry(3, "p2", part(2), joins=(1,))], "sales")
        assert [(item.entry.seq, item.group) for item in items] == [(2, 2), (1, 3), (3, 3)]
        assert [item.complete_months for item in items] == [{}, {JANUARY: 2}, {JANUARY: 2}]

    def test_parts_are_ordered_by_number_whichever_came_last(self) -> None:
        log = [waiting(1, "p2", part(2)), entry(2, "p1", part(1), joins=(1,))]
        assert active(*log) == [2, 1]

    def test_replacing_one_part_leaves_the_other(self) -> None:
        log = [waiting(1, "p1", part(1)), entry(2, "p2", part(2), joins=(1,))]
        assert active(*log, entry(3, replaces_seq=1)) == [2, 3]
        assert active(*log, entry(3, replaces_seq=2)) == [1, 3]

    def test_counted_are_all_whose_records_must_be_accounted_for(self) -> None:
        log = [
            waiting(1, "p1", part(1)),
            waiting(2, "p1 again", part(1)),
            entry(3, "p2", part(2), joins=(2,)),
            entry(4, replaces_seq=3),
            entry(5, verdict=Verdict.REFUSED),
            entry(6, family="ads"),
        ]
        assert [item.seq for item in counted_entries(log, "sales")] == [2, 3, 4]


def test_declared_whole_needs_an_active_declaration() -> None:
    log = [entry(1, "jan", WHOLE_JANUARY)]
    assert declared_whole(log, "sales", JANUARY)
    assert not declared_whole(log, "sales", FEBRUARY)
    assert not declared_whole(log, "ads", JANUARY)
    assert not declared_whole([*log, entry(2, replaces_seq=1)], "sales", JANUARY)
    assert not declared_whole([waiting(1, "p1", part(1))], "sales", JANUARY)
    assert declared_whole([waiting(1, "p1", part(1)), entry(2, "p2", part(2), joins=(1,))], "sales", JANUARY)


def test_landed_hash_of_a_month_is_its_last_word() -> None:
    log = [
        entry(1, touched={JANUARY: "a", FEBRUARY: "b"}),
        entry(2, touched={JANUARY: "c"}),
        entry(3, touched={MARCH: "x"}, family="ads"),
    ]
    assert landed_hashes(log, "sales") == {JANUARY: "c", FEBRUARY: "b"}
