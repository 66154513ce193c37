"""Dagster's side of OrgMonth: the two-dimensional partitions definition and the range of one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import dagster as dg

from datapilot_domain.organizations import InvalidName
from datapilot_domain.partitions import InvalidPartition, Month, OrgMonth
from datapilot_resources.settings import Settings

ORGANIZATIONS = dg.DynamicPartitionsDefinition(name="org")
ORGANIZATION_TAG = "datapilot/organization"
_RANGE_START = "dagster/asset_partition_range_start"
_RANGE_END = "dagster/asset_partition_range_end"


def _months(first_month: str) -> dg.MonthlyPartitionsDefinition:
    # end_offset=1: the current month is a partition while it is still running.
    return dg.MonthlyPartitionsDefinition(start_date=first_month, fmt="%Y-%m", end_offset=1)


ORG_MONTHS = dg.MultiPartitionsDefinition(
    {"month": _months(Settings.from_environment().first_month), "org": ORGANIZATIONS}
)


def range_tags(org: str, months: Sequence[Month]) -> dict[str, str]:
    """Tags of one run over a contiguous stretch of an organization's months.

    The organization tag lets the run queue limit the runs of one organization: range runs carry none.
    """
    return {
        _RANGE_START: OrgMonth.of(org, str(months[0])).key,
        _RANGE_END: OrgMonth.of(org, str(months[-1])).key,
        ORGANIZATION_TAG: org,
    }


def months_of_tags(tags: Mapping[str, str]) -> list[OrgMonth]:
    """Partitions of a run: of its range, of its one key, or none. Raises InvalidName, InvalidPartition."""
    if "dagster/partition" in tags:
        return [OrgMonth.parse(tags["dagster/partition"])]
    if _RANGE_START not in tags or _RANGE_END not in tags:
        return []
    first, last = OrgMonth.parse(tags[_RANGE_START]), OrgMonth.parse(tags[_RANGE_END])
    count = (last.month.year - first.month.year) * 12 + last.month.number - first.month.number + 1
    return [OrgMonth(first.org, first.month.plus(n)) for n in range(max(count, 0))]


def org_months(keys: Iterable[str]) -> dict[str, list[Month]]:
    """Months by organization of the partition keys of a run. Raises dg.Failure on a key that is not ours."""
    found: dict[str, list[Month]] = {}
    for key in keys:
        try:
            partition = OrgMonth.parse(str(key))
        except (InvalidName, InvalidPartition) as error:
            raise dg.Failure(description=f"partition key refused: {error}", allow_retries=False) from error
        found.setdefault(partition.org, []).append(partition.month)
    return {org: sorted(months) for org, months in sorted(found.items())}
