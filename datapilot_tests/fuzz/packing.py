"""The bytes of a file: its text in an encoding, packed as senders pack it, or a workbook."""

from __future__ import annotations

import codecs
import datetime as dt
import gzip
import io
import zipfile
from typing import Any

from datapilot_tests.assets.landing.workbooks import workbook
from datapilot_tests.fuzz.rendering import Rendering, header_cells, write_rows

_MARKS = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
_NUMBERS = "quantity price list_price amount discount freight tax fee refund subtotal total received".split()


def write_file(rendering: Rendering, preamble: list[list[str]], rows: list[list[str]]) -> bytes:
    header = header_cells(rendering)
    if rendering.container == "xlsx":
        typed = [[_typed(rendering, *cell) for cell in zip(row, rendering.columns, strict=False)] for row in rows]
        # A record may have more cells than the header.
        typed = [[*found, *row[len(found) :]] for found, row in zip(typed, rows, strict=True)]
        return workbook(("Vendas", [*preamble, header, *typed]), change=_formulas_as_text)
    hint = f"sep={rendering.delimiter}{rendering.newline}" if rendering.hint else ""
    content = encode(rendering, hint + write_rows(rendering, [*preamble, header, *rows]))
    if rendering.container == "gz":
        return gzip.compress(content, mtime=0)
    if rendering.container == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("vendas.csv"), content)
        return packed.getvalue()
    return content


def _formulas_as_text(book: Any) -> None:
    """`=1+1` is the name of a product here."""
    for row in book.active.iter_rows():
        for cell in row:
            cell.data_type = "s" if cell.data_type == "f" else cell.data_type


def encode(rendering: Rendering, text: str) -> bytes:
    encoding, _, mark = rendering.encoding.partition("+")
    return (_MARKS[encoding] if mark else b"") + text.encode(encoding)


def _typed(rendering: Rendering, text: str, column: tuple[str, str | None]) -> object:
    """A cell as a spreadsheet keeps it: a number or a day where the text is one."""
    if column[1] == "date" and rendering.dates != "instant":
        try:
            return dt.datetime.strptime(text, rendering.date_format)  # noqa: DTZ007 - a cell has no zone
        except ValueError:
            return text
    if column[1] in _NUMBERS:
        digits = text.removeprefix(rendering.currency).removeprefix("-").replace(rendering.mark, "")
        plain = digits.isdigit() and not rendering.currency
        return float(text.replace(rendering.mark, ".")) if plain and not rendering.thousands else text
    return text
