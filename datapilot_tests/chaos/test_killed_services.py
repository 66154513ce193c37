"""A service is killed in the middle of a run and started again: nothing is lost, nothing half visible (P4-P8).

The run may end well or fail; the next one needs no human and leaves what an undisturbed run leaves.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from datapilot_assets.events import is_recorded
from datapilot_assets.refinement import Outcome, State
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.sales_gold import SALES_MONTH
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.services.postgres_server import postgres_servers
from datapilot_tests.services.s3_server import s3_settings, seaweedfs_program, variables_of
from datapilot_tests.services.spark_connect import connect_program
from datapilot_tests.workbench import SAMPLES, Workbench, sample

pytestmark = pytest.mark.services
ACME, JANUARY = OrgId("acme"), Month(2024, 1)
BEFORE, AFTER = Decimal("18156.37"), Decimal("18117.58")
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Place:
    """An environment, and how the one service of it is killed and started again."""

    kill: Callable[[], None]
    start: Callable[[], None]
    variables: dict[str, str] = field(repr=False)


@contextmanager
def _store(folder: Path) -> Iterator[Place]:
    server, endpoint = seaweedfs_program(folder / "seaweedfs")
    with server:
        settings = s3_settings(folder / "home", "lake", endpoint)
        yield Place(server.kill, server.start, variables_of(settings))


@contextmanager
def _spark(folder: Path) -> Iterator[Place]:
    settings = Settings(home=folder / "home")
    server, address = connect_program(settings, folder / "connect")
    with server:
        yield Place(server.kill, server.start, {"DATAPILOT_HOME": str(settings.home), "SPARK_REMOTE": address})


@contextmanager
def _dagster_storage(folder: Path) -> Iterator[Place]:
    with postgres_servers() as servers:
        url = servers.url(servers.new_database(), pooled=True).get_secret_value()
        variables = {"DATAPILOT_HOME": str(folder / "home"), "DATAPILOT_POSTGRES_URL": url}
        yield Place(servers.kill_postgres, servers.start_postgres, variables)


PLACES = {"store": _store, "spark": _spark, "postgres": _dagster_storage}


def _run(place: Place) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "datapilot_interfaces.cli.main", "run", "--org", "acme"]
    environment = {**os.environ, **place.variables}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _ended(run: subprocess.Popen[str]) -> str:
    try:
        return run.communicate(timeout=400)[0]
    except subprocess.TimeoutExpired:
        run.kill()
        raise


class Reader:
    """Reads January's gross revenue over and over; a store that is down answers nothing."""

    def __init__(self, platform: Platform) -> None:
        self.seen: set[tuple[Decimal, ...]] = set()
        self._platform, self._stop = platform, threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def _read(self) -> None:
        while not self._stop.wait(0.2):
            try:
                rows = self._platform.lakehouse.read(SALES_MONTH, ACME, [JANUARY])
            except Exception:  # noqa: BLE001  # whatever a dead server makes of it
                continue
            self.seen.add(tuple(rows["gross_revenue"].to_pylist()))

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def _wait_until(done: Callable[[], bool], run: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 300
    while not done():
        assert run.poll() is None, _ended(run)
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("service", "at"),
    [("store", "gold.sales_month"), ("spark", "silver.sales"), ("postgres", "silver.sales")],
)
def test_a_service_killed_in_a_run_costs_nothing(
    service: str, at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PLACES[service](tmp_path) as place:
        for name, value in place.variables.items():
            if name != "SPARK_REMOTE":  # which the server that is started again must not see
                monkeypatch.setenv(name, value)
        platform = Platform.from_environment()
        bench = Workbench(platform)
        bench.add("acme")
        bench.land("acme", sample("2024-01", "excel_br_cp1252"))
        _ended(_run(place))
        assert _gross(bench) == BEFORE
        corrected = SAMPLES / "vendas_2024-01_corrigido__excel_br_cp1252.csv"
        bench.land("acme", corrected, replaces="vendas_2024-01__excel_br_cp1252.csv")
        version = platform.lakehouse.version(CONTRACTS[at], ACME)

        with Reader(platform) as reader:
            run = _run(place)
            _wait_until(lambda: platform.lakehouse.version(CONTRACTS[at], ACME) != version, run)
            place.kill()
            time.sleep(1)
            place.start()
            _ended(run)

            again = _run(place)
            said = _ended(again)
            assert again.returncode == 0, said

        assert _gross(bench) == AFTER
        assert reader.seen <= {(BEFORE,), (AFTER,)}, "a reader saw something else than the old or the new month"
        assert {row["state"] for row in bench.status("acme")} == {"current"}
        _assert_recorded(bench)


def _gross(bench: Workbench) -> Decimal:
    gross: Decimal = bench.month("acme", "2024-01")["gross_revenue"]
    return gross


def _assert_recorded(bench: Workbench) -> None:
    """Dagster's latest materialization names what the lake holds (P7)."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DAGSTER_HOME", "put back afterwards")
        with bench.instance() as instance:
            for contract in CONTRACTS.values():
                if contract.layer in ("silver", "gold") and contract.scope == "month":
                    states = bench.platform.lakehouse.months(contract, ACME)
                    for month, state in states.items():
                        known = Outcome(contract, month, State.UNCHANGED, state.fingerprint, state.version, state.rows)
                        assert is_recorded(instance, known, "acme"), f"{contract.id} {month}"
