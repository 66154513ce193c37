"""Read the objects of a JSON document of any size: a piece of it is in memory, and one object at a time is parsed."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Protocol

from datapilot_assets.landing.content import HEAD_BYTES, find_unicode
from datapilot_domain.findings import Found, found
from datapilot_domain.reasons import Refusal

PIECE_BYTES = 1024**2
# What the platforms write around their objects. No object of theirs begins with one of these.
_ROWS = ("data", "results")
_AROUND = (
    *_ROWS, "error", "paging", "summary", "nextPageToken", "next_page_token", "totalResultsCount",
    "total_results_count", "fieldMask", "field_mask", "requestId", "request_id", "summaryRow", "summary_row",
    "queryResourceConsumption", "query_resource_consumption",
)  # fmt: skip
# Of them those that say something about the set, which are kept.
_TELLING = ("error", "paging", "nextPageToken", "next_page_token", "totalResultsCount", "total_results_count")
_ENVELOPE = re.compile(rf'\{{\s*"({"|".join(_AROUND)})"\s*:')
_ENVELOPE_HEAD = 256
_SPACE = re.compile(r"[ \t\n\r]*")
# What stands from the parser's fault on where the end of the file cuts a literal, number or escape.
_CUT = re.compile(r"t(r(ue?)?)?|f(a(l(se?)?)?)?|n(u(ll?)?)?|-|\.|[eE][+-]?|u[0-9a-fA-F]{0,4}")
# A number or escape that the end of a piece cuts shows its fault at most that far from it.
_CUT_CHARACTERS = 16
_OBJECT_CHARACTERS_SHOWN = 30


class Readable(Protocol):
    """A file of bytes, packed or not."""

    def read(self, size: int, /) -> bytes: ...


def read_objects(
    file: Readable, most_characters: int, piece_bytes: int = PIECE_BYTES
) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Every object as (its text exactly as written, parsed), and (None, what stood around them) after each envelope.

    Understood are envelopes `{"data": [...]}` and `{"results": [...]}` with their keys in any order, arrays of
    objects or of envelopes, and either of them one after the other (NDJSON), in UTF-8 or with a byte order mark.
    Numbers with a point or exponent are Decimal. Of an envelope come the keys `data` or `results` (emptied),
    `error`, `paging`, and Google's page token and total.

    most_characters: bound on one object, and on everything else that is read at once.
    Raises Refusal ADS_TRUNCATED, ADS_JSON_BROKEN, LIMIT_EXCEEDED.
    """
    text = _Text(file, most_characters, piece_bytes)
    while opening := text.peek():
        if opening == "[":
            yield from _array(text, of_rows=False)
        elif opening == "{":
            yield from _object(text)
        else:
            raise text.broken(text.at, "an object or array must begin here")


def _array(text: _Text, *, of_rows: bool) -> Iterator[tuple[str | None, dict[str, Any]]]:
    text.take("[")
    if text.peek() == "]":
        text.take("]")
        return
    while True:
        if text.peek() not in ("{", ""):
            raise text.broken(text.at, "an object must begin here")
        if of_rows:
            yield text.value()
        else:
            yield from _object(text)
        if text.take(",]") == "]":
            return


def _object(text: _Text) -> Iterator[tuple[str | None, dict[str, Any]]]:
    if not text.begins(_ENVELOPE, _ENVELOPE_HEAD):
        yield text.value()
        return
    found: dict[str, Any] = {}
    text.take("{")
    while True:
        if text.peek() not in ('"', ""):
            raise text.broken(text.at, "a name in quotes must stand here")
        _, name = text.value()
        text.take(":")
        if name in _ROWS and text.peek() == "[":
            found[name] = []
            yield from _array(text, of_rows=True)
        else:
            _, value = text.value()
            if name in _TELLING:
                found[name] = value
        if text.take(",}") == "}":
            break
    yield None, found


class _Text:
    """The text of a file from where it is read on; everything before is forgotten but for its lines."""

    def __init__(self, file: Readable, most_characters: int, piece_bytes: int) -> None:
        self._file, self._most, self._piece_bytes = file, most_characters, piece_bytes
        head = file.read(HEAD_BYTES)
        encoding, bom = find_unicode(head)
        self._decoder = codecs.getincrementaldecoder(encoding or "utf-8")("strict")
        self._text, self.at, self._ended = "", 0, False
        # Of the first character of `_text`, both from 1.
        self._line = self._column = 1
        self._append(head[bom:], final=False)

    def peek(self) -> str:
        """The next character that is no space; empty at the end of the file."""
        while True:
            self.at = self._end_of_space()
            if self.at < len(self._text) or self._ended:
                return self._text[self.at : self.at + 1]
            self._refill()

    def take(self, expected: str) -> str:
        """Step over the next character, which must be one of those expected."""
        found = self.peek()
        if not found:
            raise self.truncated()
        if found not in expected:
            raise self.broken(self.at, f"{' or '.join(expected)} must stand here")
        self.at += 1
        return found

    def begins(self, pattern: re.Pattern[str], characters: int) -> bool:
        """Whether the text from here on matches, in its first characters."""
        while len(self._text) - self.at < characters and not self._ended:
            self._refill()
        return bool(pattern.match(self._text, self.at))

    def value(self) -> tuple[str, Any]:
        """Step over the next value: as written and parsed."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self.at)
            except json.JSONDecodeError as error:
                fault = error
            except RecursionError as error:
                raise self.broken(self.at, "too deeply nested") from error
            except (ValueError, ArithmeticError) as error:
                raise self.broken(self.at, f"a number cannot be read: {error}") from error
            else:
                # A number may go on in the next piece.
                if end < len(self._text) or self._ended or self._text[end - 1] in '"}]':
                    written = self._text[self.at : end]
                    if len(written) > self._most:
                        raise self._too_long()
                    self.at = end
                    return written, value
                self._refill()
                continue
            self._raise_unless_cut(fault)
            self._refill()

    def truncated(self) -> Refusal:
        return Refusal("ADS_TRUNCATED", "json_ends", place=self._place(len(self._text)))

    def broken(self, at: int, fault: str) -> Refusal:
        shown = self._text[at : at + _OBJECT_CHARACTERS_SHOWN]
        return Refusal("ADS_JSON_BROKEN", "json_broken", place=self._place(at), fault=fault, text=shown)

    def _raise_unless_cut(self, fault: json.JSONDecodeError) -> None:
        """Return if more of the file may make the value whole."""
        in_string = fault.msg.startswith("Unterminated string")
        if not in_string and len(self._text) - fault.pos > _CUT_CHARACTERS:
            raise self.broken(fault.pos, fault.msg)
        if len(self._text) - self.at > self._most:
            raise self._too_long()
        if not self._ended:
            return
        rest = self._text[fault.pos :].rstrip()
        if in_string or not rest or _CUT.fullmatch(rest):
            raise self.truncated()
        raise self.broken(fault.pos, fault.msg)

    def _too_long(self) -> Refusal:
        return Refusal("LIMIT_EXCEEDED", "object_too_long", place=self._place(self.at), limit=self._most)

    def _place(self, at: int) -> Found:
        lines = self._text.count("\n", 0, at)
        column = at - self._text.rfind("\n", 0, at) if lines else self._column + at
        return found("json_place", line=self._line + lines, column=column)

    def _end_of_space(self) -> int:
        found = _SPACE.match(self._text, self.at)
        return found.end() if found else self.at

    def _refill(self) -> None:
        read = self.at
        lines = self._text.count("\n", 0, read)
        self._column = read - self._text.rfind("\n", 0, read) if lines else self._column + read
        self._line += lines
        self._text, self.at = self._text[read:], 0
        piece = self._file.read(self._piece_bytes)
        self._append(piece, final=not piece)

    def _append(self, piece: bytes, *, final: bool) -> None:
        self._ended = final
        try:
            self._text += self._decoder.decode(piece, final=final)
        except UnicodeDecodeError as error:
            if final:
                raise self.truncated() from error
            wrong = error.object[error.start : error.end].hex(" ")
            place = self._place(len(self._text))
            raise Refusal(
                "ADS_JSON_BROKEN", "bytes_unreadable", place=place, bytes=wrong, encoding=error.encoding
            ) from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)
