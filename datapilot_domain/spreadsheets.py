"""What a spreadsheet would do with a cell, and how to keep it from doing so."""

from __future__ import annotations

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutral(text: str) -> str:
    """Text that no spreadsheet takes for a formula (CWE-1236): a leading apostrophe where it would."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
