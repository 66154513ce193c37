"""What was found, as values: it is worded when it is shown, in the language of whoever reads it."""

from __future__ import annotations

import string
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Union

from pydantic import BaseModel, ConfigDict

from datapilot_domain.field_names import FIELD_NAMES
from datapilot_domain.findings.catalogue import FINDINGS
from datapilot_domain.locales import format_money, format_number
from datapilot_domain.markdown import one_line


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Field(_Frozen):
    """A field of the contract: shown by the name that people know."""

    field: str


class Money(_Frozen):
    amount: Decimal
    currency: str


class Number(_Frozen):
    """A number that is no count: as many places as it needs, at most 4."""

    number: Decimal


class Words(_Frozen):
    """A text of ours in both languages: a reason, a KPI, a figure or a day as each writes it."""

    pt: str
    en: str


# Text is shown as it is, whole numbers are counts; several values are listed with commas.
One = Union[str, int, Field, Money, Number, Words, "Found"]
Value = One | tuple[One, ...]


class Found(_Frozen):
    """One finding of the catalogue with a value for each of its slots; made by `found`.

    A log may hold what this catalogue does not know: it is shown by its name and values.
    """

    finding: str
    values: dict[str, Value] = {}

    def words(self, locale: str) -> str:
        """One line in `pt-BR`, else in English."""
        known, fill = FINDINGS.get(self.finding), _Fill(locale)
        if known is None or known.slots != self.values.keys():
            listed = ", ".join(f"{name} {fill.convert_field(value, 's')}" for name, value in self.values.items())
            return one_line(f"{self.finding}: {listed}" if listed else self.finding)
        return one_line(fill.vformat(known.template(locale), (), self.values))


class Command(_Frozen):
    """A command ready to paste. Where a person must choose, `purpose` names the CAPITALS to replace in it."""

    purpose: Found
    command: str


def found(finding: str, /, **values: Value | Sequence[One]) -> Found:
    """A finding of the catalogue. Raises KeyError for one that it does not have, ValueError unless its slots are
    filled exactly."""
    if FINDINGS[finding].slots != values.keys():
        raise ValueError(f"finding {finding} has the slots {sorted(FINDINGS[finding].slots)}, not {sorted(values)}")
    return Found(finding=finding, values={name: _value(value) for name, value in values.items()})


def _value(value: Value | Sequence[One]) -> Value:
    return tuple(value) if isinstance(value, list) else value  # type: ignore[return-value]


class _Fill(string.Formatter):
    """Fills a template with values as a reader of the locale writes them."""

    def __init__(self, locale: str) -> None:
        self._locale = locale

    def convert_field(self, value: Any, conversion: str | None) -> str:
        items = value if isinstance(value, tuple) else (value,)
        return ", ".join(repr(text) if conversion == "r" else text for text in map(self._say, items))

    def _say(self, value: One) -> str:
        if isinstance(value, Found):
            return value.words(self._locale)
        if isinstance(value, Field):
            return FIELD_NAMES[value.field].of(self._locale) if value.field in FIELD_NAMES else value.field
        if isinstance(value, Money):
            return format_money(value.amount, value.currency, self._locale)
        if isinstance(value, Words):
            return value.pt if self._locale == "pt-BR" else value.en
        if isinstance(value, Number):
            return format_number(value.number, self._locale)
        return format_number(value, self._locale, 0) if isinstance(value, int) else value
