"""An alert: a condition from when it was first found until it is gone, and who heard of it."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from datapilot_domain.alerts.condition import Severity
from datapilot_domain.findings import Found
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month

State = Literal["OPEN", "ACK", "RESOLVED"]
# What a message tells of an alert: it is there, it is worse than it was told, it is gone.
NoticeKind = Literal["opened", "raised", "resolved"]


class Alert(BaseModel):
    """One row of the alert book. `org_id` None: of the platform. `count`: how often it was found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    fingerprint: str
    watch: str
    org_id: OrgId | None
    code: str
    severity: Severity
    cause: Found
    month: Month | None
    ui_path: str | None
    command: str | None
    state: State
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    count: int
    acked_at: AwareDatetime | None
    acked_by: str | None
    resolved_at: AwareDatetime | None
    # When the first message that holds it had left, or was written to the log instead.
    notified_at: AwareDatetime | None
    silenced_until: AwareDatetime | None
    # How often it was opened: more than once when it came back soon after it was resolved.
    openings: int
    # It came back soon: what was told as resolved is not told as open again before this.
    quiet_until: AwareDatetime | None


class Notice(BaseModel):
    """What one message tells of one alert."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: NoticeKind
    alert: Alert
