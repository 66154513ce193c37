"""What the latest month's facts call for, from facts that were found in gold and verified."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from datapilot_assets.alerts.business import business_conditions
from datapilot_assets.insights.run import write_insights
from datapilot_domain.alerts import Condition
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_tests.assets.insights.golden import Ad, Line, organization, write_gold
from datapilot_tests.workbench import Workbench

NAME = "canary-campaign"
FEBRUARY, MARCH = Month(2024, 2), Month(2024, 3)


def sales(march: str) -> list[Line]:
    """The same sale every day from January on, in March at another amount."""
    days = [dt.date(2024, 1, 1) + dt.timedelta(n) for n in range(95)]
    return [Line(day, "café", Decimal(march) if day.month == 3 else Decimal(100)) for day in days]


def told(
    workbench: Workbench, org: str, lines: list[Line], ads: list[Ad], *months: Month, **settings: str
) -> list[Condition]:
    made: Organization = organization(workbench.platform, org, **settings)
    write_gold(workbench.platform, made, lines, ads)
    assert list(write_insights(workbench.platform, made, months or (MARCH,), "run"))
    return list(business_conditions(workbench.platform, made))


def test_a_fall_of_revenue_is_told_with_its_number(workbench: Workbench) -> None:
    (drop,) = told(workbench, "falling", sales("50"), [])
    assert (drop.code, drop.severity, drop.month) == ("REVENUE_DROP", "critical", MARCH)
    assert drop.cause.words("pt-BR").endswith("-46,6% em relação a fevereiro/2024")


def test_a_steady_month_calls_nobody(workbench: Workbench) -> None:
    assert told(workbench, "steady", sales("100"), []) == []


def test_a_small_fall_calls_nobody(workbench: Workbench) -> None:
    assert told(workbench, "little", sales("90"), []) == []


def test_only_the_latest_month_is_told_of(workbench: Workbench) -> None:
    lines = [line for line in sales("50") if line.day.month <= 3]
    lines += [Line(dt.date(2024, 4, 1) + dt.timedelta(n), "café", Decimal(50)) for n in range(30)]
    assert told(workbench, "recovered", lines, [], MARCH, Month(2024, 4)) == []


def test_ads_that_do_not_pay_are_told_without_a_name(workbench: Workbench) -> None:
    ads = [
        Ad(MARCH, NAME, Decimal(2000), Decimal(0), Decimal(0)),
        Ad(MARCH, "other", Decimal(900), Decimal(0), Decimal(0)),
    ]
    conditions = told(workbench, "wasteful", sales("100"), ads)
    by_code = {condition.code: condition for condition in conditions}
    nothing = by_code["SPEND_WITHOUT_CONVERSIONS"]
    assert nothing.severity == "critical"
    assert "2 campanhas" in nothing.cause.words("pt-BR")
    assert "2.900,00" in nothing.cause.words("pt-BR")
    assert NAME not in "".join(condition.model_dump_json() for condition in conditions)


def test_a_return_below_the_organizations_target_is_told_against_it(workbench: Workbench) -> None:
    ads = [Ad(MARCH, NAME, Decimal(1000), Decimal(5000), Decimal(40))]
    by_code = {c.code: c for c in told(workbench, "ambitious", sales("100"), ads, roas_target="4")}
    assert by_code["ROAS_LOW"].severity == "critical"
    assert "3,10x; o limite é 4,00x" in by_code["ROAS_LOW"].cause.words("pt-BR")
    assert told(workbench, "content", sales("100"), ads) == []


def test_a_return_below_one_is_told_against_its_limit(workbench: Workbench) -> None:
    ads = [Ad(MARCH, NAME, Decimal(9000), Decimal(3000), Decimal(40))]
    by_code = {c.code: c for c in told(workbench, "weak", sales("100"), ads)}
    assert "ROAS_LOW" in by_code
    assert "1,00x" in by_code["ROAS_LOW"].cause.words("pt-BR")
