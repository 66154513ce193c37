"""Fingerprints: a change of anything that a table is computed from changes exactly what depends on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datapilot_domain.contracts import FAMILY_CONTRACTS
from datapilot_domain.contracts.table import Column, TableContract
from datapilot_domain.exchange_rates import ExchangeRate
from datapilot_domain.fingerprints import NOTHING_LANDED, Landed, expected_fingerprints, months_reading
from datapilot_domain.landing import Edges
from datapilot_domain.organizations import Organization, OrgId, Role
from datapilot_domain.partitions import Month

MONTHS = [Month(2024, 1).plus(n) for n in range(-2, 6)]
JANUARY = Month(2024, 1)
ACME = Organization(org_id=OrgId("acme"), name="Acme")


def table(
    layer: str, name: str, reads: tuple[str, ...] = (), window: tuple[int, int] = (0, 0), **more: object
) -> TableContract:
    column = Column(name="month", description="month")
    return TableContract.model_validate(
        {"family": "x", "layer": layer, "table": name, "description": name, "columns": (column,), "key": ("month",)}
        | {"reads": reads, "months_read": window, **more}
    )


BRONZE = table("bronze", "b")
SILVER = table("silver", "s", ("bronze.b",), settings_read=("currency",))
WIDE = table("gold", "wide", ("silver.s",), (-1, 1))
PLAIN = table("gold", "plain", ("silver.s",))
# Reads the month before of a table that itself reads its neighbours.
BEHIND = table("gold", "behind", ("gold.wide",), (-1, -1), settings_read=("locale",))
FAMILY = (BRONZE, SILVER, WIDE, PLAIN, BEHIND)
ROLES: dict[Month, Mapping[str, Role]] = {month: {"main": "counts"} for month in MONTHS}
LANDED = {month: f"hash of {month}" for month in MONTHS}
EDGES = {month: [Edges(f"head of {month}", f"tail of {month}")] for month in MONTHS}


def fingerprints(
    contracts: tuple[TableContract, ...] = FAMILY,
    organization: Organization = ACME,
    landed: Mapping[Month, str] = LANDED,
    roles: Mapping[Month, Mapping[str, Role]] = ROLES,
    edges: Mapping[Month, list[Edges]] = EDGES,
) -> dict[tuple[str, Month], str]:
    found = expected_fingerprints(contracts, organization, {"x": Landed(landed, roles, edges)}, MONTHS)
    return {(table_id, month): text for table_id, months in found.items() for month, text in months.items()}


def changed(of: tuple[TableContract, ...] = FAMILY, **what: object) -> dict[str, set[int]]:
    """Table → months, counted from January, whose fingerprint differs."""
    before, after = fingerprints(of), fingerprints(**{"contracts": of, **what})  # type: ignore[arg-type]
    differing: dict[str, set[int]] = {}
    for (table_id, month), text in after.items():
        if before[table_id, month] != text:
            differing.setdefault(table_id, set()).add(MONTHS.index(month) - 2)
    return differing


EVERY_MONTH = set(range(-2, 6))


def test_a_landed_month_reaches_the_tables_and_months_that_read_it() -> None:
    assert changed(landed=LANDED | {JANUARY: "other"}) == {
        "silver.s": {0},
        "gold.wide": {-1, 0, 1},
        "gold.plain": {0},
        "gold.behind": {0, 1, 2},
    }


@pytest.mark.parametrize(
    ("contract", "tables"),
    [
        (BRONZE, set()),
        (SILVER, {"silver.s", "gold.wide", "gold.plain", "gold.behind"}),
        (WIDE, {"gold.wide", "gold.behind"}),
        (PLAIN, {"gold.plain"}),
        (BEHIND, {"gold.behind"}),
    ],
)
def test_a_version_reaches_its_table_and_what_reads_it(contract: TableContract, tables: set[str]) -> None:
    newer = contract.model_copy(update={"version": 2})
    contracts = tuple(newer if other is contract else other for other in FAMILY)
    assert changed(contracts=contracts) == dict.fromkeys(tables, EVERY_MONTH)


def test_a_setting_reaches_the_tables_that_read_it() -> None:
    everything = {"silver.s", "gold.wide", "gold.plain", "gold.behind"}
    in_dollars = ACME.model_copy(update={"currency": "USD"})
    assert changed(organization=in_dollars) == dict.fromkeys(everything, EVERY_MONTH)
    in_english = ACME.model_copy(update={"locale": "en"})
    assert changed(organization=in_english) == {"gold.behind": EVERY_MONTH}
    renamed = ACME.model_copy(update={"name": "New", "mappings": {"h": {"a": "b"}}})
    assert changed(organization=renamed) == {}


@pytest.mark.rule("R31")
@pytest.mark.parametrize(
    ("edges", "months"),
    [(Edges("head", "tail"), {0}), (Edges("other", "tail"), {-1, 0}), (Edges("head", "other"), {0, 1})],
    ids=["within", "first days", "last days"],
)
def test_days_beside_a_month_reach_it_and_no_others(edges: Edges, months: set[int]) -> None:
    weekly = table("gold", "weekly", ("silver.s",), days_read=3)
    known = EDGES | {JANUARY: [Edges("head", "tail")]}
    before = fingerprints((BRONZE, SILVER, weekly), edges=known)
    after = fingerprints((BRONZE, SILVER, weekly), landed=LANDED | {JANUARY: "other"}, edges=known | {JANUARY: [edges]})
    differing = {
        MONTHS.index(m) - 2 for (name, m), text in after.items() if name == "gold.weekly" and before[name, m] != text
    }
    assert differing == months


def test_a_month_in_which_nothing_landed_is_as_if_it_had_been_emptied() -> None:
    without = {month: text for month, text in LANDED.items() if month != JANUARY}
    assert fingerprints(landed=without) == fingerprints(landed=LANDED | {JANUARY: NOTHING_LANDED})


def test_every_table_and_landed_month_has_its_own() -> None:
    found = list(fingerprints().values())
    assert len(set(found)) == len(found)
    assert all(len(text) == 32 and set(text) <= set("0123456789abcdef") for text in found)


@given(months=st.sets(st.sampled_from(MONTHS[2:5])))
def test_months_reading_are_those_whose_fingerprints_change(months: set[Month]) -> None:
    landed = LANDED | dict.fromkeys(months, "other")
    before, after = fingerprints(), fingerprints(landed=landed)
    differing = {month for (_, month), text in after.items() if before[_, month] != text}
    assert months_reading(FAMILY, months) == differing


def test_tables_side_by_side_do_not_widen_each_other() -> None:
    beside = (BRONZE, SILVER, *(table("gold", name, ("silver.s",), (-1, 0)) for name in "abc"))
    assert months_reading(beside, [JANUARY]) == {JANUARY, JANUARY.plus(1)}


@pytest.mark.parametrize("family", FAMILY_CONTRACTS)
def test_contracts_are_listed_in_the_order_data_flows(family: str) -> None:
    others = list(FAMILY_CONTRACTS)[: list(FAMILY_CONTRACTS).index(family)]
    seen = {contract.id for other in others for contract in FAMILY_CONTRACTS[other]}
    for contract in FAMILY_CONTRACTS[family]:
        assert set(contract.reads) <= seen
        assert all(hasattr(ACME, name) for name in contract.settings_read)
        seen.add(contract.id)


@pytest.mark.rule("R25")
@pytest.mark.parametrize(
    ("role", "tables"), [("counts", set()), ("mirror", {"gold.kpi"}), ("off", {"silver.cleaned", "gold.kpi"})]
)
def test_a_role_reaches_the_months_of_its_source_and_the_tables_that_read_roles(role: Role, tables: set[str]) -> None:
    cleaned = table("silver", "cleaned", ("bronze.b",), roles_read="off")
    contracts = (BRONZE, cleaned, table("gold", "kpi", ("silver.cleaned",), roles_read="all"), table("gold", "plain"))
    roles: dict[Month, dict[str, Role]] = {month: {"main": "counts"} for month in MONTHS}
    roles[JANUARY] = {"main": "counts", "shopee": "counts"}
    after = {**roles, JANUARY: {"main": "counts", "shopee": role}}
    before, now = fingerprints(contracts, roles=roles), fingerprints(contracts, roles=after)
    assert {key for key in now if now[key] != before[key]} == {(name, JANUARY) for name in tables}


RATED = table("silver", "s", ("bronze.b",), rates_read=True)
WEEKS = table("gold", "weeks", ("silver.s",), days_read=3)


@pytest.mark.rule("R22")
@pytest.mark.parametrize(
    ("valid_on", "silver", "weeks"),
    [
        # It holds until 9 February: on no day that a week of December or March reads.
        (dt.date(2024, 1, 9), {0, 1}, {0, 1}),
        # A week of December reads the first days of January, one of March the last of February.
        (dt.date(2024, 1, 3), {0, 1}, {-1, 0, 1}),
        (dt.date(2024, 1, 27), {0, 1}, {0, 1, 2}),
    ],
)
def test_a_rate_touches_the_months_in_which_it_holds_and_the_weeks_beside(
    valid_on: dt.date, silver: set[int], weeks: set[int]
) -> None:
    rated = ACME.model_copy(
        update={"exchange_rates": (ExchangeRate(currency="USD", valid_on=valid_on, rate=Decimal("4.91")),)}
    )
    assert changed((BRONZE, RATED, WEEKS), organization=rated) == {"silver.s": silver, "gold.weeks": weeks}
