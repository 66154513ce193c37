"""Which bronze table holds the records of an entry."""

from __future__ import annotations

from datapilot_domain.contracts.ads import BRONZE_ADS
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.contracts.table import TableContract
from datapilot_domain.landing import LandingEntry


def bronze_of(entry: LandingEntry) -> TableContract:
    """Ads have one table for each platform."""
    return BRONZE_ADS[entry.extraction.platform] if entry.extraction else BRONZE_SALES
