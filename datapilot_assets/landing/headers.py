"""Which column is which field (R11): saved mapping > exact > normalised > by context > refuse."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from datapilot_assets.landing.column_facts import ColumnFacts, base_name
from datapilot_assets.landing.company import Company, Judgement
from datapilot_assets.landing.context import CHECKS
from datapilot_assets.landing.dialect import Dialect, column_labels, find_column, normalise_header
from datapilot_assets.landing.header_questions import Questions
from datapilot_domain.contracts.sales_fields import CONTEXT_HEADERS, SALES_FIELDS
from datapilot_domain.organizations import Organization
from datapilot_domain.reasons import Refusal

# A saved mapping may say that a column is none of the fields.
NO_FIELD = "extras"
FIELDS = {column.name: column for column in SALES_FIELDS}
How = Literal["saved", "exact", "normalised", "context", "none"]

_EXACT = {alias: column.name for column in SALES_FIELDS for alias in column.aliases}
_NORMALISED = {normalise_header(alias): name for alias, name in _EXACT.items()}
_CONTEXT = {normalise_header(header): headers[0] for headers in CONTEXT_HEADERS for header in headers}
# Order in which a field's aliases count where the first one wins.
_PRIORITY = {
    normalise_header(alias): position for column in SALES_FIELDS for position, alias in enumerate(column.aliases)
}
# A repeated header is another column of the same meaning only where one of these would be lost or doubled.
_DECISIVE = frozenset(
    "order_id sold_at quantity unit_price line_amount order_total order_discount line_discount status "
    "payment_status currency".split()
)
_DATES = ("Data", "Data/Hora")
_CURRENCIES = {"r$": "BRL", "brl": "BRL", "us$": "USD", "usd": "USD", "eur": "EUR", "€": "EUR"}
_CURRENCY = re.compile(r"(?:^|[\s_(\[/-])(r\$|us\$|€|brl|usd|eur)(?:$|[\s_)\]/.-])", re.IGNORECASE)
_NO_MONEY = frozenset({"quantity", "returned_quantity"})


@dataclass(frozen=True)
class ColumnDecision:
    """What a column is taken as, and why. `field` None: kept in `extras`."""

    position: int
    column: str
    field: str | None
    how: How
    why: str


@dataclass(frozen=True)
class HeaderMapping:
    """The decision on every column of a header; `refusal` says why the file cannot be taken with it."""

    header_hash: str
    columns: tuple[ColumnDecision, ...]
    refusal: Refusal | None

    @property
    def fields(self) -> dict[int, str]:
        """Position of each mapped column → field of the sales contract; the others go to `extras`."""
        return {column.position: column.field for column in self.columns if column.field is not None}

    @property
    def by_name(self) -> dict[str, str]:
        """Column as written → field, as `Layout` records it."""
        return {column.column: column.field for column in self.columns if column.field is not None}

    def column_of(self, field: str) -> str | None:
        """The column, as written, that is the field."""
        return next((column for column, name in self.by_name.items() if name == field), None)

    @property
    def currency_hint(self) -> str | None:
        """ISO 4217 code that the headers of the mapped amounts name, None where none does."""
        return next(iter(_currency_hints(self.columns)), None)


def judge_headers(dialect: Dialect, organization: Organization, facts: ColumnFacts, file: str) -> HeaderMapping:
    """Decide every column. `file`: the name that the commands of a refusal give.

    The refusal is COLUMNS_CONFLICT (columns claim one field, or the evidence does not decide),
    COLUMNS_MISSING or, where no title is known, HEADER_NOT_FOUND (what is missing, what was found, what is free)
    or CURRENCY_HEADERS_DIFFER; all carry the command that saves a mapping.
    """
    return _Judge(dialect, organization, facts, file).judge()


def map_headers(dialect: Dialect, organization: Organization, facts: ColumnFacts, file: str) -> HeaderMapping:
    """As `judge_headers`. Raises its Refusal."""
    mapping = judge_headers(dialect, organization, facts, file)
    if mapping.refusal:
        raise mapping.refusal
    return mapping


class _Judge:
    def __init__(self, dialect: Dialect, organization: Organization, facts: ColumnFacts, file: str) -> None:
        self._columns = dialect.columns
        self._labels = column_labels(dialect.columns)
        self._facts = facts
        self._hash, self._organization = dialect.header_hash, organization
        self._saved = organization.mappings.get(dialect.header_hash, {})
        self._code = "COLUMNS_MISSING" if dialect.is_known else "HEADER_NOT_FOUND"
        self._questions = Questions(self._labels, organization.org_id, file, organization.currency)
        self._decided: dict[int, ColumnDecision] = {}
        self._refusals: list[Refusal] = []
        self._perhaps: dict[int, tuple[str, ...]] = {}

    def judge(self) -> HeaderMapping:
        self._take_saved()
        by_context = [p for p in self._open() if self._normalised(p) in _CONTEXT]
        for position in self._open():
            if position not in by_context:
                self._take_alias(position)
        self._settle_claims()
        for entry, check in CHECKS.items():
            for position in by_context:
                if position not in self._decided and _CONTEXT[self._normalised(position)] == entry:
                    company = Company(self._facts, self._mapping(), self._free(by_context))
                    self._take_judgement(position, check(position, company))
        self._settle_claims()
        for position in self._open():
            self._decide(position, None, "none", "no known header" if self._columns[position] else "no header")
        columns = tuple(self._decided[position] for position in range(len(self._columns)))
        refusal = self._refusals[0] if self._refusals else self._missing() or self._mixed_currencies(columns)
        return HeaderMapping(self._hash, columns, refusal)

    def _open(self) -> list[int]:
        return [position for position in range(len(self._columns)) if position not in self._decided]

    def _free(self, by_context: Iterable[int]) -> tuple[int, ...]:
        """Columns that no field takes, whatever they are called; of those that wait for their check, the dates."""
        kept = {p for p, column in self._decided.items() if column.field is None and column.how != "saved"}
        waiting = {p for p in by_context if _CONTEXT[self._normalised(p)] not in _DATES}
        return tuple(sorted({*self._open(), *kept} - waiting))

    def _normalised(self, position: int) -> str:
        return normalise_header(base_name(self._columns, position))

    def _mapping(self) -> dict[int, str]:
        return {p: column.field for p, column in sorted(self._decided.items()) if column.field is not None}

    def _decide(self, position: int, field: str | None, how: How, why: str) -> None:
        self._decided[position] = ColumnDecision(position, self._labels[position], field, how, why)

    def _claimed(self, field: str) -> int | None:
        """The column that already is the field, unless several columns may be."""
        if FIELDS[field].several == "sum":
            return None
        saved = (p for p, c in self._decided.items() if c.field == field and c.how == "saved")
        return next(saved, None)

    def _take_saved(self) -> None:
        for name, field in self._saved.items():
            position = find_column(name, self._columns)
            if position is not None:
                self._decide(position, None if field == NO_FIELD else field, "saved", "as the organization saved it")

    def _take_alias(self, position: int) -> None:
        name = self._columns[position]
        base = base_name(self._columns, position)
        exact = _EXACT.get(base)
        field = exact or _NORMALISED.get(normalise_header(base))
        if field is None:
            return
        if "%" in name and FIELDS[field].holds == "number" and field != "discount_rate":
            return self._decide(position, None, "none", f"a percentage is no {field}")
        if (saved := self._claimed(field)) is not None:
            return self._decide(position, None, "none", f"{self._labels[saved]!r} was saved as {field}")
        if base != name and FIELDS[field].several != "sum":
            return self._take_repeated(position, field)
        how: How = "exact" if exact else "normalised"
        self._decide(position, field, how, f"a header of {field}")

    def _has_sections(self) -> bool:
        """Mercado Livre repeats headers in the sections of its report."""
        return "receita por produtos" in self._facts.names

    def _take_repeated(self, position: int, field: str) -> None:
        """A header that stands twice: the first counts, unless both have values, they differ and decide money."""
        first = self._columns.index(base_name(self._columns, position))
        if field in _DECISIVE and not self._has_sections() and self._facts.contradict(first, position):
            self._refusals.append(self._questions.conflict(field, [first, position]))
        self._decide(position, None, "none", f"repeats {self._labels[first]!r}, which comes first")

    def _take_judgement(self, position: int, judged: Judgement) -> None:
        field = judged.field
        base = base_name(self._columns, position)
        first = self._decided.get(self._columns.index(base)) if base in self._columns else None
        # Mercado Livre's two `Estado` are two fields; elsewhere the second of two equal amounts means the same.
        if first and first.position != position and first.field in _DECISIVE and not self._has_sections():
            return self._take_repeated(position, str(first.field))
        if judged.ask:
            self._refusals.append(self._questions.unclear(position, judged))
        if field is not None and (saved := self._claimed(field)) is not None:
            return self._decide(position, None, "context", f"{self._labels[saved]!r} was saved as {field}")
        if judged.perhaps:
            self._perhaps[position] = judged.perhaps
        self._decide(position, field, "context", judged.why)

    def _settle_claims(self) -> None:
        """One column per field: the first listed alias where the contract says so, several where they are summed."""
        claims: dict[str, list[int]] = {}
        for position, field in self._mapping().items():
            claims.setdefault(field, []).append(position)
        for field, positions in claims.items():
            if FIELDS[field].several == "sum":
                self._drop_gross_fees(positions)
            elif len(positions) > 1 and FIELDS[field].several == "first":
                self._keep_first(field, positions)
            elif len(positions) > 1:
                self._refusals.append(self._questions.conflict(field, positions))
                for position in positions[1:]:
                    self._decide(position, None, "none", f"claims {field} like {self._labels[positions[0]]!r}")

    def _drop_gross_fees(self, positions: list[int]) -> None:
        """A fee before and after its rebate is one fee: the one that is charged counts."""
        names = {self._normalised(p): p for p in positions}
        for name, position in names.items():
            charged = names.get(re.sub(r"\bbrut([ao])\b", r"liquid\1", name))
            if charged is not None and charged != position:
                self._decide(position, None, "none", f"{self._labels[charged]!r} is what is charged of it")

    def _keep_first(self, field: str, positions: list[int]) -> None:
        """The saved one, else the first listed alias among the columns that have values."""

        def rank(position: int) -> tuple[bool, bool, int]:
            saved = self._decided[position].how == "saved"
            return not saved, self._facts.is_empty(position), _PRIORITY.get(self._normalised(position), len(_PRIORITY))

        first = min(positions, key=rank)
        for position in positions:
            if position != first:
                self._decide(position, None, "none", f"{self._labels[first]!r} comes before it as {field}")

    def _missing(self) -> Refusal | None:
        fields = set(self._mapping().values())
        if self._organization.assumed_quantity(self._hash, fields):
            fields.add("quantity")
        missing: list[tuple[str, ...]] = []
        if "sold_at" not in fields:
            missing.append(("sold_at",))
        # A file of orders: with products in it, their amounts would have to be invented.
        of_order = "order_id" in fields and not {"sku", "product_name"} & fields
        of_order = of_order and bool({"order_total", "order_subtotal"} & fields)
        if "line_amount" not in fields and not {"quantity", "unit_price"} <= fields and not of_order:
            missing.append(("line_amount",))
        if not {"order_id", "sku", "product_name"} & fields:
            missing.append(("order_id", "sku", "product_name"))
        if not missing:
            return None
        return self._questions.missing(self._code, missing, tuple(self._decided.values()), self._perhaps, self._facts)

    def _mixed_currencies(self, columns: Iterable[ColumnDecision]) -> Refusal | None:
        hints = _currency_hints(columns)
        return self._questions.currencies(hints) if len(hints) > 1 else None


def _currency_hints(columns: Iterable[ColumnDecision]) -> dict[str, list[str]]:
    """Currency → the headers that name it, of the columns that are amounts."""
    hints: dict[str, list[str]] = {}
    for column in columns:
        is_money = column.field and FIELDS[column.field].holds == "number" and column.field not in _NO_MONEY
        if is_money and (found := _CURRENCY.search(column.column)):
            hints.setdefault(_CURRENCIES[found[1].lower()], []).append(column.column)
    return hints
