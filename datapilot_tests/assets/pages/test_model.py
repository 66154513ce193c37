"""Every figure of the page is gold's, of this organization and month."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from datapilot_assets.insights.run import write_insights
from datapilot_assets.pages.model import MonthPage, NoGold, month_page
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_tests.assets.insights.golden import Line, organization, write_gold
from datapilot_tests.assets.pages.stage import MONTH, ads, sales, write_quarantine, write_weeks
from datapilot_tests.workbench import Workbench


@pytest.fixture(scope="module")
def acme(workbench: Workbench) -> Organization:
    made = organization(workbench.platform, "acme")
    write_gold(workbench.platform, made, sales(), ads())
    write_weeks(workbench.platform, made, "Marca")
    write_quarantine(workbench.platform, made)
    assert list(write_insights(workbench.platform, made, [MONTH], "run"))
    return made


@pytest.fixture(scope="module")
def page(workbench: Workbench, acme: Organization) -> MonthPage:
    return month_page(workbench.platform, acme, MONTH)


def test_headlines_are_the_rows_of_gold(workbench: Workbench, page: MonthPage) -> None:
    shown = {one.kpi: one for one in page.headlines}
    month = workbench.month("acme", "2024-03")
    (marketing,) = workbench.rows("gold.marketing_month", "acme", "2024-03")
    (campaign,) = workbench.rows("gold.campaign_month", "acme", "2024-03")
    for name in ("gross_revenue", "net_revenue", "paid_orders", "average_ticket"):
        assert shown[name].value == month[name]
    for name in ("spend", "roas_claimed", "roas_verified"):
        assert round(shown[name].value, 10) == marketing[name]
    assert round(shown["cost_per_conversion"].value, 10) == campaign["cost_per_conversion"]
    assert not any(one.is_partial or one.restatements for one in page.headlines)
    assert page.quality.other_currencies == (), "its own is no other one"


def test_a_change_is_good_or_bad_news_by_the_catalogue(page: MonthPage) -> None:
    shown = {one.kpi: one for one in page.headlines}
    revenue = shown["gross_revenue"]
    assert revenue.comparison is not None
    # March has 31 days, February 29.
    assert revenue.comparison.change == (Decimal(31) / 29 - 1).quantize(Decimal("1e-10"))
    assert revenue.comparison.baseline == revenue.previous
    assert (revenue.tone, shown["spend"].tone) == ("good", "neutral")
    cost = shown["cost_per_conversion"]
    assert cost.comparison is not None
    assert cost.comparison.change is not None
    assert cost.tone == ("good" if cost.comparison.change < 0 else "bad")


def test_days_and_months_are_series_of_gold(workbench: Workbench, page: MonthPage) -> None:
    days = {row["date"].day: row["gross_revenue"] for row in workbench.rows("gold.sales_daily", "acme", "2024-03")}
    assert page.daily == tuple(days[day] for day in range(1, 32))
    assert page.months[0] == Month(2023, 10)
    assert page.months[-1] == MONTH
    assert page.series["spend"] == tuple(Decimal(1000 + 50 * n) for n in range(6))


def test_parts_sum_to_the_month(page: MonthPage) -> None:
    (revenue,) = (one.value for one in page.headlines if one.kpi == "gross_revenue")
    assert sum(part.value for part in page.products.top) == revenue
    for parts in page.breakdowns.values():
        assert sum(part.value for part in parts.top) == revenue
    assert page.breakdowns["category"].top[0].name is None
    assert [campaign.name for campaign in page.campaigns] == ["Marca"]


def test_weeks_have_no_cost_where_there_is_no_conversion(page: MonthPage) -> None:
    (line,) = page.weeks.campaigns
    assert line.values == (Decimal("27.5"), None, Decimal(28), Decimal("28.25"))
    assert page.weeks.partial == (False, False, False, True)


def test_many_members_are_the_largest_and_the_rest(workbench: Workbench) -> None:
    made = organization(workbench.platform, "large")
    names = [f"p{n:02d}" for n in range(14)]
    lines = [Line(dt.date(2024, 3, 1), n, Decimal(100 - p), channel=n) for p, n in enumerate(names)]
    write_gold(workbench.platform, made, lines)
    page = month_page(workbench.platform, made, MONTH)
    assert [part.name for part in page.products.top] == names[:10]
    assert page.products.others == 4
    assert page.products.rest is not None
    assert page.products.rest.value == sum(line.gross for line in lines[10:])
    assert len(page.breakdowns["channel"].top) == 6
    assert page.breakdowns["channel"].others == 8


def test_quality_counts_records_by_reason(page: MonthPage) -> None:
    counted = {count.code: count.times for count in page.quality.quarantined}
    assert counted == {"DATE_UNREADABLE": 2, "AMOUNT_MISSING": 1}
    assert page.quality.coverage.sales_days == page.quality.coverage.ads_days == 31
    assert [(source.name, source.role) for source in page.quality.sources] == [("main", "counts")]
    assert page.quality.freshness.is_current


def test_every_number_of_an_insight_computes_again(workbench: Workbench, page: MonthPage) -> None:
    import duckdb

    assert page.insights
    for insight in page.insights:
        for origin in insight.origins:
            contract = CONTRACTS[origin.table]
            rows = workbench.platform.lakehouse.read(contract, page.organization.org_id, version=origin.delta_version)
            connection = duckdb.connect()
            connection.register("stored", rows)
            (found,) = connection.execute(origin.sql.replace(origin.table, "stored")).fetchall()[0]
            assert Decimal(str(found)) == pytest.approx(origin.value)


def test_a_restated_month_says_what_it_said_before(workbench: Workbench) -> None:
    platform, made = workbench.platform, organization(workbench.platform, "restated")
    lines = sales(names=("café",))
    write_gold(platform, made, lines)
    write_gold(platform, made, [*lines, Line(dt.date(2024, 3, 10), "café", Decimal(50))])
    (revenue,) = (one for one in month_page(platform, made, MONTH).headlines if one.kpi == "gross_revenue")
    (restated,) = revenue.restatements
    assert (restated.before, restated.table, restated.until) == (Decimal(3100), "gold.sales_month", None)
    rows = platform.lakehouse.read(CONTRACTS["gold.sales_month"], made.org_id, [MONTH], version=restated.version)
    assert rows.to_pylist()[0]["gross_revenue"] == restated.before
    assert revenue.value == Decimal(3150)
    # Its insights were never written; another month was not restated.
    (other,) = (one for one in month_page(platform, made, Month(2024, 2)).headlines if one.kpi == "gross_revenue")
    assert other.restatements == ()


def test_a_month_that_grew_says_until_when_it_was_known(workbench: Workbench) -> None:
    platform, made = workbench.platform, organization(workbench.platform, "grown")
    write_gold(platform, made, sales(dt.date(2024, 3, 12), names=("café",)))
    write_gold(platform, made, sales(names=("café",)))
    (revenue,) = (one for one in month_page(platform, made, MONTH).headlines if one.kpi == "gross_revenue")
    assert [(one.before, one.until) for one in revenue.restatements] == [(Decimal(1200), dt.date(2024, 3, 12))]


def test_a_partial_month_is_compared_over_the_same_days(workbench: Workbench) -> None:
    platform, made = workbench.platform, organization(workbench.platform, "partial")
    write_gold(platform, made, sales(dt.date(2024, 3, 12), names=("café",)), ads())
    page = month_page(platform, made, MONTH)
    shown = {one.kpi: one for one in page.headlines}
    revenue = shown["gross_revenue"]
    assert revenue.is_partial
    assert revenue.comparison is not None
    assert (revenue.comparison.current, revenue.comparison.baseline) == (Decimal(1200), Decimal(1200))
    assert revenue.comparison.is_partial
    # What does not add up over days, and what is made of both, is compared with nothing.
    for name in ("paid_orders", "average_ticket", "roas_verified"):
        assert shown[name].is_partial
        assert shown[name].comparison is None
    assert not shown["spend"].is_partial
    assert page.daily[11] is not None
    assert page.daily[12] is None


def test_insights_of_older_gold_are_told_apart(workbench: Workbench) -> None:
    platform, made = workbench.platform, organization(workbench.platform, "older")
    write_gold(platform, made, sales(names=("café",)))
    assert month_page(platform, made, MONTH).quality.freshness.insights == "none"
    assert list(write_insights(platform, made, [MONTH], "run"))
    assert month_page(platform, made, MONTH).quality.freshness.insights == "current"
    write_gold(platform, made, sales(names=("café",), gross="110"))
    assert month_page(platform, made, MONTH).quality.freshness.insights == "stale"


def test_a_month_without_gold_has_no_page(workbench: Workbench, acme: Organization) -> None:
    with pytest.raises(NoGold, match="2022-01"):
        month_page(workbench.platform, acme, Month(2022, 1))
