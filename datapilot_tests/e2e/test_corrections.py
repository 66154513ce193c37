"""Correction files land without Spark: what they change, what they leave alone, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from datapilot_assets.landing.corrections import POINTER, pointer
from datapilot_assets.landing.intake import Landed
from datapilot_assets.runs import run_replay
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.landing import LandingEntry, Verdict
from datapilot_domain.ledger import active_entries, current_entries
from datapilot_domain.organizations import OrgId
from datapilot_tests.workbench import Workbench

HEADER = "Nº Pedido;Item;Data da venda;SKU;Qtd;Valor Total Item;Desconto;Status;Cliente;E-mail"
THREE_LINES = f"""{HEADER}
1;1;05/01/2024;00123;1;10,00;3,00;Pago;Ana;ana@example.com
1;2;05/01/2024;00045;1;abc;3,00;Pago;Ana;ana@example.com
1;3;05/01/2024;X;1;30,00;3,00;Pago;Ana;ana@example.com
2;1;06/01/2024;Y;1;5,00;0,00;Pago;Bia;bia@example.com
"""


def at(workbench: Workbench, org: str, place: int) -> LandingEntry:
    entries = workbench.platform.lakehouse.landing_log(OrgId(org)).entries
    return next(entry for entry in current_entries(entries) if entry.place == place)


def sheet(*rows: Mapping[str, str]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [";".join(names), *(";".join(row.get(name, "") for name in names) for row in rows)]
    return "\r\n".join(lines) + "\r\n"


def row(workbench: Workbench, org: str, place: int, record: int, **cells: str) -> dict[str, str]:
    return {POINTER: pointer(OrgId(org), "pt-BR", at(workbench, org, place), record), **cells}


def correct(workbench: Workbench, org: str, *rows: Mapping[str, str], name: str = "quarentena.csv") -> Landed:
    (landed,) = workbench.land(org, (name, sheet(*rows)))
    return landed


def bronze(workbench: Workbench, org: str, place: int) -> dict[int, dict[str, Any]]:
    content = str(at(workbench, org, place).content_id)
    return workbench.platform.lakehouse.content_rows(BRONZE_SALES, OrgId(org), content, range(1, 100))


def codes(landed: Landed) -> list[str]:
    return [notice.code for notice in landed.entry.notices]


@pytest.mark.rule("R10")
@pytest.mark.rule("R13")
def test_a_corrected_cell_changes_its_record_and_nothing_else(workbench: Workbench) -> None:
    workbench.add("cells")
    workbench.land("cells", ("vendas.csv", THREE_LINES))
    before = bronze(workbench, "cells", 1)
    landed = correct(workbench, "cells", row(workbench, "cells", 1, 2, line_amount="20,00", sku="45"))
    assert (landed.verdict, landed.entry.records, landed.entry.ignored) == (Verdict.ACCEPTED, 1, 0)
    assert [str(month) for month in landed.entry.months] == ["2024-01"]
    after = bronze(workbench, "cells", 1)
    amounts = {number: record["line_amount"] for number, record in after.items()}
    assert amounts == {1: "10,00", 2: "20", 3: "30,00", 4: "5,00"}
    # A spreadsheet's 45 is the code 00045; what was not exported stays.
    assert (after[2]["sku"], after[2]["customer_email"]) == ("00045", "ana@example.com")
    assert {number: record["unit_key"] for number, record in after.items()} == {
        number: record["unit_key"] for number, record in before.items()
    }
    entry = at(workbench, "cells", 1)
    first = workbench.platform.lakehouse.landing_log(OrgId("cells")).entries[0]
    assert (entry.file, entry.arrived_at, sum(entry.corrected.values())) == ("vendas.csv", first.arrived_at, 1)
    # The order's discount is spread once over its three lines, as if the line had always been right.
    assert sum(record["order_discount_alloc"] for record in after.values() if record["order_id"] == "1") == 3
    assert (before[1]["line_amount"], before[2]["line_amount"]) == ("10,00", "abc")


def test_the_same_correction_again_changes_nothing(workbench: Workbench) -> None:
    workbench.add("twice")
    workbench.land("twice", ("vendas.csv", THREE_LINES))
    text = sheet(row(workbench, "twice", 1, 2, line_amount="20,00"))
    workbench.land("twice", ("q.csv", text))
    head = workbench.platform.lakehouse.landing_log(OrgId("twice")).head
    (again,) = workbench.land("twice", ("q2.csv", text))
    (later,) = workbench.land("twice", ("q3.csv", text.replace("20,00", "21,00")))
    assert again.verdict is Verdict.ALREADY_LOADED
    # From the same old export: somebody corrected the record since.
    assert (later.verdict, codes(later), later.entry.corrects) == (Verdict.ACCEPTED, ["CORRECTIONS_CLOSED"], {})
    assert bronze(workbench, "twice", 1)[2]["line_amount"] == "20"
    assert workbench.platform.lakehouse.landing_log(OrgId("twice")).head == head + 1
    # Exported again, it may be corrected again.
    third = correct(workbench, "twice", row(workbench, "twice", 1, 2, line_amount="22,00"), name="q4.csv")
    assert (codes(third), bronze(workbench, "twice", 1)[2]["line_amount"]) == ([], "22")


@pytest.mark.reason("CORRECTIONS_UNCHANGED")
@pytest.mark.reason("CORRECTIONS_CLOSED")
@pytest.mark.reason("CORRECTION_FIELD_ABSENT")
def test_rows_that_say_nothing_new_are_counted_and_named(workbench: Workbench) -> None:
    workbench.add("counts")
    workbench.land("counts", ("vendas.csv", THREE_LINES))
    landed = correct(
        workbench,
        "counts",
        row(workbench, "counts", 1, 2, line_amount="abc", channel="Site"),
        row(workbench, "counts", 1, 3, line_amount="31,00"),
        row(workbench, "counts", 1, 3, line_amount="32,00"),
        {},
    )
    values = {notice.code: notice.values for notice in landed.entry.notices}
    assert values == {
        "CORRECTIONS_UNCHANGED": {"count": "1", "rows": "vendas.csv:2"},
        "CORRECTIONS_CLOSED": {"count": "1", "rows": "vendas.csv:3"},
        "CORRECTION_FIELD_ABSENT": {"fields": "channel"},
    }
    assert landed.entry.corrects == {1: 1}
    assert bronze(workbench, "counts", 1)[3]["line_amount"] == "32", "the later of two rows counts"
    (nothing,) = workbench.land("counts", ("n.csv", sheet(row(workbench, "counts", 1, 2, line_amount="abc"))))
    assert (nothing.entry.corrects, nothing.entry.touched, nothing.corrected) == ({}, {}, ())


@pytest.mark.reason("CORRECTION_UNKNOWN")
def test_a_pointer_of_another_organization_or_of_nobody_is_refused(workbench: Workbench) -> None:
    for org in ("mine", "theirs"):
        workbench.add(org)
        workbench.land(org, ("vendas.csv", THREE_LINES))
    foreign = row(workbench, "theirs", 1, 2, line_amount="1,00")
    own = row(workbench, "mine", 1, 2, line_amount="20,00")
    for wrong in (foreign, {**own, POINTER: own[POINTER][:-1] + "x"}, {**own, POINTER: ""}):
        refused = correct(workbench, "mine", own, wrong)
        assert (refused.verdict, refused.reason) == (Verdict.REFUSED, "CORRECTION_UNKNOWN")
        assert "rows 2" in refused.line
    assert bronze(workbench, "mine", 1)[2]["line_amount"] == "abc"


@pytest.mark.reason("DECLARATION_INVALID")
def test_a_correction_file_declares_nothing(workbench: Workbench) -> None:
    workbench.add("declares")
    workbench.land("declares", ("vendas.csv", THREE_LINES))
    text = sheet(row(workbench, "declares", 1, 2, line_amount="20,00"))
    (refused,) = workbench.land("declares", ("q.csv", text), complete="2024-01")
    assert refused.reason == "DECLARATION_INVALID"


@pytest.mark.rule("R4")
def test_one_file_corrects_records_of_several_files_sources_months_and_layouts(workbench: Workbench) -> None:
    workbench.add("several")
    english = (
        "order_id,line,order_date,sku,quantity,unit_price,amount,status\n"
        "1,1,2024-02-31 10:00:00,A,1,1234.56,1234.56,paid\n2,1,2024-02-20 10:00:00,A,1,1.00,1.00,paid\n"
    )
    workbench.land("several", ("vendas.csv", THREE_LINES))
    workbench.land("several", ("shopee.csv", english), source="shopee")
    landed = correct(
        workbench,
        "several",
        row(workbench, "several", 1, 2, line_amount="20,00"),
        row(workbench, "several", 2, 1, sold_at="29/02/2024 10:00", line_amount="1.234,56", unit_price="1234,560"),
    )
    assert landed.entry.corrects == {1: 1, 2: 1}
    assert sorted(map(str, landed.entry.touched)) == ["2024-01", "2024-02"]
    record = bronze(workbench, "several", 2)[1]
    assert (record["sold_at"], record["line_amount"], str(record["sold_on"])) == (
        "2024-02-29 10:00:00",
        "1234.56",
        "2024-02-29",
    )
    assert [(e.source, e.place) for e in _standing(workbench, "several")] == [("main", 1), ("shopee", 2)]


@pytest.mark.rule("R4")
def test_a_newer_version_of_the_order_wins_over_a_correction_landed_before_or_after_it(workbench: Workbench) -> None:
    workbench.add("newer")
    workbench.land("newer", ("vendas.csv", THREE_LINES))
    exported = row(workbench, "newer", 1, 2, line_amount="20,00")
    workbench.land("newer", ("whole.csv", THREE_LINES.replace("abc", "25,00").replace("2;1;06", "3;1;06")))
    late = correct(workbench, "newer", exported)
    assert (late.verdict, codes(late), late.entry.touched) == (Verdict.ACCEPTED, ["CORRECTIONS_CLOSED"], {})

    workbench.add("older")
    workbench.land("older", ("vendas.csv", THREE_LINES))
    correct(workbench, "older", row(workbench, "older", 1, 2, line_amount="20,00"))
    (whole,) = workbench.land("older", ("whole.csv", THREE_LINES.replace("abc", "25,00").replace("2;1;06", "3;1;06")))
    assert list(map(str, whole.entry.touched)) == ["2024-01"]
    assert [e.file for e in _standing(workbench, "older")] == ["vendas.csv", "whole.csv"]


def test_corrections_stay_on_the_bytes_when_they_are_declared_anew_or_replayed(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = workbench.add("stay")
    workbench.land("stay", ("vendas.csv", THREE_LINES))
    correct(workbench, "stay", row(workbench, "stay", 1, 2, line_amount="20,00"))
    (declared,) = workbench.land("stay", ("vendas.csv", THREE_LINES), complete="2024-01")
    assert [c.file for c in declared.entry.corrections] == ["quarentena.csv"]
    assert bronze(workbench, "stay", declared.entry.place)[2]["line_amount"] == "20"
    monkeypatch.setattr("datapilot_assets.landing.decode.DECODER_VERSION", 10_000)
    run_replay(workbench.platform, org, [1, declared.entry.place])
    assert bronze(workbench, "stay", declared.entry.place)[2]["line_amount"] == "20"


def test_a_corrected_date_is_read_however_the_other_dates_of_its_file_are_written(workbench: Workbench) -> None:
    workbench.add("dated")
    workbench.land("dated", ("vendas.csv", THREE_LINES))
    correct(workbench, "dated", row(workbench, "dated", 1, 4, sold_at="07/02/2024"))
    assert str(bronze(workbench, "dated", 1)[4]["sold_on"]) == "2024-02-07"


def test_a_record_that_lacked_its_end_is_completed(workbench: Workbench) -> None:
    workbench.add("short")
    workbench.land("short", ("vendas.csv", THREE_LINES + "9;1;07/01/2024\n"))
    assert bronze(workbench, "short", 1)[5]["defect"] == "RECORD_SHAPE:sku"
    correct(workbench, "short", row(workbench, "short", 1, 5, sku="'0007", quantity="2", line_amount="8"))
    record = bronze(workbench, "short", 1)[5]
    assert (record["defect"], record["sku"], record["quantity"], record["line_amount"]) == (None, "0007", "2", "8")


def _standing(workbench: Workbench, org: str) -> list[LandingEntry]:
    return [
        item.entry for item in active_entries(workbench.platform.lakehouse.landing_log(OrgId(org)).entries, "sales")
    ]
