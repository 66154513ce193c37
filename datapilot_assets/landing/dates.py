"""Dates in the text of a column: what proves how they are written, and how SQL reads them (R8, R23).

A date is written in figures, in figures without marks, with the month's name, or as the number of days that
a spreadsheet keeps. Which of the first two figures is the day is the only thing that a column must prove.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import duckdb

from datapilot_assets.landing.shapes import Proof, written_two_ways
from datapilot_assets.landing.values import SPACES, literal
from datapilot_domain.partitions import Calendar

SERIAL = "serial"
_WITH_SERIAL = f"+{SERIAL}"
# Day 0 of spreadsheets, for every day since March 1900.
_SERIAL_EPOCH = dt.date(1899, 12, 30)
# A day of 1927 to 2173, and the part of that day.
SERIAL_PATTERN = r"[1-9]\d{4}(?:[.,]\d{1,15})?"
_BARE_NUMBER = r"\d+(?:[.,]\d+)?"

_SPACE = f"[{SPACES}]"
_MONTHS = (
    r"(?i:jan(?:eiro|uary)?|fev(?:ereiro)?|feb(?:ruary)?|mar(?:[çÇc]o|ch)?|abr(?:il)?|apr(?:il)?|maio?|may"
    r"|jun(?:ho|e)?|jul(?:ho|y)?|ago(?:sto)?|aug(?:ust)?|set(?:embro)?|sept?(?:ember)?|out(?:ubro)?"
    r"|oct(?:ober)?|nov(?:embro|ember)?|dez(?:embro)?|dec(?:ember)?)"
)
_MONTH_NUMBERS = {
    name: number
    for number, names in enumerate(
        "jan fev/feb mar abr/apr mai/may jun jul ago/aug set/sep out/oct nov dez/dec".split(), 1
    )
    for name in names.split("/")
}
_FIGURES = r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})"
_COMPACT = r"((?:19|20)\d{2})(\d{2})(\d{2})"
_DAY_NAME_YEAR = (
    rf"(\d{{1,2}})(?:º|°)?(?:{_SPACE}+(?i:de){_SPACE}+|[ /\-])({_MONTHS})\.?(?:{_SPACE}+(?i:de){_SPACE}+|[ /\-])"
    r"(\d{4}|\d{2})"
)
_NAME_DAY_YEAR = rf"({_MONTHS})\.?{_SPACE}+(\d{{1,2}}),?{_SPACE}+(\d{{4}})"
_BEFORE_CLOCK = rf"(?:T{_SPACE}*|,?{_SPACE}+(?:(?:[àÀaA][sS]|(?i:at)|-){_SPACE}+)?)"
_CLOCK = r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,6})\d{0,3})?)?"
_HALF = rf"(?:{_SPACE}?([AaPp])\.?[Mm]\.?)?"
_OFFSET = rf"(?:{_SPACE}?(Z|UTC|[+\-]\d{{2}}:?\d{{2}})|{_SPACE}?(?i:hs?|hrs)\.?)?"
# At the end of a text that is a date: groups hour, minute, second, fraction, A or P, and offset (RE2 and Java).
CLOCK_PATTERN = rf"[T{SPACES}]{_CLOCK}{_HALF}{_OFFSET}$"


def date_pattern() -> str:
    """Regular expression (RE2, Java and Python alike, to be matched whole) of a date, with or without a time.

    Two of day, month with one or two digits, and a year with four (first or last) or two (last, 20yy),
    between `/`, `-` or `.`; or YYYYMMDD; or `31 jan 2024`, `31 de janeiro de 2024`, `31-Jan-24`,
    `Jan 31, 2024`, in Portuguese or English. Then nothing, or `T`, a blank, a comma, `às`, `at` or ` - ` and
    H:MM[:SS[.fraction]] [AM|PM]; then nothing, Z, UTC or ±HH[:]MM, or `h`, `hs`, `hrs`.
    """
    dates = "|".join((_FIGURES, _COMPACT, _DAY_NAME_YEAR, _NAME_DAY_YEAR))
    return rf"(?:{dates})(?:{_BEFORE_CLOCK}{_CLOCK}{_HALF}{_OFFSET})?"


def date_sql(text: str, order: str, time_zone: str) -> str:
    """DuckDB expression: the civil date of `text` in `time_zone`, null where there is none or it is impossible.

    order: as `DateColumn` has it. An instant with an offset is converted; one without is civil time
    already (R23). A serial's date is that of its nearest second.
    """
    moment = f"{_civil_sql(text, order.removesuffix(_WITH_SERIAL))} + to_seconds({_utc_seconds_sql(text)})"
    # A lambda names the timestamp: its long expression written out per branch took half a second to plan.
    instant = f"list_transform([{moment}], lambda moment: CAST(moment + {_utc_offset_sql(time_zone)} AS DATE))[1]"
    serial = f"WHEN regexp_full_match({text}, '{SERIAL_PATTERN}') THEN {_serial_sql(text)} "
    return (
        f"CASE {serial if SERIAL in order else ''}"
        f"WHEN NOT regexp_full_match({text}, {literal(date_pattern())}) THEN NULL "
        f"WHEN contains({text}, ':') AND regexp_extract({text}, {literal(CLOCK_PATTERN)}, 6) <> '' THEN {instant} "
        f"ELSE {_civil_sql(text, order.removesuffix(_WITH_SERIAL))} END"
    )


def _civil_sql(text: str, order: str) -> str:
    """DuckDB expression: the date as written, of a text that matches `date_pattern`; null when impossible."""

    def parts(pattern: str) -> tuple[str, str, str]:
        found = f"regexp_extract({text}, {literal('^' + pattern)}, ['a', 'b', 'c'])"
        return f"({found}).a", f"({found}).b", f"({found}).c"

    def month(name: str) -> str:
        listed = ", ".join(f"'{name}': {number}" for name, number in _MONTH_NUMBERS.items())
        return f"MAP {{{listed}}}[lower(left({name}, 3))]"

    def year(written: str) -> str:
        return f"if(length({written}) = 2, '20', ''), {written}"

    a, b, c = parts(_FIGURES)
    day_of, month_of = (b, a) if order == "mdy" else (a, b)
    year_of, compact_month, compact_day = parts(_COMPACT)
    day, name, named_year = parts(_DAY_NAME_YEAR)
    leading_name, following_day, last_year = parts(_NAME_DAY_YEAR)
    return (
        f"TRY_CAST(CASE WHEN length({a}) = 4 AND length({c}) <= 2 THEN concat({a}, '-', {b}, '-', {c}) "
        f"WHEN {a} <> '' THEN CASE WHEN length({a}) <= 2 AND length({c}) IN (2, 4) "
        f"THEN concat({year(c)}, '-', {month_of}, '-', {day_of}) END "
        f"WHEN {year_of} <> '' THEN concat({year_of}, '-', {compact_month}, '-', {compact_day}) "
        f"WHEN {day} <> '' THEN concat({year(named_year)}, '-', {month(name)}, '-', {day}) "
        f"ELSE concat({last_year}, '-', {month(leading_name)}, '-', {following_day}) END AS DATE)"
    )


def _serial_sql(text: str) -> str:
    days = f"CAST(replace({text}, ',', '.') AS DECIMAL(20,15))"
    return f"CAST(TIMESTAMP '{_SERIAL_EPOCH}' + to_seconds(CAST(round({days} * 86400) AS BIGINT)) AS DATE)"


def _utc_seconds_sql(text: str) -> str:
    """DuckDB expression: seconds from midnight of the date in `text` to its instant, both read as UTC."""
    clock = f"regexp_extract({text}, {literal(CLOCK_PATTERN)}, ['h', 'm', 's', 'fraction', 'half', 'zone'])"
    hour, minute, second, half, zone = (f"({clock}).{name}" for name in ("h", "m", "s", "half", "zone"))
    hours = (
        f"CASE upper({half}) WHEN 'P' THEN {hour}::INT % 12 + 12 WHEN 'A' THEN {hour}::INT % 12 ELSE {hour}::INT END"
    )
    ahead = (
        f"CASE WHEN {zone} IN ('Z', 'UTC') THEN 0 ELSE (CASE {zone}[1] WHEN '-' THEN -60 ELSE 60 END) "
        f"* ({zone}[2:3]::INT * 60 + right({zone}, 2)::INT) END"
    )
    return f"({hours}) * 3600 + {minute}::INT * 60 + coalesce(TRY_CAST({second} AS INT), 0) - ({ahead})"


def _utc_offset_sql(time_zone: str) -> str:
    """DuckDB expression: the interval between UTC and the zone's clock at the UTC timestamp `moment`."""
    changes = _offset_changes(time_zone)
    branches = " ".join(
        f"WHEN moment >= TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}' THEN INTERVAL ({seconds}) SECONDS"
        for moment, seconds in reversed(changes)
    )
    return f"CASE {branches} ELSE INTERVAL ({changes[0][1]}) SECONDS END"


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
class DateColumn:
    """How a column writes its dates.

    order: `dmy`, `mdy`, `ymd`, `serial`, or one of the first three and `+serial`.
    formats: of strptime, when all its texts are in figures with a year of four, without an offset; else None.
    """

    order: str
    formats: frozenset[str] | None

    def sql(self, text: str, time_zone: str) -> str:
        """`date_sql` of the column's text, without regular expressions where its texts allow it."""
        if not self.formats:
            return date_sql(text, self.order, time_zone)
        listed = ", ".join(literal(written) for written in sorted(self.formats))
        return f"CAST(try_strptime({text}, [{listed}]) AS DATE)"


_CLOCK_FORMATS = {"": "", "99:99": " %H:%M", "99:99:99": " %H:%M:%S"}


def _format(text: str, order: str) -> str | None:
    """The strptime format of a date in figures with a year of four, with a clock or without; None for others."""
    date, _, clock = text.partition(" ")
    figures = re.fullmatch(r"(\d{4})([/.\-])\d\d?\2\d\d?|\d\d?([/.\-])\d\d?\3\d{4}", date, re.ASCII)
    shape = re.sub(r"\d", "9", clock)
    if figures is None or shape not in _CLOCK_FORMATS:
        return None
    parts = ("%Y", "%m", "%d") if figures[1] else ("%m", "%d", "%Y") if order == "mdy" else ("%d", "%m", "%Y")
    return (figures[2] or figures[3]).join(parts) + _CLOCK_FORMATS[shape]


def date_column(
    connection: duckdb.DuckDBPyConnection, rows: str, column: str, name: str, calendar: Calendar, default: str
) -> DateColumn:
    """How the rows of `column` write their dates.

    Figures that prove no order have the `default` one. Spreadsheet serials are dates only where every bare
    number of the column is one and lies in the calendar: one other number, and none of them is a date.
    Raises Refusal DATE_ORDER_MIXED.
    """
    # The first five characters hold the two leading figures of a date, and all days of a serial.
    groups = connection.execute(
        f"""
        SELECT min(record_no),
            CASE WHEN regexp_full_match(text, {literal(f"{date_pattern()}|{_BARE_NUMBER}")}) THEN text END AS known
        FROM (
            SELECT min(record_no) AS record_no, arg_min({column}, record_no) AS text
            FROM {rows} WHERE {column} IS NOT NULL
            GROUP BY left({column}, 5), translate({column}, '0123456789', '9999999999'))
        GROUP BY known
        """
    ).fetchall()
    proofs: dict[str, Proof] = {}
    year_first = others = False
    serials: list[bool] = []
    first, last = ((day - _SERIAL_EPOCH).days for day in (calendar.first.first_day, calendar.last.last_day))
    for record_no, text in sorted(group for group in groups if group[1] is not None):
        figures = re.match(_FIGURES, text, re.ASCII)
        compact = re.match(rf"{_COMPACT}\b", text, re.ASCII)
        if re.fullmatch(_BARE_NUMBER, text, re.ASCII) and not compact:
            is_serial = re.fullmatch(SERIAL_PATTERN, text, re.ASCII) is not None
            serials.append(is_serial and first <= int(text[:5]) <= last)
        elif figures and len(figures[1]) <= 2:
            others = True
            one, two = int(figures[1]), int(figures[2])
            if 12 < one <= 31 and two <= 12:
                proofs.setdefault("dmy", Proof(record_no, text))
            elif 12 < two <= 31 and one <= 12:
                proofs.setdefault("mdy", Proof(record_no, text))
        elif figures or compact:
            year_first = True
        else:
            others = True
    if len(proofs) == 2:
        raise written_two_ways("DATE_ORDER_MIXED", name, proofs["dmy"], proofs["mdy"])
    order = next(iter(proofs), "ymd" if year_first and not others else default)
    if serials and all(serials):
        return DateColumn(f"{order}{_WITH_SERIAL}" if year_first or others else SERIAL, None)
    formats = [None if text is None else _format(text, order) for _, text in groups]
    return DateColumn(order, None if None in formats else frozenset(filter(None, formats)))
