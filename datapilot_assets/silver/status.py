"""What a status text means for revenue (R17)."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from datapilot_domain.contracts.sales import STATUS_WORDS

_ACCENTED, _PLAIN = "áàâãäéèêëíìîïóòôõöúùûüçñ", "aaaaaeeeeiiiiooooouuuucn"


def status_of(text: Column) -> Column:
    """paid, open, cancelled, refused, returned or unknown; null for a null text."""
    words = F.regexp_replace(F.translate(F.lower(F.trim(text)), _ACCENTED, _PLAIN), r"\s+", " ")
    known = F.lit("unknown")
    for status, listed in STATUS_WORDS.items():
        known = F.when(words.isin(*listed), F.lit(status)).otherwise(known)
    return F.when(text.isNotNull(), known)


def decide_status(order: Column, payment: Column, has_column: Column) -> tuple[Column, Column]:
    """(status_raw, status): the payment's text beats the order's, except that cancelled stays cancelled.

    Without any status column in the layout everything is paid; a blank text in a layout with one is unknown.
    """
    of_order = status_of(order)
    by_order = payment.isNull() | F.coalesce(of_order == "cancelled", F.lit(False))
    raw = F.when(by_order, order).otherwise(payment)
    status = F.coalesce(F.when(by_order, of_order).otherwise(status_of(payment)), F.lit("unknown"))
    return raw, F.when(has_column, status).otherwise(F.lit("paid"))
