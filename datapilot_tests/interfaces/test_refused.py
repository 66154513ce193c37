"""What `land` prints about a file that it does not take."""

from __future__ import annotations

from pathlib import Path

from datapilot_interfaces.cli.main import run
from datapilot_tests.interfaces.conftest import Cli


def test_a_refusal_is_told_in_the_language_of_the_organization_with_commands_that_name_the_file(
    home: Path, tmp_path: Path, cli: Cli
) -> None:
    assert run(["org", "add", "acme", "--locale", "pt-BR"]) == 0
    empty = tmp_path / "vazio.csv"
    empty.write_text("")
    unclear = tmp_path / "sem valor.csv"
    unclear.write_text("Pedido;Data;Situação\n1;02/01/2024;pago\n")
    answer = cli("land", empty, unclear, "--org", "acme")
    assert answer.code == 3
    assert "o arquivo não tem conteúdo" in answer.err
    assert "faltam: " in answer.err
    assert "missing:" not in answer.err
    assert "'sem valor.csv'" in answer.err
    assert " FILE" not in answer.err
    # The command stands there once, and `mapping` says the same of the file.
    assert "datapilot mapping set." not in answer.err
    shown = cli("mapping", "show", "--org", "acme", "--file", empty)
    assert (shown.code, "o arquivo não tem conteúdo" in shown.err) == (3, True)
