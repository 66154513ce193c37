"""What the latest month's verified facts say that somebody must act on; and a model's budget that is used up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from datapilot_assets.alerts.words import figure, kpi, month
from datapilot_domain.alerts import SEVERITIES, Condition, Severity
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.insights import INSIGHT_FACTS, PUBLISHED
from datapilot_domain.findings import Found, found
from datapilot_domain.insights.fact import Claim, Fact
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_resources.platform import Platform

_TELLING = ("gold.sales_month", "gold.campaign_month")
# Of a fact, by the share of the month's revenue that is at stake; below these nobody is called.
_CALLED: dict[str, Severity] = {"critical": "critical", "high": "critical", "medium": "warning"}


def business_conditions(platform: Platform, organization: Organization) -> Iterator[Condition]:
    """Of the latest month that has facts: earlier months are history, whatever they say."""
    org = organization.org_id
    latest = _latest_month(platform, org)
    if latest is None:
        return
    rows = platform.lakehouse.read(INSIGHT_FACTS, org, [latest]).to_pylist()
    facts = [Fact.model_validate_json(row["fact"]) for row in rows if row["status"] == "verified"]
    yield from _low_returns(facts, org, latest, organization.roas_target)
    yield from _spent_for_nothing(facts, org, latest)
    yield from _revenue_drop(facts, org, latest)
    published = platform.lakehouse.read(PUBLISHED, org, [latest]).to_pylist()
    if any("LLM_OVER_BUDGET" in row["codes"] for row in published):
        used, budget = platform.ledger.spent(org, latest), platform.settings.llm_token_budget
        cause = found("budget_reached", used=used.tokens + used.reserved_tokens, budget=budget)
        yield _condition("BUDGET_REACHED", org, latest, "warning", cause, "datapilot insights --calls")


def _latest_month(platform: Platform, org: OrgId) -> Month | None:
    """The last month of which gold has rows and whose facts were looked for; there may be none in it."""
    states = (platform.lakehouse.months(CONTRACTS[name], org) for name in _TELLING)
    with_rows = {month for of in states for month, state in of.items() if state.rows}
    return max(with_rows & platform.lakehouse.months(INSIGHT_FACTS, org).keys(), default=None)


def _low_returns(facts: Sequence[Fact], org: OrgId, latest: Month, target: Decimal | None) -> Iterator[Condition]:
    """Of all ads together. A campaign's own return is among the insights: its name is the organization's word."""
    for fact in facts:
        value = fact.quantity("current")
        limit = _limit(fact.claim, target)
        if limit is not None and value is not None and fact.severity in _CALLED:
            cause = found(
                "kpi_below",
                kpi=kpi(fact.claim.kpi),
                value=figure(value.value, value.unit, value.currency),
                limit=figure(limit, value.unit, value.currency),
            )
            yield _condition("ROAS_LOW", org, latest, _CALLED[fact.severity], cause)


def _limit(claim: Claim, target: Decimal | None) -> Decimal | None:
    """What a claim says that a return is below; None: it says something else, or is of one campaign."""
    if claim.member is not None:
        return None
    return {"roas_below_one": Decimal(1), "roas_below_target": target}.get(claim.type)


def _spent_for_nothing(facts: Sequence[Fact], org: OrgId, latest: Month) -> Iterator[Condition]:
    """Of all campaigns together, as urgent as the one with most at stake."""
    campaigns = [fact for fact in facts if fact.claim.type == "spend_without_conversions"]
    called = {_CALLED[fact.severity] for fact in campaigns if fact.severity in _CALLED}
    spends = [spend for fact in campaigns if (spend := fact.quantity("spend")) is not None]
    if called and spends:
        total = sum((spend.value for spend in spends), Decimal(0))
        amount = figure(total, spends[0].unit, spends[0].currency)
        cause = found("spent_for_nothing", campaigns=len(spends), spend=amount)
        yield _condition("SPEND_WITHOUT_CONVERSIONS", org, latest, max(called, key=SEVERITIES.index), cause)


def _revenue_drop(facts: Sequence[Fact], org: OrgId, latest: Month) -> Iterator[Condition]:
    """Of all sales, against the month before; of gross and net revenue the fall that weighs most."""
    drops = [fact for fact in facts if _is_revenue_drop(fact.claim) and fact.severity in _CALLED]
    for fact in sorted(drops, key=lambda fact: -fact.impact)[:1]:
        change, baseline = fact.quantity("change_pct"), fact.claim.baseline
        if change is not None and baseline is not None:
            cause = found(
                "kpi_fell",
                kpi=kpi(fact.claim.kpi),
                change=figure(change.value, change.unit, change.currency),
                baseline=month(baseline.month),
            )
            yield _condition("REVENUE_DROP", org, latest, _CALLED[fact.severity], cause)


def _is_revenue_drop(claim: Claim) -> bool:
    of_revenue = claim.kpi in ("gross_revenue", "net_revenue") and claim.member is None
    return of_revenue and (claim.type, claim.compare, claim.direction) == ("change", "previous_month", "down")


def _condition(
    code: str, org: OrgId, latest: Month, severity: Severity, cause: Found, command: str = "datapilot insights"
) -> Condition:
    return Condition(
        code=code,
        org_id=org,
        subject=(str(latest),),
        severity=severity,
        cause=cause,
        month=latest,
        ui_path=f"/assets/insights/published?partition={OrgMonth(org, latest).key}",
        command=f"{command} --org {org} --month {latest}",
    )
