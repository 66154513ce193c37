"""Refusals of a header, each with the list of what was found and the command that answers it (R11)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datapilot_domain.reasons import Refusal

if TYPE_CHECKING:
    from datapilot_assets.landing.column_facts import ColumnFacts
    from datapilot_assets.landing.company import Judgement
    from datapilot_assets.landing.headers import ColumnDecision

# Stands in a command for a column that only the sender knows.
PLACEHOLDER = "COLUMN"
_CENTS = "regexp_matches(v, '[.,][0-9]{2}(?:[^0-9]|$)')"
_WORDING = {
    "line_amount": "line_amount (or quantity and unit_price)",
    "order_id": "order_id (or sku or product_name)",
}


@dataclass(frozen=True)
class Questions:
    """`columns` are the names of the file's columns, `options` and `file` what the command needs, `currency` that
    of amounts in a question."""

    columns: Sequence[str]
    options: str
    file: str
    currency: str

    def command(self, pairs: Sequence[tuple[str, str]], *more: str) -> str:
        """`datapilot mapping set …` in backticks, safe in a POSIX shell whatever the names hold. `more` options."""
        words = [f"{column}={field}" for column, field in pairs]
        # A name that looks like an option is kept from being one.
        file = ["--file", self.file] if not self.file.startswith("-") else [f"--file={self.file}"]
        end = ["--"] if any(word.startswith("-") for word in words) else []
        return f"`datapilot mapping set {self.options} {shlex.join([*file, *more, *end, *words])}`"

    def conflict(self, field: str, positions: Sequence[int]) -> Refusal:
        """Several columns claim a field: the first is proposed, the others go to `extras`."""
        first, *others = (self.columns[position] for position in positions)
        claim = " and ".join(repr(name) for name in (first, *others))
        command = self.command([(first, field), *((name, "extras") for name in others)])
        return Refusal("COLUMNS_CONFLICT", f"{claim} both mean {field}; to take {first!r}: {command}")

    def unclear(self, position: int, judged: Judgement) -> Refusal:
        """The records do not say what a column is: each meaning has its command, the usual one first."""
        name, usual = self.columns[position], judged.ask[0]
        why = f"{name!r}: {judged.why}"
        if judged.worth:
            amounts = zip(judged.worth, judged.ask, strict=True)
            why += f" ({', '.join(f'{self.currency} {worth:.2f} as {field}' for worth, field in amounts)})"
        choices = []
        for field in judged.ask:
            others = judged.against if field == usual else judged.without
            aside = [(self.columns[other], "extras") for other in others]
            without = f" without {', '.join(column for column, _ in aside)}" if aside and field != usual else ""
            choices.append(f"to take it as {field}{without}: {self.command([(name, field), *aside])}")
        return Refusal("COLUMNS_CONFLICT", "; ".join((why, *choices)))

    def missing(
        self,
        code: str,
        missing: Sequence[tuple[str, ...]],
        decided: Sequence[ColumnDecision],
        perhaps: Mapping[int, tuple[str, ...]],
        facts: ColumnFacts,
    ) -> Refusal:
        """What is missing, what was found, what is free; a column that may be the missing field is proposed."""
        found = ", ".join(
            f"{column.column} → {column.field}" if column.field else column.column
            for column in sorted(decided, key=lambda column: column.position)
        )
        free = [column.position for column in decided if column.field is None and not facts.is_empty(column.position)]
        # A price alone lacks the quantity, not the amount.
        priced = any(column.field == "unit_price" for column in decided)
        wanted = [("quantity",) if fields[0] == "line_amount" and priced else fields for fields in missing]
        pairs = [self._proposed(fields, sorted(free), perhaps, facts) for fields in wanted]
        names = "; ".join(_WORDING.get(fields[0], fields[0]) for fields in missing)
        unused = ", ".join(self.columns[position] for position in sorted(free)) or "none"
        guess = f" (put a free column in place of {PLACEHOLDER})" if any(p == PLACEHOLDER for p, _ in pairs) else ""
        return Refusal(
            code,
            f"missing: {names}; found: {found}; free: {unused}; if a column is what is missing{guess}: "
            f"{self.command(pairs)}{self._one_unit(wanted)}",
        )

    def _one_unit(self, wanted: Sequence[tuple[str, ...]]) -> str:
        """The command for a file of prices without quantities, when nothing else is missing."""
        if list(wanted) != [("quantity",)]:
            return ""
        return f"; if each line is one unit: {self.command([], '--assume-quantity', '1')}"

    def _proposed(
        self, fields: Sequence[str], free: Sequence[int], perhaps: Mapping[int, tuple[str, ...]], facts: ColumnFacts
    ) -> tuple[str, str]:
        """The only free column that can be one of the fields by its header or its values, else the placeholder."""
        named = [(p, field) for p in free for field in perhaps.get(p, ()) if field in fields]
        if named and all(p == named[0][0] for p, _ in named):
            return self.columns[named[0][0]], named[0][1]
        field, others = fields[0], [p for p in free if p not in perhaps]
        like: list[int] = []
        if field == "sold_at":
            like = [p for p in others if facts.like_dates(p)]
        elif field in ("line_amount", "quantity"):
            like = [p for p in others if facts.like_numbers(p) and not facts.like_dates(p)]
        if field == "line_amount" and len(like) > 1:
            like = [p for p in like if facts.mostly(p, _CENTS)]
        return (self.columns[like[0]] if len(like) == 1 and not named else PLACEHOLDER), field
