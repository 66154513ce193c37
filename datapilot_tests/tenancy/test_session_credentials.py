"""Credentials of one organization reach nothing of another: tried on two real servers, with a client of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.organizations import OrgId
from datapilot_resources.object_store import object_store
from datapilot_resources.object_store_s3 import s3_client
from datapilot_resources.platform import Platform
from datapilot_resources.session_credentials import SessionCredentialsError, session_credentials, session_policy
from datapilot_resources.settings import Settings
from datapilot_tests.interfaces.conftest import Cli, cli  # noqa: F401  # a fixture
from datapilot_tests.services.fixtures import MINIO, SEAWEEDFS
from datapilot_tests.services.forgetful_s3 import forgetful_s3
from datapilot_tests.services.s3_server import variables_of
from datapilot_tests.workbench import Workbench, sample

ALPHA, TWIN = OrgId("alpha"), OrgId("alphabeta")  # one id is the prefix of the other
pytestmark = pytest.mark.services


@pytest.fixture
def bench(s3_store: Settings, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """Two organizations with a landed file each, and one more file of each in the inbox."""
    for name, value in variables_of(s3_store).items():
        monkeypatch.setenv(name, value)
    bench = Workbench(Platform(s3_store))
    for org in (ALPHA, TWIN):
        bench.add(org)
        bench.land(org, sample("2024-01", "english"))
        bench.platform.store.write(f"inbox/org_id={org}/waiting.csv", b"waits")
    return bench


class Holder:
    """Whoever was given the credentials, with an S3 client of their own."""

    def __init__(self, settings: Settings) -> None:
        self.client, (self.bucket, self.root) = s3_client(settings), settings.s3_location()

    def refused(self, operation: str, **request: Any) -> bool:
        if "Key" in request:
            request["Key"] = self.root + request["Key"]
        if "Prefix" in request:
            request["Prefix"] = self.root + request["Prefix"]
        try:
            getattr(self.client, operation)(Bucket=self.bucket, **request)
        except ClientError as error:
            return error.response["Error"]["Code"] in ("AccessDenied", "403")
        return False


def an_object(bench: Workbench, prefix: str) -> str:
    return bench.platform.store.list(prefix)[0].key


def test_a_reader_reads_one_organization(bench: Workbench) -> None:
    limited = session_credentials(bench.platform.settings, ALPHA, "reading").settings
    mine, theirs = an_object(bench, "org_id=alpha/bronze"), an_object(bench, "org_id=alphabeta/bronze")
    reader, lakehouse = Holder(limited), Platform(limited).lakehouse

    assert lakehouse.read(CONTRACTS["bronze.sales"], ALPHA).num_rows > 0
    assert not reader.refused("get_object", Key=mine)
    assert not reader.refused("list_objects_v2", Prefix="org_id=alpha/")

    assert reader.refused("get_object", Key=theirs)
    assert reader.refused("get_object", Key="registry/org_id=alpha.json")
    assert reader.refused("get_object", Key="inbox/org_id=alpha/waiting.csv")
    for prefix in ("org_id=alphabeta/", "org_id=alpha", "", "registry/", "inbox/org_id=alphabeta/"):
        assert reader.refused("list_objects_v2", Prefix=prefix), prefix
    for key in (mine, theirs, "registry/org_id=alpha.json", "inbox/org_id=alpha/new.csv", "org_id=alpha/new"):
        assert reader.refused("put_object", Key=key, Body=b"x"), key
        assert reader.refused("delete_object", Key=key), key


def test_a_reader_of_one_layer_reads_no_other(bench: Workbench) -> None:
    settings = bench.platform.settings
    reader = Holder(session_credentials(settings, ALPHA, "reading", layer="landing").settings)
    assert not reader.refused("get_object", Key=an_object(bench, "org_id=alpha/landing"))
    assert reader.refused("get_object", Key=an_object(bench, "org_id=alpha/bronze"))
    assert reader.refused("list_objects_v2", Prefix="org_id=alpha/")


def test_a_sender_puts_into_one_inbox_and_does_nothing_else(bench: Workbench, tmp_path: Path) -> None:
    limited = session_credentials(bench.platform.settings, ALPHA, "sending").settings
    sender = Holder(limited)
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * 9_000_000)  # more than one part

    object_store(limited).write_file("inbox/org_id=alpha/shopee/large.csv", large)
    assert bench.platform.store.info("inbox/org_id=alpha/shopee/large.csv").size == 9_000_000

    assert sender.refused("get_object", Key="inbox/org_id=alpha/waiting.csv")
    assert sender.refused("delete_object", Key="inbox/org_id=alpha/waiting.csv")
    for prefix in ("inbox/org_id=alpha/", "inbox/", "org_id=alpha/", ""):
        assert sender.refused("list_objects_v2", Prefix=prefix), prefix
    for key in (
        "inbox/org_id=alphabeta/x.csv",
        "inbox/x.csv",
        "org_id=alpha/x",
        "registry/org_id=alpha.json",
        "registry/org_id=other.json",
    ):
        assert sender.refused("put_object", Key=key, Body=b"x"), key


def test_the_command_prints_variables_that_this_program_takes(
    cli: Cli,  # noqa: F811
    bench: Workbench,
) -> None:
    answer = cli("credentials", "--org", "alpha", "--for", "sending", "--hours", "2", "--format", "json")
    assert answer.code == 0
    assert answer.err.startswith("They end at ")
    given = Settings.from_environment({row["variable"]: row["value"] for row in answer.rows})
    assert given.s3_session_token is not None
    assert given.s3_access_key_id != bench.platform.settings.s3_access_key_id
    object_store(given).write("inbox/org_id=alpha/by-command.csv", b"x")
    assert bench.platform.store.exists("inbox/org_id=alpha/by-command.csv")
    assert "a secret" in cli("credentials", "--help").out
    assert cli("credentials", "--org", "nobody", "--for", "reading").code == 1
    assert cli("credentials", "--org", "alpha", "--for", "sending", "--layer", "gold").code == 2


@pytest.mark.parametrize("s3_store", [MINIO], indirect=True)
def test_credentials_that_are_not_limited_are_not_handed_out(s3_store: Settings) -> None:
    with (
        forgetful_s3(str(s3_store.s3_endpoint_url)) as endpoint,
        pytest.raises(SessionCredentialsError, match="takes no notice of a session's policy"),
    ):
        session_credentials(s3_store.model_copy(update={"s3_endpoint_url": endpoint}), ALPHA, "reading")


@pytest.mark.parametrize("s3_store", [SEAWEEDFS], indirect=True)
def test_a_server_that_gives_none_says_why(s3_store: Settings) -> None:
    unknown = s3_store.model_copy(update={"s3_role_arn": "arn:aws:iam::000000000000:role/nobody"})
    with pytest.raises(SessionCredentialsError, match=r"S3_ROLE_ARN.*docs/object-stores.md"):
        session_credentials(unknown, ALPHA, "reading")


def test_where_there_can_be_none(tmp_path: Path) -> None:
    with pytest.raises(SessionCredentialsError, match="the store is a folder"):
        session_credentials(Settings(home=tmp_path), ALPHA, "reading")
    with pytest.raises(SessionCredentialsError, match="S3_ROLE_ARN is not set"):
        session_credentials(Settings(home=tmp_path, store="s3://bucket"), ALPHA, "reading")
    with pytest.raises(SessionCredentialsError, match="reads as a pattern"):
        session_policy(Settings(home=tmp_path, store="s3://bucket/a*"), ALPHA, "reading")
