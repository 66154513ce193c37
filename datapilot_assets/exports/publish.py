"""An export into the store: files first, then their manifest, then the switch, which is one object."""

from __future__ import annotations

from collections.abc import Container, Sequence

from datapilot_assets.exports.formats import File
from datapilot_assets.exports.state import (
    LATEST,
    data_fingerprints,
    export_key,
    is_current,
    stored_export,
)
from datapilot_assets.served import lake_states
from datapilot_domain.contracts import SERVED
from datapilot_domain.exports import MANIFEST, Manifest
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.lease import writer_lease
from datapilot_resources.platform import Platform


def publish(
    platform: Platform, organization: Organization, manifest: Manifest, files: Sequence[File], data: str
) -> bool:
    """Put the export in the place of the latest; whoever reads that one sees it or this one, never a mix.

    False, and nothing written: the lake holds other data by now, or another run has exported just this. The writer
    lease of the organization is held: gold stands still meanwhile, and nobody removes what is being written.
    """
    org, month, store = organization.org_id, manifest.month, platform.store
    with writer_lease(platform.settings, org, manifest.run_id) as lease:
        states = lake_states(platform, org, SERVED)
        before = stored_export(platform, org, month)
        if data_fingerprints(organization, states).get(month) != data or is_current(before, data, manifest.formats):
            return False
        again = before is not None and before.manifest.fingerprint == manifest.fingerprint
        if before and again and _hashes(before.manifest) != _hashes(manifest):
            # Another version of a library: the files change where they are, so for that time none is the latest.
            store.delete(export_key(org, month, LATEST, MANIFEST))
        for file in files:
            store.write(export_key(org, month, manifest.fingerprint, file.name), file.data)
        store.write(export_key(org, month, manifest.fingerprint, MANIFEST), manifest.as_bytes())
        lease.confirm()
        store.write(export_key(org, month, LATEST, MANIFEST), manifest.under(f"../{manifest.fingerprint}").as_bytes())
        if not again:
            lease.confirm()
            kept = {manifest.fingerprint, *([before.manifest.fingerprint] if before else [])}
            _remove_others(platform, org, month, {LATEST, *kept})
    return True


def _hashes(manifest: Manifest) -> dict[str, str]:
    return {file.name: file.sha256 for file in manifest.files}


def _remove_others(platform: Platform, org: OrgId, month: Month, kept: Container[str]) -> None:
    """Remove older exports, and what a run that was killed left; whoever reads the one before can end in peace."""
    root = export_key(org, month)
    folders = {info.key.removeprefix(f"{root}/").split("/", 1)[0] for info in platform.store.list(root)}
    for folder in sorted(folders):
        if folder not in kept:
            platform.store.delete_prefix(f"{root}/{folder}")
