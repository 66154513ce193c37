"""Gold of a test organization, written without Spark: lines of sales and days of ads in, the seven tables out."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa

from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.sales_gold import ADDITIVE_NAMES, DIMENSIONS
from datapilot_domain.landing import digest
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import arrow_schema
from datapilot_resources.platform import Platform

_PLACES = Decimal("1e-10")


@dataclass(frozen=True)
class Line:
    """One paid line, an order of its own unless `orders` says how many it stands for."""

    day: dt.date
    product: str
    gross: Decimal
    units: Decimal = Decimal(1)
    orders: int = 1
    returns: Decimal = Decimal(0)
    discounts: Decimal = Decimal(0)
    category: str | None = "geral"
    channel: str | None = "loja"
    state: str | None = "SP"
    currency: str = "BRL"


@dataclass(frozen=True)
class Ad:
    """A campaign's month."""

    month: Month
    campaign: str
    spend: Decimal
    value: Decimal
    conversions: Decimal
    clicks: int = 1000
    impressions: int = 50_000
    provisional: Decimal = Decimal(0)
    days: int | None = None


def quotient(numerator: Decimal | None, denominator: Decimal | int | None) -> Decimal | None:
    if numerator is None or not denominator:
        return None
    return (numerator / denominator).quantize(_PLACES, ROUND_HALF_UP)


def write_gold(platform: Platform, organization: Organization, lines: Sequence[Line], ads: Sequence[Ad] = ()) -> None:
    """Replace every month's gold of the organization by what these say."""
    tables = {**_sales(lines), **_ads(ads, lines)}
    for name, rows in tables.items():
        contract = CONTRACTS[name]
        by_month: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            by_month[row["month"]].append(row)
        known = {str(month) for month in platform.lakehouse.months(contract, organization.org_id)}
        months = sorted({*by_month, *known})
        prints = {m: digest(sorted(map(str, by_month[m]))) for m in months}
        stored = platform.lakehouse.months(contract, organization.org_id)
        changed = [m for m in months if Month.parse(m) not in stored or stored[Month.parse(m)].fingerprint != prints[m]]
        if not changed:
            continue
        full = [
            {"org_id": str(organization.org_id), "fingerprint": prints[m], **row}
            for m in changed
            for row in by_month[m]
        ]
        platform.lakehouse.replace(
            contract,
            organization.org_id,
            {Month.parse(m): len(by_month[m]) for m in changed},
            pa.Table.from_pylist(full, arrow_schema(contract)),
            {Month.parse(m): prints[m] for m in changed},
            run_id="test",
            log_head=0,
        )


def organization(platform: Platform, org: str = "acme", **settings: Any) -> Organization:
    made = Organization(org_id=OrgId(org), name=f"{org} ltda", **settings)
    platform.registry.add(made)
    return made


def _sums(lines: Iterable[Line]) -> dict[str, Any]:
    found = list(lines)
    gross = sum((line.gross for line in found), Decimal(0))
    discounts = sum((line.discounts for line in found), Decimal(0))
    returns = -sum((line.returns for line in found), Decimal(0))
    values: dict[str, Any] = dict.fromkeys(ADDITIVE_NAMES, Decimal(0))
    values |= {
        "lines": len(found),
        "gross_revenue": gross,
        "discounts": discounts,
        "returns_amount": returns,
        "net_revenue": gross - discounts + returns,
        "units": sum((line.units for line in found), Decimal(0)),
    }
    return values


def _grouped(lines: Iterable[Line], *keys: Callable[[Line], Any]) -> dict[tuple[Any, ...], list[Line]]:
    groups: dict[tuple[Any, ...], list[Line]] = defaultdict(list)
    for line in lines:
        groups[tuple(key(line) for key in keys)].append(line)
    return groups


def _month(line: Line) -> str:
    return str(Month.of(line.day))


def _sales(lines: Sequence[Line]) -> dict[str, list[dict[str, Any]]]:
    month, daily, products, breakdown, by_source = [], [], [], [], []
    for (of, currency), found in _grouped(lines, _month, lambda line: line.currency).items():
        orders = sum(line.orders for line in found)
        sums = _sums(found)
        key = {"month": of, "currency": currency}
        month.append({**key, **sums, "paid_orders": orders, "average_ticket": quotient(sums["gross_revenue"], orders)})
        matched = {"compared_orders": 0, "matched_orders": 0, "matched_gross": Decimal(0), "matched_share": None}
        some = {name: sums[name] for name in ("gross_revenue", "net_revenue")}
        by_source.append({**key, "source_id": "main", "role": "counts", **some, "paid_orders": orders, **matched})
        for (day,), here in _grouped(found, lambda line: line.day).items():
            daily.append({**key, "date": day, **_sums(here)})
        by_product = _grouped(found, lambda line: line.product)
        ordered = sorted(by_product.items(), key=lambda item: (-sum(line.gross for line in item[1]), item[0]))
        for rank, ((product,), here) in enumerate(ordered, start=1):
            part = _sums(here)
            products.append(
                {**key, "product_key": product.lower(), "product_name": product, "rank": rank}
                | {name: part[name] for name in ("gross_revenue", "units")}
            )
        for dimension in DIMENSIONS:
            members = _grouped(found, lambda line, by=dimension: getattr(line, by, None))  # type: ignore[misc]
            for (value,), here in members.items():
                breakdown.append({**key, "dimension": dimension, "value": value, **_sums(here)})
    return {
        "gold.sales_month": month,
        "gold.sales_daily": daily,
        "gold.sales_products": products,
        "gold.sales_breakdown": breakdown,
        "gold.sales_source_month": by_source,
    }


def _ads(ads: Sequence[Ad], lines: Sequence[Line]) -> dict[str, list[dict[str, Any]]]:
    campaigns = [
        {
            "month": str(ad.month),
            "platform": "meta",
            "account_id": "1",
            "campaign_id": digest(ad.campaign)[:8],
            "campaign_name": ad.campaign,
            "currency": "BRL",
            "account_currency": "BRL",
            "impressions": ad.impressions,
            "clicks": ad.clicks,
            "spend": ad.spend,
            "account_spend": ad.spend,
            "exchange_rate": Decimal(1),
            "conversions": ad.conversions,
            "conversion_value": ad.value,
            "provisional_conversions": ad.provisional,
            "ctr": quotient(Decimal(ad.clicks), ad.impressions),
            "cpc": quotient(ad.spend, ad.clicks),
            "cpm": quotient(ad.spend * 1000, ad.impressions),
            "cost_per_conversion": quotient(ad.spend, ad.conversions),
            "roas_claimed": quotient(ad.value, ad.spend),
        }
        for ad in ads
    ]
    gross = {of: sum((line.gross for line in found), Decimal(0)) for (of,), found in _grouped(lines, _month).items()}
    marketing = []
    for of in sorted({ad.month for ad in ads}):
        here = [ad for ad in ads if ad.month == of]
        spend, value = (sum((getattr(ad, name) for ad in here), Decimal(0)) for name in ("spend", "value"))
        days = min(ad.days or of.last_day.day for ad in here)
        sold = gross.get(str(of))
        marketing.append(
            {
                "month": str(of),
                "currency": "BRL",
                "spend": spend,
                "conversion_value": value,
                "gross_revenue": sold,
                "gross_revenue_covered": sold,
                "roas_claimed": quotient(value, spend),
                "roas_verified": quotient(sold, spend),
                "roas_verified_absent": None if sold is not None and spend else "NO_SALES_DATA",
                "ads_days": days,
                "sales_days": of.last_day.day if sold is not None else 0,
                "is_partial": days < of.last_day.day,
            }
        )
    return {"gold.campaign_month": campaigns, "gold.marketing_month": marketing}
