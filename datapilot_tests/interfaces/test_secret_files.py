"""The containers' secrets: made once, never shown, and refused when anybody could guess them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from datapilot_interfaces.secret_files import NAMES, main, make, problems
from datapilot_resources.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make(tmp_path / "secrets")
    return tmp_path / "secrets"


def write(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


def test_made_secrets_are_good_all_different_and_closed_to_others(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == set(NAMES)
    assert problems(folder) == []
    values = [(folder / name).read_text().strip() for name in NAMES if name != "llm_api_key"]
    assert len(set(values)) == len(values)
    assert all(len(value) >= 32 for value in values)
    assert folder.stat().st_mode & 0o777 == 0o700
    # Containers run under other numbers: the folder keeps others out, not the files.
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}


def test_making_again_changes_nothing_and_makes_what_is_missing(folder: Path) -> None:
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert make(folder) == []
    (folder / "neo4j_auth").unlink()
    (folder / "people").unlink()
    assert make(folder) == ["people", "neo4j_auth"]
    after = {path.name: path.read_text() for path in folder.iterdir()}
    assert after.pop("people") != before.pop("people")
    assert after == before


def test_own_passwords_reach_their_other_forms(tmp_path: Path) -> None:
    tmp_path.joinpath("postgres_password").write_text("a/long:pass@word#1234\n")
    make(tmp_path)
    assert problems(tmp_path) == []
    url = (tmp_path / "postgres_url").read_text().strip()
    assert url == "postgresql://datapilot:a%2Flong%3Apass%40word%231234@postgres:5432/datapilot"


def test_our_settings_read_them(folder: Path) -> None:
    settings = Settings.from_environment(
        {
            "DATAPILOT_POSTGRES_URL_FILE": str(folder / "postgres_url"),
            "DATAPILOT_CUSTOMER_SECRET_FILE": str(folder / "customer_secret"),
            "S3_ACCESS_KEY_ID_FILE": str(folder / "s3_access_key_id"),
            "S3_SECRET_ACCESS_KEY_FILE": str(folder / "s3_secret_access_key"),
            "NEO4J_URI": "bolt://neo4j:7687",
            "NEO4J_PASSWORD_FILE": str(folder / "neo4j_password"),
        }
    )
    assert settings.neo4j_password is not None
    assert f"neo4j/{settings.neo4j_password.get_secret_value()}\n" == (folder / "neo4j_auth").read_text()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"postgres_url", "neo4j_auth", "people"}])
@pytest.mark.parametrize(
    "value",
    """admin password minioadmin postgres neo4j changeme 12345678 short-but-odd-1
    passwordpassword adminadminadminadmin postgres-password-2024 ChangeMe_Please_123 minioadmin:minioadmin
    1234567890123456789 aaaaaaaabbbbbbbbcccc dagster-neo4j-postgres change-this-secret-key""".split(),
)
def test_known_short_and_simple_values_are_refused(folder: Path, name: str, value: str) -> None:
    write(folder / name, value)
    assert any(problem.startswith(f"{name}: ") for problem in problems(folder))


@pytest.mark.parametrize(
    "value", ["", "\n", "two words of nine 8 7", "line-one-of-two\nline-two-of-two", "ação-mais-que-longa"]
)
def test_empty_and_unusable_values_are_refused(folder: Path, value: str) -> None:
    write(folder / "postgres_password", value)
    assert any(problem.startswith("postgres_password: ") for problem in problems(folder))


def test_an_unused_optional_secret_is_empty(folder: Path) -> None:
    assert (folder / "llm_api_key").read_text() == ""
    write(folder / "llm_api_key", "sk-9Qw2eR7tY4uI1oP6")
    assert problems(folder) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert any(problem.startswith(f"{name}: cannot be read") for problem in problems(folder))


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ("ana", "one person a line"),
        ("ana:", "one person a line"),
        ("ana:good-Long-pass-1\n\nbea:good-Long-pass-2", "one person a line"),
        ("a na:good-Long-pass-1", "one person a line"),
        ("ana:short", "shorter than 16"),
        ("ana:passwordpassword", "known or simple"),
        ("ana:good-Long-pass-1\nana:good-Long-pass-2", "stands twice"),
        ("ana:good-Long-pass-1" + "x" * 60, "longer than 72"),
    ],
)
def test_people_have_names_and_passwords(folder: Path, people: str, told: str) -> None:
    write(folder / "people", people)
    assert any(problem.startswith("people: ") and told in problem for problem in problems(folder))


def test_several_people_may_log_in(folder: Path) -> None:
    write(folder / "people", "ana:good-Long-pass-1\nbea.b@example.com:good:Long:pass-2\n")
    assert problems(folder) == []


def test_a_changed_password_must_be_changed_in_both_forms(folder: Path) -> None:
    write(folder / "postgres_password", "another-good-pass-9")
    write(folder / "neo4j_password", "another-good-pass-9")
    found = problems(folder)
    assert [problem.split(":")[0] for problem in found] == ["postgres_url", "neo4j_auth"]


@pytest.mark.parametrize(("password", "good"), [("odd-0ne-that-is-long", True), ("postgres", False), ("", False)])
def test_somebody_else_s_postgres_has_a_password_of_its_own(folder: Path, password: str, good: bool) -> None:
    write(folder / "postgres_url", f"postgresql://u:{password}@db.example.com/d")
    assert (problems(folder) == []) is good


def test_the_command_fails_names_the_remedy_and_shows_no_value(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "neo4j_password", "minioadmin-2024-12")
    assert main(["check", str(folder)]) == 1
    told = capsys.readouterr()
    assert "neo4j_password: is a known or simple value; delete the file and run `make secrets`" in told.err
    assert "minioadmin" not in told.err + told.out
    assert not any((folder / name).read_text().strip() in told.err for name in NAMES if name != "llm_api_key")


def test_make_secrets_needs_the_standard_library_only(tmp_path: Path) -> None:
    command = [sys.executable, "-S", "-m", "datapilot_interfaces.secret_files"]
    made = subprocess.run([*command, "make", str(tmp_path / "s")], cwd=ROOT, capture_output=True, text=True, check=True)
    assert made.stdout == f"{tmp_path / 's'}: made {', '.join(sorted(NAMES, key=made.stdout.index))}\n"
    checked = subprocess.run([*command, "check", str(tmp_path / "s")], cwd=ROOT, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
