"""A cell of a workbook as the text that a person would have typed.

Numbers get `MARK` for their decimal mark: whoever knows the rest of the column puts in the mark that its
text cells use. Formulas: ECMA-376 part 1, 18.8.30 (number formats) and 18.17.4.1 (dates as serial numbers).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

# XML cannot carry this character, so no text cell holds it.
MARK = "\x01"
# Excel shows 15 digits and computes with 15 to 17: the others are noise of binary fractions.
_EXCEL_DIGITS = Context(prec=15, rounding=ROUND_HALF_UP)
_MOST_DIGITS = 60
_INTEGER = re.compile(r"-?[0-9]+")
_DAY_MS = 86_400_000
_LAST_DAY = 2_958_465  # 9999-12-31 in the 1900 system
_LEAP_DAY_1900 = 60  # 1900-02-29, which Excel counts and the calendar does not have
# Built-in formats that are dates or times, by id (18.8.30); the others of the list are plain numbers.
BUILT_IN_FORMATS = {
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56), "h:mm:ss"),
    22: "yyyy-mm-dd h:mm",
    46: "[h]:mm:ss",
}


@dataclass(frozen=True)
class NumberFormat:
    """What of a number format changes the text: date and time parts, and zeros before the number."""

    date: bool = False
    time: bool = False
    elapsed: bool = False
    digits: int = 0


GENERAL = NumberFormat()


@lru_cache(maxsize=4096)
def read_format(code: str) -> NumberFormat:
    """`dd/mm/yyyy hh:mm` has date and time, `[h]:mm` is elapsed time, `00000-000` pads to 8 digits."""
    # Without quoted and escaped text, padding, colours and locales; `[h]`, `[m]`, `[s]` stay.
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', "", code.lower()).split(";")[0]
    if re.fullmatch(r"0{2,}", zeros := re.sub(r"[\s/()-]", "", bare)):
        return NumberFormat(digits=len(zeros))
    bare = re.sub(r"s[.,]0+", "s", re.sub(r"am/pm|a/p", "h", bare))
    if bare.strip() == "general" or re.search(r"[#?0%@]", bare):
        return GENERAL
    time = "h" in bare or "s" in bare
    date = "y" in bare or "d" in bare or ("m" in bare and not time)
    return NumberFormat(date=date, time=time, elapsed="[" in bare)


def number_text(raw: str, form: NumberFormat, *, from_1904: bool) -> str:
    """Text of a number as the file writes it: an ISO date or time where its format says so.

    Integers keep all their digits. What is no number, or no date of the calendar, stays as it is.
    """
    if _INTEGER.fullmatch(raw) and not (form.date or form.time):
        return f"{'-' * raw.startswith('-')}{raw.lstrip('-').zfill(form.digits)}"
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return raw
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        return raw
    if form.date or form.time:
        found = _moment(number, form, from_1904)
        if found is not None:
            return found
    return _decimal_text(number, form.digits)


def _decimal_text(number: Decimal, least_digits: int) -> str:
    rounded = number if number == number.to_integral_value() else _EXCEL_DIGITS.plus(number)
    text = format(rounded, "f")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if not fraction:
        whole = "0" if whole == "-0" else whole
        return f"{'-' * whole.startswith('-')}{whole.lstrip('-').zfill(least_digits)}"
    # Three decimals would look like thousands: 1.125 is written 1.1250.
    return f"{whole}{MARK}{fraction}{'0' * (len(fraction) == 3)}"


def _moment(number: Decimal, form: NumberFormat, from_1904: bool) -> str | None:
    """ISO text of a serial number, to the millisecond; None when it is outside the calendar."""
    total = int((number * _DAY_MS).to_integral_value(ROUND_HALF_UP))
    days, clock = divmod(total, _DAY_MS)
    if total >= 0 and (form.elapsed or (not form.date and days == 0)):
        return _clock(total)
    if from_1904:
        epoch, first = dt.date(1904, 1, 1), 0
    else:
        # The day that does not exist shifts all that come after it.
        epoch = dt.date(1899, 12, 30) if days > _LEAP_DAY_1900 else dt.date(1899, 12, 31)
        first = 1
    if not first <= days <= _LAST_DAY - (1462 if from_1904 else 0) or (days == _LEAP_DAY_1900 and not from_1904):
        return None
    day = (epoch + dt.timedelta(days=days)).isoformat()
    return f"{day} {_clock(clock)}" if clock or form.time else day


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest:03}" if rest else text
