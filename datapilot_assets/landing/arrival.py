"""One file on its way in, and the entries that say what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from datapilot_assets.landing.ads.decode import DecodedAds
from datapilot_assets.landing.decode import Decoded
from datapilot_assets.landing.inbox import InboxFile
from datapilot_domain.landing import Correction, Declaration, LandingEntry, Verdict
from datapilot_domain.organizations import Organization
from datapilot_domain.reasons import Refusal
from datapilot_resources.landing_log import LandingLog
from datapilot_resources.platform import Platform


@dataclass
class Arrival:
    """What is known of a file before any decision."""

    platform: Platform
    organization: Organization
    inbox_file: InboxFile
    arrived_at: dt.datetime
    run_id: str
    path: Path
    sha256: str
    workdir: Path
    decoded: Decoded | None = None
    decoded_ads: DecodedAds | None = None
    # The entry whose kept bytes are decided again (replay or correction), and corrections on its records.
    replayed: LandingEntry | None = None
    corrections: tuple[Correction, ...] = ()
    # Whether a content's records go to bronze.
    writes: Callable[[str], bool] = lambda content: True

    @property
    def arrived_on(self) -> dt.date:
        return self.arrived_at.astimezone(ZoneInfo(self.organization.time_zone)).date()


def entry_base(arrival: Arrival, log: LandingLog, declaration: Declaration) -> dict[str, object]:
    return {
        "seq": log.head + 1,
        "org_id": arrival.organization.org_id,
        "family": None,
        "source": arrival.inbox_file.source,
        "file": arrival.inbox_file.file,
        "sha256": arrival.sha256,
        "size": arrival.path.stat().st_size,
        "arrived_at": arrival.arrived_at,
        "arrived_on": arrival.arrived_on,
        "declaration": declaration,
        "replays": arrival.replayed.place if arrival.replayed else None,
        "corrections": arrival.corrections,
    }


def refused_entry(arrival: Arrival, log: LandingLog, declaration: Declaration, refusal: Refusal) -> LandingEntry:
    return LandingEntry.model_validate(
        {
            **entry_base(arrival, log, declaration),
            "verdict": Verdict.REFUSED,
            "reason": refusal.code,
            "found": refusal.found,
            "commands": refusal.commands,
        }
    )
