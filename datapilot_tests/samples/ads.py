"""Ads files of one organization: a first sync of Meta (two pages) and Google, and a re-sync of each, all seeded.

Days 2024-01-24 (Wednesday) to 2024-02-13 (Tuesday): the first and the last week are partial, one lies across the
month end. The re-syncs begin on 2024-01-31. What they hold on purpose:

- Verão: purchases that came later, and a new name, both in the re-sync only
- Remarketing: 2024-02-05 is missing in the re-sync: the row goes
- Encerrada: ends on 2024-02-03 and is missing in the whole re-sync: its rows stay
- Teste: shown to nobody: no spend, no ratio
- Alcance: spend, but no conversion: claimed return 0, no cost per conversion
- Marca (Google): 2024-02-06 has a conversion without delivery, in the re-sync only
- Display (Google): an id beyond 2^53
- the ads of Verão once more, at the level of the ad, which must not be added to the campaign
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from datapilot_interfaces.demo.ads import (
    GOOGLE,
    META,
    AdDay,
    Campaign,
    draw_ad_days,
    google_stream,
    meta_object,
    meta_pages,
)

FIRST_DAY, LAST_DAY = dt.date(2024, 1, 24), dt.date(2024, 2, 13)
RESYNC_FROM = dt.date(2024, 1, 31)
FIRST_SYNC, RESYNC = "2024-02-14T03:00", "2024-02-21T03:00"
_ACCOUNT, _CUSTOMER = "900100200300400", "5550001111"
SUMMER, REMARKETING, ENDED, TEST, REACH = (
    Campaign(META, _ACCOUNT, f"12020812345678900{number}", name)
    for number, name in enumerate(("Verão ☀️", "Remarketing", "Encerrada", "Teste", "Alcance"))
)
BRAND = Campaign(GOOGLE, _CUSTOMER, "21000000001", "Marca")
DISPLAY = Campaign(GOOGLE, _CUSTOMER, "9007199254740993", "Display | BR")
NEW_NAME = "Verão ☀️ 2024"
GONE_DAY, ENDED_ON, UNDELIVERED_DAY = dt.date(2024, 2, 5), dt.date(2024, 2, 3), dt.date(2024, 2, 6)


@dataclass(frozen=True)
class Sync:
    """Files of one `land` call, by name, and the time that is declared for them, local to the organization."""

    as_of: str
    files: dict[str, bytes]

    def write(self, folder: Path) -> list[Path]:
        paths = [folder / name for name in self.files]
        for path in paths:
            path.write_bytes(self.files[path.name])
        return paths


def first_sync() -> list[Sync]:
    """Meta's pages, the ads of one campaign, Google's stream: three calls of one morning."""
    meta, google = _days(META), _days(GOOGLE)
    half = len(meta) // 2
    pages = meta_pages(meta, (half, len(meta) - half))
    ads = [_of_an_ad(found) for found in meta if found.campaign == SUMMER and found.day < RESYNC_FROM]
    return [
        Sync(FIRST_SYNC, {f"meta_{number}.json": page for number, page in enumerate(pages, start=1)}),
        Sync(FIRST_SYNC, {"meta_level_ad.json": json.dumps(ads, ensure_ascii=False).encode()}),
        Sync(FIRST_SYNC, {"google.json": google_stream(google, 40)}),
    ]


def resync() -> list[Sync]:
    """A week later, each platform's days from RESYNC_FROM on."""
    late = random.Random("late")
    meta = [_later(found, late) for found in _days(META) if _is_read_again(found)]
    google = [_later(found, late) for found in _days(GOOGLE) if _is_read_again(found)]
    return [
        Sync(RESYNC, {"meta_resync.json": meta_pages(meta, (len(meta),))[0]}),
        Sync(RESYNC, {"google_resync.json": google_stream(google, 1000)}),
    ]


def _days(platform: str) -> list[AdDay]:
    campaigns = [SUMMER, REMARKETING, ENDED, TEST, REACH] if platform == META else [BRAND, DISPLAY]
    drawn = draw_ad_days(f"samples-{platform}", campaigns, FIRST_DAY, LAST_DAY)
    return [_CHANGES.get(found.campaign, _as_drawn)(found) for found in drawn if _runs(found)]


def _runs(found: AdDay) -> bool:
    return found.campaign != ENDED or found.day <= ENDED_ON


def _as_drawn(found: AdDay) -> AdDay:
    return found


def _shown_to_nobody(found: AdDay) -> AdDay:
    return replace(found, impressions=0, clicks=0, micros=0, conversions=Decimal(0), value=Decimal(0))


def _without_conversions(found: AdDay) -> AdDay:
    return replace(found, conversions=Decimal(0), value=Decimal(0))


def _with_an_idle_day(found: AdDay) -> AdDay:
    return _shown_to_nobody(found) if found.day == UNDELIVERED_DAY else found


_CHANGES: dict[Campaign, Callable[[AdDay], AdDay]] = {
    TEST: _shown_to_nobody,
    REACH: _without_conversions,
    BRAND: _with_an_idle_day,
}


def _is_read_again(found: AdDay) -> bool:
    gone = found.campaign == ENDED or (found.campaign == REMARKETING and found.day == GONE_DAY)
    return found.day >= RESYNC_FROM and not gone


def _later(found: AdDay, late: random.Random) -> AdDay:
    """The day as it is told a week later: some have a purchase more, Verão has its new name."""
    came_late = late.random() < 0.25 and found.clicks > 0
    if found.campaign == SUMMER:
        found = replace(found, campaign=replace(SUMMER, name=NEW_NAME))
    if found.campaign in (TEST, REACH):
        return found
    if came_late or (found.campaign == BRAND and found.day == UNDELIVERED_DAY):
        return replace(found, conversions=found.conversions + 1, value=found.value + Decimal("99.90"))
    return found


def _of_an_ad(found: AdDay) -> dict[str, object]:
    return {**meta_object(found), "adset_id": "7001", "adset_name": "Todos", "ad_id": "8001", "ad_name": "Vídeo"}
