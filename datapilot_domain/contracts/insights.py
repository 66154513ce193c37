"""Insights: facts that code found in gold, the texts that were published, and the drafts that were not."""

from __future__ import annotations

from datapilot_domain.contracts.table import FINGERPRINT, MONTH, ORG_ID, Column, TableContract

FAMILY = "insights"
_SCORE = "decimal(21,10)"
_GOLD = (
    "gold.sales_month", "gold.sales_daily", "gold.sales_products", "gold.sales_breakdown", "gold.sales_source_month",
    "gold.campaign_month", "gold.marketing_month",
)  # fmt: skip

_CLAIM = (
    Column(name="type", description="Method that found it: change, driver, trend, …", nullable=False),
    Column(name="kpi", description="KPI of the catalogue", nullable=False),
    Column(name="severity", description="critical, high, medium, low or info, by impact", nullable=False),
    Column(name="score", type=_SCORE, description="Impact × significance × novelty", nullable=False),
)
_CODES = Column(name="codes", type="array<string>", description="Checks that failed, see the verifier", nullable=False)


def _insights(
    table: str, description: str, columns: tuple[Column, ...], key: tuple[str, ...], reads: tuple[str, ...]
) -> TableContract:
    return TableContract(
        family=FAMILY,
        layer="insights",
        table=table,
        description=description,
        columns=(ORG_ID, MONTH, *columns, FINGERPRINT),
        key=("month", *key),
        reads=reads,
    )


INSIGHT_FACTS = _insights(
    "facts",
    "What gold says about the month, found without a model, each number with its evidence.",
    (
        Column(name="fact_id", description="Hash of what is said", nullable=False),
        Column(name="rank", type="int", description="1 is told first: data quality, then by score", nullable=False),
        *_CLAIM,
        Column(name="direction", description="up, down or none", nullable=False),
        Column(name="dimension", description="Dimension of the member that it is about"),
        Column(name="member", description="Key of that member in gold"),
        Column(name="impact", type=_SCORE, description="At stake, as a share of the month's revenue", nullable=False),
        Column(name="n", type="int", description="Observations", nullable=False),
        Column(name="p_value", type="decimal(28,20)", description="Of its test; null where nothing was tested"),
        Column(name="status", description="verified, or quarantined: a number did not compute again", nullable=False),
        _CODES,
        Column(name="fact", description="All of it as JSON: claim, quantities, evidence", nullable=False),
    ),
    key=("fact_id",),
    reads=_GOLD,
)
PUBLISHED = _insights(
    "published",
    "Insights of the month in words: every number stands in a slot and was verified.",
    (
        Column(name="insight_id", description="Hash of what is said", nullable=False),
        Column(name="rank", type="int", description="1 is read first", nullable=False),
        *_CLAIM,
        Column(name="language", description="pt-BR or en", nullable=False),
        Column(name="headline", description="Rendered", nullable=False),
        Column(name="body", description="Rendered", nullable=False),
        Column(name="recommendation", description="From the closed list; none: nothing to do", nullable=False),
        Column(name="claim", description="What is said, as JSON", nullable=False),
        Column(
            name="quantities",
            description="JSON: slot, value, unit, table, where, measure, delta_version of every number",
            nullable=False,
        ),
        Column(name="evidence", description="JSON: id, table, delta_version, rows_hash", nullable=False),
        Column(name="draft", description="The text with its slots, as JSON", nullable=False),
        Column(name="author", description="offline, or model", nullable=False),
        Column(name="status", description="verified; fallback: verified, in place of a model's text", nullable=False),
        _CODES,
        Column(name="author_hash", description="Provider, model, prompt and schema that texts were asked with"),
        Column(name="model", description="As the endpoint named it"),
        Column(name="prompt_hash", description="Of the prompt's template"),
        Column(name="schema_hash", description="Of the answer's schema"),
        Column(name="input_tokens", type="bigint", description="Of the calls that wrote the month's texts, together"),
        Column(name="output_tokens", type="bigint", description="Likewise"),
        Column(name="cost", type="decimal(18,10)", description="Likewise, US dollars; null without prices"),
    ),
    key=("insight_id",),
    reads=("insights.facts",),
)
REJECTED = _insights(
    "rejected",
    "Drafts of a model that were not published, and what of ours did not compute, with the reasons.",
    (
        Column(name="number", type="int", description="Place in the month", nullable=False),
        Column(name="kind", description="draft, answer (none could be read in it), fact or method", nullable=False),
        Column(name="fact_id", description="The fact that it claims to tell"),
        _CODES,
        Column(name="details", type="array<string>", description="What each check found", nullable=False),
        Column(name="text", description="The draft as it came, never shown as markup", nullable=False),
        Column(name="author", description="offline, or model", nullable=False),
        Column(name="model", description="As the endpoint named it"),
    ),
    key=("number",),
    reads=("insights.facts",),
)
INSIGHT_TABLES = (INSIGHT_FACTS, PUBLISHED, REJECTED)
