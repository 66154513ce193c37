"""The verifier's codes and those of a model's answer, as a page."""

from __future__ import annotations

from datapilot_domain.insights.codes import CODES
from datapilot_domain.markdown import code, escape, table


def verifier_page() -> str:
    lines = [
        "# Verifier",
        "",
        "Why a fact or a text of an insight was not published as it came. `V` codes are checks without any model; the"
        " others say what became of a model's answer. How it works: [insights](../insights.md).",
        "",
        *table(
            ("Code", "pt-BR", "en"), [[code(name), escape(words.pt), escape(words.en)] for name, words in CODES.items()]
        ),
    ]
    return "\n".join(lines) + "\n"
