"""Every reason code: what it says in both languages, and what the sender can do."""

from __future__ import annotations

from datapilot_domain.markdown import code, escape, table
from datapilot_domain.reasons import REASONS
from datapilot_domain.reasons.reason import Reason

# Scope → title and what such a reason does.
SCOPES = {
    "file": ("Files", "The whole file is refused, held or waits. Nothing changed, and its bytes are kept."),
    "record": (
        "Records",
        "The record goes to quarantine (or is only counted, where the rule says so); the others count.",
    ),
    "month": ("Months", "The month is not published: the last good one stays, and the file's report says why."),
    "notice": ("Notices", "Something to know. It refuses nothing; `{…}` is filled with what was found."),
}


def reasons_page() -> str:
    lines = [
        "# Reason codes",
        "",
        "What DataPilot says when something is not as it should be, and what to do about it.",
    ]
    for scope, (title, effect) in SCOPES.items():
        lines += ["", f"## {title}", "", effect]
        for reason in REASONS.values():
            if reason.scope == scope:
                lines += _entry(reason)
    return "\n".join(lines) + "\n"


def _entry(reason: Reason) -> list[str]:
    return [
        "",
        f'### <a id="{reason.code.lower()}"></a>{code(reason.code)}',
        "",
        *table(
            ("", "What it says", "What to do"),
            [
                ["pt-BR", escape(reason.pt), _remedy(reason.remedy_pt, reason)],
                ["en", escape(reason.en), _remedy(reason.remedy_en, reason)],
            ],
        ),
    ]


def _remedy(text: str, reason: Reason) -> str:
    return f"{escape(text)} {code(reason.command)}" if reason.command else escape(text)
