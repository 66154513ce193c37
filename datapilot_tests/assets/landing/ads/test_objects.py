"""The objects of a JSON document, however it wraps them and wherever its pieces end."""

from __future__ import annotations

import codecs
import io
from decimal import Decimal
from typing import Any

import pytest

from datapilot_assets.landing.ads.objects import read_objects
from datapilot_domain.reasons import Refusal

ONE = '{ "campaign_id": 9223372036854775807,\n "spend": 0.1 }'
TWO = '{"name": "Ver\\u00e3o ☀️ \\"}[{", "spend": 1E-7}'
MOST = 4096


def read(content: bytes | str, *, most: int = MOST, piece_bytes: int = 1024) -> list[tuple[str | None, dict[str, Any]]]:
    content = content.encode() if isinstance(content, str) else content
    return list(read_objects(io.BytesIO(content), most, piece_bytes))


@pytest.mark.rule("R34")
@pytest.mark.parametrize(
    ("content", "around"),
    [
        (f'{{"data": [{ONE}, {TWO}], "paging": {{"next": "n"}}}}', [{"data": [], "paging": {"next": "n"}}]),
        (f'{{"paging": {{}}, "summary": {{"spend": "9"}},\n"data":[{ONE},{TWO}]}}', [{"data": [], "paging": {}}]),
        (f"[{ONE}, {TWO}]", []),
        (f"{ONE}\n{TWO}\n", []),
        (f'[{{"results": [{ONE}], "requestId": "r"}}, {{"results": [{TWO}]}}]', [{"results": []}, {"results": []}]),
        (
            f'{{"results": [{ONE}, {TWO}], "nextPageToken": "t", "totalResultsCount": "7", "fieldMask": "a"}}',
            [{"results": [], "nextPageToken": "t", "totalResultsCount": "7"}],
        ),
        (f'[{{"results": [{ONE}, {TWO}]}}, {{"summaryRow": {{"metrics": {{}}}}}}]', [{"results": []}, {}]),
        ('{"error": {"code": 190}}', [{"error": {"code": 190}}]),
        ('[{"error": {"code": 401}}]', [{"error": {"code": 401}}]),
        ("[]", []),
        ("", []),
    ],
)
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_every_shape_gives_its_objects_as_written_and_what_stood_around(
    content: str, around: list[dict[str, Any]], mark: bytes
) -> None:
    found = read(mark + content.encode())
    assert [raw for raw, _ in found if raw is not None] == ([ONE, TWO] if ONE in content else [])
    assert [item for raw, item in found if raw is None] == around


@pytest.mark.rule("R34")
def test_numbers_keep_every_digit() -> None:
    (_, one), (_, two) = read(f"[{ONE},{TWO}]")
    assert one == {"campaign_id": 2**63 - 1, "spend": Decimal("0.1")}
    assert two == {"name": 'Verão ☀️ "}[{', "spend": Decimal("1E-7")}


@pytest.mark.parametrize("piece_bytes", [1, 2, 3, 5, 64])
def test_a_piece_may_end_anywhere(piece_bytes: int) -> None:
    # The first piece is that which tells the encoding, and the beginning of an envelope is read ahead.
    rows = ",".join([ONE, TWO] * 9)
    content = " " * 3990 + f'{{"data": [{rows}], "totalResultsCount": 12345, "paging": {{"next": null}}}}'
    around = {"data": [], "totalResultsCount": 12345, "paging": {"next": None}}
    assert read(content, piece_bytes=piece_bytes) == [*read(f"[{rows}]"), (None, around)]


@pytest.mark.rule("R33")
@pytest.mark.reason("ADS_TRUNCATED")
def test_a_document_that_is_cut_anywhere_is_never_taken_for_whole() -> None:
    whole = f'[{{"results": [{ONE}, {TWO}, {{"a": true, "b": -1.5e+3}}], "requestId": "r"}}]'
    for end in range(1, len(whole.encode())):
        with pytest.raises(Refusal) as refused:
            read(whole.encode()[:end])
        assert refused.value.code == "ADS_TRUNCATED", whole.encode()[:end]


@pytest.mark.rule("R33")
@pytest.mark.reason("ADS_TRUNCATED", "ADS_JSON_BROKEN", "LIMIT_EXCEEDED")
@pytest.mark.parametrize(
    ("content", "code", "detail"),
    [
        (f'{{"data": [\n{ONE},\n', "ADS_TRUNCATED", "line 4, column 1"),
        ('{"a": 1}\n{"a": ', "ADS_TRUNCATED", "line 2, column 7"),
        (b"[{}" + "é".encode()[:1], "ADS_TRUNCATED", "line 1, column 4"),
        ('[{"a": 1},\n{"a" 2}]', "ADS_JSON_BROKEN", "line 2, column 6: Expecting ':' delimiter"),
        ('[{"a": 1} {"a": 2}]', "ADS_JSON_BROKEN", "line 1, column 11: , or ] must stand here"),
        ('{"data": [1]}', "ADS_JSON_BROKEN", "line 1, column 11: an object must begin here; there is '1]}'"),
        ('{"data": [] "paging": {}}', "ADS_JSON_BROKEN", "line 1, column 13"),
        ('{"data": [], paging: {}}', "ADS_JSON_BROKEN", "line 1, column 14: a name in quotes"),
        ('{"a": 1},{"a": 2}', "ADS_JSON_BROKEN", "line 1, column 9: an object or array must begin here"),
        ('{"a": NaN}', "ADS_JSON_BROKEN", "NaN is no number"),
        ('{"a": 1e99999999999999999999}', "ADS_JSON_BROKEN", "a number cannot be read"),
        ('{"a": ' + "1" * 4500 + "}", "ADS_JSON_BROKEN", "a number cannot be read"),
        ('{"a": ' + "[" * 200_000, "ADS_JSON_BROKEN", "too deeply nested"),
        (b'{"a": "\xff"}', "ADS_JSON_BROKEN", "the bytes ff are not utf-8"),
        ('{"a": "' + "x" * 9000 + '"}', "LIMIT_EXCEEDED", "line 1, column 1 is longer than 4,096 characters"),
        ('{"data": [], "paging": "' + "x" * 9000, "LIMIT_EXCEEDED", "line 1, column 24 is longer"),
    ],
)
def test_faults_name_their_place(content: bytes | str, code: str, detail: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(content)
    assert refused.value.code == code
    assert detail in refused.value.found.words("en")


def test_places_are_right_beyond_the_first_piece() -> None:
    with pytest.raises(Refusal, match="line 901, column 3"):
        read('{"a": "é"}\n' * 900 + "  x")
