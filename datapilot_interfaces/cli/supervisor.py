"""Programs that run beside each other until one signal ends them all, within a bounded time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

_POLL_SECONDS = 0.2
_RESTARTS = 5
# A program that ran this long is forgiven its earlier ends.
_STEADY_SECONDS = 600
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LINUX_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


@dataclass
class Program:
    """A program in a session of its own: a terminal's Ctrl-C reaches us alone, ending its group ends all it started."""

    name: str
    command: Sequence[str]
    # Beside this process's environment; may hold secrets.
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    stop_signal: signal.Signals = signal.SIGTERM
    # How long it may take to end before it is killed.
    stop_seconds: float = 30
    # Whether its end is mended by starting it again, rather than the end of all.
    restarted: bool = False
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _started: float = field(default=0, init=False, repr=False)
    _restarts: int = field(default=0, init=False, repr=False)

    def start(self) -> None:
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )

    def goes_on(self) -> bool:
        """Whether it runs, or was started again; after too many restarts it is left alone, and said so once."""
        if self._process is None or self._process.poll() is None:
            return True
        code = self._process.returncode
        self._signal(signal.SIGKILL)  # what it left behind
        if not self.restarted:
            _say(f"{self.name} ended with code {code}")
            return False
        if time.monotonic() - self._started > _STEADY_SECONDS:
            self._restarts = 0
        self._restarts += 1
        if self._restarts > _RESTARTS:
            _say(f"{self.name} ended with code {code} again and is not started any more: end with Ctrl-C, look above")
            self._process = None
            return True
        _say(f"{self.name} ended with code {code}: started again")
        self.start()
        return True

    def end(self, hurry: Sequence[object]) -> None:
        """Ask its group to end; kill what is left after `stop_seconds`, or as soon as there are two of `hurry`."""
        if self._process is None:
            return
        self._signal(self.stop_signal)
        deadline = time.monotonic() + self.stop_seconds
        while self._has_members():
            if time.monotonic() > deadline or len(hurry) > 1:
                _say(f"{self.name} did not end in time: killed")
                self._signal(signal.SIGKILL)
                break
            time.sleep(_POLL_SECONDS)
        self._process.wait()

    def _has_members(self) -> bool:
        assert self._process is not None
        self._process.poll()  # a dead leader that nobody waits for counts as a member
        return self._signal(0)

    def _signal(self, number: int) -> bool:
        """Whether the program's group had a member to send this signal to (0: none is sent)."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
            return True
        return False


def supervise(programs: Sequence[Program]) -> int:
    """Run them until SIGINT, SIGTERM or SIGHUP (0) or until one ends that is not restarted (1).

    They end in the reverse order of their start; a second signal kills them at once.
    """
    received: list[int] = []

    # A flag instead of an exception: an exception may be raised where it is swallowed or leaves a program unattended.
    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        for program in programs:
            program.start()
        while not received and all(program.goes_on() for program in programs):
            time.sleep(_POLL_SECONDS)
        return 0 if received else 1
    finally:
        for program in reversed(programs):
            program.end(received)
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_with_parent() -> None:
    """In the child, on Linux: be told to end when this process is killed and cannot tell."""
    import ctypes

    ctypes.CDLL(None).prctl(_LINUX_DEATH_SIGNAL, signal.SIGTERM)


def _say(text: str) -> None:
    print(f"datapilot: {text}", file=sys.stderr, flush=True)
