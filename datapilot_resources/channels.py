"""Channels: one attempt to hand a message over, and what came of it."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datapilot_resources.deliveries import AppriseChannel, Channel, LogChannel
from datapilot_resources.settings import Settings, SettingsError

LOG_FILE = "alerts.log"


@dataclass(frozen=True)
class Attached:
    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Outgoing:
    """A message ready to go. `key` tells the receiver that two are one; `data` is what programs read of it."""

    key: str
    type: str  # datapilot.alerts, datapilot.test, datapilot.report
    language: str
    subject: str
    text: str
    data: dict[str, Any]
    attachments: tuple[Attached, ...] = ()

    def body(self, *, with_content: bool) -> dict[str, Any]:
        files = [
            {
                "name": file.name,
                "media_type": file.media_type,
                "sha256": file.sha256,
                **({"content": base64.b64encode(file.content).decode()} if with_content else {}),
            }
            for file in self.attachments
        ]
        about = {"id": self.key, "type": self.type, "language": self.language}
        return {**about, **self.data, "text": self.text, **({"attachments": files} if files else {})}


@dataclass(frozen=True)
class Outcome:
    """`error`: a class of errors, None: it was taken. `final`: trying again will not help. `retry_after` in seconds."""

    error: str | None = None
    final: bool = False
    retry_after: float | None = None


def send(channel: Channel, message: Outgoing, settings: Settings, now: dt.datetime) -> Outcome:
    """One attempt, of at most a minute. A secret that cannot be read is an error to try again: somebody mends it."""
    try:
        if isinstance(channel, LogChannel):
            return write_log(settings.home, message.body(with_content=False), now)
        if isinstance(channel, AppriseChannel):
            from datapilot_resources.channels_apprise import send_by_apprise

            return send_by_apprise(channel, message)
        from datapilot_resources.channels_webhook import post_signed

        return post_signed(channel, message, now)
    except SettingsError:
        return Outcome("its secret cannot be read or used")


def write_log(home: Path, entry: dict[str, Any], now: dt.datetime) -> Outcome:
    """Append one line to the log file; whole, also when another process appends at the same time."""
    line = json.dumps({"at": now.astimezone(dt.timezone.utc).isoformat(timespec="seconds"), **entry})
    content = f"{line}\n".encode()
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = os.open(home / LOG_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            written = os.write(file, content)
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        return Outcome(f"log file: {type(error).__name__}")
    return Outcome() if written == len(content) else Outcome("log file: disk full")
