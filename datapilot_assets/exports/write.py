"""Write the exports of one organization's months that are not in the store as the lake has them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence

from datapilot_assets.exports.formats import File, files_of
from datapilot_assets.exports.month import ExportMonth, read_export, schema_version
from datapilot_assets.exports.publish import publish
from datapilot_assets.exports.state import (
    data_fingerprints,
    export_fingerprint,
    stale_exports,
    stored_export,
    stored_exports,
)
from datapilot_assets.served import States, lake_states
from datapilot_domain.contracts import SERVED
from datapilot_domain.exports import (
    EXPORT_FORMATS,
    ExportFormat,
    Manifest,
    ManifestColumn,
    ManifestFile,
    ManifestTable,
)
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform

logger = logging.getLogger(__name__)


class ExportsFailed(RuntimeError):
    """Months that could not be exported; the others of the run were."""


def export_months(
    platform: Platform,
    organization: Organization,
    months: Sequence[Month],
    formats: Sequence[ExportFormat],
    run_id: str,
) -> Iterator[Manifest]:
    """Export those of the months that are not exported as the lake has them, in these formats; what was written.

    Raises ExportsFailed at the end: a month that fails stops no other.
    """
    states = lake_states(platform, organization.org_id, SERVED)
    stale = stale_exports(organization, states, stored_exports(platform, organization.org_id), formats)
    failed: list[str] = []
    for month in sorted(stale.keys() & set(months)):
        try:
            written = _export(platform, organization, month, states, formats, run_id)
        except Exception as error:
            logger.exception("exports of %s, %s: not written", organization.org_id, month)
            failed.append(f"{month}: {type(error).__name__}: {error}")
        else:
            if written:
                yield written
    if failed:
        raise ExportsFailed("; ".join(failed))


def _export(
    platform: Platform,
    organization: Organization,
    month: Month,
    states: States,
    formats: Sequence[ExportFormat],
    run_id: str,
) -> Manifest | None:
    """None: another run exported the month meanwhile, or its gold changed and another run will."""
    data = data_fingerprints(organization, states)[month]
    wanted = _formats(platform, organization, month, data, formats)
    read = read_export(platform, organization, month, states)
    files = list(files_of(read, wanted))
    manifest = _manifest(read, files, export_fingerprint(data, wanted), wanted, run_id)
    return manifest if publish(platform, organization, manifest, files, data) else None


def _formats(
    platform: Platform, organization: Organization, month: Month, data: str, formats: Sequence[ExportFormat]
) -> tuple[ExportFormat, ...]:
    """These formats, and those that the same data have been exported in: asking for one takes no other away."""
    stored = stored_export(platform, organization.org_id, month)
    kept: set[ExportFormat] = set()
    if stored and stored.manifest.fingerprint == export_fingerprint(data, stored.manifest.formats):
        kept = set(stored.manifest.formats)
    return tuple(name for name in EXPORT_FORMATS if name in kept | set(formats))


def _manifest(
    month: ExportMonth, files: Sequence[File], fingerprint: str, formats: tuple[ExportFormat, ...], run_id: str
) -> Manifest:
    organization = month.organization
    tables = {
        table.contract.id: ManifestTable(
            description=table.contract.description,
            rows=len(table.rows),
            delta_version=table.delta_version,
            columns=tuple(
                ManifestColumn(name=column.name, type=column.type, description=column.description)
                for column in table.contract.shown
            ),
        )
        for table in month.tables
    }
    return Manifest(
        org_id=organization.org_id,
        month=month.month,
        fingerprint=fingerprint,
        schema_version=schema_version(),
        run_id=run_id,
        language=organization.locale,
        currency=organization.currency,
        time_zone=organization.time_zone,
        formats=formats,
        tables=tables,
        files=tuple(map(_file, files)),
    )


def _file(file: File) -> ManifestFile:
    return ManifestFile(
        name=file.name,
        path=file.name,
        table=file.table.contract.id if file.table else None,
        format=file.format,
        rows=file.rows,
        bytes=len(file.data),
        sha256=hashlib.sha256(file.data).hexdigest(),
        delta_version=file.table.delta_version if file.table else None,
    )
