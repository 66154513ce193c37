"""The model as an author: one question for the facts of a month, one repair; it ends in drafts or in a code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from datapilot_assets.insights.prompt import (
    PROMPT_HASH,
    SCHEMA,
    SCHEMA_HASH,
    SCHEMA_NAME,
    handles,
    messages,
    repair,
)
from datapilot_domain.insights.draft import Draft, Drafts
from datapilot_domain.insights.fact import Fact
from datapilot_domain.landing import digest
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.ledger import Attempt
from datapilot_resources.llm import Answer, Call, LanguageModel, Message

# Worth asking once more: the endpoint answers, and what it said cannot be used.
_REPAIRABLE = ("ok", "refused", "length", "empty")
_LONGEST_ANSWER = 200_000


@dataclass(frozen=True)
class Unusable:
    """An answer in which no drafts could be read."""

    code: str
    detail: str
    text: str


@dataclass(frozen=True)
class Written:
    """What came of asking: drafts by fact, in their own words; why there are none; every HTTP attempt."""

    drafts: tuple[Draft, ...] = ()
    unusable: tuple[Unusable, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    # Why there is no usable answer; None: there is one.
    code: str | None = None
    model: str | None = None


def author_hash(model: LanguageModel) -> str:
    """What a text depends on beside its fact."""
    return digest([model.provider, model.model, PROMPT_HASH, SCHEMA_HASH])


@dataclass
class _Asking:
    model: LanguageModel
    organization: Organization
    month: Month
    run_id: str
    attempts: list[Attempt] = field(default_factory=list)

    def ask(self, question: tuple[Message, ...]) -> Answer:
        answer = self.model.complete(
            Call(
                org_id=self.organization.org_id,
                month=self.month,
                run_id=self.run_id,
                purpose="insights",
                messages=question,
                schema_name=SCHEMA_NAME,
                json_schema=SCHEMA,
                prompt_hash=PROMPT_HASH,
                schema_hash=SCHEMA_HASH,
            )
        )
        self.attempts += answer.attempts
        return answer


def write(
    model: LanguageModel, organization: Organization, month: Month, facts: Sequence[Fact], run_id: str
) -> Written:
    """Ask the model for texts about these facts. Never raises for anything that the endpoint does."""
    by_handle = handles(facts)
    asking = _Asking(model, organization, month, run_id)
    question = messages(by_handle, organization.locale)
    unusable: list[Unusable] = []
    code: str | None = None
    for is_repair in (False, True):
        answer = asking.ask(question)
        code = None if answer.outcome == "ok" else f"LLM_{answer.outcome.upper()}"
        errors = [answer.detail]
        if answer.outcome == "ok":
            drafts, errors = read_drafts(answer.text or "", by_handle, organization.locale)
            if drafts is not None:
                return Written(drafts, tuple(unusable), tuple(asking.attempts), None, answer.model)
            code = "LLM_INVALID"
            if asking.attempts:
                asking.attempts[-1] = model.mark_invalid(asking.attempts[-1])
        unusable.append(Unusable(code or "", "; ".join(errors)[:500], (answer.text or "")[:_LONGEST_ANSWER]))
        if answer.outcome not in _REPAIRABLE or is_repair:
            break
        question = repair(question, answer.text, errors)
    return Written((), tuple(unusable), tuple(asking.attempts), code, model.model)


def read_drafts(text: str, facts: Mapping[str, Fact], language: str) -> tuple[tuple[Draft, ...] | None, list[str]]:
    """Drafts with fact ids for handles, or what is wrong. An unknown handle stays as it is: the verifier names it."""
    start, end = text.find("{"), text.rfind("}")
    try:
        found = Drafts.model_validate_json(text[start : end + 1] if 0 <= start < end else text)
    except ValidationError as error:
        wrong = [": ".join([".".join(map(str, e["loc"])), e["msg"]]) for e in error.errors(include_input=False)[:8]]
        return None, wrong
    if found.language != language:
        return None, [f"language: must be {language}"]
    return tuple(_with_ids(draft, facts) for draft in found.insights), []


def _with_ids(draft: Draft, facts: Mapping[str, Fact]) -> Draft:
    def of(handle: str | None) -> str | None:
        return facts[handle].id if handle is not None and handle in facts else handle

    bindings = tuple(b.model_copy(update={"fact_id": of(b.fact_id)}) for b in draft.bindings)
    return draft.model_copy(
        update={
            "claim_fact_id": of(draft.claim_fact_id),
            "bindings": bindings,
            "recommendation_fact_id": of(draft.recommendation_fact_id),
        }
    )
