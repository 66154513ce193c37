"""Dagster's runs, events and sensor ticks in Postgres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage

from datapilot_resources.settings import Settings, SettingsError


class PostgresStorage(DagsterPostgresStorage):
    """Dagster's own storage at DATAPILOT_POSTGRES_URL (or its `_FILE` twin), which never is in dagster.yaml."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PostgresStorage:
        """Raises SettingsError: this DAGSTER_HOME was made for Postgres and no address is set now."""
        url = Settings.from_environment().postgres_url
        if url is None:
            raise SettingsError("DATAPILOT_POSTGRES_URL: Dagster's storage is in Postgres, set it (see dagster.yaml)")
        return cls(postgres_url=url.get_secret_value(), inst_data=inst_data)
