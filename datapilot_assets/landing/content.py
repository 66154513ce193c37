"""What the first bytes of a file say that it is, by its content alone: nobody reads its name (R5, R6)."""

from __future__ import annotations

import codecs
import gzip
import mmap
import re
from pathlib import Path
from typing import BinaryIO, cast

from datapilot_domain.findings import found
from datapilot_domain.reasons import Refusal

HEAD_BYTES = 4096
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  # with and without members
GZIP_MAGIC = b"\x1f\x8b"
_OLE2_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Beginning of a file → the finding that says what it is.
_MAGIC = (
    (b"%PDF", "pdf"),
    (b"PAR1", "parquet"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "seven_zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x07\x08", "zip_part"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"{\\rtf", "rtf"),
    (b"SQLite format 3\0", "sqlite"),
    (b"version https://git-lfs.github.com/spec/", "git_lfs"),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    # Before UTF-16, whose mark it starts with.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Which of four bytes are NUL (0) in text of mostly Latin letters.
_NUL_PATTERNS = {
    "x0x0": "utf-16-le",
    "0x0x": "utf-16-be",
    "x000": "utf-32-le",
    "000x": "utf-32-be",
}
_SPREADSHEET_XML = "urn:schemas-microsoft-com:office:spreadsheet"
_HTML = re.compile(r"<(!doctype html|html|head|body|meta|table|style|script|div|title|br|p|tr)\b", re.IGNORECASE)
_JSON = re.compile(r"\{\s*(\"|\}|$)|\[\s*([\[{\]\"]|-?\d|$)")


def is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(GZIP_MAGIC)) == GZIP_MAGIC


def open_unpacked(path: Path) -> BinaryIO:
    """The file's bytes, of gzip those within. Reading them may raise OSError, EOFError, zlib.error."""
    return cast(BinaryIO, gzip.open(path)) if is_gzip(path) else path.open("rb")


def find_unicode(head: bytes) -> tuple[str, int]:
    """Encoding and length of a byte order mark; ("utf-16-le", 0) and the like where NUL bytes show it; else ("", 0)."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, len(mark)
    whole = head[: len(head) // 4 * 4]
    if not whole:
        return "", 0
    shares = [whole[place::4].count(0) * 4 / len(whole) for place in range(4)]
    if not all(share < 0.2 or share > 0.6 for share in shares):
        return "", 0
    return _NUL_PATTERNS.get("".join("0" if share > 0.6 else "x" for share in shares), ""), 0


def refuse_other_content(path: Path, head: bytes, encoding: str, bom: int) -> None:
    """Raises Refusal NOT_A_TABLE (naming what it is), EMPTY_FILE, PASSWORD_PROTECTED."""
    kind = next((name for magic, name in _MAGIC if head.startswith(magic)), None)
    if head.startswith(_OLE2_MAGIC):
        kind = _old_office(path)
    elif head[257:262] == b"ustar":
        kind = "tar"
    text = head[bom:].decode(encoding or "latin-1", "ignore").lstrip()
    if kind is None and not text:
        if path.stat().st_size > len(head):
            return
        raise Refusal("EMPTY_FILE", "no_content")
    kind = kind or _markup(text)
    if kind:
        raise Refusal("NOT_A_TABLE", "looks_like", kind=found(kind))


def _markup(text: str) -> str | None:
    if text.startswith("<?xml"):
        if _SPREADSHEET_XML in text or "Excel.Sheet" in text:
            return "xml_sheet"
        return "html" if _HTML.search(text) else "xml"
    if text.startswith("<!--") or _HTML.match(text):
        return "html_as_xls"
    return "json" if _JSON.match(text) else None


def _old_office(path: Path) -> str:
    """Names of streams in an OLE2 file say what it is: they are UTF-16 text in its directory."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            raise Refusal("PASSWORD_PROTECTED", "workbook_with_password")
        if any(content.find(name.encode("utf-16-le")) >= 0 for name in ("Workbook", "Book")):
            return "old_workbook"
    return "old_office"
