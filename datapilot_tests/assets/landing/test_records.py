"""Records, ignored records, continuation lines, units and occurrences."""

from __future__ import annotations

import hmac
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datapilot_assets.landing import spool
from datapilot_assets.landing.dialect import find_dialect
from datapilot_assets.landing.text import open_text
from datapilot_domain.organizations import LandingLimits
from datapilot_tests.assets.landing.decoding import LINE, decode, table

CELLS = st.text(st.sampled_from('aé"; ,\n\t|.'), max_size=6)


@pytest.mark.rule("R6")
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=8),
    delimiter=st.sampled_from(";,\t|"),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
)
def test_cells_survive_quoting_newlines_and_encodings(
    tmp_path: Path, rows: list[list[str]], delimiter: str, newline: str, encoding: str
) -> None:
    """Whatever their number of cells; a written row is read as one record with the same text."""
    lines = [["Pedido", "Data", "Valor"], *rows]
    quoted = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in lines]
    path = tmp_path / "file.csv"
    path.write_bytes("".join(line + newline for line in quoted).encode(encoding))
    limits = LandingLimits()
    source = open_text(path, limits)
    # Named, or words that stand above digits would be taken for an explanation of the columns.
    spooled = spool.spool_records(source, find_dialect(source, limits, named=lines[0]), limits, tmp_path)
    found = sorted(
        (row for file in spooled.files for row in pyarrow.parquet.read_table(file).to_pylist()),
        key=lambda row: row["record_no"],
    )
    assert [row["record_no"] for row in found] == list(range(1, len(rows) + 1))
    assert spooled.records == len(rows)
    for row, cells in zip(found, rows, strict=True):
        padded = [cell.strip() or None for cell in [*cells, ""][:3]]
        assert [row["c0"], row["c1"], row["c2"]] == padded
        assert row["surplus"] == (cells[3] if len(cells) > 3 and cells[3].strip() else None)
    texts = [(place, row[f"c{place}"] or "") for row in found for place in range(3)]
    assert spooled.beyond_ascii >= {place for place, text in texts if not text.isascii()}


def test_a_big_file_is_read_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    write = spool._write

    def measured(writer: Any, batch: Any, *rest: Any) -> None:
        sizes.append(batch.nbytes)
        write(writer, batch, *rest)

    monkeypatch.setattr(spool, "_write", measured)
    line = "{};02/01/2024;Café;1;18,90;18,90;Pago\r\n"
    path = tmp_path / "big.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(table())
        while file.tell() < 60_000_000:
            file.writelines(line.format(n) for n in range(10_000))
    limits = LandingLimits()
    source = open_text(path, limits)
    spooled = spool.spool_records(source, find_dialect(source, limits), limits, tmp_path)
    assert len(sizes) >= 14
    assert max(sizes) < 3 * spool.BATCH_BYTES
    assert sum(pyarrow.parquet.read_metadata(file).num_rows for file in spooled.files) == spooled.records


@pytest.mark.rule("R10")
@pytest.mark.rule("R15")
def test_preamble_blanks_totals_and_footers_are_ignored_but_counted(tmp_path: Path) -> None:
    content = "RELATÓRIO\r\n\r\n" + table(LINE, "", ";;;;;;", LINE, "TOTAL GERAL:;;;;;37,80;", "Registros: 2", "")
    decoded, records, _ = decode(tmp_path, content)
    assert (decoded.records, decoded.ignored) == (9, 7)
    assert [row["record_no"] for row in records] == [3, 6]


@pytest.mark.rule("R10")
@pytest.mark.parametrize(
    "line",
    [
        "TOTAL-1;;;1;2,00;2,00;Pago",
        ";;Total Care Shampoo;1;2,00;2,00;Pago",
        ";05/01/2024;;1;2,00;2,00;",
        "Total;05/01/2024;;1;2,00;2,00;",
        ";;;;;7,00;",
    ],
)
def test_what_may_be_a_sale_is_never_ignored(tmp_path: Path, line: str) -> None:
    decoded, records, _ = decode(tmp_path, table(LINE, line))
    assert (decoded.ignored, len(records)) == (0, 2)


@pytest.mark.rule("R10")
@pytest.mark.rule("R15")
def test_subtotals_and_bare_totals_are_checked_against_their_lines(tmp_path: Path) -> None:
    lines = [LINE, "Subtotal;;;;;18,90;", LINE, "Subtotal;;;;;18,90;", ";;;;;37,80;"]
    decoded, records, _ = decode(tmp_path, table(*lines))
    assert (decoded.ignored, len(records)) == (3, 2)


@pytest.mark.rule("R10")
@pytest.mark.rule("R12")
def test_short_and_long_records_keep_their_cells(tmp_path: Path) -> None:
    header = "Pedido;Data;Valor;Obs;"
    _, records, _ = decode(
        tmp_path,
        table("1;2024-01-02;5,00;a;", "2;2024-01-02", "3;2024-01-02;5,00", "4;2024-01-02;5,00;a;;z", header=header),
    )
    assert [row["defect"] for row in records] == [None, "RECORD_SHAPE:order_total", None, "RECORD_SHAPE:record"]
    assert dict(records[0]["extras"]) == {"Obs": "a"}
    assert dict(records[3]["extras"]) == {"Obs": "a", "_surplus": "z"}


STORE = "Número do Pedido;Data;Status do Pagamento;Desconto;Nome do Produto;Valor do Produto;Quantidade Comprada"


@pytest.mark.rule("R15")
def test_continuation_lines_take_the_orders_text_and_none_of_its_amounts(tmp_path: Path) -> None:
    lines = ["1;02/01/2024;Pago;3,00;A;5,00;1", "1;;;;B;6,00;1", ";;;;C;7,00;1", "2;;;;D;8,00;1", ";;;;E;1,00;1"]
    _, records, _ = decode(tmp_path, table(*lines, header=STORE))
    taken = [(row["order_id"], str(row["sold_on"]), row["payment_status"], row["order_discount"]) for row in records]
    assert taken == [
        ("1", "2024-01-02", "Pago", "3,00"),
        ("1", "2024-01-02", "Pago", None),
        ("1", "2024-01-02", "Pago", None),
        ("2", "None", None, None),
        (None, "None", None, None),
    ]
    assert records[3]["month"] == "2024-01"


@pytest.mark.rule("R15")
def test_the_first_record_of_an_order_is_its_head_though_its_status_is_blank(tmp_path: Path) -> None:
    lines = ["1;02/01/2024;Pago;3,00;A;5,00;1", "2;03/01/2024;;0,00;B;6,00;1", "2;;;;C;7,00;1", ";;;;D;8,00;1"]
    _, records, _ = decode(tmp_path, table(*lines, header=STORE))
    assert [(row["order_id"], str(row["sold_on"])) for row in records[1:]] == [("2", "2024-01-03")] * 3


def test_a_line_with_a_status_and_no_date_is_no_continuation(tmp_path: Path) -> None:
    _, records, _ = decode(tmp_path, table(LINE, "1;;Chá;1;2,00;2,00;Pago"))
    assert records[1]["sold_on"] is None


@pytest.mark.rule("R15")
def test_a_discount_that_differs_inside_an_order_is_line_level(tmp_path: Path) -> None:
    header = "Pedido;Data;Valor;Desconto"
    repeated, _, _ = decode(tmp_path, table("1;2024-01-02;5,00;1,00", "1;2024-01-02;6,00;1,00", header=header))
    first, _, _ = decode(tmp_path, table("1;2024-01-02;5,00;1,00", "1;2024-01-02;6,00;0,00", header=header))
    each, _, _ = decode(tmp_path, table("1;2024-01-02;5,00;1,00", "1;2024-01-02;6,00;2,00", header=header))
    assert (repeated.layout.line_level, first.layout.line_level) == ((), ())
    assert each.layout.line_level == ("order_discount",)


@pytest.mark.rule("R4")
@pytest.mark.rule("R21")
def test_units_of_orders_returns_and_keyless_lines(tmp_path: Path) -> None:
    lines = [
        "1;02/01/2024;A;1;5,00;5,00;Pago",
        "1;02/01/2024;A;1;5,00;5,00;Pago",
        "1;02/01/2024;B;1;5,00;5,00;Pago",
        "1;09/01/2024;A;-1;5,00;-5,00;Devolvido",
        "1;10/01/2024;A;-1;5,00;-5,00;Devolvido",
        ";02/01/2024;A;1;5,00;5,00;Pago",
        ";02/01/2024;A;1;5,00;5,00;Pago",
    ]
    _, records, units = decode(tmp_path, table(*lines))
    keys = [row["unit_key"] for row in records]
    assert len(set(keys[:3])) == 1
    assert len(set(keys)) == 5
    assert [row["occurrence"] for row in records] == [1, 2, 1, 1, 1, 1, 2]
    assert [row["event_type"] for row in records] == ["sale"] * 3 + ["return"] * 2 + ["sale"] * 2
    assert {unit["unit_key"]: (unit["records"], unit["amount"]) for unit in units}[keys[0]] == (3, Decimal(15))
    _, again, _ = decode(tmp_path, table(*reversed(lines)))
    assert {row["unit_key"] for row in again} == set(keys)


def test_a_repeated_line_number_is_an_occurrence(tmp_path: Path) -> None:
    header = "Pedido;Data;Item;Produto;Valor"
    lines = ["1;2024-01-02;1;A;5,00", "1;2024-01-02;1;B;6,00", "1;2024-01-02;2;A;5,00"]
    _, records, units = decode(tmp_path, table(*lines, header=header))
    assert [row["occurrence"] for row in records] == [1, 2, 1]
    assert sorted((unit["line_no"], unit["records"]) for unit in units) == [(1, 2), (2, 1)]


def test_customers_are_hashed_by_document_then_e_mail_then_id(tmp_path: Path) -> None:
    header = "Pedido;Data;Valor;CPF / CNPJ;E-mail;ID Cliente"
    lines = ["1;2024-01-02;5,00;123.456.789-09;A@b.c;7", "2;2024-01-02;5,00;;A@b.c;7", "3;2024-01-02;5,00;;;7"]
    _, records, _ = decode(tmp_path, table(*lines, "4;2024-01-02;5,00;;;", header=header))
    hashed = [hmac.new(b"k" * 32, text, "sha256").hexdigest() for text in (b"12345678909", b"a@b.c", b"7")]
    assert [row["customer_key"] for row in records] == [*hashed, None]


@pytest.mark.rule("R8")
def test_dates_outside_the_calendar_are_filed_under_the_main_month(tmp_path: Path) -> None:
    lines = [LINE, "2;02/01/2034;Chá;1;2,00;2,00;Pago", "3;31/02/2024;Chá;1;2,00;2,00;Pago"]
    decoded, records, _ = decode(tmp_path, table(*lines))
    assert [(row["month"], str(row["sold_on"])) for row in records] == [
        ("2024-01", "2024-01-02"),
        ("2024-01", "2034-01-02"),
        ("2024-01", "None"),
    ]
    assert {str(month): count.records for month, count in decoded.months.items()} == {"2024-01": 3}


@pytest.mark.reason("STATUS_ASSUMED", "DISCOUNT_ABSENT", "COLUMNS_UNMAPPED", "ORDER_LEVEL", "QUANTITY_ABSENT")
def test_notices_say_what_the_file_does_not_have(tmp_path: Path) -> None:
    orders, _, _ = decode(tmp_path, table("1;2024-01-02;5,00;x", header="Pedido;Data;Valor;Obs"))
    assert [(notice.code, notice.values) for notice in orders.notices] == [
        ("STATUS_ASSUMED", {}),
        ("ORDER_LEVEL", {}),
        ("DISCOUNT_ABSENT", {}),
        ("COLUMNS_UNMAPPED", {"columns": "Obs"}),
    ]
    lessons, _, _ = decode(tmp_path, table("2024-01-02;Aula;5,00", header="Data;Produto;Valor"))
    assert "QUANTITY_ABSENT" in [notice.code for notice in lessons.notices]


@pytest.mark.rule("R6")
def test_latin_1_is_what_cp1252_cannot_be(tmp_path: Path) -> None:
    plain, records, _ = decode(tmp_path, table(LINE).encode("cp1252"))
    other, _, _ = decode(tmp_path, table(LINE).encode("latin-1").replace(b"Caf", b"\x81Caf"))
    assert (plain.layout.encoding, other.layout.encoding) == ("cp1252", "latin-1")
    assert records[0]["product_name"] == "Café"


def test_the_recipe_names_mapping_locale_and_zone(tmp_path: Path) -> None:
    decoded, _, _ = decode(tmp_path, table(LINE))
    assert decoded.recipe["mapping"] == decoded.layout.mapping
    assert (decoded.recipe["locale"], decoded.recipe["time_zone"]) == ("pt-BR", "America/Sao_Paulo")


@pytest.mark.parametrize("ends", [[""], [";surplus"], ["", ";surplus"]], ids=["regular", "irregular", "both"])
def test_an_accent_is_written_in_one_way(tmp_path: Path, ends: list[str]) -> None:
    """A Mac writes é as e + accent: the product must not be counted as another one."""
    plain, decomposed = LINE.replace("Café", "Cafe"), LINE.replace("Café", "Cafe\u0301")
    _, records, _ = decode(tmp_path, table(plain, *(decomposed + end for end in ends)))
    assert [row["product_name"] for row in records] == ["Cafe", *["Café"] * len(ends)]


@pytest.mark.rule("R9")
def test_codes_keep_their_zeros_and_every_digit(tmp_path: Path) -> None:
    header = "Pedido;Data;SKU;Valor;CPF / CNPJ"
    codes = [("000123", "007"), ("123", "7"), ("35240112345678000195550010000012341000012345", "9007199254740993")]
    lines = [f"{order};2024-01-02;{sku};5,00;00.123.456/0001-09" for order, sku in codes]
    decoded, records, _ = decode(tmp_path, table(*lines, header=header))
    assert decoded.layout.mapping["SKU"] == "sku"
    assert [(row["order_id"], row["sku"]) for row in records] == codes
    assert len({row["unit_key"] for row in records}) == 3
    assert {row["customer_doc"] for row in records} == {"00.123.456/0001-09"}
