"""Ads data written in a test, decoded and read back."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from datapilot_assets.landing.ads.decode import DecodedAds, decode_ads
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month

ACME = Organization(org_id=OrgId("acme"), name="Acme")
ARRIVED_ON = dt.date(2024, 4, 2)
SHA256 = hashlib.sha256(b"acme").hexdigest()


def meta(day: str = "2024-01-22", campaign: Any = "11", **fields: Any) -> dict[str, Any]:
    row = {"account_id": "9001", "campaign_id": campaign, "date_start": day, "date_stop": day, "spend": "1.00"}
    return {name: value for name, value in {**row, **fields}.items() if value is not ...}


def google(day: str = "2024-01-22", **parts: Any) -> dict[str, Any]:
    row = {
        "customer": {"resourceName": "customers/555", "id": "555", "currencyCode": "BRL"},
        "campaign": {"resourceName": "customers/555/campaigns/21", "id": "21"},
        "metrics": {"costMicros": "1"},
        "segments": {"date": day},
    }
    return {name: value for name, value in {**row, **parts}.items() if value is not ...}


@dataclass(frozen=True)
class Read:
    """A decoded file with its records and index, both in the order of the objects."""

    decoded: DecodedAds
    records: list[dict[str, Any]]
    index: list[dict[str, Any]]


def decode(
    folder: Path,
    content: bytes | str | list[Any] | dict[str, Any],
    organization: Organization = ACME,
    file_name: str = "file",
) -> Read:
    if isinstance(content, (list, dict)):
        content = json.dumps(content)
    workdir = folder / f"work{len(list(folder.iterdir()))}"
    workdir.mkdir()
    path = workdir / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    decoded = decode_ads(
        path,
        file_name=file_name,
        source="main",
        sha256=SHA256,
        organization=organization,
        arrived_on=ARRIVED_ON,
        first_month=Month(2018, 1),
        workdir=workdir,
    )
    records = pq.read_table(decoded.records_file).to_pylist()
    order = {row["unit_key"]: -row["record_no"] for row in reversed(records)}
    index = pq.read_table(decoded.index_file).to_pylist()
    return Read(decoded, records, sorted(index, key=lambda row: -order[row["unit_key"]]))
