"""One Spark session for every test of the assets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from datapilot_resources.settings import Settings
from datapilot_resources.spark import spark_resource


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    session = spark_resource(Settings(home=tmp_path_factory.mktemp("spark"))).spark_session
    yield session
    session.stop()
