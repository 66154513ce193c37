"""One face for the store: a folder or any S3 endpoint. Keys are relative to the store.

Over the standard library and boto3, because the store must show what people really dropped: measured, obstore
hides a local file named `x#1`, and one file or object with an unreadable name makes its whole listing fail.
"""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from datapilot_resources.settings import Settings

MAXIMUM_KEY_BYTES = 1000  # S3 allows 1024, with the store's own prefix


class InvalidKey(ValueError):
    """A key that no method accepts; the message says why."""


class ObjectGone(FileNotFoundError):
    """There is no object with this key (any more)."""


class ObjectBusy(RuntimeError):
    """A process is still writing the object."""


@dataclass(frozen=True)
class ObjectInfo:
    """What is known of an object; `e_tag` changes whenever its bytes are written again."""

    key: str
    size: int
    e_tag: str
    last_modified: datetime


@dataclass(frozen=True)
class Claim:
    """An inbox object taken for processing: read it at `key`; people know it as `original_key`.

    Keep it until `finish`: dropping it, or the end of the process, gives the claim up.
    """

    original_key: str
    info: ObjectInfo
    lock: IO[bytes] | None = field(default=None, repr=False, compare=False)

    @property
    def key(self) -> str:
        return self.info.key

    def give_up(self) -> None:
        """Let another process have what was not finished; harmless afterwards."""
        if self.lock is not None:
            self.lock.close()


def check_key(key: str) -> str:
    """The key itself. Raises InvalidKey when it is empty, absolute, too long or could leave its prefix."""
    problem = _problem(key)
    if problem:
        raise InvalidKey(f"{key[:200]!r}: {problem}; rename the file")
    return key


def _problem(key: str) -> str | None:
    segments = key.split("/")
    if "" in segments:
        return "the name is empty, or starts or ends with a slash or doubles it"
    if "." in segments or ".." in segments:
        return "the name has a `.` or `..` part"
    if "\\" in key:
        return "the name has a backslash or is not UTF-8"
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in key):
        return "the name has a control character or is not UTF-8"
    if len(key.encode()) > MAXIMUM_KEY_BYTES or any(len(part.encode()) > 250 for part in segments):
        return f"the name is too long (250 bytes a part, {MAXIMUM_KEY_BYTES} in all)"
    if segments[0] == ".tmp":
        return "the name `.tmp` is reserved"
    return None


class ObjectStore(ABC):
    """Every method refuses a bad key with InvalidKey; a missing object is ObjectGone.

    A key must never be both an object and the prefix of another: a folder cannot, some S3 servers lose it.
    """

    # Whether other programs' objects appear when they are whole, as an upload to S3 does.
    arrives_whole: bool = True

    @abstractmethod
    def list(self, prefix: str) -> list[ObjectInfo]:
        """Objects under the folder `prefix` ("" for all), sorted by key.

        Objects whose key is not valid are listed too, to be reported; every other method refuses them.
        """

    @abstractmethod
    def info(self, key: str) -> ObjectInfo:
        """Size, ETag and time of an object now."""

    @abstractmethod
    def read(self, key: str) -> bytes:
        """All bytes of a small object."""

    @abstractmethod
    def download(self, key: str, path: Path) -> ObjectInfo:
        """Stream an object into a new local file; the info is of the bytes that were read."""

    @abstractmethod
    def write(self, key: str, data: bytes) -> None:
        """Write or replace an object; readers see the old or the new bytes, never a part."""

    @abstractmethod
    def write_file(self, key: str, path: Path) -> None:
        """As `write`, streamed from a local file."""

    @abstractmethod
    def create(self, key: str, data: bytes) -> bool:
        """Write an object unless there is one. True for exactly one of all callers, however many race."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Delete an object; no error when there is none."""

    @abstractmethod
    def delete_prefix(self, prefix: str) -> int:
        """Delete every object under the folder `prefix`, valid key or not; their number."""

    @abstractmethod
    def claim(self, key: str) -> Claim:
        """Take an inbox object, so that a sender who writes the same name again loses nothing.

        Raises ObjectGone when it is gone or another process has just taken it, ObjectBusy while one writes it.
        """

    @abstractmethod
    def finish(self, claim: Claim) -> bool:
        """Delete what was claimed; False, and nothing deleted, when it has changed or is gone."""

    @abstractmethod
    def abandoned_claims(self) -> Sequence[Claim]:
        """Claims left by dead processes, now this caller's. None on S3: there the inbox keeps the object."""

    def exists(self, key: str) -> bool:
        """Whether there is an object with this key."""
        try:
            self.info(key)
        except ObjectGone:
            return False
        return True

    def is_being_written(self, key: str) -> bool:
        """Whether a process has the object open to write it, as far as this machine can know."""
        return False

    def claim_is_stable(self, claim: Claim) -> bool:
        """Whether the object is still what it was when claimed; its sender may still be writing it."""
        try:
            return self.info(claim.key).e_tag == claim.info.e_tag and not self.is_being_written(claim.key)
        except ObjectGone:
            return False


def object_store(settings: Settings) -> ObjectStore:
    """The store that the settings name. Opens no connection yet."""
    if settings.store_is_s3:
        from datapilot_resources.object_store_s3 import S3Store  # boto3 takes 0.3 s to import

        return S3Store(settings)
    from datapilot_resources.object_store_folder import FolderStore

    return FolderStore(Path(settings.store_root))


def store_errors(settings: Settings) -> tuple[type[Exception], ...]:
    """What the store raises when it cannot be reached or refuses."""
    if settings.store_is_s3:
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

        return (OSError, BotoCoreError, ClientError)
    return (OSError,)
