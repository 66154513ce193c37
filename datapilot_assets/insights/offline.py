"""The offline analyst: the same fact, the same words. It writes when no model does, or when a model's text fails."""

from __future__ import annotations

import re
from functools import cache
from string import Template
from types import ModuleType

from datapilot_assets.insights import offline_en, offline_pt
from datapilot_assets.insights.recommend import recommended
from datapilot_domain.insights.draft import Binding, Draft
from datapilot_domain.insights.fact import Claim, Fact, Period
from datapilot_domain.insights.plain import words
from datapilot_domain.insights.text_rules import SLOT
from datapilot_domain.kpis import KPIS

# `[caiu|caíram]`, `[days:dia|dias]`
_CHOICE = re.compile(r"\[(?:(\w+):)?([^|\]]*)\|([^\]]*)\]")
_SAYS_PARTIAL = ("partial_sales", "partial_ads")


def offline_draft(fact: Fact, locale: str) -> Draft:
    """The fact told in the locale's language, with what to do about it."""
    told, claim = _language(locale), fact.claim
    headline, body = texts(told)[_variant(fact)]
    if not fact.is_complete and claim.type not in _SAYS_PARTIAL:
        body = f"{body} {told.PARTIAL_DAYS if _days_are_compared(claim) else told.PARTIAL_DATA}"
    chosen = _chosen(claim, told)
    # A member that is the subject is one; else the verb is the metric's.
    plural = KPIS[claim.kpi].is_plural and not headline.startswith("$The_member")
    headline, body = (_numbered(Template(text).substitute(chosen), fact, plural) for text in (headline, body))
    slots = dict.fromkeys(SLOT.findall(headline + body))
    recommendation = recommended(fact)
    return Draft(
        claim_fact_id=fact.id,
        headline=headline,
        body=body,
        bindings=tuple(Binding(slot=slot, fact_id=fact.id, field=slot) for slot in slots),
        direction=claim.direction,
        recommendation=recommendation,
        recommendation_fact_id=None if recommendation == "none" else fact.id,
    )


def recommendation_text(recommendation: str, locale: str) -> str:
    """The closed list's sentence for readers; empty for none."""
    text: str = _language(locale).RECOMMENDATIONS.get(recommendation, "")
    return text


@cache
def texts(told: ModuleType) -> dict[str, tuple[str, str]]:
    """Fact type, with a variant after a full stop → headline and body, as a language has them."""
    found = {}
    for entry in told.TEXTS.strip().split("\n\n"):
        name, _, text = " ".join(entry.split("\n")).partition(" | ")
        # The body begins at the only bar that stands between spaces: those of choices do not.
        headline, _, body = text.partition(" | ")
        found[name] = headline, body
    return found


@cache
def own_words() -> frozenset[str]:
    """Words that these texts are made of, in both languages: who bears one as a name cannot be told from it."""
    said: set[str] = set()
    for told in (offline_pt, offline_en):
        phrases = [text for pair in texts(told).values() for text in pair]
        phrases += [text for texts_ in told.DIMENSIONS.values() for text in texts_]
        phrases += [text for named in told.DIRECTIONS.values() for text in named.values()]
        phrases += [text for pair in told.COMPARED.values() for text in pair]
        phrases += [*told.WHEN, *told.PATH, *told.ROWS.values(), told.OTHER_ROWS, told.COMPARED_OTHERWISE]
        for text in (*phrases, told.PARTIAL_DAYS, told.PARTIAL_DATA):
            said.update(words(re.sub(r"\$\w+", " ", SLOT.sub(" ", text))))
    return frozenset(said)


def _language(locale: str) -> ModuleType:
    return offline_pt if locale == "pt-BR" else offline_en


def _variant(fact: Fact) -> str:
    """Some types are told otherwise of a member."""
    kind, member = fact.claim.type, fact.claim.member
    if kind == "change" and fact.quantity("orders_effect") is not None:
        return "change.parts"
    top = fact.quantity("top")
    of_member = member is not None and (
        kind == "roas_below_one" or (kind == "concentration" and top is not None and top.value == 1)
    )
    return f"{kind}.member" if of_member else kind


def _chosen(claim: Claim, told: ModuleType) -> dict[str, str]:
    """Words by the claim's direction, dimension and periods."""
    dimension = claim.member.dimension if claim.member else ""
    noun, of_member, the_member, members = (
        text.replace("@", "{{entity}}") for text in told.DIMENSIONS.get(dimension, told.NO_DIMENSION)
    )
    period, baseline = claim.period, claim.baseline
    in_period = f"{_when(period, told)} {{{{period}}}}"
    in_baseline = f"{_when(baseline, told)} {{{{baseline_period}}}}" if baseline else ""
    whole = baseline is not None and _is_month(period) and _is_month(baseline) and period != baseline
    compared = told.COMPARED.get(claim.compare)
    return {
        **told.DIRECTIONS[claim.direction],
        "subject": f"{{{{metric}}}} {of_member}" if claim.member else "{{metric}}",
        "The_member": the_member if the_member[0] == "{" else the_member[0].upper() + the_member[1:],
        "noun": noun,
        "members": members,
        "rows": told.ROWS.get(claim.kpi, told.OTHER_ROWS),
        "compared": compared[_days_are_compared(claim)] if compared else told.COMPARED_OTHERWISE,
        "path": told.PATH[0 if whole else 1],
        "in_period": in_period,
        "of_period": f"{told.OF} {{{{period}}}}" if told.OF else in_period,
        "in_baseline": in_baseline,
        "In_baseline": in_baseline[:1].upper() + in_baseline[1:],
    }


def _when(period: Period, told: ModuleType) -> str:
    word: str = told.WHEN[0 if _is_month(period) else 1]
    return word


def _is_month(period: Period) -> bool:
    return len(period.months) == 1 and period.first_day is None


def _days_are_compared(claim: Claim) -> bool:
    """Whether the comparison is of days that both months have, not of what there happens to be."""
    periods = (claim.period, claim.baseline)
    return claim.compare is not None and all(p is not None and p.first_day is not None for p in periods)


def _numbered(text: str, fact: Fact, plural: bool) -> str:
    """The singular or the plural of each choice."""

    def pick(found: re.Match[str]) -> str:
        quantity = fact.quantity(found[1]) if found[1] else None
        several = plural if quantity is None else quantity.value != 1
        return found[3] if several else found[2]

    return _CHOICE.sub(pick, text)
