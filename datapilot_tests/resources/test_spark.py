"""A local session and a Connect session write and read Delta alike; secrets stay out of their configuration."""

from __future__ import annotations

import json
import os
from pathlib import Path

import dagster as dg
import pytest
from dagster_pyspark import LazyPySparkResource
from pydantic import SecretStr

from datapilot_resources.settings import Settings
from datapilot_resources.spark import session_environment, spark_resource
from datapilot_resources.spark_jvm import connect_server_command
from datapilot_resources.toolchain import ToolchainError
from datapilot_tests.services.fixtures import SEAWEEDFS
from datapilot_tests.services.s3_server import SECRET_KEY, s3_settings, variables_of
from datapilot_tests.services.spark_connect import run_python

# A process of its own, so that it does not depend on which kind of session other tests have started.
WRITE_REPLACE_READ = """
import json, os
from datapilot_resources.settings import Settings
from datapilot_resources.spark import spark_resource

settings = Settings.from_environment()
remote = os.environ.get("SPARK_REMOTE")
spark = spark_resource(settings).spark_session
table = settings.table_uri("org_id=acme/silver/sales", "spark")

def write(rows, **options):
    frame = spark.createDataFrame(rows, "month string, units int")
    writer = frame.write.format("delta").partitionBy("month").mode("overwrite")
    writer.options(**options).save(table)

write([("2024-01", 1), ("2024-02", 2), ("2024-03", 3)])
write([("2024-01", 10)], replaceWhere="month IN ('2024-01', '2024-03')")
rows = spark.read.format("delta").load(table).orderBy("month").collect()
names = ["spark.sql.session.timeZone", "spark.sql.ansi.enabled", "spark.sql.variable.substitute"]
print(json.dumps({
    "kind": type(spark).__module__,
    "rows": [list(row) for row in rows],
    "config": [spark.conf.get(name) for name in names],
    "literal": spark.sql("SELECT '${env:S3_SECRET_ACCESS_KEY}${env:HOME}' AS text").first().text,
    "environment": [os.environ.get("SPARK_REMOTE") == remote, "PYSPARK_SUBMIT_ARGS" in os.environ],
    "folder": sorted(os.listdir(".")),
}))
"""


def check(output: str, kind: str) -> None:
    assert json.loads(output) == {
        "kind": kind,
        "rows": [["2024-01", 10], ["2024-02", 2]],
        "config": ["UTC", "true", "false"],
        "literal": "${env:S3_SECRET_ACCESS_KEY}${env:HOME}",
        "environment": [True, False],
        "folder": [],
    }


def test_a_local_session_on_a_folder(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    # check() parses the whole output: a JVM that prints to stdout would break `--format json`.
    check(run_python(WRITE_REPLACE_READ, tmp_path / "cwd", **variables_of(settings)), "pyspark.sql.session")


def test_a_local_session_on_s3(s3_store: Settings, tmp_path: Path) -> None:
    check(run_python(WRITE_REPLACE_READ, tmp_path / "cwd", **variables_of(s3_store)), "pyspark.sql.session")


@pytest.mark.parametrize("any_store", ["folder", SEAWEEDFS], indirect=True)
def test_a_connect_session(connect_address: str, any_store: Settings, tmp_path: Path) -> None:
    environment = {**variables_of(any_store), "SPARK_REMOTE": connect_address}
    check(run_python(WRITE_REPLACE_READ, tmp_path / "cwd", **environment), "pyspark.sql.connect.session")


def test_no_secret_is_in_configuration_command_or_repr(tmp_path: Path) -> None:
    settings = s3_settings(tmp_path, "", "http://127.0.0.1:8333")
    token = "token-in-the-address"
    remote = settings.model_copy(update={"spark_remote": SecretStr(f"sc://host:15002/;token={token}")})
    local, connect = spark_resource(settings), spark_resource(remote)
    command = connect_server_command(settings, 15002)
    submit = session_environment(settings)["PYSPARK_SUBMIT_ARGS"]
    shown = f"{local!r} {local.spark_config} {connect!r} {connect.spark_config} {command} {submit}"
    assert SECRET_KEY not in shown
    assert token not in shown
    assert "spark.connect.grpc.binding.address=127.0.0.1" in command


def test_a_session_without_jars_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = dict(os.environ)
    with pytest.raises(ToolchainError, match="run `make setup`"):
        _ = spark_resource(Settings(home=tmp_path)).spark_session
    assert dict(os.environ) == before


def test_dagster_hands_the_resource_to_an_op_with_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no-jars-here"))

    @dg.op
    def use(spark: LazyPySparkResource) -> None:
        _ = spark.spark_session

    @dg.job(resource_defs={"spark": spark_resource(Settings(home=tmp_path))})
    def job() -> None:
        use()

    # Dagster rebuilds resources from their public config; ours must still launch its own way.
    with pytest.raises(ToolchainError, match="run `make setup`"):
        job.execute_in_process()
