"""What failed runs should have made and is there now, whoever made it: the lake is the truth, and not a later run."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from functools import cache

from datapilot_assets.alerts.runs import INTAKE
from datapilot_assets.consumers import CONSUMERS, ConsumerDown
from datapilot_assets.sensors.inbox import inbox_batch
from datapilot_assets.status import stale_months
from datapilot_domain.alerts import Alert
from datapilot_domain.contracts import FAMILY_CONTRACTS
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform

_OF_FAMILY = {f"refine_{family}_job": family for family in FAMILY_CONTRACTS}
_OF_CONSUMER = {consumer.job: consumer for consumer in CONSUMERS}


def repaired(platform: Platform, alerts: Sequence[Alert]) -> Iterator[str]:
    """Fingerprints of those alerts about runs whose month is current, or whose files are landed."""
    organizations = {organization.org_id: organization for organization in platform.registry.readable()}
    # Asked once for all months of a job, and only where there is an alert.
    to_make = cache(lambda org, job: _months_to_make(platform, organizations[org], job))
    landed = cache(lambda: not inbox_batch(platform))
    for alert in alerts:
        job = str(alert.cause.values.get("job", ""))
        if job == INTAKE:
            done = landed()
        elif alert.month is not None and alert.org_id in organizations:
            done = alert.month not in to_make(alert.org_id, job)
        else:
            done = False
        if done:
            yield alert.fingerprint


class _AllMonths:
    """Nobody can say which."""

    def __contains__(self, month: object) -> bool:
        return True


def _months_to_make(platform: Platform, organization: Organization, job: str) -> Container[Month]:
    """Months of which something that the job makes is still to be made; of a job of the UI, anything."""
    if (consumer := _OF_CONSUMER.get(job)) is not None:
        if consumer.off(platform.settings) is not None:
            return ()
        try:
            return consumer.pending(platform, organization)
        except ConsumerDown:
            return _AllMonths()
    families = [_OF_FAMILY[job]] if job in _OF_FAMILY else list(FAMILY_CONTRACTS)
    return {month for family in families for month in stale_months(platform, organization, family)}
