"""Organization and source names: only what is safe in a path, a predicate and a partition key."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from datapilot_domain.organizations import (
    RESERVED_IDS,
    InvalidName,
    Organization,
    OrgId,
    SourceSettings,
    parse_source_id,
)
from datapilot_domain.partitions import InvalidPartition, OrgMonth

BAD_NAMES = [
    "../x", "x' OR '1'='1", "ACME", "null", "a|b", "acme\n", "\nacme", "acme ", "acme\r", "acme\0", "ac\u200bme",
    "\N{CYRILLIC SMALL LETTER A}cme", "\N{FULLWIDTH LATIN SMALL LETTER A}cme", "acme\N{FULLWIDTH DIGIT ONE}",
    "acm\N{LATIN SMALL LETTER E WITH ACUTE}", "acme\N{SUPERSCRIPT TWO}", "", "ab", "1acme", "a" * 32, "acme/x",
    "acme-x", "acme_x", "acme.x", "..", "%2e%2e", "con", "com1", "lpt9", "aux", "all", "default", "tenant", "admin",
    "landing", "dead", "true", "false", "none",
]  # fmt: skip


def is_safe(text: str) -> bool:
    """The rule of the design, spelled without the pattern of the code."""
    letters, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
    shaped = 3 <= len(text) <= 31 and text[0] in letters and all(c in letters + digits for c in text)
    return shaped and text not in RESERVED_IDS


NAMES = st.one_of(
    st.sampled_from(BAD_NAMES),
    st.text(max_size=33),
    st.from_regex(r"[a-z][a-z0-9]{0,33}\n?", fullmatch=True),
    st.sampled_from(sorted(RESERVED_IDS)),
    st.text("abc\N{CYRILLIC SMALL LETTER A}\uff42019|/.'\n", min_size=2, max_size=6),
)


@given(text=NAMES)
@example("acme")
@example("a23")
@example("a" * 31)
def test_a_name_is_taken_or_refused_alike_at_every_door(text: str) -> None:
    if is_safe(text):
        assert OrgId(text) == text
        assert Organization(org_id=text, name="x").org_id == text
        assert OrgMonth.parse(f"2024-01|{text}").org == text
    else:
        with pytest.raises(InvalidName):
            OrgId(text)
        with pytest.raises(ValidationError):
            Organization(org_id=text, name="x")
        with pytest.raises((InvalidName, InvalidPartition)):
            OrgMonth.parse(f"2024-01|{text}")


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_of_the_brief_are_bad(name: str) -> None:
    assert not is_safe(name)


@pytest.mark.parametrize("value", [None, 7, b"acme", ["acme"], True])
def test_only_text_is_a_name(value: object) -> None:
    with pytest.raises(InvalidName):
        OrgId(value)  # type: ignore[arg-type]


def test_the_reserved_words() -> None:
    words = "con prn aux nul com0 com9 lpt0 lpt9 null none true false default tenant admin landing dead all"
    assert set(words.split()) <= RESERVED_IDS


def test_an_id_stays_an_id() -> None:
    org = OrgId("acme")
    assert OrgId(org) is org
    read = Organization.model_validate_json(Organization(org_id=org, name="Acme").model_dump_json())
    assert isinstance(read.org_id, OrgId)


@given(text=st.one_of(st.text(max_size=44), st.from_regex(r"[a-z][a-z0-9_-]{0,44}\n?", fullmatch=True)))
@example("main")
@example("loja-2")
@example("part-1-of-2")
@example("part-1-of-2-norte")
def test_a_source_is_one_safe_folder_that_is_no_declaration(text: str) -> None:
    alphabet = "abcdefghijklmnopqrstuvwxyz0123456789_-"
    shaped = 1 <= len(text) <= 41 and all(c in alphabet for c in text) and text[0].isalpha()
    if shaped and not re.fullmatch(r"part-\d+-of-\d+", text):
        assert parse_source_id(text) == text
    else:
        with pytest.raises(InvalidName):
            parse_source_id(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"currency": "brl"},
        {"currency": "BRL\n"},
        {"currency": "R$"},
        {"time_zone": "America/Sao_Paolo"},
        {"time_zone": "../etc/passwd"},
        {"time_zone": ""},
        {"locale": "pt"},
        {"name": ""},
        {"sources": {"../x": {}}},
        {"sources": {"main": {"role": "counted"}}},
        {"limits": {"max_bytes": 0}},
        {"assumed_quantities": {"h1": 2}},
        {"unknown": 1},
    ],
)
def test_a_wrong_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Organization.model_validate({"org_id": "acme", "name": "Acme", **wrong})


def test_defaults_are_brazilian() -> None:
    org = Organization(org_id=OrgId("acme"), name="Acme")
    assert (org.locale, org.time_zone, org.currency) == ("pt-BR", "America/Sao_Paulo", "BRL")


def test_a_source_that_nobody_declared_counts() -> None:
    org = Organization(org_id=OrgId("acme"), name="Acme", sources={"mirror": SourceSettings(role="mirror")})
    assert (org.source("mirror").role, org.source("other").role) == ("mirror", None)
    assert not org.source("other").files_are_complete


@pytest.mark.parametrize("written", ["1234567890", "act_1234567890", "123-456-7890", " act_1234567890 "])
def test_an_ads_account_is_kept_as_its_digits(written: str) -> None:
    assert SourceSettings(ads_account=written).ads_account == "1234567890"


@pytest.mark.parametrize("written", ["", "act_", "12a", "none", "١٢٣", "1 2"])
def test_what_is_no_ads_account_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match="use its digits"):
        SourceSettings(ads_account=written)


def test_a_saved_mapping_adds_to_the_others() -> None:
    org = Organization(org_id=OrgId("acme"), name="Acme").with_mapping("h1", {"Data": "sold_at"})
    both = org.with_mapping("h2", {"Dia": "sold_at"})
    assert both.mappings == {"h1": {"Data": "sold_at"}, "h2": {"Dia": "sold_at"}}
    assert org.mappings == {"h1": {"Data": "sold_at"}}
    assert both.with_mapping("h1", {"Data": "paid_at"}).mappings["h1"] == {"Data": "paid_at"}


def test_a_quantity_is_assumed_only_under_its_header_and_where_no_column_has_it() -> None:
    org = Organization(org_id=OrgId("acme"), name="Acme").with_assumed_quantity("h1", 1)
    assert org.assumed_quantity("h1", {"sold_at", "line_amount"}) == 1
    assert org.assumed_quantity("h1", {"sold_at", "quantity"}) is None
    assert org.assumed_quantity("h2", {"sold_at", "line_amount"}) is None
    both = org.with_assumed_quantity("h2", 1)
    assert both.with_assumed_quantity("h1", None).assumed_quantities == {"h2": 1}
    assert Organization.model_validate_json(both.model_dump_json()) == both
