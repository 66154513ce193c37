"""What a status text means for revenue (R17)."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from datapilot_domain.contracts.sales_status import STATUS_WORDS

_ACCENTED, _PLAIN = "áàâãäéèêëíìîïóòôõöúùûüçñ", "aaaaaeeeeiiiiooooouuuucn"
# One table for case and accents: Spark's own `lower` is very slow on letters beyond ASCII.
_FROM = _ACCENTED + _ACCENTED.upper() + ascii_uppercase
_TO = _PLAIN + _PLAIN + ascii_lowercase


def with_status(rows: DataFrame) -> DataFrame:
    """Add `status_raw` and `status` (STATUSES) from `raw.status` and `raw.payment_status`.

    The payment's text beats the order's, except that cancelled stays cancelled. Without either column in the
    layout (`has`) everything is paid; a blank text in a layout with one is unknown.
    """
    # Columns of their own, or Spark would work each of them out once per branch below.
    rows = rows.withColumns({"_order": _words("raw.status"), "_payment": _words("raw.payment_status")})
    rows = rows.withColumns({"_order": _status_of("_order"), "_payment": _status_of("_payment")})
    by_order = F.col("_payment").isNull() | F.coalesce(F.col("_order") == "cancelled", F.lit(False))
    status = F.coalesce(F.when(by_order, F.col("_order")).otherwise(F.col("_payment")), F.lit("unknown"))
    has_status = F.col("has.status") | F.col("has.payment_status")
    return rows.withColumns(
        {
            "status_raw": F.when(by_order, F.col("raw.status")).otherwise(F.col("raw.payment_status")),
            "status": F.when(has_status, status).otherwise(F.lit("paid")),
        }
    ).drop("_order", "_payment")


def _words(text: str) -> Column:
    return F.regexp_replace(F.translate(F.trim(text), _FROM, _TO), r"\s+", " ")


def _status_of(words: str) -> Column:
    status = F.when(F.col(words).isNotNull(), F.lit("unknown"))
    for known, listed in STATUS_WORDS.items():
        status = F.when(F.col(words).isin(*listed), F.lit(known)).otherwise(status)
    return status
