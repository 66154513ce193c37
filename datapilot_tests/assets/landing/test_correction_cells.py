"""What is shown for correction, and what counts as a correction when a spreadsheet sends it back."""

from __future__ import annotations

import pytest

from datapilot_assets.landing.correction_cells import (
    Convention,
    Reader,
    correction_of,
    guarded,
    in_layout,
    shown,
    unguarded,
)
from datapilot_domain.landing import Layout

PORTUGUESE, ENGLISH = Convention.of("pt-BR"), Convention.of("en")
READER = Reader("America/Sao_Paulo")


def layout(mark: str = ".", order: str = "ymd") -> Layout:
    fields = ("sold_at", "line_amount", "sku", "product_name")
    return Layout(
        header_hash="h",
        header=fields,
        mapping={name: name for name in fields},
        encoding="utf-8",
        delimiter=",",
        decimal_marks={"line_amount": mark},
        date_orders={"sold_at": order},
    )


@pytest.mark.parametrize(
    ("field", "text", "portuguese", "english"),
    [
        ("line_amount", "1234.5", "1234,50", "1234.50"),
        ("line_amount", "R$ 8.00", "8", "8"),
        ("line_amount", "-18.90", "-18,90", "-18.90"),
        ("line_amount", "abc", "abc", "abc"),
        ("sold_at", "2024-01-05 14:55:00", "05/01/2024 14:55:00", "2024-01-05 14:55:00"),
        ("sold_at", "2024-01-05", "05/01/2024", "2024-01-05"),
        ("sold_at", "2024-02-31 10:00:00", "2024-02-31 10:00:00", "2024-02-31 10:00:00"),
        ("sold_at", "2024-01-05T14:55:00Z", "2024-01-05T14:55:00Z", "2024-01-05T14:55:00Z"),
        ("product_name", "para ana@example.com", "para ***", "para ***"),
    ],
)
def test_a_field_is_shown_as_its_reader_writes_it(field: str, text: str, portuguese: str, english: str) -> None:
    assert shown(field, text, layout(), PORTUGUESE, READER) == portuguese
    assert shown(field, text, layout(), ENGLISH, READER) == english


@pytest.mark.rule("R13")
@pytest.mark.parametrize("text", ["=1+1", "+5", "-18,90", "@a", "\tx", "\rx"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe_that_is_taken_off_again(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.rule("R9")
@pytest.mark.parametrize("code", ["00123", "7891000100103", "1-2", "3/4", "2E5"])
def test_a_code_that_a_spreadsheet_would_damage_is_guarded_in_text_fields_only(code: str) -> None:
    assert guarded(code, "sku") == f"'{code}"
    assert guarded(code, "line_amount") == code
    assert correction_of("sku", f"'{code}", code, PORTUGUESE, READER) is None


@pytest.mark.parametrize(
    ("field", "was", "cell"),
    [
        ("line_amount", "18,90", "18,9"),
        ("line_amount", "1234,50", "R$ 1.234,50"),
        ("line_amount", "-18,90", "'-18,90"),
        ("line_amount", "abc", "abc"),
        ("sold_at", "05/01/2024 14:55:30", "05/01/2024 14:55"),
        ("sold_at", "05/01/2024 14:55:00", "05/01/2024"),
        ("sold_at", "05/01/2024", "5/1/2024"),
        ("sku", "00123", "123"),
        ("sku", "7891000100103", "7,891E+12"),
        ("product_name", "=1+1", "'=1+1"),
        ("product_name", "'tis", "'tis"),
        ("product_name", "", ""),
    ],
)
def test_what_a_spreadsheet_does_by_itself_is_no_correction(field: str, was: str, cell: str) -> None:
    assert correction_of(field, cell, was, PORTUGUESE, READER) is None


@pytest.mark.parametrize(
    ("field", "was", "cell", "says"),
    [
        ("line_amount", "abc", "1.234,5", "1234.5"),
        ("line_amount", "abc", "18.90", "18.9"),
        ("line_amount", "abc", "'-5", "-5"),
        ("line_amount", "18,90", "", ""),
        ("line_amount", "18,90", "cem", "cem"),
        ("sold_at", "2024-02-31 10:00:00", "1/2/2024 9:05", "2024-02-01 09:05:00"),
        ("sold_at", "05/01/2024 14:55:00", "06/01/2024", "2024-01-06"),
        ("sold_at", "05/01/2024", "31/02/2024", "31/02/2024"),
        ("sku", "00123", "124", "124"),
        ("sku", "7891000100103", "7,892E+12", "7,892E+12"),
    ],
)
def test_a_cell_that_says_something_else_is_a_correction(field: str, was: str, cell: str, says: str) -> None:
    assert correction_of(field, cell, was, PORTUGUESE, READER) == says


def test_a_correction_is_written_as_its_file_writes() -> None:
    assert in_layout("line_amount", "1234.5", layout(",")) == "1234,5"
    assert in_layout("line_amount", "1234.5", layout(".")) == "1234.5"
    assert in_layout("line_amount", "cem", layout(",")) == "cem"
    assert in_layout("line_amount", "", layout(",")) is None
