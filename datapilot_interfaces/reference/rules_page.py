"""docs/rules.md: the rules, and the tests that hold each of them and trigger each reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from datapilot_domain.markdown import table
from datapilot_domain.reasons import REASONS
from datapilot_domain.rules import RULES
from datapilot_interfaces.reference.marks import Mark

_INTRODUCTION = """\
# Rules and the tests that hold them

What right sales figures are, whatever file they come from. A test that holds a rule fails when the rule is removed;
it says so with `@pytest.mark.rule("R4")`. A test whose input triggers a reason code says so with
`@pytest.mark.reason("DATE_MISSING")`. This page is written from those marks by `make docs`.
How figures are defined where the field has no convention: [decisions.md](decisions.md). What each reason says:
[reference/reasons.md](reference/reasons.md)."""


def rules_page(marks: Sequence[Mark]) -> str:
    lines = [_INTRODUCTION, "", "## Rules", ""]
    counted = [
        [f"[{name}](#{name.lower()})", rule.title, str(_count(marks, "rule", name))] for name, rule in RULES.items()
    ]
    lines += table(("Rule", "", "Tests"), counted, numbers=(2,))
    for name, rule in RULES.items():
        lines += ["", f'### <a id="{name.lower()}"></a>{name} {rule.title}', "", rule.text, ""]
        lines += _tests(mark for mark in marks if (mark.kind, mark.name) == ("rule", name))
    lines += ["", "## Reason codes", ""]
    lines += table(
        ("Code", "Triggered by"),
        (
            [
                f"`{code}`",
                "<br>".join(_linked(m) for m in marks if (m.kind, m.name) == ("reason", code)) or "no test yet",
            ]
            for code in REASONS
        ),
    )
    return "\n".join(lines) + "\n"


def _count(marks: Sequence[Mark], kind: str, name: str) -> int:
    return sum((mark.kind, mark.name) == (kind, name) for mark in marks)


def _tests(marks: Iterable[Mark]) -> list[str]:
    return [f"- {_linked(mark)}" for mark in marks] or ["- no test yet"]


def _linked(mark: Mark) -> str:
    return f"[{mark.test.removeprefix('test_').replace('_', ' ')}](../{mark.file})"
