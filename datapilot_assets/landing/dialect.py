"""Delimiter and header row of a text table, found by the headers that it names (R7, R11)."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from datapilot_assets.landing.text import TextSource
from datapilot_domain.contracts.sales_fields import CONTEXT_HEADERS, SALES_FIELDS
from datapilot_domain.landing import digest
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal

DELIMITERS = (";", ",", "\t", "|")
HEADER_WITHIN_ROWS = 50
HEAD_CHARACTERS = 1024**2
_FEWEST_KNOWN_HEADERS = 2
_FEWEST_EXPLAINED = 3
# Excel's hint, as a first line: `sep=;`. Some programs quote it.
_HINT = re.compile(r"\ufeff?\"?sep=([^\w\"\r\n])\"?[;,\t|]*(?:[\r\n]|$)", re.IGNORECASE)


def normalise_header(text: str) -> str:
    """Header text without what exports vary in: accents, case, º ª °, currency, punctuation, spaces.

    `Vlr. Unit.` and `VLR_UNIT` give `vlr unit`; `Nº Pedido` gives `n pedido`; `Total (R$)`, `TOTAL_BRL` give `total`.
    """
    text = re.sub(r"[º°ª]", " ", text.strip("\ufeff"))
    text = unicodedata.normalize("NFKD", text)
    text = "".join(character for character in text if not unicodedata.combining(character)).lower()
    text = re.sub(r"(?<![a-z0-9])(?:r|us)\$|[(\[](?:brl|usd|eur)[)\]]", " ", text)
    text = re.sub(r"[\W_]+", " ", text).strip()
    return re.sub(r"(?: (?:brl|usd|eur))+$", "", text)


def _fields_of_headers() -> dict[str, frozenset[str]]:
    named = [(field.aliases, (field.name,)) for field in SALES_FIELDS]
    found: dict[str, frozenset[str]] = {}
    for headers, fields in (*named, *CONTEXT_HEADERS.items()):
        for header in map(normalise_header, headers):
            found[header] = found.get(header, frozenset()).union(fields)
    return found


# Normalised header → every field that it may mean.
KNOWN_HEADERS = _fields_of_headers()


def known_headers(cells: Iterable[str]) -> int:
    """How many different headers of a sales table are among the cells."""
    return len({normalise_header(cell) for cell in cells} & KNOWN_HEADERS.keys())


# Fields in which a row of explanations has words, and a record of sales something with digits.
_COUNTED = {"order_id", *(field.name for field in SALES_FIELDS if field.holds in ("instant", "number"))}


@dataclass(frozen=True)
class Dialect:
    """How the table is written. `columns` are the headers as written, made unique, one per cell.

    `header_row` counts logical rows from 1: the rows before it are the preamble. `is_known`: its header has titles
    of a sales table or a saved mapping; otherwise it only has the shape of one, and the file is refused with it.
    `explanation`: what the row right below the headers begins with, where it explains the columns; then that row is
    the `header_row` and the headers are preamble, so that neither is taken for a record of sales.
    """

    delimiter: str
    header_row: int
    columns: tuple[str, ...]
    is_known: bool = True
    explanation: str | None = None

    @property
    def header_hash(self) -> str:
        return header_hash(self.columns)


def header_hash(columns: Sequence[str]) -> str:
    """The key under which an organization saves a mapping for files with these headers."""
    names = [normalise_header(column) for column in columns]
    while names and not names[-1]:
        names.pop()
    return digest(names)


def may_be_sales(dialect: Dialect) -> bool:
    """Whether the headers, each taken for all that it may mean, give a date, an amount and a product or order."""
    names = map(normalise_header, dialect.columns)
    fields = frozenset[str]().union(*(KNOWN_HEADERS.get(name, ()) for name in names))
    each = ({"sold_at"}, {"line_amount", "order_total", "unit_price"}, {"order_id", "sku", "product_name"})
    return all(one_of & fields for one_of in each)


def find_dialect(
    source: TextSource,
    limits: LandingLimits,
    *,
    saved: Collection[str] = (),
    named: Collection[str] = (),
) -> Dialect:
    """The delimiter and row, among the first 50 rows, with the most headers of a sales table.

    saved: header hashes of the organization's mappings, which win. named: columns that a person named
    (`mapping set`); the row that has them all is the header too.
    Raises Refusal: HEADER_NOT_FOUND (showing the row that looks most like a header), LIMIT_EXCEEDED.
    """
    best: tuple[tuple[int, int, int], str, list[list[str]]] | None = None
    widest: list[str] = []
    for delimiter, rows in head_tables(source):
        for number, row in enumerate(rows, start=1):
            cells = _titles(row)
            widest = max(widest, cells, key=len)
            known = known_headers(cells)
            columns = unique_names(cells)
            has_named = len(named) > 0 and all(find_column(name, columns) is not None for name in named)
            chosen = len(cells) > 1 and (header_hash(columns) in saved or has_named)
            if known < _FEWEST_KNOWN_HEADERS and not chosen:
                continue
            score = (int(chosen), known, -number)
            if best is None or score > best[0]:
                best = score, delimiter, rows
    if best is None:
        raise _no_header(widest)
    (_, _, row_number), delimiter, rows = best
    dialect = dialect_at(rows, -row_number, delimiter, limits)
    # Whoever names the columns asks about their header alone.
    return dialect if named else _with_explanation(dialect, rows[dialect.header_row :])


def head_tables(source: TextSource) -> Iterator[tuple[str, list[list[str]]]]:
    """Each delimiter that the text may have, with the first rows that it gives."""
    with source.open() as file:
        head = file.read(HEAD_CHARACTERS)
    for delimiter in _delimiters(source, head):
        yield delimiter, head_rows(head, delimiter)


def dialect_at(
    rows: Sequence[Sequence[str]], number: int, delimiter: str, limits: LandingLimits, *, is_known: bool = True
) -> Dialect:
    """The dialect whose header is row `number`, from 1. Raises Refusal LIMIT_EXCEEDED."""
    columns = _as_wide_as(rows[number:], unique_names(_titles(rows[number - 1])))
    if len(columns) > limits.max_columns:
        raise Refusal("LIMIT_EXCEEDED", "too_many_columns", count=len(columns), limit=limits.max_columns)
    return Dialect(delimiter, number, columns, is_known)


def _with_explanation(dialect: Dialect, below: Sequence[Sequence[str]]) -> Dialect:
    """TikTok Shop writes under `Order ID` what it is: `Platform unique order ID.`, and so on for each column.

    Such a row has words in at least three columns of orders, dates and numbers, and a digit in none of them; the
    row below it has digits in at least three. Whatever has one digit there may be a sale, and remains a record.
    """
    counted = [p for p, name in enumerate(dialect.columns) if _may_mean(name) and _may_mean(name) <= _COUNTED]
    cells = [["".join(row[p : p + 1]) for p in counted] for row in below[:2]]
    if len(cells) < 2 or any(map(str.isdigit, "".join(cells[0]))):
        return dialect
    words = sum(any(map(str.isalpha, cell)) for cell in cells[0])
    digits = sum(any(map(str.isdigit, cell)) for cell in cells[1])
    if min(words, digits) < _FEWEST_EXPLAINED:
        return dialect
    return replace(dialect, header_row=dialect.header_row + 1, explanation=next(filter(None, _titles(below[0]))))


def _may_mean(header: str) -> frozenset[str]:
    return KNOWN_HEADERS.get(normalise_header(header), frozenset())


def _titles(row: Sequence[str]) -> list[str]:
    return [cell.strip().strip("\ufeff") for cell in row]


def _delimiters(source: TextSource, head: str) -> Sequence[str]:
    if source.delimiter is not None:
        return (source.delimiter,)
    hint = _HINT.match(head)
    return (hint[1],) if hint else DELIMITERS


def _as_wide_as(rows: Sequence[Sequence[str]], columns: tuple[str, ...]) -> tuple[str, ...]:
    """The header with as many nameless cells at its end as most records have: a delimiter may close the header
    alone, or the records alone."""
    named = len(columns)
    while named and not columns[named - 1]:
        named -= 1
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths or not named:
        return columns
    usual = widths.most_common(1)[0][0]
    beyond = any(any(cell.strip() for cell in row[len(columns) :]) for row in rows if len(row) == usual)
    if usual > len(columns) and beyond:
        return columns
    return columns[:named] + ("",) * (max(usual, named) - named)


def _no_header(widest: Sequence[str]) -> Refusal:
    rows = HEADER_WITHIN_ROWS
    if len(widest) < 2:
        first = widest[0][:100] if widest else ""
        return Refusal("HEADER_NOT_FOUND", "rows_of_one_column", rows=rows, first=first)
    return Refusal("HEADER_NOT_FOUND", "no_known_header", rows=rows, widest=" | ".join(widest)[:300])


def head_rows(head: str, delimiter: str) -> list[list[str]]:
    """The first rows of a text, up to one that cannot be read with this delimiter."""
    rows: list[list[str]] = []
    with suppress(csv.Error):  # a field above csv's own bound
        rows.extend(islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), HEADER_WITHIN_ROWS))
    return rows


def unique_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Column names as written; a repeated one gets its number, an empty one stays empty."""
    seen: dict[str, int] = {}
    names = []
    for cell in cells:
        seen[cell] = seen.get(cell, 0) + 1
        names.append(cell if not cell or seen[cell] == 1 else f"{cell} ({seen[cell]})")
    return tuple(names)


def column_labels(columns: Sequence[str]) -> tuple[str, ...]:
    """A name for every column: its header, or `_column_N` (from 1) where the header is empty."""
    return tuple(name or f"_column_{position}" for position, name in enumerate(columns, start=1))


def find_column(name: str, columns: Sequence[str]) -> int | None:
    """Position of the column that a person calls `name`: as written, else the only one alike when normalised."""
    labels = column_labels(columns)
    if name in labels:
        return labels.index(name)
    alike = [position for position, label in enumerate(labels) if normalise_header(label) == normalise_header(name)]
    return alike[0] if len(alike) == 1 else None
