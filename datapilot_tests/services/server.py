"""A program that tests start, kill and start again on the same port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

_POLL_SECONDS = 0.1


@dataclass
class Server:
    """One program on loopback. `with` starts it, waits until `ready` answers True, and stops it in any case.

    Its output is in `folder`/<name>.log, whose end is in the error when it does not start.
    """

    name: str
    command: Sequence[str]
    folder: Path
    ready: Callable[[], bool]
    # Beside this process's environment.
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    start_seconds: float = 90
    stop_seconds: float = 60
    stop_signal: signal.Signals = signal.SIGTERM
    # Who runs it, where it refuses to be root.
    user: str | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Raises RuntimeError: the program ended, or does not answer in time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # what it starts is ended with it
                user=self.user,
            )
        deadline = time.monotonic() + self.start_seconds
        while not self.ready():
            if not self.is_running or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End it as its operator would; harmless when it does not run."""
        if self._process is None:
            return
        if self.is_running:
            self._process.send_signal(self.stop_signal)
            with suppress(subprocess.TimeoutExpired):  # killed below
                self._process.wait(timeout=self.stop_seconds)
        self.kill()

    def kill(self) -> None:
        """kill -9, as a power cut does, of all that it started."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):  # all of them ended by themselves
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody listens on that port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
