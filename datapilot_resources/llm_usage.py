"""What a model call used and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from datapilot_resources.settings import Settings

# More than any model takes or gives: a number above it is a mistake of whoever reports it.
_SANE_TOKENS = 10_000_000

_Tokens = Annotated[int, Field(ge=0, le=_SANE_TOKENS)]


@dataclass(frozen=True)
class Usage:
    """Tokens of one HTTP attempt. Cached ones are part of the input, reasoning ones part of the output."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens


NOTHING = Usage(0, 0)


def estimated_tokens(*texts: str) -> int:
    """About four characters make a token; rounded up."""
    return -(-sum(map(len, texts)) // 4)


@dataclass(frozen=True)
class Prices:
    """US dollars per million tokens, and the name of the price list."""

    input: Decimal
    output: Decimal
    cached_input: Decimal
    version: str | None

    @classmethod
    def from_settings(cls, settings: Settings) -> Prices | None:
        """None: no price is known."""
        if settings.llm_price_input is None or settings.llm_price_output is None:
            return None
        cached = settings.llm_price_cached_input
        return cls(
            input=settings.llm_price_input,
            output=settings.llm_price_output,
            cached_input=settings.llm_price_input if cached is None else cached,
            version=settings.llm_price_version,
        )

    def cost(self, usage: Usage) -> Decimal:
        """Exact US dollars."""
        fresh = usage.input_tokens - usage.cached_tokens
        millionths = fresh * self.input + usage.cached_tokens * self.cached_input + usage.output_tokens * self.output
        return millionths.scaleb(-6)


class _PromptDetails(BaseModel):
    model_config = ConfigDict(strict=True)
    cached_tokens: _Tokens | None = None


class _CompletionDetails(BaseModel):
    model_config = ConfigDict(strict=True)
    reasoning_tokens: _Tokens | None = None


class _Reported(BaseModel):
    """`usage` as chat completions report it; strict: "12" and 12.5 are no number of tokens."""

    model_config = ConfigDict(strict=True)
    prompt_tokens: _Tokens
    completion_tokens: _Tokens
    total_tokens: _Tokens = 0
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None

    @model_validator(mode="after")
    def _parts_fit(self) -> _Reported:
        if self.cached > self.prompt_tokens:
            raise ValueError("more cached tokens than tokens")
        return self

    @property
    def cached(self) -> int:
        return (self.prompt_tokens_details and self.prompt_tokens_details.cached_tokens) or 0

    @property
    def reasoning(self) -> int:
        return (self.completion_tokens_details and self.completion_tokens_details.reasoning_tokens) or 0


def reported_usage(document: Mapping[str, Any]) -> Usage | None:
    """The usage that a chat completion reports; None: it reports none, or nonsense."""
    try:
        reported = _Reported.model_validate(document.get("usage"))
    except ValidationError:
        return None
    # Some providers leave reasoning out of the completion's tokens and bill it: the total has it.
    output = max(reported.completion_tokens, reported.total_tokens - reported.prompt_tokens)
    return Usage(reported.prompt_tokens, output, reported.cached, min(reported.reasoning, output))
