"""The shapes of a column's values: `R$ 1.050,00` has the shape `R$ 9.099,09`. A column has few of them.

Every digit is a 9, but for a zero that begins a run of digits: it tells `0.125` from `1.125`. What proves how
a column is written, and what reads it, is judged shape by shape instead of value by value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import numpy
import pyarrow

from datapilot_assets.landing.background import consume_behind
from datapilot_domain.reasons import Refusal

_NINES = numpy.arange(256, dtype=numpy.uint8)
_NINES[ord("0") : ord("9") + 1] = ord("9")
_BATCH_ROWS = 131_072
# A column of free text has a shape per value; so many are enough to know that it is one.
_MOST_SHAPES = 20_000


@dataclass(frozen=True, order=True)
class Proof:
    """A record and its text: the first one of its shape."""

    record_no: int
    text: str


def written_two_ways(code: str, column: str, one: Proof, other: Proof) -> Refusal:
    """The refusal of a column of which two records prove that it is written in two ways."""
    return Refusal(
        code,
        "written_two_ways",
        column=column,
        record=one.record_no,
        text=one.text,
        other=other.record_no,
        other_text=other.text,
    )


@dataclass(frozen=True)
class Shapes:
    """The shapes of a column with the first record of each; `complete` unless there were too many to keep."""

    first: Mapping[str, Proof]
    complete: bool


def column_shapes(connection: duckdb.DuckDBPyConnection, rows: str, column: str) -> Shapes:
    """The shapes of the values, not null, of `column` in the relation `rows`, which has `record_no`."""
    found = connection.execute(f"SELECT record_no, {column} AS text FROM {rows} WHERE {column} IS NOT NULL")
    first: dict[str, Proof] = {}
    complete = True

    def look(batch: pyarrow.RecordBatch) -> None:
        nonlocal complete
        numbers, texts = batch.column(0).to_numpy(), batch.column(1)
        encoded = _shapes(texts).dictionary_encode()
        row_of = _first_rows(encoded.indices.to_numpy(), numbers, len(encoded.dictionary))
        for shape, row in zip(encoded.dictionary.to_pylist(), row_of.tolist(), strict=True):
            number = int(numbers[row])
            if shape in first:
                if number < first[shape].record_no:
                    first[shape] = Proof(number, texts[row].as_py())
            elif len(first) < _MOST_SHAPES:
                first[shape] = Proof(number, texts[row].as_py())
            else:
                complete = False

    consume_behind(found.to_arrow_reader(_BATCH_ROWS), look)
    return Shapes(first, complete)


def _shapes(texts: pyarrow.Array) -> pyarrow.Array:
    """The shape of each text: the same bytes in the same places, digits replaced."""
    _, offsets, data = texts.buffers()
    starts = numpy.frombuffer(offsets, numpy.int32)[texts.offset : texts.offset + len(texts)]
    written = numpy.frombuffer(data, numpy.uint8)
    shaped = _NINES[written]
    after_digit = numpy.zeros(len(written) + 1, bool)
    after_digit[1:] = shaped == ord("9")
    after_digit[starts] = False
    shaped[(written == ord("0")) & ~after_digit[:-1]] = ord("0")
    return pyarrow.StringArray.from_buffers(len(texts), offsets, pyarrow.py_buffer(shaped), None, 0, texts.offset)


def _first_rows(codes: numpy.ndarray, numbers: numpy.ndarray, count: int) -> numpy.ndarray:
    """For each code the row with the smallest number."""
    rows = numpy.argsort(numbers, kind="stable")[::-1]
    first = numpy.empty(count, numpy.int64)
    first[codes[rows]] = rows  # of rows with one code the last written stays
    return first
