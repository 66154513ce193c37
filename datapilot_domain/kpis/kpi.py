"""Kpi: what a figure is called, made of and worth."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

# money and money_per_…: in the row's currency. fraction: 0.05 is 5 %. multiple: 3.7 is 3.7 times.
Unit = Literal[
    "money",
    "count",
    "quantity",
    "money_per_order",
    "money_per_conversion",
    "money_per_click",
    "money_per_thousand",
    "fraction",
    "multiple",
]
Direction = Literal["up", "down", "neutral"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wording(_Frozen):
    """One text in both languages of an organization."""

    pt: str
    en: str

    def of(self, locale: str) -> str:
        return self.pt if locale == "pt-BR" else self.en


class Kpi(_Frozen):
    """A KPI of one gold table.

    A sum (`sum_of`: column of the table) adds up over days and dimensions when it is `additive`. A ratio is
    numerator / denominator, both summed at the asked grain before they are divided (R30), kept to 10 decimals.
    """

    name: str
    table: str
    title: Wording
    # Of the Portuguese title, for sentences: gender and number.
    article: Literal["a", "o", "as", "os"]
    definition: Wording
    unit: Unit
    good: Direction
    sum_of: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    # The quotient is shown times this: -1 where the numerator is negative by nature, 1000 for a thousand views.
    scale: int = 1
    # SQL over silver: which of the numerator's and denominator's lines count, where not all do.
    only: str | None = None
    additive: bool = True
    # Whether a column of the table holds it; else it is divided when it is asked for.
    stored: bool = True
    null_when: Wording | None = None
    # As people write them, lower case without accents; each names one KPI only.
    synonyms: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _sum_or_ratio(self) -> Kpi:
        if (self.sum_of is None) == (self.numerator is None) or (self.numerator is None) != (self.denominator is None):
            raise ValueError(f"{self.name}: give sum_of, or numerator and denominator")
        if self.numerator and self.additive:
            raise ValueError(f"{self.name}: a ratio does not add up")
        return self

    @property
    def column(self) -> str:
        """Column of `table` that holds the value at that table's own grain."""
        return self.sum_of or self.name

    @property
    def is_plural(self) -> bool:
        """Of the Portuguese title: its verb is plural, too."""
        return self.article.endswith("s")
