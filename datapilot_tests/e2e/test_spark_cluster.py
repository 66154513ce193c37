"""The same path with Spark on a standalone cluster: the same figures, also when a worker dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from datapilot_tests.e2e.test_places import assert_right, walk
from datapilot_tests.services.spark_cluster import Cluster, spark_cluster

pytestmark = pytest.mark.services

# Of a store that no test here reaches: where it shows up is what matters.
CANARY = "canary-of-the-workers-environment"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with spark_cluster(folder, {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": CANARY}) as running:
        yield running


def test_the_path_on_a_cluster_gives_the_figures_of_a_local_session(cluster: Cluster, tmp_path: Path) -> None:
    before = cluster.finished_tasks()
    assert_right(walk(tmp_path, 0, DATAPILOT_HOME=str(tmp_path / "home"), SPARK_REMOTE=cluster.remote))
    assert cluster.finished_tasks() > before, "executors did the work"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads what processes were started with")
def test_executors_have_the_credentials_of_their_worker_and_nobody_shows_them(cluster: Cluster) -> None:
    lines, holders = [], []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line, environment = (folder / "cmdline").read_text(), (folder / "environ").read_text()
        except (OSError, UnicodeDecodeError):  # ended meanwhile, or not ours
            continue
        lines.append(line)
        if f"AWS_SECRET_ACCESS_KEY={CANARY}" in environment:
            holders.append(line)
    assert sum("CoarseGrainedExecutorBackend" in line for line in holders) >= 2
    assert not any("SparkConnectServer" in line for line in holders)
    assert not any(CANARY in line for line in lines)
    pages = [cluster.page(page) for page in cluster.pages]
    assert all("127.0.0.1" in page for page in pages)
    assert not any(CANARY in page for page in pages)
    written = [file for file in cluster.folder.rglob("*") if file.is_file()]
    assert any(file.name == "stderr" for file in written)
    assert not any(CANARY.encode() in file.read_bytes() for file in written)


def test_a_worker_that_dies_in_the_middle_costs_no_figure(cluster: Cluster, tmp_path: Path) -> None:
    before = cluster.finished_tasks()
    killed = threading.Event()

    def kill_when_busy() -> None:
        deadline = time.monotonic() + 800
        while cluster.finished_tasks() < before + 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        cluster.workers[0].kill()
        killed.set()

    killer = threading.Thread(target=kill_when_busy)
    killer.start()
    place = {"DATAPILOT_HOME": str(tmp_path / "home"), "SPARK_REMOTE": cluster.remote}
    first = walk(tmp_path, 0, **place)
    killer.join()
    assert killed.is_set()
    if first["errors"] != [None, None]:  # it failed, and said so: the next one must be right
        first = walk(tmp_path, 0, **place)
    assert_right(first)
