"""Personal data that hides in free text."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from datapilot_assets.silver.personal import MASK, PERSONAL


def masked_sql(text: str) -> str:
    """SQL of the text with e-mails, CPF, CNPJ and card numbers replaced by `***`."""
    return f"regexp_replace({text}, r'{PERSONAL}', '{MASK}')"


def mask_values(extras: str) -> Column:
    """A column map<string,string> with its values masked."""
    return F.expr(f"transform_values({extras}, (name, value) -> {masked_sql('value')})")


__all__ = ["MASK", "mask_values", "masked_sql"]
