"""Each organization's reader: its own schema, and nothing else of the database, directly and through the pooler."""

from __future__ import annotations

import psycopg2
import pytest
import sqlalchemy as sa
from dagster_postgres import DagsterPostgresStorage
from psycopg2.errors import InsufficientPrivilege

from datapilot_domain.contracts import SERVED
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.ledger import CallLedger
from datapilot_resources.serving_readers import grant_reader, revoke_reader
from datapilot_resources.settings import Settings
from datapilot_tests.assets.serving.conftest import new_shelf
from datapilot_tests.assets.serving.shelf import FEBRUARY, JANUARY, Shelf, query
from datapilot_tests.services.postgres_server import SUPERUSER, PostgresServers

pytestmark = pytest.mark.services
# Every table and view but the catalogs, which everybody may read in Postgres.
_ELSEWHERE = """
SELECT format('%%I.%%I', nspname, relname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND nspname !~ '^(pg_|information_schema$)' AND nspname <> %s
"""


def granted(shelf: Shelf, pooled: bool = False, postgres: PostgresServers | None = None) -> str:
    """Address of the organization's reader, under a new password."""
    address = grant_reader(shelf.platform.serving, shelf.organization.org_id)
    if not pooled and postgres is not None:
        address = address.set(port=postgres.port)
    return address.render_as_string(hide_password=False)


@pytest.fixture
def crowded(shelf: Shelf, postgres: PostgresServers, database: str) -> Shelf:
    """Beside it in the database: another organization, the ledger of model calls, Dagster's storage."""
    other = new_shelf(shelf.platform.settings)
    for one in (shelf, other):
        one.put_all(JANUARY)
        one.load()
    granted(other)
    url = postgres.url(database)
    CallLedger(Settings(home=shelf.platform.settings.home, postgres_url=url)).spent(OrgId("acme"), Month(2024, 1))
    DagsterPostgresStorage(url.get_secret_value())
    return shelf


@pytest.mark.parametrize("pooled", [False, True], ids=["direct", "through the pooler"])
def test_a_reader_reads_its_own_tables_and_no_other(
    crowded: Shelf, postgres: PostgresServers, database: str, pooled: bool
) -> None:
    url = granted(crowded, pooled, postgres)
    for contract in SERVED:
        # Without the schema's name: its search path is its own schema.
        assert query(url, f"SELECT count(*) FROM {contract.table}") == [(12,)]
    assert query(url, "SELECT count(*) FROM _loaded") == [(len(SERVED),)]
    elsewhere = [str(name) for (name,) in postgres.select(_ELSEWHERE, f"org_{crowded.org}", database=database)]
    assert {"datapilot.llm_attempts", "public.runs", "public.event_logs"} <= set(elsewhere)
    assert sum(name.startswith("org_") for name in elsewhere) == len(SERVED) + 1
    for name in elsewhere:
        with pytest.raises(InsufficientPrivilege):
            query(url, f"SELECT * FROM {name}")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM sales_month",
        "INSERT INTO _loaded (table_name) VALUES ('x')",
        "DROP TABLE sales_month",
        "CREATE TABLE mine (n int)",
        "CREATE TABLE public.mine (n int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        f"SET ROLE {SUPERUSER}",
        "SET ROLE test_datapilot",
        "SELECT passwd FROM pg_shadow",
        "COPY sales_month TO PROGRAM 'true'",
    ],
)
def test_a_reader_changes_nothing(shelf: Shelf, statement: str) -> None:
    shelf.put_all(JANUARY)
    shelf.load()
    # That the transaction may only read is a default that whoever logs in can lift: the rights must hold without it.
    with pytest.raises((InsufficientPrivilege, psycopg2.errors.InvalidGrantOperation)):
        query(granted(shelf), f"SET TRANSACTION READ WRITE; {statement}")
    assert len(shelf.served(SERVED[0])) == 12


def test_a_reader_also_reads_what_is_made_after_its_grant(shelf: Shelf) -> None:
    url = granted(shelf)  # before the first load: the tables are there, empty
    assert query(url, "SELECT count(*) FROM sales_month") == [(0,)]
    shelf.put_all(JANUARY, FEBRUARY)
    shelf.query(f"DROP TABLE org_{shelf.org}.sales_month")
    shelf.load()
    assert query(url, "SELECT count(*) FROM sales_month") == [(24,)]


def test_a_readers_session_is_bounded(shelf: Shelf) -> None:
    names = ("statement_timeout", "idle_in_transaction_session_timeout", "default_transaction_read_only", "search_path")
    found = query(granted(shelf), f"SELECT {', '.join(f'current_setting({name!r})' for name in names)}")
    assert found == [("10min", "10min", "on", f"org_{shelf.org}")]


def test_a_new_grant_ends_the_old_password(shelf: Shelf) -> None:
    old, new = granted(shelf), granted(shelf)
    assert query(new, "SELECT 1") == [(1,)]
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        query(old, "SELECT 1")


def test_a_revoked_reader_is_refused_in_its_open_sessions_too(shelf: Shelf) -> None:
    shelf.put_all(JANUARY)
    url, org = granted(shelf), shelf.organization.org_id
    session = psycopg2.connect(url)
    session.autocommit = True
    cursor = session.cursor()
    cursor.execute("SELECT count(*) FROM sales_month")
    assert revoke_reader(shelf.platform.serving, org)
    with pytest.raises(InsufficientPrivilege):
        cursor.execute(f"SELECT count(*) FROM org_{shelf.org}.sales_month")
    session.close()
    with pytest.raises(psycopg2.OperationalError):
        query(url, "SELECT 1")
    shelf.load()  # what comes later is not for it either
    assert revoke_reader(shelf.platform.serving, org)
    assert query(granted(shelf), "SELECT count(*) FROM sales_month") == [(12,)]


def test_there_is_no_reader_before_a_grant(shelf: Shelf) -> None:
    assert not revoke_reader(shelf.platform.serving, shelf.organization.org_id)


def test_the_password_is_kept_nowhere(shelf: Shelf, postgres: PostgresServers) -> None:
    shelf.put_all(JANUARY)
    shelf.load()
    password = sa.make_url(granted(shelf)).password
    assert isinstance(password, str)
    assert len(password) >= 32
    files = [path for path in shelf.platform.settings.home.rglob("*") if path.is_file()]
    logs = [postgres.postgres.log, postgres.pooler.log]
    assert f"ALTER ROLE org_{shelf.org}_reader" in postgres.postgres.log.read_text(errors="replace")
    for path in (*files, *logs):
        assert password.encode() not in path.read_bytes(), path


def test_loads_and_readers_hold_through_a_pooler_in_transaction_mode(shelf: Shelf, postgres: PostgresServers) -> None:
    shelf.put_all(JANUARY)
    with postgres.transaction_pooling():
        shelf.load()
        assert shelf.served(SERVED[0]) == shelf.in_lake(SERVED[0])
        assert query(granted(shelf, pooled=True), "SELECT count(*) FROM sales_month") == [(12,)]
        ledger = CallLedger(Settings(home=shelf.platform.settings.home, postgres_url=shelf.platform.settings.serving))
        assert ledger.attempts(OrgId("acme")) == []
