"""A header in the company of the file's other columns, and the answer of a check about it (R11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from datapilot_assets.landing.column_facts import ColumnFacts
from datapilot_domain.findings import Found


@dataclass(frozen=True)
class Judgement:
    """What the evidence says about a column.

    field: of the contract; None sends the column to `extras`. why: in a few words, for people.
    unclear: with `ask`, the same as `why` for whoever is asked.
    ask: fields between which the evidence does not decide though money depends on it: the file is refused.
    perhaps: fields that the column may be; they are proposed where the file lacks one of them.
    against: with `ask`, the other columns that claim the same field.
    worth: with `ask`, what the column comes to as each of the fields.
    without: with `ask`, the columns that must be none of the fields if it is not the first of those asked.
    """

    field: str | None
    why: str
    ask: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()
    against: tuple[int, ...] = ()
    worth: tuple[Decimal, ...] = ()
    without: tuple[int, ...] = ()
    unclear: Found | None = None

    @classmethod
    def asked(
        cls,
        unclear: Found,
        *ask: str,
        against: tuple[int, ...] = (),
        worth: tuple[Decimal, ...] = (),
        without: tuple[int, ...] = (),
    ) -> Judgement:
        """A question: which of the fields the column is."""
        return cls(None, unclear.words("en"), ask, (), against, worth, without, unclear)


@dataclass(frozen=True)
class Company:
    """The columns that are decided so far (position → field), and the facts about all of them."""

    facts: ColumnFacts
    mapping: dict[int, str] = field(default_factory=dict)
    # Columns that no field takes so far; a check may look whether their values say something.
    free: tuple[int, ...] = ()

    def at(self, name: str) -> int | None:
        """The first column of a field."""
        return next((position for position, taken in self.mapping.items() if taken == name), None)

    def all_at(self, *names: str) -> list[int]:
        """The first columns of those of the fields that the file has."""
        return [position for name in names if (position := self.at(name)) is not None]

    def has(self, *names: str) -> bool:
        return any(name in names for name in self.mapping.values())

    def title(self, name: str) -> str:
        """The header of a field's column, quoted."""
        position = self.at(name)
        return "" if position is None else repr(self.facts.columns[position])

    def unless_taken(self, name: str, why: str) -> Judgement:
        """The field, or None where another column is it already."""
        if self.has(name):
            return Judgement(None, f"{self.title(name)} is {name} already")
        return Judgement(name, why)


Check = Callable[[int, Company], Judgement]
