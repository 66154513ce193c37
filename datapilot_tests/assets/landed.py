"""Test-side landing: files written row by row under the contract's own field names, decoded by the real decoder."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from datapilot_assets.landing.decode import Decoded, decode_sales
from datapilot_assets.landing.dialect import header_hash
from datapilot_assets.landing.effects import REVISED_SCHEMA
from datapilot_assets.sales_silver import ENTRIES, entry_facts
from datapilot_assets.silver.sales import classify_sales, count_fates, sales_quarantine, silver_sales
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import arrow_schema

SAMPLES = Path(__file__).parents[1] / "samples"
FIELDS = frozenset(column.name for column in SALES_FIELDS)
ARRIVED_ON = dt.date(2024, 4, 2)
ACME = Organization(org_id=OrgId("acme"), name="Acme", locale="en")
LOST = pa.schema(
    [
        ("landed_seq", pa.int32()),
        ("unit_key", pa.string()),
        ("line_no", pa.int32()),
        ("sold_on", pa.date32()),
        ("month", pa.string()),
    ]
)
FINGERPRINT = "f" * 32


@dataclass
class _File:
    """A file: its columns, its rows, and where it lands."""

    columns: tuple[str, ...]
    sources: list[str]
    currency: str
    assumes_one: bool
    rows: list[list[str]] = field(default_factory=list)


@dataclass
class Landed:
    """Files of one test, and what they decode to."""

    files: list[_File] = field(default_factory=list)
    # (file, record, line number or None) that a newer version took away.
    lost: list[tuple[int, int, int | None]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    # (file, record) → what a newer version without lines says of its order.
    revisions: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    _rows_lost: list[dict[str, Any]] = field(default_factory=list)
    _rows_revised: list[dict[str, Any]] = field(default_factory=list)

    def file(
        self, columns: str, *, currency: str = "BRL", sources: Sequence[str] = ("main",), assumes_one: bool = False
    ) -> int:
        """A file whose columns are fields of the contract (names with blanks between); others become extras.

        assumes_one: the organization said that each line without a quantity is one unit.
        """
        self.files.append(_File(tuple(columns.split()), list(sources), currency, assumes_one))
        return len(self.files) - 1

    def line(self, file: int, *surplus: str, **values: str | None) -> tuple[int, int]:
        """A row; the date is 10 January 2024 unless it says otherwise."""
        values.setdefault("sold_at", "2024-01-10")
        unknown = values.keys() - set(self.files[file].columns)
        assert not unknown, f"the file has no column {unknown}"
        self.files[file].rows.append([*(values.get(name) or "" for name in self.files[file].columns), *surplus])
        return file, len(self.files[file].rows)

    def lose(self, row: tuple[int, int], line_no: int | None = None) -> None:
        self.lost.append((*row, line_no))

    def sample(self, path: Path) -> None:
        self._add(path.name, path.read_bytes(), Organization(org_id=OrgId("acme"), name="Acme"), ["main"])

    def decode(self) -> None:
        """Decode the files written so far; raises Refusal as landing does."""
        lost = list(self.lost)
        for number, file in enumerate(self.files):
            text = io.StringIO()
            writer = csv.writer(text, delimiter=";")
            writer.writerows([file.columns, *file.rows])
            mapping = {name: name for name in file.columns if name in FIELDS}
            organization = ACME.with_mapping(header_hash(file.columns), mapping)
            organization = organization.model_copy(update={"currency": file.currency})
            if file.assumes_one:
                organization = organization.with_assumed_quantity(header_hash(file.columns), 1)
            rows = self._add(f"file{number}.csv", text.getvalue().encode(), organization, file.sources)
            for _, record, line_no in (item for item in lost if item[0] == number):
                row = next(row for row in rows if row["record_no"] == record)
                key = {name: row[name] for name in ("unit_key", "sold_on", "month")}
                self._rows_lost.append({"landed_seq": len(self.entries), "line_no": line_no, **key})
            for (_, record), says in (item for item in self.revisions.items() if item[0][0] == number):
                row = next(row for row in rows if row["record_no"] == record)
                key = {"landed_seq": len(self.entries), "unit_key": row["unit_key"], "month": row["month"]}
                self._rows_revised.append(key | says)
        self.files, self.lost, self.revisions = [], [], {}

    def _add(
        self, name: str, content: bytes, organization: Organization, sources: Sequence[str]
    ) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / name
            path.write_bytes(content)
            decoded = decode_sales(
                path,
                sha256=hashlib.sha256(content).hexdigest(),
                organization=organization,
                arrived_on=ARRIVED_ON,
                first_month=Month(2018, 1),
                customer_key=b"k" * 32,
                workdir=Path(directory),
            )
            rows = pq.read_table(decoded.records_file).to_pylist()
        self.records += rows
        for source in sources:
            self.entries.append(self._entry(name, content, organization, source, decoded, rows[0]["content_id"]))
        return rows

    def _entry(
        self,
        name: str,
        content: bytes,
        organization: Organization,
        source: str,
        decoded: Decoded,
        content_id: str,
    ) -> dict[str, Any]:
        return {
            "content_id": content_id,
            "source_id": source,
            "file": name,
            "file_sha256": hashlib.sha256(content).hexdigest(),
            "landed_seq": len(self.entries) + 1,
            "arrived_on": ARRIVED_ON,
            "org_id": "acme",
            **entry_facts(decoded.layout, organization),
        }

    def classify(self, spark: SparkSession) -> DataFrame:
        self.decode()
        return classify_sales(
            frame(spark, self.records, arrow_schema(BRONZE_SALES)),
            frame(spark, self.entries, ENTRIES),
            frame(spark, self._rows_lost, LOST),
            frame(spark, self._rows_revised, REVISED_SCHEMA),
        )

    def refine(self, spark: SparkSession) -> Refined:
        classified = self.classify(spark).cache()
        marks = fingerprints(spark, *{row["month"] for row in self.records})
        try:
            return Refined(
                silver=[row.asDict() for row in silver_sales(classified, marks).collect()],
                quarantine=[row.asDict() for row in sales_quarantine(classified, marks).collect()],
                fates=[row.asDict() for row in count_fates(classified).collect()],
            )
        finally:
            classified.unpersist()


@dataclass(frozen=True)
class Refined:
    silver: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]
    fates: list[dict[str, Any]]

    def order(self, order_id: str) -> list[dict[str, Any]]:
        rows = [row for row in self.silver if row["order_id"] == order_id]
        return sorted(rows, key=lambda row: (row["record_no"], row["event_type"] == "return"))


def frame(spark: SparkSession, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> DataFrame:
    """Through Arrow: a frame made of Python rows would start Spark's Python workers first."""
    return spark.createDataFrame(pa.Table.from_pylist(list(rows), schema))


def fingerprints(spark: SparkSession, *months: str) -> DataFrame:
    schema = pa.schema([("month", pa.string()), ("fingerprint", pa.string())])
    return frame(spark, [{"month": month, "fingerprint": FINGERPRINT} for month in sorted(months)], schema)


def zero_months(spark: SparkSession, *months: str) -> DataFrame:
    schema = pa.schema([(name, pa.string()) for name in ("month", "currency", "org_id")])
    return frame(spark, [{"month": month, "currency": "BRL", "org_id": "acme"} for month in months], schema)
