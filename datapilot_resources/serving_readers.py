"""One role per organization that reads its serving schema and nothing else."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from datapilot_domain.organizations import OrgId
from datapilot_resources.serving import Serving
from datapilot_resources.serving_shape import bring_into_shape
from datapilot_resources.serving_tables import schema_name

_CONNECTIONS = 20
# Of the role in this database. They spare the server a lost query; whoever logs in may change them.
_SETTINGS = {
    "statement_timeout": "'10min'",
    "idle_in_transaction_session_timeout": "'10min'",
    "default_transaction_read_only": "on",
}


def reader_name(org: OrgId) -> str:
    """Roles belong to the whole server: databases that serve the same organization share its reader."""
    return f"{schema_name(org)}_reader"


def grant_reader(serving: Serving, org: OrgId) -> sa.URL:
    """Address under which the organization's reader logs in, with a new password: it is kept nowhere, an old one ends.

    Raises PostgresUnavailable.
    """
    role, schema, password = reader_name(org), schema_name(org), secrets.token_urlsafe(24)
    with serving.begin() as connection:
        tables = serving.tables(org)
        bring_into_shape(connection, tables)
        if not _exists(connection, role):
            _run(connection, f"CREATE ROLE {role}")
        login = f"LOGIN NOINHERIT NOCREATEDB NOCREATEROLE CONNECTION LIMIT {_CONNECTIONS}"
        _run(connection, f"ALTER ROLE {role} {login} PASSWORD '{_verifier(connection, role, password)}'")
        database = connection.dialect.identifier_preparer.quote(_scalar(connection, "SELECT current_database()"))
        for name, value in {**_SETTINGS, "search_path": schema}.items():
            _run(connection, f"ALTER ROLE {role} IN DATABASE {database} SET {name} = {value}")
        _run(connection, f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        _run(connection, f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
        _run(connection, f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role}")
        # A hosted pooler knows roles as `role.project`: what our own address adds to the role, the reader's has too.
        project = (serving.address.username or "").removeprefix(_scalar(connection, "SELECT current_user"))
    suffix = project if project.startswith(".") else ""
    return serving.address.set(username=role + suffix, password=password)


def revoke_reader(serving: Serving, org: OrgId) -> bool:
    """Take all rights from the reader, of its open sessions too, and its login. False: there is no reader.

    The role stays: a pooler keeps sessions, and those of a role that was removed and made anew would be of neither.
    Raises PostgresUnavailable.
    """
    role, schema = reader_name(org), schema_name(org)
    with serving.begin() as connection:
        if not _exists(connection, role):
            return False
        _run(connection, f"ALTER ROLE {role} NOLOGIN PASSWORD NULL")
        if schema in sa.inspect(connection).get_schema_names():
            _run(connection, f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} REVOKE ALL ON TABLES FROM {role}")
            _run(connection, f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}")
            _run(connection, f"REVOKE ALL ON SCHEMA {schema} FROM {role}")
    return True


def _exists(connection: sa.Connection, role: str) -> bool:
    found = connection.execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    return found.first() is not None


def _verifier(connection: sa.Connection, role: str, password: str) -> str:
    """What the server keeps in place of the password, made here: the password reaches no log of the server."""
    from psycopg2.extensions import encrypt_password

    driver = connection.connection.driver_connection
    return str(encrypt_password(password, role, scope=driver, algorithm="scram-sha-256"))


def _run(connection: sa.Connection, statement: str) -> None:
    """A statement made of names that OrgId has checked and of what Postgres itself said."""
    connection.exec_driver_sql(statement)


def _scalar(connection: sa.Connection, query: str) -> str:
    return str(connection.execute(sa.text(query)).scalar_one())
