"""Which 8-bit code page a text is in (R6): Windows' cp1252, or the cp850 of DOS programs.

Both read any byte, so the text must show it: by its header, else by the bytes of its accents.
"""

from __future__ import annotations

import re
from dataclasses import replace

from datapilot_assets.landing.content import HEAD_BYTES
from datapilot_assets.landing.dialect import DELIMITERS, head_rows, known_headers
from datapilot_assets.landing.text import CHUNK_BYTES, TextSource

_EIGHT_BITS = ("cp1252", "latin-1")
# Bytes that are letters of Portuguese in one code page and hardly ever follow a letter in the other.
_CP1252_LETTERS = "áàâãéêíóôõúüçÁÀÂÃÉÊÍÓÔÕÚÜÇ".encode("cp1252")
_CP850_LETTERS = "çãéêâíóú".encode("cp850")


def settle_code_page(source: TextSource) -> TextSource:
    """The source as cp850 when that gives it more known headers, or is alone in giving it accents."""
    if source.encoding not in _EIGHT_BITS:
        return source
    with source.path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    windows, dos = _known_headers(head.decode(source.encoding)), _known_headers(head.decode("cp850"))
    if dos > windows or (dos == windows and _has_accents_of_cp850(source)):
        return replace(source, encoding="cp850")
    return source


def _known_headers(head: str) -> int:
    return max(known_headers(row) for delimiter in DELIMITERS for row in head_rows(head, delimiter) or [[]])


def _has_accents_of_cp850(source: TextSource) -> bool:
    windows = re.compile(b"[%s]" % re.escape(_CP1252_LETTERS))
    dos = re.compile(b"[A-Za-z][%s]" % re.escape(_CP850_LETTERS))
    found = False
    with source.path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if windows.search(chunk):
                return False
            found = found or bool(dos.search(chunk))
    return found
