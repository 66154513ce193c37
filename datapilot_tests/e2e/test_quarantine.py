"""Quarantine that closes: export, correct as people do in Excel, land, and every entry is accounted for."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import Any

import pytest

from datapilot_assets.landing.corrections import POINTER
from datapilot_assets.quarantine import correction_csv, correction_rows, quarantine_rows
from datapilot_assets.reports import file_reports
from datapilot_domain.landing import Verdict
from datapilot_domain.organizations import OrgId
from datapilot_tests.workbench import SAMPLES, Workbench

ERRORS = SAMPLES / "vendas_2024-01_com_erros__english.csv"
HEADER = "order_id,line,order_date,sku,product,quantity,unit_price,amount,order_discount,status,customer_id"
ORDER = """{header}
1,1,2024-01-05 10:00:00,00123,Café,1,10.00,10.00,3.00,paid,C1
1,2,2024-01-05 10:00:00,00045,Açúcar,2,{price},{amount},3.00,paid,C1
1,3,2024-01-05 10:00:00,X,"=1+1",1,30.00,30.00,3.00,paid,C1
2,1,{day},00123,Café,-1,18.90,-18.90,0.00,paid,C1
3,1,2024-01-07 10:00:00,00123,Café,1,1234.56,1234.56,0.00,paid,ana@example.com
"""


def exported(workbench: Workbench, org: str) -> list[dict[str, str]]:
    """The export as a person sees it."""
    organization = workbench.platform.registry.get(org)
    columns, rows = correction_rows(workbench.platform, organization)
    text = correction_csv(columns, rows, organization.locale)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def resaved(rows: list[dict[str, str]], drop: tuple[str, ...] = (), encoding: str = "cp1252") -> bytes:
    """As Excel in Portuguese saves it: no byte order mark, columns moved and dropped, numbers and times shortened."""
    names = [name for name in reversed(rows[0]) if name not in drop]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([re.sub(r"(\d\d:\d\d):\d\d$", r"\1", row[name]) for name in names])
    return out.getvalue().encode(encoding)


def states(workbench: Workbench, org: str) -> list[tuple[Any, ...]]:
    rows = quarantine_rows(workbench.platform, OrgId(org))
    return [(row["record"], row["state"], row["closed_how"], row["closed_by"]) for row in rows]


def fates(workbench: Workbench, org: str, file: str) -> tuple[int, ...]:
    (row,) = file_reports(workbench.platform, workbench.platform.registry.get(org), file)
    names = ("records", "accepted", "superseded", "quarantined", "ignored")
    assert row["records"] == sum(row[name] for name in names[1:]), row
    return tuple(row[name] for name in names)


@pytest.mark.rule("R10")
@pytest.mark.rule("R13")
def test_the_errors_sample_is_exported_corrected_in_excel_landed_and_closed(workbench: Workbench) -> None:
    for org in ("errors", "wrong", "clean"):
        workbench.add(org)
    workbench.land("errors", ERRORS)
    broken = ORDER.format(header=HEADER, price="abc", amount="abc", day="2024-02-31 10:00:00")
    workbench.land("wrong", ("vendas.csv", broken))
    right = ORDER.format(header=HEADER, price="20.00", amount="40.00", day="2024-01-06 10:00:00")
    workbench.land("clean", ("vendas.csv", right))
    assert all(run.succeeded for run in workbench.refine("errors", "wrong", "clean"))
    before = workbench.month("errors", "2024-01")
    assert [state for _, state, *_ in states(workbench, "errors")] == ["open"] * 4

    rows = exported(workbench, "errors")
    assert [(row["file"], row["record"], row["column"]) for row in rows] == [
        (ERRORS.name, "12", "sold_at"),
        (ERRORS.name, "13", "line_amount"),
        (ERRORS.name, "14", "line_amount"),
        (ERRORS.name, "15", "sku"),
    ]
    assert [row["remedy"] for row in rows[:2]] == ["Corrija a data.", "Preencha o valor da linha."]
    assert not {"customer_id", "customer_name", "customer_email", "customer_doc"} & set(rows[0])
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())
    assert (rows[2]["product_name"], rows[1]["sold_at"]) == ("'=1+1", "10/01/2024 10:00:00")

    rows[0]["sold_at"] = "31/01/2024"
    rows[1]["line_amount"] = rows[1]["unit_price"] = "10"
    rows[2]["line_amount"] = rows[2]["unit_price"] = "R$ 11,5"
    only_three = resaved(rows, drop=("reason", "remedy", "file", "record"))
    (landed,) = workbench.land("errors", ("quarentena.csv", only_three))
    assert (landed.verdict, landed.entry.records, landed.entry.corrects) == (Verdict.ACCEPTED, 4, {1: 3})
    assert [notice.code for notice in landed.entry.notices] == ["CORRECTIONS_UNCHANGED"]

    # Another organization: one line of a three-line order, and a return whose date did not exist.
    rows = exported(workbench, "wrong")
    assert [(row["quantity"], row["line_amount"]) for row in rows] == [("2", "abc"), ("'-1", "'-18,90")]
    rows[0]["line_amount"], rows[0]["unit_price"], rows[0]["sku"] = "40", "20", "45"
    rows[1]["sold_at"] = "06/01/2024 10:00"
    workbench.land("wrong", ("correcao.csv", resaved(rows, encoding="utf-8-sig")))
    assert all(run.succeeded for run in workbench.refine("errors", "wrong"))

    by = ("closed", "corrected", "quarentena.csv")
    assert states(workbench, "errors") == [(12, *by), (13, *by), (14, *by), (15, "open", None, None)]
    after = workbench.month("errors", "2024-01")
    assert after["gross_revenue"] == before["gross_revenue"] + Decimal("1.00") + Decimal("10") + Decimal("11.5")
    assert (after["lines"], after["paid_orders"]) == (before["lines"] + 3, before["paid_orders"] + 3)
    # Its three records were replaced by the correction's three; the fourth of those said nothing new.
    assert fates(workbench, "errors", ERRORS.name) == (15, 11, 3, 1, 0)
    assert fates(workbench, "errors", "quarentena.csv") == (4, 3, 0, 0, 1)

    # Corrected figures are those of the file that was right from the start.
    assert {state for _, state, *_ in states(workbench, "wrong")} == {"closed"}
    assert _figures(workbench, "wrong") == _figures(workbench, "clean")
    names = {row["sku"]: row["product_name"] for row in workbench.rows("silver.sales", "wrong")}
    assert (names["00045"], names["X"]) == ("Açúcar", "=1+1")
    assert workbench.rows("silver.sales", "wrong")[0]["customer_key"] is not None


def _figures(workbench: Workbench, org: str) -> list[list[tuple[str, str]]]:
    tables = ("gold.sales_month", "gold.sales_products", "gold.sales_daily")
    return sorted(
        sorted((name, str(value)) for name, value in row.items() if name not in ("fingerprint", "org_id"))
        for table in tables
        for row in workbench.rows(table, org)
    )


@pytest.mark.rule("R10")
def test_what_closes_an_entry_is_named_and_a_wrong_correction_stays_open(workbench: Workbench) -> None:
    workbench.add("ends")
    broken = ORDER.format(header=HEADER, price="abc", amount="abc", day="2024-02-31 10:00:00")
    workbench.land("ends", ("vendas.csv", broken))
    workbench.refine("ends")
    rows = exported(workbench, "ends")
    rows[0]["line_amount"] = "quarenta"
    workbench.land("ends", ("tentativa.csv", resaved(rows[:1])))
    newer = (
        f"{HEADER}\n2,1,2024-01-08 10:00:00,00123,Café,1,5.00,5.00,0.00,paid,C1\n2,2,2024-02-31,Z,Z,-1,5,-5,0,paid,C1\n"
    )
    workbench.land("ends", ("nova.csv", newer.replace("2,1,2024-01-08", "8,1,2024-01-08").replace("2,2,", "2,1,")))
    workbench.refine("ends")
    found = quarantine_rows(workbench.platform, OrgId("ends"))
    assert [(row["file"], row["record"], row["state"]) for row in found] == [
        ("vendas.csv", 2, "open"),
        ("vendas.csv", 4, "closed"),
        ("nova.csv", 2, "open"),
    ]
    assert "quarenta" in found[0]["text"]
    assert (found[1]["closed_how"], found[1]["closed_by"]) == ("newer_version", "nova.csv")
    assert fates(workbench, "ends", "tentativa.csv") == (1, 0, 0, 1, 0)
    again = exported(workbench, "ends")
    assert (again[0]["line_amount"], again[0][POINTER] != rows[0][POINTER]) == ("quarenta", True)
