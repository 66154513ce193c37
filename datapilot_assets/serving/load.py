"""Load the months of one organization that are not served as the lake has them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from datapilot_assets.served import RowsDiffer, lake_states, rows_at
from datapilot_assets.serving.state import expected_fingerprints, pending_serving
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_resources.serving import LoadRefused, ServedMonth, ServedTable

logger = logging.getLogger(__name__)


class MonthsRefused(RuntimeError):
    """Months that could not be loaded; the others of the run were."""


def load_months(
    platform: Platform, organization: Organization, months: Sequence[Month], run_id: str
) -> Iterator[ServedMonth]:
    """Load those of the months that are pending, each in a transaction of its own; what was loaded.

    Where a table must be made anew, every month of the organization is loaded in the one transaction that does it, so
    that no reader misses one. Raises PostgresUnavailable, and MonthsRefused at the end: a month that cannot be loaded
    stops no other.
    """
    org, serving = organization.org_id, platform.serving
    wanted = sorted(pending_serving(platform, organization).keys() & set(months))
    batches = [[month] for month in wanted]
    if wanted and serving.must_rebuild(org):
        batches = [sorted(expected_fingerprints(platform, lake_states(platform, org, serving.contracts)))]
    refused: list[str] = []
    for batch in batches:
        try:
            yield from serving.load(org, batch, lambda month: read_month(platform, org, month), run_id)
        except (LoadRefused, RowsDiffer) as error:
            logger.exception("serving of %s, %s: not loaded", org, batch)
            refused.append(f"{batch[0]}: {error}")
    if refused:
        raise MonthsRefused("; ".join(refused))


def read_month(platform: Platform, org: OrgId, month: Month) -> ServedMonth:
    """The month as the lake has it now, each table at the version that last wrote the month."""
    contracts = platform.serving.contracts
    states = lake_states(platform, org, contracts)
    fingerprint = expected_fingerprints(platform, states)[month]
    tables = []
    for contract in contracts:
        state = states[contract.id].get(month)
        rows = rows_at(platform, org, contract, month, state)
        tables.append(ServedTable(contract, state.version if state else None, rows))
    return ServedMonth(month, fingerprint, tuple(tables))
