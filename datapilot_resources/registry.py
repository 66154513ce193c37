"""Organization registry: one small JSON object per organization in the store."""

from __future__ import annotations

import builtins
from contextlib import suppress

from pydantic import ValidationError

from datapilot_domain.organizations import InvalidName, Organization, OrgId
from datapilot_resources.object_store import ObjectStore

_PREFIX = "registry/"


class UnknownOrganization(LookupError):
    """An organization that the registry does not hold gets no run and no read."""


class RegistryError(RuntimeError):
    """A registry object that is not a valid organization."""


class Registry:
    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @staticmethod
    def _key(org: OrgId) -> str:
        return f"{_PREFIX}org_id={org}.json"

    def list(self) -> list[OrgId]:
        """Ids of all organizations, sorted. Objects that are none are `strays`: one must not stop the others."""
        return sorted(org for org in map(_organization_of, self._keys()) if org)

    def strays(self) -> builtins.list[str]:
        """Keys below the registry that are no organization: rename or remove them."""
        return [key for key in self._keys() if not _organization_of(key)]

    def _keys(self) -> builtins.list[str]:
        return [info.key for info in self._store.list(_PREFIX.rstrip("/"))]

    def get(self, org: str) -> Organization:
        """Raises InvalidName, UnknownOrganization, RegistryError."""
        org_id = OrgId(org)
        key = self._key(org_id)
        if not self._store.exists(key):
            raise UnknownOrganization(
                f"organization {org_id} is not in the registry; add it: datapilot org add {org_id}"
            )
        try:
            organization = Organization.model_validate_json(self._store.read(key))
        except ValidationError as error:
            raise RegistryError(f"{key}: {error.error_count()} invalid fields: {error.errors()[0]['msg']}") from error
        if organization.org_id != org_id:
            raise RegistryError(f"{key} describes {organization.org_id}; an object describes its own organization")
        return organization

    def readable(self) -> builtins.list[Organization]:
        """The organizations whose objects can be read: one that cannot must not stop the others.

        `doctor` names it, and so does an alert (WATCH_FAILED).
        """
        found = []
        for org in self.list():
            with suppress(RegistryError, UnknownOrganization):
                found.append(self.get(org))
        return found

    def add(self, organization: Organization) -> bool:
        """Create; False when it already exists (nothing is changed then)."""
        return self._store.create(self._key(organization.org_id), _json(organization))

    def put(self, organization: Organization) -> None:
        self._store.write(self._key(organization.org_id), _json(organization))


def _organization_of(key: str) -> OrgId | None:
    name = key.removeprefix(_PREFIX)
    if not (name.startswith("org_id=") and name.endswith(".json")):
        return None
    try:
        return OrgId(name[len("org_id=") : -len(".json")])
    except InvalidName:
        return None


def _json(organization: Organization) -> bytes:
    return organization.model_dump_json(indent=2).encode()
