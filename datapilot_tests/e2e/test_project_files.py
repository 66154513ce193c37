"""The project files agree with each other and with what is installed."""

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import tomllib
import yaml
from dagster import DagsterInstance
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import SecretStr

from datapilot_assets.dagster_home import instance_config, prepare_dagster_home
from datapilot_resources.settings import Settings

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {"dev": "requirements.lock", "jre": "requirements-jre.lock"}


def locked_requirements(lock: str) -> list[tuple[Requirement, list[str]]]:
    """(requirement, its hashes) in the order of the file."""
    logical_lines = (ROOT / lock).read_text().replace("\\\n", " ").splitlines()
    lines = [line.split("--hash=") for line in logical_lines if not line.lstrip().startswith("#")]
    return [(Requirement(requirement.strip()), hashes) for requirement, *hashes in lines if requirement.strip()]


def test_every_pin_gives_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    groups = [PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"].values()]
    pins = [pin for group in groups for pin in group]
    without = [pin for pin in pins if not re.search(rf'^  "{re.escape(pin)}",? +# \S', text, re.MULTILINE)]
    assert without == []


@pytest.mark.parametrize("lock", LOCKS.values())
def test_lock_has_only_exact_versions_with_hashes_and_names_no_index(lock: str) -> None:
    requirements = locked_requirements(lock)
    assert requirements
    for requirement, hashes in requirements:
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert requirement.url is None, requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64} *", digest) for digest in hashes), requirement
    assert not re.search(r"--?(i|(extra-)?index-url|f|find-links|trusted-host)\b|://", (ROOT / lock).read_text())


@pytest.mark.parametrize("group", LOCKS)
def test_lock_satisfies_the_pins(group: str) -> None:
    pins = [*PROJECT["dependency-groups"][group], *(PROJECT["project"]["dependencies"] if group == "dev" else [])]
    locked = locked_requirements(LOCKS[group])
    for pin in map(Requirement, pins):
        found = [r for r, _ in locked if canonicalize_name(r.name) == canonicalize_name(pin.name)]
        assert found, f"{pin} is not in {LOCKS[group]}: run `make lock`"
        for requirement in found:
            version = str(requirement.specifier).removeprefix("==")
            assert pin.specifier.contains(version), f"{requirement} does not satisfy {pin}: run `make lock`"


def test_dagster_yaml_gives_the_expected_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "put back afterwards")
    prepare_dagster_home(Settings(home=tmp_path))
    with DagsterInstance.get() as instance:
        queue = instance.get_concurrency_config().run_queue_config
        assert queue is not None
        assert queue.max_concurrent_runs == 1
        per_value = {"value": {"applyLimitPerUniqueValue": True}, "limit": 1}
        assert queue.tag_concurrency_limits == [
            {"key": "dagster/partition/org", **per_value},
            {"key": "datapilot/organization", **per_value},
        ]
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_runtime_seconds == 6 * 3600
        assert not instance.telemetry_enabled
        assert instance.get_settings("retention")["sensor"]["purge_after_days"]["skipped"] == 1
        assert Path(instance.root_directory) == tmp_path / "dagster"
    assert list(tmp_path.rglob("runs.db")), "SQLite under DAGSTER_HOME"


def test_postgres_and_s3_change_the_instance_and_are_not_named_in_its_file(tmp_path: Path) -> None:
    plain = instance_config(Settings(home=tmp_path))
    url = SecretStr("postgresql://user:canary@database.example/datapilot")
    config = instance_config(Settings(home=tmp_path, store="s3://canary/lake", postgres_url=url))
    assert config.pop("storage")["custom"]["class"] == "PostgresStorage"
    assert config.pop("compute_logs")["class"] == "StoreComputeLogs"
    assert config == plain
    assert "canary" not in str(config)
    remote = instance_config(Settings(home=tmp_path, spark_remote=SecretStr("sc://host"), concurrent_runs=3))
    assert remote["concurrency"]["runs"].pop("max_concurrent_runs") == 3
    assert plain["concurrency"]["runs"].pop("max_concurrent_runs") == 1
    assert remote == plain


def test_workspace_and_project_load_the_same_definitions() -> None:
    (entry,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    tool = PROJECT["tool"]["dagster"]
    assert entry["python_module"] == {
        "module_name": tool["module_name"],
        "location_name": tool["code_location_name"],
    }
    assert (ROOT / f"{tool['module_name'].replace('.', '/')}.py").is_file()


def test_command_is_the_declared_function() -> None:
    ((name, target),) = PROJECT["project"]["scripts"].items()
    (installed,) = entry_points(group="console_scripts", name=name)
    assert installed.value == target
    assert callable(installed.load())


def test_image_context_holds_what_set_up_reads() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    inputs = {PROJECT["project"]["readme"], *PROJECT["project"]["license-files"], *LOCKS.values()}
    assert {f"!{name}" for name in inputs | {"Makefile", "pyproject.toml", "workspace.yaml"}} <= set(ignore)


TARGETS = "help setup demo test services test-services up lint types docs lock clean".split()


@pytest.mark.parametrize("target", TARGETS)
def test_make_target_exists_and_is_explained(target: str) -> None:
    dry_run = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert dry_run.returncode == 0, dry_run.stderr
    assert dry_run.stdout.strip()
    assert re.search(rf"^{target}:.*## \S", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_set_up_is_skipped_until_an_input_changes(tmp_path: Path) -> None:
    inputs = ["Makefile", "pyproject.toml", *LOCKS.values(), "datapilot_resources/jars/ivy.xml"]
    for name in inputs:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())

    def plan() -> str:
        return subprocess.run(
            ["make", "--dry-run", "setup"], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout

    stamp = re.search(r"touch (\.venv/setup-\d+)", plan())
    assert stamp is not None
    (tmp_path / ".venv").mkdir()
    (tmp_path / stamp[1]).touch()
    assert "pip install" not in plan()
    (tmp_path / "requirements.lock").write_text("changed")
    assert "pip install" in plan()


def test_ci_calls_what_the_readme_tells() -> None:
    steps = (ROOT / ".ci" / "run").read_text().splitlines()
    assert "make setup" in steps
    assert {"make test", "make test-services"} <= set(steps)
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_hooks_download_nothing() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert (Path(sys.executable).parent / Path(hook["entry"].split()[0]).name).is_file()
