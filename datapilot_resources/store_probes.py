"""What correctness rests on, asked of the store itself with small objects under `doctor/`, which go away again.

Each function tells what the store did; what follows from it is `datapilot doctor`'s to say.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from datapilot_resources.object_store import ObjectGone, ObjectStore, object_store
from datapilot_resources.object_store_s3 import s3_client
from datapilot_resources.settings import Settings

CREATORS = 32
REPLACERS = 8
_ROUNDS = 5


def refused(settings: Settings) -> dict[str, str]:
    """Which of write, read, list and delete the store does not let these settings do, and its answer."""
    store, key, data = object_store(settings), _key(), uuid.uuid4().hex.encode()
    found: dict[str, str] = {}
    for name, call in {
        "write": lambda: store.write(key, data),
        "read": lambda: store.read(key),
        "list": lambda: store.list("doctor"),
        "delete": lambda: store.delete(key),
    }.items():
        answer = _refusal(call)
        if answer is not None:
            found[name] = answer
    return found


def creation_winners(settings: Settings) -> int:
    """How many of CREATORS that create the same object at once are told that they did."""
    store = object_store(settings)
    with _object(store) as key:
        return sum(_at_once(lambda number: store.create(key, str(number).encode()), CREATORS))


def replacement_winners(settings: Settings) -> int:
    """How many of REPLACERS that replace the same state of an object on S3 at once (by its ETag) do so."""
    store, client = object_store(settings), s3_client(settings)
    with _object(store) as key:
        store.write(key, b"before")
        e_tag, place = store.info(key).e_tag, _place(settings, key)
        replaced = _at_once(
            lambda number: _accepted(client.put_object, **place, Body=str(number).encode(), IfMatch=e_tag), REPLACERS
        )
        winners = {str(number) for number, won in enumerate(replaced) if won}
        # A request that was sent twice may have met its own success.
        return len(winners | ({store.read(key).decode()} - {"before"}))


def conditional_deletion(settings: Settings) -> Literal["honoured", "ignored", "refused"]:
    """What a DELETE on S3 that names an ETag does: `ignored`, it deletes a later state too; `refused`, none at all."""
    store, client = object_store(settings), s3_client(settings)
    with _object(store) as key:
        place = _place(settings, key)
        store.write(key, b"earlier")
        e_tag = store.info(key).e_tag
        store.write(key, b"later")
        _accepted(client.delete_object, **place, IfMatch=e_tag)
        if not store.exists(key):
            return "ignored"
        return "honoured" if _accepted(client.delete_object, **place, IfMatch=store.info(key).e_tag) else "refused"


def locks_exclude(settings: Settings) -> bool:
    """Whether a file in the store's folder that one has locked cannot be locked by another."""
    with tempfile.NamedTemporaryFile(dir=_made(Path(settings.store_root) / ".tmp")) as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with open(first.name, "rb") as second:
            try:
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    return False


def outdated_answers(settings: Settings) -> list[str]:
    """What the store answered as if the last write or deletion had not been; empty: it never did."""
    store, found = object_store(settings), set()
    for _ in range(_ROUNDS):
        with _object(store) as key:
            store.write(key, b"first")
            store.write(key, b"second")
            if store.read(key) != b"second":
                found.add("a read after a write")
            if store.info(key).e_tag not in {info.e_tag for info in store.list("doctor") if info.key == key}:
                found.add("a listing after a write")
            store.delete(key)
            if store.exists(key):
                found.add("a look after a deletion")
            if key in {info.key for info in store.list("doctor")}:
                found.add("a listing after a deletion")
    return sorted(found)


def clock_lead(settings: Settings) -> dt.timedelta:
    """How far the store's clock is ahead of this machine's (negative: behind); S3 tells whole seconds."""
    store = object_store(settings)
    with _object(store) as key:
        store.write(key, b"clock")
        return store.info(key).last_modified - dt.datetime.now(dt.timezone.utc)


def _key() -> str:
    return f"doctor/{uuid.uuid4().hex}"


@contextmanager
def _object(store: ObjectStore) -> Iterator[str]:
    """A key of this probe alone, deleted afterwards."""
    key = _key()
    try:
        yield key
    finally:
        store.delete(key)


def _place(settings: Settings, key: str) -> dict[str, str]:
    bucket, prefix = settings.s3_location()
    return {"Bucket": bucket, "Key": prefix + key}


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _refusal(call: Callable[[], object]) -> str | None:
    try:
        call()
    except ObjectGone:
        return None  # asked of an object that could not be written
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except OSError as error:
        return error.strerror or type(error).__name__
    return None


def _accepted(call: Callable[..., object], **request: object) -> bool:
    """Whether a conditional request was carried out. Its condition not being met, or not being known, is a no."""
    try:
        call(**request)
    except ClientError:
        return False
    return True


def _at_once(call: Callable[[int], bool], number: int) -> list[bool]:
    together = threading.Barrier(number)

    def run(index: int) -> bool:
        together.wait()
        return call(index)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(run, range(number)))
