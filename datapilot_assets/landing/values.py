"""Numbers and dates in the text of a column: what proves how they are written, and how SQL reads them (R7, R8).

`translate(text, digits, '9…9')` gives the shape of a value (`R$ 9.999,99`). A column has few shapes, so the
evidence of all its rows is grouped by DuckDB and judged by Python, shape by shape.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import duckdb

from datapilot_domain.reasons import Refusal

NO_BREAK_SPACE = "\u00a0"
_SPACE = rf"[\s{NO_BREAK_SPACE}]*"
_CURRENCY = r"(?:R\$|US\$|\$|€|BRL|USD|EUR)"
_DATE = r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?: ?[AaPp][Mm])?"
_OFFSET = r"(?:Z|UTC|[+\-]\d{2}:?\d{2})"


def number_pattern(mark: str) -> str:
    """Regular expression (RE2 and Java alike, to be matched whole) of a number with decimal mark `mark`.

    The grammar, shared with silver: outer spaces, no-break spaces and a currency mark (R$ US$ $ € BRL USD
    EUR, upper case) at either end do not count. Then digits without thousands marks, or with groups of
    exactly three by the other mark (the first group has 1 to 3 digits and does not start with 0); then
    nothing, or the decimal mark and at least one digit. Negative in exactly one of four ways: sign before
    the currency mark, sign after it, minus at the end, or parentheses around the number (with the currency
    mark inside or before them). `+` is a sign too. Anything else is no number.
    """
    other = re.escape("." if mark == "," else ",")
    digits = rf"(?:\d+|[1-9]\d{{0,2}}(?:{other}\d{{3}})+)(?:{re.escape(mark)}\d+)?"
    before, after = rf"(?:{_CURRENCY}{_SPACE})?", rf"(?:{_SPACE}{_CURRENCY})?"
    forms = (
        rf"[+\-]?{_SPACE}{before}{digits}{after}",
        rf"{_CURRENCY}{_SPACE}[+\-]{_SPACE}{digits}{after}",
        rf"{before}{digits}{_SPACE}-{after}",
        rf"{before}\({_SPACE}{before}{digits}{after}{_SPACE}\)",
    )
    return rf"{_SPACE}(?:{'|'.join(forms)}){_SPACE}"


def number_sql(text: str, mark: str, scale: int = 4) -> str:
    """DuckDB expression: the SQL expression `text` as decimal(18,scale), null where it is no number.

    `number_pattern` says what a number is; more digits than the scale are rounded half away from zero.
    """
    sign = f"CASE WHEN contains({text}, '-') OR contains({text}, '(') THEN '-' ELSE '' END"
    other = "." if mark == "," else ","
    digits = f"replace(replace(regexp_extract({text}, '[0-9][0-9.,]*'), '{other}', ''), '{mark}', '.')"
    return (
        f"CASE WHEN regexp_full_match({text}, '{number_pattern(mark)}') "
        f"THEN TRY_CAST({sign} || {digits} AS DECIMAL(18,{scale})) END"
    )


def date_pattern() -> str:
    """Regular expression (to be matched whole) of a date, with or without a time and an offset.

    Two of day, month with one or two digits, and a year with four (first or last) or two (last, 20yy),
    between `/`, `-` or `.`; then nothing, or a space or `T` and H:MM[:SS[.fraction]] [AM|PM]; then nothing,
    or Z, UTC or ±HH[:]MM.
    """
    return rf"{_DATE}(?:[ T]{_SPACE}{_CLOCK}(?: ?{_OFFSET})?)?"


def date_sql(text: str, order: str, time_zone: str) -> str:
    """DuckDB expression: the civil date of `text` in `time_zone`, null where there is none or it is impossible.

    order: dmy or mdy, for dates that do not start with the year. An instant with an offset is converted;
    one without is civil time already (R23).
    """
    part = f"regexp_extract({text}, '^{_DATE}', ['a', 'b', 'c'])"
    a, b, c = (f"({part}).{name}" for name in "abc")
    day, month = (b, a) if order == "mdy" else (a, b)
    iso = (
        f"CASE WHEN length({a}) = 4 AND length({c}) <= 2 THEN concat({a}, '-', {b}, '-', {c}) "
        f"WHEN length({a}) <= 2 AND length({c}) = 4 THEN concat({c}, '-', {month}, '-', {day}) "
        f"WHEN length({a}) <= 2 AND length({c}) = 2 THEN concat('20', {c}, '-', {month}, '-', {day}) END"
    )
    civil = f"TRY_CAST({iso} AS DATE)"
    utc = f"({civil} + to_seconds({_utc_seconds_sql(text)}))"
    return (
        f"CASE WHEN NOT regexp_full_match({text}, '{date_pattern()}') THEN NULL "
        f"WHEN regexp_matches({text}, ':.*{_OFFSET}$') "
        f"THEN CAST({utc} + {_utc_offset_sql(utc, time_zone)} AS DATE) ELSE {civil} END"
    )


def _utc_seconds_sql(text: str) -> str:
    """DuckDB expression: seconds from midnight of the date in `text` to its instant, both read as UTC."""
    groups = r" *(\d{1,2}):(\d{2})(?::(\d{2}))?[.,\d]* ?([AaPp]?)[Mm]? ?(Z|UTC|[+\-]\d{2}:?\d{2})$"
    clock = f"regexp_extract({text}, '[ T]{groups}', ['h', 'm', 's', 'half', 'zone'])"
    hour, minute, half, zone = (f"({clock}).{name}" for name in ("h", "m", "half", "zone"))
    second = f"coalesce(TRY_CAST(({clock}).s AS INT), 0)"
    hours = (
        f"CASE upper({half}) WHEN 'P' THEN {hour}::INT % 12 + 12 WHEN 'A' THEN {hour}::INT % 12 ELSE {hour}::INT END"
    )
    ahead = (
        f"CASE WHEN {zone} IN ('Z', 'UTC') THEN 0 ELSE (CASE {zone}[1] WHEN '-' THEN -60 ELSE 60 END) "
        f"* ({zone}[2:3]::INT * 60 + right({zone}, 2)::INT) END"
    )
    return f"({hours}) * 3600 + {minute}::INT * 60 + {second} - ({ahead})"


def _utc_offset_sql(utc: str, time_zone: str) -> str:
    """DuckDB expression: the interval between UTC and the zone's clock at the UTC timestamp `utc`."""
    changes = _offset_changes(time_zone)
    branches = " ".join(
        f"WHEN moment >= TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}' THEN INTERVAL ({seconds}) SECONDS"
        for moment, seconds in reversed(changes)
    )
    # A lambda names the timestamp: its long expression written out per branch took half a second to plan.
    offset = f"CASE {branches} ELSE INTERVAL ({changes[0][1]}) SECONDS END"
    return f"list_transform([{utc}], lambda moment: {offset})[1]"


@lru_cache
def _offset_changes(time_zone: str) -> tuple[tuple[dt.datetime, int], ...]:
    """Each UTC minute, 1990 to 2050, from which on the zone has another offset (in seconds)."""
    zone, minute = ZoneInfo(time_zone), dt.timedelta(minutes=1)

    def seconds(moment: dt.datetime) -> int:
        offset = moment.astimezone(zone).utcoffset()
        return int((offset or dt.timedelta()).total_seconds())

    day = dt.datetime(1990, 1, 1, tzinfo=dt.timezone.utc)
    changes = [(day, seconds(day))]
    while day.year < 2050:
        following = day + dt.timedelta(days=1)
        if (after := seconds(following)) != changes[-1][1]:
            moments = [day + minute * n for n in range(1, 24 * 60 + 1)]
            changes.append((moments[bisect_left(moments, True, key=lambda m: seconds(m) == after)], after))
        day = following
    return tuple(changes)


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
        readable = [mark for mark in ",." if re.fullmatch(number_pattern(mark), text)]
        if len(readable) == 1:
            mark = readable[0]
            if mark not in proofs or record_no < proofs[mark].record_no:
                proofs[mark] = Proof(record_no, text)
    if len(proofs) == 2:
        raise Refusal("DECIMAL_MARK_MIXED", f"column {name!r}: {proofs[',']}, {proofs['.']}")
    return next(iter(proofs), None)


def date_order(connection: duckdb.DuckDBPyConnection, rows: str, column: str, name: str) -> str | None:
    """`dmy`, `mdy` or `ymd` as the rows of `column` prove it, or None. Raises Refusal DATE_ORDER_MIXED."""
    found = connection.execute(
        f"""
        WITH parts AS (
            SELECT record_no, {column} AS text,
                regexp_extract({column}, '^{_DATE}', ['a', 'b', 'c']) AS p
            FROM {rows} WHERE regexp_full_match({column}, '{date_pattern()}')),
        numbers AS (
            SELECT record_no, text, length(p.a) = 4 AS year_first,
                TRY_CAST(p.a AS INT) AS first, TRY_CAST(p.b AS INT) AS second
            FROM parts WHERE p.a <> '')
        SELECT count(*) FILTER (year_first), count(*) FILTER (NOT year_first),
            arg_min([record_no::VARCHAR, text], record_no)
                FILTER (NOT year_first AND first BETWEEN 13 AND 31 AND second <= 12),
            arg_min([record_no::VARCHAR, text], record_no)
                FILTER (NOT year_first AND second BETWEEN 13 AND 31 AND first <= 12)
        FROM numbers
        """
    ).fetchone()
    year_first, others, day_first, month_first = found or (0, 0, None, None)
    if day_first and month_first:
        proofs = (Proof(int(record_no), text) for record_no, text in (day_first, month_first))
        raise Refusal("DATE_ORDER_MIXED", f"column {name!r}: {', '.join(map(str, proofs))}")
    if day_first or month_first:
        return "dmy" if day_first else "mdy"
    return "ymd" if year_first and not others else None
