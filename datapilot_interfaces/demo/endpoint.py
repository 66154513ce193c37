"""A model's endpoint for the demo, on loopback over real HTTP: it writes well about every fact but one.

About that one it lies: it writes a number of its own, which no template may hold.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "demo-model"
_FACT = re.compile(r"^(F[0-9]+): (.*)$", re.MULTILINE)
_WORDS = {"entity", "period", "baseline_period", "metric"}
_TEXTS = {
    "pt-BR": {
        "headline": "Vale olhar {{metric}}: {{now}} em {{period}}.",
        "of_entity": "Vale olhar {{metric}} de {{entity}}: {{now}} em {{period}}.",
        "baseline": "Em {{baseline_period}}, o valor foi {{baseline}}.",
        "partial": "O período é parcial.",
        "lie": " A diferença passou de 42% no mês.",
    },
    "en": {
        "headline": "Worth a look: {{metric}} at {{now}} in {{period}}.",
        "of_entity": "Worth a look: {{metric}} of {{entity}} at {{now}} in {{period}}.",
        "baseline": "In {{baseline_period}} the value was {{baseline}}.",
        "partial": "The period is partial.",
        "lie": " The difference was more than 42% this month.",
    },
}


def answer(request: Mapping[str, Any], *, lies_about: str | None = None) -> str:
    """Drafts for the facts of a request, as JSON. `lies_about`: handle of the fact that gets a number of its own."""
    system, question = (message["content"] for message in request["messages"][:2])
    language = "en" if "language en" in system else "pt-BR"
    drafts = [
        _draft(handle, _parsed(line), _TEXTS[language], handle == lies_about)
        for handle, line in _FACT.findall(question)
    ]
    return json.dumps({"language": language, "insights": drafts}, ensure_ascii=False)


def _parsed(line: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in line.split("; "))


def _draft(handle: str, fact: Mapping[str, str], texts: Mapping[str, str], lies: bool) -> dict[str, Any]:
    fields = fact["fields"].split(", ")
    now = next(field for field in ("current", *fields) if field in fields and field not in _WORDS)
    bound = {"metric": "metric", "now": now, "period": "period"}
    body = []
    if "entity" in fields:
        bound["entity"] = "entity"
    if {"baseline", "baseline_period"} <= set(fields) and now != "baseline":
        bound |= {"baseline": "baseline", "baseline_period": "baseline_period"}
        body.append(texts["baseline"])
    if fact["period"] == "partial":
        body.append(texts["partial"])
    return {
        "claim_fact_id": handle,
        "headline": texts["of_entity" if "entity" in fields else "headline"],
        "body": " ".join(body) + (texts["lie"] if lies else ""),
        "bindings": [{"slot": slot, "fact_id": handle, "field": field} for slot, field in bound.items()],
        "direction": fact["direction"],
        "recommendation": "none",
        "recommendation_fact_id": None,
    }


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = answer(request, lies_about="F1")
        sent = sum(len(message["content"]) for message in request["messages"])
        body = json.dumps(
            {
                "id": "chatcmpl-demo",
                "object": "chat.completion",
                "created": 0,
                "model": MODEL,
                "choices": [
                    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}},
                ],
                "usage": {
                    "prompt_tokens": sent // 4,
                    "completion_tokens": len(text) // 4,
                    "total_tokens": sent // 4 + len(text) // 4,
                },
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the demo says what matters."""


@contextmanager
def lying_endpoint() -> Iterator[str]:
    """Base URL of the endpoint while it runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
