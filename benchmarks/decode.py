"""Throughput of the sales decoder beside DuckDB's own CSV → Parquet, in alternating runs on one generated file.

python -m benchmarks.decode --megabytes 100 --runs 3

Three works, each a ratio of the best runs, in seconds and in processor seconds (a busy machine distorts the former
more). Reading: encoding, dialect, every record as trimmed text in Parquet, which is what DuckDB does too. Decoding:
reading, and every record as text under the contract's names, its headers mapped by what the whole file proves of
them. Deciding too: all that landing does with a file before it writes to bronze, that is, decoding, and numbers
and dates, events, units, shares of order amounts, what repeats, customers' keys, and the index of units.

On 100 MB, 910 000 lines and two cores, where DuckDB takes 1.2 seconds (2.1 of processor): reading 0.65 (ratio 1.8),
decoding 2.3 to 2.5 (ratio 0.51; in processor seconds 0.58), deciding too 5.1 (ratio 0.23). The last cannot come near
the first: the least that these libraries need for each of its steps, measured alone, adds up to 5.6 processor seconds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet

from datapilot_assets.landing.background import consume_behind
from datapilot_assets.landing.decode import decode_sales
from datapilot_assets.landing.records_file import READ_ONCE, text_fields
from datapilot_assets.landing.spool import Spool, spool_records
from datapilot_assets.landing.tables import Table, find_table
from datapilot_assets.landing.text_records import connect, name_records
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Calendar, Month

_HEADER = (
    "Nº Pedido;Item;Data da Venda;Código;Produto;Quantidade;Valor Unitário;Valor Total;"
    "Desconto do Pedido;Status;Cliente;UF;Canal;Forma de Pagamento"
)

_ORGANIZATION = Organization(org_id=OrgId("benchmark"), name="Benchmark")
_FIRST_MONTH, _ARRIVED_ON = Month(2018, 1), dt.date(2024, 2, 1)
_BATCH_ROWS = 131_072


def generate(path: Path, megabytes: int, seed: int = 7) -> int:
    """A Brazilian export, two lines per order, UTF-8, `;`, decimal comma; the number of lines."""
    draw = random.Random(seed)
    lines = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_HEADER + "\r\n")
        while lines % 1000 or file.tell() < megabytes * 10**6:
            quantity, cents = draw.randrange(1, 9), draw.randrange(100, 300_000)
            file.write(
                f"{100_000 + lines // 2};{lines % 2 + 1};{draw.randrange(1, 31):02d}/01/2024;"
                f'{draw.randrange(5000):05d};"Camiseta ""Básica"" {lines % 300}";{quantity};{_money(cents)};'
                f"{_money(cents * quantity)};0,00;Pago;C{draw.randrange(20_000):05d};SP;Shopee;Pix\r\n"
            )
            lines += 1
    return lines


def _money(cents: int) -> str:
    return "R$ " + f"{cents / 100:,.2f}".translate(str.maketrans(",.", ".,"))


@dataclass(frozen=True)
class Cost:
    seconds: float
    processor_seconds: float


def measure(work: Callable[[], object]) -> Cost:
    started, used = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - started, time.process_time() - used)


def plain(path: Path, folder: Path) -> None:
    duckdb.sql(
        f"COPY (SELECT * FROM read_csv('{path}', delim=';', header=true, all_varchar=true)) TO '{folder}/plain.parquet'"
    )


def _spooled(path: Path, workdir: Path) -> tuple[Table, Spool]:
    table = find_table(path, _ORGANIZATION.limits, workdir, locale=_ORGANIZATION.locale, saved={})
    return table, spool_records(table.source, table.dialect, _ORGANIZATION.limits, workdir)


def read(path: Path, lines: int) -> None:
    with tempfile.TemporaryDirectory() as workdir:
        _, spool = _spooled(path, Path(workdir))
    if spool.records != lines:
        raise SystemExit(f"{spool.records} records read of {lines}")


def decode(path: Path, lines: int) -> None:
    """Every record as text under the contract's names, in Parquet: what ARCHITECTURE calls decoding."""
    with tempfile.TemporaryDirectory() as folder:
        workdir = Path(folder)
        table, spool = _spooled(path, workdir)
        calendar = Calendar(_FIRST_MONTH, _ARRIVED_ON)
        with connect(workdir) as connection:
            text = name_records(connection, spool, table, _ORGANIZATION, calendar, file_name=path.name)
            fields = text_fields(text.layout, text.extras)
            connection.execute("SET preserve_insertion_order = true")
            found = connection.execute(f"SELECT record_no, {', '.join(fields)} FROM filled").to_arrow_reader(
                _BATCH_ROWS
            )
            with pyarrow.parquet.ParquetWriter(workdir / "text.parquet", found.schema, **READ_ONCE) as writer:
                consume_behind(found, writer.write_batch)
        decoded = pyarrow.parquet.read_metadata(workdir / "text.parquet").num_rows
        if decoded != lines:
            raise SystemExit(f"{decoded} records decoded of {lines}")


def land(path: Path, lines: int) -> None:
    with tempfile.TemporaryDirectory() as workdir:
        decoded = decode_sales(
            path,
            sha256=hashlib.sha256(b"benchmark").hexdigest(),
            organization=_ORGANIZATION,
            arrived_on=_ARRIVED_ON,
            first_month=_FIRST_MONTH,
            customer_key=b"benchmark",
            workdir=Path(workdir),
        )
    if decoded.records != lines:
        raise SystemExit(f"{decoded.records} records landed of {lines}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3, help="alternating runs of each, of which the best count")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sales.csv"
        lines = generate(path, options.megabytes)
        works: dict[str, Callable[[], None]] = {
            "DuckDB": lambda: plain(path, Path(folder)),
            "reading": lambda: read(path, lines),
            "decoding": lambda: decode(path, lines),
            "deciding too": lambda: land(path, lines),
        }
        costs: dict[str, list[Cost]] = {name: [] for name in works}
        for _ in range(options.runs):
            for name, work in works.items():
                costs[name].append(measure(work))
    sys.stdout.write(f"{lines} lines, {options.megabytes} MB, best of {options.runs}\n")
    for measured in ("seconds", "processor_seconds"):
        best = {name: min(getattr(cost, measured) for cost in found) for name, found in costs.items()}
        parts = [f"{name} {best[name]:.2f} (ratio {best['DuckDB'] / best[name]:.2f})" for name in list(works)[1:]]
        sys.stdout.write(f"{measured.replace('_', ' ')}: DuckDB {best['DuckDB']:.2f}, {', '.join(parts)}\n")


if __name__ == "__main__":
    main()
