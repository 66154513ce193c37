"""Dagster's runs, events and sensor ticks in Postgres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage

from datapilot_resources.postgres import CONNECT_SECONDS, postgres_engine, reaching
from datapilot_resources.settings import Settings, SettingsError

_SETTING = "DATAPILOT_POSTGRES_URL"
_PATIENCE = {"connect_timeout": str(CONNECT_SECONDS)}


class PostgresStorage(DagsterPostgresStorage):
    """Dagster's own storage at DATAPILOT_POSTGRES_URL (or its `_FILE` twin), which never is in dagster.yaml."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PostgresStorage:
        """Raises PostgresUnavailable; SettingsError: this DAGSTER_HOME was made for Postgres, no address is set now."""
        url = Settings.from_environment().postgres_url
        if url is None:
            raise SettingsError(f"{_SETTING}: Dagster's storage is in Postgres, set it (see dagster.yaml)")
        engine = postgres_engine(url)
        # Asked once before Dagster, which would try for half a minute. The lock: its tables are made by one process.
        with reaching(engine, _SETTING), engine.begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('dagster', 0))"))
            address = engine.url if "connect_timeout" in engine.url.query else engine.url.update_query_dict(_PATIENCE)
            return cls(postgres_url=address.render_as_string(hide_password=False), inst_data=inst_data)
