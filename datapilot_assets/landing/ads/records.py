"""The bronze records of a file of ads data and their index, as Parquet; objects that come again are its copies."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datapilot_assets.landing.ads.facts import AdsFact, unit_key
from datapilot_domain.contracts.ads import BRONZE_META_ADS
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import Refusal
from datapilot_resources.lakehouse import arrow_schema

# One row per object but its copies; records: the object and its copies.
INDEX_SCHEMA = pa.schema(
    [
        pa.field("unit_key", pa.string()),
        pa.field("account_id", pa.string()),
        pa.field("level", pa.string()),
        pa.field("breakdown_set", pa.string()),
        pa.field("entity_id", pa.string()),
        pa.field("campaign_id", pa.string()),
        pa.field("campaign_name", pa.string()),
        pa.field("currency", pa.string()),
        pa.field("reported_on", pa.date32()),
        pa.field("month", pa.string()),
        pa.field("records", pa.int32()),
    ]
)
_RECORDS = arrow_schema(BRONZE_META_ADS)  # every platform's is the same
_OBJECTS = pa.schema(
    [field for field in INDEX_SCHEMA if field.name != "records"]
    + [pa.field("record_no", pa.int32()), pa.field("written", pa.binary(16))]
)
_BATCH_CHARACTERS = 8 * 1024**2
_BATCH_ROWS = 8192
# Read once and thrown away, so quick to write.
_READ_ONCE: dict[str, Any] = {"compression": "none", "write_statistics": False, "use_dictionary": False}
_MEMORY_LIMIT = "96MB"
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
_COPIES = """
CREATE TABLE copies AS
WITH repeated AS (
    SELECT CAST(unit_key AS UUID) AS unit, min(record_no) AS first FROM objects GROUP BY ALL HAVING count(*) > 1)
SELECT o.record_no, r.first, o.written <> f.written AS differs
FROM objects o JOIN repeated r ON CAST(o.unit_key AS UUID) = r.unit JOIN objects f ON f.record_no = r.first
WHERE o.record_no > r.first
"""
_WRITTEN_DIFFERENTLY = "SELECT record_no FROM copies WHERE differs UNION SELECT first FROM copies WHERE differs"
_DIFFERING = """
SELECT c.first, c.record_no
FROM copies c JOIN meanings m USING (record_no) JOIN meanings f ON f.record_no = c.first
WHERE c.differs AND m.meaning <> f.meaning ORDER BY c.record_no LIMIT 1
"""
_INDEX = f"""
SELECT {", ".join(field.name for field in INDEX_SCHEMA if field.name != "records")},
    CAST(1 + coalesce(c.count, 0) AS INT) AS records
FROM objects o LEFT JOIN (SELECT first, count(*) AS count FROM copies GROUP BY first) c ON c.first = o.record_no
WHERE o.record_no NOT IN (SELECT record_no FROM copies)
"""


class RecordsWriter:
    """Writes objects as they come; `finish` then says which of them are copies."""

    def __init__(self, workdir: Path, content_id: str) -> None:
        self._workdir, self._content_id = workdir, content_id
        self._written, self._objects = workdir / "written.parquet", workdir / "objects.parquet"
        self._records_writer = pq.ParquetWriter(self._written, _RECORDS, **_READ_ONCE)
        self._objects_writer = pq.ParquetWriter(self._objects, _OBJECTS, **_READ_ONCE)
        self._rows: list[tuple[int, AdsFact, str]] = []
        self._characters = 0

    def add(self, record_no: int, fact: AdsFact, raw: str) -> None:
        self._rows.append((record_no, fact, raw))
        self._characters += len(raw)
        if self._characters >= _BATCH_CHARACTERS or len(self._rows) >= _BATCH_ROWS:
            self._flush()

    def finish(self) -> tuple[Path, Path]:
        """(records, index). Raises Refusal ADS_KEY_REPEATED, naming the two objects."""
        self.close()
        records, index = self._workdir / "records.parquet", self._workdir / "index.parquet"
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": _MEMORY_LIMIT,
            "temp_directory": str(self._workdir / "spill"),
            "threads": 2,
        }
        with duckdb.connect(":memory:", config=config) as connection:
            connection.execute("SET preserve_insertion_order = false")
            connection.read_parquet(str(self._objects)).create_view("objects")
            connection.execute(_COPIES)
            _refuse_differing(connection, self._written)
            copies = connection.sql("SELECT record_no FROM copies").to_arrow_table()["record_no"]
            with pq.ParquetWriter(index, INDEX_SCHEMA, **_READ_ONCE) as writer:
                for batch in connection.execute(_INDEX).to_arrow_reader(_BATCH_ROWS):
                    writer.write_batch(batch.cast(INDEX_SCHEMA))
        if len(copies):
            _mark(self._written, copies, records)
        else:
            self._written.rename(records)
        return records, index

    def close(self) -> None:
        self._flush()
        self._records_writer.close()
        self._objects_writer.close()

    def _flush(self) -> None:
        if not self._rows:
            return
        numbers, facts, raws = zip(*self._rows, strict=True)
        count = len(facts)
        columns: dict[str, Any] = {
            "content_id": [self._content_id] * count,
            "record_no": numbers,
            "month": [_month(fact.reported_on) for fact in facts],
            "unit_key": [unit_key(fact) for fact in facts],
            "is_copy": [False] * count,
            "raw": raws,
            "written": [hashlib.md5(raw.encode(), usedforsecurity=False).digest() for raw in raws],
            "breakdowns": [list(fact.breakdowns.items()) for fact in facts],
            "breakdown_set": [",".join(fact.breakdown_set) for fact in facts],
        }
        for name in ("reported_on", "account_id", "level", "entity_id", "campaign_id", "campaign_name", "currency"):
            columns[name] = [getattr(fact, name) for fact in facts]
        for writer, schema in ((self._records_writer, _RECORDS), (self._objects_writer, _OBJECTS)):
            arrays = [pa.array(columns[field.name], field.type) for field in schema]
            writer.write_table(pa.table(arrays, schema=schema))
        self._rows, self._characters = [], 0


def _refuse_differing(connection: duckdb.DuckDBPyConnection, records: Path) -> None:
    """Objects of one key that are written differently must still say the same."""
    numbers = connection.sql(_WRITTEN_DIFFERENTLY).to_arrow_table()["record_no"].combine_chunks()
    if not len(numbers):
        return
    pieces = []
    for table in _row_groups(records):
        chosen = table.filter(pc.is_in(table["record_no"], value_set=numbers))
        meanings = pa.array([_meaning(raw.as_py()) for raw in chosen["raw"]], pa.binary(16))
        pieces.append(pa.table({"record_no": chosen["record_no"], "meaning": meanings}))
    connection.register("meanings", pa.concat_tables(pieces))
    if differing := connection.execute(_DIFFERING).fetchone():
        raise Refusal("ADS_KEY_REPEATED", "objects_differ", number=differing[0], other=differing[1])


def _row_groups(path: Path) -> Iterator[pa.Table]:
    """One at a time: `iter_batches` holds all of them until its end."""
    file = pq.ParquetFile(path)
    for group in range(file.num_row_groups):
        yield file.read_row_group(group).cast(_RECORDS)


def _meaning(raw: str) -> bytes:
    """Hash of what an object says, however its keys are ordered and its numbers written."""
    item = json.loads(raw, parse_float=Decimal, parse_int=Decimal)
    said = json.dumps(item, sort_keys=True, default=lambda number: {"number": str(number.normalize(_EXACT))})
    return hashlib.md5(said.encode(), usedforsecurity=False).digest()


@lru_cache(4096)
def _month(day: dt.date) -> str:
    return str(Month.of(day))


def _mark(written: Path, copies: pa.ChunkedArray, target: Path) -> None:
    numbers = copies.combine_chunks()
    place = _RECORDS.get_field_index("is_copy")
    with pq.ParquetWriter(target, _RECORDS, **_READ_ONCE) as writer:
        for table in _row_groups(written):
            is_copy = pc.is_in(table["record_no"], value_set=numbers)
            writer.write_table(table.set_column(place, _RECORDS.field(place), is_copy))
    written.unlink()
