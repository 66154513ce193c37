"""A month's insights for the Dagster UI: severity, text, numbers' origin, and what was rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from datapilot_assets.insights.offline import recommendation_text
from datapilot_assets.insights.writing import Insight, MonthInsights
from datapilot_domain.insights.codes import CODES
from datapilot_domain.insights.rendering import render, to_markdown
from datapilot_domain.kpis import Wording
from datapilot_domain.locales import format_month
from datapilot_domain.markdown import code, escape, table
from datapilot_domain.organizations import Organization

SEVERITIES = {
    "critical": Wording(pt="🔴 crítico", en="🔴 critical"),
    "high": Wording(pt="🟠 alto", en="🟠 high"),
    "medium": Wording(pt="🟡 médio", en="🟡 medium"),
    "low": Wording(pt="🔵 baixo", en="🔵 low"),
    "info": Wording(pt="⚪ informação", en="⚪ information"),
}
_NOTHING = Wording(pt="Nada que mereça destaque neste mês.", en="Nothing in this month stands out.")
_TITLE = Wording(pt="Insights de", en="Insights of")
_REJECTED = Wording(pt="Textos recusados", en="Rejected texts")
_REASON = Wording(pt="Motivo", en="Reason")
_TIMES = Wording(pt="Vezes", en="Times")


def month_markdown(month: MonthInsights, organization: Organization, chart: str | None = None) -> str:
    """The month as markdown; names of strangers stay text. `chart`: an image as markdown, to stand above all."""
    locale = organization.locale
    lines = [f"### {_TITLE.of(locale)} {format_month(month.month, locale)}", "", *([chart, ""] if chart else ())]
    lines += [line for insight in month.insights for line in _insight(insight, locale)]
    if not month.insights:
        lines += [_NOTHING.of(locale), ""]
    return "\n".join([*lines, *_rejected(month, locale)])


def _insight(insight: Insight, locale: str) -> Sequence[str]:
    text = to_markdown(render(insight.draft, {insight.fact.id: insight.fact}, locale))
    advice = recommendation_text(insight.draft.recommendation, locale)
    origin = ", ".join(
        f"{code(table)} v{version}"
        for table, version in sorted({(e.table, e.delta_version) for e in insight.fact.evidence})
    )
    body = " ".join(part for part in (text.body, f"*{escape(advice)}*" if advice else "") if part)
    return (f"**{SEVERITIES[insight.fact.severity].of(locale)} · {text.headline}**", "", body, "", origin, "")


def _rejected(month: MonthInsights, locale: str) -> Sequence[str]:
    codes = Counter(fault.code for item in month.rejected for fault in item.faults)
    if not codes:
        return ()
    rows = [[code(name), escape(CODES[name].of(locale)), str(times)] for name, times in sorted(codes.items())]
    return (
        f"### {_REJECTED.of(locale)}",
        "",
        *table(("", _REASON.of(locale), _TIMES.of(locale)), rows, numbers=[2]),
        "",
    )
