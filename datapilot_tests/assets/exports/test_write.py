"""Exports in the store: what is there, when it changes, and what a reader sees while it does."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from datapilot_assets.exports.publish import publish
from datapilot_assets.exports.state import pending_exports
from datapilot_assets.exports.verify import latest_manifest, read_back
from datapilot_assets.exports.write import ExportsFailed, export_months
from datapilot_domain.contracts import CONTRACTS, SERVED
from datapilot_domain.exports import EXPORT_FORMATS, ExportFormat, Manifest
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.assets.exports import reader
from datapilot_tests.assets.exports.conftest import new_shelf
from datapilot_tests.assets.serving.shelf import FEBRUARY, JANUARY, MARCH, Shelf

ROOT = Path(__file__).parents[3]
PRODUCTS = CONTRACTS["gold.sales_products"]
CSV: tuple[ExportFormat, ...] = ("csv",)


def export(
    shelf: Shelf, *months: Month, formats: tuple[ExportFormat, ...] = EXPORT_FORMATS, run_id: str = "run"
) -> list[Manifest]:
    return list(export_months(shelf.platform, shelf.organization, months or [JANUARY], formats, run_id))


def keys(shelf: Shelf, month: Month = JANUARY) -> list[str]:
    prefix = f"org_id={shelf.org}/exports/{month}"
    return [info.key.removeprefix(f"{prefix}/") for info in shelf.platform.store.list(prefix)]


def folder(shelf: Shelf, month: Month = JANUARY) -> Path:
    return Path(shelf.platform.settings.store_root, f"org_id={shelf.org}", "exports", str(month))


def generations(shelf: Shelf) -> set[str]:
    return {key.split("/")[0] for key in keys(shelf)} - {"latest"}


def test_a_month_is_files_a_manifest_and_the_latest(shelf: Shelf) -> None:
    shelf.put_all(JANUARY, FEBRUARY)
    (made,) = export(shelf, run_id="6f1c")
    names = [f"{contract.id}.{form}" for contract in SERVED for form in ("csv", "json", "parquet")]
    assert sorted(keys(shelf)) == sorted(
        [f"{made.fingerprint}/{name}" for name in [*names, "acme-2024-01.xlsx", "manifest.json"]]
        + ["latest/manifest.json"]
    )
    manifest = reader.latest(folder(shelf))
    reader.check(folder(shelf), manifest)
    said = {name: manifest[name] for name in ("org_id", "month", "run_id", "language", "currency", "time_zone")}
    assert said == {
        "org_id": "acme",
        "month": "2024-01",
        "run_id": "6f1c",
        "language": "pt-BR",
        "currency": "BRL",
        "time_zone": "America/Sao_Paulo",
    }
    assert len(manifest["schema_version"]) == 32
    versions = {contract.id: shelf.platform.lakehouse.version(contract, OrgId("acme")) for contract in SERVED}
    assert {name: table["delta_version"] for name, table in manifest["tables"].items()} == versions
    assert {file["table"]: file["delta_version"] for file in manifest["files"] if file["table"]} == versions
    assert {file["rows"] for file in manifest["files"]} == {12, 12 * len(SERVED)}
    columns = manifest["tables"]["gold.sales_month"]["columns"]
    assert {"name": "currency", "type": "string", "description": SERVED[0].column("currency").description} in columns
    # Beside the files, the same manifest names them where they are.
    beside = json.loads((folder(shelf) / made.fingerprint / "manifest.json").read_bytes())
    assert [file["path"] for file in beside["files"]] == [file["name"] for file in manifest["files"]]


def test_equal_gold_writes_nothing_and_other_gold_one_export(shelf: Shelf) -> None:
    shelf.put_all(JANUARY, FEBRUARY)
    first = export(shelf, JANUARY, FEBRUARY)
    assert [made.month for made in first] == [JANUARY, FEBRUARY]
    stamps = {info.key: info.e_tag for info in shelf.platform.store.list("org_id=acme/exports")}
    assert export(shelf, JANUARY, FEBRUARY, run_id="another") == []
    assert {info.key: info.e_tag for info in shelf.platform.store.list("org_id=acme/exports")} == stamps
    shelf.put_all(FEBRUARY, seed=2, contracts=[PRODUCTS])
    (again,) = export(shelf, JANUARY, FEBRUARY)
    assert (again.month, again.fingerprint != first[1].fingerprint) == (FEBRUARY, True)
    same = {file.name for file in again.files if file in first[1].files}
    changed = {file.name for file in again.files} - same
    assert {name for name in changed if name.endswith(".csv")} == {"gold.sales_products.csv"}


def test_the_export_before_the_latest_stays_and_older_ones_go(shelf: Shelf) -> None:
    made = []
    for seed in range(3):
        shelf.put_all(JANUARY, seed=seed, contracts=[PRODUCTS])
        made += [manifest.fingerprint for manifest in export(shelf, formats=CSV)]
        assert generations(shelf) == set(made[-2:])
    assert len(set(made)) == 3


def test_asking_for_one_format_takes_no_other_away(shelf: Shelf) -> None:
    shelf.put_all(JANUARY)
    export(shelf, formats=("csv", "parquet"))
    (more,) = export(shelf, formats=("json",))
    assert more.formats == ("csv", "json", "parquet")
    assert export(shelf, formats=CSV) == []
    shelf.put_all(JANUARY, seed=2)
    (new,) = export(shelf, formats=CSV)
    assert new.formats == CSV


def test_what_somebody_removed_or_broke_is_made_again(shelf: Shelf) -> None:
    shelf.put_all(JANUARY)
    (made,) = export(shelf, formats=CSV)
    before = {key: (folder(shelf) / key).read_bytes() for key in keys(shelf)}
    (folder(shelf) / made.fingerprint / "gold.sales_month.csv").unlink()
    (again,) = export(shelf, formats=CSV)
    assert again.fingerprint == made.fingerprint
    assert {key: (folder(shelf) / key).read_bytes() for key in keys(shelf)} == before
    (folder(shelf) / "latest" / "manifest.json").write_text("{}")
    assert len(export(shelf, formats=CSV)) == 1
    reader.check(folder(shelf), reader.latest(folder(shelf)))


def test_a_file_of_the_right_size_with_other_bytes_is_not_verified(shelf: Shelf) -> None:
    shelf.put_all(JANUARY)
    (made,) = export(shelf, formats=CSV)
    path = folder(shelf) / made.fingerprint / "gold.sales_month.csv"
    path.write_bytes(path.read_bytes().swapcase())
    found = list(read_back(shelf.platform, made, CSV))
    assert [item.file.name for item in found if item.data is None] == ["gold.sales_month.csv"]
    assert len(found) == len(SERVED)


def test_a_new_currency_name_or_language_is_another_export(shelf: Shelf) -> None:
    shelf.put_all(JANUARY)
    made = export(shelf, formats=CSV)
    for change in ({"name": "Acme S/A"}, {"currency": "USD"}, {"locale": "en"}, {"time_zone": "UTC"}):
        shelf.organization = shelf.organization.model_copy(update=change)
        made += export(shelf, formats=CSV)
    assert len({manifest.fingerprint for manifest in made}) == 5
    assert reader.latest(folder(shelf))["language"] == "en"


def test_a_month_that_lost_its_rows_is_told_so_and_one_that_never_had_any_is_not_exported(shelf: Shelf) -> None:
    shelf.put_all(JANUARY)
    export(shelf, formats=CSV)
    for contract in SERVED:
        shelf.put(contract, {JANUARY: [], MARCH: []})
    (empty,) = export(shelf, JANUARY, MARCH, formats=CSV)
    assert (empty.month, {file.rows for file in empty.files}) == (JANUARY, {0})
    assert (folder(shelf) / empty.fingerprint / "gold.sales_month.csv").read_bytes().count(b"\r\n") == 1


def test_gold_that_changed_since_it_was_read_is_another_runs(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A late run must not put an older export in the place of a newer one."""
    shelf.put_all(JANUARY)

    def late(*arguments: object) -> bool:
        monkeypatch.setattr("datapilot_assets.exports.write.publish", publish)
        shelf.put_all(JANUARY, seed=2)
        export(shelf, formats=CSV, run_id="newer")
        return publish(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("datapilot_assets.exports.write.publish", late)
    assert export(shelf, formats=CSV, run_id="older") == []
    assert reader.latest(folder(shelf))["run_id"] == "newer"
    assert len(generations(shelf)) == 1


def test_a_month_that_cannot_be_written_stops_no_other(shelf: Shelf) -> None:
    shelf.put_all(JANUARY, FEBRUARY)
    folder(shelf).parent.mkdir(parents=True)
    folder(shelf).write_text("a file where a folder should be")
    done: list[Manifest] = []
    with pytest.raises(ExportsFailed, match=r"^2024-01: ") as failed:
        done.extend(export_months(shelf.platform, shelf.organization, [JANUARY, FEBRUARY], CSV, "run"))
    assert "\n" not in str(failed.value)
    assert [made.month for made in done] == [FEBRUARY]


def test_no_file_holds_another_organizations_rows(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    shelves = [new_shelf(settings, org) for org in ("alpha", "alphabeta")]
    for shelf in shelves:
        row = {"org_id": shelf.org, "month": str(JANUARY), "currency": "BRL", "units": None, "rank": 1}
        shelf.put(
            PRODUCTS,
            {JANUARY: [row | {"product_key": "a", "product_name": f"canary{shelf.org}end", "gross_revenue": 1}]},
        )
        export(shelf)
    for mine, other in (shelves, shelves[::-1]):
        contents = [(folder(mine) / key).read_bytes() for key in keys(mine) if not key.endswith("xlsx")]
        assert any(f"canary{mine.org}end".encode() in data for data in contents)
        assert not any(f"canary{other.org}end".encode() in data for data in contents)
        organization = Platform(settings).registry.get(mine.org)
        (manifest,) = [latest_manifest(mine.platform, organization.org_id, JANUARY)]
        assert manifest is not None
        assert {file.name for file in manifest.files if mine.org in file.name} == {f"{mine.org}-2024-01.xlsx"}


def run_writer(shelf: Shelf, run_id: str, kill_at: int) -> int:
    home = shelf.platform.settings.home
    command = [sys.executable, "-m", "datapilot_tests.assets.exports.writer", home, run_id, str(kill_at), "csv"]
    return subprocess.run([str(word) for word in command], cwd=ROOT).returncode


def test_a_kill_at_any_point_leaves_the_old_or_the_new_export_and_the_next_run_ends_it(shelf: Shelf) -> None:
    for seed in range(2):
        shelf.put_all(JANUARY, seed=seed, contracts=[PRODUCTS])
        export(shelf, formats=CSV, run_id="old")
    shelf.put_all(JANUARY, seed=2, contracts=[PRODUCTS])
    seen = []
    # Eleven files, their manifest, the switch, the oldest export's removal.
    for kill_at in range(1, 15):
        assert run_writer(shelf, "new", kill_at) == -signal.SIGKILL, kill_at
        manifest = reader.latest(folder(shelf))
        reader.check(folder(shelf), manifest)
        seen.append(manifest["run_id"])
        if manifest["run_id"] == "new":
            break
    assert seen == ["old"] * 13 + ["new"]
    assert len(generations(shelf)) == 3, "it was killed before it removed the oldest"
    assert run_writer(shelf, "again", 0) == 0
    assert reader.latest(folder(shelf))["run_id"] == "new"
    shelf.put_all(JANUARY, seed=3, contracts=[PRODUCTS])
    export(shelf, formats=CSV, run_id="next")
    assert len(generations(shelf)) == 2


@contextmanager
def reading(shelf: Shelf, tmp_path: Path) -> Iterator[Path]:
    """A reader in a process of its own; the file with the run id of each manifest that it found true."""
    stop, seen = tmp_path / "stop", tmp_path / "seen"
    seen.touch()
    command = [sys.executable, "-m", "datapilot_tests.assets.exports.reader", folder(shelf), stop, seen]
    process = subprocess.Popen([str(word) for word in command], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        yield seen
    finally:
        stop.touch()
        _, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints) == (0, "")


def test_a_reader_never_sees_a_mix(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put_all(JANUARY, contracts=[PRODUCTS])
    export(shelf, formats=("csv", "json"), run_id="0")
    with reading(shelf, tmp_path) as seen:
        while not seen.read_text():
            pass
        for number in range(1, 21):
            shelf.put_all(JANUARY, seed=number, contracts=[PRODUCTS])
            assert len(export(shelf, formats=("csv", "json"), run_id=str(number))) == 1
    found = [int(line) for line in seen.read_text().split()]
    assert found == sorted(found)
    assert len(set(found)) > 5


def test_pending_is_what_the_setting_asks_for(tmp_path: Path) -> None:
    shelf = new_shelf(Settings(home=tmp_path / "home", exports=("csv", "xlsx")))
    shelf.put_all(JANUARY, FEBRUARY)
    assert sorted(pending_exports(shelf.platform, shelf.organization)) == [JANUARY, FEBRUARY]
    (made,) = export(shelf, formats=("csv", "xlsx"))
    export(shelf, FEBRUARY, formats=CSV)
    assert list(pending_exports(shelf.platform, shelf.organization)) == [FEBRUARY]
    # More formats of the same gold, which somebody asked for: still what the setting wants.
    (more,) = export(shelf)
    assert more.fingerprint != made.fingerprint
    assert list(pending_exports(shelf.platform, shelf.organization)) == [FEBRUARY]
