"""What a JVM of ours is started with: an embedded session's, or a Spark Connect server's."""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path

import pyspark

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
    "spark.app.name": "datapilot",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Otherwise every expression looks up the Python line that made it: a third of the time to build a plan.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
}

# Executors of a cluster must reach the driver: there, Spark's own choice of address holds.
_LOOPBACK = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}

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


def jvm_environment(settings: Settings) -> dict[str, str]:
    """What a JVM started for these settings needs in its environment: Java, and S3 credentials in clear."""
    loopback = {"SPARK_LOCAL_IP": "127.0.0.1"} if _is_local(settings) else {}
    return {"JAVA_HOME": str(toolchain.java_home()), **loopback, **settings.s3_credentials()}


def jvm_config(settings: Settings) -> dict[str, str]:
    """Spark configuration of a JVM of ours (local session or Connect server), without any secret."""
    config = {
        "spark.master": settings.spark_master,
        "spark.sql.warehouse.dir": str(settings.home / "spark" / "warehouse"),
        **_JVM_CONFIG,
        **(_LOOPBACK if _is_local(settings) else {"spark.executor.extraClassPath": _class_path()}),
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


def connect_server_command(settings: Settings, port: int, host: str = "127.0.0.1") -> list[str]:
    """Command of a Spark Connect server on `host`:`port`; run it with `jvm_environment(settings)`.

    Without SPARK_CONNECT_AUTHENTICATE_TOKEN in its environment it asks no credential: whoever reaches the port may
    do everything.
    """
    config = {
        **jvm_config(settings),
        **SESSION_CONFIG,
        "spark.connect.grpc.binding.address": host,
        "spark.connect.grpc.binding.port": str(port),
    }
    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-submit")]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    command += submit_options(settings)
    for name, value in config.items():
        command += ["--conf", f"{name}={value}"]
    return [*command, "spark-internal"]


def submit_options(settings: Settings, *jvm_options: str) -> list[str]:
    """Options of spark-submit for the driver: memory, class path, JVM options."""
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
        "--driver-class-path", _class_path(),
        "--driver-java-options", shlex.join(options),
    ]  # fmt: skip


def _class_path() -> str:
    return ":".join(sorted(map(str, toolchain.jars_directory().glob("*.jar"))))


def _is_local(settings: Settings) -> bool:
    return settings.spark_master.startswith("local")
