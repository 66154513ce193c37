"""The report as CSV: a Brazilian spreadsheet opens it with its numbers and runs none of its cells."""

from __future__ import annotations

import csv
import io

import pytest

from datapilot_assets.reports.sheet import report_csv
from datapilot_tests.assets.reports.written import effect, report


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def test_one_table_holds_fates_reasons_figures_and_reading() -> None:
    found = rows(report_csv(report(), "pt-BR"))
    fates = {row["Item"]: row["Quantidade"] for row in found if row["Seção"] == "Registros" and row["Quantidade"]}
    assert fates == {"Registros": "20", "Aceitos": "12", "Substituídos": "1", "Não aceitos": "5", "Ignorados": "2"}
    (example,) = [row for row in found if row["Linha no arquivo"] == "13"]
    assert (example["Coluna"], example["Conteúdo"]) == ("Dt. Venda", "31/02/2024")
    (gross,) = [row for row in found if row["Item"] == "janeiro/2024: receita bruta (BRL)"]
    assert (gross["Antes"], gross["Depois"], gross["Diferença"]) == ("1000", "2234,56", "1234,56")
    assert [row["Conteúdo"] for row in found if row["Coluna"] == "Dt. Venda"] == ["31/02/2024", "dia/mês/ano"]


@pytest.mark.rule("R13")
def test_no_cell_runs_and_negative_numbers_stay_numbers() -> None:
    told = {"file": "=cmd|' /C calc'!A0.csv", "notices": ("@SUM(A1)", "\tx"), "effects": (effect("units", "5", "2"),)}
    text = report_csv(report(**told), "en")
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=";") for cell in row]
    starts = [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert starts == ["-3"]
    assert "'=cmd|' /C calc'!A0.csv" in cells
