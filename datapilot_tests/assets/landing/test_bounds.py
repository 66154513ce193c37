"""No input takes the machine: bombs of every kind are refused, and great workbooks are read, in little memory."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from datapilot_tests.assets.landing.decoding import LINE, table
from datapilot_tests.assets.landing.workbooks import HEADER, raw_workbook, text_row

MEGABYTE = b"0" * 1024**2
HEAD = f"<worksheet><sheetData>{text_row(*HEADER)}".encode()
# The outcome of each file, and how far the process grew beyond what importing took, in MB.
CHILD = """
import json, sys, tempfile
from pathlib import Path
from datapilot_assets.landing.tables import find_table
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal
from datapilot_tests.memory import peak_memory

before, outcomes = peak_memory(), {}
for name in sys.argv[1:]:
    with tempfile.TemporaryDirectory() as workdir:
        try:
            outcomes[Path(name).name] = find_table(Path(name), LandingLimits(), Path(workdir)).name or "read"
        except Refusal as refusal:
            outcomes[Path(name).name] = refusal.code
print(json.dumps([(peak_memory() - before) // 1024**2, outcomes]))
"""


def run_child(folder: Path) -> tuple[int, dict[str, str]]:
    files = sorted(map(str, folder.iterdir()))
    done = subprocess.run([sys.executable, "-c", CHILD, *files], capture_output=True, text=True, check=True)
    grown, outcomes = json.loads(done.stdout)
    return grown, outcomes


def sheet(path: Path, piece: Callable[[int], bytes], times: int, end: bytes = b"</sheetData></worksheet>") -> None:
    """A workbook whose sheet holds the pieces, written as a stream."""
    with (
        zipfile.ZipFile(io.BytesIO(raw_workbook(""))) as rest,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        for name in rest.namelist():
            if "sheet1" not in name:
                archive.writestr(name, rest.read(name))
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(HEAD)
            for number in range(times):
                part.write(piece(number))
            part.write(end)


@pytest.mark.reason("LIMIT_EXCEEDED")
def test_bombs_are_refused_in_little_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.gz", "wb", compresslevel=9) as packed:
        for _ in range(400):
            packed.write(MEGABYTE)
    with (
        zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("vendas.csv", "w") as member,
    ):
        for _ in range(400):
            member.write(MEGABYTE)
    for name, encoding in (("line.csv", "utf-8"), ("line-utf16.csv", "utf-16-le")):
        with (tmp_path / name).open("wb") as file:
            file.write(("\ufeff" + table(LINE)).encode(encoding))
            for _ in range(400):
                file.write(MEGABYTE)
    (tmp_path / "quotes.csv").write_text(table(LINE) + '"' + "x\r\n" * 20_000_000, encoding="utf-8")
    sheet(tmp_path / "text.xlsx", lambda _: MEGABYTE, 100, b"")
    sheet(tmp_path / "value.xlsx", lambda n: MEGABYTE if n else b"<row><c><v>", 100)
    sheet(tmp_path / "attribute.xlsx", lambda n: MEGABYTE if n else b'<row x="', 20)
    sheet(tmp_path / "comment.xlsx", lambda n: MEGABYTE if n else b"<!--", 20)
    sheet(tmp_path / "deep.xlsx", lambda _: b"<a>" * 300_000, 100)
    sheet(tmp_path / "names.xlsx", lambda n: b"".join(b"<n%dx%d/>" % (n, m) for m in range(20_000)), 20)
    sheet(tmp_path / "columns.xlsx", lambda _: text_row(*["1"] * 16_000).encode(), 100)
    grown, outcomes = run_child(tmp_path)
    # The quote that never closes is found when the records are read.
    assert outcomes == dict.fromkeys(outcomes, "LIMIT_EXCEEDED") | {"quotes.csv": "read"}
    assert len(outcomes) == 12
    assert grown < 100


def test_a_great_workbook_takes_the_memory_of_a_row(tmp_path: Path) -> None:
    """Its texts, 40 000 of them, are all that is held."""
    texts = "".join(f"<si><t>Produto número {number}</t></si>" for number in range(40_000))
    cells = "<c t='s'><v>{0}</v></c><c><v>45300</v></c><c t='s'><v>{0}</v></c><c><v>1</v></c><c><v>5.5</v></c>"
    sheet(tmp_path / "rest.xlsx", lambda n: f"<row>{cells.format(n)}</row>".encode(), 40_000)
    with (
        zipfile.ZipFile(tmp_path / "rest.xlsx") as rest,
        zipfile.ZipFile(tmp_path / "great.xlsx", "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in rest.namelist():
            archive.writestr(name, f"<sst>{texts}</sst>" if "sharedStrings" in name else rest.read(name))
    (tmp_path / "rest.xlsx").unlink()
    grown, outcomes = run_child(tmp_path)
    assert outcomes == {"great.xlsx": "Vendas"}
    assert grown < 40
