"""The marketing family: ads beside the organization's own sales. No file lands for it; it reads the others' gold."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from datapilot_assets.ads_silver import covered_days
from datapilot_assets.gates import sums_gate
from datapilot_assets.gold.marketing_month import marketing_month
from datapilot_assets.monthly import rows_of
from datapilot_assets.refinement import Built, Family, Gate, RefineRun, Step
from datapilot_assets.step import built, fingerprint_frame
from datapilot_domain.contracts.ads_gold import CAMPAIGN_MONTH, MARKETING, MARKETING_MONTH
from datapilot_domain.contracts.sales import FAMILY as SALES
from datapilot_domain.contracts.sales_gold import SALES_DAILY
from datapilot_domain.ledger import declared_whole
from datapilot_domain.partitions import Month
from datapilot_domain.sources import effective_roles, with_role
from datapilot_resources.spark_frames import arrow_frame, interpreted

_DAYS = pa.schema([pa.field("month", pa.string()), pa.field("day", pa.date32())])
_WHOLE_MONTHS = pa.schema(
    {"month": pa.string(), "currency": pa.string(), "org_id": pa.string(), "has_sales": pa.bool_()}
)
_SPENT = """
SELECT month, currency, sum(ads), sum(marketing) FROM (
    SELECT month, currency, spend AS ads, 0 AS marketing FROM campaigns
    UNION ALL SELECT month, currency, 0, coalesce(spend, 0) FROM marketing_rows)
GROUP BY ALL ORDER BY ALL
"""


def build_months(run: RefineRun, months: Sequence[Month]) -> Built:
    """gold.campaign_month, gold.sales_daily → gold.marketing_month. All of it is small."""
    org, lakehouse = run.organization.org_id, run.platform.lakehouse
    campaigns = lakehouse.read(CAMPAIGN_MONTH, org, months)
    daily = lakehouse.read(SALES_DAILY, org, months)
    with interpreted(run.spark, len(campaigns) + len(daily)):
        frame = marketing_month(
            arrow_frame(run.spark, campaigns),
            arrow_frame(run.spark, _covered_days(run, months)),
            arrow_frame(run.spark, daily),
            arrow_frame(run.spark, _whole_months(run, months, daily)),
            fingerprint_frame(run, MARKETING_MONTH, months),
        )
        kept = built({MARKETING_MONTH: frame}, months, small=True)
    table = kept.frames[MARKETING_MONTH.id]
    assert isinstance(table, pa.Table)
    for month, gate in spend_gates(campaigns, table, months).items():
        kept.gates[MARKETING_MONTH.id][month].append(gate)
    return kept


def _covered_days(run: RefineRun, months: Sequence[Month]) -> pa.Table:
    """Days of the months that the extractions of some account cover."""
    days = pc.unique(covered_days(run)["day"])
    return rows_of(pa.table([pc.strftime(days, "%Y-%m"), days], schema=_DAYS), months)


def _whole_months(run: RefineRun, months: Sequence[Month], daily: pa.Table) -> pa.Table:
    """Months whose sales were declared complete: of days without a line zero is then a fact."""
    entries = run.log.entries
    counting = with_role(entries, effective_roles(entries, run.organization, SALES), "counts")
    filled = set(daily["month"].to_pylist())
    rows = [
        {
            "month": str(month),
            "currency": run.organization.currency,
            "org_id": str(run.organization.org_id),
            "has_sales": str(month) in filled,
        }
        for month in months
        if declared_whole(counting, SALES, month)
    ]
    return pa.Table.from_pylist(rows, _WHOLE_MONTHS)


def spend_gates(campaigns: pa.Table, marketing_rows: pa.Table, months: Sequence[Month]) -> dict[Month, Gate]:
    """What all campaigns cost is what the month costs, per currency."""
    with duckdb.connect() as connection:
        connection.register("campaigns", campaigns)
        connection.register("marketing_rows", marketing_rows)
        sums = connection.execute(_SPENT).fetchall()
    gates = {}
    for month in months:
        numbers: dict[str, Any] = {}
        ties = True
        for of_month, currency, ads, marketing in sums:
            if of_month == str(month):
                numbers |= {f"campaigns_{currency}": ads, f"month_{currency}": marketing}
                ties = ties and Decimal(ads) == Decimal(marketing)
        gates[month] = sums_gate(numbers, ties)
    return gates


MARKETING_FAMILY = Family(name=MARKETING, bronze=(), steps=(Step(outputs=(MARKETING_MONTH,), build=build_months),))
