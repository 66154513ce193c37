"""Workbooks with a fault outside their cells, as programs other than Excel write them: the table is read all the same.

Each fault makes openpyxl give up: that is why landing has a reader of its own.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from datapilot_tests.assets.landing.decoding import decode
from datapilot_tests.assets.landing.workbooks import HEADER, workbook

ROW = ["00123", dt.date(2024, 1, 2), "Café", 2, 9.45, 18.9, "Pago"]
# Part, what stands there (with anything up to its end), what a faulty program writes instead.
FAULTS = {
    "empty fill": ("xl/styles.xml", rb"<fills.*</fills>", b'<fills count="1"><fill/></fills>'),
    "no base styles": ("xl/styles.xml", rb"<cellStyleXfs.*?</cellStyleXfs>", b""),
    "font family of 34": ("xl/styles.xml", rb'<family val="2"', b'<family val="34"'),
    "created in month 13": ("docProps/core.xml", rb">[0-9-]+T[0-9:]+Z<", b">2024-13-01T00:00:00Z<"),
    "text as a number": ("xl/worksheets/sheet1.xml", rb"<v>9\.4[0-9]*</v>", b"<v>abc</v>"),
}


def faulty(fault: str) -> bytes:
    part, pattern, written = FAULTS[fault]
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(("Vendas", [HEADER, ROW])))) as good,
        zipfile.ZipFile(out, "w") as bad,
    ):
        for name in good.namelist():
            content = good.read(name)
            if name == part:
                content, times = re.subn(pattern, written, content, flags=re.DOTALL)
                assert times
            bad.writestr(name, content)
    return out.getvalue()


@pytest.mark.rule("R6")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_outside_the_cells_costs_no_sale(tmp_path: Path, fault: str) -> None:
    content = faulty(fault)
    _, (record,), _ = decode(tmp_path, content)
    assert (record["order_id"], str(record["sold_on"]), record["line_amount"]) == ("00123", "2024-01-02", "18,9")
    assert record["unit_price"] == ("abc" if fault == "text as a number" else "9,45")
    with pytest.raises((TypeError, ValueError, IndexError)):
        list(openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets[0].cell(2, 7).value)
