"""gzip and zip: one table is found in them, and nothing in them harms anybody."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from datapilot_assets.landing.recognise import recognise
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import ACME, LINE, decode, table
from datapilot_tests.assets.landing.workbooks import HEADER, packed, raw_workbook, text_row, workbook

CSV = table(LINE)
SHARED = raw_workbook(
    text_row(*HEADER) + ("<row>" + "<c t='s'><v>0</v></c>" * 7 + "</row>") * 99, shared=f"<si><t>{'x' * 9999}</t></si>"
)
BOOK = workbook(("Vendas", [HEADER, ["1", "02/01/2024", "Café", 1, 18.9, 18.9, "Pago"]]))


def member(name: str, content: str = CSV, *, link: bool = False) -> bytes:
    info = zipfile.ZipInfo(name)
    if link:
        info.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, content)
    return buffer.getvalue()


def locked() -> bytes:
    """As an archiver with a password marks its members, in both places."""
    data = bytearray(packed({"vendas.csv": CSV}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.rule("R5")
@pytest.mark.rule("R6")
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (gzip.compress(CSV.encode()), None),
        (gzip.compress(CSV[:30].encode()) + gzip.compress(CSV[30:].encode()), None),
        (packed({"vendas.csv": CSV}), None),
        (packed({"vendas.csv": CSV.encode("utf-16")}, zipfile.ZIP_STORED), None),
        (packed({"a/b/": "", "a/b/vendas.csv": CSV, "a/LEIA-ME.txt": "Olá", "a/vazio": ""}), "a/b/vendas.csv"),
        (packed({"__MACOSX/._vendas.csv": "x\0", "vendas.csv": CSV, ".DS_Store": "\0"}), "vendas.csv"),
        (packed({"pasta\\vendas.csv": CSV, "foto.png": b"\x89PNG"}), "pasta\\vendas.csv"),
        (packed({"livro.xlsx": BOOK, "nota.pdf": "%PDF-1.4"}), "livro.xlsx/Vendas"),
        (gzip.compress(BOOK), "Vendas"),
    ],
)
def test_the_table_is_found_by_content_in_a_file_of_any_name(tmp_path: Path, content: bytes, name: str | None) -> None:
    decoded, records, _ = decode(tmp_path, content)
    assert [(row["order_id"], row["line_amount"]) for row in records] in ([("1", "18,90")], [("1", "18,9")])
    assert decoded.layout.table in (name, "vendas.csv")
    (tmp_path / "file.txt").write_bytes(content)
    assert recognise(tmp_path / "file.txt") == "sales"


@pytest.mark.parametrize(
    ("content", "code", "detail"),
    [
        pytest.param(
            packed({"jan.csv": CSV, "fev.csv": CSV}), "SEVERAL_TABLES", "jan.csv, fev.csv",
            marks=pytest.mark.reason("SEVERAL_TABLES"), id="two tables",
        ),
        pytest.param(packed({"a.txt": "x", "b.txt": "y"}), "HEADER_NOT_FOUND", "a.txt, b.txt", id="no table"),
        pytest.param(packed({}), "EMPTY_FILE", "no file", id="no member"),
        pytest.param(packed({"__MACOSX/x": "x"}), "EMPTY_FILE", "no file", id="system files alone"),
        pytest.param(
            packed({"vendas.zip": packed({"vendas.csv": CSV})}), "ARCHIVE_CONTENT",
            "vendas.zip is a zip archive inside a zip", marks=pytest.mark.reason("ARCHIVE_CONTENT"), id="zip in zip",
        ),
        pytest.param(
            packed({"vendas.csv": CSV, "mais.gz": gzip.compress(b"x")}), "ARCHIVE_CONTENT",
            "mais.gz is a gzip archive inside a zip", id="gzip in zip",
        ),
        pytest.param(
            gzip.compress(packed({"a.csv": CSV})), "ARCHIVE_CONTENT", "zip archive inside a gzip", id="zip in gzip",
        ),
        pytest.param(
            gzip.compress(gzip.compress(CSV.encode())), "ARCHIVE_CONTENT", "gzip archive inside a gzip",
            id="gzip in gzip",
        ),
        pytest.param(member("/etc/vendas.csv"), "ARCHIVE_CONTENT", "leads out", id="absolute"),
        pytest.param(member("../vendas.csv"), "ARCHIVE_CONTENT", "leads out", id="parent"),
        pytest.param(member(""), "ARCHIVE_CONTENT", "leads out", id="no name"),
        pytest.param(member("C:\\vendas.csv"), "ARCHIVE_CONTENT", "leads out", id="drive"),
        pytest.param(member("vendas.csv", "/etc/passwd", link=True), "ARCHIVE_CONTENT", "is a link", id="link"),
        pytest.param(
            packed({"vendas.csv": CSV}, zipfile.ZIP_LZMA), "ARCHIVE_CONTENT", "uncommon method", id="method"
        ),
        pytest.param(
            locked(), "PASSWORD_PROTECTED", "vendas.csv", marks=pytest.mark.reason("PASSWORD_PROTECTED"), id="password",
        ),
        pytest.param(
            packed({"vendas.csv": CSV})[:-30], "FILE_DAMAGED", "not a zip file",
            marks=pytest.mark.reason("FILE_DAMAGED"), id="cut zip",
        ),
        pytest.param(gzip.compress(CSV.encode())[:-4], "FILE_DAMAGED", "it was cut", id="cut gzip"),
        pytest.param(gzip.compress(CSV.encode()) + b"x", "FILE_DAMAGED", "unpacked", id="gzip and more"),
        pytest.param(
            gzip.compress(CSV.encode())[:-8] + b"\0" * 8, "FILE_DAMAGED", "CRC", id="wrong checksum of gzip",
        ),
        pytest.param(
            packed({"vendas.csv": CSV}, zipfile.ZIP_STORED).replace(b"18,90;18,90", b"18,90;99,90", 1),
            "FILE_DAMAGED", "Bad CRC-32", id="wrong checksum of zip",
        ),
        pytest.param(packed({"a.csv": CSV, "b.pdf": "%PDF"})[:-1], "FILE_DAMAGED", "zip", id="cut by a byte"),
        pytest.param(
            packed({"a.csv": CSV, "b.csv": b"\xef\xbb\xbfPedido\xff"}), "UNREADABLE_TEXT", "b.csv",
            id="a bad member is never passed over",
        ),
    ],
)  # fmt: skip
def test_an_archive_is_refused_by_what_is_in_it(tmp_path: Path, content: bytes, code: str, detail: str) -> None:
    with pytest.raises(Refusal) as refused:
        decode(tmp_path, content)
    assert (refused.value.code, detail in str(refused.value)) == (code, True), str(refused.value)


@pytest.mark.parametrize(
    ("limits", "content", "detail"),
    [
        ({"max_members": 2}, packed(dict.fromkeys("abc", "x")), "3 members, the limit is 2"),
        ({"max_unpacked_bytes": 50}, packed({"vendas.csv": CSV}), "unpacks to more than 50 bytes"),
        ({"max_unpacked_bytes": 50}, gzip.compress(CSV.encode()), "unpacks to more than 50 bytes"),
        # Text that many cells share is small in the file and grows in the table.
        ({"max_unpacked_bytes": 10**6}, SHARED, "more than 1,000,000 bytes"),
    ],
)
def test_what_comes_out_is_bounded(tmp_path: Path, limits: dict[str, int], content: bytes, detail: str) -> None:
    organization = ACME.model_copy(update={"limits": LandingLimits(**limits)})
    with pytest.raises(Refusal, match="LIMIT_EXCEEDED") as refused:
        decode(tmp_path, content, organization=organization)
    assert detail in str(refused.value)


def test_a_lying_directory_harms_nobody(tmp_path: Path) -> None:
    honest, outcomes = packed({"vendas.csv": CSV}), set()
    entry, end = honest.index(b"PK\x01\x02"), honest.index(b"PK\x05\x06")
    for place, size in ((entry + 20, 4), (entry + 24, 4), (entry + 42, 4), (end + 10, 2), (end + 12, 4), (end + 16, 4)):
        for value in (0, 1, 7, 255):
            lying = bytearray(honest)
            lying[place : place + size] = bytes([value]) * size
            try:
                _, records, _ = decode(tmp_path, bytes(lying))
                outcomes.add(str([row["line_amount"] for row in records]))
            except Refusal as refusal:
                outcomes.add(refusal.code)
    assert outcomes <= {"['18,90']", "FILE_DAMAGED", "EMPTY_FILE", "LIMIT_EXCEEDED", "ARCHIVE_CONTENT"}
