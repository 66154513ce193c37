"""Whatever happened to a file on its way, it is a table or is refused: nothing else ever comes out."""

from __future__ import annotations

import contextlib
import gzip
import io
import tempfile
import zipfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from datapilot_assets.landing.tables import find_table
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import HEADER, LINE, table
from datapilot_tests.assets.landing.workbooks import packed, workbook

BOOK = workbook(("Vendas", [HEADER.split(";"), ["1", "02/01/2024", "Café", 2, 9.45, 18.9, "Pago"]]), ("Outra", [["x"]]))
WHOLE = (
    BOOK,
    packed({"vendas.csv": table(LINE), "leia-me.txt": "x"}),
    gzip.compress(table(LINE).encode()),
    table(LINE).encode("utf-16"),
    table(LINE).encode("cp850"),
    "".join(f'"{line}"\r\n' for line in (HEADER, LINE)).encode(),
)
# Place and length of what goes away (in thousandths of the file, and bytes), and what comes in its stead.
EDITS = st.lists(st.tuples(st.integers(0, 999), st.integers(0, 40), st.binary(max_size=40)), min_size=1, max_size=5)


def edited(content: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for place, length, new in edits:
        start = len(content) * place // 1000
        content = content[:start] + new + content[start + length :]
    return content


def check(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Refusal):
        path = Path(folder, "content")
        path.write_bytes(content)
        assert find_table(path, LandingLimits(), Path(folder)).dialect.columns


@settings(deadline=None, max_examples=200)
@given(whole=st.sampled_from(WHOLE), edits=EDITS)
@example(whole=WHOLE[5], edits=[(20, 0, b"\r")])
def test_a_damaged_file_is_a_table_or_is_refused(whole: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    check(edited(whole, edits))


@settings(deadline=None, max_examples=200)
@given(data=st.data(), edits=EDITS)
def test_a_workbook_whose_parts_are_damaged_is_a_table_or_is_refused(
    data: st.DataObject, edits: list[tuple[int, int, bytes]]
) -> None:
    with zipfile.ZipFile(io.BytesIO(BOOK)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    victim = data.draw(st.sampled_from(sorted(parts)))
    check(packed(parts | {victim: edited(parts[victim], edits)}))


@settings(deadline=None, max_examples=60)
@given(
    place=st.integers(0, 45),
    bit=st.integers(0, 7),
    entry=st.sampled_from([b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"]),
)
def test_a_zip_header_with_a_wrong_bit_is_a_table_or_is_refused(place: int, bit: int, entry: bytes) -> None:
    content = bytearray(WHOLE[1])
    at = min(content.index(entry) + place, len(content) - 1)
    content[at] ^= 1 << bit
    check(bytes(content))
