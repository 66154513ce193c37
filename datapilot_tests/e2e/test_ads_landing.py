"""Pages and extractions as they land: what waits, what completes it, and what the sender is told (R26)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from datapilot_assets.reports import file_reports
from datapilot_domain.landing import Verdict
from datapilot_tests.workbench import Workbench, utc

NEXT = "https://graph.facebook.com/v23.0/act_1/insights?access_token=SECRET&after=b"


def page(*rows: tuple[str, str], **paging: Any) -> bytes:
    """A page of Meta insights of account 1: (campaign, day) of each row."""
    data = [
        {
            "account_id": "1",
            "account_currency": "BRL",
            "campaign_id": campaign,
            "campaign_name": f"Campaign {campaign}",
            "date_start": day,
            "date_stop": day,
            "impressions": "10",
            "clicks": "1",
            "spend": "2.50",
        }
        for campaign, day in rows
    ]
    return json.dumps({"data": data, "paging": paging}).encode()


FIRST = page(("11", "2024-01-01"), ("12", "2024-01-02"), cursors={"before": "a", "after": "b"}, next=NEXT)
SECOND = page(("12", "2024-01-03"), cursors={"before": "b", "after": "c"}, previous=NEXT)


@pytest.mark.rule("R26")
@pytest.mark.rule("R33")
@pytest.mark.reason("PAGES_MISSING")
@pytest.mark.parametrize("order", ["forward", "backward"])
def test_a_page_waits_until_the_page_that_it_names_has_come(workbench: Workbench, order: str) -> None:
    workbench.add(order)
    early, late = (FIRST, SECOND) if order == "forward" else (SECOND, FIRST)
    (waits,) = workbench.land(order, ("early.json", early))
    assert (waits.verdict, waits.reason) == (Verdict.WAITING, "PAGES_MISSING")
    assert "cursor b" in waits.line
    assert not waits.entry.touched
    (again,) = workbench.land(order, ("again.json", early))
    assert again.verdict is Verdict.WAITING
    (completes,) = workbench.land(order, ("late.json", late))
    assert completes.verdict is Verdict.ACCEPTED
    assert set(completes.entry.joins) == {waits.entry.place, again.entry.place}
    assert [str(month) for month in completes.entry.touched] == ["2024-01"]
    old = workbench.land(order, ("early.json", early), ("late.json", late))
    assert {item.verdict for item in old} == {Verdict.ALREADY_LOADED}


@pytest.mark.rule("R26")
@pytest.mark.reason("CAMPAIGNS_KEPT")
def test_a_campaign_that_a_later_extraction_lacks_is_named_and_stays(workbench: Workbench) -> None:
    workbench.add("absent")
    whole = page(("11", "2024-01-01"), ("12", "2024-01-01"), ("12", "2024-01-02"))
    workbench.land("absent", ("whole.json", whole), as_of=utc(2024, 1, 5))
    (later,) = workbench.land("absent", ("later.json", page(("12", "2024-01-01"))), as_of=utc(2024, 1, 6))
    (notice,) = [notice for notice in later.entry.notices if notice.code == "CAMPAIGNS_KEPT"]
    assert notice.values == {"count": "1", "campaigns": "Campaign 11 (11)"}


@pytest.mark.rule("R26")
def test_files_of_one_call_that_name_no_other_page_wait_for_none(workbench: Workbench) -> None:
    workbench.add("alone")
    other = page(("21", "2024-01-01"))
    landed = workbench.land("alone", ("1.json", FIRST), ("other.json", other), ("2.json", SECOND), set_id="x")
    assert [item.verdict for item in landed] == [Verdict.WAITING, Verdict.ACCEPTED, Verdict.ACCEPTED]
    assert landed[2].entry.joins == (landed[0].entry.place,)


def test_ads_data_cannot_be_declared_the_whole_of_a_month(workbench: Workbench) -> None:
    workbench.add("declared")
    (refused,) = workbench.land("declared", ("page.json", page(("1", "2024-01-01"))), complete="2024-01")
    assert (refused.verdict, refused.reason) == (Verdict.REFUSED, "DECLARATION_INVALID")


@pytest.mark.rule("R1")
def test_no_token_of_a_page_reaches_the_log_or_the_report(workbench: Workbench) -> None:
    organization = workbench.platform.registry.get(workbench.add("secret"))
    workbench.land("secret", ("first.json", FIRST))
    entries = workbench.platform.lakehouse.landing_log(organization.org_id).entries
    told = [entry.model_dump_json() for entry in entries] + [str(file_reports(workbench.platform, organization))]
    assert "v23.0" in told[0]
    assert not any("SECRET" in text for text in told)
