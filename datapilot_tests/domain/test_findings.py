"""Findings: worded in both languages with the same slots, all of them in use, and every use fills its slots."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from datapilot_domain.findings import FINDINGS, Command, Field, Finding, Found, Money, Number, found
from datapilot_domain.findings.catalogue import FAMILIES
from datapilot_domain.findings.finding import slots_of
from datapilot_domain.landing import LandingEntry, Verdict
from datapilot_domain.reasons import Refusal
from datapilot_tests.domain.entries import entry

ROOT = Path(__file__).parents[2]
# Callable → where the finding's name stands; what the call may have beside the slots.
USES = {"found": 0, "Refusal": 1}
NO_SLOTS = {"commands"}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(ROOT.glob("datapilot_*/**/*.py")):
        if "datapilot_tests" not in path.parts and path.parent.name != "findings":
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def calls() -> Iterator[tuple[str, ast.expr, set[str | None]]]:
    """(place, finding, names of the values) of every call that makes a finding."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in USES:
                values = {keyword.arg for keyword in node.keywords} - NO_SLOTS
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.args[USES[node.func.id]], values


def conversions(template: str) -> set[tuple[str, str | None]]:
    return {(name, how) for _, name, _, how in string.Formatter().parse(template) if name is not None}


def test_no_finding_is_written_twice() -> None:
    assert len(FINDINGS) == sum(map(len, FAMILIES))


@pytest.mark.parametrize("finding", FINDINGS.values(), ids=lambda finding: finding.name)
def test_both_languages_fill_the_same_slots_and_quote_the_same(finding: Finding) -> None:
    assert finding.pt.strip()
    assert finding.en.strip()
    assert conversions(finding.pt) == conversions(finding.en)
    # No command hides in the words, and a word to replace in a command is the same in both languages.
    assert "datapilot " not in finding.pt + finding.en
    replaced = [re.findall(r"(?:troque|replace) ([A-Z]+)", text) for text in (finding.pt, finding.en)]
    assert replaced[0] == replaced[1]


def test_every_finding_is_in_use() -> None:
    named = {node.value for _, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert [name for name in FINDINGS if name not in named] == []


def test_every_use_names_a_finding_and_fills_its_slots() -> None:
    uses = [(place, str(node.value), values) for place, node, values in calls() if isinstance(node, ast.Constant)]
    assert len(uses) > 100
    assert [place for place, name, _ in uses if name not in FINDINGS] == []
    assert [place for place, name, values in uses if None not in values and values != FINDINGS[name].slots] == []


def test_a_wrong_slot_or_an_unknown_finding_fails_at_once() -> None:
    with pytest.raises(ValueError, match="has the slots"):
        found("quote_open", lines=3)
    with pytest.raises(ValueError, match="has the slots"):
        Refusal("BROKEN_QUOTES", "quote_open")
    with pytest.raises(KeyError):
        Refusal("BROKEN_QUOTES", "no_such_finding")


def test_each_kind_of_value_is_written_as_its_reader_does() -> None:
    money = Money(amount=Decimal("1234.5"), currency="BRL")
    told = found("sum_as_field", amount=money, field=Field(field="line_amount"))
    assert told.words("pt-BR").replace("\N{NO-BREAK SPACE}", " ") == "R$ 1.234,50 como valor da linha"
    assert told.words("en").replace("\N{NO-BREAK SPACE}", " ") == "R$ 1,234.50 as line amount"
    total = found("total_differs", record=12345, said=Number(number=Decimal("1.50")), sum=Number(number=Decimal("2")))
    assert total.words("pt-BR") == "o registro 12.345 diz 1,5, as linhas antes dele somam 2"
    assert total.words("en") == "record 12,345 says 1.5, the lines before it sum to 2"
    several = found("columns_of_one_field", columns=["d'água", "{x}\n"], field=Field(field="sku"))
    assert several.words("en") == "\"d'água\", '{x}\\n' claim the same field: product code"


def test_a_finding_inside_another_is_told_in_the_same_language() -> None:
    refusal = Refusal("BROKEN_QUOTES", "inside", place="a.csv", found=found("quote_open", line=3))
    assert refusal.found.words("pt-BR") == "a.csv: as aspas abertas na linha 3 não fecham"
    assert str(refusal) == "BROKEN_QUOTES: a.csv: the quote opened in line 3 is never closed"


def refused() -> LandingEntry:
    told = found("written_two_ways", column="Vlr", record=1, text="1,5", other=2, other_text="1.5")
    ways = (Command(purpose=found("to_take_as", field=Field(field="sku")), command="datapilot x"),)
    return entry(1, verdict=Verdict.REFUSED, reason="DECIMAL_MARK_MIXED", found=told, commands=ways)


def test_an_entry_of_the_log_is_worded_later_in_either_language() -> None:
    read = LandingEntry.model_validate_json(refused().model_dump_json())
    assert read == refused()
    assert read.found is not None
    assert read.found.words("pt-BR") == "coluna 'Vlr': o registro 1 tem '1,5', o registro 2 tem '1.5'"
    assert read.commands[0].purpose.words("pt-BR") == "para usar como código do produto"
    sums = found("columns_missing", missing=[Field(field="sku")], columns=["a", "b"], free=found("no_column"))
    again = Found.model_validate_json(sums.model_dump_json())
    assert (again, again.words("en")) == (sums, "missing: product code; found: a, b; free: none")


def test_an_entry_that_was_written_as_text_is_shown_as_it_is() -> None:
    text = "missing: sold_at; found: {x} | datapilot decide abc --reject"
    old = entry(1, verdict=Verdict.REFUSED, detail=text)
    assert old.found is not None
    assert (old.found.words("pt-BR"), old.commands) == (text, ())
    assert LandingEntry.model_validate_json(old.model_dump_json()) == old
    assert entry(1, detail="").found is None


def test_what_a_newer_log_holds_is_shown_by_its_values() -> None:
    assert Found(finding="of_tomorrow", values={"count": 1200, "field": Field(field="sku")}).words("pt-BR") == (
        "of_tomorrow: count 1.200, field código do produto"
    )
    assert Found(finding="quote_open", values={"record": 3}).words("en") == "quote_open: record 3"
    assert slots_of("{a} {b!r}") == {"a", "b"}
