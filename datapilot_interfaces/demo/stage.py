"""Where the demo plays: a home and a store of its own, made anew each time, and a log file for what engines print."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from datapilot_resources.object_store import ObjectStore
from datapilot_resources.settings import Settings

# Settings of the user that must not reach the demo: it has a place of its own, never their store.
_SET_ASIDE = ("DATAPILOT_STORE", "DATAPILOT_STORE_FILE", "DATAPILOT_HOME_FILE", "DATAPILOT_FIRST_MONTH", "DAGSTER_HOME")
_MARK = ".datapilot-demo"
_STORE_MARK = "made-by-datapilot-demo"


class NotTheDemo(RuntimeError):
    """The demo's folder holds something that the demo did not make."""


def fresh_home(home: Path) -> Path:
    """An empty `home/demo`. Only a folder that an earlier demo marked as its own is cleared."""
    demo = home / "demo"
    if demo.exists() and not (demo / _MARK).is_file():
        raise NotTheDemo(f"{demo} exists and is no demo")
    shutil.rmtree(demo, ignore_errors=False) if demo.exists() else None
    demo.mkdir(parents=True)
    (demo / _MARK).write_text("made by `datapilot demo`, cleared by the next one\n")
    return demo


def demo_store(settings: Settings) -> str | None:
    """Where the demo lands files if the user's store is on S3: below it. None: in the demo's home."""
    return f"{settings.store_root}/datapilot-demo" if settings.store_is_s3 else None


def clear_store(store: ObjectStore) -> None:
    """Empty the demo's store. Raises NotTheDemo: it holds something that no demo put there."""
    keys = [info.key for info in store.list("")]
    if keys and _STORE_MARK not in keys:
        raise NotTheDemo(f"{keys[0]} is there and no demo made it")
    store.write(_STORE_MARK, b"cleared by the next demo")  # the last to go, should this end in the middle
    for key in keys:
        if key != _STORE_MARK:
            store.delete(key)


@contextmanager
def demo_environment(demo: Path, store: str | None = None) -> Iterator[None]:
    """Point this process at the demo's home and store (None: in that home), and back afterwards."""
    before = dict(os.environ)
    for name in [*_SET_ASIDE, *(name for name in before if name.startswith("LLM_"))]:
        os.environ.pop(name, None)
    os.environ["DATAPILOT_HOME"] = str(demo)
    if store is not None:
        os.environ["DATAPILOT_STORE"] = store
    try:
        yield
    finally:
        _restore(before)


@contextmanager
def model_environment(base_url: str, model: str) -> Iterator[None]:
    """Point this process at a model's endpoint, with a price list so that its calls have a cost, and back."""
    before = dict(os.environ)
    os.environ |= {
        "LLM_BASE_URL": base_url,
        "LLM_MODEL": model,
        "LLM_PRICE_INPUT": "0.15",
        "LLM_PRICE_OUTPUT": "0.60",
        "LLM_PRICE_VERSION": "demo",
    }
    try:
        yield
    finally:
        _restore(before)


def _restore(before: Mapping[str, str]) -> None:
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update(before)


@contextmanager
def engines_log_to(path: Path, shown: IO[str]) -> Iterator[IO[str]]:
    """Send what Dagster, Spark and the JVM print to a file; yields a stream that still reaches the reader.

    By file descriptor, because the JVM inherits it and never sees sys.stdout.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with os.fdopen(os.dup(shown.fileno()), "w", encoding="utf-8", buffering=1) as reader:
        kept = os.dup(1), os.dup(2)
        with path.open("ab") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        try:
            yield reader
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, old in enumerate(kept, start=1):
                os.dup2(old, number)
                os.close(old)
