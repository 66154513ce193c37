"""What of an organization's landing log needs a look: its sources with their roles, its undecided files."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from datapilot_assets.landing.effects import Resolution, resolve
from datapilot_assets.landing.holds import layout_drift, renaming_command
from datapilot_assets.landing.kept import fetch_indexes
from datapilot_assets.landing.sources import compare_source
from datapilot_domain.contracts.sales import FAMILY
from datapilot_domain.findings import Command
from datapilot_domain.held import choices, open_entries
from datapilot_domain.landing import LandingEntry
from datapilot_domain.ledger import active_entries, counted_entries
from datapilot_domain.organizations import Organization
from datapilot_domain.sources import effective_roles, mirrored
from datapilot_resources.platform import Platform


def held_files(platform: Platform, organization: Organization) -> list[tuple[LandingEntry, list[Command]]]:
    """Held and waiting files, oldest first, each with the commands that decide it now."""
    entries = platform.lakehouse.landing_log(organization.org_id).entries
    active = [item.entry for item in active_entries(entries, FAMILY)]
    return [(entry, choices(entry, active, _suggestion(entries, entry))) for entry in open_entries(entries)]


def _suggestion(entries: tuple[LandingEntry, ...], entry: LandingEntry) -> str | None:
    drift = layout_drift(entries, entry)
    return renaming_command(entry, drift) if drift else None


def source_rows(platform: Platform, organization: Organization) -> list[dict[str, Any]]:
    """Every source, the first one first, declared ones without files last: role, who decided it, and its money.

    orders, amount: sale orders that stand and the value of their lines, any status. compared … against: the
    same over the orders that `against`, the other sources that count, could have as well; share is null
    when there is nothing to compare with.
    """
    entries = platform.lakehouse.landing_log(organization.org_id).entries
    ahead = {name: settings.role or "counts" for name, settings in organization.sources.items()}
    effective = effective_roles(entries, organization, FAMILY)
    roles = {**effective, **{source: role for source, role in ahead.items() if source not in effective}}
    files = Counter(entry.source for entry in counted_entries(entries, FAMILY))
    repeats = mirrored(entries, FAMILY)
    resolution = resolved(platform, organization, entries)
    rows = []
    for source, role in roles.items():
        settings = organization.source(source)
        mine = resolution.orders.filter(pc.equal(resolution.orders.column("source"), source))
        against = [other for other, its in roles.items() if its == "counts" and other != source]
        overlap = compare_source(resolution.orders, source, against)
        rows.append(
            {
                "source": source,
                "role": role,
                "decided": "declared" if settings.role else "detected" if source in repeats else "default",
                "files_are_complete": settings.files_are_complete,
                "ads_account": settings.ads_account,
                "due_day": settings.due_day,
                "last_month": settings.last_month,
                "files": files[source],
                "orders": len(mine.column("unit_key").unique()),
                "amount": pc.sum(mine.column("amount")).as_py(),
                "currency": organization.currency,
                "compared": overlap.compared if overlap else 0,
                "matched": overlap.matched if overlap else 0,
                "share": overlap.share if overlap else None,
                "matched_amount": overlap.matched_amount if overlap else None,
                "against": against,
            }
        )
    return rows


def resolved(platform: Platform, organization: Organization, entries: tuple[LandingEntry, ...]) -> Resolution:
    """What stands of every source at this head of the log, also of sources that are off."""
    active = active_entries(entries, FAMILY)
    with tempfile.TemporaryDirectory(prefix="datapilot-units-") as directory:
        return resolve(active, fetch_indexes(platform, organization.org_id, active, Path(directory)))
