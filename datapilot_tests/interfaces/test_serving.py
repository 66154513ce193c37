"""`serving` and `doctor` on a real Postgres: what they say, and that a password is shown once and nowhere else."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2 import sql

from datapilot_domain.organizations import OrgId
from datapilot_resources.platform import Platform
from datapilot_tests.assets.serving.shelf import JANUARY, Shelf, query
from datapilot_tests.interfaces.conftest import Cli
from datapilot_tests.services.postgres_server import OWNER, PASSWORDS, SUPERUSER, PostgresServers


def on(monkeypatch: pytest.MonkeyPatch, postgres: PostgresServers, **options: Any) -> str:
    """A new database, served through the pooler; its name."""
    database = postgres.new_database()
    url = postgres.url(database, pooled=True, **options)
    monkeypatch.setenv("DATAPILOT_SERVING_URL", url.get_secret_value())
    return database


@pytest.fixture
def org(cli: Cli, home: Path) -> str:
    name = f"t{secrets.token_hex(6)}"
    assert cli("org", "add", name).code == 0
    return name


def test_without_a_database_serving_is_off(cli: Cli, org: str) -> None:
    assert cli("serving", "status", "--org", org, "--format", "json").rows == []
    for command in ("grant", "revoke"):
        answer = cli("serving", command, "--org", org)
        assert (answer.code, answer.out) == (1, "")
        assert answer.error.startswith("SERVING_OFF: ")
        assert "set DATAPILOT_SERVING_URL" in answer.error


@pytest.mark.services
def test_status_grant_and_revoke(
    cli: Cli, org: str, monkeypatch: pytest.MonkeyPatch, postgres: PostgresServers
) -> None:
    on(monkeypatch, postgres)
    platform = Platform.from_environment()
    shelf = Shelf(platform, platform.registry.get(OrgId(org)))
    shelf.put_all(JANUARY)
    states = cli("serving", "status", "--format", "json").rows
    assert {(row["month"], row["state"], row["rows"]) for row in states} == {("2024-01", "stale", None)}
    shelf.load()
    states = cli("serving", "status", "--org", org, "--format", "json").rows
    assert {(row["month"], row["state"], row["rows"]) for row in states} == {("2024-01", "current", 12)}

    granted = cli("serving", "grant", "--org", org, "--format", "json")
    (row,) = granted.rows
    assert (row["role"], row["schema"]) == (f"org_{org}_reader", f"org_{org}")
    assert query(row["connection"], "SELECT count(*) FROM sales_month") == [(12,)]
    for password in PASSWORDS.values():
        assert password not in granted.out
    again = cli("serving", "grant", "--org", org)
    (line,) = again.out.splitlines()  # whole, to be copied
    assert query(line, "SELECT count(*) FROM sales_month") == [(12,)]
    assert "shown this once" in again.err

    assert cli("serving", "revoke", "--org", org, "--format", "json").rows == [
        {"org_id": org, "role": f"org_{org}_reader", "state": "revoked"}
    ]
    with pytest.raises(psycopg2.OperationalError):
        query(line, "SELECT 1")


@pytest.mark.services
def test_a_database_that_is_down_is_one_line_without_a_password(
    cli: Cli, org: str, monkeypatch: pytest.MonkeyPatch, postgres: PostgresServers
) -> None:
    on(monkeypatch, postgres)
    postgres.pooler.kill()
    try:
        answers = [cli("serving", command, "--org", org) for command in ("status", "grant", "revoke")]
        (found,) = [row for row in cli("doctor", "--format", "json").rows if row["check"] == "postgres"]
    finally:
        postgres.pooler.start()
    for answer in answers:
        assert (answer.code, answer.out) == (1, "")
        assert answer.error.startswith("POSTGRES_DOWN: Postgres at 127.0.0.1:")
        assert "owner-canary" not in answer.error
    assert not found["ok"]
    assert found["remedy"] == "start it, or mend or unset DATAPILOT_SERVING_URL"
    assert "owner-canary" not in str(found)


def checked(cli: Cli) -> dict[str, Any]:
    (row,) = [row for row in cli("doctor", "--format", "json").rows if row["check"] == "postgres"]
    return row


def test_doctor_says_that_postgres_is_off(cli: Cli, home: Path) -> None:
    row = checked(cli)
    assert row["ok"]
    assert row["found"].startswith("off (no DATAPILOT_POSTGRES_URL)")


@pytest.mark.services
def test_doctor_says_what_the_role_may_do(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch, postgres: PostgresServers
) -> None:
    database = on(monkeypatch, postgres)
    row = checked(cli)
    assert row["ok"], row
    assert row["found"].startswith("DATAPILOT_SERVING_URL: Postgres ")
    assert row["found"].endswith(f"/{database}")
    names = {"role": sql.Identifier(OWNER), "database": sql.Identifier(database)}
    postgres.execute(sql.SQL("REVOKE CREATE ON DATABASE {database} FROM {role}").format(**names))
    postgres.execute(sql.SQL("ALTER ROLE {role} NOCREATEROLE").format(**names))
    try:
        row = checked(cli)
    finally:
        postgres.execute(sql.SQL("ALTER ROLE {role} CREATEROLE").format(**names))
    assert not row["ok"]
    assert f"GRANT CREATE ON DATABASE {database} TO {OWNER}" in row["remedy"]
    assert f"ALTER ROLE {OWNER} CREATEROLE" in row["remedy"]
    on(monkeypatch, postgres, user=SUPERUSER)
    row = checked(cli)
    assert row["ok"]
    assert "as a superuser" in row["found"]
