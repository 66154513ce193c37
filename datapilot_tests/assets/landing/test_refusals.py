"""What is no sales table is refused with a code and a detail that says where and what."""

from __future__ import annotations

from pathlib import Path

import pytest

from datapilot_assets.landing.recognise import recognise
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import ACME, HEADER, LINE, decode, table


@pytest.mark.rule("R6")
@pytest.mark.rule("R10")
@pytest.mark.reason(
    "EMPTY_FILE", "NOT_A_TABLE", "UNREADABLE_TEXT", "HEADER_NOT_FOUND", "NO_GOOD_ROW", "BROKEN_QUOTES", "TOTALS_DIFFER"
)
@pytest.mark.parametrize(
    ("content", "code", "detail"),
    [
        (b"", "EMPTY_FILE", "no content"),
        (b" \r\n\n", "EMPTY_FILE", "no content"),
        (b"<!DOCTYPE html><p>login</p>", "NOT_A_TABLE", "an HTML page"),
        (b"PK\x03\x04rest", "FILE_DAMAGED", "the zip file cannot be unpacked"),
        (b"\x1f\x8brest", "FILE_DAMAGED", "the gzip file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "NOT_A_TABLE", "OLE2"),
        (b"version https://git-lfs.github.com/spec/v1\n", "NOT_A_TABLE", "Git-LFS pointer"),
        (HEADER.encode() + b"\r\n1;\0;", "NOT_A_TABLE", "is NUL"),
        (b"\xef\xbb\xbfPedido;\xff", "UNREADABLE_TEXT", "starts as utf-8 does"),
        ((table(LINE) + "2;Caf\u00e9").encode()[:-1], "FILE_DAMAGED", "the file was cut"),
        (b"nothing;to\r\nsee;here\r\n", "HEADER_NOT_FOUND", "'nothing | to'"),
        (table().encode(), "NO_GOOD_ROW", "a header and no line"),
        (table("1;never;A;1;2,00;2,00;Pago").encode(), "NO_GOOD_ROW", "in the first record: Data da venda = 'never'"),
        (table("1;2024-01-02;A;1;x;y;Pago").encode(), "NO_GOOD_ROW", "Vlr. Total = 'y', Valor Unitário = 'x'"),
        (table("1;2010-01-02;A;1;2,00;2,00;Pago").encode(), "NO_GOOD_ROW", "2018-01 to 2024-04"),
        (table(LINE, '2;02/01/2024;"Café;1;18,90').encode(), "BROKEN_QUOTES", "line 3"),
        (table(LINE, "Total geral;;;;;99,00;").encode(), "TOTALS_DIFFER", "record 2 says 99,"),
    ],
)
def test_refused(tmp_path: Path, content: bytes, code: str, detail: str) -> None:
    with pytest.raises(Refusal) as refused:
        decode(tmp_path, content)
    assert refused.value.code == code
    assert detail in str(refused.value)


@pytest.mark.reason("LIMIT_EXCEEDED")
@pytest.mark.parametrize(
    ("limits", "content", "detail"),
    [
        ({"max_bytes": 20}, table(LINE), "the limit is 20"),
        ({"max_columns": 3}, table(LINE), "7 columns, the limit is 3"),
        ({"max_records": 2}, table(LINE, LINE, LINE), "the limit is 2"),
        ({"max_records": 2}, table(LINE, "", "", ""), "the limit is 2"),
        ({"max_field_characters": 40}, table(LINE, LINE.replace("Café", "é" * 41)), "record 2, column 'Produto'"),
        ({"max_field_characters": 40}, table(LINE, LINE.replace("Café", "é" * 41) + ";"), "record 2"),
        ({"max_line_bytes": 400}, table(LINE) + "x" * 9000, "a line before byte"),
    ],
)  # fmt: skip
def test_limits(tmp_path: Path, limits: dict[str, int], content: str, detail: str) -> None:
    organization = ACME.model_copy(update={"limits": LandingLimits(**limits)})
    with pytest.raises(Refusal, match="LIMIT_EXCEEDED") as refused:
        decode(tmp_path, content, organization=organization)
    assert detail in str(refused.value)


@pytest.mark.rule("R3")
def test_a_declared_month_may_have_a_header_alone(tmp_path: Path) -> None:
    month = Month(2024, 1)
    decoded, records, units = decode(tmp_path, table(), header_only_month=month)
    assert (decoded.records, decoded.main_month, records, units) == (0, month, [], [])
    assert decoded.months[month].records == 0


@pytest.mark.rule("R5")
def test_only_a_sales_table_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content, family in ((table(LINE), "sales"), ('{"data": []}', None), ("a;b\r\n1;2\r\n", None)):
        path.write_text(content, encoding="utf-8")
        assert recognise(path) == family
