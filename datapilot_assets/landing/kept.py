"""What the store keeps of a file: its exact bytes, and the index of its units per content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from datapilot_domain.landing import LandingEntry
from datapilot_domain.ledger import ActiveEntry
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import organization_prefix
from datapilot_resources.object_store import ObjectStore
from datapilot_resources.platform import Platform


def keep_bytes(store: ObjectStore, org: OrgId, sha256: str, path: Path) -> None:
    """Keep a file's bytes under their sha256, once."""
    key = files_prefix(org, sha256) + "content"
    if not store.exists(key):
        store.write_file(key, path)


def fetch_bytes(platform: Platform, entry: LandingEntry, directory: Path) -> Path:
    """The kept bytes of a file, exactly as it arrived."""
    path = directory / "content"
    platform.store.download(files_prefix(entry.org_id, entry.sha256) + "content", path)
    return path


def files_prefix(org: OrgId, sha256: str) -> str:
    return organization_prefix(org, "landing", "files", sha256) + "/"


def index_key(org: OrgId, sha256: str, content: str) -> str:
    return f"{files_prefix(org, sha256)}units-{content}.parquet"


def fetch_indexes(platform: Platform, org: OrgId, active: Iterable[ActiveEntry], directory: Path) -> Mapping[str, Path]:
    """Unit indexes of the entries as local files, by content id."""
    files: dict[str, Path] = {}
    for item in active:
        content = item.entry.content_id
        assert content is not None
        files[content] = directory / f"{content}.parquet"
        if not files[content].exists():
            platform.store.download(index_key(org, item.entry.sha256, content), files[content])
    return files
