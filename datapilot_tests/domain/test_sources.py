"""Roles of sources over the log (R25): who counts, in which months it matters, what a replay leaves alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from datapilot_domain.landing import LandingEntry, MonthCount, SourceOverlap, Verdict
from datapilot_domain.organizations import Organization, OrgId, SourceSettings
from datapilot_domain.sources import (
    counting_before,
    effective_roles,
    is_mirror,
    mirrored,
    roles_by_month,
    sources_of,
    with_role,
    without_off,
)
from datapilot_tests.domain.entries import FEBRUARY, JANUARY, MARCH, entry

pytestmark = pytest.mark.rule("R25")
ACME = Organization(org_id=OrgId("acme"), name="Acme")


def overlap(source: str, *against: str, mirror: bool = True) -> SourceOverlap:
    money = {"amount": Decimal(3), "matched_amount": Decimal(2)}
    return SourceOverlap(source=source, against=against, compared=3, matched=2, mirror=mirror, **money)


def declared(**roles: Any) -> Organization:
    return ACME.model_copy(update={"sources": {name: SourceSettings(role=role) for name, role in roles.items()}})


@pytest.mark.parametrize(
    ("compared", "matched", "expected"),
    [(10, 10, True), (10, 9, False), (33, 10, True), (34, 10, False), (100, 30, True), (100, 29, False)],
)
def test_a_mirror_matches_ten_orders_and_thirty_percent(compared: int, matched: int, expected: bool) -> None:
    assert is_mirror(compared, matched) is expected


def test_a_share_is_rounded_half_up_to_ten_places() -> None:
    assert str(overlap("b", "a").share) == "0.6666666667"


def test_sources_stand_in_the_order_of_their_first_accepted_file_which_no_replay_changes() -> None:
    log = [
        entry(1, source="late", verdict=Verdict.REFUSED),
        entry(2, source="main"),
        entry(3, source="shop"),
        entry(4, "content1", source="late", replays=1),
        entry(5, "content2", source="main", replays=2),
        entry(6, source="held", verdict=Verdict.HELD),
    ]
    assert sources_of(log, "sales") == ["main", "shop", "late"]
    assert sources_of(log, "ads") == []


def test_undeclared_sources_count_and_a_declaration_wins_over_a_detection() -> None:
    log = [entry(1, source="main"), entry(2, source="shop", overlaps=[overlap("shop", "main")])]
    assert effective_roles(log, ACME, "sales") == {"main": "counts", "shop": "mirror"}
    assert effective_roles(log, declared(shop="counts"), "sales")["shop"] == "counts"
    assert effective_roles(log, declared(shop="off"), "sales")["shop"] == "off"
    assert effective_roles(log, declared(main="mirror"), "sales") == {"main": "mirror", "shop": "counts"}


def test_a_detection_is_not_taken_back_by_a_later_comparison() -> None:
    log = [
        entry(1, source="main"),
        entry(2, source="shop", overlaps=[overlap("shop", "main")]),
        entry(3, source="shop", overlaps=[overlap("shop", "third", mirror=False)]),
        entry(4, source="shop", overlaps=[overlap("shop", "third")]),
    ]
    assert mirrored(log[:3], "sales") == {"shop": ("main",)}
    assert mirrored(log, "sales") == {"shop": ("main", "third")}
    assert effective_roles(log[:3], ACME, "sales")["shop"] == "mirror"


def test_a_source_is_compared_with_the_counting_sources_before_it_only() -> None:
    roles: Any = {"a": "counts", "b": "mirror", "c": "counts", "d": "counts"}
    assert counting_before("a", roles) == ()
    assert counting_before("c", roles) == ("a",)
    assert counting_before("d", roles) == ("a", "c")


def test_a_month_hangs_on_the_roles_of_the_sources_that_sent_it_or_declared_it() -> None:
    log: list[LandingEntry] = [
        entry(1, source="main", months={JANUARY: MonthCount(records=1)}),
        entry(2, source="shop", months={FEBRUARY: MonthCount(records=1)}, complete_months=(MARCH,)),
        entry(3, source="shop", months={JANUARY: MonthCount(records=1)}, verdict=Verdict.HELD),
    ]
    roles: Any = {"main": "counts", "shop": "off"}
    assert roles_by_month(log, roles, "sales") == {
        JANUARY: {"main": "counts"},
        FEBRUARY: {"shop": "off"},
        MARCH: {"shop": "off"},
    }
    assert [item.seq for item in without_off(log, roles)] == [1]
    assert [item.seq for item in with_role(log, roles, "counts")] == [1]
