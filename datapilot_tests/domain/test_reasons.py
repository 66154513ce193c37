"""Reason codes: worded in both languages, and every code that the pipeline uses is one of them."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.reasons import REASONS, Reason, Refusal
from datapilot_domain.reasons.ads import ADS
from datapilot_domain.reasons.extractions import EXTRACTIONS
from datapilot_domain.reasons.files import FILES
from datapilot_domain.reasons.months import MONTHS
from datapilot_domain.reasons.notices import NOTICES
from datapilot_domain.reasons.records import RECORDS

ROOT = Path(__file__).parents[2]
# Callable → where its code stands → the scopes that it may have.
USES = {
    "Refusal": (0, "code", {"file"}),
    "Notice": (None, "code", {"notice"}),
    "_orders_notice": (0, "code", {"notice"}),
    "Hold": (0, "code", {"file"}),
}


def used_codes() -> Iterator[tuple[str, str, set[str]]]:
    """(place, code, allowed scopes) of every literal code in the pipeline's source."""
    for path in sorted(ROOT.glob("datapilot_*/**/*.py")):
        if "datapilot_tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in USES:
                position, name, scopes = USES[node.func.id]
                found = [keyword.value for keyword in node.keywords if keyword.arg == name]
                found += node.args[position : position + 1] if position is not None else []
                for value in found:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", value.value, scopes


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_no_code_is_written_twice() -> None:
    assert len(REASONS) == sum(map(len, (FILES, RECORDS, MONTHS, NOTICES, EXTRACTIONS, ADS)))


@pytest.mark.parametrize("reason", REASONS.values(), ids=str)
def test_wording_is_there_in_both_languages(reason: Reason) -> None:
    for text in (reason.pt, reason.en, reason.remedy_pt, reason.remedy_en):
        assert text.strip()
    assert placeholders(reason.pt) == placeholders(reason.en)
    assert reason.scope == "notice" or not placeholders(reason.pt)
    assert placeholders(reason.remedy_pt) == placeholders(reason.remedy_en)
    assert (reason.text("pt-BR"), reason.text("en")) == (reason.pt, reason.en)
    assert (reason.remedy("pt-BR"), reason.remedy("en")) == (reason.remedy_pt, reason.remedy_en)


@pytest.mark.parametrize("reason", REASONS.values(), ids=str)
def test_a_command_is_ready_to_paste_and_words_name_what_to_replace(reason: Reason) -> None:
    for words, command in (
        (reason.remedy_pt, reason.command),
        (reason.remedy_en, reason.command),
        *(split_command(text) for text in (reason.remedy_pt, reason.remedy_en) if "datapilot " in text),
    ):
        assert placeholders(command) <= {"org", "file", "source"}
        assert not command or "{org}" in command
        assert all(re.search(rf"\b{word}\b", words) for word in re.findall(r"\b[A-Z]{3,}\b", command))
    assert reason.scope == "notice" or not placeholders(reason.remedy_pt)
    assert placeholders(reason.remedy_pt) <= placeholders(reason.pt) | {"org", "file", "suggestion"}


def split_command(text: str) -> tuple[str, str]:
    """What a remedy says, and the command in it."""
    words, start, rest = text.partition("datapilot ")
    return words, start + rest


def test_every_code_that_refuses_or_tells_is_known_for_that_purpose() -> None:
    uses = list(used_codes())
    assert {code for _, code, _ in uses} >= {"LIMIT_EXCEEDED", "ORDERS_KEPT", "ORDERS_REMOVED"}
    wrong = [use for use in uses if use[1] not in REASONS or REASONS[use[1]].scope not in use[2]]
    assert wrong == []


def test_every_rule_of_a_contract_has_a_reason_and_a_column() -> None:
    for contract in CONTRACTS.values():
        for rule in contract.rules:
            assert REASONS[rule.code].scope == "record"


def test_a_refusal_says_code_detail_and_remedy() -> None:
    refusal = Refusal("LIMIT_EXCEEDED", "record_too_long", line=7)
    assert (refusal.code, str(refusal)) == ("LIMIT_EXCEEDED", "LIMIT_EXCEEDED: the record in line 7 is too long")
    assert refusal.reason.remedy("en")
    with pytest.raises(KeyError):
        Refusal("NO_SUCH_CODE", "no_content")
