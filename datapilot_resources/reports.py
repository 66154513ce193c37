"""A report as the outbox keeps it: what it says, and files of the store that go with it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from datapilot_domain.alerts.message import Language


class Attachment(BaseModel):
    """`key`: where its bytes lie in the store; they are read when it is sent and must have this sha256."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[^/\\\x00-\x1f]{1,200}$")
    key: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    media_type: str


class Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Language
    subject: str
    text: str
    attachments: tuple[Attachment, ...] = ()
