"""The graph of the organizations: off, or a Neo4j server. Every statement is bound to one organization."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datapilot_domain.organizations import OrgId
from datapilot_resources.settings import Settings

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction

Rows = list[dict[str, Any]]
BATCH_ROWS = 10_000
_STATEMENT_SECONDS = 120


class GraphUnavailable(RuntimeError):
    """The server is down, silent, or does not let us in; the message names its address and the remedy."""


class GuardFailed(RuntimeError):
    """The guard of a transaction found nothing: the transaction was rolled back."""


@dataclass(frozen=True)
class Graph:
    """A server and how to get in; connects when it is used. `repr` shows the address only."""

    settings: Settings

    @classmethod
    def from_settings(cls, settings: Settings) -> Graph | None:
        """None: off, no NEO4J_URI."""
        return None if settings.neo4j_uri is None else cls(settings)

    def __repr__(self) -> str:
        return f"Graph({self.settings.neo4j_uri})"

    @contextmanager
    def of(self, org: OrgId) -> Iterator[OrganizationGraph]:
        """The graph of one organization, until the end of the block. Raises GraphUnavailable."""
        with self._driver() as driver, self._known_errors():
            yield OrganizationGraph(driver, org)

    def prepare(self, labels: Sequence[str], relationships: Sequence[str]) -> None:
        """Make sure that (org_id, id) tells the nodes of each label apart, and that a month's relationships are found.

        Raises GraphUnavailable.
        """
        statements = [
            f"CREATE CONSTRAINT {label.lower()}_id IF NOT EXISTS FOR (n:{label}) REQUIRE (n.org_id, n.id) IS UNIQUE"
            for label in labels
        ] + [
            f"CREATE INDEX {name.lower()}_month IF NOT EXISTS FOR ()-[r:{name}]-() ON (r.org_id, r.month)"
            for name in relationships
        ]
        with self._driver() as driver, self._known_errors():
            for statement in statements:
                driver.execute_query(statement)

    def version(self) -> str:
        """`Neo4j/5.26.30`, as the server says; the credentials were good. Raises GraphUnavailable."""
        with self._driver() as driver, self._known_errors():
            driver.verify_authentication()
            return driver.get_server_info().agent

    def _driver(self) -> Driver:
        from neo4j import GraphDatabase

        password = self.settings.neo4j_password
        assert self.settings.neo4j_uri is not None, "off: ask Graph.from_settings"
        assert password is not None, "Settings want it beside the address"
        return GraphDatabase.driver(
            self.settings.neo4j_uri,
            auth=(self.settings.neo4j_user, password.get_secret_value()),
            user_agent="datapilot",
            # An empty graph knows none of our labels: no reason for a warning per statement.
            notifications_min_severity="OFF",
            telemetry_disabled=True,
            # Seconds. The driver's own values wait minutes for a server that is down.
            connection_timeout=2,
            connection_acquisition_timeout=3,
            max_transaction_retry_time=2,
        )

    @contextmanager
    def _known_errors(self) -> Iterator[None]:
        from neo4j.exceptions import DatabaseError, DriverError, Neo4jError, TransientError

        try:
            yield
        except (DriverError, Neo4jError) as error:
            code = str(getattr(error, "code", None) or "")
            refused = code.startswith("Neo.ClientError.Security.")
            if isinstance(error, Neo4jError) and not isinstance(error, (DatabaseError, TransientError)) and not refused:
                raise  # a statement of ours is wrong
            why = f"does not let us in ({code})" if refused else f"does not answer ({code or type(error).__name__})"
            remedy = "check NEO4J_USER and NEO4J_PASSWORD" if refused else "start it, or unset NEO4J_URI"
            raise GraphUnavailable(f"Neo4j at {self.settings.neo4j_uri} {why}; {remedy}") from error


@dataclass(frozen=True)
class OrganizationGraph:
    """Statements on one organization's graph. Each must hold `$org_id`, or it is refused before it is sent."""

    driver: Driver
    org: OrgId

    def read(self, statement: str, **parameters: Any) -> Rows:
        """Records of a statement that changes nothing."""
        with self.driver.session(default_access_mode="READ") as session:
            return session.execute_read(self._work([(statement, parameters)]))

    def write(self, statement: str, *, guard: str | None = None, **parameters: Any) -> Rows:
        """Records of one transaction, retried while the server asks for it.

        guard: a statement before it in the transaction. Raises GuardFailed when it finds nothing.
        """
        steps = [(statement, parameters)]
        with self.driver.session() as session:
            return session.execute_write(self._work(steps, (guard, parameters) if guard else None))

    def write_rows(self, statement: str, rows: Sequence[Mapping[str, Any]], *, guard: str, **parameters: Any) -> None:
        """The statement with `$rows`, a transaction per BATCH_ROWS of them."""
        for start in range(0, len(rows), BATCH_ROWS):
            self.write(statement, guard=guard, rows=list(rows[start : start + BATCH_ROWS]), **parameters)

    def _work(
        self, steps: Sequence[tuple[str, Mapping[str, Any]]], guard: tuple[str, Mapping[str, Any]] | None = None
    ) -> Any:
        from neo4j import unit_of_work

        for statement, _ in (*steps, *([guard] if guard else [])):
            if not re.search(r"\$org_id\b", statement):
                raise ValueError(f"a statement that is not bound to an organization: {statement}")

        @unit_of_work(timeout=_STATEMENT_SECONDS)
        def work(transaction: ManagedTransaction) -> Rows:
            def run(statement: str, parameters: Mapping[str, Any]) -> Rows:
                # Statements are text of this program; whatever a file says is a parameter.
                return transaction.run(statement, {**parameters, "org_id": str(self.org)}).data()

            if guard is not None and not run(*guard):
                raise GuardFailed(f"graph of {self.org}")
            found: Rows = []
            for step in steps:
                found = run(*step)
            return found

        return work
