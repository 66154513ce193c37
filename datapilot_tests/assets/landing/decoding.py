"""Decode text written in a test, and read back what came out."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pyarrow.parquet

from datapilot_assets.landing.decode import Decoded, decode_sales
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month

ARRIVED_ON = dt.date(2024, 4, 2)
ACME = Organization(org_id=OrgId("acme"), name="Acme")
HEADER = "Pedido;Data da venda;Produto;Quantidade;Valor Unitário;Vlr. Total;Status"
LINE = "1;02/01/2024;Café;1;18,90;18,90;Pago"


def decode(
    folder: Path, content: bytes | str, *, organization: Organization = ACME, **options: Any
) -> tuple[Decoded, list[dict[str, Any]], list[dict[str, Any]]]:
    """The decoded file, its records by record_no, and its units."""
    content = content.encode() if isinstance(content, str) else content
    workdir = folder / f"work{len(list(folder.iterdir()))}"
    workdir.mkdir(parents=True)
    path = workdir / "file.csv"
    path.write_bytes(content)
    decoded = decode_sales(
        path,
        sha256=hashlib.sha256(content).hexdigest(),
        organization=organization,
        arrived_on=options.pop("arrived_on", ARRIVED_ON),
        first_month=Month(2018, 1),
        customer_key=b"k" * 32,
        workdir=workdir,
        **options,
    )
    records = pyarrow.parquet.read_table(decoded.records_file).to_pylist()
    units = pyarrow.parquet.read_table(decoded.units_file).to_pylist()
    return decoded, sorted(records, key=lambda row: row["record_no"]), units


def table(*lines: str, header: str = HEADER) -> str:
    return "".join(f"{line}\r\n" for line in (header, *lines))
