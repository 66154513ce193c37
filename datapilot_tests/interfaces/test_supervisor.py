"""What `up` starts ends with it: by a signal, by an end of its own, and when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from datapilot_tests.services.spark_connect import ROOT

# Programs: one that has a child, and both write their ids; a deaf one ignores what it is asked.
PARENT = """
import os, signal, subprocess, sys, time
from pathlib import Path
if "{deaf}":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
Path("{name}.ids").write_text(f"{{os.getpid()}} {{child.pid}} ")
try:
    time.sleep(600)
finally:
    Path("{name}.ended").write_text(str(time.monotonic()))
    child.wait()
"""
SUPERVISOR = """
import signal, sys
from datapilot_interfaces.cli.supervisor import Program, supervise

def program(name, code, **options):
    return Program(name, [sys.executable, "-c", code], stop_signal=signal.SIGINT, **options)

programs = [{programs}]
sys.exit(supervise(programs))
"""


@contextmanager
def supervising(folder: Path, *programs: str) -> Iterator[subprocess.Popen[str]]:
    """A process that supervises `program(…)`s; killed at the end in any case, with all that wrote its ids."""
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR.format(programs=", ".join(programs))],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield supervisor
    finally:
        supervisor.kill()
        supervisor.wait()
        for pid in (pid for file in folder.glob("*.ids") for pid in ids(file)):
            if lives(pid):
                os.kill(pid, signal.SIGKILL)


def parent(name: str, deaf: bool = False, **options: object) -> str:
    more = "".join(f", {key}={value!r}" for key, value in options.items())
    return f"program({name!r}, {PARENT.format(name=name, deaf='yes' if deaf else '')!r}{more})"


def ids(file: Path) -> list[int]:
    return [int(pid) for pid in file.read_text().split()]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that ended may wait for the machine's first process to notice.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def started(folder: Path, name: str) -> bool:
    file = folder / f"{name}.ids"
    return file.exists() and len(ids(file)) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_in_reverse_order(tmp_path: Path, number: signal.Signals) -> None:
    with supervising(tmp_path, parent("first"), parent("second")) as supervisor:
        wait_for(lambda: started(tmp_path, "first") and started(tmp_path, "second"))
        supervisor.send_signal(number)
        assert supervisor.wait(timeout=120) == 0
        assert not any(lives(pid) for name in ("first", "second") for pid in ids(tmp_path / f"{name}.ids"))
    ended = [float((tmp_path / f"{name}.ended").read_text()) for name in ("second", "first")]
    assert ended == sorted(ended)


def test_what_does_not_listen_is_killed(tmp_path: Path) -> None:
    with supervising(tmp_path, parent("deaf", deaf=True, stop_seconds=1)) as supervisor:
        wait_for(lambda: started(tmp_path, "deaf"))
        supervisor.send_signal(signal.SIGINT)
        _, said = supervisor.communicate(timeout=120)
        assert "deaf did not end in time: killed" in said
        assert not any(lives(pid) for pid in ids(tmp_path / "deaf.ids"))
    assert not (tmp_path / "deaf.ended").exists()


def test_a_second_signal_is_enough(tmp_path: Path) -> None:
    with supervising(tmp_path, parent("deaf", deaf=True, stop_seconds=600)) as supervisor:
        wait_for(lambda: started(tmp_path, "deaf"))
        supervisor.send_signal(signal.SIGINT)
        time.sleep(1)
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(timeout=120) == 0
        assert not any(lives(pid) for pid in ids(tmp_path / "deaf.ids"))


def test_the_end_of_one_is_the_end_of_all(tmp_path: Path) -> None:
    with supervising(
        tmp_path, parent("stays"), "program('fails', 'import time; time.sleep(3); exit(7)')"
    ) as supervisor:
        _, said = supervisor.communicate(timeout=120)
        assert supervisor.returncode == 1
        assert "fails ended with code 7" in said
        assert not any(lives(pid) for pid in ids(tmp_path / "stays.ids"))


@pytest.mark.skipif(sys.platform != "linux", reason="looks for what is left in /proc")
def test_one_that_cannot_start_leaves_nothing_behind(tmp_path: Path) -> None:
    first, absent = "Program('first', ['sleep', '600'])", "Program('absent', ['/no/such/program'])"
    with supervising(tmp_path, first, absent) as supervisor:
        _, said = supervisor.communicate(timeout=120)
        assert supervisor.returncode == 1
        assert "/no/such/program" in said
    folders = Path("/proc").glob("[0-9]*/cwd")
    assert [folder for folder in folders if os.path.realpath(folder) == str(tmp_path)] == []


def test_one_that_is_restarted_is_given_up_after_a_while_and_the_others_go_on(tmp_path: Path) -> None:
    count = "open('starts', 'a').write('x'); exit(3)"
    with supervising(tmp_path, parent("stays"), f"program('restless', {count!r}, restarted=True)") as supervisor:
        assert supervisor.stderr is not None
        lines = [supervisor.stderr.readline() for _ in range(6)]
        assert lines[:5] == ["datapilot: restless ended with code 3: started again\n"] * 5
        assert "is not started any more" in lines[5]
        wait_for(lambda: started(tmp_path, "stays"))
        assert supervisor.poll() is None
        assert (tmp_path / "starts").read_text() == "x" * 6
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(timeout=120) == 0


LEAVES_A_CHILD = """
import os, subprocess, sys
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
Path(f"{os.getpid()}.ids").write_text(f"{os.getpid()} {child.pid} ")
"""


def test_what_a_program_leaves_behind_is_gone_when_it_is_started_again(tmp_path: Path) -> None:
    with supervising(tmp_path, f"program('leaves', {LEAVES_A_CHILD!r}, restarted=True)") as supervisor:
        wait_for(lambda: len(list(tmp_path.glob("*.ids"))) > 2)
        first = min(tmp_path.glob("*.ids"), key=lambda file: file.stat().st_mtime)
        wait_for(lambda: not any(map(lives, ids(first))))
        assert supervisor.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent was killed")
def test_programs_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    with supervising(
        tmp_path,
        "program('sleeps', 'import os, time; print(os.getpid(), os.getpid(), file=open("
        '"sleeps.ids", "w"), flush=True); time.sleep(600)\')',
    ) as supervisor:
        wait_for(lambda: started(tmp_path, "sleeps"))
        supervisor.kill()
        supervisor.wait()
        wait_for(lambda: not lives(ids(tmp_path / "sleeps.ids")[0]))
