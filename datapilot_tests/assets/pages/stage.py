"""An organization with sales, ads, quarantine and insights, and what an HTML reader says of a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pyarrow as pa

from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import arrow_schema
from datapilot_resources.platform import Platform
from datapilot_tests.assets.insights.golden import Ad, Line

MONTH = Month(2024, 3)
SCRIPT = "<script>alert(1)</script>\u202e"
TEMPLATE = "{{7*7}}"
SECRET = "maria@example.com"
_VOID = frozenset("meta br hr img input link".split())


def sales(
    last: dt.date = dt.date(2024, 4, 5), *, names: tuple[str, ...] = ("café", SCRIPT, TEMPLATE), gross: str = "100"
) -> list[Line]:
    """A sale of each product every day since October, each product at half the price of the one before."""
    first = dt.date(2023, 10, 1)
    days = [first + dt.timedelta(n) for n in range((last - first).days + 1)]
    return [
        Line(day, name, Decimal(gross) / 2**place, channel=["loja", "site"][place % 2], category=None)
        for day in days
        for place, name in enumerate(names)
    ]


def ads(name: str = "Marca") -> list[Ad]:
    months = [Month(2023, 10).plus(n) for n in range(6)]
    return [Ad(month, name, Decimal(1000 + 50 * n), Decimal(3000), Decimal(40 + n)) for n, month in enumerate(months)]


def write_weeks(platform: Platform, organization: Organization, campaign: str) -> None:
    rows = [
        {
            "iso_week": f"2024-W{week:02d}",
            "platform": "meta",
            "account_id": "1",
            "campaign_id": "c1",
            "campaign_name": campaign,
            "currency": "BRL",
            "account_currency": "BRL",
            "impressions": 1000,
            "clicks": 10,
            "spend": Decimal(100 + week),
            "account_spend": Decimal(100 + week),
            "conversions": Decimal(0) if week == 11 else Decimal(4),
            "conversion_value": Decimal(300),
            "provisional_conversions": Decimal(0),
            "is_partial": week == 13,
        }
        for week in (10, 11, 12, 13)
    ]
    write(platform, organization, "gold.campaign_week", rows)


def write_quarantine(platform: Platform, organization: Organization) -> None:
    rows = [
        {
            "source_id": "main",
            "file": f"{SECRET}.csv",
            "file_sha256": "0",
            "landed_seq": 1,
            "record_no": number,
            "column": "date",
            "reason": "AMOUNT_MISSING" if number == 1 else "DATE_UNREADABLE",
            "failures": ["DATE_UNREADABLE:date"],
            "text": SECRET,
            "unit_key": "u",
        }
        for number in (1, 2, 3)
    ]
    write(platform, organization, "silver.sales_quarantine", rows)


def write(platform: Platform, organization: Organization, table: str, rows: list[dict[str, Any]]) -> None:
    contract = CONTRACTS[table]
    full = [{"org_id": str(organization.org_id), "month": str(MONTH), "fingerprint": "f", **row} for row in rows]
    platform.lakehouse.replace(
        contract,
        organization.org_id,
        {MONTH: len(rows)},
        pa.Table.from_pylist(full, arrow_schema(contract)),
        {MONTH: "f"},
        run_id="test",
        log_head=0,
    )


class Reader(HTMLParser):
    """Tags with their attributes, the text, and a complaint for every tag that is not closed where it should be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.complaints: list[str] = []
        self._open: list[str] = []
        self._texts: list[str] = []
        self.feed(page)
        self.close()
        self.complaints += [f"{tag} stays open" for tag in self._open]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._texts).replace("\u00a0", " ").split())

    def values(self, attribute: str) -> Iterator[str]:
        return (found[attribute] or "" for _, found in self.tags if attribute in found)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.complaints.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self._texts.append(data)
