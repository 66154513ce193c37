"""The commands on real data: shapes of their rows, exit codes, and what they say of a faulty file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from datapilot_interfaces.cli.main import run
from datapilot_tests.interfaces.conftest import Cli

SAMPLES = Path(__file__).parents[1] / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
FAULTY = SAMPLES / "vendas_2024-01_com_erros__english.csv"
JANUARY = SAMPLES / "vendas_2024-01__excel_br_cp1252.csv"


@pytest.fixture(scope="module", autouse=True)
def refined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One home for the module: a whole January in acme, the errors file in globex, both refined."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATAPILOT_HOME", str(tmp_path_factory.mktemp("home")))
        assert run(["org", "add", "acme"]) == 0
        assert run(["org", "add", "globex"]) == 0
        assert run(["land", str(JANUARY), "--org", "acme"]) == 0
        assert run(["land", str(FAULTY), "--org", "globex"]) == 0
        assert run(["run", "--org", "all"]) == 0
        yield


def test_show_gives_exact_figures_as_text(cli: Cli) -> None:
    (row,) = cli("show", "gold.sales_month", "--org", "acme", "--format", "json").rows
    expected = EXPECTED["sales"]["2024-01"]
    assert (row["org_id"], row["month"], row["currency"]) == ("acme", "2024-01", "BRL")
    assert Decimal(row["gross_revenue"]) == Decimal(expected["gross"])
    assert isinstance(row["gross_revenue"], str)
    assert len(row["average_ticket"].partition(".")[2]) == 10
    assert "fingerprint" not in row


def test_show_lists_products_by_rank(cli: Cli) -> None:
    rows = cli("show", "gold.sales_products", "--org", "acme", "--month", "2024-01", "--format", "json").rows
    assert [row["product_key"] for row in rows] == [sku for sku, *_ in EXPECTED["sales"]["2024-01"]["top_products"]]


def test_show_of_bronze_leaves_clear_personal_data_out(cli: Cli) -> None:
    rows = cli("show", "bronze.sales", "--org", "acme", "--format", "json").rows
    assert len(rows) == EXPECTED["sales"]["2024-01"]["lines_in_file"]
    assert not {"customer_id", "customer_name", "customer_email", "customer_doc"} & set(rows[0])


def test_show_of_another_month_is_empty(cli: Cli) -> None:
    assert cli("show", "gold.sales_month", "--org", "acme", "--month", "2024-02", "--format", "json").rows == []


def test_status_rows(cli: Cli) -> None:
    rows = cli("status", "--org", "acme", "--format", "json").rows
    gold = next(row for row in rows if (row["table"], row["month"]) == ("gold.sales_month", "2024-01"))
    assert set(gold) == {"org_id", "table", "month", "fingerprint", "committed_version", "rows", "state"}
    assert (gold["rows"], gold["state"], len(gold["fingerprint"])) == (1, "current", 32)
    assert {row["org_id"] for row in cli("status", "--format", "json").rows} == {"acme", "globex"}


def test_the_errors_file_has_four_records_in_quarantine(cli: Cli) -> None:
    rows = cli("quarantine", "--org", "globex", "--format", "json").rows
    closed = {"closed_how", "closed_by", "closed_on"}
    assert [set(row) for row in rows] == [{"file", "record", "column", "reason", "text", "state", *closed}] * 4
    assert {row[name] for row in rows for name in closed} == {None}
    assert [(row["record"], row["reason"], row["state"]) for row in rows] == [
        (12, "DATE_UNREADABLE", "open"),
        (13, "AMOUNT_MISSING", "open"),
        (14, "AMOUNT_UNREADABLE", "open"),
        (15, "RECORD_SHAPE", "open"),
    ]
    assert {row["file"] for row in rows} == {FAULTY.name}
    assert cli("quarantine", "--org", "acme", "--format", "json").rows == []


@pytest.mark.rule("R13")
def test_the_export_names_remedies_and_runs_no_formula(cli: Cli, tmp_path: Path) -> None:
    output = tmp_path / "quarantine.csv"
    assert cli("quarantine", "export", "--org", "globex", "--output", output).code == 0
    assert output.read_bytes().startswith(b"\xef\xbb\xbfdatapilot_record;")
    rows = list(csv.DictReader(io.StringIO(output.read_text("utf-8-sig"), newline=""), delimiter=";"))
    assert list(rows[0])[:8] == [
        *("datapilot_record", "file", "record", "column", "reason", "remedy"),
        *("order_id", "line_no"),
    ]
    assert not {"customer_id", "customer_name", "customer_email", "customer_doc"} & set(rows[0])
    assert len(rows) == 4
    assert all(row["remedy"] for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())
    assert cli("quarantine", "export", "--org", "globex").out.splitlines()[0] == ";".join(rows[0])
    assert cli("quarantine", "export", "--org", "globex", "--file", "other.csv", "--format", "json").rows == []


def test_the_report_balances_and_shows_the_effect(cli: Cli) -> None:
    (row,) = cli("report", "--org", "globex", "--format", "json").rows
    assert row["file"] == FAULTY.name
    assert (row["records"], row["accepted"], row["quarantined"]) == (15, 11, 4)
    assert row["records"] == sum(row[name] for name in ("accepted", "superseded", "quarantined", "ignored"))
    effect = next(effect for effect in row["effects"] if effect["measure"] == "gross_revenue")
    assert (effect["month"], effect["before"]) == ("2024-01", None)
    assert Decimal(effect["after"]) > 0
    assert (row["share_accepted"], row["first_date"], row["last_date"]) == ("0.7333333333", "2024-01-02", "2024-01-06")
    assert sum(Decimal(total["amount"]) for total in row["accepted_amounts"]) == _sum_of_good_lines()
    (date,) = [reason for reason in row["reasons"] if reason["code"] == "DATE_UNREADABLE"]
    assert (date["count"], date["examples"][0]["line"], date["examples"][0]["header"]) == (1, 13, "order_date")
    people = cli("report", "--org", "globex").out
    assert "**11 de 15 registros bons (73,3 %)**" in people
    assert "DATE_UNREADABLE" in people
    assert "What was not accepted" in cli("report", "--org", "globex", "--language", "en").out
    assert cli("report", "--org", "globex", "--file", "other.csv").code == 1


@pytest.mark.rule("R2")
def _sum_of_good_lines() -> Decimal:
    """What a spreadsheet's sum of the amount column gives, the four bad lines at the end left out."""
    rows = list(csv.DictReader(io.StringIO(FAULTY.read_text("utf-8"))))
    return sum((Decimal(row["amount"]) for row in rows[:11]), Decimal(0))


def test_the_same_bytes_again_change_nothing(cli: Cli, tmp_path: Path) -> None:
    before = cli("status", "--org", "acme", "--format", "json").rows
    again = tmp_path / "another name.csv"
    again.write_bytes(JANUARY.read_bytes())
    answer = cli("land", again, "--org", "acme", "--format", "json")
    (row,) = answer.rows
    assert (answer.code, row["file"], row["verdict"]) == (0, "another name.csv", "already_loaded")
    assert cli("status", "--org", "acme", "--format", "json").rows == before


def test_a_refused_file_is_code_3_with_its_reason_and_the_others_land(cli: Cli, tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.csv", tmp_path / "vendas.csv"
    bad.write_text("Cliente;E-mail\nAna;ana@example.com\n", "utf-8")
    good.write_text("Nº Pedido;Data da venda;SKU;Qtd;Valor Total Item\n1;01/02/2024;A;1;10,00\n", "utf-8")
    cli("org", "add", "initech")
    answer = cli("land", bad, good, "--org", "initech", "--format", "json")
    assert answer.code == 3
    assert [(row["file"], row["verdict"]) for row in answer.rows] == [
        ("bad.csv", "refused"),
        ("vendas.csv", "accepted"),
    ]
    assert answer.rows[0]["reason"] in answer.err
    assert answer.rows[1]["months"] == ["2024-02"]


def test_two_files_of_one_name_in_one_call_both_land(cli: Cli, tmp_path: Path) -> None:
    files = []
    for number in (1, 2):
        file = tmp_path / str(number) / "vendas.csv"
        file.parent.mkdir()
        file.write_text(f"Nº Pedido;Data da venda;SKU;Qtd;Valor Total Item\n{number};01/02/2024;A;1;10,00\n", "utf-8")
        files.append(file)
    cli("org", "add", "umbrella")
    answer = cli("land", *files, "--org", "umbrella", "--format", "json")
    assert answer.code == 0
    assert [row["verdict"] for row in answer.rows] == ["accepted", "accepted"]
    assert len({row["sha256"] for row in answer.rows}) == 2


def test_a_run_with_nothing_to_do_has_no_rows(cli: Cli) -> None:
    answer = cli("run", "--org", "acme", "--format", "json")
    assert (answer.code, answer.rows) == (0, [])
