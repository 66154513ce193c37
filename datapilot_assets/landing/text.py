"""What the bytes of a file are (R6): a text table in some encoding, or something that landing refuses."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal

CHUNK_BYTES = 4 * 1024**2
# A line may hold this many fields at the limit of one field; longer stretches without a newline are no table.
_FIELDS_PER_LINE = 16
_HEAD_BYTES = 4096

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_MAGIC = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook (.xlsx)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file (OLE2)"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"version https://git-lfs.github.com/spec/", "a Git-LFS pointer instead of the file itself"),
)
_MARKUP = ((b"<!doctype html", "an HTML page"), (b"<html", "an HTML page"), (b"<?xml", "an XML document"))


@dataclass(frozen=True)
class TextSource:
    """A text file on disk: its encoding and the bytes of the byte order mark before the text."""

    path: Path
    encoding: str
    bom: int = 0

    def chunks(self) -> Iterator[str]:
        """The text in pieces of bounded size."""
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        with self.path.open("rb") as file:
            file.seek(self.bom)
            while chunk := file.read(CHUNK_BYTES):
                yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)

    def open(self) -> io.TextIOWrapper:
        """The text with its line ends untouched, as Python's `csv` wants it."""
        file = self.path.open("rb")
        file.seek(self.bom)
        return io.TextIOWrapper(file, encoding=self.encoding, newline="")


def open_text(path: Path, limits: LandingLimits) -> TextSource:
    """Find the encoding by reading the whole file once, in pieces: BOM → strict UTF-8 → cp1252 → Latin-1.

    Raises Refusal: EMPTY_FILE, NOT_A_TABLE (naming what it looks like), UNREADABLE_TEXT, LIMIT_EXCEEDED.
    """
    if (size := path.stat().st_size) > limits.max_bytes:
        raise Refusal("LIMIT_EXCEEDED", f"the file has {size} bytes, the limit is {limits.max_bytes}")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    bom, encoding = next(((mark, name) for mark, name in _BOMS if head.startswith(mark)), (b"", ""))
    _refuse_other_content(head[len(bom) :])
    _refuse_endless_line(path, limits, wide=encoding.startswith("utf-16"))
    if encoding:
        source = TextSource(path, encoding, len(bom))
        if fault := _decoding_fault(source):
            raise Refusal("UNREADABLE_TEXT", f"the byte order mark says {encoding}, but {fault}")
        return source
    fault = _decoding_fault(TextSource(path, "utf-8"))
    if fault is None:
        return TextSource(path, "utf-8")
    if fault.cut:
        raise Refusal("UNREADABLE_TEXT", f"{fault}: the file was cut")
    # cp1252 leaves five bytes undefined; only a file that holds one of them is plain Latin-1.
    if _decoding_fault(TextSource(path, "cp1252")) is None:
        return TextSource(path, "cp1252")
    return TextSource(path, "latin-1")


@dataclass(frozen=True)
class _Fault:
    message: str
    cut: bool = False

    def __str__(self) -> str:
        return self.message


def _decoding_fault(source: TextSource) -> _Fault | None:
    beyond_ascii = False
    try:
        for chunk in source.chunks():
            beyond_ascii = beyond_ascii or not chunk.isascii()
    except UnicodeDecodeError as error:
        # Good multi-byte characters before, and one that lacks its end: never another encoding.
        cut = beyond_ascii and "unexpected end of data" in error.reason
        return _Fault(f"the bytes {error.object[error.start : error.end].hex(' ')} are not {source.encoding}", cut)
    return None


def _refuse_other_content(head: bytes) -> None:
    text = head.lstrip()
    if not text:
        raise Refusal("EMPTY_FILE", "the file has no content")
    found = next((name for magic, name in _MAGIC if head.startswith(magic)), None)
    found = found or next((name for mark, name in _MARKUP if text.lower().startswith(mark)), None)
    if found:
        raise Refusal("NOT_A_TABLE", f"the file looks like {found}")


def _refuse_endless_line(path: Path, limits: LandingLimits, *, wide: bool) -> None:
    """Nothing later may meet a line that does not fit in memory, or binary content."""
    longest = limits.max_field_characters * _FIELDS_PER_LINE * (2 if wide else 1)
    position = since_newline = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if not wide and (at := chunk.find(b"\0")) >= 0:
                raise Refusal("NOT_A_TABLE", f"byte {position + at} is NUL: the file is binary or damaged")
            first = min((at for at in (chunk.find(b"\n"), chunk.find(b"\r")) if at >= 0), default=len(chunk))
            if since_newline + first > longest:
                raise Refusal("LIMIT_EXCEEDED", f"a line before byte {position} is longer than {longest} bytes")
            last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            since_newline = since_newline + len(chunk) if last < 0 else len(chunk) - last - 1
            position += len(chunk)
            if since_newline > longest:
                raise Refusal("LIMIT_EXCEEDED", f"a line before byte {position} is longer than {longest} bytes")
