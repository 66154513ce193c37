"""All reference pages: path below docs/ → text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.markdown import escape, table
from datapilot_interfaces.reference.alerts_page import alerts_page
from datapilot_interfaces.reference.commands_page import commands_page
from datapilot_interfaces.reference.fields_page import fields_page, status_page
from datapilot_interfaces.reference.kpis_page import kpis_page
from datapilot_interfaces.reference.marks import scan
from datapilot_interfaces.reference.reasons_page import reasons_page
from datapilot_interfaces.reference.rules_page import rules_page
from datapilot_interfaces.reference.tables_page import table_page
from datapilot_interfaces.reference.verifier_page import verifier_page

ROOT = Path(__file__).parents[2]
_NOTE = "<!-- Written by `make docs` from the contracts: change them, not this page. -->\n"
# File → title of the index and the text.
_PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "sales-fields.md": ("Sales files: fields and headers", fields_page),
    "status-words.md": ("Status words", status_page),
    "reasons.md": ("Reason codes, with what to do", reasons_page),
    "kpis.md": ("KPI catalogue", kpis_page),
    "verifier.md": ("Verifier of insights: its codes", verifier_page),
    "alerts.md": ("Alerts: their codes", alerts_page),
    "commands.md": ("Command line", commands_page),
}


def pages() -> dict[str, str]:
    written = {f"reference/{name}": text() for name, (_, text) in _PAGES.items()}
    written |= {f"reference/{name}.md": table_page(contract) for name, contract in CONTRACTS.items()}
    written["reference/README.md"] = _index()
    written["rules.md"] = rules_page(scan(ROOT / "datapilot_tests"))
    return {name: _NOTE + text for name, text in written.items()}


def write(docs: Path = ROOT / "docs") -> list[str]:
    """Write the pages, remove reference pages of what is no more; the names of those that changed."""
    wanted = pages()
    changed = []
    for name, text in wanted.items():
        path = docs / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            changed.append(name)
    for path in (docs / "reference").glob("*.md"):
        if f"reference/{path.name}" not in wanted:
            path.unlink()
            changed.append(f"reference/{path.name}")
    return changed


def _index() -> str:
    lines = ["# Reference", "", "Written from the contracts by `make docs`; a test holds that they are current.", ""]
    lines += [f"- [{title}]({name})" for name, (title, _) in _PAGES.items()]
    lines += ["- [Rules and the tests that hold them](../rules.md)", "", "## Tables", ""]
    lines += table(
        ("Table", "Holds"),
        [[f"[{name}]({name}.md)", escape(contract.description)] for name, contract in CONTRACTS.items()],
    )
    return "\n".join(lines) + "\n"
