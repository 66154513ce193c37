"""A real Spark Connect server on loopback, and Python processes that are its clients."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datapilot_resources.settings import Settings
from datapilot_resources.spark import connect_server_command, jvm_environment

ROOT = Path(__file__).parents[2]


@contextmanager
def connect_server(settings: Settings, folder: Path) -> Iterator[str]:
    """Run a server for these settings; yields its `sc://` address once it listens, stops it in any case."""
    port = _free_port()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "connect.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            connect_server_command(settings, port),
            env={**os.environ, **jvm_environment(settings)},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 120
        while not _listens(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Spark Connect did not start:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.1)
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


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
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
