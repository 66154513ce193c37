"""Every alert by its code: whose it is, what it says, and what to do."""

from __future__ import annotations

from datapilot_domain.alerts import ALERTS
from datapilot_domain.markdown import code, escape, table

_SCOPES = {
    "organization": ("Of an organization", "Its own channels may hear of them, and the operators'."),
    "platform": ("Of the platform", "Only the operators' channels hear of them."),
}


def alerts_page() -> str:
    lines = [
        "# Alerts",
        "",
        "What people hear of, and what to do then. Who hears it, and when: [alerts](../alerts.md).",
    ]
    for scope, (title, heard) in _SCOPES.items():
        rows = [
            [code(kind.code), escape(kind.title.pt), escape(kind.title.en), escape(kind.remedy.en)]
            for kind in ALERTS.values()
            if kind.scope == scope
        ]
        lines += ["", f"## {title}", "", heard, "", *table(("Code", "pt-BR", "en", "What to do"), rows)]
    return "\n".join(lines) + "\n"
