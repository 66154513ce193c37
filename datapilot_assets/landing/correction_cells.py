"""How a record's fields are shown for correction in a spreadsheet, and what a cell that comes back says.

A spreadsheet changes more than its user does: it drops zeros, seconds and quotes. A cell counts as corrected
only when it says something else than what was shown.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import duckdb

from datapilot_assets.landing.dates import date_sql
from datapilot_assets.landing.values import number_sql
from datapilot_assets.silver.personal import masked
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.landing import Layout

FIELDS = {column.name: column for column in SALES_FIELDS}
# Clear personal data never leaves: these columns are absent, the original's values stay.
CORRECTABLE = tuple(name for name, column in FIELDS.items() if not column.personal)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Codes that a spreadsheet would take for a number or a date and write back as something else.
_FRAGILE = re.compile(r"0\d+|\d{12,}|\d+[eE]\d+|\d{1,4}[/.-]\d{1,4}(?:[/.-]\d{1,4})?")
_TIME = re.compile(r"[T\s,](\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?$")
_WITH_OFFSET = re.compile(r":\d{2}(?:[.,]\d+)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})$")
_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Convention:
    """How numbers and dates are written for the readers of one language."""

    mark: str
    order: str

    @classmethod
    def of(cls, locale: str) -> Convention:
        return cls(",", "dmy") if locale == "pt-BR" else cls(".", "mdy")


@dataclass
class Reader:
    """Numbers and dates of many texts at once, by landing's own grammar; what was read is remembered."""

    time_zone: str
    _known: dict[tuple[str, str], dict[str, object]] = field(default_factory=dict)

    def number(self, text: str, mark: str) -> Decimal | None:
        found = self._read(text, ("number", mark), number_sql("t", mark, 6))
        return found if isinstance(found, Decimal) else None

    def moment(self, text: str, order: str) -> dt.datetime | None:
        """Civil date and time as written; None for no date, and for an instant with an offset."""
        if _WITH_OFFSET.search(text):
            return None
        day = self._read(text, ("date", order), date_sql("t", order, self.time_zone))
        if not isinstance(day, dt.date):
            return None
        time = _TIME.search(text)
        if not time:
            return dt.datetime.combine(day, dt.time())
        hour, minute, second = int(time[1]), int(time[2]), int(time[3] or 0)
        if time[4]:
            hour = hour % 12 + (12 if time[4].lower() == "pm" else 0)
        return dt.datetime.combine(day, dt.time(hour % 24, minute % 60, second % 60))

    def learn(self, texts: Iterable[str | None], convention: Convention) -> None:
        """Read all these texts in two queries instead of one each."""
        wanted = sorted({text for text in texts if text})
        for kind, sql in (
            (("number", convention.mark), number_sql("t", convention.mark, 6)),
            (("date", convention.order), date_sql("t", convention.order, self.time_zone)),
        ):
            self._fill(wanted, kind, sql)

    def _read(self, text: str, kind: tuple[str, str], sql: str) -> object:
        if text not in self._known.get(kind, {}):
            self._fill([text], kind, sql)
        return self._known[kind][text]

    def _fill(self, texts: list[str], kind: tuple[str, str], sql: str) -> None:
        rows = duckdb.execute(f"SELECT t, {sql} FROM (SELECT unnest(?::VARCHAR[]) AS t)", [texts]).fetchall()
        self._known.setdefault(kind, {}).update(dict(rows))


def shown(name: str, text: str | None, layout: Layout, convention: Convention, reader: Reader) -> str:
    """A field as the reader's language writes it; unreadable text as it is, personal data in it masked."""
    if text is None:
        return ""
    holds = FIELDS[name].holds
    if holds == "number":
        number = reader.number(text, layout.decimal_marks.get(name, "."))
        return masked(text) if number is None else written(number, convention.mark)
    if holds == "instant":
        moment = reader.moment(text, layout.date_orders.get(name, "dmy"))
        return masked(text) if moment is None else _written_moment(moment, convention)
    return masked(text)


def written(number: Decimal, mark: str) -> str:
    """At least two decimals where there are any."""
    exact = number.normalize()
    places = -int(exact.as_tuple().exponent)
    return f"{exact:.{max(2, places) if places > 0 else 0}f}".replace(".", mark)


def _written_moment(moment: dt.datetime, convention: Convention) -> str:
    day = f"{moment:%d/%m}/{moment.year:04}" if convention.order == "dmy" else moment.date().isoformat()
    return day if moment.time() == dt.time() else f"{day} {moment:%H:%M:%S}"


def guarded(text: str, name: str = "") -> str:
    """Text that no spreadsheet takes for a formula (CWE-1236) or, in a field of text, for a number or a date."""
    is_code = name in FIELDS and FIELDS[name].holds == "text" and _FRAGILE.fullmatch(text)
    return f"'{text}" if text.startswith(_FORMULA) or is_code else text


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that `guarded` may have put before it."""
    text = cell.removeprefix("'")
    return text if text.startswith(_FORMULA) or _FRAGILE.fullmatch(text) else cell


def correction_of(name: str, cell: str, was: str, convention: Convention, reader: Reader) -> str | None:
    """What the cell says instead of `was` (the field as it was shown); None when it says the same.

    A number comes back with a point and no thousands marks, a moment as ISO 8601; what is neither, where one
    is expected, as it was typed. Cleared cells are "".
    """
    text = unguarded(cell.strip())
    if text == was or cell.strip() == was:
        return None
    holds = FIELDS[name].holds
    if holds == "number":
        number, before = _number(text, convention, reader), reader.number(was, convention.mark)
        if number is None:
            return text
        return None if number == before else format(number.normalize(), "f")
    if holds == "instant":
        moment, old = reader.moment(text, convention.order), reader.moment(was, convention.order)
        if moment is None:
            return text
        # A spreadsheet drops the seconds, or the whole time, of what it shows.
        same = old and (moment == old.replace(second=0) or moment == dt.datetime.combine(old, dt.time()))
        return (
            None
            if same or moment == old
            else moment.isoformat(" ")
            if moment.time() != dt.time()
            else f"{moment:%Y-%m-%d}"
        )
    return None if _same_code(text, was) else text


def _number(text: str, convention: Convention, reader: Reader) -> Decimal | None:
    """By the language's mark, else by the only other mark that makes a number of it."""
    other = "." if convention.mark == "," else ","
    found = reader.number(text, convention.mark)
    return found if found is not None else reader.number(text, other)


def _same_code(text: str, was: str) -> bool:
    """Whether a spreadsheet made `text` of the code `was`: 123 of 00123, 7,891E+12 of 7891000100103."""
    if not was.isdigit():
        return False
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return False
    if not number.is_finite():
        return False
    exponent = number.as_tuple().exponent
    step = Decimal(1).scaleb(max(0, exponent)) if isinstance(exponent, int) else Decimal(1)
    return ("e" in text.lower() and abs(Decimal(was) - number) * 2 <= step) or number == Decimal(was)


def in_layout(name: str, value: str, layout: Layout) -> str | None:
    """A correction's value as the file's own layout would have written it; null when it was cleared."""
    if not value:
        return None
    if FIELDS[name].holds == "number" and _PLAIN_NUMBER.fullmatch(value):
        return value.replace(".", layout.decimal_marks.get(name, "."))
    return value


def shown_record(
    record: Mapping[str, object], layout: Layout, convention: Convention, reader: Reader
) -> dict[str, str]:
    """Every correctable field that the layout has, as `shown`."""
    found = {name: record.get(name) for name in CORRECTABLE if layout.has(name)}
    return {
        name: shown(name, text if isinstance(text, str) else None, layout, convention, reader)
        for name, text in found.items()
    }
