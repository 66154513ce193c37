"""A real Spark Connect server on loopback, and Python processes that are its clients."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datapilot_resources.settings import Settings
from datapilot_resources.spark import connect_server_command, jvm_environment
from datapilot_tests.services.server import Server, free_port, listens

ROOT = Path(__file__).parents[2]


@contextmanager
def connect_server(settings: Settings, folder: Path) -> Iterator[str]:
    """Run a server for these settings; yields its `sc://` address once it listens, stops it in any case."""
    port = free_port()
    command, environment = connect_server_command(settings, port), jvm_environment(settings)
    with Server("connect", command, folder, lambda: listens(port), environment, start_seconds=120):
        yield f"sc://127.0.0.1:{port}"


def run_python(code: str, folder: Path, **environment: str) -> str:
    """Standard output of `code` in a fresh process whose current directory is `folder`; fails when it fails.

    Fresh because pyspark cannot use a Connect and a classic session in one process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=600,  # a crowded machine
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return done.stdout
