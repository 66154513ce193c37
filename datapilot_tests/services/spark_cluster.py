"""A standalone Spark cluster on loopback: one master and small workers, from the jars of the pyspark package."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyspark

from datapilot_resources.settings import Settings
from datapilot_resources.spark_jvm import connect_server_command, jvm_environment
from datapilot_tests.services.server import Server, free_port, listens

SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
WORKERS = 2


@dataclass
class Cluster:
    """Its `master` address (`spark://…`), its web pages, its `workers`, and the Connect server that drives it."""

    folder: Path
    settings: Settings
    pages: list[str]
    workers: list[Server]
    connect: Server
    remote: str

    def finished_tasks(self) -> int:
        """How many tasks the executors finished so far."""
        logs = self.folder.glob("work*/*/*/stderr")
        return sum(log.read_text(errors="replace").count("Finished task") for log in logs)

    def page(self, address: str) -> str:
        return _page(address)


@contextmanager
def spark_cluster(folder: Path, environment: dict[str, str] | None = None, **settings: object) -> Iterator[Cluster]:
    """Master, two workers of one core and a Connect server; `environment` is that of the workers, as their operator's.

    The executors inherit it: so do they get the store's credentials.
    """
    port, *page_ports = free_port(), free_port(), free_port(), free_port()
    master = f"spark://127.0.0.1:{port}"
    given = Settings(home=folder / "home", spark_master=master, spark_memory="512m", **settings)
    common = {**jvm_environment(given), "SPARK_LOCAL_IP": "127.0.0.1"}
    daemon = {**common, "SPARK_DAEMON_MEMORY": "256m"}
    pages = [f"http://127.0.0.1:{page}" for page in page_ports]
    with ExitStack() as stack:
        run = [str(SPARK_CLASS), "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port)]
        run += ["--webui-port", str(page_ports[0])]
        stack.enter_context(Server("master", run, folder / "master", lambda: listens(port), daemon))
        workers = []
        for number, page in enumerate(page_ports[1:]):
            run = [str(SPARK_CLASS), "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1"]
            run += [
                "--cores",
                "1",
                "--memory",
                "512m",
                "--webui-port",
                str(page),
                "--work-dir",
                str(folder / f"work{number}"),
            ]
            worker = Server(
                f"worker{number}",
                [*run, master],
                folder / f"worker{number}",
                lambda alive=number + 1: _page(pages[0]).count("ALIVE") >= alive,  # type: ignore[misc]
                {**daemon, **(environment or {})},
            )
            workers.append(stack.enter_context(worker))
        connect_port = free_port()
        command = connect_server_command(given, connect_port)
        # What an operator writes into spark-defaults.conf.
        sizes = {"spark.executor.memory": "450m", "spark.executor.cores": "1", "spark.cores.max": str(WORKERS)}
        command[-1:-1] = [part for name, value in sizes.items() for part in ("--conf", f"{name}={value}")]
        connect = Server(
            "connect", command, folder / "connect", lambda: listens(connect_port), common, start_seconds=300
        )
        stack.enter_context(connect)
        yield Cluster(folder, given, pages, workers, connect, f"sc://127.0.0.1:{connect_port}")


def _page(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            text: str = answer.read().decode()
            return text
    except OSError:  # not up yet, or killed by the test
        return ""
