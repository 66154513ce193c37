"""Postgres by address: one way to make an engine, and one clear error when the server does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import sqlalchemy as sa
    from pydantic import SecretStr

CONNECT_SECONDS = 5
# Understood by the client library alone, so that a pooler does not refuse them: a dead server is noticed in 30 s.
_CLIENT_OPTIONS = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# Classes of codes; an error without one had no answer at all. Lost connection, not let in, no such database, too
# many connections, shutting down or starting.
_NO_ENTRY = ("08", "28", "3D", "53", "57P")


class PostgresUnavailable(RuntimeError):
    """A Postgres that is set does not answer, or lets nobody in; the message says where it is and what to do."""


def postgres_engine(
    url: SecretStr, isolation_level: Literal["READ COMMITTED", "SERIALIZABLE"] = "READ COMMITTED"
) -> sa.Engine:
    """An engine that works through a pooler, keeps no connection, and shows neither password nor values."""
    import sqlalchemy as sa

    address = sa.make_url(url.get_secret_value())
    return sa.create_engine(
        address,
        poolclass=sa.NullPool,  # nothing is inherited by a forked process or kept by an idle one
        hide_parameters=True,
        isolation_level=isolation_level,
        # What the address says itself wins.
        connect_args={name: value for name, value in _CLIENT_OPTIONS.items() if name not in address.query},
    )


@contextmanager
def reaching(engine: sa.Engine, setting: str) -> Iterator[None]:
    """Turn a failure to connect, and a connection that broke, into PostgresUnavailable."""
    import psycopg2
    import sqlalchemy as sa

    try:
        yield
    except (sa.exc.DBAPIError, psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        code = getattr(cause, "pgcode", None)
        lost = isinstance(cause, (psycopg2.OperationalError, psycopg2.InterfaceError)) and code is None
        if not lost and not (code and code.startswith(_NO_ENTRY)):
            raise
        url = engine.url
        why = " ".join(str(cause).split())
        raise PostgresUnavailable(
            f"Postgres at {url.host}:{url.port or 5432}/{url.database} cannot be used ({why}); "
            f"start it, or mend or unset {setting}"
        ) from None
