"""Facts of a year with planted changes and of its flat twin; and single months for every other method."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal

import pytest

from datapilot_assets.insights.writing import reading
from datapilot_domain.insights.fact import Fact
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_tests.assets.insights.golden import Ad, Line, organization, write_gold
from datapilot_tests.assets.insights.stories import FIRST, LAST, MONTHS, PLANTED, ads, sales

JANUARY, FEBRUARY = Month(2024, 1), Month(2024, 2)


def facts(
    platform: Platform,
    month: Month,
    lines: Sequence[Line],
    spent: Sequence[Ad] = (),
    org: str = "acme",
    **settings: str | None,
) -> list[Fact]:
    acme = organization(platform, org, **settings)
    write_gold(platform, acme, lines, spent)
    with reading(platform, acme) as found:
        return found.finder.facts(month)


def told(found: Sequence[Fact]) -> set[tuple[str, str, str | None]]:
    return {(f.claim.type, f.claim.kpi, f.claim.member.name if f.claim.member else None) for f in found}


def only(found: Sequence[Fact], kind: str, kpi: str | None = None, compare: str | None = None) -> Fact:
    (fact,) = [
        f for f in found if f.claim.type == kind and kpi in (None, f.claim.kpi) and compare in (None, f.claim.compare)
    ]
    return fact


def value(fact: Fact, field: str) -> Decimal:
    quantity = fact.quantity(field)
    assert quantity is not None
    return quantity.value


def values(fact: Fact, *fields: str) -> list[Decimal]:
    return [value(fact, field) for field in fields]


def line(month: Month, day: int, gross: str, product: str = "Bolo", **more: object) -> Line:
    return Line(month.first_day.replace(day=day), product, Decimal(gross), **more)  # type: ignore[arg-type]


def whole(month: Month, gross: str, product: str = "Bolo", **more: object) -> list[Line]:
    """The amount on every day of the month."""
    return [line(month, day, gross, product, **more) for day in range(1, month.last_day.day + 1)]


# A year ------------------------------------------------------------------------------------------------------


def test_everything_that_was_planted_is_found(platform: Platform) -> None:
    assert set(PLANTED) <= told(facts(platform, LAST, sales(True), ads(True)))


def test_nothing_is_invented_on_the_flat_twin(platform: Platform) -> None:
    """Claimed and verified return differ in every month: that is no event, and weighs nothing."""
    acme = organization(platform)
    write_gold(platform, acme, sales(False), ads(False))
    with reading(platform, acme) as found:
        for number in range(MONTHS):
            for fact in found.finder.facts(FIRST.plus(number)):
                assert (fact.claim.type, fact.severity) == ("roas_gap", "info")
                assert fact.score == 0


def test_a_trend_a_streak_and_a_season_are_found(platform: Platform) -> None:
    """Two years that grow by 2 % a month, and Decembers of double."""
    lines = []
    for number in range(25):
        month = Month(2022, 1).plus(number)
        level = Decimal(100) * (Decimal("1.02") ** number) * (2 if month.number == 12 else 1)
        lines += [line(month, day, str(level.quantize(Decimal("0.01")))) for day in range(1, 29)]
    december = facts(platform, Month(2023, 12), lines)
    season = only(december, "seasonality", "gross_revenue")
    assert (season.claim.direction, value(season, "change_pct") > Decimal("0.5")) == ("up", True)
    november = facts(platform, Month(2023, 11), lines)
    trend = only(november, "trend", "gross_revenue")
    assert trend.claim.direction == "up"
    assert trend.p_value is not None
    assert trend.p_value < 0.001
    assert value(trend, "months") == 23
    streak = only(november, "streak", "gross_revenue")
    assert value(streak, "months") == 10
    assert streak.claim.baseline is not None
    assert streak.claim.baseline.months == (Month(2023, 1),), "December's double ended the rise before"


def test_eleven_months_say_nothing_of_a_history(platform: Platform) -> None:
    lines = [line(Month(2023, 1).plus(n), day, str(100 + 10 * n)) for n in range(12) for day in range(1, 29)]
    of_history = {"trend", "streak", "record", "outlier", "change_point", "seasonality"}
    eleventh, twelfth = (facts(platform, Month(2023, number), lines) for number in (11, 12))
    assert not of_history & {f.claim.type for f in eleventh}
    assert "trend" in {f.claim.type for f in twelfth}


# A month against the one before ------------------------------------------------------------------------------


def test_a_change_by_hand(platform: Platform) -> None:
    """31 × 100 = 3100 in January, 29 × 120 = 3480 in February: + 380, 380 / 3100 = 12.2580645161 %."""
    found = facts(platform, FEBRUARY, [*whole(JANUARY, "100"), *whole(FEBRUARY, "120")])
    change = only(found, "change", "gross_revenue")
    assert [value(change, f) for f in ("current", "baseline", "change_abs")] == [3480, 3100, 380]
    assert value(change, "change_pct") == Decimal("0.1225806452")
    assert change.claim.direction == "up"
    assert change.impact == Decimal("0.1091954023")  # 380 / 3480
    assert change.severity == "high"


def test_orders_and_ticket_share_a_change_of_revenue(platform: Platform) -> None:
    """31 orders of 100 → 58 orders of 60: 3100 → 3480. L = 380 / ln(3480 / 3100) = 3286.343…;
    orders L ln(58 / 31) = 2058.73…, the rest L ln(60 / 100) = − 1678.73…; together 380.
    """
    lines = [*whole(JANUARY, "100"), *whole(FEBRUARY, "60"), *whole(FEBRUARY, "60")]
    change = only(facts(platform, FEBRUARY, lines), "change", "gross_revenue")
    orders, ticket = values(change, "orders_effect", "ticket_effect")
    mean = 380 / math.log(3480 / 3100)
    assert math.isclose(orders, mean * math.log(58 / 31), rel_tol=1e-9)
    assert math.isclose(ticket, mean * math.log(0.6), rel_tol=1e-9)
    assert abs(orders + ticket - 380) < Decimal("1e-9")


@pytest.mark.parametrize(("february", "is_told"), [("112.24", True), ("112.22", False)])
def test_five_per_cent_is_a_change_and_less_is_none(platform: Platform, february: str, is_told: bool) -> None:
    """January 3100; 29 × 112.24 = 3254.96, + 4.9987 %: below; the bound lies at 112.2414."""
    found = facts(platform, FEBRUARY, [*whole(JANUARY, "100"), *whole(FEBRUARY, "112.25" if is_told else february)])
    assert (("change", "gross_revenue", None) in told(found)) == is_told


def test_a_partial_month_is_compared_with_the_same_days(platform: Platform) -> None:
    """Until the 12th: 12 × 50 = 600 against 12 × 100 = 1200, not against 3100."""
    lines = [*whole(JANUARY, "100"), *(line(FEBRUARY, day, "50") for day in range(1, 13))]
    found = facts(platform, FEBRUARY, lines)
    change = only(found, "change", "gross_revenue")
    assert values(change, "current", "baseline") == [600, 1200]
    assert not change.is_complete
    assert change.claim.period.words("pt-BR") == "01/02/2024 a 12/02/2024"
    partial = only(found, "partial_sales")
    assert value(partial, "days") == 12
    assert found[0] == partial, "what must be known of the data comes first"
    assert not any(f.claim.kpi in ("paid_orders", "average_ticket") for f in found), "days do not tell orders"


def test_a_few_days_are_not_compared(platform: Platform) -> None:
    lines = [*whole(JANUARY, "100"), *(line(FEBRUARY, day, "500") for day in range(1, 7))]
    assert told(facts(platform, FEBRUARY, lines)) == {("partial_sales", "gross_revenue", None)}


def test_a_month_that_began_late_is_compared_from_there(platform: Platform) -> None:
    """The first sale ever is of January 11th: both months count from the 11th to the 29th and the 31st's equal day."""
    lines = [line(JANUARY, day, "100") for day in range(11, 32)] + whole(FEBRUARY, "200")
    lines.append(line(Month(2024, 3), 1, "1"))
    change = only(facts(platform, FEBRUARY, lines), "change", "gross_revenue")
    assert values(change, "current", "baseline") == [19 * 200, 19 * 100]


def test_a_shop_that_closes_at_weekends_ends_no_month_early(platform: Platform) -> None:
    """The last sale is of the 27th, two days before the month ends: as many as lie between a Friday and a Monday."""
    every_day = [*whole(JANUARY, "100"), *(line(FEBRUARY, day, "107") for day in range(1, 28))]
    partial = ("partial_sales", "gross_revenue", None)
    assert partial in told(facts(platform, FEBRUARY, every_day))
    weekdays = [one for one in every_day if one.day.weekday() < 5]
    assert partial not in told(facts(platform, FEBRUARY, weekdays))


def test_drivers_and_detractors_by_hand(platform: Platform) -> None:
    """loja 3100 → 1450 (− 1650), site 1550 → 2320 (+ 770): the total fell by 880 of 4650."""
    lines = [
        *whole(JANUARY, "100", channel="loja"),
        *whole(JANUARY, "50", channel="site"),
        *whole(FEBRUARY, "50", channel="loja"),
        *whole(FEBRUARY, "80", channel="site"),
    ]
    found = facts(platform, FEBRUARY, lines)
    driver, detractor = (only(found, kind) for kind in ("driver", "detractor"))
    assert [f.claim.member.name if f.claim.member else None for f in (driver, detractor)] == ["loja", "site"]
    assert value(driver, "change_abs") == -1650
    assert value(driver, "contribution") == Decimal("-0.3548387097")  # 1650 / 4650
    assert value(detractor, "contribution") == Decimal("0.1655913978")  # 770 / 4650


def test_who_came_and_who_went(platform: Platform) -> None:
    lines = [
        *whole(JANUARY, "100", "Bolo"),
        *whole(JANUARY, "10", "Pudim"),
        *whole(FEBRUARY, "100", "Bolo"),
        *whole(FEBRUARY, "12", "Torta"),
    ]
    found = facts(platform, FEBRUARY, lines)
    came, went = only(found, "appeared"), only(found, "disappeared")
    assert values(came, "current", "share") == [348, Decimal("0.1071428571")]  # 12 / 112
    assert values(went, "baseline", "share") == [310, Decimal("0.0909090909")]  # 10 / 110


def test_a_mix_that_hides_what_the_campaigns_do(platform: Platform) -> None:
    """Both returns rise (5 → 5.5, 1 → 1.1), their mean falls: the money went to the weak one.

    ROAS 3000/1000 = 3 → 1980/1000 = 1.98. Weights of Forte ½ → 0.2: mix = Σ (r̄ − R̄) Δw
    = (5.25 − 2.49)(−0.3) + (1.05 − 2.49)(0.3) = − 1.26; rate = 0.35 × 0.5 + 0.65 × 0.1 = 0.24; together − 1.02.
    """
    spent = [
        Ad(JANUARY, "Forte", Decimal(500), Decimal(2500), Decimal(50)),
        Ad(JANUARY, "Fraca", Decimal(500), Decimal(500), Decimal(50)),
        Ad(FEBRUARY, "Forte", Decimal(200), Decimal(1100), Decimal(40)),
        Ad(FEBRUARY, "Fraca", Decimal(800), Decimal(880), Decimal(40)),
    ]
    found = facts(platform, FEBRUARY, [*whole(JANUARY, "100"), *whole(FEBRUARY, "100")], spent)
    mix = only(found, "mix_shift", "roas_claimed")
    assert (value(mix, "mix_effect"), value(mix, "rate_effect")) == (Decimal("-1.26"), Decimal("0.24"))
    assert value(mix, "change_abs") == value(mix, "mix_effect") + value(mix, "rate_effect")


def test_too_few_conversions_say_nothing_of_a_quotient(platform: Platform) -> None:
    lines = [*whole(JANUARY, "100"), *whole(FEBRUARY, "100")]
    for conversions, is_told in ((Decimal(29), False), (Decimal(30), True)):
        spent = [
            Ad(JANUARY, "Busca", Decimal(500), Decimal(2500), Decimal(60)),
            Ad(FEBRUARY, "Busca", Decimal(500), Decimal(1500), conversions),
        ]
        found = told(facts(platform, FEBRUARY, lines, spent))
        assert (("change", "roas_claimed", None) in found) == is_told


def test_a_cost_per_conversion_that_chance_explains_is_not_told(platform: Platform) -> None:
    """40 against 30 conversions for the same money: + 33 %, and p = 0.28."""
    lines = [*whole(JANUARY, "100"), *whole(FEBRUARY, "100")]
    for later, is_told in ((Decimal(30), False), (Decimal(400), True)):
        spent = [
            Ad(JANUARY, "Busca", Decimal(500), Decimal(900), Decimal(40)),
            Ad(FEBRUARY, "Busca", Decimal(500), Decimal(900), later),
        ]
        found = told(facts(platform, FEBRUARY, lines, spent))
        assert (("change", "cost_per_conversion", None) in found) == is_told


def test_partial_ads_are_not_compared(platform: Platform) -> None:
    spent = [
        Ad(JANUARY, "Busca", Decimal(500), Decimal(2500), Decimal(60)),
        Ad(FEBRUARY, "Busca", Decimal(200), Decimal(500), Decimal(60), days=12),
    ]
    found = facts(platform, FEBRUARY, [*whole(JANUARY, "100"), *whole(FEBRUARY, "107")], spent)
    assert value(only(found, "partial_ads"), "days") == 12
    assert {f.claim.kpi for f in found if f.claim.type == "change"} == {"paid_orders", "units"}


# A month by itself -------------------------------------------------------------------------------------------


def test_concentration_by_hand(platform: Platform) -> None:
    """One of six products has 60 of 100; below half, and with no fifth that has four fifths, nothing is said."""
    products = [("A", "60"), *((name, "8") for name in "BCDEF")]
    found = facts(platform, JANUARY, [one for name, gross in products for one in whole(JANUARY, gross, name)])
    top = only(found, "concentration")
    assert values(top, "share", "top", "members") == [Decimal("0.6"), 1, 6]
    even = [one for name in "ABCDEF" for one in whole(JANUARY, "10", name)]
    assert not facts(platform, JANUARY, even, org="even")


def test_ads_that_do_not_pay(platform: Platform) -> None:
    """Verified return 3100 / 4000; Busca claims 300 of 1000; Inverno brought nothing for 3000."""
    spent = [
        Ad(JANUARY, "Busca", Decimal(1000), Decimal(300), Decimal(30)),
        Ad(JANUARY, "Inverno", Decimal(3000), Decimal(0), Decimal(0)),
    ]
    found = facts(platform, JANUARY, whole(JANUARY, "100"), spent)
    verified = only(found, "roas_below_one", "roas_verified")
    assert value(verified, "current") == Decimal("0.775")
    assert value(only(found, "roas_below_one", "roas_claimed"), "current") == Decimal("0.3")
    nothing = only(found, "spend_without_conversions")
    assert values(nothing, "spend", "share") == [3000, Decimal("0.75")]


def test_a_return_below_the_target_is_said_where_one_is_set(platform: Platform) -> None:
    """Verified return 3100 / 1000: above one, below a target of 4, above one of 3."""
    spent = [Ad(JANUARY, "Busca", Decimal(1000), Decimal(3000), Decimal(30))]

    def below(org: str, target: str | None) -> list[Fact]:
        found = facts(platform, JANUARY, whole(JANUARY, "100"), spent, org=org, roas_target=target)
        return [fact for fact in found if fact.claim.type == "roas_below_target"]

    (told,) = below("wants4", "4")
    assert value(told, "current") == Decimal("3.1")
    # 900 more would have been needed, of a revenue of 3100.
    assert round(told.impact, 6) == round(Decimal(900) / 3100, 6)
    assert below("wants3", "3") == below("nothing", None) == []


def test_small_spend_is_not_worth_a_word(platform: Platform) -> None:
    """30 of 3100 and below 100: under both bounds."""
    spent = [Ad(JANUARY, "Teste", Decimal(30), Decimal(0), Decimal(0))]
    assert not facts(platform, JANUARY, whole(JANUARY, "100"), spent)


def test_conversions_that_may_still_change_are_said_so_and_judge_no_campaign(platform: Platform) -> None:
    spent = [Ad(JANUARY, "Busca", Decimal(1000), Decimal(300), Decimal(30), provisional=Decimal(20))]
    found = facts(platform, JANUARY, whole(JANUARY, "100"), spent)
    assert value(only(found, "provisional_conversions"), "share") == Decimal("0.6666666667")
    assert not [f for f in found if f.claim.type == "roas_below_one" and f.claim.member]


def test_platforms_that_claim_more_than_was_sold(platform: Platform) -> None:
    spent = [Ad(JANUARY, "Busca", Decimal(1000), Decimal(6200), Decimal(60))]
    gap = only(facts(platform, JANUARY, whole(JANUARY, "100"), spent), "roas_gap")
    assert (value(gap, "claimed"), value(gap, "verified"), value(gap, "change_abs")) == (
        Decimal("6.2"),
        Decimal("3.1"),
        Decimal("3.1"),
    )
    assert (gap.claim.direction, gap.severity) == ("up", "critical")


def test_another_currency_is_in_no_figure_and_said(platform: Platform) -> None:
    lines = [*whole(JANUARY, "100"), line(JANUARY, 3, "999", currency="USD")]
    foreign = only(facts(platform, JANUARY, lines), "other_currency")
    (quantity,) = foreign.quantities
    assert quantity.value == 999
    assert quantity.currency == "USD"


def test_a_restated_month_names_both_figures_and_both_versions(platform: Platform) -> None:
    lines = [*whole(JANUARY, "100"), line(FEBRUARY, 1, "1")]
    assert not [f for f in facts(platform, JANUARY, lines) if f.claim.type == "restated"]
    again = only(facts(platform, JANUARY, [*lines, line(JANUARY, 5, "50")]), "restated")
    current, baseline = again.quantity("current"), again.quantity("baseline")
    assert current is not None
    assert baseline is not None
    assert [current.value, baseline.value] == [3150, 3100]
    assert current.delta_version > baseline.delta_version


def test_days_that_were_only_missing_are_no_restatement(platform: Platform) -> None:
    some = [line(JANUARY, day, "100") for day in range(1, 20)]
    facts(platform, JANUARY, some)
    assert not [f for f in facts(platform, JANUARY, whole(JANUARY, "100")) if f.claim.type == "restated"]


def test_what_last_month_told_already_weighs_half(platform: Platform) -> None:
    names = [("A", "60"), *((name, "8") for name in "BCDEF")]
    lines = [one for month in (JANUARY, FEBRUARY) for name, gross in names for one in whole(month, gross, name)]
    first, again = (only(facts(platform, month, lines), "concentration") for month in (JANUARY, FEBRUARY))
    assert (first.is_new, again.is_new) == (True, False)
    assert again.score * 2 == first.score


def test_the_order_of_what_is_read_changes_nothing(platform: Platform, tmp_path: object) -> None:
    lines = sales(True)
    once = [fact.id for fact in facts(platform, LAST, lines, ads(True))]
    assert once == [fact.id for fact in facts(platform, LAST, lines[::-1], ads(True)[::-1])]
    assert dt.date(2024, 2, 1) == LAST.first_day
