"""Excel workbooks: every cell as the text that a person would have typed, and the one sheet that is the table."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from datapilot_assets.landing.workbook_values import GENERAL, MARK, NumberFormat, number_text, read_format
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import ACME, decode
from datapilot_tests.assets.landing.workbooks import HEADER, MAIN, packed, raw_workbook, text_row, workbook

ROW: list[Any] = ["1", dt.date(2024, 1, 2), "Café", 2, 9.45, 18.9, "Pago"]
FIELDS = ("order_id", "sold_at", "product_name", "quantity", "unit_price", "line_amount", "status")


def fields(row: dict[str, Any]) -> list[str | None]:
    return [row[name] for name in FIELDS]


def test_a_workbook_reads_as_its_cells_are_shown(tmp_path: Path) -> None:
    evening = dt.datetime.combine(dt.date(2024, 1, 3), dt.time(23, 30))
    content = workbook(("Vendas", [HEADER, ROW, ["0002", evening, "Chá", 1, 5, 5, "Pago"]]))
    decoded, records, _ = decode(tmp_path, content)
    assert [fields(row) for row in records] == [
        ["1", "2024-01-02", "Café", "2", "9,45", "18,9", "Pago"],
        ["0002", "2024-01-03 23:30:00", "Chá", "1", "5", "5", "Pago"],
    ]
    assert [str(row["sold_on"]) for row in records] == ["2024-01-02", "2024-01-03"]
    assert (decoded.layout.table, decoded.records) == ("Vendas", 2)


@pytest.mark.parametrize(
    ("raw", "code", "text"),
    [
        ("1234.0999999999999", "General", "1234,1"),
        ("0.30000000000000004", "General", "0,3"),
        ("1234.1", "#,##0.00", "1234,1"),
        ("1.125", "General", "1,1250"),
        ("1E-2", "0.00", "0,01"),
        ("1.5E3", "0.00E+00", "1500"),
        ("-0.0", "General", "0"),
        ("-18.9", "General", "-18,9"),
        ("35240312345678000195550010000012341000012345", "0", "35240312345678000195550010000012341000012345"),
        ("9007199254740993", "General", "9007199254740993"),
        ("12345678901", "000.000.000-00", "12345678901"),
        ("1234567", "00000", "1234567"),
        ("42", "00000", "00042"),
        ("1310100", "00000\\-000", "01310100"),
        ("1234567809", '000"."000"."000"-"00', "01234567809"),
        ("0.1", "0%", "0,1"),
        ("45321", "dd/mm/yyyy", "2024-01-30"),
        ("45321.5", "dd/mm/yyyy", "2024-01-30 12:00:00"),
        ("45321.5", "[$-416]d\\-mmm\\-yy;@", "2024-01-30 12:00:00"),
        ("45321", "dd/mm/yyyy hh:mm", "2024-01-30 00:00:00"),
        ("45322.999999999993", "dd/mm/yyyy hh:mm:ss", "2024-02-01 00:00:00"),
        ("45322.999988", "dd/mm/yyyy hh:mm:ss", "2024-01-31 23:59:58.963"),
        ("0.5625", "h:mm", "13:30:00"),
        ("2.0625", "[h]:mm", "49:30:00"),
        ("45321.5625", "h:mm AM/PM", "2024-01-30 13:30:00"),
        ("45292", "mmm/yy", "2024-01-01"),
        ("59", "dd/mm/yyyy", "1900-02-28"),
        ("60", "dd/mm/yyyy", "60"),
        ("61", "dd/mm/yyyy", "1900-03-01"),
        ("-1", "dd/mm/yyyy", "-1"),
        ("3000000", "dd/mm/yyyy", "3000000"),
        ("45321", '"dia "0', "45321"),
        ("1234.5", "[Red]#,##0.00", "1234,5"),
        ("1234.5", "[$R$-416] #,##0.00", "1234,5"),
        ("1E+999999999", "General", "1E+999999999"),
        ("not a number", "General", "not a number"),
    ],
)
def test_a_number_is_the_text_that_excel_means(raw: str, code: str, text: str) -> None:
    assert number_text(raw, read_format(code), from_1904=False).replace(MARK, ",") == text


def test_dates_agree_with_an_independent_reader() -> None:
    for serial in (1, 58, 61, 367, 36525, 36526, 44255, 45321, 2_958_465):
        expected = openpyxl.utils.datetime.from_excel(serial).date()
        assert number_text(str(serial), NumberFormat(date=True), from_1904=False) == expected.isoformat()
    for serial in (1, 43859, 2_957_003):
        epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        expected = openpyxl.utils.datetime.from_excel(serial, epoch).date()
        assert number_text(str(serial), NumberFormat(date=True), from_1904=True) == expected.isoformat()


def test_the_1904_calendar_of_old_macs_is_obeyed(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    _, records, _ = decode(tmp_path, workbook(("Vendas", [HEADER, ROW]), change=change))
    assert records[0]["sold_at"] == "2024-01-02"


def test_numbers_take_the_decimal_mark_of_the_text_beside_them(tmp_path: Path) -> None:
    """A column of an export often holds both; 1.125 must be read as neither 1125 nor a second mark."""
    rows: list[list[Any]] = [
        ["1", "02/01/2024", "A", 1.125, 1234.5, 1388.81, "Pago"],
        ["2", "02/01/2024", "B", "1", "1.234,56", "1.234,56", "Pago"],
    ]
    brazilian, records, units = decode(tmp_path, workbook(("Vendas", [HEADER, *rows])))
    assert fields(records[0])[3:6] == ["1,1250", "1234,5", "1388,81"]
    assert set(brazilian.layout.decimal_marks.values()) == {","}
    assert [str(unit["amount"]) for unit in units] == ["1388.8100", "1234.5600"]
    points = [[cell.replace(".", "").replace(",", ".") if "," in str(cell) else cell for cell in row] for row in rows]
    english, _, units = decode(tmp_path, workbook(("Vendas", [HEADER, *points])))
    assert set(english.layout.decimal_marks.values()) == {"."}
    assert [str(unit["amount"]) for unit in units] == ["1388.8100", "1234.5600"]


def test_each_column_has_its_own_decimal_mark(tmp_path: Path) -> None:
    rows = [["1", "02/01/2024", "A", "1,5", 5, "18.90", "Pago"], ["2", "02/01/2024", "B", 1.25, 5, 9.5, "Pago"]]
    decoded, records, _ = decode(tmp_path, workbook(("Vendas", [HEADER, *rows])))
    assert (records[1]["quantity"], records[1]["line_amount"]) == ("1,25", "9.5")
    assert (decoded.layout.decimal_marks["quantity"], decoded.layout.decimal_marks["line_amount"]) == (",", ".")


def test_numbers_alone_take_the_locales_mark(tmp_path: Path) -> None:
    content = workbook(("Vendas", [HEADER, [*ROW[:3], 1.125, 9.45, 10.63, "Pago"]]))
    for locale, mark in (("pt-BR", ","), ("en", ".")):
        organization = ACME.model_copy(update={"locale": locale})
        decoded, records, units = decode(tmp_path, content, organization=organization)
        assert decoded.layout.decimal_marks["quantity"] == mark
        assert str(units[0]["amount"]) == "10.6300"
        assert records[0]["quantity"] == f"1{mark}1250"


def test_what_is_no_value_is_quarantined_later_and_not_lost(tmp_path: Path) -> None:
    rows = [[*ROW[:5], "#N/A", "Pago"], [*ROW[:5], "#DIV/0!", True]]
    _, records, _ = decode(tmp_path, workbook(("Vendas", [HEADER, ROW, *rows])))
    assert [row["line_amount"] for row in records] == ["18,9", "#N/A", "#DIV/0!"]
    assert records[2]["status"] == "TRUE"


def test_rows_keep_their_numbers_and_blank_ones_are_ignored_records(tmp_path: Path) -> None:
    rows = [["Relatório de vendas"], [], HEADER, ROW, [], [], ["2", *ROW[1:]], [None] * 7]
    decoded, records, _ = decode(tmp_path, workbook(("Vendas", rows)))
    # Row n of the sheet is record n before the header, record n - 1 after it.
    assert [row["record_no"] for row in records] == [3, 6]
    assert (decoded.records, decoded.ignored) == (6, 4)


def test_a_note_beside_the_table_spoils_no_record(tmp_path: Path) -> None:
    _, records, _ = decode(tmp_path, workbook(("Vendas", [HEADER, [*ROW, None, None, "conferir"], ROW])))
    assert [row["defect"] for row in records] == [None, None]
    assert dict(records[0]["extras"]) == {"_column_10": "conferir"}


def test_hidden_rows_and_merged_cells_are_read_as_stored(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        sheet = book["Vendas"]
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["G"].hidden = True
        sheet.merge_cells("A2:A3")

    rows = [HEADER, ROW, [None, *ROW[1:2], "Chá", *ROW[3:]]]
    _, records, _ = decode(tmp_path, workbook(("Vendas", rows), change=change))
    assert [row["product_name"] for row in records] == ["Café", "Chá"]


OTHER: list[list[Any]] = [["Resumo do mês"], ["Produto", "Total"], ["Café", 18.9]]


@pytest.mark.reason("TABLE_CHOSEN")
@pytest.mark.rule("R5")
def test_the_sheet_whose_header_is_that_of_sales_is_the_table(tmp_path: Path) -> None:
    decoded, records, _ = decode(tmp_path, workbook(("Resumo", OTHER), ("Dados", [HEADER, ROW]), ("Vazia", [])))
    assert (decoded.layout.table, len(records)) == ("Dados", 1)
    assert decoded.recipe["table"] == "Dados"
    assert decoded.notices[0].code == "TABLE_CHOSEN"
    assert decoded.notices[0].values == {"table": "Dados", "others": "Resumo, Vazia"}


@pytest.mark.reason("SEVERAL_TABLES")
def test_two_sheets_of_sales_are_refused_by_name(tmp_path: Path) -> None:
    content = workbook(("Janeiro", [HEADER, ROW]), ("Resumo", OTHER), ("Fevereiro", [HEADER, ROW]))
    with pytest.raises(Refusal, match=r"SEVERAL_TABLES: .*: Janeiro, Fevereiro"):
        decode(tmp_path, content)


def test_a_hidden_sheet_is_not_offered(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        book["Antiga"].sheet_state = "hidden"

    decoded, _, _ = decode(tmp_path, workbook(("Antiga", [HEADER, ROW]), ("Nova", [HEADER, ROW]), change=change))
    assert decoded.layout.table == "Nova"


def test_no_sheet_of_sales_is_refused_with_the_names(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"HEADER_NOT_FOUND: .*: Resumo, Outra"):
        decode(tmp_path, workbook(("Resumo", [["x"]]), ("Outra", [["y"]])))


def test_a_saved_mapping_chooses_its_sheet(tmp_path: Path) -> None:
    header = ["A", "B", "C", "D"]
    content = workbook(("Um", [header, ["1", dt.date(2024, 1, 2), "Café", 5]]), ("Dois", [["x"]]))
    with pytest.raises(Refusal, match="HEADER_NOT_FOUND"):
        decode(tmp_path, content)
    from datapilot_assets.landing.dialect import header_hash

    columns = {"A": "order_id", "B": "sold_at", "C": "product_name", "D": "line_amount"}
    decoded, _, _ = decode(tmp_path, content, organization=ACME.with_mapping(header_hash(header), columns))
    assert decoded.layout.table == "Um"


@pytest.mark.reason("FORMULAS_NOT_CALCULATED")
def test_a_formula_has_the_value_saved_with_it_or_the_file_is_refused(tmp_path: Path) -> None:
    row = text_row("1", "02/01/2024", "Café", "1", "5,00").removesuffix("</row>")
    head = text_row(*HEADER)
    good = f"{row}<c><f>D2*E2</f><v>5</v></c><c t='str'><f>G1</f><v></v></c></row>"
    _, records, _ = decode(tmp_path, raw_workbook(head + good))
    assert (records[0]["line_amount"], records[0]["status"]) == ("5", None)
    with pytest.raises(Refusal, match="FORMULAS_NOT_CALCULATED: sheet 'Vendas', row 2, column 6"):
        decode(tmp_path, raw_workbook(f"{head}{row}<c><f>D2*E2</f><v></v></c></row>"))


def test_other_programs_write_other_xml(tmp_path: Path) -> None:
    """Prefixed tags, shared text in runs with pronunciation, escapes, cells without addresses, any part names."""
    shared = (
        "<x:si><x:r><x:t>Ca</x:t></x:r><x:r><x:t>fé</x:t></x:r><x:rPh><x:t>kafe</x:t></x:rPh></x:si>"
        "<x:si><x:t>a_x000D_&#10;b_x005F_x0041_</x:t></x:si>"
    )
    header = "".join(f'<x:c t="inlineStr"><x:is><x:t>{name}</x:t></x:is></x:c>' for name in HEADER)
    data = (
        f"<x:row>{header}</x:row>"
        '<x:row r="4"><x:c r="A4"><x:v>7.0</x:v></x:c><x:c r="B4" t="d"><x:v>2024-01-02T10:00:00</x:v></x:c>'
        '<x:c r="C4" t="s"><x:v>0</x:v></x:c><x:c r="F4" s="1"><x:v>5</x:v></x:c>'
        '<x:c r="G4" t="s"><x:v>1</x:v></x:c><x:c r="H4" s="1"/></x:row>'
    )
    content = (
        raw_workbook(
            "",
            parts={
                "xl/worksheets/sheet1.xml": f'<x:worksheet xmlns:x="m"><x:sheetData>{data}</x:sheetData></x:worksheet>',
                "xl/sharedStrings.xml": f'<x:sst xmlns:x="{MAIN}">{shared}</x:sst>',
                "xl/styles.xml": "<styleSheet/>",
            },
        )
        .replace(b"xl/sharedStrings.xml", b"xl/SharedStrings.xml")
        .replace(b"xl/workbook.xml", b"xl\\workbook.xml")
    )
    _, records, _ = decode(tmp_path, content)
    assert fields(records[0]) == ["7", "2024-01-02T10:00:00", "Café", None, None, "5", "a\nb_x0041_"]
    assert records[0]["record_no"] == 3


GOOD = text_row(*HEADER) + text_row("1", "02/01/2024", "Café", "1", "5,00", "5,00", "Pago")


@pytest.mark.parametrize(
    ("content", "code", "detail"),
    [
        pytest.param(
            raw_workbook(GOOD, sheet_head='<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'),
            "ARCHIVE_CONTENT", "declares a document type", id="entities",
        ),
        pytest.param(raw_workbook(GOOD + "<row r='1'/>"), "FILE_DAMAGED", "row 1 after row 2", id="rows backwards"),
        pytest.param(raw_workbook(GOOD + "<row r='9999999'/>"), "FILE_DAMAGED", "row 9,999,999", id="row beyond Excel"),
        pytest.param(raw_workbook(GOOD + "<row><c r='ZZZZ3'/></row>"), "FILE_DAMAGED", "'ZZZZ3'", id="no column"),
        pytest.param(raw_workbook(GOOD + "<row><c t='s'><v>9</v></c></row>"), "FILE_DAMAGED", "text '9'", id="text"),
        pytest.param(raw_workbook(GOOD + "<row><c>"), "FILE_DAMAGED", "not readable", id="cut XML"),
        pytest.param(
            raw_workbook(GOOD + "<row>" + "<c><v>1</v></c>" * 513 + "</row>"), "LIMIT_EXCEEDED", "512 columns",
            id="wide",
        ),
        pytest.param(raw_workbook(GOOD + "<a>" * 200), "LIMIT_EXCEEDED", "nested more than", id="deep"),
        pytest.param(
            raw_workbook(GOOD + text_row("x" * 200_000)), "LIMIT_EXCEEDED", "131,072 characters", id="long text"
        ),
        pytest.param(
            raw_workbook(GOOD, parts={"xl/_rels/workbook.xml.rels": "no XML"}),
            "FILE_DAMAGED", "not readable", id="no relations",
        ),
        pytest.param(
            packed({"xl/workbook.bin": "x"}), "NOT_A_TABLE", ".xlsb", id="xlsb",
        ),
        pytest.param(
            packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}),
            "NOT_A_TABLE", ".ods", id="ods",
        ),
        pytest.param(packed({"word/document.xml": "<x/>"}), "NOT_A_TABLE", ".docx", id="docx"),
    ],
)  # fmt: skip
def test_a_workbook_that_cannot_be_read_is_refused_by_what_is_wrong(
    tmp_path: Path, content: bytes, code: str, detail: str
) -> None:
    with pytest.raises(Refusal) as refused:
        decode(tmp_path, content)
    assert (refused.value.code, detail in str(refused.value)) == (code, True), str(refused.value)


@pytest.mark.reason("LIMIT_EXCEEDED")
def test_rows_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    organization = ACME.model_copy(update={"limits": LandingLimits(max_records=2)})
    with pytest.raises(Refusal, match="LIMIT_EXCEEDED"):
        decode(tmp_path, workbook(("Vendas", [HEADER, ROW, ROW, ROW])), organization=organization)


def test_a_format_is_a_date_only_by_its_letters() -> None:
    dates = {code for code in ("d/m/yy", "mmm-yy", 'dd" de "mmmm', "yyyy-mm-dd", "m/d") if read_format(code).date}
    assert len(dates) == 5
    assert read_format("mm:ss.0") == NumberFormat(time=True)
    assert read_format("[mm]:ss") == NumberFormat(time=True, elapsed=True)
    for code in ("General", "0.00", "#,##0", '"mês "0', "[Red]0.00;[Blue]-0.00", "@", "0%", "0.0E+00", "R$ #,##0.00"):
        assert read_format(code) == GENERAL, code
