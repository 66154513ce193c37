"""Generated ads: the files are what they claim to be, and their figures read back from the bytes are the truth."""

from __future__ import annotations

import datetime as dt
import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from datapilot_domain.extractions import Page, is_whole
from datapilot_interfaces.demo.generator import build_demo
from datapilot_interfaces.demo.orders import MONTHS
from datapilot_tests.samples.ads import (
    ENDED,
    ENDED_ON,
    GONE_DAY,
    NEW_NAME,
    REMARKETING,
    SUMMER,
    UNDELIVERED_DAY,
    first_sync,
    resync,
)
from datapilot_tests.samples.ads_reference import Reference, iso_week, read_sync


def four(ratio: Decimal | None) -> Decimal | None:
    return None if ratio is None else ratio.quantize(Decimal("1e-4"), ROUND_HALF_UP)


def page(content: bytes) -> Page:
    paging: dict[str, Any] = json.loads(content)["paging"]
    return Page(**paging["cursors"], has_next="next" in paging, has_previous="previous" in paging)


def test_the_demos_files_give_the_figures_that_it_announces() -> None:
    """Read back from the bytes by the reference, which shares no code with the generator."""
    demo = build_demo()
    ads = demo.ads
    shop = next(found for found in demo.organizations if found.org == ads.org)
    sales: dict[Any, Decimal] = {}
    for order in shop.orders:
        amount = order.subtotal if order.status == "paid" else Decimal(0)
        sales[order.at.date()] = sales.get(order.at.date(), Decimal(0)) + amount
    read = Reference([("1", list(ads.meta.values())), ("1", list(ads.google.values()))])
    months = read.marketing_month(sales)
    assert list(months) == [str(month) for month in ads.months] == [str(month) for month in MONTHS]
    for month, truth in ads.months.items():
        got = months[str(month)]
        for name in ("spend", "conversion_value", "gross_revenue", "gross_revenue_covered", "ads_days", "is_partial"):
            assert got[name] == getattr(truth, name), (month, name)
        assert (got["roas_claimed"], got["roas_verified"]) == (four(truth.roas_claimed), four(truth.roas_verified))
        assert truth.gross_revenue == shop.truth[month].gross_revenue
    weeks = read.campaign_week()
    assert weeks.keys() == ads.weeks.keys()
    for key, week in ads.weeks.items():
        got = weeks[key]
        assert (got["spend"], got["conversions"]) == (week.spend, week.conversions)
        assert (got["cost_per_conversion"], got["is_partial"]) == (four(week.cost_per_conversion), week.is_partial)


def test_january_is_covered_in_part_and_every_week_whole() -> None:
    ads = build_demo().ads
    january = ads.months[MONTHS[0]]
    assert (january.ads_days, january.is_partial) == (24, True)
    assert january.gross_revenue_covered < january.gross_revenue
    assert not any(week.is_partial for week in ads.weeks.values())


def test_pages_are_one_extraction_only_together() -> None:
    for files in (build_demo().ads.meta, first_sync()[0].files):
        first, second = (page(content) for content in files.values())
        assert is_whole([first, second], declared=False)
        assert not is_whole([first], declared=True)
        assert not is_whole([second], declared=True)


def test_samples_are_the_same_each_time() -> None:
    assert first_sync() == first_sync()
    assert resync() == resync()


def test_landing_order_does_not_matter_to_the_reference() -> None:
    calls = [(sync.as_of, list(sync.files.values())) for sync in (*first_sync(), *resync())]
    one, other = Reference(calls), Reference(reversed(calls))
    assert one.campaign_month() == other.campaign_month()
    assert one.campaign_week() == other.campaign_week()
    assert one.campaigns() == other.campaigns()
    assert one.marketing_month() == other.marketing_month()


def test_the_reference_keeps_what_the_resync_does_not_know_and_never_adds_levels() -> None:
    """Held against the facts as they were written."""
    calls = [(sync.as_of, list(sync.files.values())) for sync in (*first_sync(), *resync())]
    before, after = Reference(calls[: len(first_sync())]).campaign_month(), Reference(calls).campaign_month()
    facts = [fact for as_of, files in calls[:1] for fact in read_sync(as_of, files)]
    for month in ("2024-01", "2024-02"):
        assert after[month, ENDED.campaign_id] == before[month, ENDED.campaign_id]
    for campaign in (SUMMER, REMARKETING):
        january = [fact for fact in facts if fact.campaign == campaign.campaign_id and fact.day.month == 1]
        assert after["2024-01", campaign.campaign_id]["impressions"] == sum(fact.impressions for fact in january)
    (gone,) = [fact for fact in facts if (fact.campaign, fact.day) == (REMARKETING.campaign_id, GONE_DAY)]
    fell = [table["2024-02", REMARKETING.campaign_id]["impressions"] for table in (before, after)]
    assert fell[0] - fell[1] == gone.impressions > 0


def test_samples_hold_what_they_say_they_hold() -> None:
    first = [fact for sync in first_sync() for fact in read_sync(sync.as_of, sync.files.values())]
    again = [fact for sync in resync() for fact in read_sync(sync.as_of, sync.files.values())]
    assert {fact.slice.level for fact in first} == {"campaign", "ad"}
    assert {fact.name for fact in again if fact.campaign == SUMMER.campaign_id} == {NEW_NAME}
    assert (REMARKETING.campaign_id, GONE_DAY) in {(fact.campaign, fact.day) for fact in first}
    assert (REMARKETING.campaign_id, GONE_DAY) not in {(fact.campaign, fact.day) for fact in again}
    assert max(fact.day for fact in first if fact.campaign == ENDED.campaign_id) == ENDED_ON
    assert ENDED.campaign_id not in {fact.campaign for fact in again}
    without_delivery = [fact for fact in again if fact.conversions and not fact.impressions]
    assert [(fact.day, fact.conversions) for fact in without_delivery] == [(UNDELIVERED_DAY, Decimal(1))]
    before, after = (
        {(f.slice, f.entity, f.day): f.conversions for f in facts if not f.values} for facts in (first, again)
    )
    assert any(after[key] > before[key] for key in before.keys() & after.keys())


@pytest.mark.parametrize(
    ("day", "week"), [("2024-12-30", "2025-W01"), ("2024-01-29", "2024-W05"), ("2027-01-03", "2026-W53")]
)
def test_weeks_have_the_iso_year(day: str, week: str) -> None:
    assert iso_week(dt.date.fromisoformat(day)) == week
