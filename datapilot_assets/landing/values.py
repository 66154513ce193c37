"""Numbers in the text of a column: what proves how they are written, and how SQL reads them (R7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import duckdb

from datapilot_assets.landing.shapes import Proof, Shapes, column_shapes, written_two_ways

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
class NumberColumn:
    """The shapes of a column of numbers: they prove its decimal mark, and how little it takes to read it."""

    name: str
    shapes: Shapes

    def proven_mark(self) -> str | None:
        """The decimal mark that the rows prove, or None. Raises Refusal DECIMAL_MARK_MIXED.

        `1.234` alone proves nothing; `0.125` and `1.23` prove the point, `1.234,56` and `1.234.567` the comma.
        """
        proofs: dict[str, Proof] = {}
        for shape, proof in self.shapes.first.items():
            if "," in shape or "." in shape:
                readable = [mark for mark in ",." if _is_number(shape, mark)]
                if len(readable) == 1:
                    proofs[readable[0]] = min(proof, proofs.get(readable[0], proof))
        if len(proofs) == 2:
            raise written_two_ways("DECIMAL_MARK_MIXED", self.name, proofs[","], proofs["."])
        return next(iter(proofs), None)

    def is_plain(self, mark: str) -> bool:
        """Whether it takes no regular expression to read the column."""
        return self._common_prefix(mark) is not None

    def sql(self, text: str, mark: str, scale: int = 4) -> str:
        """`number_sql` of the column's text, without regular expressions where its shapes allow it."""
        prefix = self._common_prefix(mark)
        if prefix is None:
            return number_sql(text, mark, scale)
        digits = text if not prefix else f"substring({text}, {len(prefix) + 1})"
        for character, replacement in ((_other(mark), ""), (mark, ".")):
            if character != replacement and any(character in shape for shape in self.shapes.first):
                digits = f"replace({digits}, '{character}', '{replacement}')"
        return f"TRY_CAST({digits} AS DECIMAL(18,{scale}))"

    def _common_prefix(self, mark: str) -> str | None:
        """What stands before every number, when nothing but a minus and plain digits follows; None otherwise."""
        found = {_plain_prefix(shape, mark) for shape in self.shapes.first}
        return found.pop() if self.shapes.complete and len(found) == 1 else None


def number_column(connection: duckdb.DuckDBPyConnection, rows: str, column: str, name: str) -> NumberColumn:
    """The column `column` of the relation `rows`; `name` is what people call it."""
    return NumberColumn(name, column_shapes(connection, rows, column))


@lru_cache(maxsize=65_536)
def _is_number(shape: str, mark: str) -> bool:
    return re.fullmatch(number_pattern(mark), shape, re.ASCII) is not None


def _plain_prefix(shape: str, mark: str) -> str | None:
    plain = re.fullmatch(rf"((?:{_CURRENCY} ?)?)-?[0-9][0-9.,]*", shape, re.ASCII)
    return plain[1] if plain and _is_number(shape, mark) else None
