"""Odd gold and odd failures: each costs what it concerns and nothing else, and every state settles."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import pytest

from datapilot_assets.insights import find, run, writing
from datapilot_assets.insights.making import Bench
from datapilot_assets.insights.offline import offline_draft
from datapilot_assets.insights.run import MonthsFailed, write_insights
from datapilot_assets.insights.state import pending_insights
from datapilot_assets.insights.stored import published_rows, verify_month
from datapilot_assets.insights.writing import MonthInsights, Reading, reading, write_month
from datapilot_domain.contracts.insights import REJECTED
from datapilot_domain.insights.fact import Fact
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_interfaces.demo.endpoint import answer
from datapilot_resources.platform import Platform
from datapilot_tests.assets.insights.golden import Ad, organization, write_gold
from datapilot_tests.assets.insights.stories import LAST, PRODUCTS, ads, sales
from datapilot_tests.assets.insights.test_find import FEBRUARY, JANUARY, facts, line, only, told, whole
from datapilot_tests.services import llm_stub as stubs
from datapilot_tests.services.llm_stub import LlmStub

MARCH = FEBRUARY.plus(1)


def broken(_: Bench) -> Iterator[Fact]:
    raise ZeroDivisionError("odd")


def test_a_method_that_fails_costs_its_own_facts(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "_METHODS", (broken, *find._METHODS))
    acme = organization(platform)
    write_gold(platform, acme, [*whole(JANUARY, "100"), *whole(FEBRUARY, "120")])
    found = [month.insights for month in write_insights(platform, acme, [JANUARY, FEBRUARY], "run")]
    assert [month.defects for month in found] == [1, 1], "it is said"
    assert found[1].insights
    (row, _) = platform.lakehouse.read(REJECTED, acme.org_id).to_pylist()
    assert (row["kind"], row["codes"], row["author"]) == ("method", ["METHOD_FAILED"], "offline")
    assert pending_insights(platform, acme) == {}


def test_a_month_that_fails_stops_no_other(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = organization(platform)
    write_gold(platform, acme, [*whole(JANUARY, "100"), *whole(FEBRUARY, "120"), *whole(MARCH, "150")])

    def odd(gold: Reading, month: Month, *more: object) -> MonthInsights:
        if month == FEBRUARY:
            raise OverflowError("odd")
        return write_month(gold, month, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "write_month", odd)
    with pytest.raises(MonthsFailed, match="2024-02: OverflowError"):
        list(write_insights(platform, acme, [JANUARY, FEBRUARY, MARCH], "run"))
    assert list(pending_insights(platform, acme)) == [FEBRUARY]


def test_a_month_that_gold_lost_says_nothing_any_more_and_settles(platform: Platform) -> None:
    acme = organization(platform)
    write_gold(platform, acme, [*whole(JANUARY, "100"), *whole(FEBRUARY, "120"), *whole(MARCH, "120")])
    list(write_insights(platform, acme, [JANUARY, FEBRUARY, MARCH], "run"))
    assert published_rows(platform, acme.org_id, [FEBRUARY])
    write_gold(platform, acme, [*whole(JANUARY, "100"), *whole(MARCH, "120")])
    assert FEBRUARY in pending_insights(platform, acme)
    list(write_insights(platform, acme, [JANUARY, FEBRUARY, MARCH], "again"))
    assert published_rows(platform, acme.org_id, [FEBRUARY]) == []
    assert pending_insights(platform, acme) == {}


def test_after_a_month_without_sales_nobody_is_new(platform: Platform) -> None:
    lines = [
        *whole(JANUARY, "100", "A"),
        *whole(JANUARY, "50", "B"),
        *whole(MARCH, "100", "A"),
        *whole(MARCH, "50", "B"),
    ]
    assert "appeared" not in {f.claim.type for f in facts(platform, MARCH, lines)}


def test_who_came_back_is_said_to_have_sold_nothing_in_that_month_only(platform: Platform) -> None:
    acme = organization(platform)
    lines = [one for month in (JANUARY, FEBRUARY, MARCH) for one in whole(month, "100", "A")]
    write_gold(platform, acme, [*lines, *whole(JANUARY, "50", "B"), *whole(MARCH, "50", "B")])
    list(write_insights(platform, acme, [MARCH], "run"))
    (text,) = [row["body"] for row in published_rows(platform, acme.org_id, [MARCH]) if row["type"] == "appeared"]
    assert text.endswith("; em fevereiro/2024, nada.")


def test_gifts_have_places_too(platform: Platform) -> None:
    """P came to less than nothing: seventh in January behind four gifts, and fifth in February."""
    acme = organization(platform)
    gifts = [line(JANUARY, 2, "0", name) for name in "WXYZ"]
    january = [*whole(JANUARY, "90", "A"), *whole(JANUARY, "80", "B"), *whole(JANUARY, "-10", "P"), *gifts]
    february = [one for name in "ABCD" for one in whole(FEBRUARY, "90", name)] + whole(FEBRUARY, "-20", "P")
    write_gold(platform, acme, [*january, *february])
    (written,) = write_insights(platform, acme, [FEBRUARY], "run")
    assert written.insights.defects == 0


def test_a_month_of_a_cent_and_one_of_a_fortune(platform: Platform) -> None:
    acme = organization(platform)
    write_gold(platform, acme, [*whole(JANUARY, "99999999999999"), line(FEBRUARY, 3, "0.01"), line(MARCH, 1, "1")])
    list(write_insights(platform, acme, [JANUARY, FEBRUARY], "run"))
    assert published_rows(platform, acme.org_id, [FEBRUARY])
    assert all(item.ok for item in verify_month(platform, acme, FEBRUARY))


def test_returns_beyond_all_sales_weigh_against_the_ads(platform: Platform) -> None:
    spent = [Ad(JANUARY, "Inverno", Decimal(3000), Decimal(0), Decimal(0))]
    nothing = only(facts(platform, JANUARY, whole(JANUARY, "-5"), spent), "spend_without_conversions")
    assert nothing.impact == 1


def test_provisional_conversions_are_not_called_conversions(platform: Platform) -> None:
    spent = [Ad(JANUARY, "Busca", Decimal(1000), Decimal(300), Decimal("30.5"), provisional=Decimal("20.5"))]
    found = facts(platform, JANUARY, whole(JANUARY, "100"), spent)
    assert ("provisional_conversions", "provisional_conversions", None) in told(found)


def test_names_of_any_kind(platform: Platform) -> None:
    names = ("O'Brien", "o'brien\n", "{{current}}", "", 'a"b', "50%", "null", "🙂", "Receita")
    acme = organization(platform)
    lines = [
        one
        for month, base in ((JANUARY, 10), (FEBRUARY, 40))
        for place, name in enumerate(names)
        for one in whole(month, str(base * (place + 1) if place % 2 else 30), f"p{place}", category=name, channel=name)
    ]
    write_gold(platform, acme, lines)
    for month in write_insights(platform, acme, [JANUARY, FEBRUARY], "run"):
        assert month.insights.defects == 0
    found = verify_month(platform, acme, FEBRUARY)
    assert len(found) > 5
    assert all(item.ok for item in found)


def test_texts_of_facts_that_are_gone_are_no_rejections(with_model: Callable[..., Platform], llm_stub: LlmStub) -> None:
    llm_stub.always = stubs.answers(answer)
    platform = with_model()
    acme = organization(platform)
    for planted in (True, False):
        write_gold(platform, acme, sales(planted), ads(planted))
        list(write_insights(platform, acme, [LAST], "run"))
    assert platform.lakehouse.read(REJECTED, acme.org_id, [LAST]).to_pylist() == []
    assert len(PRODUCTS) == 6


def test_a_history_without_its_days_is_no_restatement(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a crash between two tables leaves it; the other months are written all the same."""
    acme = organization(platform)
    write_gold(platform, acme, whole(JANUARY, "100"))
    write_gold(platform, acme, whole(JANUARY, "120"))
    history = platform.lakehouse.history
    monkeypatch.setattr(
        platform.lakehouse, "history", lambda table, org: {} if table.table == "sales_daily" else history(table, org)
    )
    with reading(platform, acme) as found:
        assert found.finder.restated == {}


def settles(platform: Platform, acme: Organization, months: Sequence[Month]) -> None:
    list(write_insights(platform, acme, months, "run"))
    assert pending_insights(platform, acme) == {}
    assert list(write_insights(platform, acme, months, "again")) == []


def test_a_month_with_nothing_to_say_settles(platform: Platform) -> None:
    acme = organization(platform)
    write_gold(platform, acme, whole(JANUARY, "100"))
    settles(platform, acme, [JANUARY])
    assert published_rows(platform, acme.org_id, None) == []


def test_an_offline_text_that_is_refused_settles_and_costs_one_insight(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = organization(platform)
    write_gold(platform, acme, [*whole(JANUARY, "100"), *whole(FEBRUARY, "120")])
    good, told_of = offline_draft, ("gross_revenue", "net_revenue")
    monkeypatch.setattr(
        writing,
        "offline_draft",
        lambda fact, locale: good(fact, locale).model_copy(
            update={"body": "Por causa do frio."} if fact.claim.kpi in told_of else {}
        ),
    )
    settles(platform, acme, [JANUARY, FEBRUARY])
    assert platform.lakehouse.read(REJECTED, acme.org_id).num_rows
    rows = published_rows(platform, acme.org_id, [FEBRUARY])
    assert rows
    assert not {row["kpi"] for row in rows} & set(told_of)


def test_a_model_that_is_down_settles(with_model: Callable[..., Platform]) -> None:
    platform = with_model(llm_base_url="http://127.0.0.1:9/v1")
    acme = organization(platform)
    write_gold(platform, acme, [*whole(JANUARY, "100"), *whole(FEBRUARY, "120")])
    settles(platform, acme, [JANUARY, FEBRUARY])


def test_a_restatement_settles(platform: Platform) -> None:
    acme = organization(platform)
    for gross in ("100", "120", "100", "140"):
        write_gold(platform, acme, [*whole(JANUARY, gross), *whole(FEBRUARY, "100")])
        settles(platform, acme, [JANUARY, FEBRUARY])
    (restated,) = [row for row in published_rows(platform, acme.org_id, [JANUARY]) if row["type"] == "restated"]
    assert "R$\xa03.100,00" in restated["body"]


_WRITES = """
import sys
from pathlib import Path
from datapilot_assets.insights.run import write_insights
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
platform = Platform(Settings(home=Path(sys.argv[1]), **dict(pair.split("=", 1) for pair in sys.argv[2:])))
list(write_insights(platform, platform.registry.get(OrgId("acme")), [Month(2024, 1), Month(2024, 2)], "other"))
"""


def writer(platform: Platform, **settings: str) -> subprocess.Popen[str]:
    """A process of its own that writes both months."""
    more = [f"{name}={value}" for name, value in settings.items()]
    command = [sys.executable, "-c", _WRITES, str(platform.settings.home), *more]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_a_process_that_dies_while_it_asks_leaves_its_reservation_and_the_month_to_the_next(
    with_model: Callable[..., Platform], llm_stub: LlmStub
) -> None:
    llm_stub.then(stubs.stalls(60))
    llm_stub.always = stubs.answers(answer)
    platform = with_model()
    acme = organization(platform)
    write_gold(platform, acme, [*whole(JANUARY, "100"), *whole(FEBRUARY, "120")])
    process = writer(platform, llm_base_url=llm_stub.base_url, llm_model="stub-1")
    deadline = time.monotonic() + 60
    while not llm_stub.requests and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    assert [attempt.status for attempt in platform.ledger.attempts(acme.org_id, FEBRUARY)] == ["reserved"]
    assert list(pending_insights(platform, acme)) == [FEBRUARY]
    settles(platform, acme, [JANUARY, FEBRUARY])
    assert {row["author"] for row in published_rows(platform, acme.org_id, [FEBRUARY])} == {"model"}
    assert [attempt.status for attempt in platform.ledger.attempts(acme.org_id, FEBRUARY)] == ["reserved", "ok"]
    assert platform.ledger.spent(acme.org_id, FEBRUARY).reserved_tokens > 0, "nobody knows what it cost"


def test_two_processes_that_write_the_same_months_leave_them_whole(platform: Platform) -> None:
    acme = organization(platform)
    write_gold(platform, acme, [*whole(JANUARY, "100"), *whole(FEBRUARY, "120")])
    both = [writer(platform) for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert pending_insights(platform, acme) == {}
    rows = published_rows(platform, acme.org_id, [FEBRUARY])
    assert len({row["insight_id"] for row in rows}) == len(rows) > 0
    assert all(item.ok for item in verify_month(platform, acme, FEBRUARY))
