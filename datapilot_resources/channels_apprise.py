"""E-mail and chats through Apprise, in a process of its own.

Its library says only whether it went well, bounds single steps and not the whole, and logs addresses, which hold
passwords. A process is ended when its time is up, and nobody hears what it logs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

from datapilot_resources.channels import Outcome, Outgoing
from datapilot_resources.deliveries import AppriseChannel

_SECONDS = 50.0
_TAKEN, _NOT_TAKEN, _NO_ADDRESS = 0, 3, 4


def send_by_apprise(channel: AppriseChannel, message: Outgoing) -> Outcome:
    """Raises SettingsError: the address cannot be read."""
    order: dict[str, Any] = {
        "address": channel.address.read().get_secret_value(),
        "title": message.subject,
        "body": message.text,
    }
    with tempfile.TemporaryDirectory(prefix="datapilot-") as folder:  # mode 0700
        order["attachments"] = [_put(Path(folder), n, f.name, f.content) for n, f in enumerate(message.attachments)]
        try:
            done = subprocess.run(
                [sys.executable, "-m", __name__],
                # Half a character of a file's name, which no encoding takes, is shown as a question mark.
                input=json.dumps(order, ensure_ascii=False).encode(errors="replace"),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Outcome("timeout")
    if done.returncode == _NO_ADDRESS:
        return Outcome("its address is not one of Apprise")
    return Outcome() if done.returncode == _TAKEN else Outcome("not taken")


def _put(folder: Path, number: int, name: str, content: bytes) -> str:
    """In a folder of its own: two files may have one name. Accents go: Apprise writes such names so that none shows."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    path = folder / str(number) / (plain or "file")
    path.parent.mkdir()
    path.write_bytes(content)
    return str(path)


def main() -> int:
    """Send what stdin orders; the exit code says what came of it."""
    import apprise

    order = json.load(sys.stdin.buffer)
    # Nothing is kept on disk; nothing of the address is logged in clear.
    asset = apprise.AppriseAsset(app_id="DataPilot", app_desc="DataPilot", async_mode=False, storage_mode="memory")
    services = apprise.Apprise(asset=asset)
    if not services.add(order["address"]) or len(services) != 1:
        # With several, one that fails would make the others hear it twice.
        return _NO_ADDRESS
    for service in services:
        service.notify_format = apprise.NotifyFormat.TEXT
        if service.overflow_mode == apprise.OverflowMode.UPSTREAM:
            # A chat refuses a text that is longer than it takes: it gets several.
            service.overflow_mode = apprise.OverflowMode.SPLIT
    taken = services.notify(
        title=order["title"],
        body=order["body"],
        body_format=apprise.NotifyFormat.TEXT,
        attach=order["attachments"] or None,
    )
    return _TAKEN if taken else _NOT_TAKEN


if __name__ == "__main__":
    raise SystemExit(main())
