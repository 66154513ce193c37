"""The platform of the environment, imported only by commands that need it: `--help` must be quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datapilot_domain.organizations import OrgId
    from datapilot_resources.platform import Platform


def platform() -> Platform:
    from datapilot_resources.platform import Platform

    return Platform.from_environment()


def organizations(services: Platform, org: OrgId | None) -> list[OrgId]:
    """The named organization, or all. Raises UnknownOrganization."""
    return [services.registry.get(org).org_id] if org else services.registry.list()
