"""Text files: their encoding, and the guarantee that no line of them is endless (R6)."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from datapilot_assets.landing.content import HEAD_BYTES, find_unicode, refuse_other_content
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal

CHUNK_BYTES = 4 * 1024**2


@dataclass(frozen=True)
class TextSource:
    """A text file on disk: its encoding and the bytes of the byte order mark before the text.

    `delimiter` is known where landing wrote the text itself.
    """

    path: Path
    encoding: str
    bom: int = 0
    delimiter: str | None = None

    def chunks(self) -> Iterator[str]:
        """The text in pieces of bounded size."""
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        for chunk in _bytes_of(self.path, self.bom):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)

    def utf8_chunks(self) -> Iterator[bytes]:
        """The text as UTF-8 in pieces of bounded size, which may end inside a character."""
        if self.encoding == "utf-8":
            return _bytes_of(self.path, self.bom)
        return (chunk.encode() for chunk in self.chunks())

    def open(self) -> io.TextIOWrapper:
        """The text with its line ends untouched, as Python's `csv` wants it."""
        file = self.path.open("rb")
        file.seek(self.bom)
        return io.TextIOWrapper(file, encoding=self.encoding, newline="")


def open_text(path: Path, limits: LandingLimits) -> TextSource:
    """Find the encoding by reading the whole file once, in pieces: BOM or NUL pattern → strict UTF-8 → cp1252
    → Latin-1. Whether 8-bit text is cp850 its header decides (`code_pages`).

    Raises Refusal: EMPTY_FILE, NOT_A_TABLE (naming what it looks like), PASSWORD_PROTECTED, FILE_DAMAGED,
    UNREADABLE_TEXT, LIMIT_EXCEEDED.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    encoding, bom = find_unicode(head)
    refuse_other_content(path, head, encoding, bom)
    wide = encoding.startswith(("utf-16", "utf-32"))
    if not wide:
        _refuse_endless_line(_bytes_of(path), limits)
    if encoding:
        source = TextSource(path, encoding, bom)
        fault = _decoding_fault(source)
        if fault and not (wide and fault.cut):
            raise Refusal("UNREADABLE_TEXT", "other_encoding", encoding=encoding, bytes=fault.bytes)
        if fault:
            raise Refusal("FILE_DAMAGED", "character_cut", encoding=encoding, bytes=fault.bytes)
        if wide:
            _refuse_endless_line(source.utf8_chunks(), limits)
        return source
    fault = _decoding_fault(TextSource(path, "utf-8"))
    if fault is None:
        return TextSource(path, "utf-8")
    if fault.cut:
        raise Refusal("FILE_DAMAGED", "character_cut", encoding="utf-8", bytes=fault.bytes)
    # cp1252 leaves five bytes undefined; only a file that holds one of them is plain Latin-1.
    if _decoding_fault(TextSource(path, "cp1252")) is None:
        return TextSource(path, "cp1252")
    return TextSource(path, "latin-1")


@dataclass(frozen=True)
class _Fault:
    """`bytes` that are no character of the encoding, in hexadecimal."""

    bytes: str
    cut: bool


def _decoding_fault(source: TextSource) -> _Fault | None:
    beyond_ascii = False
    try:
        for chunk in source.chunks():
            beyond_ascii = beyond_ascii or not chunk.isascii()
    except UnicodeDecodeError as error:
        # Good multi-byte characters before, and one that lacks its end: never another encoding.
        wide = not source.encoding.startswith("utf-8")
        cut = (beyond_ascii or wide) and ("unexpected end" in error.reason or "truncated" in error.reason)
        return _Fault(error.object[error.start : error.end].hex(" "), cut)
    return None


def _bytes_of(path: Path, start: int = 0) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _refuse_endless_line(chunks: Iterable[bytes], limits: LandingLimits) -> None:
    """Nothing later may meet a line that does not fit in memory, or binary content."""
    position = since_newline = 0
    for chunk in (pieces := iter(chunks)):
        if (at := chunk.find(b"\0")) >= 0:
            if not chunk[at:].strip(b"\0") and not any(rest.strip(b"\0") for rest in pieces):
                raise Refusal("FILE_DAMAGED", "nul_to_the_end", byte=position + at)
            raise Refusal("NOT_A_TABLE", "nul_inside", byte=position + at)
        first = min((at for at in (chunk.find(b"\n"), chunk.find(b"\r")) if at >= 0), default=len(chunk))
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        following = since_newline + len(chunk) if last < 0 else len(chunk) - last - 1
        position += len(chunk)
        if max(since_newline + first, following) > limits.max_line_bytes:
            raise Refusal("LIMIT_EXCEEDED", "line_too_long", byte=position, limit=limits.max_line_bytes)
        since_newline = following
