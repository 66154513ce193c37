"""How much memory a process has needed, as the tests of limits measure it."""

from __future__ import annotations

import re
import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_memory() -> int:
    """Bytes of memory that this process has held at most.

    `ru_maxrss` of Linux begins at what the parent held when it started this process (a test worker: gigabytes), so
    the mark of the process' own memory is read where the system has one.
    """
    if _STATUS.exists():
        kibibytes = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
        if kibibytes is None:
            raise RuntimeError(f"{_STATUS} names no VmHWM")
        return int(kibibytes.group(1)) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: bytes, and no parent's
