"""Mappings: a refusal says the command that answers it, and the command works as written (R11)."""

from __future__ import annotations

import gzip
import re
import shlex
from pathlib import Path

import pytest

from datapilot_tests.assets.landing.workbooks import packed, workbook
from datapilot_tests.interfaces.conftest import Answer, Cli

pytestmark = pytest.mark.rule("R11")


@pytest.fixture
def acme(cli: Cli, home: Path) -> Cli:
    assert cli("org", "add", "acme").code == 0
    return cli


def written(folder: Path, text: str, name: str = "vendas.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def answered(cli: Cli, refused: Answer, **choices: str) -> Answer:
    """Run the command that the refusal names, with each `COLUMN=field` filled in."""
    assert refused.code == 3
    (command, *_) = re.findall(r"`(datapilot mapping set [^`]*)`", refused.error)
    words = shlex.split(command)
    assert words[0] == "datapilot"
    chosen = [f"{choices[word[7:]]}={word[7:]}" if word.startswith("COLUMN=") else word for word in words[1:]]
    return cli(*chosen)


def fields(cli: Cli, file: object) -> dict[str, str]:
    shown = cli("mapping", "show", "--org", "acme", "--file", file, "--format", "json")
    return {row["column"]: row["field"] for row in shown.rows}


@pytest.mark.reason("COLUMNS_CONFLICT")
def test_the_command_of_a_conflict_works_as_it_stands(acme: Cli, tmp_path: Path) -> None:
    text = "Pedido;Nº Pedido;Data;Produto;Valor\n1;9;02/01/2024;A;5,00\n"
    file = written(tmp_path, text, name="relatório d'água (1).csv")
    refused = acme("land", file, "--org", "acme")
    assert "COLUMNS_CONFLICT" in refused.error
    assert answered(acme, refused).code == 0
    assert acme("land", file, "--org", "acme", "--format", "json").rows[0]["verdict"] == "accepted"
    assert fields(acme, file)["Nº Pedido"] == "extras"


@pytest.mark.reason("COLUMNS_MISSING")
@pytest.mark.parametrize(
    ("header", "line", "choices"),
    [
        ("Pedido;Fechamento;Produto;Valor", "1;02/01/2024;A;5,00", {}),
        ("Pedido;Data;Produto;Preço final", "1;02/01/2024;A;5,00", {}),
        ("Ref $(id);Data;Valor;Obs", "x1;02/01/2024;5,00;", {"order_id": "Ref $(id)"}),
        ("-Ref;Data;Pct;Produto;Total líquido;Peso", "x1;02/01/2024;1;A;5,00;1", {"line_amount": "Total líquido"}),
        ("Data  Mov;Cliente;Ref=1;Valor", "02/01/2024;Maria;x1;5,00", {"order_id": "Ref=1", "sold_at": "Data Mov"}),
        ("Data;Valor;", "02/01/2024;5,00;A", {"order_id": "_column_3"}),
    ],
)
def test_the_command_of_a_missing_column_works_with_the_choice_filled_in(
    acme: Cli, tmp_path: Path, header: str, line: str, choices: dict[str, str]
) -> None:
    file = written(tmp_path, f"{header}\n{line}\n")
    refused = acme("land", file, "--org", "acme")
    assert "COLUMNS_MISSING" in refused.error
    # A refused file is kept: its name is enough, wherever the command runs.
    file.unlink()
    assert answered(acme, refused, **choices).code == 0
    file = written(tmp_path, f"{header}\n{line}\n")
    assert acme("land", file, "--org", "acme", "--format", "json").rows[0]["verdict"] == "accepted"


@pytest.mark.reason("HEADER_NOT_FOUND")
def test_a_file_of_unknown_titles_is_shown_and_its_command_filled_in_makes_it_land(acme: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, "Ref;Quando;Artigo;Quanto\nx1;02/01/2024;Café;5,00\nx2;03/01/2024;Chá;7,00\n")
    shown = acme("mapping", "show", "--org", "acme", "--file", file, "--format", "json")
    assert shown.code == 3
    assert "HEADER_NOT_FOUND" in shown.error
    assert [row["column"] for row in shown.rows] == ["Ref", "Quando", "Artigo", "Quanto"]
    refused = acme("land", file, "--org", "acme")
    assert "HEADER_NOT_FOUND" in refused.error
    assert answered(acme, refused, order_id="Ref").code == 0
    assert acme("mapping", "set", "--org", "acme", "--file", file, "Artigo=product_name").code == 0
    assert acme("land", file, "--org", "acme", "--format", "json").rows[0]["verdict"] == "accepted"


@pytest.mark.rule("R15")
@pytest.mark.parametrize("choice", [0, 1], ids=["of the line", "of the order"])
def test_each_answer_to_an_unclear_amount_lands_the_file(acme: Cli, tmp_path: Path, choice: int) -> None:
    file = written(tmp_path, "Pedido;Data;Produto;Qtd;Valor\n1;02/01/2024;A;1;9,00\n1;02/01/2024;B;1;9,00\n")
    refused = acme("land", file, "--org", "acme")
    assert "COLUMNS_CONFLICT" in refused.error
    command = re.findall(r"`datapilot (mapping set [^`]*)`", refused.error)[choice]
    assert acme(*shlex.split(command)).code == 0
    assert acme("land", file, "--org", "acme", "--format", "json").rows[0]["verdict"] == "accepted"


@pytest.mark.reason("COLUMNS_MISSING")
@pytest.mark.rule("R16")
def test_prices_without_quantities_are_amounts_only_when_the_sender_says_so(acme: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, "Data;Produto;Preço Unitário\n02/01/2024;A;9,00\n03/01/2024;B;5,00\n")
    refused = acme("land", file, "--org", "acme")
    assert "COLUMNS_MISSING" in refused.error
    (command,) = re.findall(r"se cada linha é uma unidade: `datapilot (mapping set [^`]*)`", refused.error)
    assert acme(*shlex.split(command)).code == 0
    (landed,) = acme("land", file, "--org", "acme", "--format", "json").rows
    assert landed["verdict"] == "accepted"
    assert fields(acme, file)["Preço Unitário"] == "unit_price"


@pytest.mark.rule("R6")
@pytest.mark.parametrize("suffix", ["csv.gz", "zip", "xlsx"])
def test_a_packed_file_is_shown_mapped_and_landed_like_a_plain_one(acme: Cli, tmp_path: Path, suffix: str) -> None:
    rows = [["Ref", "Quando", "Artigo", "Quanto"], ["x1", "02/01/2024", "Café", "5,00"]]
    text = "".join(";".join(row) + "\n" for row in rows)
    content = {
        "csv.gz": lambda: gzip.compress(text.encode()),
        "zip": lambda: packed({"vendas.csv": text, "LEIAME.txt": "Olá"}),
        "xlsx": lambda: workbook(("Vendas", rows), ("Notas", [["Olá"]])),
    }[suffix]()
    file = tmp_path / f"vendas.{suffix}"
    file.write_bytes(content)
    assert "HEADER_NOT_FOUND" in acme("land", file, "--org", "acme").error
    pairs = ("Ref=order_id", "Quando=sold_at", "Artigo=product_name", "Quanto=line_amount")
    assert acme("mapping", "set", "--org", "acme", "--file", file, *pairs).code == 0
    assert fields(acme, file) == dict(pair.split("=") for pair in pairs)
    assert acme("land", file, "--org", "acme", "--format", "json").rows[0]["verdict"] == "accepted"


def test_a_placeholder_that_is_left_is_answered_with_the_columns(acme: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, "Data;Valor;Ref;Obs\n02/01/2024;5,00;A;B\n")
    answer = acme("mapping", "set", "--org", "acme", "--file", file, "COLUMN=order_id")
    assert answer.code == 2
    assert "Data, Valor, Ref, Obs" in answer.error


def test_show_says_what_each_column_is_taken_as_and_why(acme: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, "Pedido;DATA;Produto;Qtd;Preço;Valor Total;Loja;Obs\n1;02/01/2024;A;2;5,00;10,00;X;y\n")
    acme("mapping", "set", "--org", "acme", "--file", file, "Loja=channel")
    shown = acme("mapping", "show", "--org", "acme", "--file", file, "--format", "json")
    assert shown.code == 0
    assert [(row["column"], row["field"], row["how"]) for row in shown.rows] == [
        ("Pedido", "order_id", "exact"),
        ("DATA", "sold_at", "context"),
        ("Produto", "product_name", "exact"),
        ("Qtd", "quantity", "exact"),
        ("Preço", "unit_price", "context"),
        ("Valor Total", "line_amount", "context"),
        ("Loja", "channel", "saved"),
        ("Obs", "extras", "none"),
    ]
    assert shown.rows[5]["why"] == "quantity × price on 100% of the lines"
    assert acme("status", "--format", "json").rows == []


def test_show_names_the_refusal_and_still_the_columns(acme: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, "Pedido;Data;Produto\n1;02/01/2024;A\n")
    shown = acme("mapping", "show", "--org", "acme", "--file", file, "--format", "json")
    assert shown.code == 3
    assert "COLUMNS_MISSING" in shown.error
    assert [row["field"] for row in shown.rows] == ["order_id", "sold_at", "product_name"]


def test_a_mapping_holds_for_the_same_header_written_otherwise(acme: Cli, tmp_path: Path) -> None:
    one = written(tmp_path, "Ref;Quando;Quanto (R$)\n1;02/01/2024;5,00\n")
    pairs = ("Ref=order_id", "Quando=sold_at", "Quanto=line_amount")
    assert acme("mapping", "set", "--org", "acme", "--file", one, *pairs).code == 0
    other = written(tmp_path, "REF;QUANDO;QUANTO\n1;02/01/2024;5,00\n", name="outro.csv")
    assert fields(acme, other) == {"REF": "order_id", "QUANDO": "sold_at", "QUANTO": "line_amount"}


def test_the_last_word_on_a_field_counts(acme: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, "Ref;Nota;Data;Valor\n1;2;02/01/2024;5,00\n")
    acme("mapping", "set", "--org", "acme", "--file", file, "Ref=order_id")
    acme("mapping", "set", "--org", "acme", "--file", file, "Nota=order_id")
    rows = acme("mapping", "list", "--org", "acme", "--format", "json").rows
    assert [(row["column"], row["field"]) for row in rows] == [("Nota", "order_id")]
    twice = acme("mapping", "set", "--org", "acme", "--file", file, "Nota=order_id", "Ref=order_id")
    assert twice.code == 2


def test_what_was_said_can_be_forgotten(acme: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, "Ref;Nota;Data;Valor\n1;2;02/01/2024;5,00\n")
    acme("mapping", "set", "--org", "acme", "--file", file, "Ref=order_id", "Nota=coupon")
    left = acme("mapping", "remove", "--org", "acme", "--file", file, "Nota", "--format", "json").rows
    assert [row["column"] for row in left] == ["Ref"]
    assert acme("mapping", "remove", "--org", "acme", "--header", left[0]["header_hash"]).code == 0
    assert acme("mapping", "list", "--org", "acme", "--format", "json").rows == []
    assert acme("mapping", "remove", "--org", "acme", "--file", file).code == 1
    assert acme("mapping", "remove", "--org", "acme").code == 2


def test_a_repeated_header_is_named_by_its_number(acme: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, "Pedido;Data;Produto;Valor;Valor\n1;02/01/2024;A;5,00;7,00\n")
    refused = acme("land", file, "--org", "acme")
    assert "COLUMNS_CONFLICT" in refused.error
    assert answered(acme, refused).code == 0
    assert fields(acme, file)["Valor (2)"] == "extras"


def test_a_file_that_nobody_has_is_said_so(acme: Cli) -> None:
    answer = acme("mapping", "show", "--org", "acme", "--file", "nada.csv")
    assert answer.code == 2
    assert answer.error.startswith("FILE_NOT_FOUND: ")


AULAS = "Data;Produto;Valor\n02/01/2024;Aula;5,00\n"


def quantity_shown(cli: Cli, file: object) -> list[tuple[str, str, str]]:
    shown = cli("mapping", "show", "--org", "acme", "--file", file, "--format", "json").rows
    return [(row["field"], row["how"], row["why"]) for row in shown if row["column"] is None]


@pytest.mark.reason("QUANTITY_ASSUMED")
def test_a_quantity_is_assumed_shown_listed_and_taken_back(acme: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, AULAS)
    of_header = ("--org", "acme", "--file", file)
    assert quantity_shown(acme, file) == []
    said = acme("mapping", "set", *of_header, "--assume-quantity", "1", "--format", "json")
    assert (said.code, said.err) == (0, "")
    assert [(row["column"], row["field"], row["assumed"]) for row in said.rows] == [(None, "quantity", 1)]
    assert quantity_shown(acme, file) == [("quantity", "assumed", "1 on each line, as the organization saved it")]
    assert acme("land", file, "--org", "acme", "--format", "json").rows[0]["verdict"] == "accepted"
    report = acme("report", "--org", "acme", "--file", "vendas.csv")
    assert "Sem coluna de quantidade: cada linha conta como uma unidade" in report.out
    report = acme("report", "--org", "acme", "--file", "vendas.csv", "--language", "en")
    assert "No quantity column: each line counts as one unit" in report.out

    both = acme("mapping", "set", *of_header, "Produto=product_name", "--format", "json").rows
    assert [(row["column"], row["assumed"]) for row in both] == [("Produto", None), (None, 1)]
    assert acme("mapping", "list", "--org", "acme", "--format", "json").rows == both
    left = acme("mapping", "remove", *of_header, "--assume-quantity", "--format", "json").rows
    assert [(row["column"], row["assumed"]) for row in left] == [("Produto", None)]
    assert acme("mapping", "remove", *of_header, "--assume-quantity").code == 1
    assert acme("mapping", "set", *of_header, "Produto=product_name", "--assume-quantity", "1").code == 0
    left = acme("mapping", "remove", *of_header, "Produto", "--format", "json").rows
    assert [(row["column"], row["assumed"]) for row in left] == [(None, 1)]
    assert acme("mapping", "remove", *of_header, "--format", "json").rows == []
    assert acme("mapping", "list", "--org", "acme", "--format", "json").rows == []


@pytest.mark.reason("QUANTITY_NOT_ASSUMED")
def test_a_quantity_that_a_column_has_is_not_assumed_and_that_is_said(acme: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, "Data;Produto;Qtd;Valor Total\n02/01/2024;Aula;2;5,00\n")
    said = acme("mapping", "set", "--org", "acme", "--file", file, "--assume-quantity", "1")
    assert said.code == 0
    assert said.error.startswith("QUANTITY_NOT_ASSUMED: vendas.csv: A quantidade está na coluna Qtd: ")
    why = "1 on each line, not assumed: 'Qtd' is the quantity"
    assert quantity_shown(acme, file) == [("quantity", "none", why)]
    # The column is none of the fields: now the option counts.
    said = acme("mapping", "set", "--org", "acme", "--file", file, "Qtd=extras", "--assume-quantity", "1")
    assert (said.code, said.err) == (0, "")
    assert [how for _, how, _ in quantity_shown(acme, file)] == ["assumed"]


@pytest.mark.parametrize("option", [[], ["--assume-quantity", "2"], ["--assume-quantity", "0"], ["--assume-quantity"]])
def test_one_is_the_only_quantity_that_may_be_assumed(acme: Cli, tmp_path: Path, option: list[str]) -> None:
    file = written(tmp_path, AULAS)
    assert acme("mapping", "set", "--org", "acme", "--file", file, *option).code == 2
    assert acme("mapping", "list", "--org", "acme", "--format", "json").rows == []


def test_a_quantity_is_said_of_a_landed_file_by_its_name(acme: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, AULAS)
    acme("land", file, "--org", "acme")
    file.unlink()
    assert acme("mapping", "set", "--org", "acme", "--file", "vendas.csv", "--assume-quantity", "1").code == 0
    assert [how for _, how, _ in quantity_shown(acme, "vendas.csv")] == ["assumed"]
    replayed = acme("replay", "--org", "acme", "--format", "json").rows
    assert [row["outcome"] for row in replayed] == ["changed"]
