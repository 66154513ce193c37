"""`doctor` on stores that are fit, on a user who lacks a right, and on a real server that forgets conditions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from datapilot_resources import store_probes
from datapilot_resources.object_store import ObjectInfo, object_store
from datapilot_resources.object_store_folder import FolderStore
from datapilot_resources.settings import Settings
from datapilot_tests.interfaces.conftest import Cli
from datapilot_tests.services.fixtures import MINIO
from datapilot_tests.services.forgetful_s3 import forgetful_s3
from datapilot_tests.services.minio_server import minio_user
from datapilot_tests.services.s3_server import variables_of

CHECKS = ("store", "one creator", "one writer", "safe deletion", "fresh answers", "clock")
Doctor = Callable[[Settings], dict[str, dict[str, Any]]]


@pytest.fixture
def doctor(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Rows of the store's checks, by name."""

    def ask(settings: Settings) -> dict[str, dict[str, Any]]:
        for name, value in variables_of(settings).items():
            monkeypatch.setenv(name, value)
        return {row["check"]: row for row in cli("doctor", "--format", "json").rows if row["check"] in CHECKS}

    return ask


@pytest.fixture
def forgetful(s3_store: Settings) -> Iterator[Callable[..., Settings]]:
    """The store behind a server that never sees these headers."""
    with ExitStack() as stack:

        def behind(*headers: str) -> Settings:
            proxy = stack.enter_context(forgetful_s3(str(s3_store.s3_endpoint_url), *headers))
            return s3_store.model_copy(update={"s3_endpoint_url": proxy})

        yield behind


def test_a_store_that_is_fit(doctor: Doctor, any_store: Settings) -> None:
    rows = doctor(any_store)
    assert {name: row["ok"] for name, row in rows.items()} == dict.fromkeys(CHECKS, True), rows
    assert object_store(any_store).list("") == []


@pytest.mark.parametrize("s3_store", [MINIO], indirect=True)
class TestRights:
    @pytest.mark.parametrize(
        ("lacking", "consequence"),
        [
            ("s3:PutObject", "write (AccessDenied), so nothing can be landed"),
            ("s3:GetObject", "read (AccessDenied), so nothing can be computed"),
            ("s3:ListBucket", "list (AccessDenied), so no file in the inbox is found"),
            ("s3:DeleteObject", "delete (AccessDenied), so a landed file stays"),
        ],
    )
    def test_the_right_that_is_missing_is_named(
        self, doctor: Doctor, s3_store: Settings, lacking: str, consequence: str
    ) -> None:
        rights = {"s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:DeleteObject"} - {lacking}
        rows = doctor(minio_user(s3_store, f"lacks-{lacking.removeprefix('s3:').lower()}", *rights))
        assert consequence in rows["store"]["found"]
        assert rows["store"]["found"].count("so ") == 1
        assert rows["store"]["remedy"] == f"allow {lacking} on {s3_store.store_root}"
        assert {row["found"] for row in rows.values()} == {
            rows["store"]["found"],
            "not probed, because of what `store` found",
        }

    def test_a_wrong_key_is_told_as_such(self, doctor: Doctor, s3_store: Settings) -> None:
        row = doctor(s3_store.model_copy(update={"s3_access_key_id": "nobody"}))["store"]
        assert "write (InvalidAccessKeyId)" in row["found"]
        assert "check S3_ACCESS_KEY_ID" in row["remedy"]


def test_a_server_without_conditional_creation_is_unfit(doctor: Doctor, forgetful: Callable[..., Settings]) -> None:
    rows = doctor(forgetful("If-None-Match"))
    assert [name for name, row in rows.items() if not row["ok"]] == ["one creator"]
    row = rows["one creator"]
    assert row["found"].startswith("unfit: of 32 that created one object at once, ")
    assert "landed files are lost unseen" in row["found"]
    assert "move the store" in row["remedy"]


def test_a_server_that_forgets_states(doctor: Doctor, forgetful: Callable[..., Settings]) -> None:
    rows = doctor(forgetful("If-Match"))
    assert [name for name, row in rows.items() if not row["ok"]] == ["one writer"]
    assert "a writer cannot keep a second one out" in rows["one writer"]["found"]
    assert "ignores If-Match on DELETE" in rows["safe deletion"]["found"]


@pytest.mark.parametrize("s3_store", [MINIO], indirect=True)
def test_a_server_that_is_not_there(doctor: Doctor, s3_store: Settings) -> None:
    rows = doctor(s3_store.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:1"}))
    assert "EndpointConnectionError" in rows["store"]["found"]
    assert not any(row["ok"] for row in rows.values())


def test_locks_that_keep_nobody_out(doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network file system that does not pass them on."""
    monkeypatch.setattr("fcntl.flock", lambda file, operation: None)
    row = doctor(Settings(home=tmp_path / "home"))["one writer"]
    assert not row["ok"]
    assert "two writers of a table can meet" in row["found"]


def test_answers_of_the_past_are_seen(doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind a cache."""
    listed = FolderStore.list
    kept: dict[str, list[ObjectInfo]] = {}
    monkeypatch.setattr(FolderStore, "list", lambda store, prefix: kept.setdefault(prefix, listed(store, prefix)))
    row = doctor(Settings(home=tmp_path / "home"))["fresh answers"]
    assert "a listing after a write" in row["found"]
    assert "strongly consistent" in row["remedy"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_wrong(doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    monkeypatch.setattr(store_probes, "clock_lead", lambda settings: dt.timedelta(hours=hours))
    row = doctor(Settings(home=tmp_path / "home"))["clock"]
    assert f"1:00:00 {'ahead of' if hours > 0 else 'behind'} ours" in row["found"]
