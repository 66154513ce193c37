"""Patterns of personal data that hides in free text, as SQL and Python both read them."""

from __future__ import annotations

import re

MASK = "***"

PERSONAL = "|".join(
    (
        r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # e-mail
        r"(?<!\d)\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?!\d)",  # CPF, and any other 11 digits
        r"(?<!\d)\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}(?!\d)",  # CNPJ
        r"(?<!\d)\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}(?!\d)",  # payment card
        r"(?<!\d)\d{4}[ -]?\d{6}[ -]?\d{5}(?!\d)",  # payment card of 15 digits
    )
)


def masked(text: str) -> str:
    """The text with e-mails, CPF, CNPJ and card numbers replaced by `***`."""
    return re.sub(PERSONAL, MASK, text, flags=re.ASCII)
