"""Throughput of the sales decoder beside DuckDB's own CSV → Parquet, in alternating runs on one generated file.

python -m benchmarks.decode --megabytes 100 --runs 3

The ratio is that of the best run of each, in seconds and in processor seconds (a busy machine distorts the
former more). The aim is 0.5; on 100 MB and two cores the decoder takes some 6.2 processor seconds where DuckDB
takes 1.6, a ratio of 0.25. What bounds it, in processor seconds: writing the records 1.9 (of which Parquet 0.6,
handing over the text 0.3), deciding 1.4, layout and header checks 1.0 (reading numbers), the spool 0.8, the unit
index 0.5.
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

from datapilot_assets.landing.decode import decode_sales
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month

_HEADER = (
    "Nº Pedido;Item;Data da Venda;Código;Produto;Quantidade;Valor Unitário;Valor Total;"
    "Desconto do Pedido;Status;Cliente;UF;Canal;Forma de Pagamento"
)


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


def decode(path: Path, lines: int) -> None:
    with tempfile.TemporaryDirectory() as workdir:
        decoded = decode_sales(
            path,
            sha256=hashlib.sha256(b"benchmark").hexdigest(),
            organization=Organization(org_id=OrgId("benchmark"), name="Benchmark"),
            arrived_on=dt.date(2024, 2, 1),
            first_month=Month(2018, 1),
            customer_key=b"benchmark",
            workdir=Path(workdir),
        )
    if decoded.records != lines:
        raise SystemExit(f"{decoded.records} records decoded of {lines}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3, help="alternating runs of each, of which the best count")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sales.csv"
        lines = generate(path, options.megabytes)
        pairs = [
            (measure(lambda: plain(path, Path(folder))), measure(lambda: decode(path, lines)))
            for _ in range(options.runs)
        ]
    sys.stdout.write(f"{lines} lines, {options.megabytes} MB, best of {options.runs}\n")
    for measured in ("seconds", "processor_seconds"):
        theirs, ours = (min(getattr(pair[side], measured) for pair in pairs) for side in (0, 1))
        name = measured.replace("_", " ")
        sys.stdout.write(f"{name}: DuckDB {theirs:.2f}, decoder {ours:.2f}, ratio {theirs / ours:.2f}\n")


if __name__ == "__main__":
    main()
