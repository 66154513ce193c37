"""The rules of a text (V12, V15, V18): what it says beside its slots must not be able to lie, or to do anything."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from datapilot_domain.insights import direction_words as moves
from datapilot_domain.insights.causal_words import CAUSAL
from datapilot_domain.insights.draft import SIZES, Draft
from datapilot_domain.insights.fact import Direction
from datapilot_domain.insights.number_words import NOT_NUMBERS, NUMBER_WORDS, ROMAN_LOOKALIKES
from datapilot_domain.insights.plain import SLOT_MARK, Names, Phrases, plain, words
from datapilot_domain.insights.unit_words import BESIDE_A_SLOT, LINKS, UNITS
from datapilot_domain.kpis import Direction as Good
from datapilot_domain.markdown import escape

Language = Literal["pt-BR", "en"]
HEADLINE_LENGTH, BODY_LENGTH = 160, 900
SLOT = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}", re.ASCII)
# What a text says when its period is not a whole one (V16).
PARTIAL_WORDS: dict[Language, tuple[str, ...]] = {
    "pt-BR": ("parcial", "parciais", "parcialmente", "dias comparados"),
    "en": ("partial", "partially", "days compared"),
}
# All that may stand outside slots: what is not here is refused, whatever Unicode has to offer.
_LETTERS = "abcdefghijklmnopqrstuvwxyzáàâãçéêíóôõú"
_ALLOWED = frozenset(_LETTERS + _LETTERS.upper() + " ,.;:!?()-–—…")
_KINDS = {
    **dict.fromkeys("<>&*_`#[]|\\~", "markup"),
    **dict.fromkeys("@/", "link"),
    '"': "quote",
    "'": "quote",
} | dict.fromkeys("%‰", "unit")
_CATEGORIES = {
    "N": "digit",
    "C": "control",
    "Zl": "control",
    "Zp": "control",
    "Pi": "quote",
    "Pf": "quote",
    "Sc": "unit",
}
_ROMAN = re.compile(r"(?=.)M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_DIGIT_LOOKALIKES = re.compile(r"[IlO]{2,}")
_SPELLED = re.compile(r"(?<!\S)[a-z] [a-z] [a-z](?!\S)")
_PERIOD_FIELDS = ("period", "baseline_period")


class Fault(NamedTuple):
    """A rule that a draft breaks. `detail` repeats one word of the draft at most."""

    code: str
    detail: str


@dataclass(frozen=True)
class TextRules:
    """What a text is judged by. `direction` and `good`: of the claim and of its KPI; None: no word of judgement
    is looked at."""

    language: Language
    direction: Direction = "none"
    good: Good | None = None
    # Every member that the organization's dimensions have, and ids and names of the other organizations.
    entity_names: Names = field(default_factory=Names)
    other_names: Names = field(default_factory=Names)


def faults(draft: Draft, rules: TextRules) -> list[Fault]:
    """All that is wrong with the texts of a draft, each fault once."""
    found = [*_slots(draft), *_lengths(draft)]
    for text in (draft.headline, draft.body):
        found += [Fault("V15", detail) for detail in _text(text, draft, rules)]
    return list(dict.fromkeys(found))


def says_partial(draft: Draft, language: Language) -> bool:
    """V16: whether headline or body say that the period is not a whole one."""
    said = f" {' '.join(words(f'{draft.headline} {draft.body}'))} "
    return any(f" {phrase} " in said for phrase in PARTIAL_WORDS[language])


def _slots(draft: Draft) -> Iterator[Fault]:
    used = [slot for text in (draft.headline, draft.body) for slot in SLOT.findall(text)]
    bound = [binding.slot for binding in draft.bindings]
    yield from (Fault("V12", f"unbound: {slot[:40]}") for slot in used if slot not in bound)
    yield from (Fault("V12", f"unused: {_shown(slot)}") for slot in bound if slot not in used)
    yield from (Fault("V12", f"bound twice: {_shown(slot)}") for slot in bound if bound.count(slot) > 1)
    if any(brace in SLOT.sub("", text) for text in (draft.headline, draft.body) for brace in "{}"):
        yield Fault("V12", "braces")


def _lengths(draft: Draft) -> Iterator[Fault]:
    """A slot counts as its name: what stands there is not the author's."""
    for part, text, most in (("headline", draft.headline, HEADLINE_LENGTH), ("body", draft.body, BODY_LENGTH)):
        length = len(SLOT.sub(r"\1", text))
        if length > most:
            yield Fault("V18", f"{part}: {length} characters, at most {most}")
    telling = {b.slot for b in draft.bindings if b.fact_id == draft.claim_fact_id and b.field not in _PERIOD_FIELDS}
    if not telling.intersection(SLOT.findall(draft.headline)):
        yield Fault("V18", "headline: neither the metric nor an entity or a number of the claim")


def _text(text: str, draft: Draft, rules: TextRules) -> Iterator[str]:
    text = unicodedata.normalize("NFC", text)
    marked = SLOT.sub(f" {SLOT_MARK} ", text.replace(SLOT_MARK, ""))
    said = " ".join(words(marked))
    yield from _characters(SLOT.sub(" ", text))
    yield from _beside_slots(text)
    yield from _numerals(SLOT.sub(" ", text), rules)
    for rule, phrases, looked_at in (
        ("number word", NUMBER_WORDS, NOT_NUMBERS.without(said)),
        ("unit", UNITS, said),
        ("link", LINKS, said),
        ("cause", CAUSAL, said),
    ):
        if word := phrases.first(looked_at):
            yield f"{rule}: {_shown(word)}"
    if re.search(r"[^\W_]\.[^\W_]", plain(SLOT.sub("a", text))):
        yield "link: word.word"
    if _SPELLED.search(said):
        yield "spelled: single letters"
    if name := rules.entity_names.first(marked):
        yield f"entity name: {_shown(name)}"
    if rules.other_names.first(marked):  # not even their names are told
        yield "organization: another one is named"
    yield from _directions(text, said, draft, rules)


def _characters(outside: str) -> Iterator[str]:
    """Characters that are not on the list, by what they could be used for."""
    for place, character in enumerate(outside):
        if character in _ALLOWED or character in "{}":  # braces are slots gone wrong
            continue
        if character in "'’" and all(c.isalpha() for c in (outside[place - 1 : place], outside[place + 1 : place + 2])):
            continue
        category = unicodedata.category(character)
        kind = _KINDS.get(character) or _CATEGORIES.get(category) or _CATEGORIES.get(category[0])
        yield f"{kind or 'character'}: {_shown(character)}"


def _beside_slots(text: str) -> Iterator[str]:
    """Whatever would change what a slot says: a sign, a unit, letters that stick to it."""
    for found in SLOT.finditer(text):
        before, after = text[: found.start()], text[found.end() :]
        if before.rstrip()[-1:] in tuple("-–—"):
            yield "sign: a dash before a slot"
        elif before[-1:] not in ("", " ", "("):
            yield f"unit: {_shown(before[-1])} before a slot"
        if after[:1] not in ("", *" ,.;:!?)…"):
            yield f"unit: {_shown(after[0])} after a slot"
    for clause in _clauses(text):
        if phrase := BESIDE_A_SLOT.first(_said(clause)):
            yield f"unit: {_shown(phrase.replace(SLOT_MARK, '').strip())} beside a slot"


def _numerals(outside: str, rules: TextRules) -> Iterator[str]:
    """Roman numerals, and letters that look like digits."""
    pronouns = {"I"} if rules.language == "en" else set()
    for token in re.findall(r"[^\W_]+(?:['’][^\W_]+)*", unicodedata.normalize("NFKC", outside)):
        is_word = token in pronouns or (token.casefold() in ROMAN_LOOKALIKES and not token.isupper())
        if _DIGIT_LOOKALIKES.fullmatch(token) or (_ROMAN.fullmatch(token.upper()) and not is_word):
            yield f"roman: {_shown(token)}"


def _directions(text: str, said: str, draft: Draft, rules: TextRules) -> Iterator[str]:
    """Words of a direction or judgement that the claim does not have, denied ones, and a sign beside one."""
    said = moves.NO_DIRECTION.without(said)
    refused = {"up": (moves.DOWN,), "down": (moves.UP,), "none": (moves.UP, moves.DOWN)}[rules.direction]
    for phrases in refused:
        if word := phrases.first(said):
            yield f"direction: {_shown(word)}"
    for phrases in _misjudging(rules):
        if word := phrases.first(said):
            yield f"judgement: {_shown(word)}"
    fields = {binding.slot: binding.field for binding in draft.bindings}
    for clause in _clauses(text):
        heard = moves.NO_DIRECTION.without(_said(clause))
        word = moves.UP.first(heard) or moves.DOWN.first(heard)
        if word is None:
            continue
        if denial := moves.NEGATIONS[rules.language].first(heard):
            yield f"negation: {_shown(denial)}"
        if any(fields.get(slot) in SIZES.values() for slot in SLOT.findall(clause)):
            yield f"sign: {_shown(word)} beside a signed change"


def _misjudging(rules: TextRules) -> tuple[Phrases, ...]:
    if rules.good is None:
        return ()
    if rules.good == "neutral" or rules.direction == "none":
        return moves.GOOD, moves.BAD
    return (moves.BAD,) if rules.good == rules.direction else (moves.GOOD,)


def _clauses(text: str) -> list[str]:
    return re.split(r"[.,;:!?()…–—]", text)


def _said(text: str) -> str:
    return " ".join(words(SLOT.sub(f" {SLOT_MARK} ", text.replace(SLOT_MARK, ""))))


def _shown(word: str) -> str:
    """At most one word of the draft, harmless wherever it is shown."""
    return escape(word[:40]) if word.isprintable() else " ".join(f"U+{ord(c):04X}" for c in word[:4])
