"""The writer lease: one writer of an organization's refined tables at a time, on whatever machine.

Spark's commits are not safe beside one another (on S3 one of 75 was lost silently), and a run must not write over a
newer one. On a folder the lease is a lock that the operating system frees with its process; on S3 see `lease_s3`.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from datapilot_domain.organizations import OrgId
from datapilot_resources.settings import Settings


class LeaseLost(RuntimeError):
    """Somebody else may have written meanwhile: what this writer committed is unknown until it is read back."""


class LeaseBusy(RuntimeError):
    """Another writer kept the lease for longer than anybody waits."""


class WriterLease(Protocol):
    def confirm(self) -> None:
        """Ask the store once more. Raises LeaseLost."""


class _FolderLease:
    def confirm(self) -> None:
        """The operating system takes no lock away from a process that lives."""


def end_dead_writer(settings: Settings, run_id: str) -> None:
    """End what a run that never gave the lease back still does on a Spark Connect server, before the next one writes.

    An embedded Spark ended with its process. Raises spark.SparkUnavailable: nobody can tell what it does.
    """
    if settings.spark_remote is not None:
        from datapilot_resources.spark import interrupt_run

        interrupt_run(settings, run_id)


@contextmanager
def writer_lease(settings: Settings, org: OrgId, run_id: str) -> Iterator[WriterLease]:
    """Be the only writer of the organization; waits for the one before. Raises LeaseBusy (S3)."""
    if settings.store_is_s3:
        from datapilot_resources.lease_s3 import s3_lease

        with s3_lease(settings, org, run_id) as lease:
            yield lease
        return
    # In the store: whoever writes there may have another DATAPILOT_HOME.
    locks = Path(settings.store_root, ".tmp", "writers")
    locks.mkdir(parents=True, exist_ok=True)
    with open(locks / f"{org}.lock", "a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        handle.seek(0)
        if dead := handle.read():
            end_dead_writer(settings, dead)
        _write_over(handle, run_id)
        try:
            yield _FolderLease()
        finally:
            _write_over(handle, "")


def _write_over(handle: IO[str], text: str) -> None:
    handle.truncate(0)  # it is open for appending: writing starts at its end
    handle.write(text)
    handle.flush()
