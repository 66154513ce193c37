"""Personal data that hides in free text."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

MASK = "***"

_PERSONAL = "|".join(
    (
        r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # e-mail
        r"(?<!\d)\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?!\d)",  # CPF, and any other 11 digits
        r"(?<!\d)\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}(?!\d)",  # CNPJ
        r"(?<!\d)\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}(?!\d)",  # payment card
        r"(?<!\d)\d{4}[ -]?\d{6}[ -]?\d{5}(?!\d)",  # payment card of 15 digits
    )
)


def masked_sql(text: str) -> str:
    """SQL of the text with e-mails, CPF, CNPJ and card numbers replaced by `***`."""
    return f"regexp_replace({text}, r'{_PERSONAL}', '{MASK}')"


def mask_values(extras: str) -> Column:
    """A column map<string,string> with its values masked."""
    return F.expr(f"transform_values({extras}, (name, value) -> {masked_sql('value')})")
