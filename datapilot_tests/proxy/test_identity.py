"""What the proxy tells the webserver about who asks: its own log-in's word, and nobody else's."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from datapilot_tests.services.caddy import PASSWORD, PERSON, ROOT, Proxy, caddy
from datapilot_tests.services.echo import Echo, echo

pytestmark = pytest.mark.services

SPOOFED = {
    "X_Forwarded_User": "root",
    "X_Forwarded_Email": "root@evil.example",
    "X_Forwarded_Groups": "admins",
    "X_Forwarded_For": "10.0.0.1",
    "X_Auth_Request_User": "root",
    "X_Authentik_Username": "root",
    "X_Authenticated_User": "root",
    "X_Remote_User": "root",
    "X_User": "root",
    "X_Webauth_User": "root",
    "Remote_User": "root",
    "Remote_Groups": "admins",
}


def identity(headers: dict[str, str]) -> dict[str, str]:
    """The headers that say who asks, those about the connection left out."""
    connection = {"x-forwarded-proto", "x-forwarded-host", "x-forwarded-for"}
    told = {k: v for k, v in headers.items() if k.startswith(("x-", "remote-", "authorization"))}
    return {k: v for k, v in told.items() if k not in connection}


def logged(proxy: Proxy, part: str) -> str:
    """The line of the log with that part; it is written after the answer was read."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for line in (proxy.folder / "caddy.log").read_text().splitlines():
            if part in line:
                return line
        time.sleep(0.05)
    raise AssertionError(f"{part} was never logged")


@pytest.fixture(scope="module")
def upstream() -> Iterator[Echo]:
    with echo() as found:
        yield found


@pytest.fixture(scope="module")
def by_password(upstream: Echo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with caddy(tmp_path_factory.mktemp("password"), upstream.port) as found:
        yield found


@pytest.fixture(scope="module")
def sign_on() -> Iterator[Echo]:
    with echo() as found:
        yield found


@pytest.fixture(scope="module")
def by_sign_on(upstream: Echo, sign_on: Echo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("sign-on")
    settings = {"DATAPILOT_LOGIN": "single-sign-on", "DATAPILOT_SSO": f"127.0.0.1:{sign_on.port}"}
    with caddy(folder, upstream.port, **settings) as found:
        yield found


@pytest.mark.parametrize("spoofed", [{}, SPOOFED], ids=["plain", "spoofed"])
def test_the_webserver_hears_the_logged_in_name_only(
    by_password: Proxy, upstream: Echo, spoofed: dict[str, str]
) -> None:
    upstream.requests.clear()
    assert by_password.ask_as_person("GET", "/runs", **spoofed).status == 200
    ((path, headers),) = upstream.requests
    assert path == "/runs"
    assert identity(headers) == {"x-forwarded-user": PERSON}
    assert headers["x-forwarded-for"] != "10.0.0.1"


def test_an_upgrade_loses_its_query(by_password: Proxy, upstream: Echo) -> None:
    upstream.requests.clear()
    upgrade = {"Connection": "keep-alive, upgrade", "Upgrade": "WebSocket", "Origin": by_password.origin}
    assert by_password.ask_as_person("GET", "/graphql?query=mutation", **upgrade).status == 200
    assert [path for path, _ in upstream.requests] == ["/graphql"]


def test_passwords_are_in_no_file_but_the_secret(by_password: Proxy) -> None:
    folder = by_password.folder
    holding = {
        file.name for file in folder.rglob("*") if file.is_file() and PASSWORD in file.read_text(errors="replace")
    }
    assert holding == {"people"}
    assert (folder / "hashes").read_text().startswith(f"{PERSON} $2a$14$")
    assert (folder / "hashes").stat().st_mode & 0o077 == 0


def test_the_log_names_people_and_hides_what_they_log_in_with(by_password: Proxy) -> None:
    by_password.ask_as_person("GET", "/told", Cookie="session=abc")
    line = logged(by_password, '"/told"')
    assert f'"user_id":"{PERSON}"' in line
    assert "Basic " not in line
    assert "session=abc" not in line


def test_whom_the_sign_on_knows_is_told_to_the_webserver(by_sign_on: Proxy, upstream: Echo, sign_on: Echo) -> None:
    upstream.requests.clear()
    sign_on.requests.clear()
    sign_on.status, sign_on.headers = 202, {"X-Auth-Request-User": "bea", "X-Auth-Request-Email": "bea@example.com"}
    assert by_sign_on.ask("GET", "/runs", Cookie="session=1", **SPOOFED).status == 200
    ((path, asked),) = sign_on.requests
    assert (path, asked["x-forwarded-uri"], asked["cookie"]) == ("/oauth2/auth", "/runs", "session=1")
    assert "x-auth-request-user" not in asked
    assert [identity(headers) for _, headers in upstream.requests] == [{"x-forwarded-user": "bea"}]


def test_whom_the_sign_on_does_not_know_is_led_to_it(by_sign_on: Proxy, upstream: Echo, sign_on: Echo) -> None:
    upstream.requests.clear()
    sign_on.status, sign_on.headers = 401, {}
    answer = by_sign_on.ask("GET", "/runs?x=1", **SPOOFED)
    assert answer.status == 302
    assert answer.headers["location"].startswith(f"/oauth2/sign_in?rd={by_sign_on.origin}/runs")
    assert not upstream.requests


@pytest.mark.parametrize(
    ("status", "headers"), [(403, {}), (500, {}), (202, {}), (202, {"X-Auth-Request-User": ""})], ids=str
)
def test_a_sign_on_that_names_nobody_lets_nobody_in(
    by_sign_on: Proxy, upstream: Echo, sign_on: Echo, status: int, headers: dict[str, str]
) -> None:
    """Not even who says himself who he is."""
    upstream.requests.clear()
    sign_on.status, sign_on.headers = status, headers
    assert by_sign_on.ask("GET", "/runs", **SPOOFED).status in {403, 500}
    assert not upstream.requests


def test_the_sign_on_does_not_open_what_the_checks_close(by_sign_on: Proxy, upstream: Echo, sign_on: Echo) -> None:
    upstream.requests.clear()
    sign_on.status, sign_on.headers = 202, {"X-Auth-Request-User": "bea"}
    assert by_sign_on.ask("GET", "/graphql?query=mutation").status == 403
    assert by_sign_on.ask("POST", "/graphql", "{}", Origin="https://evil.example").status == 403
    assert not upstream.requests


def test_the_sign_on_s_own_pages_are_reached_without_a_login(by_sign_on: Proxy, sign_on: Echo) -> None:
    sign_on.requests.clear()
    sign_on.status, sign_on.headers = 200, {}
    assert by_sign_on.ask("GET", "/oauth2/sign_in?rd=/").status == 200
    assert [path for path, _ in sign_on.requests] == ["/oauth2/sign_in?rd=/"]


@pytest.mark.parametrize("people", ["", "\n\n"])
def test_the_proxy_does_not_start_without_people(tmp_path: Path, people: str) -> None:
    (tmp_path / "people").write_text(people)
    names = {"DATAPILOT_PEOPLE_FILE": str(tmp_path / "people"), "DATAPILOT_PEOPLE_HASHES": str(tmp_path / "hashes")}
    script = ["sh", str(ROOT / "deploy" / "proxy.sh")]
    done = subprocess.run(script, env={**os.environ, **names}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "names nobody" in done.stderr
