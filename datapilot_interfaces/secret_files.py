"""The containers' secrets, one file each: `python3 -m datapilot_interfaces.secret_files make|check FOLDER`.

Only the standard library: a machine with Python and Docker needs no set-up. Values are never printed.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

_MADE: Mapping[str, Callable[[], str]] = {
    "s3_access_key_id": lambda: secrets.token_hex(16),
    "s3_secret_access_key": lambda: secrets.token_hex(32),
    "postgres_password": lambda: secrets.token_hex(32),
    "neo4j_password": lambda: secrets.token_hex(32),
    "customer_secret": lambda: secrets.token_hex(32),
    "people": lambda: f"datapilot:{secrets.token_hex(16)}",
}
# What a program wants in a form of its own, of the secret that it holds.
_DERIVED: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "postgres_url": (
        "postgres_password",
        lambda p: f"postgresql://datapilot:{quote(p, safe='')}@postgres:5432/datapilot",
    ),
    "neo4j_auth": ("neo4j_password", lambda p: f"neo4j/{p}"),
}
# Stay empty unless their setting is used.
_OPTIONAL = ("llm_api_key",)
NAMES = (*_MADE, *_DERIVED, *_OPTIONAL)

_MINIMUM_CHARACTERS = 16
_MAXIMUM_BYTES_OF_BCRYPT = 72
_KNOWN_WORDS = (
    "abc admin administrator change changeit changeme datapilot default demo dev dagster example guest key letmein me "
    "minio minioadmin neo4j none null owner pass passw0rd password please postgres postgresql prod qwerty root "
    "s3cr3t secret seaweed sa spark test this to user welcome your"
).split()
_WEAK = re.compile(rf"(?:{'|'.join(_KNOWN_WORDS)}|[^a-z])*", re.IGNORECASE)
_PERSON = re.compile(r"(?P<name>[A-Za-z0-9._@-]+):(?P<password>[!-~]+)")


def make(folder: Path) -> list[str]:
    """Write the files that are missing, never touching one that is there; returns their names.

    The folder is closed to everybody else (0700). Its files are readable (0444), because each is mounted alone
    into containers whose users have other numbers; a file of mode 0600 could not be read there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = [name for name, value in _MADE.items() if _write_new(folder / name, value())]
    for name, (source, form) in _DERIVED.items():
        if _write_new(folder / name, form(_read(folder / source))):
            made.append(name)
    return made + [name for name in _OPTIONAL if _write_new(folder / name, "")]


def problems(folder: Path) -> list[str]:
    """What must not start: a secret that is missing, empty, short, simple, widely known, or contradicts its twin."""
    found: list[str] = []
    values: dict[str, str] = {}
    for name in NAMES:
        try:
            values[name] = _read(folder / name)
        except (OSError, UnicodeDecodeError) as error:
            found.append(f"{name}: cannot be read ({type(error).__name__}); run `make secrets`")
    for name, value in values.items():
        if name not in _DERIVED and not (name in _OPTIONAL and not value):
            found += _of_people(value) if name == "people" else _of_value(name, value)
    return found + _of_twins(values)


def _of_value(name: str, value: str) -> list[str]:
    if not value:
        return [f"{name}: is empty; delete the file and run `make secrets`"]
    if not re.fullmatch(r"[!-~]+", value):
        return [f"{name}: must be one line of visible ASCII characters without spaces"]
    if len(value) < _MINIMUM_CHARACTERS:
        return [f"{name}: is shorter than {_MINIMUM_CHARACTERS} characters"]
    if len(set(value)) < 8 or _WEAK.fullmatch(value):
        return [f"{name}: is a known or simple value; delete the file and run `make secrets`"]
    return []


def _of_people(text: str) -> list[str]:
    lines = text.splitlines()
    people = [_PERSON.fullmatch(line) for line in lines]
    if not lines or not all(people):
        return ["people: must hold one person a line, as in ana:her-long-password"]
    names = [person["name"] for person in people if person]
    found = [f"people: {name} stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
    for person in filter(None, people):
        found += _of_value(f"people: {person['name']}", person["password"])
        if len(person["password"].encode()) > _MAXIMUM_BYTES_OF_BCRYPT:  # bcrypt would ignore the rest
            found.append(f"people: {person['name']}: is longer than {_MAXIMUM_BYTES_OF_BCRYPT} bytes")
    return found


def _of_twins(values: Mapping[str, str]) -> list[str]:
    """The derived files; an address of somebody else's Postgres has a password of its own."""
    if not {*_MADE, *_DERIVED} <= values.keys():
        return []
    found = []
    url = urlsplit(values["postgres_url"])
    password = unquote(url.password or "")
    if url.hostname != "postgres":
        found += _of_value("postgres_url: its password", password)
    elif password != values["postgres_password"]:
        found.append("postgres_url: holds another password than postgres_password; delete it and run `make secrets`")
    if values["neo4j_auth"] != f"neo4j/{values['neo4j_password']}":
        found.append("neo4j_auth: must be neo4j/ and neo4j_password; delete it and run `make secrets`")
    return found


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


def _write_new(path: Path, value: str) -> bool:
    """Whether the file was made; False when it was there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{value}\n" if value else "")
        os.fchmod(file.fileno(), 0o444)
    return True


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 when `check` finds a problem."""
    parser = argparse.ArgumentParser(prog="secret_files", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("task", choices=["make", "check"])
    parser.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    if given.task == "make":
        made = make(given.folder)
        print(f"{given.folder}: made {', '.join(made)}" if made else f"{given.folder}: all there, nothing changed")
        return 0
    found = problems(given.folder)
    for problem in found:
        print(f"secrets: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
