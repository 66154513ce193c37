"""Where the rows of an organization go in Power BI: the section `power_bi` of the file of deliveries."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from datapilot_domain.contracts import SERVED, TableContract
from datapilot_domain.organizations import OrgId
from datapilot_resources.secret_reference import SecretReference

_BY_ID = {contract.id: contract for contract in SERVED}
_GOLD = tuple(contract.id for contract in SERVED if contract.layer == "gold")


class PowerBiTarget(BaseModel):
    """A push semantic model of one organization, and who may write to it.

    Without `dataset` it is not there yet: `datapilot power-bi create` makes it and says its id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    organization: OrgId
    workspace: UUID
    dataset: UUID | None = None
    tables: tuple[str, ...] = _GOLD
    # What the semantic model does with rows beyond its limit: refuses them, or drops the oldest.
    retention: Literal["none", "basicFIFO"] = "none"
    tenant: str | None = None
    client_id: str | None = None
    client_secret: SecretReference | None = None
    token: SecretReference | None = None
    base_url: str = "https://api.powerbi.com"
    authority: str = "https://login.microsoftonline.com"

    @field_validator("tables")
    @classmethod
    def _are_served(cls, tables: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(tables) - _BY_ID.keys()):
            raise ValueError(f"no such table: {', '.join(unknown)}; there are {', '.join(_BY_ID)}")
        if not tables or len(set(tables)) != len(tables):
            raise ValueError("name at least one table, and each once")
        return tables

    @field_validator("base_url", "authority")
    @classmethod
    def _is_encrypted(cls, address: str) -> str:
        parts = urlsplit(address)
        on_this_machine = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
        if not parts.hostname or not (parts.scheme == "https" or on_this_machine):
            raise ValueError("must be https://host: a secret is sent to it")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("must hold no user, password, ? or #")
        return address.rstrip("/")

    @field_validator("tenant")
    @classmethod
    def _is_a_name(cls, tenant: str | None) -> str | None:
        if tenant is not None and not tenant.replace("-", "").replace(".", "").isalnum():
            raise ValueError("must be the id or the domain of the tenant")
        return tenant

    @model_validator(mode="after")
    def _one_way_in(self) -> PowerBiTarget:
        credentials = (self.tenant, self.client_id, self.client_secret)
        if self.token is None and None in credentials:
            raise ValueError("name tenant, client_id and client_secret, or a token")
        if self.token is not None and credentials != (None, None, None):
            raise ValueError("name a token, or tenant, client_id and client_secret, not both")
        return self

    @property
    def contracts(self) -> tuple[TableContract, ...]:
        return tuple(_BY_ID[name] for name in self.tables)
