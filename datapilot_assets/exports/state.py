"""Which months are exported as the lake has them: gold and insights against the manifests in the store."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from datapilot_assets.exports.month import schema_version
from datapilot_assets.served import States, lake_states, month_fingerprints
from datapilot_assets.status import unsettled_months
from datapilot_domain.contracts import SERVED
from datapilot_domain.exports import MANIFEST, ExportFormat, Manifest
from datapilot_domain.landing import digest
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month, is_month, organization_prefix
from datapilot_resources.object_store import ObjectGone, store_errors
from datapilot_resources.platform import Platform


class ExportsUnreadable(RuntimeError):
    """The store does not show what is exported; gold is published all the same."""


logger = logging.getLogger(__name__)

# Raise it whenever the same rows are to give other files: every month is then exported anew.
VERSION = 1
LATEST = "latest"


@dataclass(frozen=True)
class Stored:
    """What `latest` names. `is_whole`: every file of it is there in its size."""

    manifest: Manifest
    is_whole: bool


def export_key(org: OrgId, month: Month, *parts: str) -> str:
    """`org_id=acme/exports/2024-01/latest/manifest.json`."""
    return organization_prefix(org, "exports", str(month), *parts)


def data_fingerprints(organization: Organization, states: States) -> dict[Month, str]:
    """Every month that a table has or had → fingerprint over all that its files are made from but their formats."""
    said = organization.model_dump(include={"name", "locale", "currency", "time_zone"})
    return month_fingerprints(states, [VERSION, schema_version(), said])


def export_fingerprint(data: str, formats: Sequence[ExportFormat]) -> str:
    return digest([data, formats])


def months_with_rows(states: States) -> set[Month]:
    return {month for of in states.values() for month, state in of.items() if state.rows}


def stored_exports(platform: Platform, org: OrgId) -> dict[Month, Stored]:
    """Month → its latest export. One listing, and one small object per month."""
    root = organization_prefix(org, "exports")
    sizes = {info.key: info.size for info in platform.store.list(root)}
    names = sorted({key.removeprefix(f"{root}/").split("/", 1)[0] for key in sizes})
    # A file that somebody else put there is nobody's month.
    months = [Month.parse(name) for name in names if is_month(name)]
    found = {month: _stored(platform, export_key(org, month), sizes) for month in months}
    return {month: stored for month, stored in found.items() if stored}


def stored_export(platform: Platform, org: OrgId, month: Month) -> Stored | None:
    """The month's latest export."""
    folder = export_key(org, month)
    return _stored(platform, folder, {info.key: info.size for info in platform.store.list(folder)})


def _stored(platform: Platform, folder: str, sizes: dict[str, int]) -> Stored | None:
    latest = f"{folder}/{LATEST}/{MANIFEST}"
    manifest = read_manifest(platform, latest) if latest in sizes else None
    if manifest is None:
        return None
    place = f"{folder}/{manifest.fingerprint}"
    whole = all(sizes.get(f"{place}/{file.name}") == file.bytes for file in manifest.files)
    return Stored(manifest, whole and f"{place}/{MANIFEST}" in sizes)


def read_manifest(platform: Platform, key: str) -> Manifest | None:
    """None where there is none, or where it cannot be read: the month is then exported anew."""
    try:
        return Manifest.model_validate_json(platform.store.read(key))
    except ObjectGone:
        return None
    except ValidationError as error:
        logger.warning("%s is no manifest (%s errors): the month is exported anew", key, error.error_count())
        return None


def is_current(stored: Stored | None, data: str, formats: Sequence[ExportFormat]) -> bool:
    """Whether the export is of this data and has these formats, perhaps among others."""
    if stored is None or not stored.is_whole or not set(formats) <= set(stored.manifest.formats):
        return False
    return stored.manifest.fingerprint == export_fingerprint(data, stored.manifest.formats)


def stale_exports(
    organization: Organization, states: States, stored: Mapping[Month, Stored], formats: Sequence[ExportFormat]
) -> dict[Month, str]:
    """Months that are not exported as the lake has them → fingerprint of their data.

    A month that lost all its rows is one as long as its files still tell of them.
    """
    wanted = months_with_rows(states) | stored.keys()
    return {
        month: data
        for month, data in data_fingerprints(organization, states).items()
        if month in wanted and not is_current(stored.get(month), data, formats)
    }


def pending_exports(platform: Platform, organization: Organization) -> dict[Month, str]:
    """Months that the next run exports. Not those whose gold is about to change: their turn comes after it.

    Raises ExportsUnreadable.
    """
    formats = platform.settings.exports
    try:
        stored = stored_exports(platform, organization.org_id)
    except store_errors(platform.settings) as error:
        what = f"exports of {organization.org_id} cannot be read in the store ({type(error).__name__}: {error})"
        raise ExportsUnreadable(f"{what}; let this process list and read their prefix") from error
    stale = stale_exports(organization, lake_states(platform, organization.org_id, SERVED), stored, formats)
    waiting = unsettled_months(platform, organization) if stale else set()
    return {month: export_fingerprint(data, formats) for month, data in stale.items() if month not in waiting}
