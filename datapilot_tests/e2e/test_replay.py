"""Replay: kept bytes decided again under today's mappings, settings and decoder."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import dagster as dg
import pytest

from datapilot_assets.bronze.kept import bronze_asset
from datapilot_assets.landing.dialect import header_hash
from datapilot_assets.landing.replay import FileNotLanded, Replay, Replayed, older_recipe, replay, select
from datapilot_assets.runs import run_intake, run_replay
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.landing import LandingEntry, Verdict
from datapilot_domain.ledger import active_entries
from datapilot_domain.organizations import OrgId, SourceSettings
from datapilot_resources.platform_resource import PlatformResource
from datapilot_tests.workbench import Workbench, sample

ODD = ("Nº Pedido", "Data da venda", "SKU", "Qtd", "Vlr Final")
ONE, TWO = "1;02/01/2024;A;1;10,00", "2;03/01/2024;B;1;20,00"


def table(*lines: str, header: tuple[str, ...] = ODD) -> str:
    return "\n".join([";".join(header), *lines]) + "\n"


def say(workbench: Workbench, org: str, header: tuple[str, ...] = ODD, **columns: str) -> None:
    """`mapping set`: which field the columns of that header are."""
    known = workbench.platform.registry.get(org)
    mapping = {column.replace("_", " "): field for column, field in columns.items()}
    workbench.platform.registry.put(known.with_mapping(header_hash(header), mapping))


def again(workbench: Workbench, org: str, file: str | None = None) -> list[Replayed]:
    entries = workbench.platform.lakehouse.landing_log(OrgId(org)).entries
    return run_replay(workbench.platform, OrgId(org), select(entries, file))


def outcomes(results: list[Replayed]) -> list[tuple[str, str, str | None]]:
    return [(r.entry.file, r.outcome.value, r.reason) for r in results]


def standing(workbench: Workbench, org: str) -> list[LandingEntry]:
    return [
        item.entry for item in active_entries(workbench.platform.lakehouse.landing_log(OrgId(org)).entries, "sales")
    ]


@pytest.mark.rule("R11")
@pytest.mark.reason("COLUMNS_MISSING")
def test_a_refused_file_is_taken_after_its_mapping_is_said_without_being_sent_again(workbench: Workbench) -> None:
    workbench.add("refused")
    (first,) = workbench.land("refused", ("odd.csv", table(ONE, TWO)))
    (later,) = workbench.land(
        "refused", ("good.csv", table("1;05/01/2024;A;1;11,00", header=(*ODD[:4], "Valor Total Item")))
    )
    assert (first.reason, later.verdict) == ("COLUMNS_MISSING", Verdict.ACCEPTED)
    assert outcomes(again(workbench, "refused")) == [
        ("odd.csv", "unchanged", "COLUMNS_MISSING"),
        ("good.csv", "unchanged", None),
    ]
    report = "org_id=refused/reports/000001-odd.report.md"
    assert "recusado: nada mudou" in workbench.platform.store.read(report).decode()
    say(workbench, "refused", Vlr_Final="line_amount")
    (changed, unchanged) = again(workbench, "refused")
    assert (changed.outcome, changed.before, changed.entry.verdict) == (
        Replay.CHANGED,
        Verdict.REFUSED,
        Verdict.ACCEPTED,
    )
    assert unchanged.outcome is Replay.UNCHANGED
    # It keeps the age of its arrival: the file that came after it still wins order 1.
    assert "aceito; os números ainda não foram calculados" in workbench.platform.store.read(report).decode()
    assert [(e.file, e.seq, e.place) for e in standing(workbench, "refused")] == [("odd.csv", 3, 1), ("good.csv", 2, 2)]
    assert changed.entry.arrived_at == first.entry.arrived_at
    assert outcomes(again(workbench, "refused"))[0] == ("odd.csv", "unchanged", None)
    assert len(workbench.platform.lakehouse.landing_log(OrgId("refused")).entries) == 3
    # Its bytes count as loaded from now on.
    (sent_again,) = workbench.land("refused", ("odd.csv", table(ONE, TWO)))
    assert sent_again.verdict is Verdict.ALREADY_LOADED


def test_a_changed_mapping_restates_the_months_of_its_file_only(workbench: Workbench) -> None:
    org = workbench.add("mapped")
    header = ("Nº Pedido", "Data da venda", "SKU", "Qtd", "Vlr Final", "Valor Total Item")
    odd = table("1;02/01/2024;A;1;9,00;10,00", header=header)
    workbench.land("mapped", ("odd.csv", odd), sample("2024-02", "english"))
    workbench.refine("mapped")
    before = {row["month"]: row for row in workbench.rows("gold.sales_month", "mapped")}
    assert older_recipe(standing(workbench, "mapped"), workbench.platform.registry.get("mapped")) == []
    say(workbench, "mapped", header, Vlr_Final="line_amount", Valor_Total_Item="extras")
    known = workbench.platform.registry.get("mapped")
    assert [e.file for e in older_recipe(standing(workbench, "mapped"), known)] == ["odd.csv"]

    dry = replay(workbench.platform, known, [1, 2], "dry", dry_run=True)
    assert [(r.outcome, [str(m) for m in r.months]) for r in dry] == [
        (Replay.CHANGED, ["2024-01"]),
        (Replay.UNCHANGED, []),
    ]
    assert workbench.platform.lakehouse.landing_log(org).head == 2, "a dry run writes nothing"
    assert len(workbench.rows("bronze.sales", "mapped")) == 28

    results = again(workbench, "mapped", "odd.csv")
    assert outcomes(results) == [("odd.csv", "changed", None)]
    (run,) = workbench.refine("mapped")
    assert (run.succeeded, [str(month) for month in run.months]) == (True, ["2024-01"])
    after = {row["month"]: row for row in workbench.rows("gold.sales_month", "mapped")}
    assert (before["2024-01"]["gross_revenue"], after["2024-01"]["gross_revenue"]) == (Decimal("10"), Decimal("9"))
    assert after["2024-02"] == before["2024-02"]
    assert older_recipe(standing(workbench, "mapped"), known) == []


def test_a_quantity_that_is_assumed_later_counts_units_after_a_replay(workbench: Workbench) -> None:
    workbench.add("lessons")
    header = ("Data", "Produto", "Valor")
    sold = ("02/01/2024;Aula;80,00", "03/01/2024;Aula;80,00", "04/01/2024;Aula;-80,00", "05/01/2024;Brinde;0,00")
    counted = table("1;02/02/2024;A;3;30,00", header=(*ODD[:4], "Valor Total Item"))
    workbench.land("lessons", ("aulas.csv", table(*sold, header=header)), ("feb.csv", counted))
    workbench.refine("lessons")
    before, other = workbench.month("lessons", "2024-01"), workbench.month("lessons", "2024-02")
    assert {row["units"] for row in workbench.rows("gold.sales_products", "lessons", "2024-01")} == {None}
    assert (before["units"], before["gross_revenue"], other["units"]) == (None, 160, 3)

    known = workbench.platform.registry.get("lessons")
    assumed = known.with_assumed_quantity(header_hash(header), 1)
    workbench.platform.registry.put(assumed)
    assert [e.file for e in older_recipe(standing(workbench, "lessons"), assumed)] == ["aulas.csv"]
    assert outcomes(again(workbench, "lessons")) == [("aulas.csv", "changed", None), ("feb.csv", "unchanged", None)]
    assert older_recipe(standing(workbench, "lessons"), assumed) == []
    (run,) = workbench.refine("lessons")
    assert (run.succeeded, [str(month) for month in run.months]) == (True, ["2024-01"])
    after = workbench.month("lessons", "2024-01")
    assert (after["units"], after["gift_units"], after["lines"]) == (3, 1, 4)
    money = ("gross_revenue", "returns_amount", "net_revenue")
    assert [after[name] for name in money] == [before[name] for name in money] == [160, -80, 80]
    products = workbench.rows("gold.sales_products", "lessons", "2024-01")
    assert {row["product_key"]: row["units"] for row in products} == {"aula": 2, "brinde": 1}

    # Taken back, the figures are what they were.
    workbench.platform.registry.put(known)
    assert outcomes(again(workbench, "lessons", "aulas.csv")) == [("aulas.csv", "changed", None)]
    workbench.refine("lessons")
    assert workbench.month("lessons", "2024-01")["units"] is None


def test_replay_of_everything_under_a_new_decoder_changes_no_figure(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench.add("decoder")
    workbench.land("decoder", sample("2024-01", "excel_br_cp1252"))
    workbench.land(
        "decoder",
        (
            "late.csv",
            sample("2024-03", "english").parent.joinpath("vendas_2024-03_com_atrasados__english.csv").read_bytes(),
        ),
    )
    corrected = sample("2024-01", "english").parent / "vendas_2024-01_corrigido__excel_br_cp1252.csv"
    workbench.land("decoder", corrected, complete="2024-01")
    workbench.refine("decoder")

    def figures() -> list[dict[str, Any]]:
        rows = workbench.rows("gold.sales_month", "decoder") + workbench.rows("gold.sales_products", "decoder")
        return [{name: value for name, value in row.items() if name != "fingerprint"} for row in rows]

    def notices() -> list[list[str]]:
        return [sorted(notice.code for notice in entry.notices) for entry in standing(workbench, "decoder")]

    before, told = figures(), notices()
    monkeypatch.setattr("datapilot_assets.landing.decode.DECODER_VERSION", 10_000)
    assert {r.outcome for r in again(workbench, "decoder")} == {Replay.CHANGED}
    assert all(run.succeeded for run in workbench.refine("decoder"))
    assert (figures(), notices()) == (before, told)


def test_a_file_that_would_now_be_refused_keeps_its_content_and_stops_no_other(workbench: Workbench) -> None:
    workbench.add("kept")
    good = ("Nº Pedido", "Data da venda", "SKU", "Qtd", "Valor Total Item")
    workbench.land("kept", ("good.csv", table(ONE, header=good)), ("odd.csv", table(TWO)))
    say(workbench, "kept", good, Valor_Total_Item="extras")
    say(workbench, "kept", Vlr_Final="line_amount")
    assert outcomes(again(workbench, "kept")) == [
        ("good.csv", "kept", "COLUMNS_MISSING"),
        ("odd.csv", "changed", None),
    ]
    assert [e.file for e in standing(workbench, "kept")] == ["good.csv", "odd.csv"]


def test_a_file_that_breaks_stops_no_other_and_is_named(workbench: Workbench) -> None:
    org = workbench.add("broken")
    workbench.land("broken", ("a.csv", table(ONE)), ("b.csv", table(TWO)))
    say(workbench, "broken", Vlr_Final="line_amount")
    lost = workbench.platform.lakehouse.landing_log(org).entries[0]
    workbench.platform.store.delete(f"org_id=broken/landing/files/{lost.sha256}/content")
    first, second = again(workbench, "broken")
    assert (first.outcome, second.outcome) == (Replay.FAILED, Replay.CHANGED)
    assert "content" in first.line


def test_a_refused_part_completes_its_month_when_it_is_replayed(workbench: Workbench) -> None:
    workbench.add("parts")
    good = ("Nº Pedido", "Data da venda", "SKU", "Qtd", "Valor Total Item")
    (first,) = workbench.land("parts", ("p1.csv", table(ONE)), complete="2024-01", part=(1, 2))
    (second,) = workbench.land("parts", ("p2.csv", table(TWO, header=good)), complete="2024-01", part=(2, 2))
    assert (first.verdict, second.verdict) == (Verdict.REFUSED, Verdict.WAITING)
    say(workbench, "parts", Vlr_Final="line_amount")
    results = again(workbench, "parts", "p1.csv")
    assert [(r.entry.file, r.entry.verdict) for r in results] == [
        ("p1.csv", Verdict.WAITING),
        ("p2.csv", Verdict.ACCEPTED),
    ]
    assert [e.file for e in standing(workbench, "parts")] == ["p1.csv", "p2.csv"]
    assert results[1].entry.declaration == second.entry.declaration
    # And each of them alone keeps its place in the group.
    say(workbench, "parts", good, Valor_Total_Item="line_amount", Qtd="extras", SKU="product_name")
    assert [r.outcome for r in again(workbench, "parts", "p2.csv")] == [Replay.UNCHANGED, Replay.CHANGED]
    assert [(e.file, e.place) for e in standing(workbench, "parts")] == [("p1.csv", 1), ("p2.csv", 2)]


@pytest.mark.reason("DECLARATION_INVALID")
def test_a_declaration_that_nobody_understood_is_not_guessed(workbench: Workbench) -> None:
    workbench.add("guess")
    key = "inbox/org_id=guess/complete=2024-13/vendas.csv"
    workbench.platform.store.write(key, table(ONE, header=(*ODD[:4], "Valor Total Item")).encode())
    (refused,) = run_intake(workbench.platform, [key])
    assert refused.reason == "DECLARATION_INVALID"
    assert outcomes(again(workbench, "guess")) == [("vendas.csv", "unchanged", "DECLARATION_INVALID")]
    assert standing(workbench, "guess") == []


def test_a_source_that_became_the_whole_truth_of_its_months_is_so_for_earlier_files_after_a_replay(
    workbench: Workbench,
) -> None:
    workbench.add("whole")
    good = ("Nº Pedido", "Data da venda", "SKU", "Qtd", "Valor Total Item")
    workbench.land("whole", ("a.csv", table(ONE, header=good)))
    workbench.land("whole", ("b.csv", table(TWO, header=good)))
    known = workbench.platform.registry.get("whole")
    whole = known.model_copy(update={"sources": {"main": SourceSettings(files_are_complete=True)}})
    workbench.platform.registry.put(whole)
    results = again(workbench, "whole")
    assert [[str(m) for m in r.entry.complete_months] for r in results] == [["2024-01"]] * 2
    assert {notice.code for notice in results[1].entry.notices} >= {"ORDERS_REMOVED"}


def test_bronze_materialized_by_hand_replays_its_files(workbench: Workbench) -> None:
    workbench.add("byhand")
    header = ("Nº Pedido", "Data da venda", "SKU", "Qtd", "Vlr Final", "Valor Total Item")
    workbench.land("byhand", ("odd.csv", table("1;02/01/2024;A;1;9,00;10,00", header=header)))
    say(workbench, "byhand", header, Vlr_Final="line_amount", Valor_Total_Item="extras")
    with workbench.instance() as instance:
        instance.add_dynamic_partitions("org", ["byhand"])
        result = dg.materialize(
            [bronze_asset(BRONZE_SALES)],
            instance=instance,
            partition_key=dg.MultiPartitionKey({"org": "byhand", "month": "2024-01"}),
            resources={"platform": PlatformResource()},
        )
    assert result.success
    (entry,) = standing(workbench, "byhand")
    assert (entry.seq, entry.place) == (2, 1)
    amounts = {row["content_id"]: row["line_amount"] for row in workbench.rows("bronze.sales", "byhand")}
    assert amounts[entry.content_id] == "9,00"


def test_a_name_that_never_landed_is_said_so(workbench: Workbench) -> None:
    workbench.add("typed")
    workbench.land("typed", sample("2024-01", "english"))
    entries = workbench.platform.lakehouse.landing_log(OrgId("typed")).entries
    with pytest.raises(FileNotLanded):
        select(entries, "no such.csv")
    assert select(entries, entries[0].sha256[:8]) == [1]
