"""`doctor`: the Postgres that is set, what DataPilot's role may do there, and the pooler before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa
    from pydantic import SecretStr

    from datapilot_resources.settings import Settings

_OLDEST = 15  # keys of the serving tables hold nulls as equal
_RIGHTS = """
SELECT current_setting('server_version_num')::int / 10000,
       has_database_privilege(current_database(), 'CREATE'),
       rolcreaterole OR rolsuper, rolsuper,
       has_schema_privilege('public', 'CREATE')
FROM pg_roles WHERE rolname = current_user
"""


def postgres(settings: Settings) -> str:
    """What was found. Raises Unhealthy."""
    if settings.serving is None:
        return "off (no DATAPILOT_POSTGRES_URL): Dagster and side records keep SQLite files, nothing is served"
    found = []
    if settings.postgres_url is not None:
        found.append(
            _checked(settings.postgres_url, "DATAPILOT_POSTGRES_URL", settings.serving == settings.postgres_url)
        )
    if settings.serving_url is not None and settings.serving_url != settings.postgres_url:
        found.append(_checked(settings.serving_url, "DATAPILOT_SERVING_URL", serves=True))
    return "; ".join(found)


def _checked(url: SecretStr, setting: str, serves: bool) -> str:
    import sqlalchemy as sa

    from datapilot_interfaces.cli.health import Unhealthy
    from datapilot_resources.postgres import PostgresUnavailable, postgres_engine, reaching

    engine = postgres_engine(url)
    try:
        with reaching(engine, setting), engine.connect() as connection:
            version, may_create, may_make_roles, is_superuser, may_use_public = connection.execute(
                sa.text(_RIGHTS)
            ).one()
            keeps = _keeps_its_session(connection)
    except PostgresUnavailable as error:
        what, _, remedy = str(error).partition("; ")
        raise Unhealthy(what, remedy) from error
    user, database = engine.url.username, engine.url.database
    where = f"{setting}: Postgres {version} at {engine.url.host}:{engine.url.port or 5432}/{database}"
    lacks = {
        f"GRANT CREATE ON DATABASE {database} TO {user}": not may_create,
        f"ALTER ROLE {user} CREATEROLE (for `datapilot serving grant`)": serves and not may_make_roles,
        f"GRANT CREATE ON SCHEMA public TO {user} (Dagster's tables)": setting.endswith("POSTGRES_URL")
        and not may_use_public,
    }
    if version < _OLDEST:
        raise Unhealthy(where, f"use Postgres {_OLDEST} or newer")
    if remedies := [remedy for remedy, lacking in lacks.items() if lacking]:
        raise Unhealthy(f"{where}: rights are missing", "; ".join(remedies))
    if not keeps:
        raise Unhealthy(f"{where}: a pooler changes the session between transactions", "use its session mode")
    return f"{where}, as a superuser: a role of its own with fewer rights will do" if is_superuser else where


def _keeps_its_session(connection: sa.Connection) -> bool:
    """Whether the second transaction is in the session of the first: a pooler in transaction mode may change it."""
    asked = []
    for _ in range(2):
        asked.append(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        connection.commit()
    return asked[0] == asked[1]
