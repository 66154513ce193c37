"""What must come out of ads files (R26-R36), worked out from their bytes by plain Python.

None of the pipeline's code takes part. It reads Meta insights pages, bare arrays of their objects, and Google
searchStream batches.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from datapilot_domain.partitions import Month

LEVELS = ("campaign", "ad_group", "ad", "account")  # in the order in which gold prefers them
PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
SUMS = ("impressions", "clicks", "spend", "conversions", "conversion_value")
Figures = dict[str, Any]


@dataclass(frozen=True)
class Slice:
    """What a later extraction replaces at once; `names` are those of the breakdowns, sorted."""

    platform: str
    account: str
    level: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """An entity's day at one value of every breakdown, as one extraction tells it."""

    slice: Slice
    entity: str
    values: tuple[str, ...]
    day: dt.date
    campaign: str
    name: str
    currency: str | None
    as_of: str
    impressions: int
    clicks: int
    spend: Decimal
    conversions: Decimal
    conversion_value: Decimal


def read_sync(as_of: str, files: Iterable[bytes]) -> list[Fact]:
    """The facts of one extraction: what these files hold together."""
    found = [item for content in files for item in _objects(json.loads(content, parse_float=Decimal))]
    if "metrics" in found[0]:
        return [_google(item, as_of) for item in found]
    kinds = {
        account: {action["action_type"] for item in found if item["account_id"] == account for action in _actions(item)}
        for account in {item["account_id"] for item in found}
    }
    chosen = {account: next((kind for kind in PURCHASES if kind in held), "") for account, held in kinds.items()}
    return [_meta(item, chosen[item["account_id"]], as_of) for item in found]


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        yield from document["data"]
    else:
        for item in document:
            yield from item.get("results", [item])


def _actions(item: Mapping[str, Any]) -> list[dict[str, str]]:
    return [*item.get("actions", ()), *item.get("action_values", ())]


def _meta(item: Mapping[str, Any], purchase: str, as_of: str) -> Fact:
    level, entity = next(
        (level, item[key])
        for level, key in (("ad", "ad_id"), ("ad_group", "adset_id"), ("campaign", "campaign_id"))
        if key in item
    )

    def claimed(where: str) -> Decimal:
        found = (Decimal(action["value"]) for action in item.get(where, ()) if action["action_type"] == purchase)
        return sum(found, Decimal(0))

    return Fact(
        slice=Slice("meta", item["account_id"], level, ()),
        entity=entity,
        values=(),
        day=dt.date.fromisoformat(item["date_start"]),
        campaign=item["campaign_id"],
        name=item["campaign_name"],
        currency=item["account_currency"],
        as_of=as_of,
        impressions=int(item.get("impressions", 0)),
        clicks=int(item.get("clicks", 0)),
        spend=Decimal(item.get("spend", 0)),
        conversions=claimed("actions"),
        conversion_value=claimed("action_values"),
    )


def _google(item: Mapping[str, Any], as_of: str) -> Fact:
    metrics, campaign, customer = item["metrics"], item["campaign"], item["customer"]
    breakdowns = sorted((name, value) for name, value in item["segments"].items() if name != "date")
    return Fact(
        slice=Slice("google", str(customer["id"]), "campaign", tuple(name for name, _ in breakdowns)),
        entity=str(campaign["id"]),
        values=tuple(value for _, value in breakdowns),
        day=dt.date.fromisoformat(item["segments"]["date"]),
        campaign=str(campaign["id"]),
        name=campaign["name"],
        currency=customer["currencyCode"],
        as_of=as_of,
        impressions=int(metrics.get("impressions", 0)),
        clicks=int(metrics.get("clicks", 0)),
        spend=Decimal(metrics.get("costMicros", 0)) / 1_000_000,
        conversions=Decimal(metrics.get("conversions", 0)),
        conversion_value=Decimal(metrics.get("conversionsValue", 0)),
    )


class Reference:
    """The tables that follow from extractions, whatever the order in which they landed."""

    def __init__(self, syncs: Iterable[tuple[str, Sequence[bytes]]]) -> None:
        """syncs: time of the data, as sortable text, and the files of one extraction."""
        read = sorted((read_sync(as_of, files) for as_of, files in syncs), key=lambda facts: facts[0].as_of)
        self._all = [fact for facts in read for fact in facts]
        self._covered: set[tuple[str, str, dt.date]] = set()
        kept: dict[tuple[Any, ...], Fact] = {}
        for facts in read:
            for part in {fact.slice for fact in facts}:
                self._replace(kept, part, [fact for fact in facts if fact.slice == part])
        self._counted = _one_view(kept.values())

    def _replace(self, kept: dict[tuple[Any, ...], Fact], part: Slice, facts: Sequence[Fact]) -> None:
        entities = {fact.entity for fact in facts}
        first, last = min(fact.day for fact in facts), max(fact.day for fact in facts)
        for key, fact in list(kept.items()):
            if fact.slice == part and first <= fact.day <= last and fact.entity in entities:
                del kept[key]
        for fact in facts:
            kept[part, fact.entity, fact.values, fact.day] = fact
        days = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
        self._covered |= {(part.platform, part.account, day) for day in days}

    def campaign_month(self) -> dict[tuple[str, str], Figures]:
        """Month and campaign id → figures; ctr to six places, the other ratios to four."""
        groups = _grouped((str(Month.of(fact.day)), fact.campaign, fact) for fact in self._counted)
        return {key: _figures(facts) for key, facts in groups.items()}

    def campaign_week(self) -> dict[tuple[str, str], Figures]:
        """ISO week and campaign id → figures, `month` of the week's Thursday, and `is_partial`."""
        groups = _grouped((iso_week(fact.day), fact.campaign, fact) for fact in self._counted)
        return {key: {**_figures(facts), **self._week(facts[0])} for key, facts in groups.items()}

    def _week(self, fact: Fact) -> Figures:
        monday = fact.day - dt.timedelta(days=fact.day.weekday())
        days = {monday + dt.timedelta(days=number) for number in range(7)}
        whole = {(fact.slice.platform, fact.slice.account, day) for day in days} <= self._covered
        return {"month": str(Month.of(monday + dt.timedelta(days=3))), "is_partial": not whole}

    def campaigns(self) -> dict[str, Figures]:
        """Campaign id → what it is called now, by the newest extraction that has it, and there by the last day."""
        newest = {fact.campaign: fact for fact in sorted(self._all, key=_age)}
        return {
            campaign: {
                "platform": fact.slice.platform,
                "account_id": fact.slice.account,
                "campaign_name": fact.name,
                "currency": fact.currency,
            }
            for campaign, fact in sorted(newest.items())
        }

    def marketing_month(self, sales: Mapping[dt.date, Decimal] | None = None) -> dict[str, Figures]:
        """Month → ads beside `sales` (day → gross revenue, days without revenue but with rows included)."""
        sales = sales or {}
        covered = {day for _, _, day in self._covered}
        months = sorted({Month.of(day) for day in (*covered, *sales)})
        return {str(month): self._marketing(month, covered, sales) for month in months}

    def _marketing(self, month: Month, covered: set[dt.date], sales: Mapping[dt.date, Decimal]) -> Figures:
        ads_days = {day for day in covered if Month.of(day) == month}
        sold = {day: gross for day, gross in sales.items() if Month.of(day) == month}
        totals = _figures([fact for fact in self._counted if Month.of(fact.day) == month]) if ads_days else {}
        spend = totals.get("spend")
        gross = sum(sold.values(), Decimal(0)) if sold else None
        gross_covered = sum((sold[day] for day in sold if day in ads_days), Decimal(0)) if sold else None
        return {
            "spend": spend,
            "conversion_value": totals.get("conversion_value"),
            "roas_claimed": totals.get("roas_claimed"),
            "gross_revenue": gross,
            "gross_revenue_covered": gross_covered,
            "roas_verified": None if gross_covered is None or not spend else _ratio(gross_covered, spend),
            "ads_days": len(ads_days),
            "sales_days": len(sold),
            "is_partial": len(ads_days) < month.last_day.day,
        }


def _one_view(facts: Iterable[Fact]) -> list[Fact]:
    """Of each account's day one level and set of breakdowns: levels are never added (R27)."""
    by_day: dict[tuple[str, str, dt.date], list[Fact]] = {}
    for fact in facts:
        by_day.setdefault((fact.slice.platform, fact.slice.account, fact.day), []).append(fact)
    counted = []
    for here in by_day.values():
        chosen = min({fact.slice for fact in here}, key=lambda s: (LEVELS.index(s.level), len(s.names), s.names))
        counted += [fact for fact in here if fact.slice == chosen]
    return counted


def _age(fact: Fact) -> tuple[str, dt.date]:
    return fact.as_of, fact.day


def _grouped(members: Iterable[tuple[str, str, Fact]]) -> dict[tuple[str, str], list[Fact]]:
    groups: dict[tuple[str, str], list[Fact]] = {}
    for first, second, fact in members:
        groups.setdefault((first, second), []).append(fact)
    return dict(sorted(groups.items()))


def _figures(facts: Sequence[Fact]) -> Figures:
    sums: Figures = {name: sum((getattr(fact, name) for fact in facts), Decimal(0)) for name in SUMS}
    return {
        "campaign_name": max(facts, key=_age).name if facts else None,
        **sums,
        "ctr": _ratio(sums["clicks"], sums["impressions"], 6),
        "cpc": _ratio(sums["spend"], sums["clicks"]),
        "cpm": _ratio(sums["spend"] * 1000, sums["impressions"]),
        "cost_per_conversion": _ratio(sums["spend"], sums["conversions"]),
        "roas_claimed": _ratio(sums["conversion_value"], sums["spend"]),
    }


def _ratio(numerator: Decimal, denominator: Decimal, places: int = 4) -> Decimal | None:
    return (numerator / denominator).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) if denominator else None


def iso_week(day: dt.date) -> str:
    """`2024-W05`, of the ISO year: 2024-12-30 is in 2025-W01 (R31)."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def sales_days(paths: Iterable[Path]) -> dict[dt.date, Decimal]:
    """Day → gross revenue, read from exports in the spreadsheet layout (excel_br)."""
    days: dict[dt.date, Decimal] = {}
    for path in paths:
        with path.open(encoding="cp1252", newline="") as file:
            for row in csv.DictReader(file, delimiter=";"):
                day = dt.date.fromisoformat("-".join(reversed(row["Data da Venda"].split("/"))))
                counts = row["Status"] == "Pago" and not row["Quantidade"].startswith("-")
                amount = Decimal(row["Valor Total"].removeprefix("R$ ").replace(".", "").replace(",", "."))
                days[day] = days.get(day, Decimal(0)) + (amount if counts else 0)
    return days
