"""The inbox path: written and read back, and refused when it does not say clearly what it declares."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datapilot_assets.landing.inbox import InvalidInboxPath, inbox_key, is_temporary, parse_inbox_key
from datapilot_domain.landing import Declaration
from datapilot_domain.organizations import InvalidName, OrgId
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import Refusal
from datapilot_tests.domain.test_organizations import BAD_NAMES, NAMES, is_safe

ZONE = "America/Sao_Paulo"
UTC = dt.timezone.utc
MONTHS = st.builds(Month, st.integers(1, 9999), st.integers(1, 12))
FILE_NAMES = st.text(st.characters(exclude_characters="/\\", exclude_categories=["Cc", "Cs"]), min_size=1).filter(
    lambda name: name not in (".", "..")
)


@st.composite
def declarations(draw: st.DrawFn) -> Declaration:
    complete = draw(st.none() | MONTHS)
    total = draw(st.integers(1, 9999))
    return Declaration(
        complete=complete,
        part=(draw(st.integers(1, total)), total) if complete and draw(st.booleans()) else None,
        as_of=draw(st.none() | st.datetimes(timezones=st.just(UTC))),
        replaces=None if complete else draw(st.none() | FILE_NAMES),
        confirm=draw(st.booleans()),
    )


@given(
    declaration=declarations(),
    source=st.from_regex(r"[a-z][a-z0-9_-]{0,40}", fullmatch=True).filter(lambda text: not text.startswith("part-")),
    file=FILE_NAMES,
    zone=st.sampled_from([ZONE, "UTC", "Asia/Tokyo"]),
)
@example(Declaration(as_of=dt.datetime(2024, 2, 12, 3, 0, 0, 123456, UTC)), "main", "a.csv", ZONE)
@example(Declaration(as_of=dt.datetime(999, 1, 1, tzinfo=UTC)), "main", "a.csv", ZONE)
@example(Declaration(), "shopee", "complete=2024-01", ZONE)
@example(Declaration(replaces="part-1-of-2"), "main", "replaces=x", ZONE)
def test_a_written_path_reads_back(declaration: Declaration, source: str, file: str, zone: str) -> None:
    read = parse_inbox_key(inbox_key(OrgId("acme"), source, declaration, file))
    assert (read.org, read.source, read.file) == ("acme", source, file)
    assert read.declaration(zone) == declaration


@given(name=NAMES)
def test_the_organization_of_a_path_is_an_organization(name: str) -> None:
    key = f"inbox/org_id={name}/vendas.csv"
    # A slash ends the name: what follows is a source or a declaration.
    first = name.split("/")[0]
    if is_safe(name):
        assert parse_inbox_key(key).org == name
    else:
        with contextlib.suppress(InvalidName, InvalidInboxPath):
            assert parse_inbox_key(key).org == first
            assert is_safe(first)
        with pytest.raises(InvalidName):
            inbox_key(name, "main", Declaration(), "vendas.csv")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in BAD_NAMES if name != "acme/x"])
def test_bad_organizations_have_no_inbox(name: str) -> None:
    with pytest.raises((InvalidName, InvalidInboxPath)):
        parse_inbox_key(f"inbox/org_id={name}/vendas.csv")


@pytest.mark.parametrize(
    "key",
    [
        "inbox/vendas.csv",
        "inbox/acme/vendas.csv",
        "inbox/org_id=acme",
        "inbox/org_id=acme/",
        "org_id=acme/vendas.csv",
        "inboxes/org_id=acme/vendas.csv",
        "inbox/org_id=acme//vendas.csv",
        "inbox/org_id=acme/../vendas.csv",
        "inbox/org_id=acme/Shopee/vendas.csv",
        "inbox/ORG_ID=acme/vendas.csv",
    ],
)
def test_a_path_that_does_not_say_whose_file_it_is(key: str) -> None:
    with pytest.raises((InvalidInboxPath, InvalidName)):
        parse_inbox_key(key)


@pytest.mark.parametrize(
    ("folders", "word"),
    [
        ("complete=2024-13", "2024-13"),
        ("complete=2024-1", "2024-1"),
        ("complete=", "YYYY-MM"),
        ("part-1-of-2", "complete month"),
        ("complete=2024-01/part-3-of-2", "part 3 of 2"),
        ("complete=2024-01/part-0-of-2", "part 0 of 2"),
        ("complete=2024-01/part-one-of-two", "part-one-of-two"),
        ("asof=2024-02-12", "YYYYMMDDTHHMM"),
        ("asof=20240230T0300", "no such day"),
        ("asof=20240212T2500", "asof"),
        ("asof=99991231T2300", "outside the calendar"),
        ("replaces=", "replaces="),
        ("confirm=no", "confirm=no"),
        ("Complete=2024-01", "Complete=2024-01"),
        ("shopee/loja", "loja"),
        ("complete=2024-01/shopee", "shopee"),
        ("complete=2024-01/replaces=a.csv", "choose one"),
        ("complete=2024-01/complete=2024-02", "twice"),
        ("replaces=a.csv/replaces=b.csv", "twice"),
        ("complete=2024-01/part-1-of-2/part-2-of-2", "twice"),
    ],
)
def test_an_unclear_declaration_is_refused_by_name(folders: str, word: str) -> None:
    with pytest.raises(Refusal, match=word):
        parse_inbox_key(f"inbox/org_id=acme/{folders}/vendas.csv").declaration(ZONE)


def test_a_naive_time_is_local_to_the_organization_and_z_is_utc() -> None:
    def as_of(text: str, zone: str = ZONE) -> dt.datetime | None:
        return parse_inbox_key(f"inbox/org_id=acme/asof={text}/vendas.csv").declaration(zone).as_of

    assert as_of("20240212T0300") == dt.datetime(2024, 2, 12, 6, tzinfo=UTC)
    assert as_of("20240212T0300", "Asia/Tokyo") == dt.datetime(2024, 2, 11, 18, tzinfo=UTC)
    assert as_of("20240212T030045Z") == dt.datetime(2024, 2, 12, 3, 0, 45, tzinfo=UTC)


def test_the_path_of_the_documentation() -> None:
    key = "inbox/org_id=acme/shopee/complete=2024-01/part-1-of-2/asof=20240212T0300/vendas.csv"
    read = parse_inbox_key(key)
    assert (read.source, read.file) == ("shopee", "vendas.csv")
    declared = read.declaration(ZONE)
    assert (declared.complete, declared.part) == (Month(2024, 1), (1, 2))
    assert parse_inbox_key("inbox/org_id=acme/vendas.csv").declaration(ZONE) == Declaration()
    assert parse_inbox_key("inbox/org_id=acme/vendas.csv").source == "main"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b.csv", "a\\b.csv", "a\nb.csv", "a\0.csv"])
def test_a_name_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        inbox_key(OrgId("acme"), "main", Declaration(), name)
    if name:
        with pytest.raises(InvalidName):
            inbox_key(OrgId("acme"), "main", Declaration(replaces=name), "vendas.csv")


def test_a_source_that_reads_as_a_declaration_is_refused() -> None:
    with pytest.raises(InvalidName):
        inbox_key(OrgId("acme"), "part-1-of-2", Declaration(), "vendas.csv")


@pytest.mark.parametrize(
    ("name", "temporary"),
    [
        (".vendas.csv.aB3xYz", True), ("vendas.csv.part", True), ("vendas.csv.crdownload", True),
        ("~$livro.xlsx", True), ("vendas.csv.filepart", True), ("vendas.csv.TMP", True), ("vendas.csv~", True),
        (".DS_Store", True), ("Thumbs.db", True), ("desktop.ini", True),
        ("vendas.csv", False), ("vendas", False), ("vendas.part1.csv", False), ("participantes.csv", False),
        ("part", False), ("tmp.csv", False), ("vendas.2024.01", False),
    ],
)  # fmt: skip
def test_a_temporary_name_says_that_the_file_is_not_finished(name: str, temporary: bool) -> None:
    assert is_temporary(f"inbox/org_id=acme/.hidden/{name}") is temporary
