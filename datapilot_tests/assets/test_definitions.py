"""The assembly, as a newcomer sees it: assets, checks, jobs, sensors. A change here is a change of the face."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dagster as dg

from datapilot_assets.definitions import defs
from datapilot_assets.partitioning import ORG_MONTHS, ORGANIZATIONS
from datapilot_domain.contracts import CONTRACTS, FAMILY_CONTRACTS


def test_the_graph_of_assets() -> None:
    graph = defs.resolve_asset_graph()
    lineage = {
        node.key.to_user_string(): sorted(parent.to_user_string() for parent in node.parent_keys)
        for node in graph.asset_nodes
    }
    assert lineage == {
        "landing/sales": [],
        "bronze/sales": ["landing/sales"],
        "silver/sales": ["bronze/sales"],
        "silver/sales_quarantine": ["bronze/sales"],
        "gold/sales_month": ["silver/sales"],
        "gold/sales_daily": ["silver/sales"],
        "gold/sales_products": ["silver/sales"],
        "gold/sales_breakdown": ["silver/sales"],
        "gold/sales_source_month": ["silver/sales"],
        "gold/product_affinity": ["silver/sales"],
        "gold/product_centrality": ["silver/sales"],
        "landing/ads": [],
        "bronze/meta_ads": ["landing/ads"],
        "bronze/google_ads": ["landing/ads"],
        "silver/ads_insights": ["bronze/google_ads", "bronze/meta_ads"],
        "silver/ads_quarantine": ["bronze/google_ads", "bronze/meta_ads"],
        "silver/campaigns": ["landing/ads"],
        "gold/campaign_month": ["silver/ads_insights"],
        "gold/campaign_week": ["silver/ads_insights"],
        "gold/marketing_month": ["gold/campaign_month", "gold/sales_daily", "gold/sales_month"],
        "insights/facts": [
            "gold/campaign_month",
            "gold/marketing_month",
            "gold/sales_breakdown",
            "gold/sales_daily",
            "gold/sales_month",
            "gold/sales_products",
            "gold/sales_source_month",
        ],
        "insights/published": ["insights/facts"],
        "insights/rejected": ["insights/facts"],
        "serving/postgres": [
            "gold/campaign_month",
            "gold/campaign_week",
            "gold/marketing_month",
            "gold/product_affinity",
            "gold/product_centrality",
            "gold/sales_breakdown",
            "gold/sales_daily",
            "gold/sales_month",
            "gold/sales_products",
            "gold/sales_source_month",
            "insights/published",
        ],
        "exports/files": [
            "gold/campaign_month",
            "gold/campaign_week",
            "gold/marketing_month",
            "gold/product_affinity",
            "gold/product_centrality",
            "gold/sales_breakdown",
            "gold/sales_daily",
            "gold/sales_month",
            "gold/sales_products",
            "gold/sales_source_month",
            "insights/published",
        ],
        "power_bi/dataset": [
            "gold/campaign_month",
            "gold/campaign_week",
            "gold/marketing_month",
            "gold/product_affinity",
            "gold/product_centrality",
            "gold/sales_breakdown",
            "gold/sales_daily",
            "gold/sales_month",
            "gold/sales_products",
            "gold/sales_source_month",
            "insights/published",
        ],
        "graph/organization_month": [
            "gold/campaign_month",
            "gold/product_affinity",
            "gold/product_centrality",
            "gold/sales_products",
            "silver/sales",
        ],
    }


def test_every_asset_is_partitioned_owned_and_described() -> None:
    for node in defs.resolve_asset_graph().asset_nodes:
        if node.key == dg.AssetKey(["silver", "campaigns"]):
            assert node.partitions_def == ORGANIZATIONS
        else:
            assert node.partitions_def == ORG_MONTHS, node.key
        assert node.group_name in (
            "landing",
            "bronze",
            "silver",
            "gold",
            "insights",
            "graph",
            "serving",
            "exports",
            "power_bi",
        )
        assert node.description, node.key
        if node.key.path[0] not in ("landing", "graph", "serving", "exports", "power_bi"):
            assert node.code_version == str(CONTRACTS[".".join(node.key.path)].version)
            assert "dagster/column_schema" in node.metadata


def test_every_refined_table_has_its_two_checks() -> None:
    checks = {(key.asset_key.to_user_string(), key.name) for key in defs.resolve_asset_graph().asset_check_keys}
    layers = ("silver", "gold")
    refined = ["/".join(c.asset_key) for c in CONTRACTS.values() if c.layer in layers and c.scope == "month"]
    assert checks == {
        *((table, check) for table in refined for check in ("contract", "conservation")),
        ("insights/facts", "verified"),
        ("insights/published", "acceptance"),
        ("insights/published", "budget"),
    }


def test_the_definitions_load_as_a_code_location() -> None:
    dg.Definitions.validate_loadable(defs)
    assert defs.get_repository_def().name


def test_jobs_and_sensors_run_by_themselves() -> None:
    assert {job.name for job in defs.resolve_all_job_defs()} >= {
        "intake",
        *(f"refine_{family}_job" for family in FAMILY_CONTRACTS),
        "insights_job",
        "serving_job",
        "power_bi_job",
        "graph_job",
        "exports_job",
    }
    assert defs.sensors is not None
    assert {sensor.name: sensor.default_status.value for sensor in defs.sensors} == {
        "registry": "RUNNING",
        "inbox": "RUNNING",
        "landed_sales": "RUNNING",
        "landed_ads": "RUNNING",
        "landed_marketing": "RUNNING",
        "gold_insights": "RUNNING",
        "gold_serving": "RUNNING",
        "gold_power_bi": "RUNNING",
        "gold_graph": "RUNNING",
        "gold_exports": "RUNNING",
        "alerts": "RUNNING",
        "outbox": "RUNNING",
    }


def test_no_value_of_the_environment_is_in_the_resources() -> None:
    assert set(defs.resources or {}) == {"platform", "spark"}


def test_importing_the_definitions_prints_nothing() -> None:
    """Whoever runs a command reads its answer, not Dagster's remarks on what is in beta."""
    command = [sys.executable, "-c", "import datapilot_assets.definitions"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert (done.returncode, done.stderr) == (0, "")
