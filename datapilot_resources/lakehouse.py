"""Lakehouse: the only code that writes Delta tables.

Callers name a contract and a scope (one organization, a set of months or a content id), never a path.
Spark frames are written by delta-spark, Arrow data by delta-rs; both engines read each other's commits.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, QueryBuilder, Schema, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from datapilot_domain.contracts import TableContract
from datapilot_domain.landing import LandingEntry
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month, months_predicate, organization_prefix, table_prefix
from datapilot_resources.landing_log import LOG_SCHEMA, LandingLog, read_entries, written_entries
from datapilot_resources.lease import LeaseLost, writer_lease
from datapilot_resources.settings import Settings
from datapilot_resources.spark_frames import arrow_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Time travel (R24) is a promise: commits and replaced files stay for ten years unless someone erases them.
_RETENTION = {
    "delta.logRetentionDuration": "interval 3650 days",
    "delta.deletedFileRetentionDuration": "interval 3650 days",
}


class StaleRun(RuntimeError):
    """A run read an older head of the landing log than the month was last written with."""


class WriteRejected(RuntimeError):
    """A commit that did not happen; nothing changed and the write may be tried again."""


class WriteConflict(WriteRejected):
    """Another writer of the same rows was faster; look at what it left, then decide again."""


@dataclass(frozen=True)
class MonthState:
    """What a table holds of a month: fingerprint, the version that wrote it, rows, log head of its run."""

    fingerprint: str
    version: int
    rows: int
    log_head: int


_SIMPLE_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "array<string>": pa.list_(pa.string()),
    "map<string,string>": pa.map_(pa.string(), pa.string()),
}


def _arrow_type(ddl: str) -> pa.DataType:
    if ddl.startswith("decimal("):
        precision, scale = ddl[len("decimal(") : -1].split(",")
        return pa.decimal128(int(precision), int(scale))
    return _SIMPLE_TYPES[ddl]


def arrow_schema(contract: TableContract) -> pa.Schema:
    """The contract's columns as Arrow fields, in order."""
    return pa.schema([pa.field(column.name, _arrow_type(column.type)) for column in contract.columns])


class Lakehouse:
    """Reads and keyed replacements of the tables of every organization."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # History read so far, by table: (table id, version, month → states).
        self._known: dict[str, tuple[str, int, dict[Month, list[MonthState]]]] = {}

    # Reads ------------------------------------------------------------------------------------------

    def version(self, contract: TableContract, org: OrgId) -> int | None:
        table = self._open(self._prefix(contract, org))
        return table.version() if table else None

    def read(
        self,
        contract: TableContract,
        org: OrgId,
        months: Sequence[Month] | None = None,
        columns: Sequence[str] | None = None,
        version: int | None = None,
    ) -> pa.Table:
        """Rows of the months (None: all) without a JVM; an absent table has no rows. Contract columns."""
        schema = arrow_schema(contract)
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        table = self._open(self._prefix(contract, org), version)
        if table is None or (months is not None and not months):
            return schema.empty_table()
        where = None if months is None else months_predicate(months)
        # A version older than a column of the contract knows nothing of it.
        stored = _stored(table)
        known = [name for name in schema.names if name in stored]
        rows = _scan(table, known, where)
        absent = [field for field in schema if field.name not in known]
        for field in absent:
            rows = rows.append_column(field, pa.nulls(len(rows), field.type))
        return rows.select(schema.names).cast(schema)

    def content_rows(
        self, contract: TableContract, org: OrgId, content_id: str, records: Sequence[int]
    ) -> dict[int, dict[str, Any]]:
        """Rows of a bronze content by record number, those of `records` that it has."""
        table = self._open(self._prefix(contract, org))
        if table is None or not records:
            return {}
        where = f"content_id = '{content_id}' AND record_no IN ({', '.join(map(str, records))})"
        rows = _scan(table, _stored(table), where).to_pylist()
        return {row["record_no"]: row for row in rows}

    def frame(
        self,
        spark: SparkSession,
        contract: TableContract,
        org: OrgId,
        months: Sequence[Month],
        content_ids: Sequence[str] | None = None,
    ) -> DataFrame:
        """Rows of the months as a Spark frame; for bronze only the rows of the named contents."""
        if self.version(contract, org) is None or content_ids == []:
            return arrow_frame(spark, arrow_schema(contract).empty_table())
        uri = self._settings.table_uri(self._prefix(contract, org), "spark")
        rows = spark.read.format("delta").load(uri).where(months_predicate(months))
        absent = [column for column in contract.columns if column.name not in rows.columns]
        rows = rows.selectExpr("*", *(f"CAST(NULL AS {column.type}) AS {column.name}" for column in absent))
        if content_ids is not None:
            # OR of equalities prunes files by statistics; IN over hashes reads half of them.
            rows = rows.where(" OR ".join(f"content_id = '{content}'" for content in content_ids))
        return rows.select(*contract.column_names)

    def months(self, contract: TableContract, org: OrgId) -> dict[Month, MonthState]:
        """State of every month that was ever written, emptied ones included."""
        return {month: states[-1] for month, states in self.history(contract, org).items()}

    def history(self, contract: TableContract, org: OrgId) -> dict[Month, list[MonthState]]:
        """Every state that each month of the table had, oldest first."""
        prefix = self._prefix(contract, org)
        table = self._open(prefix)
        if table is None:
            return {}
        known_id, known_version, known = self._known.get(prefix, ("", -1, {}))
        table_id = str(table.metadata().id)
        # Another id: the table was erased and made anew.
        known = {month: list(states) for month, states in known.items()} if known_id == table_id else {}
        new = table.version() - (known_version if known_id == table_id else -1)
        for commit in reversed(table.history(new) if new > 0 else []):
            written = json.loads(commit.get("userMetadata") or "{}")
            for month, what in written.get("months", {}).items():
                state = MonthState(what["fingerprint"], int(commit["version"]), what["rows"], written["log_head"])
                known.setdefault(Month.parse(month), []).append(state)
        self._known[prefix] = (table_id, table.version(), known)
        return {month: list(states) for month, states in known.items()}

    def organization_state(self, contract: TableContract, org: OrgId) -> MonthState | None:
        """State of a table that is not monthly, None before its first commit."""
        table = self._open(self._prefix(contract, org))
        for commit in table.history() if table else []:
            written = json.loads(commit.get("userMetadata") or "{}")
            if "fingerprint" in written:
                return MonthState(written["fingerprint"], int(commit["version"]), written["rows"], written["log_head"])
        return None

    # Keyed replacements -----------------------------------------------------------------------------

    def replace(
        self,
        contract: TableContract,
        org: OrgId,
        rows_of: Mapping[Month, int],
        frame: DataFrame | pa.Table,
        fingerprints: Mapping[Month, str],
        run_id: str,
        log_head: int,
    ) -> int:
        """Replace whole months by the frame's rows of them, in one commit; returns its version.

        `rows_of` names the months and their row counts (0 empties a month). Raises StaleRun when a month
        was already written from a newer log head, WriteRejected when nothing was committed.
        """
        months = sorted(rows_of)
        metadata = {
            "run_id": run_id,
            "log_head": log_head,
            "months": {str(m): {"fingerprint": fingerprints[m], "rows": rows_of[m]} for m in months},
        }
        prefix = self._prefix(contract, org)

        def check() -> None:
            self._create(prefix, arrow_schema(contract), ["month"], _stats_columns(contract))
            known = self.months(contract, org)
            newer = [str(m) for m in months if m in known and known[m].log_head > log_head]
            if newer:
                raise StaleRun(
                    f"{contract.id} of {org}: {', '.join(newer)} was written from a newer landing log; run again"
                )

        return self._commit_alone(org, run_id, check, prefix, frame, months_predicate(months), metadata)

    def replace_organization(
        self, contract: TableContract, org: OrgId, rows: pa.Table, fingerprint: str, run_id: str, log_head: int
    ) -> int:
        """Replace all rows of a table that is not monthly, in one commit; returns its version.

        Raises StaleRun when it was written from a newer log head.
        """
        prefix = self._prefix(contract, org)
        metadata = {"run_id": run_id, "log_head": log_head, "fingerprint": fingerprint, "rows": rows.num_rows}

        def check() -> None:
            self._create(prefix, arrow_schema(contract), [], _stats_columns(contract))
            known = self.organization_state(contract, org)
            if known is not None and known.log_head > log_head:
                raise StaleRun(f"{contract.id} of {org} was written from a newer landing log; run again")

        return self._commit_alone(org, run_id, check, prefix, rows, "true", metadata)

    def replace_content(
        self, contract: TableContract, org: OrgId, content_id: str, rows: pa.RecordBatchReader, run_id: str
    ) -> int:
        """Replace a bronze table's rows of one content id; replaying the same content changes no row."""
        prefix = self._prefix(contract, org)
        self._create(prefix, arrow_schema(contract), ["month"], _stats_columns(contract))
        metadata = {"run_id": run_id, "content_id": content_id}
        return self._commit(prefix, rows, f"content_id = '{content_id}'", metadata, uuid.uuid4().hex)

    # Landing log ------------------------------------------------------------------------------------

    def landing_log(self, org: OrgId) -> LandingLog:
        table = self._open(organization_prefix(org, "landing", "log"))
        if table is None:
            return LandingLog(None, ())
        return LandingLog(table.version(), read_entries(_scan(table, ["entry"])))

    def append_if(self, org: OrgId, entry: LandingEntry | Sequence[LandingEntry], version: int | None) -> bool:
        """Append decisions, all or none, if the log is still at `version`; False: somebody was faster, decide again."""
        prefix = organization_prefix(org, "landing", "log")
        if version is None:
            self._create(prefix, LOG_SCHEMA, [], ["seq"])
            version = 0
        table = self._open(prefix)
        if table is None or table.version() != version:
            return False
        try:
            write_deltalake(
                table,
                written_entries([entry] if isinstance(entry, LandingEntry) else entry),
                mode="append",
                commit_properties=CommitProperties(max_commit_retries=0),
            )
        except CommitFailedError:
            return False
        return True

    # Inside -----------------------------------------------------------------------------------------

    def _prefix(self, contract: TableContract, org: OrgId) -> str:
        return table_prefix(org, *contract.asset_key)

    def _uri(self, prefix: str) -> str:
        return self._settings.table_uri(prefix, "delta-rs")

    def _open(self, prefix: str, version: int | None = None) -> DeltaTable | None:
        try:
            return DeltaTable(
                self._uri(prefix), version=version, storage_options=self._settings.delta_storage_options()
            )
        except TableNotFoundError:
            return None

    def _create(self, prefix: str, schema: pa.Schema, partition_by: list[str], stats: list[str]) -> int:
        """Create the table if it is absent (several creators of one table conflict), give it the columns that
        the contract gained since; returns its version."""
        if (table := self._open(prefix)) is not None:
            return self._widen(table, schema)
        try:
            DeltaTable.create(
                self._uri(prefix),
                schema,
                mode="error",
                partition_by=partition_by or None,
                configuration={**_RETENTION, "delta.dataSkippingStatsColumns": ",".join(stats)},
                storage_options=self._settings.delta_storage_options(),
            )
        except DeltaError:
            if self._open(prefix) is None:
                raise
        return 0

    @staticmethod
    def _widen(table: DeltaTable, schema: pa.Schema) -> int:
        """Add the columns that the table lacks. Rows written before have null there until they are replaced."""
        known = {field.name for field in table.schema().fields}
        if new := [field for field in schema if field.name not in known]:
            table.alter.add_columns(list(Schema.from_arrow(pa.schema(new)).fields))
        return table.version()

    def _commit_alone(
        self,
        org: OrgId,
        run_id: str,
        check: Callable[[], None],
        prefix: str,
        frame: DataFrame | pa.Table,
        predicate: str,
        metadata: dict[str, Any],
    ) -> int:
        """One replacement by the only writer of the organization, after `check`. A lost lease is an unknown outcome:
        it is read back when whoever took the lease has ended."""
        token = uuid.uuid4().hex
        try:
            with writer_lease(self._settings, org, run_id) as lease:
                check()
                version = self._commit(prefix, frame, predicate, metadata, token)
                lease.confirm()
                return version
        except LeaseLost as lost:
            with writer_lease(self._settings, org, run_id):
                found = self._find_commit(prefix, token)
            if found is None:
                raise WriteRejected(f"{prefix}: another writer was faster ({lost}); run again") from lost
            return found

    def _commit(
        self,
        prefix: str,
        frame: DataFrame | pa.Table | pa.RecordBatchReader,
        predicate: str,
        metadata: dict[str, Any],
        token: str,
    ) -> int:
        """One replacement. An error whose outcome is unknown is settled by reading the log for our commit."""
        text = json.dumps({**metadata, "commit": token})
        try:
            if isinstance(frame, (pa.Table, pa.RecordBatchReader)):
                write_deltalake(
                    self._uri(prefix),
                    frame,
                    mode="overwrite",
                    predicate=predicate,
                    storage_options=self._settings.delta_storage_options(),
                    commit_properties=CommitProperties(custom_metadata={"userMetadata": text}),
                )
            else:
                (
                    frame.write.format("delta")
                    .mode("overwrite")
                    .option("replaceWhere", predicate)
                    .option("userMetadata", text)
                    .save(self._settings.table_uri(prefix, "spark"))
                )
        except Exception as error:
            version = self._find_commit(prefix, token)
            if version is None:
                rejection = WriteConflict if isinstance(error, CommitFailedError) else WriteRejected
                raise rejection(f"{prefix}: nothing was committed ({type(error).__name__})") from error
            return version
        version = self._find_commit(prefix, token)
        if version is None:
            raise WriteRejected(f"{prefix}: the commit was acknowledged but is not in the log; run again")
        return version

    def _find_commit(self, prefix: str, token: str) -> int | None:
        table = self._open(prefix)
        for commit in table.history(50) if table else []:
            if json.loads(commit.get("userMetadata") or "{}").get("commit") == token:
                return int(commit["version"])
        return None


def _scan(table: DeltaTable, columns: Sequence[str], where: str | None = None) -> pa.Table:
    """Rows of a table, read by delta-rs: text columns are Arrow's string views, the order is any.

    Not by a pyarrow dataset: its pool lets go of Python's buffers after the last row was handed over, and a process
    that ends in that moment aborts (in 6 of 240 `datapilot status` on a busy machine).
    """
    names = ", ".join(f'"{name}"' for name in columns)
    query = f"SELECT {names} FROM stored" + (f" WHERE {where}" if where else "")
    return pa.table(QueryBuilder().register("stored", table).execute(query))


def _stored(table: DeltaTable) -> list[str]:
    return [field.name for field in table.schema().fields]


def _stats_columns(contract: TableContract) -> list[str]:
    """Statistics only for what is looked up by: personal data must not reach the Delta log."""
    wanted = {*contract.key, "fingerprint", "sold_on", "unit_key", "landed_seq"}
    allowed = [c.name for c in contract.columns if c.name in wanted and c.name != "month" and not c.personal]
    return allowed
