"""A run over several organizations: each gets its turn, whatever becomes of the others'."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import dagster as dg

from datapilot_assets.partitioning import org_months
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.registry import Registry, RegistryError, UnknownOrganization


def each_organization(
    keys: Iterable[str],
    registry: Registry,
    work: Callable[[Organization, list[Month]], None],
    *expected: type[Exception],
) -> None:
    """Do the work on the months of every organization that the partition keys name.

    Raises dg.Failure at the end, naming the organizations that are not registered, or not well, and those whose work
    raised one of the `expected` errors, with its message; at once, on a key that is none. Anything else passes through.
    """
    caught: tuple[type[Exception], ...] = (UnknownOrganization, RegistryError, *expected)
    failed: list[str] = []
    for org, months in org_months(keys).items():
        try:
            work(registry.get(org), months)
        except caught as error:
            failed.append(f"{org}: {error}")
    if failed:
        raise dg.Failure(description="; ".join(failed), allow_retries=False)
