"""The Spark session: a local one in this process, or a Spark Connect server named by SPARK_REMOTE.

Only what classic and Connect sessions both offer may be used on it: no RDD, no `sparkContext`, no Python UDF.
"""

from __future__ import annotations

import shlex
import socket
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dagster import InitResourceContext
from dagster_pyspark import LazyPySparkResource
from pydantic import PrivateAttr
from pyspark.sql import SparkSession

from datapilot_resources.process_environment import process_environment
from datapilot_resources.settings import Settings
from datapilot_resources.spark_jvm import SESSION_CONFIG, jvm_config, jvm_environment, submit_options

if TYPE_CHECKING:
    from pyspark.sql.connect.client import SparkConnectClient

# Of a session of one run: a small job takes 8 % less, bulk work up to twice as long (then use SPARK_REMOTE). A server
# lives long enough for the better code.
_QUICK_COMPILER = "-XX:TieredStopAtLevel=1"

# How long a run waits for a server that does not answer: one that starts again is back by then.
_WAIT_SECONDS = 60
# Of a request whose server went away: 45 s, where pyspark's default is ten minutes.
_RETRIES: dict[str, Any] = {"max_retries": 12, "max_backoff": 5000}
_REMEDY = "start it (`datapilot spark`, or `datapilot up` has its own) or unset SPARK_REMOTE"


class SparkUnavailable(ConnectionError):
    """The Spark Connect server does not answer; the message names the remedy."""


def spark_resource(settings: Settings) -> LazyPySparkResource:
    """The Dagster resource; its `spark_session` starts Spark or connects to it on first use.

    That never downloads: it raises toolchain.ToolchainError when a local session has no Java or no jars, and
    SparkUnavailable when no server answers at SPARK_REMOTE. No secret is in the resource's config.
    """

    # A class per settings: Dagster makes new instances of a resource from its public config alone.
    class SparkResource(LazyPySparkResource):
        _run_id: str | None = PrivateAttr(default=None)

        def setup_for_execution(self, context: InitResourceContext) -> None:
            self._run_id = context.run_id

        def teardown_after_execution(self, context: InitResourceContext) -> None:
            # A session of a server is one run's. A local one is this process's: its next run goes on with it.
            if settings.spark_remote and self._spark_session is not None:
                self._spark_session.stop()

        def _init_session(self) -> None:
            if self._spark_session is not None:
                return
            if settings.spark_remote:
                self._spark_session = _connect_session(settings, self._run_id)
            else:
                with process_environment(session_environment(settings)):
                    super()._init_session()

    local = {} if settings.spark_remote else jvm_config(settings)
    return SparkResource(spark_config={**local, **SESSION_CONFIG})


def concurrent_runs(settings: Settings) -> int:
    """How many runs Dagster may execute at once, each organization's still one after the other.

    1 when Spark is embedded: each run is then a driver of its own, on the same cores and memory.
    """
    return settings.concurrent_runs if settings.spark_remote else 1


def interrupt_run(settings: Settings, run_id: str) -> list[str]:
    """End what a run that is gone still does on the Spark Connect server; the ids of the operations it had open.

    Its session is closed then: nothing can be written through it any more, also not by a run that only seemed gone.
    [] when Spark is embedded (the work ended with the process) or when it did nothing.
    Raises SparkUnavailable: nobody can tell what the run does; TimeoutError: its work did not end.
    """
    if settings.spark_remote is None:
        return []
    from pyspark.errors.exceptions.base import PySparkException

    with closing(_client(settings, run_id)) as client:
        try:
            interrupted = client.interrupt_all() or []
            _wait_until_ended(client)
            client.release_session()
        except PySparkException as error:
            if error.getCondition() != "INVALID_HANDLE.SESSION_CLOSED":  # the run ended by itself, or this was done
                raise
            return []
    return interrupted


def session_environment(settings: Settings) -> dict[str, str | None]:
    """The variables under which a local session starts (None: unset), credentials in clear: never log them."""
    submit = shlex.join([*submit_options(settings, _QUICK_COMPILER), "pyspark-shell"])
    return {"SPARK_REMOTE": None, "PYSPARK_SUBMIT_ARGS": submit, **jvm_environment(settings)}


def _connect_session(settings: Settings, run_id: str | None) -> SparkSession:
    from pyspark.sql.connect.client.retries import DefaultPolicy

    _wait_for_server(settings)
    session = SparkSession.builder.remote(_address(settings, run_id)).config(map={**SESSION_CONFIG}).create()
    session.client.set_retry_policies([DefaultPolicy(**_RETRIES)])
    return session


def _client(settings: Settings, run_id: str) -> SparkConnectClient:
    """A second client of a run's session."""
    from pyspark.sql.connect.client import SparkConnectClient

    _wait_for_server(settings)
    return SparkConnectClient(_address(settings, run_id), retry_policy=_RETRIES)


def _address(settings: Settings, run_id: str | None) -> str:
    """SPARK_REMOTE with the run's session and, unless it names one, a user that every machine agrees on; in clear."""
    assert settings.spark_remote is not None
    host, _, given = settings.spark_remote.get_secret_value().partition("/;")
    parameters = [given] if given else []
    if "user_id=" not in given:
        parameters.append("user_id=datapilot")
    if run_id:
        parameters.append(f"session_id={run_id}")
    return f"{host.rstrip('/')}/;{';'.join(parameters)}"


def _wait_for_server(settings: Settings) -> None:
    """Raises SparkUnavailable when nobody listens at SPARK_REMOTE for long: pyspark itself would try for minutes."""
    assert settings.spark_remote is not None
    parts = urlsplit(settings.spark_remote.get_secret_value())
    address = (parts.hostname or "", parts.port or 15002)
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            socket.create_connection(address, timeout=5).close()
            return
        except OSError as error:
            if time.monotonic() > deadline:
                where = f"{address[0]}:{address[1]}"
                raise SparkUnavailable(f"Spark Connect at {where} does not answer ({error}); {_REMEDY}") from None
        time.sleep(1)


def _wait_until_ended(client: SparkConnectClient) -> None:
    """An interruption is only asked for: a commit under way still happens, and must have happened afterwards."""
    from pyspark.sql.connect.proto import GetStatusResponse

    # What ended and was never fetched by its client is "terminating".
    running = GetStatusResponse.OperationStatus.OperationState.OPERATION_STATE_RUNNING
    deadline = time.monotonic() + _WAIT_SECONDS
    while any(operation.state == running for operation in client._get_operation_statuses().operation_statuses):
        if time.monotonic() > deadline:
            raise TimeoutError(f"interrupted work still runs after {_WAIT_SECONDS} s; restart the Spark Connect server")
        time.sleep(0.2)
