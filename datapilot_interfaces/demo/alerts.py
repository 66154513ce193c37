"""The demo's alerts: what the watches find goes over real HTTP to who may hear it, signed, once."""

from __future__ import annotations

import secrets
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from datapilot_assets.alerts.look import look_at_organizations
from datapilot_assets.alerts.post import post
from datapilot_domain.organizations import OrgId
from datapilot_interfaces.demo.receiver import receiver
from datapilot_resources.deliveries import FILE_NAME
from datapilot_resources.outbox import outbox_rows
from datapilot_resources.platform import Platform


def alerts_received(platform: Platform, org: OrgId) -> dict[str, Any]:
    """Look, post twice, and what arrived: of the operators' channel, and of one organization's own."""
    # A side record of its own: messages in a Postgres that is set are not the demo's to send.
    own = Platform(platform.settings.model_copy(update={"postgres_url": None, "deliveries": None}))
    book, home = own.alert_book, own.settings.home
    secret = secrets.token_hex(32)
    with receiver(secret.encode()) as (address, received):
        _write_deliveries(home, address, org, secret)
        look_at_organizations(own, book.clock())
        # The second has nothing to tell: what was sent is not sent again.
        sent = [post(own, seconds=30).sent for _ in range(2)]
    # The receiver is gone: from now on the demo's alerts go to the log.
    (home / FILE_NAME).unlink()
    keys = sorted(row.key for row in outbox_rows(book, states=("sent",)))
    told = {path.strip("/"): body for path, body in received.bodies}
    heard = {name: {part["org_id"] for part in body["organizations"]} for name, body in told.items()}
    return {
        "alerts": Counter(alert.code for alert in book.alerts()),
        "messages": [
            {"channel": path.strip("/"), "id": body["id"], "text": body["text"]} for path, body in told.items()
        ],
        "unsigned": received.unsigned,
        "outstanding": len(book.alerts(outstanding=True)),
        "ok": sent == [2, 0]
        and received.unsigned == 0
        and keys == sorted(body["id"] for _, body in received.bodies)
        and heard["own"] == {org}
        and org in heard["operators"]
        and not book.alerts(outstanding=True),
    }


def _write_deliveries(home: Path, address: str, org: OrgId, secret: str) -> None:
    """Two channels on the receiver; their secret in a file of its own."""
    kept = home / "secrets" / "webhook"
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept.touch(mode=0o600)
    kept.write_text(secret)
    webhook = {"kind": "webhook", "secret": {"file": str(kept)}}
    channels = {
        "operators": {**webhook, "url": f"{address}/operators"},
        "own": {**webhook, "url": f"{address}/own", "organization": str(org)},
    }
    deliveries = {"channels": channels, "routes": [{"to": "operators"}, {"to": "own"}]}
    (home / FILE_NAME).write_text(yaml.safe_dump(deliveries, sort_keys=False))
