"""Messages: grouped, short, in the reader's language, and inert."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from datapilot_domain.alerts import ALERTS, Alert, Notice, NoticeKind, form_message, test_message
from datapilot_domain.alerts.message import Language, Message
from datapilot_domain.alerts.words import inert, months_text
from datapilot_domain.findings import FINDINGS, Found, found
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month

NOON = dt.datetime(2024, 4, 2, 12, tzinfo=dt.timezone.utc)
ACME = OrgId("acme")


def notice(number: int = 0, kind: NoticeKind = "opened", **changes: Any) -> Notice:
    values: dict[str, Any] = {
        "id": number,
        "fingerprint": f"{number:032x}",
        "watch": "late",
        "org_id": ACME,
        "code": "MONTH_LATE",
        "severity": "warning",
        "cause": found("month_late", family="sales", source=f"loja{number}", day="2024-02-05"),
        "month": Month(2024, 1).plus(number),
        "ui_path": f"/assets/{number}",
        "command": "datapilot status --org acme",
        "state": "RESOLVED" if kind == "resolved" else "OPEN",
        "first_seen": NOON,
        "last_seen": NOON,
        "count": 1,
        "openings": 1,
    }
    nothing = dict.fromkeys(("acked_at", "acked_by", "resolved_at", "notified_at", "silenced_until", "quiet_until"))
    return Notice(kind=kind, alert=Alert(**{**values, **nothing, **changes}))


MIXED = [
    notice(0, org_id=None, code="CONSUMER_DOWN", cause=found("consumer_down", consumer="graph"), month=None),
    *(notice(n) for n in (0, 1, 2, 4)),
    notice(7, "resolved", code="FILE_HELD"),
    notice(8, code="GATE_FAILED", severity="critical", cause=found("gate_failed", family="sales", codes=["S01", "S2"])),
]


def test_a_message_says_what_happened_and_what_to_do() -> None:
    message = form_message(MIXED, "pt-BR", "https://ui.example/")
    assert message.subject == "DataPilot: 6 alertas novos, 1 resolvido (acme, plataforma)"
    assert message.text == (
        "acme\n"
        "[crítico] Um mês não foi publicado: setembro/2024\n"
        "  - sales: S01, S2\n"
        "  O que fazer: Veja os números da verificação; o último mês bom continua publicado.\n"
        "  datapilot status --org acme\n"
        "  https://ui.example/assets/8\n"
        "[atenção] Os dados do mês estão atrasados (4): janeiro/2024 a março/2024, maio/2024\n"
        "  - sales de loja0: nada do mês até 2024-02-05\n"
        "  - sales de loja1: nada do mês até 2024-02-05\n"
        "  - sales de loja2: nada do mês até 2024-02-05\n"
        "  - sales de loja4: nada do mês até 2024-02-05\n"
        "  O que fazer: Envie os arquivos do mês, ou declare que a fonte terminou.\n"
        "  datapilot status --org acme\n"
        "  https://ui.example/assets/0\n"
        "[resolvido] Um arquivo espera uma decisão: agosto/2024\n"
        "\n"
        "plataforma\n"
        "[atenção] Um serviço está fora do ar\n"
        "  - graph\n"
        "  O que fazer: O ouro continua publicado; o serviço se atualiza quando voltar.\n"
        "  datapilot status --org acme\n"
        "  https://ui.example/assets/0"
    )


def test_a_message_in_english_without_an_address_of_the_ui_has_no_link() -> None:
    message = form_message([notice(1)], "en")
    assert message.subject == "DataPilot: 1 new alert (acme)"
    assert message.text == (
        "acme\n"
        "[warning] The month's data are late: February 2024\n"
        "  - sales of loja1: nothing of the month by 2024-02-05\n"
        "  What to do: Land the month's files, or declare that the source has ended.\n"
        "  datapilot status --org acme"
    )


def test_the_data_of_an_alert() -> None:
    (part,) = form_message([notice(1, count=3)], "en", "https://ui.example").organizations()
    assert part == {
        "org_id": "acme",
        "alerts": [
            {
                "fingerprint": f"{1:032x}",
                "code": "MONTH_LATE",
                "severity": "warning",
                "state": "OPEN",
                "notice": "opened",
                "title": "The month's data are late",
                "cause": "sales of loja1: nothing of the month by 2024-02-05",
                "month": "2024-02",
                "count": 3,
                "first_seen": "2024-04-02T12:00:00+00:00",
                "last_seen": "2024-04-02T12:00:00+00:00",
                "remedy": "Land the month's files, or declare that the source has ended.",
                "command": "datapilot status --org acme",
                "url": "https://ui.example/assets/1",
            }
        ],
    }


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_a_message_stays_short_and_counts_what_it_leaves_out(language: Language) -> None:
    codes = sorted(code for code, kind in ALERTS.items() if kind.scope == "organization")
    many = [notice(n, code=code) for code in codes for n in range(12)]
    message = form_message(many, language, "https://ui.example")
    (part,) = message.parts
    assert len(part.lines) == 20
    assert part.lines[6] == ("  - e mais 7" if language == "pt-BR" else "  - and 7 more")
    assert all(line.startswith("[") and "(12)" in line for line in part.lines[10:19])
    assert part.lines[-1] == ("e mais {} alertas" if language == "pt-BR" else "and {} more alerts").format(
        len(many) - 120
    )
    assert (len(part.alerts), part.more) == (100, len(many) - 100)
    everybody = form_message([notice(n, org_id=OrgId(f"org{n}")) for n in range(70)], language)
    assert (len(everybody.parts), everybody.more_organizations) == (50, 20)
    assert everybody.text.count("org") >= 50
    assert everybody.text.splitlines()[-1].split()[2 if language == "pt-BR" else 1] == "20"
    assert "70 organi" in everybody.subject


def test_the_most_urgent_comes_first() -> None:
    organizations = [
        notice(1, severity="info", org_id=OrgId("one")),
        notice(2, severity="critical", org_id=OrgId("two")),
        notice(3, "resolved", severity="critical", org_id=OrgId("three")),
    ]
    assert [part.org_id for part in form_message(organizations, "en").parts] == ["two", "one", "three"]


def test_without_its_last_part_nothing_of_a_message_is_left() -> None:
    message = form_message(MIXED, "en").without(ACME)
    assert "acme" not in message.subject
    assert [part.org_id for part in message.parts] == [None]
    assert Message.model_validate(message.model_dump(mode="json")) == message


@pytest.mark.parametrize(
    "text",
    [
        "[see](https://evil.example)",
        "https://evil.example",
        "<https://evil.example|see>",
        "<!channel>",
        "@everyone",
        "www.evil.example",
        "a\nb\r\u2028c\u202e",
    ],
)
def test_text_of_strangers_neither_links_nor_calls_nor_begins_a_line(text: str) -> None:
    cause = Found(finding="file_undecided", values={"file": text, "source": "main", "reason": "R"})
    message = form_message([notice(cause=cause)], "en")
    said, data = message.text, message.parts[0].alerts[0]["cause"]
    assert len(said.splitlines()) == 5
    for live in ("](", "://", "<h", "<!", "@e", "www.", "\u2028", "\u202e"):
        assert live not in said + data
    assert data in said
    assert inert(text).replace("\u2060", "") in said.replace("\u2060", "")


def test_months_are_said_as_stretches() -> None:
    first = Month(2024, 1)
    assert months_text([], "en") == ""
    assert months_text([first, first], "en") == "January 2024"
    assert months_text([first.plus(2 * n) for n in range(9)], "pt-BR").endswith("novembro/2024, e mais 3")


@pytest.mark.parametrize("language", ["pt-BR", "en"])
@pytest.mark.parametrize("code", ALERTS)
def test_every_alert_can_be_told(code: str, language: Language) -> None:
    org = ACME if ALERTS[code].scope == "organization" else None
    message = form_message([notice(code=code, org_id=org)], language)
    assert ALERTS[code].title.of(language) in message.text
    assert ALERTS[code].remedy.of(language) in message.text


def test_the_test_message_is_in_both_languages() -> None:
    assert test_message("team", "pt-BR").text == "DataPilot: teste do canal team. Nada aconteceu."
    assert test_message("team", "en").subject == "DataPilot: a test of channel team. Nothing has happened."
    assert "month_late" in FINDINGS
