"""Entries of the landing log: declarations, what is kept of an entry, and the ids of contents."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError

from datapilot_domain.landing import Declaration, LandingEntry, content_id, digest
from datapilot_tests.domain.entries import JANUARY, at, entry, sha256_of


class TestDeclaration:
    def test_as_of_without_a_time_zone_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="time zone"):
            Declaration(as_of=at(1).replace(tzinfo=None))

    def test_as_of_is_kept_in_utc(self) -> None:
        local = dt.datetime(2024, 2, 12, 3, tzinfo=dt.timezone(dt.timedelta(hours=-3)))
        assert Declaration(as_of=local).as_of == dt.datetime(2024, 2, 12, 6, tzinfo=dt.timezone.utc)
        assert Declaration(as_of=local).same_as(Declaration(as_of=local.astimezone(dt.timezone.utc)))

    def test_as_of_beyond_the_calendar_is_refused_and_not_a_crash(self) -> None:
        with pytest.raises(ValidationError, match="outside the calendar"):
            Declaration(as_of=dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-3))))

    @pytest.mark.parametrize("numbers", [(0, 2), (3, 2), (-1, 2), (1, 0), (1, 10_000)])
    def test_a_part_number_lies_within_its_total(self, numbers: tuple[int, int]) -> None:
        with pytest.raises(ValidationError, match="part"):
            Declaration(complete=JANUARY, part=numbers)

    def test_a_part_needs_its_month(self) -> None:
        with pytest.raises(ValidationError, match="complete month"):
            Declaration(part=(1, 2))

    def test_two_ways_to_remove_are_refused(self) -> None:
        with pytest.raises(ValidationError, match="choose one"):
            Declaration(complete=JANUARY, replaces="a.csv")

    def test_an_empty_name_to_replace_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="replaces"):
            Declaration(replaces="")

    def test_a_confirmation_declares_nothing_about_the_content(self) -> None:
        assert Declaration(confirm=True).same_as(Declaration())
        assert not Declaration(complete=JANUARY).same_as(Declaration())


def test_an_entry_survives_its_text() -> None:
    part = Declaration(complete=JANUARY, part=(1, 2), as_of=at(3))
    written = entry(1, "jan", part, touched={JANUARY: "a"}, months={JANUARY: {"records": 3}})
    assert LandingEntry.model_validate_json(written.model_dump_json()) == written


def test_an_entry_names_a_valid_organization_source_and_hash() -> None:
    for wrong in ({"org_id": "ACME"}, {"source": "../x"}, {"sha256": "0" * 63}, {"seq": 0}):
        with pytest.raises(ValidationError):
            entry(1).model_validate(entry(1).model_dump() | wrong)


def test_content_depends_on_the_bytes_and_on_every_part_of_the_recipe() -> None:
    recipe = {"mapping": {"Data": "sold_at"}, "locale": "pt-BR"}
    ids = {
        content_id(sha256_of("a"), recipe),
        content_id(sha256_of("b"), recipe),
        content_id(sha256_of("a"), recipe | {"locale": "en"}),
        content_id(sha256_of("a"), recipe | {"mapping": {"Data": "paid_at"}}),
    }
    assert len(ids) == 4
    assert all(len(found) == 32 for found in ids)
    assert content_id(sha256_of("a"), dict(reversed(recipe.items()))) == content_id(sha256_of("a"), recipe)


def test_a_digest_tells_neighbouring_texts_apart() -> None:
    assert digest(["a", "b"]) != digest(["ab"]) != digest(["a,b"])
    assert digest([1]) != digest(["1"])
