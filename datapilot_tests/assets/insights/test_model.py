"""A model's endpoint that behaves and one that does not: nothing unverified is published, no month is blocked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from datapilot_assets.insights.prompt import handles, messages
from datapilot_assets.insights.run import Told, write_insights
from datapilot_assets.insights.state import pending_insights
from datapilot_assets.insights.stored import published_rows, verify_month
from datapilot_domain.contracts.insights import REJECTED
from datapilot_domain.organizations import Organization
from datapilot_interfaces.demo.endpoint import answer
from datapilot_resources.platform import Platform
from datapilot_tests.assets.insights.golden import organization, write_gold
from datapilot_tests.assets.insights.independent import differing
from datapilot_tests.assets.insights.stories import LAST, PRODUCTS, ads, sales
from datapilot_tests.services import llm_stub as stubs
from datapilot_tests.services.llm_stub import Behaviour, Json, LlmStub

WithModel = Callable[..., Platform]
Change = Callable[[Json, Json], None]


def tell(platform: Platform) -> tuple[Organization, Told]:
    """The last month of the planted story."""
    acme = organization(platform)
    write_gold(platform, acme, sales(True), ads(True))
    (told,) = write_insights(platform, acme, [LAST], "run")
    return acme, told


def rows(platform: Platform, acme: Organization) -> list[dict[str, Any]]:
    return published_rows(platform, acme.org_id, [LAST])


def rejected(platform: Platform, acme: Organization) -> list[dict[str, Any]]:
    return list(platform.lakehouse.read(REJECTED, acme.org_id, [LAST]).to_pylist())


def holds(platform: Platform, acme: Organization) -> None:
    """What must be true whatever the endpoint does."""
    found = rows(platform, acme)
    assert len(found) >= 8, "no month is blocked"
    assert all(item.ok for item in verify_month(platform, acme, LAST))
    assert differing(platform.settings.home / "store", acme.org_id, found) == []
    attempts = platform.ledger.attempts(acme.org_id, LAST)
    spent = platform.ledger.spent(acme.org_id, LAST)
    assert (spent.cost or 0) == sum((attempt.cost or Decimal(0) for attempt in attempts), Decimal(0)), (
        "the ledger balances"
    )
    assert spent.tokens == sum(attempt.tokens for attempt in attempts)
    assert spent.reserved_tokens == 0
    assert not spent.reserved_cost
    assert "reserved" not in {attempt.status for attempt in attempts}


def test_a_model_that_keeps_to_the_rules_is_published(with_model: WithModel, llm_stub: LlmStub) -> None:
    llm_stub.always = stubs.answers(answer)
    platform = with_model()
    acme, told = tell(platform)
    assert {(row["author"], row["status"]) for row in rows(platform, acme)} == {("model", "verified")}
    assert rejected(platform, acme) == []
    assert len(llm_stub.requests) == 1
    assert rows(platform, acme)[0]["model"] == "stub-1"
    assert rows(platform, acme)[0]["cost"] == Decimal("0.000027")  # 100 × 0.15 + 20 × 0.60 per million
    assert told.insights.accepted == told.insights.drafted == len(told.insights.insights)
    holds(platform, acme)


def test_the_prompt_holds_no_name_no_cell_and_no_figure(with_model: WithModel, llm_stub: LlmStub) -> None:
    llm_stub.always = stubs.answers(answer)
    platform = with_model()
    acme, told = tell(platform)
    (request,) = llm_stub.requests
    sent = json.dumps(request.body, ensure_ascii=False)
    for name in (*PRODUCTS, "Panetone", "Busca", "Inverno", "doces", "loja ", "acme", acme.name, "2024", "fevereiro"):
        assert name not in sent
    question = request.body["messages"][1]["content"]
    for insight in told.insights.insights:
        for quantity in insight.fact.quantities:
            if abs(quantity.value) > 30:
                assert str(int(abs(quantity.value))) not in question


def test_unchanged_facts_ask_no_model_again(with_model: WithModel, llm_stub: LlmStub) -> None:
    """Gold changed, its facts did not: the texts stay. A new fact alone is asked about."""
    llm_stub.always = stubs.answers(answer)
    platform = with_model()
    acme, _ = tell(platform)
    before = {row["insight_id"]: row["draft"] for row in rows(platform, acme)}
    assert pending_insights(platform, acme).get(LAST) is None
    changed = sales(True)
    changed[0] = changed[0].__class__(**{**changed[0].__dict__, "state": "RJ"})
    write_gold(platform, acme, changed, ads(True))
    (told,) = write_insights(platform, acme, [LAST], "again")
    assert {row["insight_id"]: row["draft"] for row in rows(platform, acme)} == before
    assert {row["author"] for row in rows(platform, acme)} == {"model"}
    assert told.insights.attempts == ()
    assert len(llm_stub.requests) == 1
    more = [
        ad if ad.campaign != "Inverno" else ad.__class__(**{**ad.__dict__, "spend": Decimal(900)}) for ad in ads(True)
    ]
    write_gold(platform, acme, changed, more)
    list(write_insights(platform, acme, [LAST], "third"))
    assert len(llm_stub.requests) == 2
    asked = llm_stub.requests[1].body["messages"][1]["content"].splitlines()
    assert 0 < len(asked) < len(before)


def lie(change: Change) -> Callable[[Json], str]:
    """A good answer whose first draft was changed. `change` gets that draft and the one after it."""

    def made(request: Json) -> str:
        drafts = json.loads(answer(request))
        change(drafts["insights"][0], drafts["insights"][1])
        return json.dumps(drafts)

    return made


def body(text: str) -> Change:
    return lambda draft, _: draft.update(body=f"{draft['body']} {text}")


def other_number(draft: Json, other: Json) -> None:
    binding = next(b for b in other["bindings"] if b["slot"] == "now")
    draft["bindings"] = [binding if b["slot"] == "now" else b for b in draft["bindings"]]


def unbound(draft: Json, _: Json) -> None:
    draft["bindings"] = [b for b in draft["bindings"] if b["slot"] != "now"]


def field(name: str) -> Change:
    def change(draft: Json, _: Json) -> None:
        next(b for b in draft["bindings"] if b["slot"] == "now")["field"] = name

    return change


def opposite(draft: Json, _: Json) -> None:
    draft["direction"] = {"up": "down", "down": "up", "none": "up"}[draft["direction"]]


def only_words(draft: Json, _: Json) -> None:
    draft["headline"] = "Vale olhar {{metric}} em {{period}}."
    draft["body"] = "É um bom mês para conferir."
    draft["bindings"] = [b for b in draft["bindings"] if b["slot"] in ("metric", "period")]


LIES: Mapping[str, tuple[Change, str]] = {
    "a number of its own": (body("A diferença passou de 42%."), "V15"),
    "a number in words": (body("Quase dobrou."), "V15"),
    "a name": (body("O produto Bolo de fubá chama atenção."), "V15"),
    "a cause": (body("Isso aconteceu por causa do frio."), "V15"),
    "markup": (body("<b>Importante</b>"), "V15"),
    "a link": (body("Veja em https://exemplo.com.br"), "V15"),
    "the other direction": (opposite, "V09"),
    "another fact's number": (other_number, "V13"),
    "no number at all": (only_words, "V13"),
    "a slot without a value": (unbound, "V12"),
    "a field that is not there": (field("profit"), "V14"),
    "a fact that does not exist": (lambda draft, _: draft.update(claim_fact_id="F99"), "V01"),
    "a text without end": (body("bla " * 300), "V18"),
    "the same twice": (lambda draft, other: draft.update(other), "V19"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_rejected_with_its_code_and_the_offline_text_is_published(
    with_model: WithModel, llm_stub: LlmStub, name: str
) -> None:
    change, code = LIES[name]
    llm_stub.always = stubs.answers(lie(change))
    platform = with_model()
    acme, told = tell(platform)
    (bad,) = rejected(platform, acme)
    assert code in bad["codes"]
    assert (bad["kind"], bad["author"]) == ("draft", "model")
    by_author = [row["author"] for row in rows(platform, acme)]
    assert by_author.count("offline") == 1
    (fallback,) = [row for row in rows(platform, acme) if row["author"] == "offline"]
    assert fallback["status"] == "fallback"
    assert fallback["codes"]
    assert told.insights.accepted == len(by_author) - 1
    holds(platform, acme)


def ignores_the_schema(_: Json) -> str:
    return json.dumps({"answer": "everything is fine", "insights": "none"})


UNUSABLE: Mapping[str, tuple[Behaviour, str, int]] = {
    "refuses": (stubs.refuses(), "LLM_REFUSED", 2),
    "cuts": (stubs.cuts(), "LLM_LENGTH", 2),
    "is empty": (stubs.empty(), "LLM_EMPTY", 2),
    "ignores the schema": (stubs.answers(ignores_the_schema), "LLM_INVALID", 2),
    "talks": (stubs.answers("Claro! Aqui vão os seus insights: tudo subiu."), "LLM_INVALID", 2),
    "stalls": (stubs.stalls(30), "LLM_TIMEOUT", 1),
    "drips": (stubs.drips(0.2), "LLM_TIMEOUT", 1),
    "rejects": (stubs.status(401), "LLM_REJECTED", 1),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_endpoint_without_a_usable_answer_costs_its_words_only(
    with_model: WithModel, llm_stub: LlmStub, name: str
) -> None:
    behaviour, code, requests = UNUSABLE[name]
    llm_stub.always = behaviour
    platform = with_model(llm_timeout_seconds=1.0)
    acme, told = tell(platform)
    assert {(row["author"], row["status"], *row["codes"]) for row in rows(platform, acme)} == {
        ("offline", "fallback", code)
    }
    assert told.insights.code == code
    assert {code for row in rejected(platform, acme) for code in row["codes"]} == {code}
    assert len(llm_stub.requests) == requests, "one repair, where the endpoint answers at all"
    holds(platform, acme)


def test_an_unusable_answer_is_repaired_once(with_model: WithModel, llm_stub: LlmStub) -> None:
    llm_stub.then(stubs.answers(ignores_the_schema))
    llm_stub.always = stubs.answers(answer)
    platform = with_model()
    acme, _ = tell(platform)
    assert {row["author"] for row in rows(platform, acme)} == {"model"}
    again = llm_stub.requests[1].body["messages"]
    assert [message["role"] for message in again] == ["system", "user", "assistant", "user"]
    assert "language: Field required" in again[-1]["content"]
    assert [attempt.status for attempt in platform.ledger.attempts(acme.org_id, LAST)] == ["invalid", "ok"]
    holds(platform, acme)


def test_nobody_listening_costs_nothing_but_the_words(with_model: WithModel) -> None:
    platform = with_model(llm_base_url="http://127.0.0.1:9/v1")
    acme, _ = tell(platform)
    assert {tuple(row["codes"]) for row in rows(platform, acme)} == {("LLM_UNREACHABLE",)}
    holds(platform, acme)


def test_a_model_that_says_nothing_about_a_fact_leaves_it_to_the_offline_author(
    with_model: WithModel, llm_stub: LlmStub
) -> None:
    def short(request: Json) -> str:
        drafts = json.loads(answer(request))
        return json.dumps({**drafts, "insights": drafts["insights"][1:]})

    llm_stub.always = stubs.answers(short)
    platform = with_model()
    acme, _ = tell(platform)
    assert [row["codes"] for row in rows(platform, acme) if row["author"] == "offline"] == [["LLM_SILENT"]]
    holds(platform, acme)


def test_a_budget_that_is_used_up_sends_nothing_and_says_so(with_model: WithModel, llm_stub: LlmStub) -> None:
    llm_stub.always = stubs.answers(answer)
    platform = with_model(llm_token_budget=100)
    acme, _ = tell(platform)
    assert llm_stub.requests == []
    assert {tuple(row["codes"]) for row in rows(platform, acme)} == {("LLM_OVER_BUDGET",)}
    holds(platform, acme)


def test_a_provider_that_bills_more_than_it_was_allowed_is_stopped_by_the_next_call(
    with_model: WithModel, llm_stub: LlmStub
) -> None:
    llm_stub.always = stubs.overspends(90_000, "no insights here")
    platform = with_model(llm_token_budget=50_000)
    acme, told = tell(platform)
    assert len(llm_stub.requests) == 1, "the repair would go over the budget"
    assert told.insights.code == "LLM_OVER_BUDGET"
    assert platform.ledger.spent(acme.org_id, LAST).tokens >= 90_000
    holds(platform, acme)


def test_handles_are_all_that_is_said_of_a_member(with_model: WithModel, llm_stub: LlmStub) -> None:
    """A name that looks like an instruction is not in the question, so it cannot be followed."""
    platform = with_model()
    _, told = tell(platform)
    facts = [insight.fact for insight in told.insights.insights]
    question = messages(handles(facts), "pt-BR")[1].content
    assert len(question.splitlines()) == len(facts)
    assert all(line.startswith(f"F{n}: type=") for n, line in enumerate(question.splitlines(), start=1))
