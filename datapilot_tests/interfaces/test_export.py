"""`datapilot export`: what it makes, what it reads back, where the copies go, and what it refuses."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from datapilot_domain.contracts import CONTRACTS, SERVED
from datapilot_resources.platform import Platform
from datapilot_tests.assets.exports import reader
from datapilot_tests.assets.insights.golden import organization, write_gold
from datapilot_tests.assets.pages.stage import ads, sales
from datapilot_tests.interfaces.conftest import Cli

TABLES = [contract.id for contract in SERVED]
EXPORT = ("export", "--org", "acme", "--month", "2024-03")


@pytest.fixture
def acme(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.chdir(tmp_path)
    platform = Platform.from_environment()
    write_gold(platform, organization(platform, "acme"), sales(names=("café", "=1+1")), ads())
    return platform


def stored(platform: Platform, month: str = "2024-03") -> Path:
    return Path(platform.settings.store_root, "org_id=acme", "exports", month)


def test_every_file_is_made_and_read_back_before_it_is_told(cli: Cli, acme: Platform) -> None:
    answer = cli(*EXPORT, "--format", "json")
    assert answer.code == 0
    assert len(answer.rows) == 3 * len(TABLES) + 1
    for row in answer.rows:
        assert list(row) == ["org_id", "month", "table", "file", "rows", "bytes", "sha256", "verified"]
        assert (row["org_id"], row["month"], row["verified"]) == ("acme", "2024-03", True)
        data = Path(row["file"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (row["bytes"], row["sha256"])
    assert {row["table"] for row in answer.rows} == {*TABLES, None}
    manifest = reader.latest(stored(acme))
    reader.check(stored(acme), manifest)
    # Nothing is made twice, and what nobody changed is as it was.
    assert cli(*EXPORT, "--format", "json").out == answer.out
    assert reader.latest(stored(acme)) == manifest


def test_json_is_what_show_writes(cli: Cli, acme: Platform) -> None:
    rows = cli(*EXPORT, "--as", "json", "--format", "json").rows
    for row in rows:
        shown = cli("show", row["table"], "--org", "acme", "--month", "2024-03", "--format", "json")
        assert Path(row["file"]).read_text("utf-8") == shown.out, row["table"]
    csv_rows = cli(*EXPORT, "--as", "csv", "--format", "json").rows
    for row in csv_rows:
        shown = cli("show", row["table"], "--org", "acme", "--month", "2024-03", "--format", "csv")
        assert Path(row["file"]).read_bytes().replace(b"\r\n", b"\n") == shown.out.encode(), row["table"]


def test_months_and_formats_are_those_that_were_asked_for(cli: Cli, acme: Platform) -> None:
    answer = cli("export", "--org", "acme", "--from", "2024-02", "--to", "2024-03", "--as", "xlsx", "--format", "csv")
    lines = answer.out.splitlines()
    assert lines[0] == "org_id,month,table,file,rows,bytes,sha256,verified"
    assert [line.split(",")[1] for line in lines[1:]] == ["2024-02", "2024-03"]
    assert all(".xlsx," in line for line in lines[1:])
    everything = cli("export", "--org", "acme", "--as", "csv, xlsx", "--format", "json").rows
    months = [f"2023-{number}" for number in (10, 11, 12)] + [f"2024-0{number}" for number in (1, 2, 3, 4)]
    assert sorted({row["month"] for row in everything}) == months
    assert {row["file"].rsplit(".", 1)[1] for row in everything} == {"csv", "xlsx"}


def test_copies_for_people_are_whole_and_replace_the_old_ones(cli: Cli, acme: Platform, tmp_path: Path) -> None:
    folder = tmp_path / "für alle"
    answer = cli(*EXPORT, "--as", "csv,xlsx", "--output", folder, "--format", "json")
    mine = folder / "acme" / "2024-03"
    assert {row["file"] for row in answer.rows} == {str(path) for path in mine.iterdir()} - {
        str(mine / "manifest.json")
    }
    assert {path.name for path in mine.iterdir()} == {
        *(f"{name}.csv" for name in TABLES),
        "acme-2024-03.xlsx",
        "manifest.json",
    }
    manifest = json.loads((mine / "manifest.json").read_bytes())
    for file in manifest["files"]:
        assert hashlib.sha256((mine / file["path"]).read_bytes()).hexdigest() == file["sha256"]
    (mine / "old.csv").write_text("of yesterday")
    assert cli(*EXPORT, "--as", "xlsx", "--output", folder).code == 0
    assert sorted(path.name for path in mine.iterdir()) == ["acme-2024-03.xlsx", "manifest.json"]
    assert [path.name for path in mine.parent.iterdir()] == ["2024-03"]


def test_a_damaged_file_is_said_and_never_copied(cli: Cli, acme: Platform, tmp_path: Path) -> None:
    rows = cli(*EXPORT, "--as", "csv", "--format", "json").rows
    damaged = next(Path(row["file"]) for row in rows if row["table"] == "gold.sales_month")
    damaged.write_bytes(damaged.read_bytes().replace(b"BRL", b"USD"))
    answer = cli(*EXPORT, "--as", "csv", "--output", tmp_path / "copies", "--format", "json")
    assert answer.code == 1
    assert [row["table"] for row in answer.rows if not row["verified"]] == ["gold.sales_month"]
    assert answer.error.startswith("EXPORT_DAMAGED: 1 of 11 files")
    assert list((tmp_path / "copies" / "acme").iterdir()) == []
    damaged.unlink()  # as the remedy says
    assert cli(*EXPORT, "--as", "csv").code == 0


def test_a_folder_that_cannot_be_written_is_said(cli: Cli, acme: Platform, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = cli(*EXPORT, "--as", "csv", "--output", tmp_path / "file")
    assert refused.code == 1
    assert refused.error.startswith("FILE_UNWRITABLE: ")


def test_a_store_that_refuses_fails_in_one_line(cli: Cli, acme: Platform) -> None:
    stored(acme).parent.mkdir(parents=True)
    stored(acme).write_text("in the way")
    answer = cli(*EXPORT, "--as", "csv")
    assert answer.code == 1
    assert answer.err.splitlines()[-1].startswith("EXPORT_FAILED: acme: 2024-03: ")


@pytest.mark.parametrize("months", [("--month", "2022-01"), ("--from", "2021-01", "--to", "2022-01")])
def test_a_month_without_gold_has_a_remedy(cli: Cli, acme: Platform, months: tuple[str, ...]) -> None:
    answer = cli("export", "--org", "acme", *months)
    assert answer.code == 1
    assert answer.error.startswith("MONTH_EMPTY: acme has no gold of ")
    assert "2022-01" in answer.error


@pytest.mark.parametrize(
    "wrong",
    [
        ("--as", "pdf"),
        ("--as", ""),
        ("--as", "csv,,json"),
        ("--from", "2024-01"),
        ("--from", "2024-02", "--to", "2024-01"),
        ("--month", "2024-01", "--to", "2024-01"),
        ("--month", "2017-12"),
        ("--month", "2024-13"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(cli: Cli, acme: Platform, wrong: tuple[str, ...]) -> None:
    answer = cli("export", "--org", "acme", *wrong)
    assert (answer.code, answer.out) == (2, "")


def test_the_setting_and_the_command_do_not_undo_each_other(
    cli: Cli, acme: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datapilot_assets.consumers import EXPORTS

    monkeypatch.setenv("DATAPILOT_EXPORTS", "json")
    services = Platform.from_environment()
    assert cli("export", "--org", "acme", "--as", "csv").code == 0
    assert EXPORTS.pending(services, services.registry.get("acme")) == {}
    assert reader.latest(stored(acme))["formats"] == ["csv", "json"]


def test_what_is_there_is_read_back_without_dagster(cli: Cli, acme: Platform, home: Path) -> None:
    assert cli(*EXPORT, "--as", "csv").code == 0
    program = (
        "import sys; from datapilot_interfaces.cli.main import run; "
        f"code = run({[*EXPORT, '--as', 'csv']!r}); "
        "heavy = {'dagster', 'pyspark', 'xlsxwriter', 'sqlalchemy'} & set(sys.modules); "
        "sys.exit(code or (str(heavy) if heavy else 0))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={**_environment(home)})
    assert (done.returncode, done.stderr) == (0, "")


def _environment(home: Path) -> dict[str, str]:
    import os

    return {**os.environ, "DATAPILOT_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}


def test_the_workbook_needs_no_setting(cli: Cli, acme: Platform) -> None:
    (row,) = cli(*EXPORT, "--as", "xlsx", "--format", "json").rows
    assert (row["table"], row["file"].endswith("/acme-2024-03.xlsx")) == (None, True)
    assert row["rows"] == sum(
        acme.lakehouse.read(CONTRACTS[name], acme.registry.get("acme").org_id)
        .column("month")
        .to_pylist()
        .count("2024-03")
        for name in TABLES
    )
