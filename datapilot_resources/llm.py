"""Language model: any OpenAI-compatible endpoint, asked within a budget and a deadline."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import pydantic_core

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.ledger import Attempt, BudgetExhausted, CallLedger, Planned, ResponseFormat
from datapilot_resources.llm_http import post
from datapilot_resources.llm_reply import Outcome, Verdict, judge
from datapilot_resources.llm_usage import Usage, estimated_tokens
from datapilot_resources.settings import Settings, TokensParameter

# From the strictest to what every endpoint knows.
_LADDER: tuple[ResponseFormat, ...] = ("json_schema", "json_object", "text")
_MOST_RETRIES = 2
_FIRST_BACKOFF = 0.5  # seconds, doubled by each retry
_LONGEST_WAIT = 10.0  # seconds; who asks for more is not asked again


@dataclass(frozen=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str = field(repr=False)


@dataclass(frozen=True)
class Call:
    """A question to the model. The schema must stand in the messages too: not every endpoint reads it elsewhere."""

    org_id: OrgId
    month: Month
    run_id: str
    purpose: str
    messages: tuple[Message, ...]
    schema_name: str
    json_schema: Mapping[str, Any] = field(repr=False)
    prompt_hash: str
    schema_hash: str


@dataclass(frozen=True)
class Answer:
    """`text` when the outcome is ok, unchecked; `detail`: one line for a person, without prompt or secret."""

    text: str | None
    outcome: Outcome
    attempts: tuple[Attempt, ...]
    model: str | None
    detail: str


class LanguageModel:
    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        key: str | None,
        timeout: float,
        max_output_tokens: int,
        tokens_parameter: TokensParameter,
        ledger: CallLedger,
    ) -> None:
        """`timeout`: seconds of one attempt; all attempts of a call together may take three times that."""
        self.provider = urlsplit(base_url).hostname or ""
        self.model = model
        self._base_url, self._key, self._ledger = base_url, key, ledger
        self._timeout, self._max_output_tokens, self._tokens_parameter = timeout, max_output_tokens, tokens_parameter
        self._rung = 0

    @classmethod
    def from_settings(cls, settings: Settings, ledger: CallLedger) -> LanguageModel | None:
        """None: offline, because no LLM_BASE_URL is set."""
        if settings.llm_base_url is None or settings.llm_model is None:
            return None
        is_openai = settings.llm_host == "api.openai.com"
        return cls(
            base_url=settings.llm_base_url,
            model=settings.llm_model,
            key=settings.llm_api_key.get_secret_value() if settings.llm_api_key else None,
            timeout=settings.llm_timeout_seconds,
            max_output_tokens=settings.llm_max_output_tokens,
            tokens_parameter=settings.llm_tokens_parameter or ("max_completion_tokens" if is_openai else "max_tokens"),
            ledger=ledger,
        )

    def __repr__(self) -> str:
        return f"LanguageModel({self.provider}, {self.model})"

    def complete(self, call: Call) -> Answer:
        """Ask; whatever the endpoint does is an outcome. Each HTTP attempt is in the ledger before it is sent.

        Raises RuntimeError inside a running event loop: call it from a thread then.
        """
        deadline = time.monotonic() + 3 * self._timeout
        attempts: list[Attempt] = []
        rung, retries = self._rung, 0
        while True:
            left = deadline - time.monotonic()
            try:
                attempt, verdict = self._attempt(call, _LADDER[rung], min(self._timeout, left))
            except BudgetExhausted as exhausted:
                return Answer(None, "over_budget", tuple(attempts), None, str(exhausted))
            attempts.append(attempt)
            if verdict.is_completion:
                self._rung = rung
            if verdict.format_refused and rung + 1 < len(_LADDER) and time.monotonic() < deadline:
                rung += 1
                continue
            wait = _FIRST_BACKOFF * 2**retries if verdict.retry_after is None else verdict.retry_after
            in_time = wait <= _LONGEST_WAIT and time.monotonic() + wait < deadline
            if not (verdict.may_retry and retries < _MOST_RETRIES and in_time):
                return Answer(verdict.text, verdict.outcome, tuple(attempts), attempt.model_returned, verdict.detail)
            time.sleep(wait)
            retries += 1

    def mark_invalid(self, attempt: Attempt) -> Attempt:
        """Note in the ledger that the answer of this attempt could not be used."""
        return self._ledger.mark(attempt.id, "invalid")

    def _attempt(self, call: Call, response_format: ResponseFormat, timeout: float) -> tuple[Attempt, Verdict]:
        request = self._request(call, response_format)
        sent = [message.content for message in call.messages]
        if response_format == "json_schema":
            sent.append(pydantic_core.to_json(dict(call.json_schema)).decode())
        at_most = Usage(estimated_tokens(*sent), self._max_output_tokens, estimated=True)
        attempt_id = self._ledger.reserve(self._planned(call, response_format), at_most)
        started = time.monotonic()
        # What counts when the process is interrupted: nobody knows how far the model came.
        verdict = Verdict("server_error", "cancelled", at_most, "interrupted")
        try:
            verdict = judge(post(self._base_url, self._key, request, timeout), at_most, self._key)
        finally:
            attempt = self._ledger.settle(
                attempt_id,
                status=verdict.status,
                usage=verdict.usage,
                latency_ms=round((time.monotonic() - started) * 1000),
                model_returned=verdict.model,
            )
        return attempt, verdict

    def _planned(self, call: Call, response_format: ResponseFormat) -> Planned:
        return Planned(
            org_id=call.org_id,
            month=call.month,
            run_id=call.run_id,
            purpose=call.purpose,
            provider=self.provider,
            model_asked=self.model,
            prompt_hash=call.prompt_hash,
            schema_hash=call.schema_hash,
            response_format=response_format,
        )

    def _request(self, call: Call, response_format: ResponseFormat) -> dict[str, Any]:
        schema = {"name": call.schema_name, "strict": True, "schema": dict(call.json_schema)}
        formats: dict[ResponseFormat, dict[str, Any]] = {
            "json_schema": {"response_format": {"type": "json_schema", "json_schema": schema}},
            "json_object": {"response_format": {"type": "json_object"}},
            "text": {},
        }
        return {
            "model": self.model,
            "messages": [{"role": message.role, "content": message.content} for message in call.messages],
            self._tokens_parameter: self._max_output_tokens,
            **formats[response_format],
        }
