"""A condition: something that holds now and that somebody must hear of."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

from datapilot_domain.alerts.catalogue import ALERTS
from datapilot_domain.findings import Found
from datapilot_domain.landing import digest
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month

Severity = Literal["info", "warning", "critical"]
# The least urgent first.
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")


class Condition(BaseModel):
    """What a watch found. It is an alert as long as the watch finds it, whatever the numbers in its cause."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    # None: of the platform, not of an organization.
    org_id: OrgId | None
    # What tells it from the others of its code: family, source, month, place in the log.
    subject: tuple[str, ...]
    severity: Severity
    # Holds no cell of a file, no secret and no traceback: a message shows it.
    cause: Found
    month: Month | None = None
    # Where the evidence is: a path of the Dagster UI, and a command that shows it.
    ui_path: str | None = None
    command: str | None = None

    @field_validator("code")
    @classmethod
    def _known(cls, code: str) -> str:
        if code not in ALERTS:
            raise ValueError(f"no alert {code}")
        return code

    @property
    def fingerprint(self) -> str:
        """32 hex characters: the same condition, found again, is the same alert."""
        return fingerprint_of(self.code, self.org_id, self.subject)


def fingerprint_of(code: str, org_id: OrgId | None, subject: tuple[str, ...]) -> str:
    return digest([org_id, code, *subject])
