"""One contract for the folder and the S3 store, against real servers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from datapilot_resources.object_store import InvalidKey, ObjectBusy, ObjectGone, ObjectStore, object_store
from datapilot_resources.object_store_s3 import S3Store
from datapilot_resources.settings import Settings
from datapilot_tests.services.fixtures import SEAWEEDFS
from datapilot_tests.services.s3_server import BUCKET, s3_client
from datapilot_tests.services.spark_connect import ROOT

ODD_NAMES = ["x#1", "100%.csv", "a%20b.csv", "março ção.csv", " a b ", "q*?[x]~`{}|<>^&+$;'\".csv", "-.csv", "…"]
BAD_KEYS = ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.", "a\\b", "a\nb", "a\x00b", "a\u2028", "\udcff", "x" * 251]


@pytest.fixture
def store(any_store: Settings) -> ObjectStore:
    return object_store(any_store)


def keys(store: ObjectStore, prefix: str = "") -> list[str]:
    return [info.key for info in store.list(prefix)]


class TestContract:
    """What every store does."""

    def test_what_is_written_is_read_and_replaced(self, store: ObjectStore) -> None:
        store.write("a/b", b"first")
        before = store.info("a/b")
        store.write("a/b", b"other")
        assert store.read("a/b") == b"other"
        assert store.info("a/b").size == 5
        assert store.info("a/b").e_tag != before.e_tag

    def test_an_empty_store_lists_nothing(self, store: ObjectStore) -> None:
        assert keys(store) == keys(store, "inbox") == []

    def test_names_that_people_use_keep_their_bytes(self, store: ObjectStore) -> None:
        for name in ODD_NAMES:
            store.write(f"inbox/{name}", name.encode())
        assert keys(store, "inbox") == sorted(f"inbox/{name}" for name in ODD_NAMES)
        assert [store.read(f"inbox/{name}").decode() for name in ODD_NAMES] == ODD_NAMES
        claims = [store.claim(f"inbox/{name}") for name in ODD_NAMES]
        assert all(store.finish(claim) for claim in claims)
        assert keys(store) == []

    def test_a_listing_is_of_whole_folders_and_sorted(self, store: ObjectStore) -> None:
        for key in ["in/b", "in/a/z", "in/a.csv", "inbox/c", "in/B"]:
            store.write(key, b"")
        assert keys(store, "in") == ["in/B", "in/a.csv", "in/a/z", "in/b"]

    @pytest.mark.parametrize("key", BAD_KEYS)
    def test_a_bad_key_is_refused_by_every_method(self, store: ObjectStore, tmp_path: Path, key: str) -> None:
        source = tmp_path / "source"
        source.write_bytes(b"x")
        calls: list[Callable[[], object]] = [
            lambda: store.info(key),
            lambda: store.exists(key),
            lambda: store.read(key),
            lambda: store.download(key, tmp_path / "target"),
            lambda: store.write(key, b""),
            lambda: store.write_file(key, source),
            lambda: store.create(key, b""),
            lambda: store.delete(key),
            lambda: store.delete_prefix(key),
            lambda: store.claim(key),
        ]
        for call in calls:
            with pytest.raises(InvalidKey, match="rename the file"):
                call()

    def test_a_missing_object_is_gone(self, store: ObjectStore, tmp_path: Path) -> None:
        store.write("there", b"")
        for key in ["nope", "there/under"]:
            assert not store.exists(key)
            for call in [store.info, store.read, store.claim, lambda key: store.download(key, tmp_path / "target")]:
                with pytest.raises(ObjectGone):
                    call(key)
            store.delete(key) if key == "nope" else None
        assert keys(store) == ["there"]

    def test_files_are_streamed_both_ways(self, store: ObjectStore, tmp_path: Path) -> None:
        data = os.urandom(20_000_001)  # more than one part of a multipart upload
        (tmp_path / "source").write_bytes(data)
        store.write_file("big", tmp_path / "source")
        info = store.download("big", tmp_path / "target")
        assert (tmp_path / "target").read_bytes() == data
        assert info == store.info("big")

    def test_of_32_racing_creators_exactly_one_wins(self, store: ObjectStore) -> None:
        for round_ in range(5):
            together = threading.Barrier(32)

            def create(number: int, key: str = f"race/{round_}", together: threading.Barrier = together) -> bool:
                together.wait()
                return store.create(key, str(number).encode())

            with ThreadPoolExecutor(32) as threads:
                won = list(threads.map(create, range(32)))
            assert won.count(True) == 1
            assert store.read(f"race/{round_}") == str(won.index(True)).encode()

    def test_equal_bytes_do_not_make_two_creators_win(self, store: ObjectStore) -> None:
        assert [store.create("k", b"same"), store.create("k", b"same")] == [True, False]

    def test_a_deleted_prefix_leaves_its_neighbours(self, store: ObjectStore) -> None:
        for key in ["org_id=acme/a", "org_id=acme/b/c", "org_id=acme2/a"]:
            store.write(key, b"x")
        assert store.delete_prefix("org_id=acme") == 2
        assert store.delete_prefix("org_id=acme") == 0
        assert keys(store) == ["org_id=acme2/a"]

    def test_a_finished_claim_is_gone_from_the_inbox(self, store: ObjectStore) -> None:
        store.write("inbox/f", b"x")
        claim = store.claim("inbox/f")
        assert (claim.original_key, store.read(claim.key)) == ("inbox/f", b"x")
        assert store.claim_is_stable(claim)
        assert store.finish(claim)
        assert not store.finish(claim)
        assert keys(store) == []

    def test_an_overwrite_between_claim_and_finish_is_not_lost(self, store: ObjectStore) -> None:
        store.write("inbox/f", b"january")
        claim = store.claim("inbox/f")
        store.write("inbox/f", b"JANUARY")
        store.finish(claim)
        assert keys(store) == ["inbox/f"]
        assert store.read("inbox/f") == b"JANUARY"

    def test_a_claim_that_changed_is_seen_and_kept(self, store: ObjectStore) -> None:
        store.write("inbox/f", b"half")
        claim = store.claim("inbox/f")
        store.write(claim.key, b"half and the rest")
        assert not store.claim_is_stable(claim)
        assert not store.finish(claim)
        assert store.read(claim.key) == b"half and the rest"


class TestFolder:
    """What only a folder can show."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        (tmp_path / "store" / "inbox").mkdir(parents=True)
        return tmp_path / "store"

    @pytest.fixture
    def folder(self, root: Path) -> ObjectStore:
        return object_store(Settings(home=root.parent))

    def test_a_name_that_is_not_utf8_is_listed_and_refused(self, root: Path, folder: ObjectStore) -> None:
        (root / "inbox" / "good").write_bytes(b"")
        Path(os.fsdecode(os.fsencode(root / "inbox") + b"/mar\xe7o.csv")).write_bytes(b"x")
        assert keys(folder) == ["inbox/good", r"inbox/mar\xe7o.csv"]
        with pytest.raises(InvalidKey, match="UTF-8"):
            folder.claim(r"inbox/mar\xe7o.csv")

    def test_links_out_of_the_store_are_not_followed(self, root: Path, folder: ObjectStore) -> None:
        (root.parent / "outside").write_bytes(b"secret")
        (root / "inbox" / "link").symlink_to(root.parent / "outside")
        assert keys(folder) == []
        for call in [folder.read, folder.claim, folder.info]:
            with pytest.raises(ObjectGone):
                call("inbox/link")

    def test_writes_leave_nothing_else_behind(self, root: Path, folder: ObjectStore) -> None:
        folder.write("a", b"x")
        assert not folder.create("a", b"y")
        assert sorted(path.name for path in root.rglob("*") if path.is_file()) == ["a"]

    def test_a_key_is_never_object_and_prefix(self, folder: ObjectStore) -> None:
        folder.write("a", b"x")
        with pytest.raises(ValueError, match="never both"):
            folder.write("a/b", b"y")

    def test_a_copy_that_pauses_is_seen_and_left_alone(self, root: Path, folder: ObjectStore) -> None:
        with (root / "inbox" / "f").open("wb", buffering=0) as sender:
            sender.write(b"half")
            assert folder.is_being_written("inbox/f")
            with pytest.raises(ObjectBusy, match="inbox/f"):
                folder.claim("inbox/f")
            sender.write(b" and the rest")
        assert not folder.is_being_written("inbox/f")
        with (root / "inbox" / "f").open("rb"):  # who reads does not write
            claim = folder.claim("inbox/f")
        assert folder.read(claim.key) == b"half and the rest"
        with (root / claim.key).open("ab"):
            assert not folder.claim_is_stable(claim)
        assert folder.finish(claim)

    def test_a_writer_who_meets_the_question_is_not_harmed(self, root: Path, folder: ObjectStore) -> None:
        """Nor are we: a lease that somebody breaks comes with a signal."""
        (root / "inbox" / "f").write_bytes(b"x")
        code = f"for _ in range(2000): open({str(root / 'inbox' / 'f')!r}, 'ab').close()"
        with subprocess.Popen([sys.executable, "-c", code]) as writer:
            while writer.poll() is None:
                folder.is_being_written("inbox/f")
        assert writer.returncode == 0
        assert folder.finish(folder.claim("inbox/f"))

    def test_a_sender_who_still_writes_is_seen(self, root: Path, folder: ObjectStore) -> None:
        (root / "inbox" / "f").write_bytes(b"half")
        claim = folder.claim("inbox/f")
        with (root / claim.key).open("ab") as sender:
            sender.write(b" and the rest")
        assert not folder.claim_is_stable(claim)
        assert not folder.finish(claim)
        (again,) = folder.abandoned_claims()
        assert folder.read(again.key) == b"half and the rest"

    def test_a_claim_can_be_taken_over_only_from_the_dead(self, root: Path, folder: ObjectStore) -> None:
        (root / "inbox" / "f").write_bytes(b"x")
        code = (
            "import sys; from pathlib import Path; from datapilot_resources.settings import Settings\n"
            "from datapilot_resources.object_store import object_store\n"
            f"claim = object_store(Settings(home=Path({str(root.parent)!r}))).claim('inbox/f')\n"
            "print('claimed', flush=True); sys.stdin.read()"
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code]
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"claimed\n"
            while_alive = folder.abandoned_claims()
            other.kill()
        assert while_alive == []
        (claim,) = folder.abandoned_claims()
        assert claim.original_key == "inbox/f"
        assert folder.finish(claim)
        assert folder.abandoned_claims() == []
        assert list((root / "claimed").iterdir()) == []


class TestS3:
    """What only S3 can show."""

    def test_objects_with_odd_names_do_not_stop_a_listing(self, s3_store: Settings) -> None:
        store, client = object_store(s3_store), s3_client(s3_store)
        prefix = s3_store.store_root.removeprefix(f"s3://{BUCKET}/")
        for key in ["inbox/folder-marker/", "inbox/line\nbreak", "inbox/good"]:
            client.put_object(Bucket=BUCKET, Key=f"{prefix}/{key}", Body=b"")
        assert keys(store, "inbox") == ["inbox/good", "inbox/line\nbreak"]

    def test_a_retried_create_that_meets_itself_has_won(
        self, s3_store: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = S3Store(s3_store)
        put = store._client.put_object

        def put_twice(**request: object) -> None:
            put(**request)  # its answer is lost on the way, so the client sends it again
            put(**request)

        monkeypatch.setattr(store._client, "put_object", put_twice)
        assert store.create("k", b"x")
        assert not store.create("k", b"x")

    @pytest.mark.parametrize("s3_store", [SEAWEEDFS], indirect=True)  # MinIO takes no notice of If-Match on DELETE
    def test_an_overwrite_after_the_last_look_is_not_deleted(
        self, s3_store: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = object_store(s3_store)
        store.write("inbox/f", b"january")
        claim = store.claim("inbox/f")
        store.write("inbox/f", b"JANUARY")
        monkeypatch.setattr(store, "claim_is_stable", lambda claim: True)
        assert not store.finish(claim)
        assert store.read("inbox/f") == b"JANUARY"

    def test_refused_credentials_are_not_a_missing_object(self, s3_store: Settings) -> None:
        store = object_store(s3_store.model_copy(update={"s3_access_key_id": "nobody"}))
        with pytest.raises(ClientError, match=r"InvalidAccessKeyId|Forbidden|403"):
            store.exists("k")
