"""Numbers in the text of a column: what proves how they are written, and how SQL reads them (R7).

`translate(text, digits, '9…9')` gives the shape of a value (`R$ 9.999,99`). A column has few shapes, so the
evidence of all its rows is grouped by DuckDB and judged by Python, shape by shape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from datapilot_domain.reasons import Refusal

# Of a character class: blanks, and the two no-break ones that spreadsheets and browsers write.
SPACES = "\\s\u00a0\u202f"
_SPACE = f"[{SPACES}]*"
_CURRENCY = r"(?:(?:[Rr]|[Uu][Ss]?)?\$|€|(?i:BRL|USD|EUR))"
_MINUS = "\u2212-"
_APOSTROPHES = "'\u2019"
# Parts of a text that is a number: its digits and the marks among them, its exponent, what makes it negative.
NUMBER_DIGITS = f"[0-9][0-9.,{_APOSTROPHES}\u00a0\u202f]*"
NUMBER_EXPONENT = r"[0-9][Ee]([+\-]?[0-9]+)"
NUMBER_NEGATIVE = rf"\(|(?:^|[^Ee])[{_MINUS}]"


def number_pattern(mark: str) -> str:
    """Regular expression (RE2, Java and Python alike, to be matched whole) of a number with decimal mark `mark`.

    The grammar, shared with silver: outer spaces, no-break spaces and a currency mark (R$ U$ US$ $ € BRL USD
    EUR, in either case, with a point before a space or at the end) at either end do not count. Then digits
    without thousands marks, or with groups of exactly three by the other mark, by no-break spaces or by
    apostrophes (the first group has 1 to 3 digits and does not start with 0); then nothing, or the decimal
    mark and at least one digit. Or as spreadsheets write great numbers: one digit, with decimals or without,
    E, and an exponent of one or two digits. Negative in exactly one of four ways: sign before the currency
    mark, sign after it, minus at the end, or parentheses around the number (with the currency mark inside or
    before them). `+` is a sign too, U+2212 a minus. Anything else is no number: no percentage is.
    """
    point = re.escape(mark)
    separators = (re.escape(_other(mark)), "[\u00a0\u202f]", f"[{_APOSTROPHES}]")
    groups = "|".join(rf"(?:{separator}\d{{3}})+" for separator in separators)
    plain = rf"(?:\d+|[1-9]\d{{0,2}}(?:{groups}))(?:{point}\d+)?"
    digits = rf"(?:{plain}|\d(?:{point}\d{{1,14}})?[Ee][+\-]?\d{{1,2}})"
    before, after = rf"(?:{_CURRENCY}(?:\.[{SPACES}])?{_SPACE})?", rf"(?:{_SPACE}{_CURRENCY}\.?)?"
    sign = f"[+{_MINUS}]"
    forms = (
        f"{sign}?{_SPACE}{before}{digits}{after}",
        f"{_CURRENCY}{_SPACE}{sign}{_SPACE}{digits}{after}",
        f"{before}{digits}{_SPACE}[{_MINUS}]{after}",
        rf"{before}\({_SPACE}{before}{digits}{after}{_SPACE}\)",
    )
    return f"{_SPACE}(?:{'|'.join(forms)}){_SPACE}"


def number_marks(mark: str) -> str:
    """`translate(digits, this, '.')` makes the first of these characters a point and drops the others."""
    return f"{mark}{_other(mark)}{_APOSTROPHES}\u00a0\u202f"


def number_sql(text: str, mark: str, scale: int = 4) -> str:
    """DuckDB expression: the SQL expression `text` as decimal(18,scale), null where it is no number.

    `number_pattern` says what a number is; more digits than the scale are rounded half away from zero.
    """
    sign = f"CASE WHEN regexp_matches({text}, {literal(NUMBER_NEGATIVE)}) THEN '-' ELSE '' END"
    digits = f"translate(regexp_extract({text}, {literal(NUMBER_DIGITS)}), {literal(number_marks(mark))}, '.')"
    exponent = f"TRY_CAST(regexp_extract({text}, {literal(NUMBER_EXPONENT)}, 1) AS INT)"
    # DuckDB's own reading of 5E-08 as a decimal is 0.0001, so the point is moved in the text.
    moved = (
        f"repeat('0', greatest(0, -{exponent})) || replace({digits}, '.', '') || repeat('0', greatest(0, {exponent}))"
    )
    whole = f"1 + greatest(0, {exponent})"
    scientific = f"left({moved}, {whole}) || '.' || substr({moved}, 1 + {whole})"
    return (
        f"CASE WHEN regexp_full_match({text}, {literal(number_pattern(mark))}) "
        f"THEN TRY_CAST({sign} || CASE WHEN {exponent} IS NULL THEN {digits} ELSE {scientific} END "
        f"AS DECIMAL(18,{scale})) END"
    )


def literal(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _other(mark: str) -> str:
    return "." if mark == "," else ","


@dataclass(frozen=True)
class Proof:
    """A record whose text admits only one reading."""

    record_no: int
    text: str

    def __str__(self) -> str:
        return f"record {self.record_no} has {self.text!r}"


def decimal_mark(connection: duckdb.DuckDBPyConnection, rows: str, column: str, name: str) -> str | None:
    """The decimal mark that the rows of `column` prove, or None. Raises Refusal DECIMAL_MARK_MIXED.

    `1.234` alone proves nothing; `0.125` and `1.23` prove the point, `1.234,56` and `1.234.567` the comma.
    """
    shapes = connection.execute(
        f"SELECT translate({column}, '0123456789', '9999999999') AS shape, "
        f"regexp_matches({column}, '(^|[^0-9.,])0[.,]') AS zero, min(record_no), arg_min({column}, record_no) "
        f"FROM {rows} WHERE contains({column}, ',') OR contains({column}, '.') GROUP BY shape, zero"
    ).fetchall()
    proofs: dict[str, Proof] = {}
    for _, _, record_no, text in shapes:
        readable = [mark for mark in ",." if re.fullmatch(number_pattern(mark), text, re.ASCII)]
        if len(readable) == 1:
            mark = readable[0]
            if mark not in proofs or record_no < proofs[mark].record_no:
                proofs[mark] = Proof(record_no, text)
    if len(proofs) == 2:
        raise Refusal("DECIMAL_MARK_MIXED", f"column {name!r}: {proofs[',']}, {proofs['.']}")
    return next(iter(proofs), None)
