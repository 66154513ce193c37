"""DAGSTER_HOME: the only place where a dagster.yaml counts; ours, with what the settings add to it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import yaml

from datapilot_resources.settings import Settings

_BASE = Path(__file__).parents[1] / "dagster.yaml"


def instance_config(settings: Settings) -> dict[str, Any]:
    """The repository's dagster.yaml with what the settings add: runs at once, storage in Postgres, compute logs in S3.

    Names classes that read the environment: no address and no secret is in it.
    """
    from datapilot_resources.spark import concurrent_runs  # pyspark takes a while to import

    config: dict[str, Any] = yaml.safe_load(_BASE.read_text(encoding="utf-8"))
    config["concurrency"]["runs"]["max_concurrent_runs"] = concurrent_runs(settings)
    if settings.postgres_url is not None:
        config["storage"] = {"custom": {"module": "datapilot_resources.dagster_storage", "class": "PostgresStorage"}}
    if settings.store_is_s3:
        config["compute_logs"] = {"module": "datapilot_resources.compute_logs", "class": "StoreComputeLogs"}
    return config


def prepare_dagster_home(settings: Settings) -> None:
    """Make DAGSTER_HOME with its dagster.yaml and point this process at it."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    text = "# Written from the repository's dagster.yaml and the settings.\n" + yaml.safe_dump(
        instance_config(settings)
    )
    path = home / "dagster.yaml"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        # Aside and renamed: the UI, the daemon and a run may start at once.
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=home, delete=False) as aside:
            aside.write(text)
        os.replace(aside.name, path)
    os.environ["DAGSTER_HOME"] = str(home)
