"""Numbers: every way of writing one reads back to the same value, and nothing else does."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datapilot_assets.landing.shapes import Proof
from datapilot_assets.landing.values import number_column, number_sql
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import ACME, decode, table

DATABASE = duckdb.connect(config={"autoload_known_extensions": False})


def number(text: str, mark: str) -> Decimal | None:
    return DATABASE.execute(f"SELECT {number_sql('t', mark)} FROM (SELECT ? AS t)", [text]).fetchone()[0]  # type: ignore[index]


WRAPS = ("{}", "R$ {}", "R$\u00a0{}", "r${}", "US${}", "U$ {}", "{} BRL", "{} brl", "R$. {}", "{} EUR.", "€ {}")
NEGATIVE_WRAPS = ("-{}", "- {}", "-R$ {}", "R$ -{}", "{}-", "({})", "(R$ {})", "R$ ({})", "\u2212{}", "R$ \u2212{}")


@settings(deadline=None, max_examples=60)
@given(
    cents=st.integers(0, 10**11),
    mark=st.sampled_from(",."),
    thousands=st.sampled_from(["", "other", "\u00a0", "\u202f", "'", "\u2019"]),
    wrap=st.sampled_from(WRAPS + NEGATIVE_WRAPS),
)
def test_a_written_number_reads_back(cents: int, mark: str, thousands: str, wrap: str) -> None:
    value = Decimal(cents) / 100
    separator = thousands.replace("other", "." if mark == "," else ",")
    text = f"{value:,.2f}".translate({ord(","): separator, ord("."): mark})
    assert number(wrap.format(text), mark) == (-value if wrap in NEGATIVE_WRAPS else value)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "abc",
            "--5",
            "-5-",
            "-(5)",
            "1.2345,6",
            "12.34.567",
            "5,",
            ",5",
            "1 234",
            "0.125",
            "5%",
            "5,5 %",
            "1,5 %",
        ),
        *("12e5", "1.500E+03", "1E+", "1E123", "1e5e5", "R$.5", "1'23,00", "1'234\u00a0567x", "R$ R$ 5", "\u2212-5"),
    ],
)
def test_anything_else_is_no_number(text: str) -> None:
    assert number(text, ",") is None


@settings(deadline=None, max_examples=60)
@given(
    digits=st.from_regex(r"[1-9][0-9]{0,14}", fullmatch=True),
    exponent=st.integers(-20, 20),
    sign=st.sampled_from(["", "+"]),
    mark=st.sampled_from(",."),
)
def test_scientific_notation_is_the_number_it_stands_for(digits: str, exponent: int, sign: str, mark: str) -> None:
    written = digits[0] + (mark + digits[1:] if len(digits) > 1 else "")
    value = Decimal(f"{digits[0]}.{digits[1:] or 0}E{exponent}").quantize(Decimal("0.0001"), ROUND_HALF_UP)
    has_room = value < 10**14
    assert number(f"{written}E{sign if exponent >= 0 else ''}{exponent}", mark) == (value if has_room else None)
    assert number(f"-{written}e{exponent}", mark) == (-value if has_room else None)


def amounts(folder: Path, *texts: str, locale: str = "pt-BR") -> tuple[str, list[Decimal]]:
    organization = ACME.model_copy(update={"locale": locale})
    lines = [f"{n};2024-01-05;Café;1;;{text};Pago" for n, text in enumerate(texts)]
    decoded, _, units = decode(folder, table(*lines), organization=organization)
    found = {unit["order_id"]: unit["amount"] for unit in units}
    return decoded.layout.decimal_marks["line_amount"], [found[str(n)] for n in range(len(texts))]


@pytest.mark.rule("R7")
def test_the_other_rows_decide_what_an_ambiguous_number_means(tmp_path: Path) -> None:
    assert amounts(tmp_path, "1.234", "18,90") == (",", [Decimal(1234), Decimal("18.9")])
    assert amounts(tmp_path, "1.234", "18.90") == (".", [Decimal("1.234"), Decimal("18.9")])
    assert amounts(tmp_path, "0.125") == (".", [Decimal("0.125")])
    assert amounts(tmp_path, "1.234", "1.234.567") == (",", [Decimal(1234), Decimal(1234567)])
    assert amounts(tmp_path, "1.234", "1.5E+03") == (".", [Decimal("1.234"), Decimal(1500)])
    assert amounts(tmp_path, "1.234", "1\u00a0234,5") == (",", [Decimal(1234), Decimal("1234.5")])


def test_without_proof_the_other_columns_decide_then_the_locale(tmp_path: Path) -> None:
    assert amounts(tmp_path, "1.234")[0] == ","
    assert amounts(tmp_path, "1.234", locale="en")[0] == "."
    assert amounts(tmp_path, "1,234", locale="en") == (".", [Decimal(1234)])
    decoded, _, _ = decode(tmp_path, table("1;05/01/2024;Café;1;12.50;1.234;Pago"))
    assert decoded.layout.decimal_marks["line_amount"] == "."


@pytest.mark.rule("R7")
@pytest.mark.reason("DECIMAL_MARK_MIXED")
def test_both_marks_in_one_column_refuse_the_file(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="DECIMAL_MARK_MIXED") as refused:
        amounts(tmp_path, "1", "18,90", "18.90")
    assert str(refused.value) == "DECIMAL_MARK_MIXED: column 'Vlr. Total': record 2 has '18,90', record 3 has '18.90'"


@pytest.mark.parametrize(("comma", "point"), [("1.234.567", "1,234.5"), ("1,5E+03", "2.29E2"), ("R$ 1,5", "(0.125)")])
@pytest.mark.rule("R7")
@pytest.mark.reason("DECIMAL_MARK_MIXED")
def test_whatever_proves_either_mark_the_refusal_shows_both(tmp_path: Path, comma: str, point: str) -> None:
    with pytest.raises(Refusal, match="DECIMAL_MARK_MIXED") as refused:
        amounts(tmp_path, point, "1.234", comma)
    assert str(refused.value).endswith(f"column 'Vlr. Total': record 3 has {comma!r}, record 1 has {point!r}")


@pytest.mark.rule("R9")
def test_a_code_in_scientific_notation_stays_text(tmp_path: Path) -> None:
    lines = ["1E+05;2024-01-05;Café;1;;1,5E+03;Pago"]
    _, records, units = decode(tmp_path, table(*lines))
    assert (records[0]["order_id"], records[0]["line_amount"]) == ("1E+05", "1,5E+03")
    assert (units[0]["order_id"], units[0]["amount"]) == ("1E+05", Decimal(1500))


FORMS = st.sampled_from(["{}", "R$ {}", "R$ -{}", "-{}", "({})", "{}-", "US$ {}", "{} BRL", "{}%"])
DIGITS = st.sampled_from(
    ["0", "7", "1.234", "01.234", "1.23", "1,5", "0,125", "1.234.567,89", "1,234.5", "1,5E+03", ""]
)


@settings(deadline=None, max_examples=40)
@given(
    forms=st.lists(FORMS, min_size=1, max_size=2),
    texts=st.lists(DIGITS, min_size=1, max_size=4),
    mark=st.sampled_from(",."),
)
def test_a_column_is_read_alike_with_and_without_regular_expressions(
    forms: list[str], texts: list[str], mark: str
) -> None:
    rows = [form.format(text) for form in forms for text in texts]
    DATABASE.execute(
        "CREATE OR REPLACE TABLE written AS SELECT unnest(?) AS t, generate_subscripts(?, 1) AS record_no", [rows, rows]
    )
    column = number_column(DATABASE, "written", "t", "Valor")
    query = f"SELECT {column.sql('t', mark)}, {number_sql('t', mark)} FROM written"
    assert [fast for fast, _ in DATABASE.execute(query).fetchall()] == [
        general for _, general in DATABASE.execute(query).fetchall()
    ]


def test_money_of_one_form_is_read_without_regular_expressions() -> None:
    rows = ["R$ 5,00", "R$ -1.234,50"]
    DATABASE.execute("CREATE OR REPLACE TABLE written AS SELECT unnest(?) AS t, 1 AS record_no", [rows])
    sql = number_column(DATABASE, "written", "t", "Valor").sql("t", ",")
    assert "regexp" not in sql
    assert DATABASE.execute(f"SELECT {sql} FROM written").fetchall() == [(Decimal(5),), (Decimal("-1234.5"),)]


def test_the_proof_is_the_first_record_however_the_rows_arrive() -> None:
    rows = [f"{n}.50" for n in range(1000, 3000)]
    DATABASE.execute(
        "CREATE OR REPLACE TABLE written AS SELECT unnest(?) AS t, 2001 - generate_subscripts(?, 1) AS record_no",
        [rows, rows],
    )
    shapes = number_column(DATABASE, "written", "t", "Valor").shapes
    assert shapes.first == {"9999.99": Proof(1, "2999.50")}
