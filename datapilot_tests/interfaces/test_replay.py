"""`replay` on the command line: what it would do, what it did, and what it could not do."""

from __future__ import annotations

from pathlib import Path

from datapilot_tests.interfaces.conftest import Cli


def test_a_refused_file_is_replayed_after_its_mapping_is_saved(cli: Cli, home: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text("Nº Pedido;Data da venda;SKU;Qtd;Vlr Final\n1;02/01/2024;A;1;10,00\n", "utf-8")
    cli("org", "add", "acme")
    assert cli("land", odd, "--org", "acme").code == 3
    nothing = cli("replay", "--org", "acme", "--format", "json")
    assert (nothing.code, [row["outcome"] for row in nothing.rows]) == (0, ["unchanged"])
    assert "nothing changed" in nothing.err

    assert cli("mapping", "set", "--org", "acme", "--file", odd, "Vlr Final=line_amount").code == 0
    shown = cli("replay", "--org", "acme", "--dry-run", "--format", "json")
    (row,) = shown.rows
    assert (shown.code, row["outcome"], row["before"], row["verdict"]) == (0, "changed", "refused", "accepted")
    assert cli("status", "--org", "acme", "--format", "json").rows == []

    done = cli("replay", "--org", "acme", "--file", "odd.csv", "--format", "json")
    assert (done.code, done.rows[0]["months"], done.rows[0]["records"]) == (0, ["2024-01"], 1)
    assert "datapilot run --org acme" in done.err
    assert {row["state"] for row in cli("status", "--org", "acme", "--format", "json").rows} >= {"stale"}

    cli("mapping", "set", "--org", "acme", "--file", odd, "Vlr Final=cost")
    hint = cli("status", "--org", "acme")
    assert "1 files of acme were decoded under an older mapping" in hint.err
    kept = cli("replay", "--org", "acme", "--format", "json")
    assert (kept.code, kept.rows[0]["outcome"], kept.rows[0]["reason"]) == (3, "kept", "COLUMNS_MISSING")
    assert "odd.csv: fica como estava" in kept.err
    unknown = cli("replay", "--org", "acme", "--file", "no.csv")
    assert (unknown.code, unknown.error.split(":")[0]) == (1, "FILE_UNKNOWN")
