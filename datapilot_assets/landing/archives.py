"""What gzip and zip files hold, unpacked in pieces under hard bounds (R6).

Nothing is believed that the file says about itself: bytes are counted as they come out, and no name in it
ever becomes a path.
"""

from __future__ import annotations

import errno
import gzip
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from datapilot_domain.findings import Found, found
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal

_CHUNK_BYTES = 1024**2
# Small files may be packed as tightly as they like.
_RATIO_FROM_BYTES = 64 * 1024**2
# The directory of a zip file is read at once: room for the names of more members than the limit allows.
_DIRECTORY_BYTES = 8 * 1024**2
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What operating systems put beside the files that people pack.
_SYSTEM_FILE = re.compile(r"(^|/)(__MACOSX/|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


class Bounds:
    """Counts what comes out of one file. `spend` raises Refusal LIMIT_EXCEEDED."""

    def __init__(self, path: Path, limits: LandingLimits) -> None:
        self._packed = max(path.stat().st_size, 1)
        self._limits = limits
        self._unpacked = 0

    def spend(self, count: int) -> None:
        self._unpacked += count
        most = self._limits.max_unpacked_bytes
        if self._unpacked > most:
            raise Refusal("LIMIT_EXCEEDED", "unpacks_to_more", limit=most)
        ratio = self._limits.max_unpacked_ratio
        if self._unpacked > _RATIO_FROM_BYTES and self._unpacked > ratio * self._packed:
            raise Refusal("LIMIT_EXCEEDED", "unpacks_to_times", ratio=ratio)


def unpack_gzip(path: Path, limits: LandingLimits, target: Path) -> None:
    """Write what a gzip file holds. Raises Refusal FILE_DAMAGED, LIMIT_EXCEEDED."""
    bounds = Bounds(path, limits)
    with _intact(found("gzip_file")), gzip.open(path) as source, target.open("xb") as file:
        for chunk in _pieces(source, bounds):
            file.write(chunk)


class Zip:
    """A zip file whose members may be read: none is encrypted, a link, or named outside the archive.

    Raises Refusal FILE_DAMAGED, PASSWORD_PROTECTED, ARCHIVE_CONTENT, LIMIT_EXCEEDED.
    """

    def __init__(self, path: Path, limits: LandingLimits) -> None:
        self.path = path
        self.limits = limits
        self.bounds = Bounds(path, limits)
        with self._open() as archive:
            infos = archive.infolist()
        if len(infos) > limits.max_members:
            raise Refusal("LIMIT_EXCEEDED", "too_many_members", count=len(infos), limit=limits.max_members)
        for info in infos:
            _refuse_member(info)
        files = [info for info in infos if not info.is_dir()]
        self._members = {info.filename: info for info in files}
        if len(self._members) < len(files):
            raise Refusal("ARCHIVE_CONTENT", "members_of_one_name")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all files, in the order of the archive."""
        return tuple(self._members)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the files that people meant to pack."""
        return tuple(name for name in self._members if not _SYSTEM_FILE.search(name.replace("\\", "/")))

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a member; its checksum has been compared when they end."""
        with (
            self._open() as archive,
            _intact(found("member", member=name)),
            archive.open(self._members[name]) as member,
        ):
            yield from _pieces(member, self.bounds)

    def extract(self, name: str, target: Path) -> None:
        """Write a member to a file of the caller's choice."""
        with target.open("xb") as file:
            for chunk in self.chunks(name):
                file.write(chunk)

    @contextmanager
    def _open(self) -> Iterator[zipfile.ZipFile]:
        with _BoundedReads(self.path) as file:
            with _intact(found("zip_file")):
                archive = zipfile.ZipFile(file)
            with archive:
                yield archive


class _BoundedReads(io.FileIO):
    """A file that `zipfile` cannot ask for more at once than the directory of an honest archive."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._size = path.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = max(self._size - self.tell(), 0)
        if size > _DIRECTORY_BYTES:
            raise Refusal("LIMIT_EXCEEDED", "directory_too_long", limit=_DIRECTORY_BYTES)
        return super().read(size) or b""


def _pieces(source: IO[bytes] | gzip.GzipFile, bounds: Bounds) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK_BYTES):
        bounds.spend(len(chunk))
        yield chunk


def _refuse_member(info: zipfile.ZipInfo) -> None:
    name = info.filename
    if info.flag_bits & 0x1:
        raise Refusal("PASSWORD_PROTECTED", "member_locked", member=name)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Refusal("ARCHIVE_CONTENT", "member_is_link", member=name)
    parts = re.split(r"[/\\]", name)
    if parts[0] == "" or ".." in parts or re.match(r"[A-Za-z]:", name):
        raise Refusal("ARCHIVE_CONTENT", "member_leads_out", member=name)
    if info.compress_type not in _METHODS:
        raise Refusal("ARCHIVE_CONTENT", "member_method", member=name, method=info.compress_type)


@contextmanager
def _intact(what: Found) -> Iterator[None]:
    """Faults of an archive are the sender's to mend."""
    try:
        yield
    except EOFError as error:
        raise Refusal("FILE_DAMAGED", "cut_short", what=what) from error
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, struct.error, ValueError, NotImplementedError) as error:
        raise Refusal("FILE_DAMAGED", "not_unpacked", what=what, error=str(error)) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place in the file that cannot be
            raise
        raise Refusal("FILE_DAMAGED", "points_outside", what=what) from error
