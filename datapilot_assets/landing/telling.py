"""What landed, as Dagster events: lineage of accepted files, and what held and waiting ones wait for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import dagster as dg

from datapilot_assets.events import asset_key, column_schema, landing_key
from datapilot_assets.landing.order_notices import money
from datapilot_domain.contracts import TableContract
from datapilot_domain.fingerprints import NOTHING_LANDED
from datapilot_domain.landing import LandingEntry
from datapilot_domain.ledger import landed_hashes
from datapilot_domain.markdown import code
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import OrgMonth
from datapilot_domain.reasons import REASONS


def accepted_events(
    entry: LandingEntry, bronze: TableContract, bronze_version: int | None
) -> Iterator[dg.AssetObservation | dg.AssetMaterialization]:
    """Per month that the file touched: what landed, and the bronze rows made of it."""
    family = str(entry.family)
    for month, landed_hash in sorted(entry.touched.items()):
        count = entry.months.get(month)
        key = OrgMonth(entry.org_id, month).key
        yield dg.AssetObservation(
            asset_key=landing_key(family),
            partition=key,
            metadata=_metadata(entry),
            tags={"dagster/data_version": landed_hash},
        )
        yield dg.AssetMaterialization(
            asset_key=asset_key(bronze),
            partition=key,
            metadata={
                **_metadata(entry),
                "content_id": entry.content_id,
                "delta_version": bronze_version,
                "dagster/row_count": count.records - count.ignored if count else 0,
                "dagster/column_schema": column_schema(bronze),
            },
            tags={
                "dagster/data_version": landed_hash,
                f"dagster/input_data_version/landing/{family}": landed_hash,
            },
        )


def undecided_events(
    entry: LandingEntry, entries: Sequence[LandingEntry], organization: Organization
) -> Iterator[dg.AssetObservation]:
    """Per month of a held or waiting file: why nothing changed, and the commands that decide.

    The data version is the one that the month has: such a file changes nothing.
    """
    reason, locale = REASONS[str(entry.reason)], organization.locale
    lines = [f"**{entry.verdict.value}** · {reason.text(locale)}"]
    lines += ["", _escape(entry.found.words(locale))] if entry.found else []
    ways = [f"- {_escape(way.purpose.words(locale))}: {code(way.command)}" for way in entry.commands]
    lines += ["", *ways] if ways else []
    hashes = landed_hashes(entries, str(entry.family))
    for month in sorted(entry.months):
        yield dg.AssetObservation(
            asset_key=landing_key(str(entry.family)),
            partition=OrgMonth(entry.org_id, month).key,
            metadata={
                **_metadata(entry),
                "verdict": entry.verdict.value,
                "reason": reason.code,
                "at_stake": money(entry.at_stake, organization.currency) if entry.at_stake is not None else "unknown",
                "decide": dg.MetadataValue.md("\n".join(lines)),
            },
            tags={"dagster/data_version": hashes.get(month, NOTHING_LANDED)},
        )


def rejected_events(
    held: LandingEntry, closed: LandingEntry, entries: Sequence[LandingEntry]
) -> Iterator[dg.AssetObservation]:
    """Per month of a file that was held or waiting: somebody decided that it does not count. No data version moves."""
    hashes = landed_hashes(entries, str(held.family))
    for month in sorted(held.months):
        yield dg.AssetObservation(
            asset_key=landing_key(str(held.family)),
            partition=OrgMonth(held.org_id, month).key,
            metadata={**_metadata(held), "verdict": closed.verdict.value, "reason": str(closed.reason)},
            tags={"dagster/data_version": hashes.get(month, NOTHING_LANDED)},
        )


def _metadata(entry: LandingEntry) -> dict[str, dg.MetadataValue | str | int]:
    months = {str(month): count.records for month, count in sorted(entry.months.items())}
    notices = [REASONS[notice.code].en.format(**notice.values) for notice in entry.notices]
    return {
        "file": entry.file,
        "source": entry.source,
        "sha256": entry.sha256,
        "records": entry.records,
        "ignored": entry.ignored,
        "months": dg.MetadataValue.json(months),
        "notices": dg.MetadataValue.md("\n".join(f"- {notice}" for notice in notices) or "none"),
    }


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
