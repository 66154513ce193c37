"""Roles of sources (R25): which of them reach the sums of gold, as a function of the registry and the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from datapilot_domain.landing import LandingEntry, SourceOverlap, Verdict
from datapilot_domain.ledger import counted_entries
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
    """Sources with an accepted file, in the order in which each had its first: a replay changes nothing of it."""
    known = list(entries)
    counted = {entry.source for entry in counted_entries(known, family)}
    accepted = (e.source for e in known if e.family == family and e.verdict is Verdict.ACCEPTED)
    return [source for source in dict.fromkeys(accepted) if source in counted]


def latest_overlaps(entries: Iterable[LandingEntry], family: str) -> dict[str, SourceOverlap]:
    """The last comparison of each source."""
    found = (overlap for entry in entries if entry.family == family for overlap in entry.overlaps)
    return {overlap.source: overlap for overlap in found}


def mirrored(entries: Iterable[LandingEntry], family: str) -> dict[str, tuple[str, ...]]:
    """Source → the sources whose sales it was found to repeat. What was found once is not taken back."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        for overlap in entry.overlaps if entry.family == family else ():
            if overlap.mirror:
                found[overlap.source] = tuple(dict.fromkeys((*found.get(overlap.source, ()), *overlap.against)))
    return found


def effective_roles(entries: Sequence[LandingEntry], organization: Organization, family: str) -> dict[str, Role]:
    """Role of every source with an accepted file: declared, else detected, else `counts`; the first source first.

    A detection says "the same sales as those of A": it holds while one of the sources that it was found
    against counts. Were it otherwise, switching A off would leave the sales in no source at all.
    """
    declared = {name: settings.role for name, settings in organization.sources.items() if settings.role}
    repeats = mirrored(entries, family)
    roles: dict[str, Role] = {}
    for source in sources_of(entries, family):
        known: Roles = {**roles, **declared}
        is_repeat = any(known.get(other) == "counts" for other in repeats.get(source, ()))
        roles[source] = declared.get(source) or ("mirror" if is_repeat else "counts")
    return roles


def counting_before(source: str, roles: Roles) -> tuple[str, ...]:
    """The counting sources that came before: of two equal sources the later is the mirror, never the first.

    A later source that was declared to count says that its sales are others, not that the earlier is a mirror.
    """
    order = list(roles)
    return tuple(other for other in order[: order.index(source)] if roles[other] == "counts")


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
