"""One page per table: what it holds, what it promises, and who may rely on it."""

from __future__ import annotations

from datapilot_domain.contracts import TableContract
from datapilot_domain.contracts.table import Rule
from datapilot_domain.markdown import code, escape, table
from datapilot_domain.reasons import REASONS


def table_page(contract: TableContract) -> str:
    lines = [f"# {contract.id}", "", contract.description, ""]
    lines += table(("", ""), _facts(contract))
    lines += ["", "## Columns", ""]
    lines += table(
        ("Column", "Type", "May be null", "Meaning"), [_column(contract, name) for name in contract.column_names]
    )
    if contract.personal_columns:
        lines += ["", "**Personal data**: shown by no command, in no report, and in no table after bronze."]
    if contract.rules:
        lines += [
            "",
            "## Rules",
            "",
            "Tried in this order; the first that holds is the record's reason. What to do about each: "
            "[reasons](reasons.md).",
            "",
            *table(("Field", "Reason", "What it says", "Effect"), [_rule(rule) for rule in contract.rules]),
        ]
    return "\n".join(lines) + "\n"


def _facts(contract: TableContract) -> list[list[str]]:
    facts = [
        ["Key", ", ".join(code(name) for name in contract.key)],
        ["One Delta table per organization, partitioned by", code("month")],
        ["Computed from", ", ".join(f"[{name}]({name}.md)" for name in contract.reads) or "landed files"],
        ["Of each table it reads the months", _months(contract.months_read)],
        ["Settings of the organization that change it", ", ".join(map(code, contract.settings_read)) or "none"],
        ["Owner", code(contract.owner)],
        ["Lateness", escape(contract.lateness)],
        ["Look at it", code(f"datapilot show {contract.id} --org ORG --month YYYY-MM")],
    ]
    return facts if contract.reads else [fact for fact in facts if not fact[0].startswith("Of each table")]


def _months(read: tuple[int, int]) -> str:
    first, last = read
    return "its own" if (first, last) == (0, 0) else f"from {first:+d} to {last:+d}, its own being 0"


def _column(contract: TableContract, name: str) -> list[str]:
    column = contract.column(name)
    meaning = escape(column.description) + (" **(personal data)**" if column.personal else "")
    return [code(name), code(column.type), "yes" if column.nullable else "no", meaning]


def _rule(rule: Rule) -> list[str]:
    effect = "quarantined" if rule.severity == "ERROR" else "kept, and counted as a warning"
    return [
        code(rule.column),
        f"[`{rule.code}`](reasons.md#{rule.code.lower()})",
        escape(REASONS[rule.code].en),
        effect,
    ]
