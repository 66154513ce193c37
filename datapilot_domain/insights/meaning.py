"""Rules of what a text says with slots that are right: of their period, as what they are, and of the fact's type."""

from __future__ import annotations

import re
from collections.abc import Iterator

from datapilot_domain.insights import direction_words as moves
from datapilot_domain.insights.draft import Draft
from datapilot_domain.insights.fact import DATA_QUALITY, FactType
from datapilot_domain.insights.plain import Phrases, words
from datapilot_domain.insights.text_rules import SLOT

_PERIODS = {"current": "period", "baseline": "baseline_period"}
_BESIDE = re.compile(r"\{\{(\w+)\}\}\s+(?:em|de|in|of)\s+\{\{(\w+)\}\}", re.IGNORECASE)
_FROM_TO = re.compile(r"\b(?:de|do|da|from)\s+\{\{(\w+)\}\}[^.;]*?\b(?:para|to)\s+\{\{(\w+)\}\}", re.IGNORECASE)
# `Em {{period}}, …` before a sentence: its first number is of that one.
_DURING = re.compile(r"(?:^|[.;!?]\s+)(?:em|in)\s+\{\{(\w+)\}\},([^.;]*)", re.IGNORECASE)
# Levels: a figure neither rises nor falls by one of these.
_LEVELS = ("current", "baseline", "share", "amount", "spend", "claimed", "verified")
_MOVED_BY = re.compile(r"([^\W_]+)(?:\s+by)?\s+\{\{(\w+)\}\}", re.IGNORECASE)
# They compare with the level that follows.
_COMPARES = ("acima", "abaixo", "above", "below", "de")
_OF_TOTAL = re.compile(r"\{\{(\w+)\}\}\s+(?:d[oa]|of(?:\s+the)?|of\s+all)\s+(?:total|todo|whole)\b", re.IGNORECASE)
# Words that claim what only one type of facts has shown.
_CLAIMS: tuple[tuple[tuple[FactType, ...], Phrases], ...] = (
    (("record",), Phrases("recorde*, maior valor, menor valor, nunca antes, record, records, all time, ever")),
    (("trend",), Phrases("tendencia*, trend*")),
    (("streak",), Phrases("meses seguidos, mes apos mes, consecutiv*, in a row, month after month")),
    (("seasonality",), Phrases("sazona*, costuma*, seasonal*, usually")),
    (("concentration",), Phrases("concentra*, concentrat*")),
    (("outlier", "refund_rate_high"), Phrases("atipic*, anormal*, anomal*, fora do normal, unusual*, outlier*")),
)


def mixes_periods(draft: Draft) -> bool:
    """Whether a number stands beside the other one's period, or the way went from today's to the earlier one's."""
    fields = _fields(draft)
    for text in (draft.headline, draft.body):
        pairs = _BESIDE.findall(text)
        for period, said in _DURING.findall(text):
            numbers = (slot for slot in SLOT.findall(said) if fields.get(slot) in (*_PERIODS, *_PERIODS.values()))
            first = next(numbers, None)
            pairs += [(first, period)] if first is not None and not _has_own_period(first, said) else []
        for value, period in pairs:
            beside, right = fields.get(period), _PERIODS.get(fields.get(value, ""))
            if right is not None and beside in _PERIODS.values() and beside != right:
                return True
        if any((fields.get(a), fields.get(b)) == ("current", "baseline") for a, b in _FROM_TO.findall(text)):
            return True
    return False


def misread_numbers(draft: Draft) -> Iterator[str]:
    """Levels told as movements (`caiu {{baseline}}`), and changes told as parts of a total."""
    fields = _fields(draft)
    for text in (draft.headline, draft.body):
        for word, slot in _MOVED_BY.findall(text):
            said = " ".join(words(word))
            moved = said not in _COMPARES and (moves.UP.first(said) or moves.DOWN.first(said))
            if moved and fields.get(slot) in _LEVELS:
                yield f"{fields[slot]} told as a change"
        if any(fields.get(slot, "").startswith("change_") for slot in _OF_TOTAL.findall(text)):
            yield "a change told as a share"


def other_claims(draft: Draft, kind: FactType) -> Iterator[str]:
    """Words that claim what facts of another type show."""
    if kind in DATA_QUALITY:
        return
    said = " ".join(words(SLOT.sub(" ", f"{draft.headline} {draft.body}")))
    for kinds, phrases in _CLAIMS:
        if kind not in kinds and (word := phrases.first(said)):
            yield word


def _fields(draft: Draft) -> dict[str, str]:
    return {binding.slot: binding.field for binding in draft.bindings}


def _has_own_period(slot: str, said: str) -> bool:
    return any(slot == value for value, _ in _BESIDE.findall(said))
