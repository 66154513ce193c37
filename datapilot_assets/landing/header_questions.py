"""Refusals of a header, each with the list of what was found and the command that answers it (R11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datapilot_domain.commands import PLACEHOLDER, mapping_command
from datapilot_domain.findings import Command, Field, Found, Money, found
from datapilot_domain.organizations import OrgId
from datapilot_domain.reasons import Refusal

if TYPE_CHECKING:
    from datapilot_assets.landing.column_facts import ColumnFacts
    from datapilot_assets.landing.company import Judgement
    from datapilot_assets.landing.headers import ColumnDecision

_CENTS = "regexp_matches(v, '[.,][0-9]{2}(?:[^0-9]|$)')"


@dataclass(frozen=True)
class Questions:
    """`columns` are the names of the file's columns, `org` and `file` what the command needs, `currency` that
    of amounts in a question."""

    columns: Sequence[str]
    org: OrgId
    file: str
    currency: str

    def command(self, purpose: Found, pairs: Sequence[tuple[str, str]], *options: str) -> Command:
        return Command(purpose=purpose, command=mapping_command(self.org, self.file, pairs, *options))

    def conflict(self, field: str, positions: Sequence[int]) -> Refusal:
        """Several columns claim a field: the first is proposed, the others go to `extras`."""
        first, *others = (self.columns[position] for position in positions)
        pairs = [(first, field), *((name, "extras") for name in others)]
        return Refusal(
            "COLUMNS_CONFLICT",
            "columns_of_one_field",
            columns=[first, *others],
            field=Field(field=field),
            commands=[self.command(found("to_take_column", column=first), pairs)],
        )

    def currencies(self, named: Mapping[str, Sequence[str]]) -> Refusal:
        """Amounts in several currencies (currency → its columns): each may be the one whose columns count."""
        columns = [
            found("column_in_currency", column=column, currency=currency)
            for currency, its in named.items()
            for column in its
        ]
        commands = [
            self.command(
                found("to_take_currency", currency=currency),
                [(column, "extras") for other, its in named.items() if other != currency for column in its],
            )
            for currency in named
        ]
        return Refusal("CURRENCY_HEADERS_DIFFER", "currencies_differ", columns=columns, commands=commands)

    def unclear(self, position: int, judged: Judgement) -> Refusal:
        """The records do not say what a column is: each meaning has its command, the usual one first."""
        assert judged.unclear is not None
        name, usual = self.columns[position], judged.ask[0]
        commands = []
        for field in judged.ask:
            others = [self.columns[other] for other in (judged.against if field == usual else judged.without)]
            purpose = found("to_take_as", field=Field(field=field))
            if others and field != usual:
                purpose = found("to_take_as_without", field=Field(field=field), columns=others)
            commands.append(self.command(purpose, [(name, field), *((other, "extras") for other in others)]))
        if not judged.worth:
            return Refusal("COLUMNS_CONFLICT", "column_unclear", column=name, why=judged.unclear, commands=commands)
        sums = [
            found("sum_as_field", amount=Money(amount=worth, currency=self.currency), field=Field(field=field))
            for worth, field in zip(judged.worth, judged.ask, strict=True)
        ]
        return Refusal(
            "COLUMNS_CONFLICT",
            "column_unclear_with_sums",
            column=name,
            why=judged.unclear,
            sums=sums,
            commands=commands,
        )

    def missing(
        self,
        code: str,
        missing: Sequence[tuple[str, ...]],
        decided: Sequence[ColumnDecision],
        perhaps: Mapping[int, tuple[str, ...]],
        facts: ColumnFacts,
    ) -> Refusal:
        """What is missing, what was found, what is free; a column that may be the missing field is proposed."""
        columns = [
            found("column_as_field", column=column.column, field=Field(field=column.field))
            if column.field
            else column.column
            for column in sorted(decided, key=lambda column: column.position)
        ]
        free = [column.position for column in decided if column.field is None and not facts.is_empty(column.position)]
        # A price alone lacks the quantity, not the amount.
        priced = any(column.field == "unit_price" for column in decided)
        wanted = [("quantity",) if fields[0] == "line_amount" and priced else fields for fields in missing]
        pairs = [self._proposed(fields, sorted(free), perhaps, facts) for fields in wanted]
        open_ = any(column == PLACEHOLDER for column, _ in pairs)
        commands = [self.command(found("if_some_column_is_missing" if open_ else "if_column_is_missing"), pairs)]
        # The answer for a file of prices without quantities, when nothing else is missing.
        if wanted == [("quantity",)]:
            commands.append(self.command(found("if_lines_are_units"), [], "--assume-quantity 1"))
        return Refusal(
            code,
            "columns_missing",
            missing=[_either(fields) for fields in missing],
            columns=columns,
            free=[self.columns[position] for position in sorted(free)] or found("no_column"),
            commands=commands,
        )

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


def _either(fields: Sequence[str]) -> Found | Field:
    """A field that is missing, with those that would do in its place."""
    first = Field(field=fields[0])
    if first.field == "line_amount":
        parts = {"quantity": Field(field="quantity"), "price": Field(field="unit_price")}
        return found("either_amount", amount=first, **parts)
    if first.field == "order_id":
        return found("either_name", order=first, sku=Field(field="sku"), product=Field(field="product_name"))
    return first
