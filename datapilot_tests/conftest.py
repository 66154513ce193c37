"""Fixtures for every room. Nothing here reads the environment of whoever runs the tests."""

from __future__ import annotations

import os

pytest_plugins = [
    "datapilot_tests.services.fixtures",
    "datapilot_tests.services.hook_receiver",
    "datapilot_tests.services.postgres_server",
    "datapilot_tests.services.alert_books",
    "datapilot_tests.services.neo4j_fixtures",
    "datapilot_tests.workbench",
]

# Definitions read their settings when they are imported: a developer's own store must not leak into the tests.
for _name in list(os.environ):
    if _name.startswith(("DATAPILOT_", "S3_", "SPARK_REMOTE", "LLM_", "NEO4J_")) and not _name.startswith(
        "DATAPILOT_FUZZ_"
    ):
        del os.environ[_name]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their argument: packed ones hold the time, and each process must give a test the same name."""
    return argname if isinstance(val, bytes) else None
