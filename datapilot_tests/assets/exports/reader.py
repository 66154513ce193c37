"""Whoever reads exports knows nothing of ours: JSON, paths, hashes. As a program: until it is told to stop."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any


def latest(month: Path) -> dict[str, Any]:
    """The manifest that `latest` of a month's folder has now."""
    found = json.loads((month / "latest" / "manifest.json").read_bytes())
    assert isinstance(found, dict)
    return found


def check(month: Path, manifest: dict[str, Any]) -> None:
    """Raises FileNotFoundError, or AssertionError for bytes that are not the manifest's."""
    for file in manifest["files"]:
        data = Path(os.path.normpath(month / "latest" / file["path"])).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"]), file["path"]


def main(month: Path, stop: Path, seen: Path) -> None:
    """Check every manifest that is there, again and again. Run ids are numbers: a reader may be late by one export."""
    while not stop.exists():
        manifest = latest(month)
        try:
            check(month, manifest)
        except FileNotFoundError:
            assert int(latest(month)["run_id"]) >= int(manifest["run_id"]) + 2, "an export went while it was in use"
            continue
        with seen.open("a") as out:
            out.write(f"{manifest['run_id']}\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
