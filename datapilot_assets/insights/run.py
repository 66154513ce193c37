"""The months of one organization whose gold changed, written one after the other."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from datapilot_assets.insights.publish import commit
from datapilot_assets.insights.state import expected_fingerprints, pending_insights
from datapilot_assets.insights.writing import MonthInsights, reading, write_month
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform

logger = logging.getLogger(__name__)


class MonthsFailed(RuntimeError):
    """Months that could not be written; the others of the run were."""


@dataclass(frozen=True)
class Told:
    """One month that was written: what became of it, and the Delta version of each table."""

    insights: MonthInsights
    fingerprint: str
    versions: dict[str, int]


def write_insights(
    platform: Platform, organization: Organization, months: Sequence[Month], run_id: str, *, again: bool = False
) -> Iterator[Told]:
    """Write those of the months whose insights are not of today's gold, the oldest first, one commit each.

    `again`: all of them, by whoever writes now; a model is asked only about facts that it has not told already.
    Raises MonthsFailed at the end: a month that fails stops no other.
    """
    pending = (expected_fingerprints if again else pending_insights)(platform, organization)
    wanted = [month for month in sorted(months) if month in pending]
    if not wanted:
        return
    log_head = platform.lakehouse.landing_log(organization.org_id).head
    with reading(platform, organization) as open_gold:
        # Gold that changed since is another run's: what was read is what is named.
        expected = expected_fingerprints(platform, organization)
        failed: list[str] = []
        for month in wanted:
            if expected.get(month) != pending[month]:
                continue
            prints = {month: pending[month]}
            try:
                found = write_month(open_gold, month, run_id, platform.language_model)
                versions = commit(platform, organization, [found], prints, run_id, platform.language_model, log_head)
            except Exception as error:
                logger.exception("insights of %s, %s: not written", organization.org_id, month)
                failed.append(f"{month}: {type(error).__name__}: {error}")
            else:
                yield Told(found, pending[month], versions)
        if failed:
            raise MonthsFailed("; ".join(failed))
