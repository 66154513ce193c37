"""`datapilot page`: the file, the row, and what is said of a month that has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_tests.assets.insights.golden import organization, write_gold
from datapilot_tests.assets.pages.stage import ads, sales
from datapilot_tests.interfaces.conftest import Cli


@pytest.fixture
def acme(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.chdir(tmp_path)
    platform = Platform.from_environment()
    write_gold(platform, organization(platform, "acme"), sales(names=("café",)), ads())
    return platform


def test_the_page_is_a_file_of_its_own(cli: Cli, acme: Platform, tmp_path: Path) -> None:
    answer = cli("page", "--org", "acme", "--month", "2024-03", "--format", "json")
    assert answer.code == 0
    assert answer.rows == [{"org_id": "acme", "month": "2024-03", "file": "acme-2024-03.html", "insights": 0}]
    written = (tmp_path / "acme-2024-03.html").read_text("utf-8")
    assert written.startswith("<!DOCTYPE html>")
    assert acme.store.read("org_id=acme/reports/pages/2024-03.html").decode() == written


def test_the_file_is_where_one_wants_it(cli: Cli, acme: Platform, tmp_path: Path) -> None:
    answer = cli("page", "--org", "acme", "--month", "2024-03", "--output", tmp_path / "março.html", "--format", "csv")
    assert answer.out.splitlines()[0] == "org_id,month,file,insights"
    assert (tmp_path / "março.html").exists()
    refused = cli("page", "--org", "acme", "--month", "2024-03", "--output", tmp_path / "none" / "x.html")
    assert refused.code == 1
    assert refused.error.startswith("FILE_UNWRITABLE: ")


def test_stdout_has_the_page_alone(cli: Cli, acme: Platform) -> None:
    answer = cli("page", "--org", "acme", "--month", "2024-03", "--output", "-")
    assert answer.code == 0
    assert answer.out.startswith("<!DOCTYPE html>")
    assert answer.out.rstrip().endswith("</html>")
    assert "acme" in answer.err


def test_a_month_without_gold_has_a_remedy(cli: Cli, acme: Platform) -> None:
    answer = cli("page", "--org", "acme", "--month", str(Month(2022, 1)))
    assert answer.code == 1
    assert answer.error.startswith("MONTH_EMPTY: acme has neither sales nor ads of 2022-01; land files of it")


def test_a_month_and_an_organization_are_needed(cli: Cli, acme: Platform) -> None:
    assert cli("page", "--org", "acme").code == 2
    assert cli("page", "--org", "nobody", "--month", "2024-03").error.startswith("ORGANIZATION_UNKNOWN: ")
