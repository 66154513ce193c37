"""From drafts to what people read: slots become the facts' own words and numbers, in the reader's locale."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from datapilot_domain.insights.draft import SIZES, Draft
from datapilot_domain.insights.fact import Fact
from datapilot_domain.insights.measures import Quantity, unit_of
from datapilot_domain.insights.text_rules import SLOT
from datapilot_domain.kpis import KPIS
from datapilot_domain.locales import format_value
from datapilot_domain.markdown import escape, one_line, paragraph

NAME_LENGTH = 80
_NO_BREAK = "\u00a0"
# Zero-width and other marks that one_line leaves in.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200d\u2060-\u2064\ufeff]")
# Dimensions whose Portuguese word is feminine: `categoria não informada`.
_FEMININE = ("category", "store", "campaign", "platform", "source")
# A Portuguese preposition, with or without an article, or an article, before a metric: they become one word.
_PREPOSITION = re.compile(r"(?i)(?<!\S)(d(?:e|[oa]s?)|em|n[oa]s?|por|pel[oa]s?|às?|aos?|[oa]s?) $")
_JOINED = {"d": "d", "e": "n", "n": "n", "p": "pel"}
_SENTENCE_START = re.compile(r"(?:^|[.!?…]\s+)$")


class UnknownField(KeyError):
    """A slot without a binding, a binding of an unknown fact, or a field that the fact does not have."""


class Rendered(NamedTuple):
    """Plain text: whoever shows it escapes it."""

    headline: str
    body: str

    @property
    def text(self) -> str:
        return as_sentence(self)


def render(draft: Draft, facts_by_id: Mapping[str, Fact], locale: str) -> Rendered:
    """Raises UnknownField for what the draft or its facts do not have."""
    bound = {binding.slot: binding for binding in draft.bindings}

    def filled(template: str) -> str:
        text, end = "", 0
        for found in SLOT.finditer(template):
            binding = bound.get(found[1])
            fact = facts_by_id.get(binding.fact_id) if binding else None
            if binding is None or fact is None:
                raise UnknownField(found[1])
            text = _appended(text + template[end : found.start()], fact, binding.field, locale)
            end = found.end()
            if text.endswith(".") and template[end : end + 1] == ".":  # `p.p.` ends the sentence, too
                end += 1
        return text + template[end:]

    return Rendered(filled(draft.headline), filled(draft.body))


def _appended(text: str, fact: Fact, field: str, locale: str) -> str:
    """The text and the field after it: joined with its preposition, or with a capital where a sentence begins."""
    value = field_text(fact, field, locale)
    if field == "metric" and locale == "pt-BR":
        article, _, title = value.partition(" ")
        text, joined = _PREPOSITION.sub("", text), _joined(_PREPOSITION.search(text), article)
        value = f"{joined} {title}"
    if field in ("metric", "period", "baseline_period") and _SENTENCE_START.search(text):
        value = value[:1].upper() + value[1:]
    return text + value


def _joined(preposition: re.Match[str] | None, article: str) -> str:
    """`de` and `a` are `da`; a preposition that came with another article takes the right one."""
    if preposition is None:
        return article
    word = preposition[1].casefold()
    if word in ("a", "o", "as", "os"):  # the article itself, which the metric brings
        joined = article
    elif word in ("à", "às", "ao", "aos"):
        joined = {"a": "à", "as": "às"}.get(article, f"a{article}")
    else:
        joined = _JOINED[word[0]] + article
    return joined.capitalize() if preposition[1][0].isupper() else joined


def field_text(fact: Fact, field: str, locale: str) -> str:
    """One field as the locale writes it. `metric` comes with its article in Portuguese."""
    claim = fact.claim
    if field == "metric":
        kpi = KPIS[claim.kpi]
        return f"{kpi.article} {kpi.title.pt}" if locale == "pt-BR" else kpi.title.en
    if field == "period":
        return claim.period.words(locale)
    if field == "baseline_period" and claim.baseline is not None:
        return claim.baseline.words(locale)
    if field == "entity" and claim.member is not None:
        return _name(fact, locale)
    quantity = fact.quantity(SIZES.get(field, field))
    if quantity is None:
        raise UnknownField(field)
    # What came back is money, too, though gold has returns below zero.
    value = abs(quantity.value) if field in SIZES or field == "amount" else quantity.value
    return format_value(value, quantity.unit, quantity.currency, locale).replace(" ", _NO_BREAK)


def _name(fact: Fact, locale: str) -> str:
    """A member's name is text of anybody: one line of it, of a length that leaves room for the sentence."""
    member = fact.claim.member
    assert member is not None
    name = member.name if member.name is not None else member.key
    name = " ".join(one_line(_INVISIBLE.sub("", name or "")).split())
    if not name:
        unknown = "não informada" if member.dimension in _FEMININE else "não informado"
        return unknown if locale == "pt-BR" else "not given"
    return name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 1].rstrip() + "…"


def as_sentence(rendered: Rendered) -> str:
    """Headline and body in one text."""
    headline, body = rendered.headline.strip(), rendered.body.strip()
    if headline and not headline.endswith((".", "!", "?", "…")):
        headline += "."
    return f"{headline} {body}".strip()


def to_markdown(rendered: Rendered) -> Rendered:
    """The same for a place in markdown, where names of strangers stay text. The headline stands inside a line."""
    return Rendered(escape(rendered.headline), paragraph(rendered.body))


def units_agree(quantity: Quantity) -> bool:
    """V10: whether the unit is that of the KPI, the terms and the operation."""
    term = quantity.terms[0]
    if term.column is not None and quantity.operation == "value":  # whatever that column counts
        return quantity.unit in ("money", "count", "quantity", "days")
    return quantity.unit == unit_of(quantity.operation, term)
