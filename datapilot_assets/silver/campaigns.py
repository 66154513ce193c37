"""silver.campaigns: the campaigns of an organization, a row per version of the name. It is not monthly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import pyarrow as pa

from datapilot_assets.ads_silver import active_ads
from datapilot_assets.landing.ads.ledger import CampaignName, extraction_numbers
from datapilot_assets.refinement import Refreshed
from datapilot_domain.contracts.ads import SILVER_CAMPAIGNS
from datapilot_domain.landing import digest
from datapilot_domain.organizations import Organization
from datapilot_resources.lakehouse import arrow_schema
from datapilot_resources.platform import Platform


def campaign_versions(
    names: Sequence[CampaignName], times: Mapping[int, dt.datetime], organization: Organization, fingerprint: str
) -> pa.Table:
    """SILVER_CAMPAIGNS of what each extraction called its campaigns, `names` oldest first per campaign.

    times: number of an extraction → its time. A row begins where the name or the currency is another than before;
    a campaign that an extraction shows without a name keeps the one that it had.
    """
    rows: list[dict[str, object]] = []
    current: dict[tuple[str, str, str], tuple[str | None, str]] = {}
    for platform, account, campaign, extraction, name, currency in names:
        key = (platform, account, campaign)
        known = current.get(key)
        version = (name or (known[0] if known else None), currency or organization.currency)
        if version != known:
            current[key] = version
            rows.append(
                {
                    "org_id": str(organization.org_id),
                    "platform": platform,
                    "account_id": account,
                    "campaign_id": campaign,
                    "campaign_name": version[0],
                    "currency": version[1],
                    "valid_from": times[extraction],
                    "fingerprint": fingerprint,
                }
            )
    return pa.Table.from_pylist(rows, arrow_schema(SILVER_CAMPAIGNS))


def refresh_campaigns(platform: Platform, organization: Organization, run_id: str) -> Refreshed | None:
    """Write the table anew if the log's extractions are others than it was made of."""
    log = platform.lakehouse.landing_log(organization.org_id)
    active, resolution = active_ads(platform, organization, log.entries)
    if not active:
        return None
    extractions = [[item.entry.content_id, item.entry.effective_at.isoformat()] for item in active]
    fingerprint = digest([SILVER_CAMPAIGNS.id, SILVER_CAMPAIGNS.version, organization.currency, extractions])
    stored = platform.lakehouse.organization_state(SILVER_CAMPAIGNS, organization.org_id)
    if stored is not None and stored.fingerprint == fingerprint:
        return None
    numbers = extraction_numbers(active)
    # Of the pages of one extraction the last is its time.
    times = {numbers[item.entry.seq]: item.entry.effective_at for item in active}
    table = campaign_versions(resolution.names, times, organization, fingerprint)
    version = platform.lakehouse.replace_organization(
        SILVER_CAMPAIGNS, organization.org_id, table, fingerprint, run_id, log.head
    )
    return Refreshed(SILVER_CAMPAIGNS, fingerprint, version, table.num_rows)
