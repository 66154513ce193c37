"""The bronze records of a file as Parquet: the text as it streams by, beside what was decided about each record.

Both come in the order of the file, so that they are laid side by side; joining them would hash all the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy
import pyarrow
import pyarrow.parquet

from datapilot_assets.landing.background import consume_behind
from datapilot_assets.landing.customers import CustomerKeys, customer_sql
from datapilot_assets.landing.shares import SHARES
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.landing import Layout
from datapilot_resources.lakehouse import arrow_schema

_BATCH_ROWS = 131_072
# Written as codes and the few texts that they stand for, as they are made.
_ENCODED = ("content_id", "customer_key")
_ENCODED_TEXT = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
_EACH_ANOTHER = {"record_no", "unit_key", "order_key", "order_id"}
# Read once and thrown away, so quick to write; a dictionary only of columns whose texts come back, and few of them.
READ_ONCE: dict[str, Any] = {
    "compression": "none",
    "write_statistics": False,
    "store_schema": False,
    "dictionary_pagesize_limit": 32 * 1024,
    "use_dictionary": [
        column.name
        for column in BRONZE_SALES.columns
        if column.name not in _EACH_ANOTHER and (column.holds != "number" or column.name == "quantity")
    ],
}
_DECIDED = {
    "month": "month",
    "sold_on": "sold_on",
    "event_type": "event_type",
    "unit_key": "unit_key",
    "occurrence": "occurrence",
    "is_copy": "is_copy",
    "line_number": "CASE WHEN by_number THEN line_number END",
    "order_key": "order_id",
    "status_raw": "t.status_raw",
    "sale_status": "t.sale_status",
    "currency_code": "currency_code",
    **{name: name for name in SHARES},
    "unreadable": "unreadable",
}


def text_fields(layout: Layout, extras: Sequence[str] | None) -> list[str]:
    """The columns of `filled` that hold a text; `extras` as of `write_records`."""
    fields = [field.name for field in SALES_FIELDS if layout.has(field.name)]
    if extras is None:
        return [*fields, "extras"]
    # Making a map of every record is dear in SQL.
    return [*fields, "unmapped"] if extras else fields


def write_records(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    layout: Layout,
    content_id: str,
    customer_key: bytes,
    extras: Sequence[str] | None,
    *,
    in_order: bool,
) -> None:
    """Write the bronze records from `filled`, `allocated` and `statuses`.

    extras: the keys of every record's extras, the values of which are the list `unmapped`; None if they differ.
    in_order: a scan of `filled` yields the records in the order of their numbers, so that nothing has to sort text.
    """
    fields = text_fields(layout, extras)
    connection.execute("SET preserve_insertion_order = true")
    texts = connection.cursor().execute(
        f"SELECT record_no, defect, {customer_sql(layout)} AS customer, {', '.join(fields)} FROM filled"
        + ("" if in_order else " ORDER BY record_no")
    )
    decided = connection.cursor().execute(
        f"SELECT record_no, {', '.join(f'{sql} AS {name}' for name, sql in _DECIDED.items())} "
        "FROM allocated LEFT JOIN statuses t USING (status_id) ORDER BY record_no"
    )
    keys = CustomerKeys(customer_key)
    # Arrow writes in half of DuckDB's time, and fields that the file does not have cost it nothing.
    schema = arrow_schema(BRONZE_SALES)
    for name in _ENCODED:
        schema = schema.set(schema.get_field_index(name), pyarrow.field(name, _ENCODED_TEXT))
    with pyarrow.parquet.ParquetWriter(path, schema, **READ_ONCE) as writer:

        def write(piece: tuple[pyarrow.Table, pyarrow.Table]) -> None:
            text, about = piece
            if text["record_no"] != about["record_no"]:
                raise RuntimeError("the text of the records and what was decided do not come in one order")
            columns = {name: source[name] for source in (about, text) for name in source.column_names}
            columns["content_id"] = pyarrow.DictionaryArray.from_arrays(
                pyarrow.array(numpy.zeros(text.num_rows, numpy.int32)), [content_id]
            )
            columns["customer_key"] = keys.of(text["customer"])
            if extras:
                columns["extras"] = _maps(extras, text["unmapped"])
            nothing = pyarrow.nulls(text.num_rows)
            cells = [columns.get(field.name, nothing).cast(field.type) for field in schema]
            writer.write_table(pyarrow.table(cells, schema=schema), row_group_size=text.num_rows)

        consume_behind(_side_by_side(_tables(texts), _tables(decided)), write)


def _maps(keys: Sequence[str], values: pyarrow.ChunkedArray) -> pyarrow.MapArray:
    """A map with these keys for each list of as many values."""
    offsets = pyarrow.array(numpy.arange(len(values) + 1, dtype=numpy.int32) * len(keys))
    each = pyarrow.array(numpy.tile(numpy.arange(len(keys)), len(values)))
    return pyarrow.MapArray.from_arrays(offsets, pyarrow.array(keys).take(each), values.combine_chunks().flatten())


def _tables(found: duckdb.DuckDBPyConnection) -> Iterator[pyarrow.Table]:
    for batch in found.to_arrow_reader(_BATCH_ROWS):
        yield pyarrow.Table.from_batches([batch])


def _side_by_side(
    ones: Iterator[pyarrow.Table], others: Iterator[pyarrow.Table]
) -> Iterator[tuple[pyarrow.Table, pyarrow.Table]]:
    """Pieces of `ones`, each with as many rows of `others`, of which there must be as many in all."""
    waiting: pyarrow.Table | None = None
    for one in ones:
        while waiting is None or waiting.num_rows < one.num_rows:
            following = next(others)
            waiting = following if waiting is None else pyarrow.concat_tables([waiting, following])
        yield one, waiting.slice(0, one.num_rows)
        waiting = waiting.slice(one.num_rows)
