"""Text as systems write it: encodings, line ends, delimiters and quoting, each read to the same records."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import pytest

from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import ACME, HEADER, LINE, decode, table

LINES = [LINE, '2;03/01/2024;"Chá; da ""Índia""\ncom limão";2;5,00;10,00;Pago']
EXPECTED = [("1", "Café", "18,90"), ("2", 'Chá; da "Índia"\ncom limão', "10,00")]
CELLS = list(csv.reader(io.StringIO(table(*LINES), newline=""), delimiter=";"))


def read(folder: Path, content: bytes | str) -> list[tuple[str, str, str]]:
    _, records, _ = decode(folder, content)
    return [(row["order_id"], row["product_name"], row["line_amount"]) for row in records]


def written(delimiter: str = ";", newline: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator=newline, quoting=quoting).writerows(CELLS)  # type: ignore[arg-type]
    return buffer.getvalue()


@pytest.mark.rule("R6")
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""), ("utf-8", codecs.BOM_UTF8), ("cp1252", b""), ("cp850", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE), ("utf-16-le", b""), ("utf-16-be", b""),
        ("utf-32-le", codecs.BOM_UTF32_LE), ("utf-32-be", codecs.BOM_UTF32_BE), ("utf-32-le", b""), ("utf-32-be", b""),
    ],
)  # fmt: skip
def test_every_encoding_gives_the_same_records(tmp_path: Path, encoding: str, mark: bytes) -> None:
    decoded, records, _ = decode(tmp_path, mark + table(*LINES).encode(encoding))
    assert [(row["order_id"], row["product_name"], row["line_amount"]) for row in records] == EXPECTED
    assert decoded.layout.encoding == encoding


@pytest.mark.rule("R6")
def test_cp850_is_known_by_its_header_or_else_by_its_accents(tmp_path: Path) -> None:
    header = "Pedido;Data da venda;Descrição;Vlr. Total;Situação"
    line = "1;02/01/2024;Pão Francês;5,00;Pago"
    dos, records, _ = decode(tmp_path, table(line, header=header).encode("cp850"))
    assert (dos.layout.encoding, records[0]["product_name"], records[0]["status"]) == ("cp850", "Pão Francês", "Pago")
    plain = "Pedido;Data da venda;Produto;Vlr. Total;Status"
    dos, records, _ = decode(tmp_path, table(line, header=plain).encode("cp850"))
    assert (dos.layout.encoding, records[0]["product_name"]) == ("cp850", "Pão Francês")
    windows, records, _ = decode(tmp_path, table(line, header=header).encode("cp1252"))
    assert (windows.layout.encoding, records[0]["product_name"]) == ("cp1252", "Pão Francês")


@pytest.mark.parametrize(
    "name", ["Jägermeister", "Total\u00a0geral", "“Bolo”", "D’água", "5 €", "2020–2021", "Marca™", "SEÇÃO", "Pão uau¡"]
)
def test_what_windows_writes_is_not_taken_for_dos(tmp_path: Path, name: str) -> None:
    decoded, records, _ = decode(tmp_path, table(LINE.replace("Café", name), header=HEADER).replace(
        "Valor Unitário", "Valor Unitario").encode("cp1252"))  # fmt: skip
    assert (decoded.layout.encoding, records[0]["product_name"]) == ("cp1252", name)


@pytest.mark.rule("R7")
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_delimiters_line_ends_and_quotes(tmp_path: Path, delimiter: str, newline: str, quoting: int) -> None:
    assert read(tmp_path, written(delimiter, newline, quoting)) == EXPECTED


def test_mixed_line_ends(tmp_path: Path) -> None:
    first, second, third = HEADER, LINE, LINES[1]
    for a, b, c in (("\r\n", "\n", "\r"), ("\r", "\r\n", ""), ("\n", "\r", "\n")):
        assert read(tmp_path, first + a + second + b + third + c) == EXPECTED


@pytest.mark.rule("R7")
@pytest.mark.parametrize("hint", ["sep=;\r\n", '"sep=;"\r\n', "SEP=;\n", "\ufeffsep=;\r\n", "sep=;;;;;;;\r\n"])
def test_the_hint_of_excel_is_obeyed_and_ignored(tmp_path: Path, hint: str) -> None:
    decoded, records, _ = decode(tmp_path, hint + table(LINE))
    assert (decoded.records, decoded.ignored, [row["record_no"] for row in records]) == (2, 1, [2])


@pytest.mark.rule("R7")
def test_a_delimiter_that_only_the_hint_tells(tmp_path: Path) -> None:
    assert read(tmp_path, "sep=^\r\n" + written("^")) == EXPECTED


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(table(f"{LINE};", header=f"{HEADER};"), id="on every line"),
        pytest.param(table(LINE, header=f"{HEADER};"), id="on the header"),
        pytest.param(table(f"{LINE};"), id="on the records"),
        pytest.param(table(f"{LINE};;;", header=f"{HEADER};"), id="several"),
        pytest.param("\r\n\r\n" + table(LINE), id="after blank lines"),
        pytest.param(table(LINE) + "\x1a", id="before Ctrl-Z"),
        pytest.param(table(LINE) + "\x1a\x1a", id="before two Ctrl-Z"),
        pytest.param(table(LINE).encode("utf-16") + b"\x1a\x00", id="before Ctrl-Z in UTF-16"),
        pytest.param("".join(f'"{line}"\r\n' for line in (HEADER, LINE)), id="lines quoted whole"),
        pytest.param(f'{HEADER}\r\n"{LINE}"\r\n', id="records quoted whole"),
        pytest.param(f'"{HEADER}"\r\n{LINE}\r\n', id="header quoted whole"),
        pytest.param(f'"{HEADER}"\r\n"1;02/01/2024;""Café"";1;18,90;18,90;Pago"\r\n', id="quoted twice"),
    ],
)  # fmt: skip
def test_trailing_delimiters_and_wrapped_lines_change_no_record(tmp_path: Path, content: str | bytes) -> None:
    decoded, records, _ = decode(tmp_path, content)
    assert [(row["order_id"], row["product_name"], row["line_amount"], row["defect"]) for row in records] == [
        ("1", "Café", "18,90", None)
    ]
    assert decoded.records - decoded.ignored == 1
    assert [notice.code for notice in decoded.notices if notice.code == "COLUMNS_UNMAPPED"] == []


@pytest.mark.parametrize("content", [table(f"{LINE};"), table(LINE, header=f"{HEADER};")])
def test_a_trailing_delimiter_makes_no_record_irregular(tmp_path: Path, content: str) -> None:
    """They would be read one by one, many times slower."""
    decode(tmp_path, content)
    (folder,) = tmp_path.iterdir()
    import pyarrow.parquet

    assert pyarrow.parquet.read_metadata(folder / "regular.parquet").num_rows == 1


def test_a_header_with_a_trailing_delimiter_keeps_its_saved_mapping(tmp_path: Path) -> None:
    plain, _, _ = decode(tmp_path, table(LINE))
    trailing, _, _ = decode(tmp_path, table(f"{LINE};;", header=f"{HEADER};"))
    assert plain.layout.header_hash == trailing.layout.header_hash


@pytest.mark.parametrize(
    ("content", "code", "detail"),
    [
        pytest.param("Pedido\r\n1\r\n2\r\n", "HEADER_NOT_FOUND", "each is one column, as in 'Pedido'", id="one column"),
        pytest.param(table(LINE) + "\0" * 5000, "FILE_DAMAGED", "not written to its end", id="a tail of NUL"),
        pytest.param(table(LINE, "2;\0;x"), "NOT_A_TABLE", "is NUL", id="NUL inside"),
        pytest.param(table(LINE, "2;\0;x").encode("utf-16"), "NOT_A_TABLE", "is NUL", id="NUL inside UTF-16"),
        pytest.param(table(LINE).encode("utf-16")[:-1], "FILE_DAMAGED", "was cut", id="half a character of UTF-16"),
        pytest.param('{"data": [{"Pedido": 1}]}', "NOT_A_TABLE", "JSON", id="JSON"),
        pytest.param("\ufeff[\n  {\"a\": 1}]", "NOT_A_TABLE", "JSON", id="JSON list"),
        pytest.param("<html><table><tr><td>Pedido</td>", "NOT_A_TABLE", "under the name .xls", id="HTML"),
        pytest.param("\ufeff\r\n<table border=1>", "NOT_A_TABLE", "under the name .xls", id="HTML table"),
        pytest.param("<html>".encode("utf-16"), "NOT_A_TABLE", "HTML", id="HTML in UTF-16"),
        pytest.param(
            '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', "NOT_A_TABLE", "Excel 2003 XML",
            id="XML sheet",
        ),
        pytest.param('<?xml version="1.0"?><nfeProc/>', "NOT_A_TABLE", "an XML document", id="XML"),
        pytest.param(b"%PDF-1.7", "NOT_A_TABLE", "a PDF", id="PDF"),
        pytest.param(b"Rar!\x1a\x07", "NOT_A_TABLE", "a RAR archive", id="RAR"),
        pytest.param(b"7z\xbc\xaf\x27\x1c", "NOT_A_TABLE", "7-Zip", id="7z"),
        pytest.param(b"\0" * 257 + b"ustar\0", "NOT_A_TABLE", "a tar archive", id="tar"),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 999 + "Workbook".encode("utf-16-le"),
            "NOT_A_TABLE", "an old Excel workbook", id="xls",
        ),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 999 + "EncryptedPackage".encode("utf-16-le"),
            "PASSWORD_PROTECTED", "workbook with a password", id="encrypted xlsx",
        ),
        pytest.param(b"\xff\xfe", "EMPTY_FILE", "no content", id="a byte order mark alone"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_what_it_is(
    tmp_path: Path, content: bytes | str, code: str, detail: str
) -> None:
    with pytest.raises(Refusal) as refused:
        decode(tmp_path, content)
    assert (refused.value.code, detail in str(refused.value)) == (code, True), str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_an_endless_line_is_refused_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    organization = ACME.model_copy(update={"limits": LandingLimits(max_line_bytes=1000)})
    # č is U+010D: one of its bytes is a carriage return to who does not decode.
    text = table(LINE) + ("á" if encoding == "cp1252" else "č") * 1200
    with pytest.raises(Refusal, match="LIMIT_EXCEEDED: a line before byte"):
        decode(tmp_path, text.encode(encoding), organization=organization)


def test_a_quote_that_swallows_a_long_file_is_found_at_its_record(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="LIMIT_EXCEEDED: record 2"):
        decode(tmp_path, table(LINE, '2;02/01/2024;"Café;1;18,90', *[LINE] * 50_000))
