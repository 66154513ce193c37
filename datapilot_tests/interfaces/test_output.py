"""What rows look like outside: exact in JSON, harmless in a spreadsheet, readable on a terminal."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal

import pytest

from datapilot_domain.partitions import Month
from datapilot_domain.spreadsheets import neutral
from datapilot_interfaces.cli.output import csv_cell, plain, table_cell, write_csv, write_json, write_table


def test_json_keeps_decimals_exact_and_never_writes_an_exponent() -> None:
    row = {"money": Decimal("18156.3700"), "ratio": Decimal("0E-10"), "month": Month(2024, 1), "none": None}
    out = io.StringIO()
    write_json([row], out)
    assert json.loads(out.getvalue()) == [
        {"money": "18156.3700", "ratio": "0.0000000000", "month": "2024-01", "none": None}
    ]


def test_json_writes_nested_values() -> None:
    value = {"days": [dt.date(2024, 2, 29)], "by_month": {Month(2024, 1): Decimal("1.5")}}
    assert plain(value) == {"days": ["2024-02-29"], "by_month": {"2024-01": "1.5"}}


@pytest.mark.rule("R13")
@pytest.mark.parametrize("text", ["=1+1", "+55 11", "-2+3", "@cmd", "\t=1", "\r=1", "-1"])
def test_text_that_a_spreadsheet_would_run_is_neutralised(text: str) -> None:
    assert neutral(text) == f"'{text}"
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["1+1", "Café", "", " =1", "'=1"])
def test_other_text_is_left_alone(text: str) -> None:
    assert csv_cell(text) == text


def test_negative_numbers_stay_numbers_in_csv() -> None:
    assert csv_cell(Decimal("-18.90")) == "-18.90"
    assert csv_cell(-1) == "-1"


def test_csv_quotes_what_needs_it_and_leaves_null_empty() -> None:
    out = io.StringIO()
    write_csv([{"a": 'x, "y"\nz', "b": None, "c": ["2024-01", "2024-02"]}], ("a", "b", "c"), out)
    assert list(csv.reader(io.StringIO(out.getvalue()))) == [
        ["a", "b", "c"],
        ['x, "y"\nz', "", "2024-01, 2024-02"],
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("825.2895454545"), "825.2895"),
        (Decimal("0.00005"), "0.0001"),
        (Decimal("18156.3700"), "18,156.37"),
        (Decimal("-18.9"), "-18.90"),
        (None, "–"),
        (True, "yes"),
        (1234, "1,234"),
        ("a" * 32, "a" * 12),
        ("\x1b[31mred\n", "·[31mred·"),
    ],
)
def test_table_cells_are_for_people_and_cannot_steer_the_terminal(value: object, shown: str) -> None:
    assert table_cell(value) == shown


def test_a_piped_table_cuts_nothing() -> None:
    rows = [{f"column_{n}": f"value {n} of row {row}" for n in range(20)} for row in range(9)]
    out = io.StringIO()
    write_table(rows, tuple(rows[0]), out)
    assert all(value in out.getvalue() for row in rows for value in row.values())


def test_markup_in_data_is_shown_as_it_is() -> None:
    out = io.StringIO()
    write_table([{"text": "[bold]x[/bold]"}], ("text",), out)
    assert "[bold]x[/bold]" in out.getvalue()
