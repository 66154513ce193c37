"""Roles of sources (R25): which of them reach the sums of gold, as a function of the registry and the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from datapilot_domain.landing import LandingEntry, SourceOverlap, counted_entries
from datapilot_domain.organizations import Organization, Role
from datapilot_domain.partitions import Month

MIRROR_ORDERS = 10
# In hundredths: 30 % of the compared orders.
MIRROR_PERCENT = 30

Roles = Mapping[str, Role]


def is_mirror(compared: int, matched: int) -> bool:
    """From 10 matched orders that are 30 % of those compared, two sources tell of the same sales (R25)."""
    return matched >= MIRROR_ORDERS and 100 * matched >= MIRROR_PERCENT * compared


def sources_of(entries: Iterable[LandingEntry], family: str) -> list[str]:
    """Sources with an accepted file, the first one first."""
    return list(dict.fromkeys(entry.source for entry in counted_entries(entries, family)))


def latest_overlaps(entries: Iterable[LandingEntry], family: str) -> dict[str, SourceOverlap]:
    """The last comparison of each source; once it was found to be a mirror, it stays one."""
    latest: dict[str, SourceOverlap] = {}
    for entry in entries:
        if entry.family == family:
            latest.update({overlap.source: overlap for overlap in entry.overlaps})
    return latest


def effective_roles(entries: Sequence[LandingEntry], organization: Organization, family: str) -> dict[str, Role]:
    """Role of every source with an accepted file: declared, else detected, else `counts`; the first source first.

    A detection says "the same sales as those of A": it holds while one of the sources that it was found
    against counts. Were it otherwise, switching A off would leave the sales in no source at all.
    """
    declared = {name: settings.role for name, settings in organization.sources.items() if settings.role}
    overlaps = latest_overlaps(entries, family)
    roles: dict[str, Role] = {}
    for source in sources_of(entries, family):
        overlap = overlaps.get(source)
        if source in declared:
            roles[source] = declared[source]
        elif overlap is not None and overlap.mirror:
            known: Roles = {**roles, **declared}
            roles[source] = "mirror" if any(known.get(other) == "counts" for other in overlap.against) else "counts"
        else:
            roles[source] = "counts"
    return roles


def counting_against(source: str, roles: Roles, organization: Organization) -> tuple[str, ...]:
    """The counting sources that an undeclared source is compared with: those before it, and declared ones.

    `roles` lists the sources with the first one first, so that of two equal sources the later is the mirror.
    """
    order = list(roles)
    earlier = order[: order.index(source)]
    return tuple(
        other
        for other in order
        if other != source and roles[other] == "counts" and (other in earlier or organization.source(other).role)
    )


def roles_by_month(entries: Sequence[LandingEntry], roles: Roles, family: str) -> dict[Month, dict[str, Role]]:
    """Of every month, the roles of the sources that sent records of it or declared it: all that its sums hang on."""
    found: dict[Month, dict[str, Role]] = {}
    for entry in counted_entries(entries, family):
        for month in {*entry.months, *entry.complete_months}:
            found.setdefault(month, {})[entry.source] = roles[entry.source]
    return found


def with_role(entries: Iterable[LandingEntry], roles: Roles, role: Role) -> list[LandingEntry]:
    return [entry for entry in entries if roles.get(entry.source) == role]


def without_off(entries: Iterable[LandingEntry], roles: Roles) -> list[LandingEntry]:
    """Entries but those of sources that are off."""
    return [entry for entry in entries if roles.get(entry.source) != "off"]
