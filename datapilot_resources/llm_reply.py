"""What a reply of the endpoint amounts to: an outcome, what it used, and whether to ask again.

Nothing of a body but the model's text is passed on: an error that echoes the request must not reach a log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

import pydantic_core
from pydantic import BaseModel, Field, ValidationError

from datapilot_resources.ledger import Settled
from datapilot_resources.llm_http import Failure, Reply
from datapilot_resources.llm_usage import NOTHING, Usage, estimated_tokens, reported_usage

Outcome = Literal[
    "ok", "refused", "length", "empty", "timeout", "unreachable", "rejected", "server_error", "over_budget"
]

# How endpoints call the response format, or the schema in it, that they do not take.
_ABOUT_FORMAT = re.compile(rb"response_?format|json|schema|structured|grammar", re.IGNORECASE)
_MODEL_NAME = re.compile(r"[\w.:/@-]{1,100}", re.ASCII)
_KNOWN_CODES = frozenset(
    "invalid_api_key insufficient_quota rate_limit_exceeded model_not_found context_length_exceeded"
    " unsupported_parameter unsupported_value invalid_value invalid_request_error".split()
)
_REMEDIES = {
    400: "check LLM_MODEL, LLM_TOKENS_PARAMETER and LLM_MAX_OUTPUT_TOKENS",
    401: "check LLM_API_KEY",
    403: "check LLM_API_KEY and what it may use",
    404: "check LLM_BASE_URL and LLM_MODEL",
    429: "the endpoint's rate limit or quota is reached",
}
_REDIRECTED = "the endpoint redirects and nothing was sent on; set LLM_BASE_URL to its final address"


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    status: Settled
    usage: Usage
    detail: str
    text: str | None = None
    model: str | None = None
    is_completion: bool = False
    may_retry: bool = False
    format_refused: bool = False
    retry_after: float | None = None  # seconds


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


def judge(reply: Reply, at_most: Usage, key: str | None) -> Verdict:
    """`at_most`: the estimated input and the whole output allowance, which count while nobody knows better."""
    if reply.failure is not None:
        return _failed(reply.failure, at_most)
    if reply.status != 200:
        return _refused_by_http(reply, replace(at_most, output_tokens=0))
    return _answered(reply.body, at_most, key)


def _failed(failure: Failure, at_most: Usage) -> Verdict:
    if failure == "timeout":  # never asked again: the first call may still be running and be billed
        return Verdict("timeout", "timeout", at_most, "no whole answer within LLM_TIMEOUT_SECONDS")
    if failure == "too_large":
        return Verdict("server_error", "server_error", at_most, "the answer is larger than 2 MB, or packed")
    if failure == "unconnected":  # not a byte was sent: an endpoint that is down must not eat the budget
        detail = "no connection; check LLM_BASE_URL and that the endpoint runs"
        return Verdict("unreachable", "unreachable", replace(NOTHING, estimated=True), detail, may_retry=True)
    return Verdict("unreachable", "unreachable", at_most, "the connection broke off", may_retry=True)


def _refused_by_http(reply: Reply, usage: Usage) -> Verdict:
    code = _known_code(reply.body)
    detail = f"HTTP {reply.status}{f' {code}' if code else ''}"
    if reply.status >= 500 or reply.status < 300:
        return Verdict(
            "server_error", "server_error", usage, detail, may_retry=reply.status >= 500, retry_after=reply.retry_after
        )
    remedy = _REDIRECTED if reply.status < 400 else _REMEDIES.get(reply.status, "the endpoint rejects the request")
    return Verdict(
        "rejected",
        "rejected",
        usage,
        f"{detail}: {remedy}",
        may_retry=reply.status == 429,
        format_refused=reply.status in (400, 422) and bool(_ABOUT_FORMAT.search(reply.body)),
        retry_after=reply.retry_after,
    )


def _answered(body: bytes, at_most: Usage, key: str | None) -> Verdict:
    document = _document(body)
    try:
        choice = _Completion.model_validate(document).choices[0]
    except ValidationError:
        choice = None
    content = choice.message.content or "" if choice else ""
    usage = reported_usage(document) or replace(at_most, output_tokens=estimated_tokens(content))
    model = _model_name(document.get("model"), key)
    if choice is None:
        detail = "HTTP 200 without a chat completion; check LLM_BASE_URL"
        return Verdict("server_error", "server_error", usage, detail, model=model)
    done = Verdict("ok", "ok", usage, "", model=model, is_completion=True)
    if choice.message.refusal or choice.finish_reason == "content_filter":
        return replace(done, outcome="refused", status="refused", detail="the model or its filter refused")
    if choice.finish_reason == "length":
        return replace(done, outcome="length", status="length", detail="cut off; raise LLM_MAX_OUTPUT_TOKENS")
    if not content.strip():
        return replace(done, outcome="empty", status="invalid", detail="the answer is empty")
    return replace(done, text=content)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = pydantic_core.from_json(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _known_code(body: bytes) -> str | None:
    """The error's code where it is one that every provider uses: any other text may echo what was sent."""
    error = _document(body).get("error")
    found = [error.get("code"), error.get("type")] if isinstance(error, dict) else []
    return next((code for code in found if isinstance(code, str) and code in _KNOWN_CODES), None)


def _model_name(name: object, key: str | None) -> str | None:
    fits = isinstance(name, str) and _MODEL_NAME.fullmatch(name) and not (key and key in name)
    return name if fits and isinstance(name, str) else None
