"""The sales family: its bronze table and the steps that refine it."""

from __future__ import annotations

from datapilot_assets.refinement import Family, Step
from datapilot_assets.sales_gold import GOLD, build_gold
from datapilot_assets.sales_silver import build_silver
from datapilot_domain.contracts.sales import BRONZE_SALES, FAMILY, SALES_QUARANTINE, SILVER_SALES

SALES = Family(
    name=FAMILY,
    bronze=(BRONZE_SALES,),
    steps=(
        Step(outputs=(SILVER_SALES, SALES_QUARANTINE), build=build_silver),
        Step(outputs=GOLD, build=build_gold),
    ),
)
