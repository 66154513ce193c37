"""Numbers of Brazilian and English exports."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from datapilot_assets.landing.values import (
    NUMBER_DIGITS,
    NUMBER_EXPONENT,
    NUMBER_NEGATIVE,
    number_marks,
    number_pattern,
)
from datapilot_domain.contracts.sales import MONEY


def parse_number(text: Column, decimal_mark: Column, ddl: str = MONEY) -> Column:
    """Decimal of a text such as `R$ 1.234,56`, `(10.00)` or `5,00-`; null for anything else.

    decimal_mark is "," or "."; the grammar is `number_pattern`, the one that landing reads with.
    """

    def when_mark_is(mark: str) -> Column:
        is_number = text.rlike(f"^(?:{number_pattern(mark)})$")
        return F.when((decimal_mark == mark) & is_number, F.translate(written, number_marks(mark), "."))

    written = F.regexp_extract(text, f"({NUMBER_DIGITS})", 1)
    digits = F.coalesce(when_mark_is(","), when_mark_is("."))
    exponent = F.regexp_extract(text, NUMBER_EXPONENT, 1)
    sign = F.when(text.rlike(NUMBER_NEGATIVE), F.lit("-")).otherwise(F.lit(""))
    return F.concat(sign, digits, F.when(exponent != "", F.concat(F.lit("E"), exponent)).otherwise("")).try_cast(ddl)
