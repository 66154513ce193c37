"""Real servers, one of each per test session, started by the first test that asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datapilot_resources.settings import Settings
from datapilot_tests.services.llm_stub import LlmStub
from datapilot_tests.services.llm_stub import llm_stub as run_llm_stub
from datapilot_tests.services.s3_server import s3_server, s3_settings
from datapilot_tests.services.spark_connect import connect_server


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real S3 server."""
    with s3_server(tmp_path_factory.mktemp("s3")) as endpoint:
        yield endpoint


@pytest.fixture
def s3_store(s3_endpoint: str, tmp_path: Path) -> Settings:
    """Settings whose store is an empty prefix of the S3 server, of this test alone."""
    return s3_settings(tmp_path / "home", prefix=f"{tmp_path.parent.name}-{tmp_path.name}")


@pytest.fixture(scope="session")
def connect_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address (`sc://…`) of a Spark Connect server that can write to folders and to the S3 server."""
    folder = tmp_path_factory.mktemp("connect")
    with connect_server(s3_settings(folder / "home"), folder) as address:
        yield address


@pytest.fixture
def llm_stub() -> Iterator[LlmStub]:
    """A language model's endpoint, of this test alone, that behaves as the test says."""
    with run_llm_stub() as stub:
        yield stub
