"""What the columns of a file would be taken as, before it is landed; and files that landing keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from datapilot_assets.landing.headers import HeaderMapping, judge_headers
from datapilot_assets.landing.kept import files_prefix
from datapilot_assets.landing.spool import spool_records
from datapilot_assets.landing.tables import Table, find_table
from datapilot_assets.landing.text_records import connect, open_facts
from datapilot_domain.landing import LandingEntry
from datapilot_domain.organizations import Organization, OrgId
from datapilot_resources.platform import Platform

# A sha256 may be given by its first characters.
_FEWEST_OF_SHA256 = 8


def open_table(path: Path, organization: Organization, workdir: Path, named: Collection[str] = ()) -> Table:
    """The table of the file. named: columns that a person named; the row that has them all is the header.

    Raises Refusal.
    """
    locale, saved = organization.locale, organization.mappings
    return find_table(path, organization.limits, workdir, locale=locale, saved=saved, named=named)


def preview_headers(path: Path, organization: Organization, workdir: Path, file_name: str) -> HeaderMapping:
    """The decision on every column, its refusal included, as landing the file now would make it. Raises Refusal."""
    table = open_table(path, organization, workdir)
    spool = spool_records(table.source, table.dialect, organization.limits, workdir)
    with connect(workdir) as connection:
        facts = open_facts(connection, spool, table.dialect, organization)
        return judge_headers(table.dialect, organization, facts, file_name)


def kept_files(platform: Platform, org: OrgId, name: str) -> Iterator[LandingEntry]:
    """Files that landing took or refused under that name or sha256, newest first; their bytes are in the store."""
    seen: set[str] = set()
    for entry in reversed(platform.lakehouse.landing_log(org).entries):
        is_meant = entry.file == name or (len(name) >= _FEWEST_OF_SHA256 and entry.sha256.startswith(name.lower()))
        if is_meant and entry.sha256 not in seen:
            seen.add(entry.sha256)
            yield entry


def fetch_kept(platform: Platform, entry: LandingEntry, path: Path) -> None:
    """The bytes of a kept file."""
    platform.store.download(files_prefix(entry.org_id, entry.sha256) + "content", path)
