"""The records of a text table as Parquet, in pieces of bounded size, whatever the size of the file.

Arrow's CSV reader takes the records that have as many cells as the header (some 250 MB/s); it hands over
the others, which Python's `csv` takes, so that short, long and blank records are counted and kept as well.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pyarrow
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from datapilot_assets.landing.dialect import Dialect
from datapilot_assets.landing.text import TextSource
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal

BATCH_BYTES = 4 * 1024**2
_IRREGULAR_BATCH = 4096
# Follows the last line; when it does not come back as a record of its own, a quote has swallowed it.
_END = "\ue000end of file\ue000"
# Read several times and thrown away: quick to write, with dictionaries only of columns of few values, which
# DuckDB computes once per value.
_SPOOLED = {"compression": "none", "dictionary_pagesize_limit": 32 * 1024, "write_statistics": ["record_no"]}
# Bytes at which a text that has outer spaces begins or ends: blanks and controls, or parts of other characters.
_BLANK, _BEYOND_ASCII = ord(" "), 0x80
_SUSPECT = numpy.arange(256) <= _BLANK
_SUSPECT[_BEYOND_ASCII:] = True


@dataclass(frozen=True)
class Spool:
    """Parquet files of `record_no` int32, `cells` int32 (how many the record has), `surplus` (text of the
    cells beyond the header, null when they are empty) and `c0`, `c1`, … (trimmed text, empty → null).
    Records are numbered from 1 in file order, the header not counted; `preamble` of them precede it. The records
    of each file are in their order; a second file has those with fewer or more cells than the header, if any.
    `beyond_ascii`: positions of the columns that hold more than ASCII."""

    files: tuple[Path, ...]
    records: int
    preamble: int
    beyond_ascii: frozenset[int]


def spool_records(source: TextSource, dialect: Dialect, limits: LandingLimits, workdir: Path) -> Spool:
    """Write every logical record but the header below `workdir`.

    Raises Refusal: BROKEN_QUOTES (naming the line), LIMIT_EXCEEDED (naming the record).
    """
    irregular = _Irregular(dialect, limits, workdir / "irregular.parquet")
    regular = workdir / "regular.parquet"
    next_number = 1
    beyond_ascii: set[int] = set()
    try:
        with (
            ThreadPoolExecutor(1) as background,  # compressing one batch while the next one is read
            pyarrow.parquet.ParquetWriter(regular, irregular.schema, **_SPOOLED) as writer,
        ):
            pending = None
            for batch in _regular_batches(source, dialect, irregular):
                numbers = _free_numbers(next_number, batch.num_rows, irregular.numbers)
                next_number = int(numbers[-1]) + 1 if len(numbers) else next_number
                irregular.forget_before(next_number)
                if next_number > limits.max_records + 2:
                    raise Refusal("LIMIT_EXCEEDED", "too_many_records", limit=limits.max_records)
                if pending:
                    pending.result()
                pending = background.submit(_write, writer, batch, numbers, dialect, limits, beyond_ascii)
            if pending:
                pending.result()
    except pyarrow.ArrowInvalid as error:
        raise _diagnosed(source, dialect, limits) from error
    finally:
        irregular.close()
    if irregular.too_long:
        raise Refusal(
            "LIMIT_EXCEEDED",
            "field_of_record_too_long",
            record=irregular.too_long,
            limit=limits.max_field_characters,
        )
    if not irregular.ended:
        raise _diagnosed(source, dialect, limits)
    records = irregular.last_number - 2  # neither the header nor the end mark
    if records > limits.max_records:
        raise Refusal("LIMIT_EXCEEDED", "too_many_records", limit=limits.max_records)
    files = (regular, irregular.path) if irregular.count else (regular,)
    return Spool(files, records, dialect.header_row - 1, frozenset(beyond_ascii | irregular.beyond_ascii))


def _regular_batches(source: TextSource, dialect: Dialect, irregular: _Irregular) -> Iterator[pyarrow.RecordBatch]:
    names = [f"c{index}" for index in range(len(dialect.columns))]
    reader = pyarrow.csv.open_csv(
        pyarrow.PythonFile(_Utf8(source), mode="r"),
        # One thread: only then does Arrow tell the number of a row that it hands over.
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=BATCH_BYTES, column_names=names),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=dialect.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=irregular.take,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: pyarrow.string() for name in names},
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            null_values=[""],
            check_utf8=False,
        ),
    )
    yield from reader


class _Utf8(io.RawIOBase):
    """The text as UTF-8 bytes, with the end mark on a line of its own."""

    def __init__(self, source: TextSource) -> None:
        self._chunks = self._encoded(source)
        self._left = b""

    @staticmethod
    def _encoded(source: TextSource) -> Iterator[bytes]:
        last = b"\n"
        for chunk in source.utf8_chunks():
            last = chunk[-1:] or last
            yield chunk
        before = "" if last in b"\r\n" else "\n"
        yield f"{before}{_END}\n".encode()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while 0 <= len(self._left) < size and (chunk := next(self._chunks, None)) is not None:
            self._left += chunk
        taken, self._left = self._left[:size], self._left[size:]
        return taken


class _Irregular:
    """Takes the rows whose number of cells differs from the header's."""

    def __init__(self, dialect: Dialect, limits: LandingLimits, path: Path) -> None:
        self._dialect, self._limits, self.path = dialect, limits, path
        self._width = len(dialect.columns)
        cells = [(f"c{index}", pyarrow.string()) for index in range(self._width)]
        self.schema = pyarrow.schema(
            [
                ("record_no", pyarrow.int32()),
                ("cells", pyarrow.int32()),
                ("surplus", pyarrow.string()),
                *cells,
            ]
        )
        self._writer = pyarrow.parquet.ParquetWriter(path, self.schema)
        self._rows: list[list[Any]] = []
        # Row numbers taken and not yet passed by the regular rows, in order.
        self.numbers: list[int] = []
        self.last_number = self.count = 0
        self.beyond_ascii: set[int] = set()
        self.too_long: int | None = None
        self.ended = False

    def take(self, row: Any) -> str:
        self.ended = row.text.rstrip("\r\n") == _END
        self.numbers.append(row.number)
        self.last_number = row.number
        if self.ended or row.number == self._dialect.header_row:
            return "skip"
        record_no = row.number - (row.number > self._dialect.header_row)
        cells = _cells(row.text, self._dialect.delimiter)
        if any(len(cell) > self._limits.max_field_characters for cell in cells):
            self.too_long = self.too_long or record_no  # Arrow would swallow an exception here
            return "skip"
        surplus = cells[self._width :]
        text = self._dialect.delimiter.join(surplus) if any(cell.strip() for cell in surplus) else None
        kept = [cell.strip() or None for cell in cells[: self._width]]
        self.beyond_ascii.update(place for place, cell in enumerate(kept) if cell and not cell.isascii())
        kept += [None] * (self._width - len(kept))
        self._rows.append([record_no, len(cells), text, *kept])
        self.count += 1
        if len(self._rows) >= _IRREGULAR_BATCH:
            self._flush()
        return "skip"

    def forget_before(self, number: int) -> None:
        self.numbers = [taken for taken in self.numbers if taken >= number]

    def _flush(self) -> None:
        if not self._rows:
            return
        columns = [
            pyarrow.array(values, field.type)
            for values, field in zip(zip(*self._rows, strict=True), self.schema, strict=True)
        ]
        self._writer.write_batch(pyarrow.record_batch(columns, schema=self.schema))
        self._rows.clear()

    def close(self) -> None:
        self._flush()
        self._writer.close()


def _cells(text: str, delimiter: str) -> list[str]:
    if len(text) > csv.field_size_limit():  # one bound for the whole process: it only ever grows
        csv.field_size_limit(len(text))
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])


def _free_numbers(first: int, count: int, taken: list[int]) -> numpy.ndarray:
    """`count` ascending numbers from `first` on that are not taken."""
    candidates = numpy.arange(first, first + count + len(taken))
    return candidates[~numpy.isin(candidates, taken)][:count]


def _write(
    writer: pyarrow.parquet.ParquetWriter,
    batch: pyarrow.RecordBatch,
    numbers: numpy.ndarray,
    dialect: Dialect,
    limits: LandingLimits,
    beyond_ascii: set[int],
) -> None:
    """Write a batch; `beyond_ascii` gets the positions of its columns that hold more than ASCII."""
    header = dialect.header_row
    kept = numbers != header
    columns = []
    for position, (name, column) in enumerate(zip(dialect.columns, batch.columns, strict=True)):
        if len(column) and numpy.diff(_ends(column)).max() > limits.max_field_characters:
            lengths = pyarrow.compute.utf8_length(column)
            if pyarrow.compute.max(lengths).as_py() > limits.max_field_characters:
                row = int(numbers[pyarrow.compute.index(lengths, pyarrow.compute.max(lengths)).as_py()])
                raise Refusal(
                    "LIMIT_EXCEEDED",
                    "value_too_long",
                    record=row - (row > header),
                    column=name,
                    limit=limits.max_field_characters,
                )
        # Filtering copies all the text: only the batch that has the header needs it.
        column = column if kept.all() else column.filter(pyarrow.array(kept))
        written = _bytes(column)
        if is_beyond := written.size > 0 and written.max() >= _BEYOND_ASCII:
            beyond_ascii.add(position)
        # Most columns have no blank anywhere, which is quick to see.
        columns.append(_trimmed(column) if is_beyond or (written <= _BLANK).any() else column)
    numbers = numbers[kept]
    record_no = pyarrow.array(numbers - (numbers > header), pyarrow.int32())
    cells = pyarrow.array(numpy.full(len(numbers), len(dialect.columns)), pyarrow.int32())
    surplus = pyarrow.nulls(len(numbers), "string")
    writer.write_batch(pyarrow.record_batch([record_no, cells, surplus, *columns], schema=writer.schema))


def _bytes(column: pyarrow.Array) -> numpy.ndarray:
    """The texts of the column, one behind the other."""
    ends = _ends(column)
    return numpy.frombuffer(column.buffers()[2] or b"", numpy.uint8)[ends[0] : ends[-1]]


def _ends(column: pyarrow.Array) -> numpy.ndarray:
    """Where each text of the column ends in its bytes, after where the first one begins."""
    return numpy.frombuffer(column.buffers()[1], numpy.int32)[column.offset : column.offset + len(column) + 1]


def _trimmed(column: pyarrow.Array) -> pyarrow.Array:
    """The texts without outer spaces, empty → null. Few columns have any, and trimming copies them all."""
    ends, data = _ends(column), column.buffers()[2]
    filled = ends[:-1] < ends[1:]
    written = numpy.frombuffer(data or b"", numpy.uint8)
    if not (_SUSPECT[written[ends[:-1][filled]]].any() or _SUSPECT[written[ends[1:][filled] - 1]].any()):
        return column
    trimmed = pyarrow.compute.utf8_trim_whitespace(column)
    return pyarrow.compute.if_else(pyarrow.compute.equal(trimmed, ""), pyarrow.scalar(None, "string"), trimmed)


def _diagnosed(source: TextSource, dialect: Dialect, limits: LandingLimits) -> Refusal:
    """Find where Arrow lost the thread, with Python's `csv`, which tells lines."""
    csv.field_size_limit(max(csv.field_size_limit(), limits.max_field_characters))
    started = following = 1
    with source.open() as file:
        reader = csv.reader(file, delimiter=dialect.delimiter)
        try:
            for row in reader:
                started, following = following, reader.line_num + 1
                if sum(map(len, row)) > BATCH_BYTES // 4:
                    return Refusal("LIMIT_EXCEEDED", "record_too_long", line=started)
        except csv.Error:
            started = following
            if reader.line_num <= started:
                most = limits.max_field_characters
                return Refusal("LIMIT_EXCEEDED", "field_of_line_too_long", line=started, limit=most)
    return Refusal("BROKEN_QUOTES", "quote_open", line=started)
