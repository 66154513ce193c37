"""Seeded days of ad campaigns, written as the interfaces of Meta and Google return them."""

from __future__ import annotations

import base64
import datetime as dt
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

META, GOOGLE = "meta", "google"
_CENT = Decimal("0.01")
_MICROS = 1_000_000
# Stands where the links between real pages carry the sender's token.
TOKEN = "EAAB-demo-token"
# One purchase stands under each of these at once (R28).
_PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")


@dataclass(frozen=True)
class Campaign:
    platform: str
    account_id: str
    campaign_id: str
    name: str


@dataclass(frozen=True)
class AdDay:
    """What a campaign did on a day. `micros`: cost in millionths of a real; whole cents on Meta."""

    campaign: Campaign
    day: dt.date
    impressions: int
    clicks: int
    micros: int
    conversions: Decimal
    value: Decimal

    @property
    def spend(self) -> Decimal:
        return Decimal(self.micros) / _MICROS


def draw_ad_days(seed: str, campaigns: Iterable[Campaign], first: dt.date, last: dt.date) -> list[AdDay]:
    """A day of each campaign from first to last, some without delivery, never those two. Same seed, same days."""
    rng = random.Random(seed)
    found = []
    for campaign in campaigns:
        for number in range((last - first).days + 1):
            day = first + dt.timedelta(days=number)
            idle = rng.random() < 0.08 and first < day < last
            impressions = 0 if idle else rng.randrange(1500, 6000)
            clicks = impressions * rng.randrange(8, 30) // 1000
            micros = clicks * rng.randrange(600_000, 1_400_000)
            conversions = Decimal(rng.choice((0, 0, 1, 1, 2, 3))) if clicks else Decimal(0)
            if campaign.platform == META:
                micros -= micros % 10_000
            elif conversions:
                conversions -= Decimal("0.5")  # Google's attribution counts parts
            value = (conversions * Decimal(rng.choice(("99.90", "149.00", "259.80")))).quantize(_CENT)
            found.append(AdDay(campaign, day, impressions, clicks, micros, conversions, value))
    return found


def meta_pages(days: Sequence[AdDay], sizes: Sequence[int]) -> list[bytes]:
    """Pages of Meta's insights, of so many objects each, with the cursors that link them."""
    pages, start = [], 0
    for size in sizes:
        stop = start + size
        paging: dict[str, Any] = {"cursors": {"before": _cursor(start), "after": _cursor(stop - 1)}}
        account = days[start].campaign.account_id
        link = f"https://graph.facebook.com/v23.0/act_{account}/insights?access_token={TOKEN}&level=campaign"
        if stop < len(days):
            paging["next"] = f"{link}&after={_cursor(stop - 1)}"
        if start:
            paging["previous"] = f"{link}&before={_cursor(start)}"
        pages.append(_text({"data": [meta_object(found) for found in days[start:stop]], "paging": paging}))
        start = stop
    if start != len(days):
        raise ValueError(f"pages of {start} objects for {len(days)} days")
    return pages


def meta_object(found: AdDay) -> dict[str, Any]:
    """An object of Meta's insights: numbers as text, ctr a percentage, no actions where there were none."""
    campaign = found.campaign
    written: dict[str, Any] = {
        "account_id": campaign.account_id,
        "account_currency": "BRL",
        "attribution_setting": "7d_click_1d_view",
        "campaign_id": campaign.campaign_id,
        "campaign_name": campaign.name,
        "impressions": str(found.impressions),
        "clicks": str(found.clicks),
        "spend": str(found.spend.quantize(_CENT)),
        "date_start": str(found.day),
        "date_stop": str(found.day),
    }
    if found.impressions:
        written["ctr"] = f"{Decimal(found.clicks) * 100 / found.impressions:.6f}"
    if found.clicks:
        written["actions"] = [{"action_type": "link_click", "value": str(found.clicks)}]
    if found.conversions:
        written.setdefault("actions", [])
        written["actions"] += [{"action_type": name, "value": str(found.conversions)} for name in _PURCHASES]
        written["action_values"] = [{"action_type": name, "value": str(found.value)} for name in _PURCHASES]
    return written


def google_stream(days: Iterable[AdDay], batch: int) -> bytes:
    """Google's searchStream of campaigns by day and device, in batches of so many rows."""
    rows = [row for found in days for row in google_rows(found)]
    return _text(
        [
            {"results": rows[start : start + batch], "fieldMask": _FIELD_MASK, "requestId": f"request-{start}"}
            for start in range(0, len(rows), batch)
        ]
    )


_FIELD_MASK = (
    "customer.id,customer.currencyCode,customer.timeZone,campaign.id,campaign.name,"
    "metrics.impressions,metrics.clicks,metrics.costMicros,metrics.ctr,metrics.averageCpc,"
    "metrics.conversions,metrics.conversionsValue,segments.device,segments.date"
)


def google_rows(found: AdDay) -> list[dict[str, Any]]:
    """Two rows, a third of the delivery on desktops; none for a day on which nothing happened.

    int64 as text, doubles as numbers, ctr a fraction, averageCpc in micros.
    """
    campaign = found.campaign
    customer = f"customers/{campaign.account_id}"
    rows = []
    for device in ("MOBILE", "DESKTOP"):
        mobile = device == "MOBILE"
        impressions, clicks, micros = (
            total - total // 3 if mobile else total // 3 for total in (found.impressions, found.clicks, found.micros)
        )
        metrics: dict[str, Any] = {
            "conversions": float(found.conversions) if mobile else 0.0,
            "conversionsValue": float(found.value) if mobile else 0.0,
        }
        if impressions:
            metrics |= {"impressions": str(impressions), "clicks": str(clicks), "costMicros": str(micros)}
            metrics["ctr"] = clicks / impressions
        if clicks:
            metrics["averageCpc"] = micros / clicks
        if not any(metrics.values()):
            continue
        rows.append(
            {
                "customer": {
                    "resourceName": customer,
                    "id": campaign.account_id,
                    "currencyCode": "BRL",
                    "timeZone": "America/Sao_Paulo",
                },
                "campaign": {
                    "resourceName": f"{customer}/campaigns/{campaign.campaign_id}",
                    "id": campaign.campaign_id,
                    "name": campaign.name,
                },
                "metrics": metrics,
                "segments": {"device": device, "date": str(found.day)},
            }
        )
    return rows


def _cursor(place: int) -> str:
    return base64.b64encode(str(place).encode()).decode().replace("=", "ZD")


def _text(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
