"""A real Postgres on loopback behind a real pgbouncer in session mode, for tests that kill and restart both."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest
from psycopg2 import sql
from pydantic import SecretStr

from datapilot_tests.services.server import Server, free_port

SUPERUSER, OWNER = "test_superuser", "test_datapilot"
# Long and odd enough to be looked for everywhere; the percent sign must survive an address.
PASSWORDS = {SUPERUSER: "superuser-canary-7f3a", OWNER: "owner-canary-%41-b81c"}
_POOLER = """
[databases]
* = host=127.0.0.1 port={postgres_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
auth_user = {superuser}
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1
pool_mode = {mode}
default_pool_size = 40
max_client_conn = 200
server_login_retry = 1
"""


@dataclass
class PostgresServers:
    """The server and the pooler before it. Both are started; either may be stopped, killed and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    pooler_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        user = "postgres" if os.geteuid() == 0 else None  # both programs refuse to be root
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",  # a killed process loses nothing that the machine's cache has
            "max_connections": 150,
            "log_statement": "all",  # what an operator may read there holds no secret
        }
        self.postgres = Server(
            "postgres",
            [_program("postgres"), "-D", str(self._data), *(f"--{name}={value}" for name, value in options.items())],
            self.folder,
            lambda: self._answers(self.port),
            user=user,
            stop_signal=signal.SIGINT,  # its fast shutdown
        )
        self.pooler = Server(
            "pgbouncer",
            [_program("pgbouncer"), str(self.folder / "pgbouncer.ini")],
            self.folder,
            lambda: self._answers(self.pooler_port),
            user=user,
        )
        self._initialize(user)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _configure_pooler(self, mode: str) -> None:
        text = _POOLER.format(
            postgres_port=self.port, port=self.pooler_port, folder=self.folder, superuser=SUPERUSER, mode=mode
        )
        (self.folder / "pgbouncer.ini").write_text(text)

    @contextmanager
    def transaction_pooling(self) -> Iterator[None]:
        """Meanwhile the pooler gives a session away after each transaction."""
        self.pooler.stop()
        self._configure_pooler("transaction")
        try:
            with self.pooler:
                yield
        finally:
            self._configure_pooler("session")
            self.pooler.start()

    def _initialize(self, user: str | None) -> None:
        self._configure_pooler("session")
        password_file = self.folder / "superuser"
        password_file.write_text(PASSWORDS[SUPERUSER])
        (self.folder / "users").write_text(f'"{SUPERUSER}" "{PASSWORDS[SUPERUSER]}"\n')
        if user is not None:
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, user)
        command = [_program("initdb"), "-D", str(self._data), f"--username={SUPERUSER}", f"--pwfile={password_file}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(command, user=user, cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stderr}")

    def start(self) -> None:
        self.postgres.start()
        self.pooler.start()
        if not self.select("SELECT 1 FROM pg_roles WHERE rolname = %s", OWNER):
            create = sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}")
            self.execute(create.format(sql.Identifier(OWNER), sql.Literal(PASSWORDS[OWNER])))

    def stop(self) -> None:
        self.pooler.stop()
        self.postgres.stop()

    def kill_postgres(self) -> None:
        """kill -9 of the server and its sessions, which are process groups of their own."""
        main = (self._data / "postmaster.pid").read_text().split()[0]
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", main], capture_output=True, text=True).stdout.split()
        self.postgres.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def start_postgres(self) -> None:
        """After it was killed or stopped. The pooler too: it tells each pool's first client of its past failures."""
        self.pooler.stop()
        self.postgres.start()
        self.pooler.start()

    def new_database(self) -> str:
        """Name of an empty database in which DataPilot's role may create schemas, and owns nothing else."""
        name = f"test_{secrets.token_hex(6)}"
        self.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(OWNER)))
        grant = sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(sql.Identifier(OWNER))
        self.execute(grant, database=name)
        return name

    def url(self, database: str, *, pooled: bool = False, user: str = OWNER, password: str | None = None) -> SecretStr:
        given = quote(PASSWORDS[user] if password is None else password, safe="")
        port = self.pooler_port if pooled else self.port
        return SecretStr(f"postgresql://{user}:{given}@127.0.0.1:{port}/{database}")

    def execute(self, statement: sql.Composable, database: str = "postgres") -> None:
        """As the superuser, outside a transaction."""
        with self._connected(database) as connection:
            connection.cursor().execute(statement)

    def select(self, query: str, *values: object, database: str = "postgres") -> list[tuple[object, ...]]:
        """As the superuser."""
        with self._connected(database) as connection:
            cursor = connection.cursor()
            cursor.execute(query, values or None)
            return list(cursor.fetchall())

    @contextmanager
    def _connected(self, database: str) -> Iterator[psycopg2.extensions.connection]:
        connection = psycopg2.connect(self.url(database, user=SUPERUSER).get_secret_value(), connect_timeout=10)
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()

    def _answers(self, port: int) -> bool:
        try:
            psycopg2.connect(
                host="127.0.0.1", port=port, user=SUPERUSER, password=PASSWORDS[SUPERUSER], dbname="postgres",
                connect_timeout=5,
            ).close()  # fmt: skip
        except psycopg2.OperationalError:  # it is still starting
            return False
        return True


def _program(name: str) -> str:
    """Path of a server program, the newest version first where several are installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, versions), "/usr/sbin"]))
    if found is None:
        raise RuntimeError(f"the program `{name}` is missing: run `make services` (packages postgresql, pgbouncer)")
    return found


@contextmanager
def postgres_servers() -> Iterator[PostgresServers]:
    """Both servers over an empty data folder, stopped in any case."""
    # Not below pytest's folders, which only their owner may enter.
    with tempfile.TemporaryDirectory(prefix="datapilot-postgres-") as folder:
        Path(folder).chmod(0o755)
        servers = PostgresServers(Path(folder))
        try:
            servers.start()
            yield servers
        finally:
            servers.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServers]:
    """A real Postgres behind a real pgbouncer. Whoever kills one of them starts it again."""
    with postgres_servers() as servers:
        yield servers
