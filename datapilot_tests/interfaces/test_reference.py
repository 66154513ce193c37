"""The pages in docs/ are what the contracts and the tests say now, and every rule and reason has its test."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.field_names import FIELD_NAMES
from datapilot_domain.reasons import REASONS
from datapilot_domain.rules import RULES
from datapilot_interfaces.reference.marks import Mark, UnreadableMark, scan
from datapilot_interfaces.reference.pages import ROOT, pages, write
from datapilot_interfaces.reference.rules_page import rules_page

PAGES = pages()
MARKS = scan(ROOT / "datapilot_tests")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_generator_writes(name: str) -> None:
    assert (ROOT / "docs" / name).read_text("utf-8") == PAGES[name], "run `make docs`"


def test_no_page_is_left_of_what_is_no_more(tmp_path: Path) -> None:
    assert {f"reference/{path.name}" for path in (ROOT / "docs" / "reference").iterdir()} == {
        name for name in PAGES if name.startswith("reference/")
    }
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "gone.md").write_text("of an earlier table")
    assert set(write(tmp_path)) == {*PAGES, "reference/gone.md"}
    assert write(tmp_path) == []
    assert not (tmp_path / "reference" / "gone.md").exists()


@pytest.mark.parametrize("name", PAGES)
def test_links_between_pages_lead_somewhere(name: str) -> None:
    page = ROOT / "docs" / name
    for target, _, anchor in re.findall(r"\]\(((?!http)[^)#]*)(#([^)]*))?\)", PAGES[name]):
        path = (page.parent / target) if target else page
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            text = path.read_text("utf-8")
            assert f'id="{anchor}"' in text or re.search(rf"^#+ {re.escape(anchor)}$", text, re.MULTILINE), anchor


def test_a_table_page_names_every_column_rule_and_its_remedy() -> None:
    for contract in CONTRACTS.values():
        page = PAGES[f"reference/{contract.id}.md"]
        for column in contract.columns:
            assert re.search(rf"^\| `{column.name}` \| `{re.escape(column.type)}` \|", page, re.MULTILINE), column.name
        for rule in contract.rules:
            assert f"reasons.md#{rule.code.lower()}" in page


def test_every_header_of_every_field_is_listed_and_every_field_has_a_name() -> None:
    page = PAGES["reference/sales-fields.md"]
    assert {field.name for field in SALES_FIELDS} | {"record"} == set(FIELD_NAMES)
    for field in SALES_FIELDS:
        for alias in field.aliases:
            assert f"`{alias}`" in page, alias


def test_every_reason_is_worded_in_both_languages_on_its_page() -> None:
    page = PAGES["reference/reasons.md"]
    assert [code for code in REASONS if f'id="{code.lower()}"' not in page] == []


def test_every_command_is_on_its_page() -> None:
    from datapilot_interfaces.cli.main import app

    commands = [command.name for command in app.registered_commands]
    assert commands
    assert [name for name in commands if f"## datapilot {name}" not in PAGES["reference/commands.md"]] == []


def test_marks_name_rules_and_reasons_that_exist() -> None:
    known: dict[str, set[str]] = {"rule": set(RULES), "reason": set(REASONS)}
    assert [mark for mark in MARKS if mark.name not in known[mark.kind]] == []


def _without_a_test(kind: str, names: Iterable[str]) -> list[str]:
    tested = {mark.name for mark in MARKS if mark.kind == kind}
    return [name for name in names if name not in tested]


def test_every_rule_has_a_test_that_holds_it() -> None:
    assert _without_a_test("rule", RULES) == []


def test_every_reason_has_a_test_that_triggers_it() -> None:
    assert _without_a_test("reason", REASONS) == []


SOURCE = """
import pytest
CASES = [pytest.param(1, marks=pytest.mark.reason("SHARED")), 2]
pytestmark = pytest.mark.rule("EVERYWHERE")

@pytest.mark.parametrize("n", CASES)
def test_a(n): ...

@pytest.mark.rule("CLASS")
class TestThings:
    @pytest.mark.rule("R1", )
    @pytest.mark.parametrize("n", [pytest.param(1, marks=[pytest.mark.reason("ONE"), pytest.mark.reason("TWO")])])
    def test_b(self, n): ...

    def helper(self): ...

@pytest.mark.reason("NOT_A_TEST")
def helper(): ...
"""


def test_marks_are_found_on_tests_classes_modules_and_parameters(tmp_path: Path) -> None:
    (tmp_path / "tests" / "room").mkdir(parents=True)
    (tmp_path / "tests" / "room" / "test_x.py").write_text(SOURCE)
    found = scan(tmp_path / "tests")
    assert {(mark.kind, mark.name, mark.test) for mark in found} == {
        ("rule", "EVERYWHERE", "test_a"),
        ("reason", "SHARED", "test_a"),
        ("rule", "EVERYWHERE", "test_b"),
        ("rule", "CLASS", "test_b"),
        ("rule", "R1", "test_b"),
        ("reason", "ONE", "test_b"),
        ("reason", "TWO", "test_b"),
    }
    assert {mark.file for mark in found} == {"tests/room/test_x.py"}


def test_a_mark_that_only_a_run_could_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("@pytest.mark.reason(CODE)\ndef test_a(): ...\n")
    with pytest.raises(UnreadableMark, match=r"test_x\.py:1"):
        scan(tmp_path)


def test_a_rule_without_a_test_is_seen_on_the_page() -> None:
    page = rules_page([Mark("rule", "R4", "datapilot_tests/x/test_y.py", "test_an_order_moves")])
    assert "- [an order moves](../datapilot_tests/x/test_y.py)" in page
    assert page.count("no test yet") == len(RULES) - 1 + len(REASONS)
