"""The KPI catalogue as a page."""

from __future__ import annotations

from datapilot_domain.kpis import KPIS, Kpi
from datapilot_domain.markdown import code, escape, table

_GOOD = {"up": "higher is better", "down": "lower is better", "neutral": ""}


def kpis_page() -> str:
    lines = [
        "# KPI catalogue",
        "",
        "Every figure, what it is made of, and the words that mean it. Why each is defined so: "
        "[decisions](../decisions.md).",
        "",
        *table(("KPI", "Portuguese", "English", "Unit", ""), [_row(kpi) for kpi in KPIS.values()]),
    ]
    for kpi in KPIS.values():
        lines += ["", f"## {kpi.name}", "", f"{kpi.definition.en} *{kpi.definition.pt}*", ""]
        lines += table(("", ""), _facts(kpi))
    return "\n".join(lines) + "\n"


def _row(kpi: Kpi) -> list[str]:
    return [
        f"[`{kpi.name}`](#{kpi.name})",
        escape(kpi.title.pt),
        escape(kpi.title.en),
        kpi.unit.replace("_", " "),
        _GOOD[kpi.good],
    ]


def _facts(kpi: Kpi) -> list[list[str]]:
    made = f"sum of {code(kpi.sum_of)}" if kpi.sum_of else f"{code(kpi.numerator)} / {code(kpi.denominator)}"
    if kpi.scale != 1:
        made += f" × {kpi.scale}"
    if kpi.only:
        made += f", only where {code(kpi.only)}"
    added = (
        "adds up over days, products and other members" if kpi.additive else "does not add up: ask at the grain wanted"
    )
    facts = [["Table", f"[{kpi.table}]({kpi.table}.md)"], ["Made of", made], ["Adding", added]]
    if not kpi.stored:
        facts.append(["Kept", "nowhere: divided when it is asked for"])
    if kpi.null_when:
        facts.append(["Null when", f"{escape(kpi.null_when.en)} *{escape(kpi.null_when.pt)}*"])
    return [*facts, ["Words", " · ".join(escape(word) for word in kpi.synonyms)]]
