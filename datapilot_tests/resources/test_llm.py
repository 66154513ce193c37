"""The language model over real HTTP: every outcome, what is sent and what is not, what it costs, what is cut."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from decimal import Decimal
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources import llm_http
from datapilot_resources.ledger import Attempt, CallLedger
from datapilot_resources.llm import Answer, Call, LanguageModel, Message
from datapilot_resources.settings import Settings
from datapilot_tests.services import llm_stub as stubs
from datapilot_tests.services.llm_stub import Behaviour, LlmStub

KEY = "sk-canary-of-the-key"
PROMPT = "canary of the prompt, 40 characters long"
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
SCHEMA_CHARACTERS = len('{"type":"object","properties":{},"required":[],"additionalProperties":false}')
INPUT = -(-(len(PROMPT) + SCHEMA_CHARACTERS) // 4)  # estimated tokens
ALLOWED = 50  # output tokens
CALL = Call(
    org_id=OrgId("acme"),
    month=Month.parse("2024-03"),
    run_id="run-1",
    purpose="insights",
    messages=(Message("user", PROMPT),),
    schema_name="draft",
    json_schema=SCHEMA,
    prompt_hash="p" * 8,
    schema_hash="s" * 8,
)
Make = Callable[..., LanguageModel]


@pytest.fixture
def ledger_settings(llm_stub: LlmStub, tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path,
        llm_base_url=llm_stub.base_url,
        llm_model="small",
        llm_api_key=SecretStr(KEY),
        llm_timeout_seconds=5,
        llm_max_output_tokens=ALLOWED,
        llm_price_input=Decimal(2),
        llm_price_cached_input=Decimal("0.5"),
        llm_price_output=Decimal(8),
        llm_price_version="test",
    )


@pytest.fixture
def make(ledger_settings: Settings) -> Make:
    def model(**changes: Any) -> LanguageModel:
        settings = ledger_settings.model_copy(update=changes)
        built = LanguageModel.from_settings(settings, CallLedger(settings))
        assert built is not None
        return built

    return model


def in_ledger(settings: Settings) -> list[Attempt]:
    """All attempts, once it is sure that the ledger balances."""
    calls = CallLedger(settings)
    attempts = calls.attempts(CALL.org_id, CALL.month)
    spent = calls.spent(CALL.org_id, CALL.month)
    assert (spent.reserved_tokens, spent.reserved_cost or 0) == (0, 0)
    assert spent.tokens == sum((a.input_tokens or 0) + (a.output_tokens or 0) for a in attempts)
    assert (spent.cost or 0) == sum(a.cost for a in attempts if a.cost is not None)
    return attempts


def dollars(input_tokens: int, output_tokens: int) -> Decimal:
    return Decimal(2 * input_tokens + 8 * output_tokens) / 1_000_000


def test_nothing_set_is_offline(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert LanguageModel.from_settings(settings, CallLedger(settings)) is None
    assert list(tmp_path.iterdir()) == []


def test_a_good_answer(make: Make, llm_stub: LlmStub, ledger_settings: Settings) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 60}}
    llm_stub.then(stubs.answers(lambda request: request["messages"][0]["content"].upper(), usage))
    answer = make().complete(CALL)
    assert (answer.text, answer.outcome, answer.model) == (PROMPT.upper(), "ok", "stub-1")
    (attempt,) = in_ledger(ledger_settings)
    assert answer.attempts == (attempt,)
    assert (attempt.status, attempt.tokens_estimated, attempt.cached_tokens) == ("ok", False, 60)
    assert attempt.cost == Decimal("0.00027")  # (40 × 2 + 60 × 0.5 + 20 × 8) / 10⁶ = 270 millionths
    (request,) = llm_stub.requests
    assert request.path == "/v1/chat/completions"
    assert request.body == {
        "model": "small",
        "messages": [{"role": "user", "content": PROMPT}],
        "max_tokens": ALLOWED,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "draft", "strict": True, "schema": SCHEMA},
        },
    }


# behaviour, outcome, status in the ledger, tokens in and out, whether they are estimated
OUTCOMES: dict[str, tuple[Behaviour, str, str, tuple[int, int], bool]] = {
    "refused": (stubs.refuses(), "refused", "refused", (100, 20), False),
    "filtered": (stubs.filters(), "refused", "refused", (100, 20), False),
    "cut": (stubs.cuts(), "length", "length", (100, 20), False),
    "empty": (stubs.empty(), "empty", "invalid", (100, 20), False),
    "no content": (stubs.replies(stubs.completion(None)), "empty", "invalid", (100, 20), False),
    "no usage": (stubs.no_usage("eight ch"), "ok", "ok", (INPUT, 2), True),
    "nonsense usage": (
        stubs.answers("eight ch", {"prompt_tokens": -5, "completion_tokens": 1}),
        "ok",
        "ok",
        (INPUT, 2),
        True,
    ),
    "overspent": (stubs.overspends(70_000), "ok", "ok", (100, 70_000), False),
    "html": (stubs.returns_html(), "server_error", "server_error", (INPUT, 0), True),
    "no choices": (
        stubs.replies({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}),
        "server_error",
        "server_error",
        (7, 3),
        False,
    ),
    "not an object": (stubs.status(200, body=b"[1]"), "server_error", "server_error", (INPUT, 0), True),
    "huge": (stubs.huge(), "server_error", "server_error", (INPUT, ALLOWED), True),
    "huge error": (
        stubs.status(500, body=b"x" * 5_000_000),
        "server_error",
        "server_error",
        (INPUT, ALLOWED),
        True,
    ),
    "packed": (
        stubs.status(200, {"Content-Encoding": "gzip"}, b"\x1f\x8b"),
        "server_error",
        "server_error",
        (INPUT, ALLOWED),
        True,
    ),
    "bad key": (stubs.status(401), "rejected", "rejected", (INPUT, 0), True),
    "no such model": (stubs.status(404), "rejected", "rejected", (INPUT, 0), True),
    "bad request": (stubs.status(400, body=b'{"error": "too long"}'), "rejected", "rejected", (INPUT, 0), True),
    "asks for a long wait": (stubs.status(429, {"Retry-After": "12"}), "rejected", "rejected", (INPUT, 0), True),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_every_outcome_is_settled_after_one_request(
    case: str, make: Make, llm_stub: LlmStub, ledger_settings: Settings
) -> None:
    behaviour, outcome, status, (input_tokens, output_tokens), estimated = OUTCOMES[case]
    llm_stub.always = behaviour
    answer = make().complete(CALL)
    assert answer.outcome == outcome
    assert (answer.text is not None) == (outcome == "ok")
    assert (answer.detail == "") == (outcome == "ok")
    assert "\n" not in answer.detail
    (attempt,) = in_ledger(ledger_settings)
    assert attempt.status == status
    assert (attempt.input_tokens, attempt.output_tokens) == (input_tokens, output_tokens)
    assert attempt.tokens_estimated == estimated
    assert attempt.cost == dollars(input_tokens, output_tokens)
    assert len(llm_stub.requests) == 1


@pytest.mark.parametrize(
    "behaviour",
    [stubs.stalls(30), stubs.drips(0.1), stubs.drips(0.1, headers_too=True)],
    ids=["stalls", "drips its body", "drips its headers"],
)
def test_a_hang_is_cut_counted_in_full_and_not_tried_again(
    behaviour: Behaviour, make: Make, llm_stub: LlmStub, ledger_settings: Settings
) -> None:
    llm_stub.always = behaviour
    started = time.monotonic()
    answer = make(llm_timeout_seconds=0.4).complete(CALL)
    assert time.monotonic() - started < 10
    assert answer.outcome == "timeout"
    (attempt,) = in_ledger(ledger_settings)
    assert (attempt.status, attempt.input_tokens, attempt.output_tokens) == ("timeout", INPUT, ALLOWED)


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (stubs.status(500, {"Retry-After": "0"}), "server_error"),
        (stubs.status(503, {"Retry-After": formatdate(0, usegmt=True)}), "server_error"),
        (stubs.status(429, {"Retry-After": "0"}), "rejected"),
        (stubs.hangs_up(), "unreachable"),
    ],
    ids=["500", "503", "429", "hangs up"],
)
def test_a_passing_failure_is_tried_three_times(
    behaviour: Behaviour, outcome: str, make: Make, llm_stub: LlmStub, ledger_settings: Settings
) -> None:
    llm_stub.always = behaviour
    answer = make().complete(CALL)
    assert answer.outcome == outcome
    assert len(llm_stub.requests) == len(in_ledger(ledger_settings)) == len(answer.attempts) == 3
    llm_stub.requests.clear()
    llm_stub.then(behaviour, stubs.answers("{}"))
    assert make().complete(CALL).outcome == "ok"
    assert len(llm_stub.requests) == 2


def test_retry_after_is_honoured(make: Make, llm_stub: LlmStub) -> None:
    llm_stub.then(stubs.status(503, {"Retry-After": "2"}))
    started = time.monotonic()
    assert make().complete(CALL).outcome == "ok"
    assert time.monotonic() - started > 1.9


def test_retries_end_at_the_outer_deadline(make: Make, llm_stub: LlmStub) -> None:
    llm_stub.always = stubs.status(503, {"Retry-After": "10"})  # the deadline of all attempts is at 9 seconds
    assert make(llm_timeout_seconds=3).complete(CALL).outcome == "server_error"
    assert len(llm_stub.requests) == 1


def test_an_endpoint_that_is_down_costs_nothing(make: Make, ledger_settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    _costs_nothing(make(llm_base_url=address), ledger_settings)


def test_an_address_where_nobody_accepts_costs_nothing(make: Make, ledger_settings: Settings) -> None:
    with socket.socket() as silent, socket.socket() as first, socket.socket() as second:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        for waiting in (first, second):  # they fill its queue
            waiting.setblocking(False)
            waiting.connect_ex(silent.getsockname())
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        _costs_nothing(make(llm_base_url=address, llm_timeout_seconds=2), ledger_settings)


def _costs_nothing(model: LanguageModel, ledger_settings: Settings) -> None:
    assert model.complete(CALL).outcome == "unreachable"
    attempts = in_ledger(ledger_settings)
    assert {(a.status, a.cost, a.tokens_estimated) for a in attempts} == {("unreachable", Decimal(0), True)}
    assert len(attempts) == 3


@pytest.mark.parametrize(
    ("behaviour", "asked"),
    [
        (stubs.rejects_schema(), ["json_schema", "json_object"]),
        (stubs.rejects_schema(json_object_too=True), ["json_schema", "json_object", "text"]),
    ],
)
def test_the_ladder_of_formats_is_climbed_down_once(
    behaviour: Behaviour, asked: list[str], make: Make, llm_stub: LlmStub, ledger_settings: Settings
) -> None:
    llm_stub.always = behaviour
    model = make()
    answer = model.complete(CALL)
    assert answer.outcome == "ok"
    assert [request.response_format for request in llm_stub.requests] == asked
    assert [attempt.response_format for attempt in in_ledger(ledger_settings)] == asked
    assert [attempt.status for attempt in answer.attempts] == ["rejected"] * (len(asked) - 1) + ["ok"]
    model.complete(CALL)
    assert [request.response_format for request in llm_stub.requests] == [*asked, asked[-1]]


def test_the_ladder_ends(make: Make, llm_stub: LlmStub) -> None:
    llm_stub.always = stubs.status(400, body={"error": {"message": "bad JSON schema"}})
    model = make()
    assert model.complete(CALL).outcome == "rejected"
    assert len(llm_stub.requests) == 3
    llm_stub.always = stubs.answers("{}")
    model.complete(CALL)
    assert llm_stub.requests[-1].response_format == "json_schema", "a rung that did not work is not remembered"


@pytest.mark.parametrize("budget", [{"llm_token_budget": INPUT + ALLOWED - 1}, {"llm_budget": Decimal("0.00001")}])
def test_beyond_the_budget_nothing_is_sent(
    budget: dict[str, Any], make: Make, llm_stub: LlmStub, ledger_settings: Settings
) -> None:
    answer = make(**budget).complete(CALL)
    assert (answer.outcome, answer.attempts, answer.text) == ("over_budget", (), None)
    assert "acme, 2024-03" in answer.detail
    assert llm_stub.requests == []
    assert in_ledger(ledger_settings) == []


def test_a_retry_needs_budget_too(make: Make, llm_stub: LlmStub) -> None:
    llm_stub.always = stubs.status(500, {"Retry-After": "0"})
    answer = make(llm_token_budget=INPUT + ALLOWED).complete(CALL)
    assert (answer.outcome, len(answer.attempts), len(llm_stub.requests)) == ("over_budget", 1, 1)


def test_an_interrupted_attempt_is_settled_in_full(
    make: Make, ledger_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("datapilot_resources.llm.post", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make().complete(CALL)
    (attempt,) = in_ledger(ledger_settings)
    assert (attempt.status, attempt.input_tokens, attempt.output_tokens) == ("cancelled", INPUT, ALLOWED)


def test_only_our_own_headers_are_sent_and_no_proxy_is_used(
    make: Make, llm_stub: LlmStub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password of-the-netrc\n")
    for name, value in {
        "OPENAI_API_KEY": "sk-of-the-environment",
        "OPENAI_ADMIN_KEY": "sk-of-the-environment",
        "OPENAI_ORG_ID": "org-of-the-environment",
        "OPENAI_PROJECT_ID": "proj-of-the-environment",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer other\nX-Other: of-the-environment\nHost: elsewhere",
        "NETRC": str(tmp_path / "netrc"),
        **dict.fromkeys(["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"], "http://127.0.0.1:9"),
    }.items():
        monkeypatch.setenv(name, value)
    assert make().complete(CALL).outcome == "ok"
    assert make(llm_api_key=None).complete(CALL).outcome == "ok"
    with_key, without = llm_stub.requests
    address = llm_stub.base_url.removeprefix("http://").removesuffix("/v1")
    assert {**with_key.headers, "content-length": ""} == {
        "host": address,
        "authorization": f"Bearer {KEY}",
        "accept": "application/json",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": "",
        "user-agent": "datapilot",
    }
    assert without.headers["authorization"] == "Bearer none"


def test_a_redirect_is_not_followed_with_the_prompt(make: Make, llm_stub: LlmStub) -> None:
    with stubs.llm_stub() as elsewhere:
        llm_stub.always = stubs.redirects(f"{elsewhere.base_url}/chat/completions")
        answer = make().complete(CALL)
        assert elsewhere.requests == []
    assert answer.outcome == "rejected"
    assert "LLM_BASE_URL" in answer.detail


def _echoes(code: int) -> Behaviour:
    """A server that writes key and prompt wherever it can."""

    def behave(exchange: stubs.Exchange) -> None:
        error = {"message": f"Authorization: Bearer {KEY} {PROMPT}", "code": KEY, "type": PROMPT}
        document = stubs.completion("{}", model=KEY)
        exchange.send(code, {**document, "error": error}, {"X-Request-Id": KEY, "X-Echo": PROMPT}, f"{KEY} {PROMPT}")

    return behave


@pytest.mark.parametrize("code", [200, 307, 400, 401, 404, 429, 500])
def test_neither_key_nor_prompt_is_shown_anywhere(
    code: int,
    make: Make,
    llm_stub: LlmStub,
    ledger_settings: Settings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("datapilot_resources.llm._FIRST_BACKOFF", 0)
    caplog.set_level(logging.DEBUG)
    llm_stub.always = _echoes(code)
    model = make()
    answer = model.complete(CALL)
    attempts = in_ledger(ledger_settings)
    assert attempts[-1].model_returned is None
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    shown = f"{answer!r} {model!r} {CALL!r} {attempts!r} {caplog.text}".encode() + stored
    for secret in (KEY, PROMPT):
        assert secret.encode() not in shown
    assert repr(model) == "LanguageModel(127.0.0.1, small)"
    assert "openai._base_client" in caplog.text, "the logs of the client are among them; the HTTP library logs nothing"
    assert not {"httpx2", "httpcore2"} & {record.name.split(".")[0] for record in caplog.records}


@pytest.mark.parametrize(
    ("code", "body", "detail"),
    [
        (401, {"error": {"code": "invalid_api_key"}}, "HTTP 401 invalid_api_key: check LLM_API_KEY"),
        (404, {"error": {"code": "model_not_found"}}, "HTTP 404 model_not_found: check LLM_BASE_URL and LLM_MODEL"),
        (400, {"error": {"code": "unsupported_parameter"}}, "HTTP 400 unsupported_parameter: .*LLM_TOKENS_PARAMETER"),
        (418, {}, "HTTP 418: the endpoint rejects"),
    ],
)
def test_a_rejection_names_what_to_check(
    code: int, body: dict[str, Any], detail: str, make: Make, llm_stub: LlmStub
) -> None:
    llm_stub.always = stubs.status(code, body=body)
    assert_matches(detail, make().complete(CALL))


def assert_matches(detail: str, answer: Answer) -> None:
    with pytest.raises(RuntimeError, match=detail):
        raise RuntimeError(answer.detail)


@pytest.mark.parametrize(
    ("address", "setting", "sent"),
    [
        ("https://api.openai.com/v1", None, "max_completion_tokens"),
        ("https://model.example/v1", None, "max_tokens"),
        ("https://api.openai.com/v1", "max_tokens", "max_tokens"),
        ("https://model.example/v1", "max_completion_tokens", "max_completion_tokens"),
    ],
)
def test_the_token_limit_has_the_name_that_the_provider_knows(
    address: str, setting: str | None, sent: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[dict[str, Any]] = []

    def keep(_url: str, _key: str, request: dict[str, Any], _timeout: float) -> llm_http.Reply:
        requests.append(request)
        return llm_http.Reply(404)

    monkeypatch.setattr("datapilot_resources.llm.post", keep)
    model = make(llm_base_url=address, llm_tokens_parameter=setting)
    model.complete(CALL)
    assert requests[0][sent] == ALLOWED
    assert len({"max_tokens", "max_completion_tokens"} & requests[0].keys()) == 1
    assert model.provider == address.split("/")[2]
