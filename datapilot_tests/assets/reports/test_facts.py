"""Reports of files that were not taken, or not refined yet: kept in the store as soon as they land."""

from __future__ import annotations

import json
from typing import Any

import dagster as dg
import pytest

from datapilot_assets.reports import file_reports
from datapilot_assets.reports.quarantined import fields_of, group_reasons
from datapilot_assets.reports.steps import next_steps
from datapilot_assets.reports.wording import Words
from datapilot_domain.held import choices
from datapilot_domain.landing import Declaration, Layout, Notice, Verdict
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_tests.domain.entries import entry
from datapilot_tests.workbench import Workbench, sample

HEADER = "Pedido;Data;Produto;Valor;Obs\r\n"


@pytest.fixture(scope="module")
def landed(workbench: Workbench) -> Workbench:
    workbench.add("acme")
    workbench.land("acme", ("sem valor|<b>.csv", "Pedido;Data;Produto;E-mail\r\n1;02/01/2024;A;ana@example.com\r\n"))
    workbench.land("acme", ("parte.csv", HEADER + "1;02/01/2024;A;5,00;x\r\n"), complete=Month(2024, 1), part=(1, 3))
    workbench.land("acme", ("vendas.csv", HEADER + "2;03/02/2024;A;7,00;x\r\n"), source="shopee")
    return workbench


def reports(landed: Workbench, locale: str | None = None) -> list[dict[str, Any]]:
    return file_reports(landed.platform, landed.platform.registry.get("acme"), locale=locale)


def test_a_refused_file_has_its_report_in_the_store(landed: Workbench) -> None:
    (refused, *_) = reports(landed)
    assert (refused["verdict"], refused["reason"]) == ("refused", "COLUMNS_MISSING")
    assert [refused[name] for name in ("records", "accepted", "superseded", "quarantined", "ignored")] == [0] * 5
    assert refused["stored_at"] == "org_id=acme/reports/000001-sem-valor-b.report.md"
    key = refused["stored_at"].removesuffix(".md")
    assert json.loads(landed.platform.store.read(f"{key}.json")) == refused
    text = landed.platform.store.read(f"{key}.md").decode()
    assert "recusado: nada mudou" in text
    assert "datapilot mapping set --org acme --file 'sem valor|<b>.csv' COLUMN=line_amount" in text
    assert "datapilot land 'sem valor|<b>.csv' --org acme" in text
    assert landed.platform.store.read(f"{key}.csv").startswith("\ufeffSeção;".encode())


def test_the_event_of_a_refused_file_carries_its_report(landed: Workbench) -> None:
    with landed.instance() as instance:
        asset = dg.AssetKey(["landing", "sales"])
        found = instance.fetch_observations(dg.AssetRecordsFilter(asset_key=asset), limit=50).records
    refused = [record.asset_observation for record in found if record.partition_key is None]
    (event,) = [e for e in refused if e is not None and e.metadata["verdict"].value == "refused"]
    assert "recusado: nada mudou" in str(event.metadata["report"].value)
    assert event.metadata["stored_at"].value == "org_id=acme/reports/000001-sem-valor-b.report.md"


@pytest.mark.reason("PARTS_MISSING")
def test_a_waiting_part_names_the_parts_to_send(landed: Workbench) -> None:
    waiting = reports(landed)[1]
    _, *steps = waiting["next_steps"]
    land = "datapilot land FILE --org acme --complete 2024-01"
    assert [(step["text"], step["commands"]) for step in steps] == [
        ("A parte 2 de 3 (troque FILE pelo arquivo):", [f"{land} --part 2/3"]),
        ("A parte 3 de 3 (troque FILE pelo arquivo):", [f"{land} --part 3/3"]),
    ]
    assert waiting["detail"] == "complete=2024-01: faltam as partes 2, 3 de 3"
    assert waiting["accepted"] is None


def test_an_accepted_file_waits_for_its_figures_and_shows_how_it_was_read(landed: Workbench) -> None:
    accepted = reports(landed)[2]
    assert (accepted["verdict"], accepted["pending"], accepted["accepted"]) == ("accepted", True, None)
    assert accepted["months"] == [{"month": "2024-02", "records": 1}]
    assert accepted["read_as"]["columns"][1] == {
        "column": "Data", "field": "sold_at", "decimal_mark": None, "date_order": "dmy",
    }  # fmt: skip
    assert accepted["read_as"]["extras"] == ["Obs"]
    kept = json.loads(landed.platform.store.read(accepted["stored_at"].replace(".md", ".json")))
    assert kept == accepted | {"source_role": None}


def test_the_language_may_be_another_than_the_organizations(landed: Workbench) -> None:
    assert "No status column" in reports(landed, "en")[2]["notices"][0]
    assert "Sem coluna de situação" in reports(landed)[2]["notices"][0]


def test_the_same_bytes_again_write_no_report(landed: Workbench) -> None:
    before = landed.platform.store.list("org_id=acme/reports")
    (again,) = landed.land("acme", ("outro.csv", HEADER + "2;03/02/2024;A;7,00;x\r\n"))
    assert again.verdict is Verdict.ALREADY_LOADED
    assert landed.platform.store.list("org_id=acme/reports") == before


def test_a_report_that_cannot_be_written_stops_no_file(landed: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    landed.add("full")
    monkeypatch.setattr("datapilot_assets.landing.job.publish_report", broken)
    results = landed.land("full", ("bad.csv", "x"), sample("2024-01", "english"))
    assert [result.verdict for result in results] == [Verdict.REFUSED, Verdict.ACCEPTED]


def test_personal_data_of_a_detail_is_masked(landed: Workbench) -> None:
    landed.add("headerless")
    landed.land("headerless", ("x.csv", "ana@example.com;123.456.789-09;x\r\n"))
    (found,) = file_reports(landed.platform, landed.platform.registry.get("headerless"))
    assert found["reason"] == "HEADER_NOT_FOUND"
    assert "***" in found["detail"]
    assert "ana@" not in str(found)
    assert "456.789" not in str(found)


def test_each_way_to_decide_a_held_file_says_what_it_means() -> None:
    held = entry(1, verdict=Verdict.HELD, reason="STORE_LOOKALIKE")
    ways = tuple(choices(held, []))
    _, *steps = next_steps(held.model_copy(update={"commands": ways}), Words("pt-BR"), counts=False, pending=True)
    assert [step.text for step in steps] == [
        "Se é de outra loja ou origem, diga qual (troque NAME):",
        "Se o arquivo está certo assim, aceite-o:",
        "Se não vale:",
    ]
    assert [step.commands for step in steps] == [(way.command,) for way in ways]


def test_a_remedy_without_commands_of_the_check_has_the_usual_one_and_names_what_to_replace() -> None:
    refused = entry(1, "sem título", verdict=Verdict.REFUSED, reason="HEADER_NOT_FOUND")
    remedy, again = next_steps(refused, Words("pt-BR"), counts=False, pending=False)
    assert remedy.text.endswith("(troque COLUMN e FIELD).")
    assert remedy.commands == ("datapilot mapping set --org acme --file 'sem título.csv' COLUMN=FIELD",)
    assert again.commands == ("datapilot land 'sem título.csv' --org acme",)
    lost = entry(1, "x", Declaration(replaces="y.csv"), verdict=Verdict.REFUSED, reason="REPLACED_FILE_UNKNOWN")
    listed, again = next_steps(lost, Words("pt-BR"), counts=False, pending=False)
    assert listed.commands == ("datapilot report --org acme",)
    assert (again.commands, "no lugar de NAME" in again.text) == (
        ("datapilot land x.csv --org acme --replaces NAME",),
        True,
    )


def layout(**marks: str) -> Layout:
    mapping = {"Vlr": "line_amount", "Qtd": "quantity", "Preço": "unit_price", "Tarifa A": "fees", "Tarifa B": "fees"}
    return Layout(
        header_hash="h", header=tuple(mapping), mapping=mapping, encoding="utf-8", delimiter=";",
        decimal_marks=marks, date_orders={},
    )  # fmt: skip


def bad(record_no: int, reason: str, text: str, column: str = "sold_at") -> dict[str, Any]:
    return {"record_no": record_no, "reason": reason, "column": column, "text": text}


def test_reasons_are_counted_with_the_money_that_can_be_read() -> None:
    rows = [
        bad(9, "DATE_UNREADABLE", "line_amount=1.234,50"),
        bad(2, "DATE_UNREADABLE", "quantity=2; unit_price=10,25"),
        bad(3, "DATE_UNREADABLE", "line_amount=abc"),
        bad(4, "AMOUNT_MISSING", "quantity=2", "line_amount"),
    ]
    marks = layout(line_amount=",", quantity=",", unit_price=",")
    dates, amounts = group_reasons(rows, marks, "pt-BR")
    assert (dates.code, dates.count, dates.amount) == ("DATE_UNREADABLE", 3, "1255.0000")
    assert [example.record for example in dates.examples] == [2, 3, 9]
    assert [example.line for example in dates.examples] == [3, 4, 10]
    assert (amounts.amount, amounts.examples[0].header, amounts.examples[0].value) == (None, "Vlr", None)


def test_a_price_is_money_where_each_line_is_one_unit() -> None:
    prices = layout(unit_price=",")
    rows = [bad(2, "DATE_UNREADABLE", "unit_price=10,25")]
    (unknown,) = group_reasons(rows, prices, "pt-BR")
    (known,) = group_reasons(rows, prices.model_copy(update={"assumed_quantity": 1}), "pt-BR")
    assert (unknown.amount, known.amount) == (None, "10.2500")


def test_several_columns_of_one_field_are_named_together() -> None:
    (group,) = group_reasons([bad(1, "RECORD_SHAPE", "fees=1", "fees")], layout(), "en")
    assert group.examples[0].header == "Tarifa A + Tarifa B"


def test_a_value_may_hold_what_parts_the_fields() -> None:
    text = "order_id=1; product_name=a; b=c; sku=x=y; status=; line_amount=3"
    assert fields_of(text) == {
        "order_id": "1", "product_name": "a; b=c", "sku": "x=y", "status": "", "line_amount": "3",
    }  # fmt: skip


def test_notices_speak_the_readers_numbers() -> None:
    kept = Notice(code="ORDERS_KEPT", values={"count": "1200", "amount": "BRL 104.49", "orders": "2024-01, 1200"})
    late = Notice(code="LATE_ROWS", values={"count": "2", "months": "2024-01, 2023-12"})
    assert ": 1.200," in Words("pt-BR").notice(kept, OrgId("acme"), "f.csv")
    assert "R$ 104,49 (2024-01, 1200)." in Words("pt-BR").notice(kept, OrgId("acme"), "f.csv")
    assert "janeiro/2024, dezembro/2023" in Words("pt-BR").notice(late, OrgId("acme"), "f.csv")
    assert "R$ 104.49" in Words("en").notice(kept, OrgId("acme"), "f.csv")
