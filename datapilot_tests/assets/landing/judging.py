"""Judge a header over records written in a test, without a file."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from datapilot_assets.landing.column_facts import ColumnFacts
from datapilot_assets.landing.dialect import Dialect, unique_names
from datapilot_assets.landing.headers import HeaderMapping, judge_headers
from datapilot_domain.organizations import Organization
from datapilot_tests.assets.landing.decoding import ACME


def judge(header: Sequence[str], *lines: Sequence[str], organization: Organization = ACME) -> HeaderMapping:
    """The decision on every column; blank cells are null, as in the spool."""
    columns = unique_names(header)
    with duckdb.connect() as connection:
        cells = ", ".join(f"c{position} VARCHAR" for position in range(len(columns)))
        connection.execute(f"CREATE TABLE cells (record_no INT, {cells})")
        marks = ", ".join("?" for _ in columns)
        for number, line in enumerate(lines, start=1):
            filled = [*line, *[""] * (len(columns) - len(line))]
            connection.execute(f"INSERT INTO cells VALUES ({number}, {marks})", [cell or None for cell in filled])
        facts = ColumnFacts(connection, "cells", columns, "," if organization.locale == "pt-BR" else ".")
        return judge_headers(Dialect(";", 1, columns), organization, facts, "vendas.csv")


def judge_text(header: str, *lines: str, organization: Organization = ACME) -> HeaderMapping:
    """As `judge`, of lines with `;` between their cells."""
    return judge(header.split(";"), *(line.split(";") for line in lines), organization=organization)
