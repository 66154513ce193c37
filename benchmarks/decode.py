"""Throughput of the sales decoder beside DuckDB's own CSV → Parquet, in one run on one generated file.

python -m benchmarks.decode --megabytes 200
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import random
import sys
import tempfile
import time
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    megabytes = parser.parse_args().megabytes
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sales.csv"
        lines = generate(path, megabytes)
        started = time.perf_counter()
        duckdb.sql(
            f"COPY (SELECT * FROM read_csv('{path}', delim=';', header=true, all_varchar=true)) "
            f"TO '{folder}/plain.parquet'"
        )
        plain = time.perf_counter() - started
        workdir = Path(folder) / "work"
        workdir.mkdir()
        started = time.perf_counter()
        decoded = decode_sales(
            path,
            sha256=hashlib.sha256(b"benchmark").hexdigest(),
            organization=Organization(org_id=OrgId("benchmark"), name="Benchmark"),
            arrived_on=dt.date(2024, 2, 1),
            first_month=Month(2018, 1),
            customer_key=b"benchmark",
            workdir=workdir,
        )
        ours = time.perf_counter() - started
    if decoded.records != lines:
        raise SystemExit(f"{decoded.records} records decoded of {lines}")
    sys.stdout.write(
        f"{lines} lines, {megabytes} MB: DuckDB {plain:.2f} s, decoder {ours:.2f} s, ratio {plain / ours:.2f}\n"
    )


if __name__ == "__main__":
    main()
