"""The parts of a workbook as XML events, under bounds, and the texts that its cells share."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from xml.parsers import expat

from datapilot_domain.reasons import Refusal

_LONGEST_TAG = 8 * 1024**2
_SHARED_BYTES = 256 * 1024**2
_MOST_SHARED = 16 * 1024**2
_DEEPEST, _MOST_NAMES = 100, 10_000

Attributes = Mapping[str, str]


def parse_xml(
    chunks: Iterable[bytes],
    name: str,
    start: Callable[[str, Attributes], None],
    *,
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Feed a part of a workbook to the handlers, tags without their prefix.

    No document type is read, so that there are no entities to expand. Raises Refusal FILE_DAMAGED.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    locals_of: dict[str, str] = {}
    depth = 0

    def local(tag: str) -> str:
        found = locals_of[tag] = tag.rpartition(":")[2]
        return found

    def start_tag(tag: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise Refusal("LIMIT_EXCEEDED", "part_too_deep", part=name, limit=_DEEPEST)
        start(locals_of.get(tag) or local(tag), attributes)

    def end_tag(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(locals_of.get(tag) or local(tag))

    def refuse(*_: object) -> None:
        raise Refusal("ARCHIVE_CONTENT", "part_document_type", part=name)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = start_tag, end_tag
    if text is not None:
        parser.CharacterDataHandler = text
    fed = 0
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > _LONGEST_TAG:
                raise Refusal("LIMIT_EXCEEDED", "part_tag_too_long", part=name, limit=_LONGEST_TAG)
            if len(parser.intern) > _MOST_NAMES:
                raise Refusal("LIMIT_EXCEEDED", "part_too_many_names", part=name, limit=_MOST_NAMES)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Refusal("FILE_DAMAGED", "part_not_readable", part=name, error=str(error)) from error


class SharedText:
    """Texts that cells name by number, end to end in one buffer: text alone, no object for each."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("L", [0])
        self._collects = False
        self._phonetic = 0

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1:
            raise IndexError(number)
        return self._bytes[self._ends[number] : self._ends[number + 1]].decode()

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "t":
            self._collects = not self._phonetic
        elif tag == "rPh":  # how Japanese is pronounced
            self._phonetic += 1

    def text(self, text: str) -> None:
        if self._collects:
            self._bytes += text.encode()
            if len(self._bytes) > _SHARED_BYTES:
                raise Refusal("LIMIT_EXCEEDED", "texts_too_long", limit=_SHARED_BYTES)

    def end(self, tag: str) -> None:
        if tag == "t":
            self._collects = False
        elif tag == "rPh":
            self._phonetic -= 1
        elif tag == "si":
            self._ends.append(len(self._bytes))
            if len(self._ends) > _MOST_SHARED:
                raise Refusal("LIMIT_EXCEEDED", "too_many_texts", limit=_MOST_SHARED)
