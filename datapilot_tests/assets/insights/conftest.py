"""Platforms of a test's own, offline or with a model's endpoint that does what the test says."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.services.llm_stub import LlmStub


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(Settings(home=tmp_path / "home"))


@pytest.fixture
def with_model(tmp_path: Path, llm_stub: LlmStub) -> Callable[..., Platform]:
    """The same platform with a model; settings may be changed."""

    def made(**changed: Any) -> Platform:
        values: dict[str, Any] = {
            "llm_base_url": llm_stub.base_url,
            "llm_model": "stub-1",
            "llm_timeout_seconds": 2.0,
            "llm_price_input": Decimal("0.15"),
            "llm_price_output": Decimal("0.60"),
        }
        return Platform(Settings(home=tmp_path / "home", **{**values, **changed}))

    return made
