"""The demo: its files are what they claim to be, and it fails when the pipeline does not give their figures."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest

from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_interfaces.demo.accounts import balances
from datapilot_interfaces.demo.generator import DemoOrganization, build_demo
from datapilot_interfaces.demo.layouts import REPORT, SPREADSHEET, STOREFRONT, Layout, brazilian
from datapilot_interfaces.demo.orders import MONTHS
from datapilot_interfaces.demo.stage import NotTheDemo, clear_store, demo_environment, demo_store, fresh_home
from datapilot_resources.object_store_folder import FolderStore
from datapilot_resources.settings import Settings
from datapilot_tests.interfaces.conftest import Cli

ROOT = Path(__file__).parents[2]
LAYOUTS = (SPREADSHEET, STOREFRONT, REPORT)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    assert build_demo() == build_demo()
    assert build_demo("2025").organizations[0].files[0].content != build_demo().organizations[0].files[0].content


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.title.split(",")[0])
def test_headers_are_aliases_of_the_contract(layout: Layout) -> None:
    for field, header in layout.columns.items():
        assert header in BRONZE_SALES.column(field).aliases


@pytest.mark.parametrize("found", build_demo().organizations, ids=lambda found: found.org)
def test_files_hold_the_records_that_they_announce(found: DemoOrganization) -> None:
    for file in found.files:
        rows = list(csv.reader(io.StringIO(file.content.decode(found.layout.encoding)), delimiter=";"))
        announced = sum((file.accepted + file.quarantined + file.ignored).values())
        assert len(rows) - 1 == announced


def test_the_spreadsheets_own_cells_add_up_to_the_truth() -> None:
    """Gross of January read back from the file's text, not from the orders that wrote it."""
    bakery = build_demo().organizations[0]
    text = bakery.files[0].content.decode("cp1252")
    gross = Decimal(0)
    for row in csv.DictReader(io.StringIO(text), delimiter=";"):
        if row["Situação"] == "Pago" and not row["Data da venda"].startswith("31/02"):
            gross += Decimal(row["Valor Total Item"].removeprefix("R$ ").replace(".", "").replace(",", "."))
    assert gross == bakery.truth[MONTHS[0]].gross_revenue


def test_every_organization_sells_its_canary_and_no_other() -> None:
    demo = build_demo()
    for found in demo.organizations:
        content = b"".join(file.content for file in found.files).decode("latin-1")
        sold = {other.org for other in demo.organizations if other.canary.sku in content}
        assert sold == {found.org}


def test_seeded_faults_are_there() -> None:
    bakery, shop, hardware = build_demo().organizations
    assert b"31/02/2024" in bakery.files[0].content
    assert bakery.files[1].content.endswith(b"9002;1;01/02/2024;00123\r\n")
    assert b"a combinar" in shop.files[1].content
    assert b"a combinar" in hardware.files[2].content
    assert shop.files[2].accepted[MONTHS[0]] > 0  # late rows of January in March's file


def test_brazilian_numbers() -> None:
    assert brazilian(Decimal("-1234567.8")) == "-1.234.567,80"


def test_a_missing_record_does_not_balance() -> None:
    whole = Counter(records=10, accepted=5, superseded=2, quarantined=1, ignored=2)
    assert balances(whole)
    assert not balances(whole - Counter(accepted=1))


def test_the_stage_is_cleared_only_when_a_demo_made_it(tmp_path: Path) -> None:
    stage = fresh_home(tmp_path)
    (stage / "store").mkdir()
    assert not (fresh_home(tmp_path) / "store").exists()
    mine = tmp_path / "other"
    (mine / "demo").mkdir(parents=True)
    (mine / "demo" / "data").write_text("precious")
    with pytest.raises(NotTheDemo):
        fresh_home(mine)
    assert (mine / "demo" / "data").read_text() == "precious"


def test_the_demo_never_sees_the_users_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAPILOT_STORE", "s3://precious")
    monkeypatch.setenv("DATAPILOT_HOME", "/precious")
    with demo_environment(tmp_path):
        assert os.environ["DATAPILOT_HOME"] == str(tmp_path)
        assert "DATAPILOT_STORE" not in os.environ
    assert os.environ["DATAPILOT_STORE"] == "s3://precious"
    assert os.environ["DATAPILOT_HOME"] == "/precious"


def test_on_s3_the_demo_has_a_prefix_of_its_own_in_the_users_store(tmp_path: Path) -> None:
    assert demo_store(Settings(home=tmp_path)) is None
    store = demo_store(Settings(home=tmp_path, store="s3://precious/lake"))
    assert store == "s3://precious/lake/datapilot-demo"
    with demo_environment(tmp_path, store):
        assert os.environ["DATAPILOT_STORE"] == store


def test_the_demos_store_is_cleared_only_when_a_demo_made_it(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    clear_store(store)
    store.write("org_id=padaria/old", b"")
    clear_store(store)
    (mark,) = store.list("")
    store.delete(mark.key)
    store.write("precious", b"data")
    with pytest.raises(NotTheDemo, match="precious"):
        clear_store(store)
    assert store.read("precious") == b"data"


def test_the_demo_takes_no_name_of_a_users_organization_where_names_are_shared(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("org", "add", "padaria").code == 0
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")
    monkeypatch.setenv("NEO4J_PASSWORD", "never asked")
    answer = cli("demo")
    assert answer.code == 1
    assert "DEMO_NAMES: padaria" in answer.err
    assert not (home / "demo").exists()


def _row(**changes: Any) -> dict[str, Any]:
    counts = {"records": 1, "accepted": 1, "superseded": 0, "quarantined": 0, "ignored": 0}
    measures = {"gross_revenue": Decimal(1), "net_revenue": Decimal(1), "paid_orders": 1, "average_ticket": None}
    return {"org_id": "x", "month": "2024-01", **counts, **measures, "balances": True, "as_expected": True, **changes}


class _Story:
    """Chapters that hold, but for what a test breaks."""

    broken: ClassVar[dict[str, Any]] = {}

    def __init__(self, *_: object) -> None: ...

    def load(self) -> Any:
        return [_row(**self.broken.get("months", {}))]

    def marketing(self) -> Any:
        figures = dict.fromkeys(
            ("spend", "roas_claimed", "roas_verified", "ads_days", "gross_revenue_covered", "cost_per_conversion")
        )
        row = {"month": "2024-01", "iso_week": "2024-W02", "campaign_name": "x", **figures, "as_expected": True}
        return {"organization": "x", "months": [row], "weeks": [row], "ok": "marketing" not in self.broken}

    def insights(self) -> Any:
        words = {"organization": "x", "month": "2024-01", "insights": [], "numbers": 0, "wrong": 0}
        return {**words, "ok": "insights" not in self.broken}

    def lying_model(self) -> Any:
        counts = ("published_by_model", "published_offline_instead", "calls", "input_tokens", "output_tokens")
        told = {"rejected": [], "cost_usd": Decimal(0), **dict.fromkeys(counts, 0)}
        return {**told, "ok": "lying_model" not in self.broken}

    def correct(self) -> Any:
        words = dict.fromkeys(("organization", "month", "gone", "raised", "mended"), "")
        return {**words, "effect": [], "other_months_changed": [], "ok": True, **self.broken.get("correct", {})}

    def same_bytes(self) -> Any:
        from datapilot_domain.landing import Verdict

        return {"file": "x", "verdict": Verdict.ALREADY_LOADED, "detail": "", "ok": "same_bytes" not in self.broken}

    def refuse(self) -> Any:
        from datapilot_domain.landing import Verdict

        empty = dict.fromkeys(("file", "reason", "text", "detail", "remedy"), "")
        return {**empty, "verdict": Verdict.REFUSED, "ok": "refuse" not in self.broken}

    def trespass(self) -> Any:
        return [{"attempt": "x", "answer": "y", "ok": "trespass" not in self.broken}]

    def alerts(self) -> Any:
        return {"messages": [], "ok": "alerts" not in self.broken}

    def exports(self) -> Any:
        return {"files": [], "ok": "exports" not in self.broken}


@pytest.mark.parametrize(
    "broken",
    [
        {"months": {"balances": False}},
        {"months": {"as_expected": False}},
        {"marketing": 1},
        {"insights": 1},
        {"lying_model": 1},
        {"correct": {"ok": False}},
        {"same_bytes": 1},
        {"refuse": 1},
        {"trespass": 1},
        {"alerts": 1},
        {"exports": 1},
        {},
    ],
    ids=str,
)
def test_the_demo_fails_unless_every_chapter_holds(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch, broken: dict[str, Any]
) -> None:
    monkeypatch.setattr("datapilot_interfaces.demo.story.Story", _Story)
    monkeypatch.setattr(_Story, "broken", broken)
    answer = cli("demo", "--format", "json")
    kept = json.loads((home / "demo.json").read_text("utf-8"))
    assert answer.code == (1 if broken else 0)
    assert kept["ok"] is not bool(broken)
    assert answer.rows == kept["months"]
    assert "Where to look next" in answer.err
    assert ("DEMO_FAILED: " in answer.err) is bool(broken)


def test_make_demo_again_beside_a_users_organization(tmp_path: Path) -> None:
    """As the README says it, but for the set-up: the user's home stays as it was."""
    home = tmp_path / "home"
    environment = {**os.environ, "DATAPILOT_HOME": str(home)}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)

    datapilot = [sys.executable, "-m", "datapilot_interfaces.cli.main"]
    assert run(*datapilot, "org", "add", "padaria", "--name", "Mine").returncode == 0
    (fresh_home(home) / "store").mkdir()  # as an earlier demo left it
    done = run("make", "--old-file=setup", "demo")
    assert done.returncode == 0, done.stderr
    assert "Where to look next" in done.stdout
    kept = json.loads((home / "demo.json").read_text("utf-8"))
    assert len(kept["months"]) == 9
    for row in kept["months"]:
        fates = (row[name] for name in ("accepted", "superseded", "quarantined", "ignored"))
        assert row["records"] == sum(fates)
        assert row["balances"]
        assert row["as_expected"]
    assert kept["ok"]
    assert [row["month"] for row in kept["marketing"]["months"]] == [str(month) for month in MONTHS]
    assert kept["same_bytes"]["verdict"] == "already_loaded"
    assert kept["refused"]["reason"] == "COLUMNS_MISSING"
    assert [org["name"] for org in json.loads(run(*datapilot, "org", "list", "--format", "json").stdout)] == ["Mine"]
    assert not (home / "store" / "org_id=padaria").exists()
