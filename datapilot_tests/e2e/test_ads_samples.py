"""The sample extractions against figures that were worked out apart: before and after the re-syncs, in either order."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from datapilot_tests.workbench import MONTHS, SAMPLES, Workbench, sample, utc

EXPECTED = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
PAGES = [SAMPLES / f"meta_insights_page{number}.json" for number in (1, 2)]
FIRST, LATER = utc(2024, 2, 12), utc(2024, 3, 1)
# Name in `expected.json` → column and places.
CAMPAIGN = {
    "impressions": ("impressions", 0),
    "clicks": ("clicks", 0),
    "spend": ("spend", 6),
    "conversions": ("conversions", 6),
    "value": ("conversion_value", 6),
    "ctr": ("ctr", 6),
    "cpc": ("cpc", 4),
    "cpm": ("cpm", 4),
    "cost_per_conversion": ("cost_per_conversion", 4),
    "roas": ("roas_claimed", 4),
}
MARKETING = {"spend": 6, "conversion_value": 6, "roas_claimed": 4, "gross_revenue": 4, "gross_revenue_covered": 4}
MARKETING |= {"roas_verified": 4}


@pytest.fixture(scope="module", params=["in order", "re-syncs first"])
def stages(workbench: Workbench, request: pytest.FixtureRequest) -> tuple[Workbench, str]:
    org = "ordered" if request.param == "in order" else "backwards"
    workbench.add(org)
    workbench.land(org, *(sample(month, "excel_br_cp1252") for month in MONTHS))
    if org == "backwards":
        resync(workbench, org)
    else:
        first(workbench, org)
        assert all(run.succeeded for run in workbench.refine(org, family=None))
        assert_stage(workbench, org, "after_first_sync")
    return workbench, org


def first(bench: Workbench, org: str) -> None:
    bench.land(org, *PAGES, SAMPLES / "google_searchstream.json", as_of=FIRST, set_id="first")


def resync(bench: Workbench, org: str) -> None:
    files = (SAMPLES / "meta_insights_resync.json", SAMPLES / "google_searchstream_resync.json")
    bench.land(org, *files, as_of=LATER, set_id="later")


@pytest.mark.rule("R26")
@pytest.mark.rule("R30")
@pytest.mark.rule("R36")
def test_the_figures_after_both_syncs_are_those_worked_out_apart(stages: tuple[Workbench, str]) -> None:
    bench, org = stages
    if org == "backwards":
        first(bench, org)
    else:
        resync(bench, org)
    assert all(run.succeeded for run in bench.refine(org, family=None))
    assert_stage(bench, org, "after_resync")


def assert_stage(bench: Workbench, org: str, stage: str) -> None:
    ads = EXPECTED["ads"][stage]
    months = {f"{row['month']}|{row['campaign_id']}": row for row in bench.rows("gold.campaign_month", org)}
    weeks = {f"{row['iso_week']}|{row['campaign_id']}": row for row in bench.rows("gold.campaign_week", org)}
    for rows, expected in ((months, ads["by_campaign_month"]), (weeks, ads["by_campaign_week"])):
        assert {key: _campaign(row) for key, row in rows.items()} == {
            key: {name: _rounded(row[name], places) for name, (_, places) in CAMPAIGN.items()}
            for key, row in expected.items()
        }
    assert {row["iso_week"]: row["is_partial"] for row in weeks.values()} == EXPECTED["ads"]["is_partial_week"]
    assert {row["iso_week"]: row["month"] for row in weeks.values()} == EXPECTED["ads"]["month_of_week"]
    marketing = {row["month"]: row for row in bench.rows("gold.marketing_month", org)}
    assert sorted(marketing) == list(MONTHS)
    for month, expected in EXPECTED["marketing_month"][stage].items():
        row = marketing[month]
        assert (row["ads_days"], row["is_partial"]) == (expected["ads_days"], expected["is_partial"])
        assert {name: _rounded(row[name], places) for name, places in MARKETING.items()} == {
            name: _rounded(expected[name], places) for name, places in MARKETING.items()
        }


def _campaign(row: dict[str, Any]) -> dict[str, Decimal | None]:
    return {name: _rounded(row[column], places) for name, (column, places) in CAMPAIGN.items()}


def _rounded(value: Any, places: int) -> Decimal | None:
    return None if value is None else Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
