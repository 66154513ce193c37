"""Doors: what is wrong is refused with one line and the right exit code, before anything is written."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from datapilot_domain.partitions import Month
from datapilot_interfaces.cli.errors import CommandError
from datapilot_interfaces.cli.landing import read_declaration
from datapilot_tests.interfaces.conftest import Cli
from datapilot_tests.services.llm_stub import LlmStub
from datapilot_tests.workbench import utc

BAD_NAMES = ["../x", "x' OR '1'='1", "ACME", "null", "a|b", "acme\n", "a\u0441me", "a", "all.", "x" * 32, ""]
DOORS = [
    ("org", "add", "{}"),
    ("land", "file.csv", "--org", "{}"),
    ("mapping", "set", "A=sku", "--file", "file.csv", "--org", "{}"),
    ("run", "--org", "{}"),
    ("status", "--org", "{}"),
    ("show", "gold.sales_month", "--org", "{}"),
    ("quarantine", "--org", "{}"),
    ("quarantine", "export", "--org", "{}"),
    ("report", "--org", "{}"),
    ("insights", "--org", "{}"),
    ("verify", "--org", "{}", "--month", "2024-01"),
    ("page", "--org", "{}", "--month", "2024-01"),
    ("credentials", "--org", "{}", "--for", "reading"),
    ("serving", "status", "--org", "{}"),
    ("serving", "grant", "--org", "{}"),
    ("serving", "revoke", "--org", "{}"),
    ("graph", "--org", "{}"),
    ("export", "--org", "{}"),
    ("power-bi", "status", "--org", "{}"),
    ("power-bi", "push", "--org", "{}"),
    ("power-bi", "create", "--org", "{}"),
]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: "-".join(door[:2]))
@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_a_bad_organization_name_is_refused_at_every_door(
    cli: Cli, home: Path, door: tuple[str, ...], name: str
) -> None:
    answer = cli(*(part.format(name) for part in door))
    assert answer.code == 2
    assert answer.out == ""
    assert answer.error.startswith(("USAGE: ", "NAME_INVALID: "))
    assert not (home / "store" / "registry").exists()


@pytest.mark.reason("ORGANIZATION_UNKNOWN")
@pytest.mark.parametrize("door", DOORS[1:], ids=lambda door: "-".join(door[:2]))
def test_an_unknown_organization_is_a_failure_with_its_remedy(cli: Cli, home: Path, door: tuple[str, ...]) -> None:
    answer = cli(*(part.format("acme") for part in door))
    assert answer.code == 1
    assert answer.error.startswith("ORGANIZATION_UNKNOWN: ")
    assert "datapilot org add acme" in answer.error


def test_organizations_are_added_once_and_listed(cli: Cli, home: Path) -> None:
    added = cli("org", "add", "acme", "--name", "Acme Ltda", "--format", "json")
    row = {"org_id": "acme", "name": "Acme Ltda", "time_zone": "America/Sao_Paulo", "currency": "BRL"}
    assert (added.code, added.rows) == (0, [row])
    assert cli("org", "add", "acme", "--name", "Acme Ltda").code == 0
    other = cli("org", "add", "acme", "--currency", "USD")
    assert other.code == 1
    assert other.error.startswith("ORGANIZATION_EXISTS: ")
    assert cli("org", "list", "--format", "json").rows == [row]
    assert cli("org", "list", "--format", "csv").out.splitlines()[0] == "org_id,name,time_zone,currency"


@pytest.mark.parametrize(
    "options",
    [("--time-zone", "Mars/Olympus"), ("--currency", "reais"), ("--locale", "fr")],
    ids=lambda options: options[0],
)
def test_bad_settings_of_an_organization_are_wrong_usage(cli: Cli, home: Path, options: tuple[str, str]) -> None:
    answer = cli("org", "add", "acme", *options)
    assert answer.code == 2
    assert options[0].strip("-").replace("-", "_") in answer.error
    assert cli("org", "list", "--format", "json").rows == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "gold.nothing", "--org", "acme"),
        ("show", "gold.sales_month", "--org", "acme", "--month", "2024-1"),
        ("show", "gold.sales_month"),
        ("quarantine",),
        ("status", "--format", "xml"),
        ("nonsense",),
        ("run", "--org", "acme", "--month", "2024-01", "--from", "2024-01", "--to", "2024-02"),
        ("run", "--org", "acme", "--from", "2024-01"),
        ("run", "--org", "acme", "--from", "2024-03", "--to", "2024-01"),
        ("run", "--org", "acme", "--month", "1999-01"),
        ("land", "no-such-file.csv", "--org", "acme"),
        ("land", "{file}", "--org", "acme", "--source", "../other"),
        ("land", "{file}", "--org", "acme", "--part", "1/2"),
        ("land", "{file}", "--org", "acme", "--complete", "2024-01", "--part", "3/2"),
        ("land", "{file}", "--org", "acme", "--complete", "2024-01", "--replaces", "x.csv"),
        ("land", "{file}", "--org", "acme", "--replaces", "../x.csv"),
        ("land", "{file}", "--org", "acme", "--as-of", "yesterday"),
        ("mapping", "set", "--org", "acme", "--file", "{file}", "Qtd=no_such_field"),
        ("mapping", "set", "--org", "acme", "--file", "{file}", "No such column=sku"),
        ("mapping", "set", "--org", "acme", "--file", "{file}", "sku"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_code_2(cli: Cli, home: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = tmp_path / "vendas.csv"
    file.write_text("Nº Pedido;Data da venda;SKU;Qtd;Valor Total Item\n1;01/02/2024;A;1;10,00\n", "utf-8")
    cli("org", "add", "acme")
    answer = cli(*(argument.format(file=file) for argument in arguments))
    assert answer.code == 2
    assert answer.out == ""
    assert ": " in answer.error
    assert not (home / "store" / "inbox").exists()


def test_an_unknown_table_is_answered_with_those_that_exist(cli: Cli, home: Path) -> None:
    cli("org", "add", "acme")
    assert "gold.sales_month" in cli("show", "gold.nothing", "--org", "acme").error


@pytest.mark.parametrize("command", ["status", "show gold.sales_month --org acme", "quarantine --org acme"])
def test_before_anything_has_landed_there_are_no_rows(cli: Cli, home: Path, command: str) -> None:
    cli("org", "add", "acme")
    answer = cli(*command.split(), "--format", "json")
    assert (answer.code, answer.rows) == (0, [])


def test_a_mapping_is_saved_under_the_files_header(cli: Cli, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "vendas.csv"
    file.write_text("Ref;Quando;Coisa;Qtd;Quanto\n1;01/02/2024;A;1;10,00\n", "utf-8")
    cli("org", "add", "acme")
    first = ("Ref=order_id", "Quando=sold_at", "Quanto=line_amount")
    assert cli("mapping", "set", "--org", "acme", "--file", file, *first).code == 0
    rows = cli("mapping", "set", "--org", "acme", "--file", file, "Coisa=sku", "--format", "json").rows
    assert {(row["column"], row["field"]) for row in rows} == {
        ("Ref", "order_id"),
        ("Quando", "sold_at"),
        ("Quanto", "line_amount"),
        ("Coisa", "sku"),
    }
    assert len({row["header_hash"] for row in rows}) == 1


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-02-12T03:00", utc(2024, 2, 12, 6, 0)),
        ("2024-02-12", utc(2024, 2, 12, 3, 0)),
        ("2024-02-12T03:00:00Z", utc(2024, 2, 12, 3, 0)),
        ("2024-02-12T03:00+02:00", utc(2024, 2, 12, 1, 0)),
    ],
)
def test_as_of_without_an_offset_is_local_to_the_organization(text: str, instant: dt.datetime) -> None:
    found = read_declaration(None, None, text, None, False, time_zone="America/Sao_Paulo").as_of
    assert found == instant


def test_a_part_is_read_as_i_of_n() -> None:
    found = read_declaration(Month(2024, 1), "1/2", None, None, False, time_zone="UTC")
    assert found.part == (1, 2)
    with pytest.raises(CommandError, match="USAGE"):
        read_declaration(Month(2024, 1), "one", None, None, False, time_zone="UTC")


def test_the_command_line_starts_without_dagster_and_spark() -> None:
    code = (
        "import sys, datapilot_interfaces.cli.main;"
        "print({'dagster', 'pyspark', 'pyarrow', 'duckdb', 'rich', 'sqlalchemy', 'psycopg2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_unforeseen_error_is_one_line_too(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("first line\nsecond line")

    monkeypatch.setattr("datapilot_interfaces.cli.tables.platform", broken)
    answer = cli("status")
    assert answer.code == 1
    assert answer.error.startswith("UNEXPECTED: ZeroDivisionError: first line second line")


def test_doctor_says_what_it_found(cli: Cli, home: Path) -> None:
    rows = {row["check"]: row for row in cli("doctor", "--format", "json").rows}
    assert set(next(iter(rows.values()))) == {"check", "ok", "found", "remedy"}
    for check in ("python", "packages", "java", "jars", "settings", "home", "store", "registry", "clock"):
        assert rows[check]["ok"], rows[check]
    assert list((home / "store").rglob("doctor/*")) == []
    assert rows["language model"]["found"].startswith("offline")
    assert rows["graph"]["found"].startswith("off ")


@pytest.mark.parametrize("arguments", [("doctor",), ("graph", "--org", "acme")], ids=" ".join)
def test_a_graph_that_is_down_is_said_with_its_address_and_remedy(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    cli("org", "add", "acme")
    monkeypatch.setenv("NEO4J_PASSWORD", "canary-of-the-graph")
    assert cli("graph", "--org", "acme", "--format", "json").rows == []
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")
    answer = cli(*arguments, "--format", "json")
    assert answer.code == 1
    assert "Neo4j at bolt://127.0.0.1:1 does not answer" in answer.out + answer.err
    assert "unset NEO4J_URI" in answer.out + answer.err
    assert "canary-of-the-graph" not in answer.out + answer.err


def test_doctor_says_whether_the_language_model_can_be_reached(
    cli: Cli, llm_stub: LlmStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> dict[str, Any]:
        return next(row for row in cli("doctor", "--format", "json").rows if row["check"] == "language model")

    monkeypatch.setenv("LLM_MODEL", "small")
    monkeypatch.setenv("LLM_BASE_URL", llm_stub.base_url)
    assert found()["ok"]
    assert llm_stub.requests == []
    monkeypatch.setenv("LLM_BASE_URL", "http://127.0.0.1:1/v1")
    assert "unset LLM_BASE_URL" in found()["remedy"]


def test_doctor_names_a_store_that_cannot_be_written_and_its_remedy(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "file").write_text("not a folder")
    monkeypatch.setenv("DATAPILOT_STORE", str(home / "file" / "store"))
    answer = cli("doctor", "--format", "json")
    rows = {row["check"]: row for row in answer.rows}
    assert answer.code == 1
    assert not rows["store"]["ok"]
    assert rows["store"]["remedy"]
    assert rows["java"]["ok"]
