"""Extractions: which pages are one whole, and which action types count."""

from __future__ import annotations

import base64

import pytest

from datapilot_domain.extractions import AdAccount, Extraction, Page, conversion_types, follows, is_whole

ALONE = Page(before="a", after="b")
FIRST = Page(before="a", after="b", has_next=True)
MIDDLE = Page(before="b", after="c", has_previous=True, has_next=True)
LAST = Page(before="c", after="d", has_previous=True)


def numbered(first: int, last: int, *, previous: bool = False, following: bool = False) -> Page:
    """A page of Meta's insights, whose cursors hold the places of its first and last object."""
    before, after = (base64.b64encode(str(n).encode()).decode().replace("=", "ZD") for n in (first, last))
    return Page(before=before, after=after, has_previous=previous, has_next=following)


@pytest.mark.rule("R26")
@pytest.mark.rule("R33")
@pytest.mark.parametrize(
    ("pages", "whole"),
    [
        ([ALONE], True),
        ([FIRST], False),
        ([LAST], False),
        ([FIRST, MIDDLE], False),
        ([MIDDLE, LAST], False),
        ([LAST, FIRST, MIDDLE], True),
        ([FIRST, LAST], False),
    ],
)
def test_a_set_is_whole_when_each_page_that_names_another_has_it(pages: list[Page], whole: bool) -> None:
    assert is_whole(pages, declared=False) is whole


def test_numbered_cursors_tell_a_missing_page_even_in_a_declared_set() -> None:
    first, last = numbered(0, 24, following=True), numbered(50, 60, previous=True)
    assert not is_whole([first, last], declared=True)
    middle = numbered(25, 49, previous=True, following=True)
    assert is_whole([first, middle, last], declared=True)
    assert follows(first, middle)
    assert not follows(middle, first)


def test_cursors_that_say_nothing_are_believed_in_a_declared_set_only() -> None:
    first = Page(before="?x", after="?y", has_next=True)
    last = Page(before="?z", after="?w", has_previous=True)
    assert is_whole([first, last], declared=True)
    assert not is_whole([first, last], declared=False)
    assert not is_whole([first], declared=True)


def test_pages_that_never_name_what_precedes_them_need_exactly_one_last() -> None:
    token, end = Page(after="t", has_next=True), Page()
    assert is_whole([token, end], declared=True)
    assert not is_whole([token], declared=True)
    assert not is_whole([token, end, end], declared=True)
    # Google's last page is known to follow others where the report says how many objects it has in all.
    assert is_whole([token, token, Page(has_previous=True)], declared=True)


@pytest.mark.rule("R28")
@pytest.mark.parametrize(
    ("present", "chosen", "counted"),
    [
        (["purchase", "omni_purchase", "lead"], (), ("omni_purchase",)),
        (["offsite_conversion.fb_pixel_purchase", "purchase"], (), ("purchase",)),
        (["link_click"], (), ("omni_purchase",)),
        (["purchase"], ("lead", "subscribe"), ("lead", "subscribe")),
    ],
)
def test_one_purchase_is_one_conversion(present: list[str], chosen: tuple[str, ...], counted: tuple[str, ...]) -> None:
    assert conversion_types("meta", present, chosen) == counted


def test_what_converts_on_google_the_account_says() -> None:
    assert conversion_types("google", [], ("lead",)) == ()


def test_an_entry_that_kept_the_types_of_its_file_is_read() -> None:
    """As logs hold that were written before the types were kept by account."""
    accounts = [{"account_id": "1", "currency": "BRL"}, {"account_id": "2"}]
    older = {"platform": "meta", "accounts": accounts, "slices": [], "action_types": ["lead", "purchase"]}
    types = ("lead", "purchase")
    assert Extraction.model_validate(older).accounts == (
        AdAccount(account_id="1", currency="BRL", action_types=types),
        AdAccount(account_id="2", action_types=types),
    )
