"""The silver step of ads: what it reads, computes with the pure functions of its layer, and gates."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from datapilot_assets.landing.ads.ledger import Resolution, coverage, resolve, types_of_entries
from datapilot_assets.landing.kept import fetch_indexes
from datapilot_assets.monthly import rows_of
from datapilot_assets.refinement import Built, RefineRun
from datapilot_assets.silver.ads_insights import (
    ADS_ENTRIES,
    ADS_RATES,
    ads_quarantine,
    classify_ads,
    count_fates,
    silver_ads_insights,
)
from datapilot_assets.step import fingerprint_frame, is_small, silver_built, silver_gates, standing_entries
from datapilot_domain.contracts.ads import ADS_QUARANTINE, BRONZE_ADS, FAMILY, SILVER_ADS_INSIGHTS
from datapilot_domain.exchange_rates import day_rates
from datapilot_domain.extractions import PROVISIONAL_DAYS
from datapilot_domain.landing import LandingEntry
from datapilot_domain.ledger import ActiveEntry, active_entries
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_domain.sources import effective_roles, without_off
from datapilot_resources.platform import Platform
from datapilot_resources.spark_frames import arrow_frame, interpreted


def active_extractions(organization: Organization, entries: Sequence[LandingEntry]) -> list[ActiveEntry]:
    """Active entries of ads in a log, of sources that are not off."""
    return active_entries(without_off(entries, effective_roles(entries, organization, FAMILY)), FAMILY)


def covered_days(run: RefineRun) -> pa.Table:
    """platform, account_id, day: what the extractions cover, as the log alone says."""
    return coverage(active_extractions(run.organization, run.log.entries))


def active_ads(
    platform: Platform, organization: Organization, entries: Sequence[LandingEntry]
) -> tuple[list[ActiveEntry], Resolution]:
    """Active entries of a log, of sources that are not off, and what the extractions leave standing."""
    active = active_extractions(organization, entries)
    with tempfile.TemporaryDirectory(prefix="datapilot-ads-") as directory:
        return active, resolve(active, fetch_indexes(platform, organization.org_id, active, Path(directory)))


def build_silver(run: RefineRun, months: Sequence[Month]) -> Built:
    """bronze.meta_ads, bronze.google_ads → silver.ads_insights and silver.ads_quarantine, in one pass."""
    active, resolution = active_ads(run.platform, run.organization, run.log.entries)
    here, records = standing_entries(active, resolution.standing, months)
    small = is_small(records)
    with interpreted(run.spark, records):
        return _build_silver(run, months, active, here, resolution, small)


def _build_silver(
    run: RefineRun,
    months: Sequence[Month],
    active: Sequence[ActiveEntry],
    here: Sequence[ActiveEntry],
    resolution: Resolution,
    small: bool,
) -> Built:
    records = {
        platform: run.platform.lakehouse.frame(
            run.spark, contract, run.organization.org_id, months, _contents(here, platform)
        )
        for platform, contract in BRONZE_ADS.items()
    }
    types = types_of_entries(active, run.organization.conversion_types)
    rows = [_entry_row(item.entry, run.organization, types[item.entry.seq]) for item in here]
    classified = classify_ads(
        records,
        arrow_frame(run.spark, pa.Table.from_pylist(rows, ADS_ENTRIES)),
        arrow_frame(run.spark, rows_of(resolution.lost, months).select(["landed_seq", "unit_key"])),
    ).persist()
    # Of the entries that were read their fates count what gave way, too.
    read = {item.entry.seq for item in here}
    unread = {key: count for key, count in resolution.superseded.items() if key[0] not in read}
    fates = [row.asDict() for row in count_fates(classified).collect()]
    return silver_built(
        {
            SILVER_ADS_INSIGHTS: silver_ads_insights(
                classified,
                arrow_frame(run.spark, _rates(run.organization, months)),
                fingerprint_frame(run, SILVER_ADS_INSIGHTS, months),
            ),
            ADS_QUARANTINE: ads_quarantine(classified, fingerprint_frame(run, ADS_QUARANTINE, months)),
        },
        months,
        silver_gates(run, FAMILY, months, fates, unread, active),
        small=small,
        cached=[classified],
    )


def _contents(entries: Sequence[ActiveEntry], platform: str) -> list[str]:
    extractions = ((item.entry.content_id, item.entry.extraction) for item in entries)
    return sorted({str(content) for content, found in extractions if found and found.platform == platform})


def _rates(organization: Organization, months: Sequence[Month]) -> pa.Table:
    rows = [
        {
            "currency": rate.currency,
            "reported_on": rate.day,
            "reporting_currency": organization.currency,
            "exchange_rate": rate.rate,
            "exchange_rate_on": rate.rate_on,
        }
        for month in months
        for rate in day_rates(organization.exchange_rates, month.first_day, month.last_day)
    ]
    return pa.Table.from_pylist(rows, ADS_RATES)


def _entry_row(entry: LandingEntry, organization: Organization, types: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    assert entry.extraction is not None
    return {
        "org_id": str(OrgId(entry.org_id)),
        "content_id": entry.content_id,
        "source_id": entry.source,
        "file": entry.file,
        "file_sha256": entry.sha256,
        "landed_seq": entry.seq,
        "extracted_on": entry.effective_at.astimezone(ZoneInfo(organization.time_zone)).date(),
        "extracted_at": entry.effective_at,
        "currency": organization.currency,
        "time_zone": organization.time_zone,
        "conversion_types": [(account, list(names)) for account, names in types.items()],
        "attribution_window": entry.extraction.attribution_window,
        "provisional_days": PROVISIONAL_DAYS[entry.extraction.platform],
    }
