"""Channels: signed, bounded, plain text, and nothing that a receiver says is trusted or kept."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import hmac
import json
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from datapilot_resources import channels_apprise, channels_webhook
from datapilot_resources.channels import Attached, Outcome, Outgoing, send, write_log
from datapilot_resources.channels_webhook import signed_headers, signing_key
from datapilot_resources.deliveries import AppriseChannel, LogChannel, WebhookChannel
from datapilot_resources.secret_reference import SecretReference
from datapilot_resources.settings import Settings, SettingsError
from datapilot_tests.services.alert_books import SECRET_VARIABLE, START
from datapilot_tests.services.hook_receiver import HookReceiver, Mailbox
from datapilot_tests.services.server import free_port

MESSAGE = Outgoing(
    key="0123abcd",
    type="datapilot.alerts",
    language="pt-BR",
    subject="DataPilot: 1 alerta novo (acme)",
    text="acme\n[crítico] Um mês não foi publicado\n  - <b>vendas</b> & *anúncios*",
    data={"organizations": [{"org_id": "acme", "alerts": []}]},
    attachments=(Attached("relatório.csv", "text/csv", b"a;b\n"), Attached("relatório.csv", "text/csv", b"c\n")),
)


def webhook(url: str) -> WebhookChannel:
    return WebhookChannel(kind="webhook", url=url, secret=SecretReference(variable=SECRET_VARIABLE))


def post(url: str, message: Outgoing = MESSAGE) -> Outcome:
    return send(webhook(url), message, Settings(), START)


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_plain_secret_is_its_own_bytes() -> None:
    assert signing_key("sixteen letters ") == b"sixteen letters "


@pytest.mark.parametrize("secret", ["fifteen letters", "whsec_not base64 at all"])
def test_a_secret_that_protects_nothing_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(SettingsError) as error:
        signing_key(secret)
    assert secret not in str(error.value)


def test_what_arrives_is_what_was_signed(hook: HookReceiver, hook_secret: str) -> None:
    assert post(hook.url("/hook?room=1")) == Outcome()
    (request,) = hook.requests
    headers = request.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    expected = base64.b64encode(hmac.new(hook_secret.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert (request.path, headers["webhook-id"]) == ("/hook?room=1", "0123abcd")
    assert dt.datetime.fromtimestamp(int(headers["webhook-timestamp"]), dt.timezone.utc) == START
    content = {"name": "relatório.csv", "media_type": "text/csv"}
    assert request.json == {
        "id": "0123abcd",
        "type": "datapilot.alerts",
        "language": "pt-BR",
        "organizations": [{"org_id": "acme", "alerts": []}],
        "text": MESSAGE.text,
        "attachments": [
            {**content, "sha256": file.sha256, "content": base64.b64encode(file.content).decode()}
            for file in MESSAGE.attachments
        ],
    }


@pytest.mark.parametrize("behaviour", ["hang", "trickle"])
def test_a_receiver_that_never_ends_is_left_when_its_time_is_up(
    hook: HookReceiver, hook_secret: str, behaviour: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels_webhook, "_SECONDS", 1.0)
    hook.behaviour = behaviour
    assert post(hook.url()) == Outcome("timeout")


def test_an_answer_is_not_read_beyond_its_head(hook: HookReceiver, hook_secret: str) -> None:
    hook.behaviour = "pour"  # without an end
    assert post(hook.url()) == Outcome()


def test_a_connection_that_breaks_or_is_refused_is_tried_again(hook: HookReceiver, hook_secret: str) -> None:
    hook.behaviour = "close"
    assert post(hook.url()) == Outcome("broken connection")
    assert post(f"http://127.0.0.1:{free_port()}/") == Outcome("no connection")


def test_a_secret_goes_nowhere_else(hook: HookReceiver, hook_secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where an answer points, nor through a proxy of this machine's environment."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    hook.status, hook.headers = 307, {"Location": hook.url("/elsewhere"), "Retry-After": "5"}
    assert post(hook.url()) == Outcome("HTTP 307", final=True)
    assert [request.path for request in hook.requests] == ["/hook"]


def test_the_log_is_private_and_each_message_one_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert send(LogChannel(kind="log"), MESSAGE, Settings(home=home), START) == Outcome()
    file = home / "alerts.log"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (line,) = file.read_text().splitlines()
    assert json.loads(line)["at"] == "2024-04-02T12:00:00+00:00"
    assert json.loads(line)["text"] == MESSAGE.text
    assert [file.keys() for file in json.loads(line)["attachments"]] == [{"name", "media_type", "sha256"}] * 2


def test_lines_of_those_who_write_at_once_stay_whole(tmp_path: Path) -> None:
    entry = {"text": "x" * 100_000}
    writers = [threading.Thread(target=write_log, args=(tmp_path, entry, START)) for _ in range(20)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    lines = (tmp_path / "alerts.log").read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines] == [entry["text"]] * 20


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "alerts.log").mkdir()
    assert write_log(tmp_path, {}, START) == Outcome("log file: IsADirectoryError")


ADDRESS = "mailto://127.0.0.1:{port}/?from=pilot@datapilot.example&to=ana@acme.example&name=DataPilot"


def mail(monkeypatch: pytest.MonkeyPatch, address: str, message: Outgoing = MESSAGE) -> Outcome:
    monkeypatch.setenv("ACME_CHAT", address)
    channel = AppriseChannel(kind="apprise", address=SecretReference(variable="ACME_CHAT"))
    return send(channel, message, Settings(), START)


def test_an_e_mail_is_plain_text_with_its_files(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mail(monkeypatch, ADDRESS.format(port=mailbox.port)) == Outcome()
    (letter,) = mailbox.messages
    assert letter["To"] == "ana@acme.example"
    assert MESSAGE.subject in str(letter["Subject"])
    parts = [part for part in letter.walk() if not part.is_multipart()]
    texts = [part.get_payload(decode=True).decode() for part in parts if part.get_filename() is None]  # type: ignore[union-attr]
    assert [text.replace("\r\n", "\n").strip() for text in texts] == [MESSAGE.text]
    assert parts[0].get_content_type() == "text/plain"
    assert [part.get_filename() for part in parts] == [None, "relatorio.csv", "relatorio.csv"]
    assert [part.get_payload(decode=True) for part in parts[1:]] == [b"a;b\n", b"c\n"]


def test_half_a_character_of_a_name_keeps_no_message_from_leaving(
    hook: HookReceiver, hook_secret: str, mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lone surrogate, as Python reads a file's name that is not UTF-8."""
    broken = dataclasses.replace(
        MESSAGE, subject="of \udce9.csv", text="of \udce9.csv", attachments=(Attached("\udce9.csv", "text/csv", b"a"),)
    )
    assert post(hook.url(), broken) == Outcome()
    assert (hook.requests[0].json["text"], hook.requests[0].json["attachments"][0]["name"]) == ("of ?.csv", "?.csv")
    assert mail(monkeypatch, ADDRESS.format(port=mailbox.port), broken) == Outcome()
    assert "of ?.csv" in str(mailbox.messages[0]["Subject"])
    assert send(LogChannel(kind="log"), broken, Settings(home=tmp_path), START) == Outcome()
    assert json.loads((tmp_path / "alerts.log").read_text())["text"] == broken.text


def test_a_letter_that_is_not_taken_is_tried_again(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox.refuse = True
    assert mail(monkeypatch, ADDRESS.format(port=mailbox.port)) == Outcome("not taken")
    assert mail(monkeypatch, ADDRESS.format(port=free_port())) == Outcome("not taken")
    assert mailbox.letters == []


def test_a_mail_server_that_says_nothing_is_left_when_its_time_is_up(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels_apprise, "_SECONDS", 3.0)
    mailbox.hang = True
    begun = time.monotonic()
    assert mail(monkeypatch, ADDRESS.format(port=mailbox.port)) == Outcome("timeout")
    assert time.monotonic() - begun >= 3


@pytest.mark.parametrize("address", ["no address", "mailto://a@x.example, mailto://b@x.example", "nothing://canary"])
def test_an_address_must_be_one(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mail(monkeypatch, address) == Outcome("its address is not one of Apprise")


def test_what_apprise_says_of_an_address_reaches_nobody(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    mailbox.refuse = True
    outcome = mail(monkeypatch, ADDRESS.format(port=mailbox.port).replace("//", "//user:canary-password@", 1))
    mail(monkeypatch, "nothing://canary-password")
    assert "canary-password" not in "".join((*capfd.readouterr(), repr(outcome)))
    assert outcome.error is not None


def test_a_secret_that_cannot_be_read_is_an_error_to_try_again(
    hook: HookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    assert post(hook.url()) == Outcome("its secret cannot be read or used")
    assert dataclasses.replace(MESSAGE, attachments=()).body(with_content=True).keys() >= {"id", "type", "text"}
    assert hook.requests == []
