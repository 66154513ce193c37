"""The demo's insights: a month in words, verified; and the same month by a model's endpoint that lies once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from datapilot_assets.insights.stored import published_rows, shown, verify_month
from datapilot_assets.runs import run_insights
from datapilot_domain.contracts.insights import REJECTED
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_interfaces.demo.endpoint import MODEL, lying_endpoint
from datapilot_interfaces.demo.stage import model_environment
from datapilot_resources.platform import Platform


def told_month(platform: Platform, org: OrgId, month: Month) -> dict[str, Any]:
    """What the pipeline wrote of the month, and every number of it computed once more."""
    rows = [shown(row) for row in published_rows(platform, org, [month])]
    verified = verify_month(platform, platform.registry.get(org), month)
    return {
        "organization": org,
        "month": month,
        "insights": rows,
        "numbers": sum(item.slot is not None for item in verified),
        "wrong": sum(not item.ok for item in verified),
        "ok": bool(rows) and bool(verified) and all(item.ok for item in verified),
    }


def lying_model(platform: Platform, org: OrgId, month: Month) -> dict[str, Any]:
    """The month's texts by an endpoint over HTTP that writes one number of its own: what became of them."""
    with lying_endpoint() as base_url, model_environment(base_url, MODEL):
        with_model = Platform.from_environment()
        runs = run_insights(with_model, org, [month], again=True)
        attempts = with_model.ledger.attempts(org, month)
    rows = published_rows(platform, org, [month])
    refused = platform.lakehouse.read(REJECTED, org, [month]).to_pylist()
    by_model = sum(row["author"] == "model" for row in rows)
    verified = verify_month(platform, platform.registry.get(org), month)
    lies = [row for row in refused if row["codes"] == ["V15"] and "42" in row["text"]]
    return {
        "organization": org,
        "month": month,
        "published_by_model": by_model,
        "published_offline_instead": len(rows) - by_model,
        "rejected": [{name: row[name] for name in ("codes", "details", "text")} for row in refused],
        "calls": len(attempts),
        "input_tokens": sum(attempt.input_tokens or 0 for attempt in attempts),
        "output_tokens": sum(attempt.output_tokens or 0 for attempt in attempts),
        "cost_usd": sum((attempt.cost or Decimal(0) for attempt in attempts), Decimal(0)),
        "ok": all(run.succeeded for run in runs)
        and len(lies) == len(refused) == 1
        and by_model == len(rows) - 1
        and all(item.ok for item in verified),
    }
