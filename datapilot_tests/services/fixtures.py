"""Real servers, one of each per test session, started by the first test that asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datapilot_resources.settings import Settings
from datapilot_tests.services.llm_stub import LlmStub
from datapilot_tests.services.llm_stub import llm_stub as run_llm_stub
from datapilot_tests.services.minio_server import minio_server
from datapilot_tests.services.s3_server import s3_settings, seaweedfs_server
from datapilot_tests.services.spark_connect import connect_server

# A test restricts itself to one: `@pytest.mark.parametrize("s3_store", [MINIO], indirect=True)`.
SEAWEEDFS = pytest.param("seaweedfs", marks=pytest.mark.services)
MINIO = pytest.param("minio", marks=pytest.mark.services)


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a SeaweedFS server."""
    with seaweedfs_server(tmp_path_factory.mktemp("seaweedfs")) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a MinIO server."""
    with minio_server(tmp_path_factory.mktemp("minio")) as endpoint:
        yield endpoint


@pytest.fixture(params=[SEAWEEDFS, MINIO])
def s3_store(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings whose store is an empty prefix of a real S3 server, of this test alone."""
    return _empty_store(request, tmp_path)


@pytest.fixture(params=["folder", SEAWEEDFS, MINIO])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings whose store is empty: a folder, or a prefix of a real S3 server."""
    return Settings(home=tmp_path / "home") if request.param == "folder" else _empty_store(request, tmp_path)


def _empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    endpoint: str = request.getfixturevalue(request.param)
    return s3_settings(tmp_path / "home", f"{tmp_path.parent.name}-{tmp_path.name}", endpoint)


@pytest.fixture(scope="session")
def connect_address(seaweedfs: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address (`sc://…`) of a Spark Connect server that can write to folders and to SeaweedFS."""
    folder = tmp_path_factory.mktemp("connect")
    with connect_server(s3_settings(folder / "home", "", seaweedfs), folder) as address:
        yield address


@pytest.fixture
def llm_stub() -> Iterator[LlmStub]:
    """A language model's endpoint, of this test alone, that behaves as the test says."""
    with run_llm_stub() as stub:
        yield stub
