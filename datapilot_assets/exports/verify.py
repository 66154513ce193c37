"""Exported files read back from the store, each byte held against its manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from datapilot_assets.exports.state import LATEST, export_key, read_manifest
from datapilot_domain.exports import MANIFEST, ExportFormat, Manifest, ManifestFile
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.object_store import ObjectGone
from datapilot_resources.platform import Platform


@dataclass(frozen=True)
class ReadBack:
    """A file as the store has it, at `key`. No data: it is not there, or not what the manifest says."""

    file: ManifestFile
    key: str
    data: bytes | None


def latest_manifest(platform: Platform, org: OrgId, month: Month) -> Manifest | None:
    """None: nothing is exported of the month."""
    return read_manifest(platform, export_key(org, month, LATEST, MANIFEST))


def read_back(platform: Platform, manifest: Manifest, formats: Sequence[ExportFormat]) -> Iterator[ReadBack]:
    """The files of these formats, one in memory at a time."""
    for file in manifest.files:
        if file.format in formats:
            key = export_key(manifest.org_id, manifest.month, manifest.fingerprint, file.name)
            yield ReadBack(file, key, _verified(platform, key, file))


def _verified(platform: Platform, key: str, file: ManifestFile) -> bytes | None:
    try:
        data = platform.store.read(key)
    except ObjectGone:
        return None
    return data if (len(data), hashlib.sha256(data).hexdigest()) == (file.bytes, file.sha256) else None
