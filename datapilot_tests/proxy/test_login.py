"""Who reaches Dagster's UI through the proxy of deploy/, and with which requests."""

from __future__ import annotations

import base64
import http.client
import ssl
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from datapilot_tests.proxy.conftest import Webserver
from datapilot_tests.services.caddy import PERSON, Proxy, send

pytestmark = pytest.mark.services

QUERY = "{ version }"
MUTATION = (
    'mutation { reportRunlessAssetEvents(eventParams: {eventType: ASSET_MATERIALIZATION, assetKey: {path: ["probe"]}})'
    " { __typename } }"
)
BY_GET = f"/graphql?query={quote(MUTATION)}"
THE_PAGE = '"nextExport"'
FOREIGN = "https://evil.example"
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def test_a_person_sees_the_ui_and_asks_it(proxy: Proxy) -> None:
    page = proxy.ask_as_person("GET", "/")
    assert page.status == 200
    assert THE_PAGE in page.body
    assert proxy.graphql(QUERY).document["data"]["version"]


def test_a_mutation_by_the_ui_is_executed(proxy: Proxy, webserver: Webserver) -> None:
    before = webserver.mutations()
    answer = proxy.graphql(MUTATION)
    assert answer.document["data"]["reportRunlessAssetEvents"]["__typename"] == "ReportRunlessAssetEventsSuccess"
    assert webserver.mutations() == before + 1


@pytest.mark.parametrize("path", ["/", "/graphql", "/report_asset_materialization/probe"])
@pytest.mark.parametrize(
    "login",
    [
        {},
        {"Authorization": basic(PERSON, "wrong")},
        {"Authorization": basic(PERSON, "")},
        {"Authorization": basic("bob", "vinte-e-quatro-araras")},
        {"Authorization": "Bearer x"},
        {"X_Forwarded_User": "ana", "Remote_User": "ana", "X_Auth_Request_User": "ana"},
    ],
    ids=["nobody", "wrong", "empty", "unknown", "bearer", "spoofed"],
)
def test_without_a_login_nothing_is_answered(proxy: Proxy, login: Mapping[str, str], path: str) -> None:
    own = {"Origin": proxy.origin, "Content_Type": "application/json"}
    answer = proxy.ask("GET" if path == "/" else "POST", path, "{}", **own, **login)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert not answer.body


def test_the_webserver_alone_executes_mutations_by_get_from_any_origin(webserver: Webserver) -> None:
    """Why the proxy has to refuse them."""
    before = webserver.mutations()
    assert webserver.ask("GET", BY_GET, Origin=FOREIGN, Host="evil.example").status == 200
    assert webserver.mutations() == before + 1


@pytest.mark.usefixtures("not_executed")
@pytest.mark.parametrize(
    "path",
    [
        BY_GET,
        BY_GET.replace("/graphql", "/graphql/"),
        BY_GET.replace("/graphql", "/%67raphql"),
        BY_GET.replace("/graphql", "//graphql"),
        BY_GET.replace("/graphql", "/./graphql"),
        BY_GET.replace("/graphql", "/x/../graphql"),
        BY_GET.replace("/graphql", "/GraphQL"),
        BY_GET.replace("/graphql", "/graphql%2F"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("foreign", [True, False])
def test_graphql_by_get_is_not_executed(proxy: Proxy, method: str, path: str, foreign: bool) -> None:
    answer = proxy.ask_as_person(method, path, **({"Origin": FOREIGN} if foreign else {}))
    # A path that is none of GraphQL's gets the UI's page, as every unknown one.
    assert answer.status == 403 or (answer.status == 200 and (THE_PAGE in answer.body or method == "HEAD"))


@pytest.mark.usefixtures("not_executed")
@pytest.mark.parametrize("query", [MUTATION, QUERY])
def test_graphql_by_get_is_refused(proxy: Proxy, query: str) -> None:
    assert proxy.ask_as_person("GET", f"/graphql?query={quote(query)}").status == 403
    assert proxy.ask_as_person("GET", f"/graphql?query={quote(query)}", Origin=proxy.origin).status == 403


@pytest.mark.usefixtures("not_executed")
@pytest.mark.parametrize("dropped", ["none", "Connection", "Upgrade"])
def test_an_upgrade_carries_no_query(proxy: Proxy, dropped: str) -> None:
    """Neither a whole one nor half of one, that reaches the webserver as a plain GET."""
    headers = {k: v for k, v in UPGRADE.items() if k != dropped}
    answer = proxy.ask_as_person("GET", BY_GET, Origin=proxy.origin, **headers)
    assert answer.status in {400, 403}  # without a Sec-WebSocket-Key it is none to the webserver either


@pytest.mark.usefixtures("not_executed")
@pytest.mark.parametrize("origin", [FOREIGN, "null", "https://localhost.evil.example", "http://localhost", ""])
def test_a_mutation_from_a_foreign_origin_is_refused(proxy: Proxy, origin: str) -> None:
    assert proxy.graphql(MUTATION, Origin=origin).status == 403


@pytest.mark.usefixtures("not_executed")
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/graphql", ""])
def test_a_form_of_another_site_cannot_post(proxy: Proxy, content_type: str) -> None:
    assert proxy.graphql(MUTATION, Content_Type=content_type).status == 403
    assert proxy.ask_as_person("POST", BY_GET, Origin=proxy.origin, Content_Type=content_type).status == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(proxy: Proxy, method: str) -> None:
    headers = {"Origin": proxy.origin, "Content_Type": "application/json"}
    assert proxy.ask_as_person(method, "/graphql", **headers).status == 403


def test_a_foreign_page_gets_nothing_but_a_link(proxy: Proxy) -> None:
    assert proxy.ask_as_person("GET", "/server_info", Origin=FOREIGN).status == 403
    assert (
        proxy.ask_as_person("GET", "/server_info", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status == 403
    )
    assert proxy.ask_as_person("GET", "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate").status == 200


@pytest.mark.usefixtures("not_executed")
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost.evil.example", "evil.example:443"])
def test_a_foreign_host_is_refused(proxy: Proxy, host: str) -> None:
    """DNS rebinding: the attacker's name leads to this address."""
    assert proxy.ask_as_person("GET", "/server_info", Host=host).status == 421
    assert proxy.graphql(MUTATION, Host=host).status == 421


def test_another_server_name_gets_no_certificate(proxy: Proxy) -> None:
    anything = ssl.create_default_context()
    anything.check_hostname, anything.verify_mode = False, ssl.CERT_NONE
    with (
        closing(http.client.HTTPSConnection("127.0.0.1", proxy.port, timeout=60, context=anything)) as connection,
        pytest.raises(ssl.SSLError),
    ):
        connection.request("GET", "/")


def test_http_leads_to_https(proxy: Proxy) -> None:
    with closing(http.client.HTTPConnection("localhost", proxy.http_port, timeout=60)) as connection:
        answer = send(connection, "GET", "/runs", None, proxy.login and {"Authorization": proxy.login["Authorization"]})
    assert answer.status == 308
    assert answer.headers["location"] == "https://localhost/runs"


def socket(proxy: Proxy, origin: str | None, login: Mapping[str, str]):  # type: ignore[no-untyped-def]
    return connect(
        f"wss://localhost:{proxy.port}/graphql",
        ssl=proxy.tls,
        origin=None if origin is None else Origin(origin),
        additional_headers=login,
        subprotocols=[Subprotocol("graphql-ws")],
        open_timeout=60,
    )


def test_the_websocket_works_from_the_own_origin(proxy: Proxy) -> None:
    with socket(proxy, proxy.origin, proxy.login) as connection:
        connection.send('{"type": "connection_init"}')
        assert "connection_ack" in str(connection.recv(timeout=60))


@pytest.mark.parametrize(
    ("origin", "logged_in", "status"),
    [(FOREIGN, True, 403), (None, True, 403), ("null", True, 403), ("own", False, 401)],
)
def test_other_websockets_are_refused(proxy: Proxy, origin: str | None, logged_in: bool, status: int) -> None:
    origin = proxy.origin if origin == "own" else origin
    with pytest.raises(InvalidStatus) as refused, socket(proxy, origin, proxy.login if logged_in else {}):
        pass
    assert refused.value.response.status_code == status


def test_every_answer_has_the_security_headers(proxy: Proxy) -> None:
    for answer in (proxy.ask_as_person("GET", "/"), proxy.ask("GET", "/"), proxy.ask("GET", "/", Origin=FOREIGN)):
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers
