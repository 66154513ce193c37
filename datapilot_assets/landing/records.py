"""The records of a file under the names of the bronze contract, as DuckDB views."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence

import duckdb

from datapilot_assets.landing.continuation import ORDER_TEXT
from datapilot_assets.landing.values import number_sql
from datapilot_domain.contracts.sales_fields import SALES_FIELDS

SURPLUS = "_surplus"
_FEW_IGNORED = 20
_UTC_HEADER = re.compile(r"(?:^|[^A-Za-z])(?:UTC|GMT)(?:[^A-Za-z+\-]|$)(?![+\-]?\d)", re.IGNORECASE)


def create_body(connection: duckdb.DuckDBPyConnection) -> bool:
    """Create the view `body`: the cells of the records that are not ignored; whether a scan keeps their order."""
    few = connection.execute(f"SELECT record_no FROM ignored ORDER BY record_no LIMIT {_FEW_IGNORED + 1}").fetchall()
    if keeps_order := len(few) <= _FEW_IGNORED:  # comparisons, unlike a join, leave the records in their order
        others = " AND ".join(["true", *(f"record_no <> {record_no}" for (record_no,) in few)])
    else:
        others = "record_no NOT IN (SELECT record_no FROM ignored)"
    connection.execute(f"CREATE OR REPLACE VIEW body AS SELECT * FROM cells WHERE {others}")
    return keeps_order


def create_source(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[str],
    mapping: Mapping[int, str],
    marks: Mapping[str, str],
    beyond_ascii: Container[int],
    *,
    regular: bool,
) -> tuple[str, ...] | None:
    """Create the view `source`: record_no, defect, extras, unmapped, and every field of the contract as text.

    beyond_ascii: positions of the columns that hold more than ASCII.
    regular: every record has as many cells as the header. All have the same keys in `extras` then, which are
    returned, and `unmapped` is the list of their values; else None.
    """
    kept = _kept(connection, columns, mapping)
    unmapped = f"[{', '.join(kept.values())}]" if regular and kept else "NULL::VARCHAR[]"
    fields = []
    for field in SALES_FIELDS:
        positions = [position for position, name in mapping.items() if name == field.name]
        text = _field_sql(positions, marks.get(field.name, ","))
        if field.holds == "instant" and any(declares_utc(columns[position]) for position in positions):
            text = _in_utc_sql(text)
        if field.holds == "text" and any(position in beyond_ascii for position in positions):
            # One way to write each accent: "é" of a Mac and "é" of Windows name the same product.
            text = f"nfc_normalize({text})"
        fields.append(f"{text} AS {field.name}")
    defect = "NULL::VARCHAR" if regular else _defect_sql(columns, mapping)
    connection.execute(
        f"CREATE VIEW source AS SELECT record_no, {defect} AS defect, {_extras_sql(kept, regular)} AS extras, "
        f"{unmapped} AS unmapped, {', '.join(fields)} FROM body"
    )
    return tuple(kept) if regular else None


def declares_utc(header: str) -> bool:
    """Whether a header says that the times below it are UTC, as `Created (UTC)` does."""
    return _UTC_HEADER.search(header) is not None


def _in_utc_sql(text: str) -> str:
    """The text of a time whose header says that it is UTC, with the offset that the header declares (R23)."""
    has_offset = rf"regexp_matches({text}, '(Z|UTC|GMT|[+\-]\d{{2}}:?\d{{2}})$')"
    return f"CASE WHEN contains({text}, ':') AND NOT {has_offset} THEN concat({text}, ' UTC') ELSE {text} END"


def create_filled(connection: duckdb.DuckDBPyConnection, continued: bool, mapping: Mapping[int, str]) -> None:
    """Create the view `filled`: `source`, with the order's text on continuation lines (table `fills`)."""
    names = [name for name in ORDER_TEXT if name in mapping.values()]
    if not continued:
        connection.execute("CREATE VIEW filled AS SELECT * FROM source")
        return
    filled = ", ".join(f"coalesce(s.{name}, f.{name}) AS {name}" for name in names)
    connection.execute(
        f"CREATE VIEW filled AS SELECT s.* REPLACE ({filled}) FROM source s LEFT JOIN fills f USING (record_no)"
    )


def _field_sql(positions: Sequence[int], mark: str) -> str:
    """Text of a field: its column's, or the sum of its columns, or all their text when one is no number."""
    if not positions:
        return "CAST(NULL AS VARCHAR)"
    if len(positions) == 1:
        return f"c{positions[0]}"
    cells = [f"c{position}" for position in positions]
    numbers = [number_sql(cell, mark) for cell in cells]
    readable = " AND ".join(
        f"({cell} IS NULL OR ({number}) IS NOT NULL)" for cell, number in zip(cells, numbers, strict=True)
    )
    total = " + ".join(f"coalesce({number}, 0)" for number in numbers)
    return (
        f"CASE WHEN coalesce({', '.join(cells)}) IS NULL THEN NULL "
        f"WHEN {readable} THEN replace(CAST({total} AS VARCHAR), '.', '{mark}') "
        f"ELSE concat_ws(' + ', {', '.join(cells)}) END"
    )


def _defect_sql(columns: Sequence[str], mapping: Mapping[int, str]) -> str:
    """`RECORD_SHAPE:field` of the first mapped column that a short record lacks, `:record` for a long one."""
    missing = " ".join(
        f"WHEN cells <= {position} THEN 'RECORD_SHAPE:{name}'" for position, name in sorted(mapping.items())
    )
    return (
        f"CASE WHEN surplus IS NOT NULL THEN 'RECORD_SHAPE:record' WHEN cells < {len(columns)} "
        f"THEN CASE {missing} END END"
    )


def _kept(connection: duckdb.DuckDBPyConnection, columns: Sequence[str], mapping: Mapping[int, str]) -> dict[str, str]:
    """Columns that no field takes, by their header; columns summed into one field are kept here as well."""
    names = list(mapping.values())
    kept: dict[str, str] = {}
    for position, header in enumerate(columns):
        if header and (position not in mapping or names.count(mapping[position]) > 1):
            kept[header] = f"c{position}"
        elif not header and position not in mapping and _has_values(connection, position):
            kept[f"_column_{position + 1}"] = f"c{position}"
    return kept


def _extras_sql(kept: Mapping[str, str], regular: bool) -> str:
    keys = ["'" + key.replace("'", "''") + "'" for key in kept]
    values = list(kept.values())
    without = f"MAP([{', '.join(keys)}], [{', '.join(values)}])" if kept else "NULL::MAP(VARCHAR, VARCHAR)"
    with_surplus = f"MAP([{', '.join([*keys, repr(SURPLUS)])}], [{', '.join([*values, 'surplus'])}])"
    return without if regular else f"CASE WHEN surplus IS NOT NULL THEN {with_surplus} ELSE {without} END"


def _has_values(connection: duckdb.DuckDBPyConnection, position: int) -> bool:
    found = connection.execute(f"SELECT count(c{position}) FROM body").fetchone()
    return bool(found and found[0])
