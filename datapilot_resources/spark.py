"""The Spark session: a local one in this process, or a Spark Connect server named by SPARK_REMOTE.

Only what classic and Connect sessions both offer may be used on it: no RDD, no `sparkContext`, no Python UDF.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark
from dagster_pyspark import LazyPySparkResource

from datapilot_resources import toolchain
from datapilot_resources.class_archive import archive_options
from datapilot_resources.settings import Settings

# May be set on a running session, so also on one of a Connect server.
SESSION_CONFIG = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # Otherwise `${env:NAME}` in any SQL text, even in a literal, becomes that environment variable.
    "spark.sql.variable.substitute": "false",
    "spark.sql.shuffle.partitions": "4",
    "spark.databricks.delta.snapshotPartitions": "2",
    # A month that stays empty is a commit too: its fingerprint says that it was refined.
    "spark.databricks.delta.skipRecordingEmptyCommits": "false",
}

# Fixed when the JVM starts.
_JVM_CONFIG = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Otherwise every expression looks up the Python line that made it: a third of the time to build a plan.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}

# An unreachable S3 endpoint fails within seconds instead of being retried for ever.
_S3_CONFIG = {
    "spark.hadoop.fs.s3a.input.stream.type": "classic",
    "spark.hadoop.fs.s3a.attempts.maximum": "2",
    "spark.hadoop.fs.s3a.retry.limit": "2",
    "spark.hadoop.fs.s3a.retry.interval": "200ms",
    "spark.hadoop.fs.s3a.connection.establish.timeout": "2s",
    "spark.hadoop.fs.s3a.connection.acquisition.timeout": "5s",
    "spark.hadoop.fs.s3a.connection.timeout": "10s",
}

# The environment, since the configuration shows on command lines, in the Dagster UI and to Connect clients.
_CREDENTIALS_PROVIDER = "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider"

_JVM_OPTIONS = ["-XX:+UseSerialGC"]
# Of a session of one run: a small job takes 8 % less, bulk work up to twice as long (then use SPARK_REMOTE). A server
# lives long enough for the better code.
_QUICK_COMPILER = "-XX:TieredStopAtLevel=1"


def spark_resource(settings: Settings) -> LazyPySparkResource:
    """The Dagster resource; its `spark_session` starts Spark or connects to it on first use.

    That never downloads: it raises toolchain.ToolchainError when a local session has no Java or no jars.
    No secret is in the resource's config.
    """

    # A class per settings: Dagster makes new instances of a resource from its public config alone.
    class SparkResource(LazyPySparkResource):
        def _init_session(self) -> None:
            if self._spark_session is None:
                with _environment(session_environment(settings)):
                    super()._init_session()

    local = {} if settings.spark_remote else jvm_config(settings)
    return SparkResource(spark_config={**local, **SESSION_CONFIG})


def session_environment(settings: Settings) -> dict[str, str | None]:
    """The variables under which a session starts (None: unset), credentials in clear: never log them."""
    if settings.spark_remote:
        return {"SPARK_REMOTE": settings.spark_remote.get_secret_value()}
    submit = shlex.join([*_submit_options(settings, _QUICK_COMPILER), "pyspark-shell"])
    return {"SPARK_REMOTE": None, "PYSPARK_SUBMIT_ARGS": submit, **jvm_environment(settings)}


def jvm_environment(settings: Settings) -> dict[str, str]:
    """What a JVM started for these settings needs in its environment: Java, and S3 credentials in clear."""
    return {
        "JAVA_HOME": str(toolchain.java_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        **settings.s3_credentials(),
    }


def jvm_config(settings: Settings) -> dict[str, str]:
    """Spark configuration of a JVM of ours (local session or Connect server), without any secret."""
    config = {
        "spark.master": "local[*]",
        "spark.app.name": "datapilot",
        "spark.sql.warehouse.dir": str(settings.home / "spark" / "warehouse"),
        **_JVM_CONFIG,
    }
    if not settings.store_is_s3:
        return config
    config |= _S3_CONFIG | {"spark.hadoop.fs.s3a.endpoint.region": settings.s3_region}
    if settings.s3_endpoint_url:
        config["spark.hadoop.fs.s3a.endpoint"] = settings.s3_endpoint_url
        config["spark.hadoop.fs.s3a.path.style.access"] = "true"
    if settings.s3_access_key_id:
        config["spark.hadoop.fs.s3a.aws.credentials.provider"] = _CREDENTIALS_PROVIDER
    return config


def connect_server_command(settings: Settings, port: int) -> list[str]:
    """Command of a Spark Connect server on 127.0.0.1:`port`; run it with `jvm_environment(settings)`.

    It asks no credential: whoever reaches the port may do everything, so never bind it elsewhere.
    """
    config = {
        **jvm_config(settings),
        **SESSION_CONFIG,
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
    }
    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-submit")]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    command += _submit_options(settings)
    for name, value in config.items():
        command += ["--conf", f"{name}={value}"]
    return [*command, "spark-internal"]


def _submit_options(settings: Settings, *jvm_options: str) -> list[str]:
    jars = toolchain.jars_directory()
    options = [
        *_JVM_OPTIONS,
        *jvm_options,
        *archive_options(),
        # Embedded Derby and Spark's scratch files would otherwise land in the current directory.
        f"-Dderby.system.home={tempfile.gettempdir()}",
        f"-Dlog4j2.configurationFile={toolchain.MANIFEST.with_name('log4j2.properties')}",
    ]
    return [
        "--driver-memory", settings.spark_memory,
        "--driver-class-path", ":".join(sorted(map(str, jars.glob("*.jar")))),
        "--driver-java-options", shlex.join(options),
    ]  # fmt: skip


@contextmanager
def _environment(variables: dict[str, str | None]) -> Iterator[None]:
    """Set (None: unset) environment variables for a while."""
    before = {name: os.environ.get(name) for name in variables}
    _put(variables)
    try:
        yield
    finally:
        _put(before)


def _put(variables: dict[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
