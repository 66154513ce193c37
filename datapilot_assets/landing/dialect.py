"""Delimiter and header row of a text table, found by the headers that it names (R7, R11)."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from datapilot_assets.landing.text import TextSource
from datapilot_domain.contracts.sales_fields import CONTEXT_HEADERS, SALES_FIELDS
from datapilot_domain.landing import digest
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal

DELIMITERS = (";", ",", "\t", "|")
HEADER_WITHIN_ROWS = 50
_FEWEST_KNOWN_HEADERS = 2
_HEAD_CHARACTERS = 1024**2


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


KNOWN_HEADERS = frozenset(
    normalise_header(header)
    for headers in (*(field.aliases for field in SALES_FIELDS), *CONTEXT_HEADERS)
    for header in headers
)


@dataclass(frozen=True)
class Dialect:
    """How the table is written. `columns` are the headers as written, made unique, one per cell.

    `header_row` counts logical rows from 1: the rows before it are the preamble.
    """

    delimiter: str
    header_row: int
    columns: tuple[str, ...]

    @property
    def header_hash(self) -> str:
        return header_hash(self.columns)


def header_hash(columns: Sequence[str]) -> str:
    """The key under which an organization saves a mapping for files with these headers."""
    names = [normalise_header(column) for column in columns]
    while names and not names[-1]:
        names.pop()
    return digest(names)


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
    best: tuple[tuple[int, int, int], Dialect] | None = None
    widest: list[str] = []
    with source.open() as file:
        head = file.read(_HEAD_CHARACTERS)
    for delimiter in DELIMITERS:
        for number, row in enumerate(_head_rows(head, delimiter), start=1):
            cells = [cell.strip().strip("\ufeff") for cell in row]
            widest = max(widest, cells, key=len)
            known = len({normalise_header(cell) for cell in cells} & KNOWN_HEADERS)
            columns = unique_names(cells)
            chosen = len(cells) > 1 and (
                header_hash(columns) in saved or (len(named) > 0 and set(named) <= set(columns))
            )
            if known < _FEWEST_KNOWN_HEADERS and not chosen:
                continue
            score = (int(chosen), known, -number)
            if best is None or score > best[0]:
                best = score, Dialect(delimiter, number, columns)
    if best is None:
        raise Refusal(
            "HEADER_NOT_FOUND",
            f"looked at the first {HEADER_WITHIN_ROWS} rows; the widest is {' | '.join(widest)[:300]!r}",
        )
    dialect = best[1]
    if len(dialect.columns) > limits.max_columns:
        raise Refusal(
            "LIMIT_EXCEEDED",
            f"the header has {len(dialect.columns)} columns, the limit is {limits.max_columns}",
        )
    return dialect


def _head_rows(head: str, delimiter: str) -> list[list[str]]:
    lines = io.StringIO(head, newline="")
    try:
        return list(islice(csv.reader(lines, delimiter=delimiter), HEADER_WITHIN_ROWS))
    except csv.Error:  # a field above csv's own bound: no header can be read with this delimiter
        return []


def unique_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Column names as written; a repeated one gets its number, an empty one stays empty."""
    seen: dict[str, int] = {}
    names = []
    for cell in cells:
        seen[cell] = seen.get(cell, 0) + 1
        names.append(cell if not cell or seen[cell] == 1 else f"{cell} ({seen[cell]})")
    return tuple(names)
