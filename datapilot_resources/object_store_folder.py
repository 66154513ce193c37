"""The store as a folder of this machine (POSIX)."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import stat
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import IO

from datapilot_resources.object_store import Claim, ObjectBusy, ObjectGone, ObjectInfo, ObjectStore, check_key

_CLAIMED = "claimed"
# Not our file, or a file system without leases.
_NO_LEASES = (errno.EACCES, errno.EPERM, errno.EINVAL, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


class FolderStore(ObjectStore):
    """Writes go to `.tmp` in the store first and appear by a rename, on disk before they are reported done.

    Links are neither listed nor read: they could lead out of the store.
    """

    arrives_whole = False

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self, prefix: str) -> list[ObjectInfo]:
        start = self._path(prefix) if prefix else self._root
        found = []
        for folder, folders, names in os.walk(start, onerror=_raise_unless_gone):
            if Path(folder) == self._root and ".tmp" in folders:
                folders.remove(".tmp")
            for name in names:
                path = Path(folder, name)
                try:
                    status = path.lstat()
                except FileNotFoundError:
                    continue  # claimed or deleted since
                if stat.S_ISREG(status.st_mode):
                    found.append(self._info(path, status))
        return sorted(found, key=lambda info: info.key)

    def info(self, key: str) -> ObjectInfo:
        path = self._path(key)
        with _missing(key):
            status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise ObjectGone(f"{key} is not a regular file")
        return self._info(path, status)

    def read(self, key: str) -> bytes:
        with self._open(key) as file:
            return file.read()

    def download(self, key: str, path: Path) -> ObjectInfo:
        with self._open(key) as source, path.open("xb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            return self._info(self._path(key), os.fstat(source.fileno()))

    def write(self, key: str, data: bytes) -> None:
        target = self._path(key)
        with self._temporary() as file:
            _store(file, data)
            _make_parents(target)
            os.replace(file.name, target)
        _sync(target.parent)

    def write_file(self, key: str, path: Path) -> None:
        target = self._path(key)
        with self._temporary() as file:
            with path.open("rb") as source:
                shutil.copyfileobj(source, file, 1 << 20)
            _store(file, b"")
            _make_parents(target)
            os.replace(file.name, target)
        _sync(target.parent)

    def create(self, key: str, data: bytes) -> bool:
        target = self._path(key)
        with self._temporary() as file:
            _store(file, data)
            _make_parents(target)
            try:
                os.link(file.name, target)  # unlike a rename, it fails when the target exists
            except FileExistsError:
                return False
        _sync(target.parent)
        return True

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def delete_prefix(self, prefix: str) -> int:
        number = len(self.list(prefix))
        folder = self._path(prefix)
        if folder.is_dir():
            shutil.rmtree(folder)
            _sync(folder.parent)
        return number

    def claim(self, key: str) -> Claim:
        if self.is_being_written(key):
            raise ObjectBusy(f"{key} is still being written")
        claimed = f"{_CLAIMED}/{uuid.uuid4().hex}/{key}"
        target = self._root / claimed
        _make_parents(target)
        try:
            with _missing(key):
                os.rename(self._path(key), target)
            claim = self._locked(key, claimed)
        except ObjectGone:
            shutil.rmtree(self._claim_folder(claimed), ignore_errors=True)  # empty, or gone
            raise
        if claim is None:
            raise ObjectGone(f"{key} has just been taken by another process")
        return claim

    def is_being_written(self, key: str) -> bool:
        """By a read lease, which Linux grants only while nobody has the file open for writing: a copy that
        stands still, on a slow line say, shows no other sign. Other systems' writers, and other users' files
        without the right to it, are not seen."""
        with self._open(key) as file:
            if not hasattr(fcntl, "F_SETLEASE"):
                return False
            # Whoever opens the file while the lease stands is waited for by a signal, which by default ends us.
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
            try:
                fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            except OSError as error:
                if error.errno in (errno.EAGAIN, *_NO_LEASES):
                    return error.errno == errno.EAGAIN
                raise
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False

    def finish(self, claim: Claim) -> bool:
        try:
            if not self.claim_is_stable(claim):
                return False
            self._path(claim.key).unlink()
            shutil.rmtree(self._claim_folder(claim.key))
            return True
        finally:
            if claim.lock is not None:
                claim.lock.close()

    def abandoned_claims(self) -> Sequence[Claim]:
        claims = []
        for info in self.list(_CLAIMED):
            try:
                claim = self._locked(info.key.split("/", 2)[2], info.key)
            except ObjectGone:
                continue  # finished since
            if claim is not None:
                claims.append(claim)
        return claims

    def _locked(self, original_key: str, key: str) -> Claim | None:
        """The claim with its lock held, None when a living process holds it: a lock ends with its process."""
        lock = self._open(key)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            info = self.info(key)
        except BlockingIOError:
            lock.close()
            return None
        except ObjectGone:
            lock.close()
            raise
        return Claim(original_key=original_key, info=info, lock=lock)

    def _open(self, key: str) -> IO[bytes]:
        self.info(key)  # a link or a pipe is not opened
        with _missing(key):
            return os.fdopen(os.open(self._path(key), os.O_RDONLY | os.O_NOFOLLOW), "rb")

    def _claim_folder(self, claimed_key: str) -> Path:
        return self._root / _CLAIMED / claimed_key.split("/")[1]

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _info(self, path: Path, status: os.stat_result) -> ObjectInfo:
        # A name that is not UTF-8 gets a backslash, so that it can be shown and every method refuses it.
        key = os.fsencode(path.relative_to(self._root)).decode("utf-8", "backslashreplace")
        e_tag = f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"
        return ObjectInfo(key, status.st_size, e_tag, datetime.fromtimestamp(status.st_mtime, timezone.utc))

    @contextmanager
    def _temporary(self) -> Iterator[IO[bytes]]:
        folder = self._root / ".tmp"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / uuid.uuid4().hex
        try:
            with path.open("xb") as file:
                yield file
        finally:
            path.unlink(missing_ok=True)


def _store(file: IO[bytes], data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _make_parents(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ValueError(f"{path}: a part of this key is an object already; a key is never both") from None


def _sync(folder: Path) -> None:
    """A rename or a new name is on disk only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _missing(key: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise ObjectGone(f"no object {key}") from None


def _raise_unless_gone(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error
