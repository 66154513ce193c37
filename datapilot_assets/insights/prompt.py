"""What a model is asked: handles and bands, never a name, a cell or an exact figure; and the schema of its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from datapilot_assets.insights.recommend import recommended
from datapilot_domain.insights.draft import RECOMMENDATIONS, SIZES, TEXT_FIELDS
from datapilot_domain.insights.fact import Fact
from datapilot_domain.kpis import KPIS
from datapilot_domain.landing import digest
from datapilot_resources.llm import Message

SCHEMA_NAME = "insights"
_TEXT = {"type": "string"}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A flat object as every endpoint takes it: all fields required, none beside them."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


SCHEMA: dict[str, Any] = _object(
    {
        "language": {"type": "string", "enum": ["pt-BR", "en"]},
        "insights": {
            "type": "array",
            "items": _object(
                {
                    "claim_fact_id": _TEXT,
                    "headline": _TEXT,
                    "body": _TEXT,
                    "bindings": {
                        "type": "array",
                        "items": _object({"slot": _TEXT, "fact_id": _TEXT, "field": _TEXT}),
                    },
                    "direction": {"type": "string", "enum": ["up", "down", "none"]},
                    "recommendation": {"type": "string", "enum": list(RECOMMENDATIONS)},
                    "recommendation_fact_id": {"anyOf": [_TEXT, {"type": "null"}]},
                }
            ),
        },
    }
)

_SYSTEM = """\
You write short insights for the owner of a business, in the language {language}. You are given facts that code has \
found and verified. You never see a name or a number: you write templates, and code fills them in.

Write one insight for each fact, about that fact only.
- headline: one sentence of at most 160 characters. body: one to three sentences, at most 900 characters.
- Every name, number, date and period is a slot, as in {{{{current}}}}. Bind each slot once: slot name, fact_id (the \
handle), field (one of the fact's fields). Use every binding. The slot {{{{metric}}}} brings its article.
- Outside slots: no digit, no number word, no Roman numeral, no unit, no currency, no percent sign, no name, no link, \
no markup, no quotation mark.
- A slot brings its unit and sign. Beside a verb of direction use change_pct_size or change_abs_size.
- direction is the fact's. Words of direction agree with it; a fact of direction none has none.
- Never say that something caused something. Say that it is associated, or happened together.
- If period is partial, say so with the word {partial}; else do not.
- recommendation: the fact's, or none; recommendation_fact_id: the handle or null.
- Only a fact of type record is a record, of type trend a trend, of type streak a run of months, of type seasonality a \
season, of type outlier unusual, of type concentration concentrated. Only a change_ field says by how much it moved.
Answer with JSON of this schema and nothing else:
{schema}"""
_PARTIAL = {"pt-BR": "parcial", "en": "partial"}

PROMPT_HASH = digest([_SYSTEM, _PARTIAL])
SCHEMA_HASH = digest(SCHEMA)


def handles(facts: Sequence[Fact]) -> dict[str, Fact]:
    """F1, F2, … in the order told."""
    return {f"F{number}": fact for number, fact in enumerate(facts, start=1)}


def messages(facts: Mapping[str, Fact], language: str) -> tuple[Message, ...]:
    """The whole question. `facts`: by handle."""
    schema = json.dumps(SCHEMA, separators=(",", ":"))
    system = _SYSTEM.format(language=language, partial=_PARTIAL[language], schema=schema)
    lines = [f"{handle}: {line(fact, number)}" for number, (handle, fact) in enumerate(facts.items(), start=1)]
    return Message("system", system), Message("user", "\n".join(lines))


def repair(asked: tuple[Message, ...], answer: str | None, errors: Sequence[str]) -> tuple[Message, ...]:
    """The same question with what was wrong with the answer."""
    wrong = "Your answer cannot be used:\n" + "\n".join(f"- {error}" for error in errors) + "\nAnswer again, JSON only."
    given = (Message("assistant", answer),) if answer else ()
    return (*asked, *given, Message("user", wrong))


def line(fact: Fact, number: int) -> str:
    """A fact without anything of the organization's: kinds, bands and the fields that may be bound."""
    claim = fact.claim
    kpi = KPIS[claim.kpi]
    good = {"up": "higher is better", "down": "lower is better", "neutral": "neither is better"}[kpi.good]
    parts = {
        "type": claim.type,
        "metric": f"{claim.kpi} ({kpi.title.en}, {good})",
        "direction": claim.direction,
        "magnitude": magnitude(fact),
        "severity": fact.severity,
        "compare": claim.compare or "nothing",
        "period": "complete" if fact.is_complete else "partial",
        "recommendation": recommended(fact),
        "new": "yes" if fact.is_new else "told last month, too",
        "entity": "none" if claim.member is None else f"E{number} ({claim.member.dimension})",
        "fields": ", ".join(fields_of(fact)),
    }
    return "; ".join(f"{name}={value}" for name, value in parts.items())


def fields_of(fact: Fact) -> list[str]:
    """What may be bound."""
    absent = {"entity"} if fact.claim.member is None or fact.claim.member.name is None else set()
    absent |= {"baseline_period"} if fact.claim.baseline is None else set()
    numbers = [quantity.field for quantity in fact.quantities]
    sizes = [size for size, field in SIZES.items() if field in numbers]
    return [*(name for name in TEXT_FIELDS if name not in absent), *numbers, *sizes]


def magnitude(fact: Fact) -> str:
    """A band of the relative change, or of what is at stake where there is none."""
    change = fact.quantity("change_pct")
    size = abs(change.value) if change is not None else fact.impact
    bands = (("0.1", "small"), ("0.25", "medium"), ("0.5", "large"))
    return next((name for bound, name in bands if size < type(size)(bound)), "very large")
