"""MinIO, the second real S3 server of the tests: built once with Go, kept among this user's caches.

`python -m datapilot_tests.services.minio_server` builds it (AGPL; a program of its own, never part of this one).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from minio import MinioAdmin
from minio.credentials.providers import StaticProvider
from pydantic import SecretStr

from datapilot_resources.settings import Settings
from datapilot_tests.services.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, has_bucket
from datapilot_tests.services.server import Server, free_port

# The last public commit.
SOURCE = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
_SETTINGS = {
    "MINIO_ROOT_USER": ACCESS_KEY,
    "MINIO_ROOT_PASSWORD": SECRET_KEY,
    "MINIO_BROWSER": "off",
    "MINIO_UPDATE": "off",
    "MINIO_CALLHOME_ENABLE": "off",
    "MINIO_REGION": "us-east-1",
}


def binary_path() -> Path:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "datapilot" / "bin" / "minio"


def install() -> Path:
    """The program, built when it is missing (minutes). Raises RuntimeError: there is no Go, or it does not build."""
    target = binary_path()
    if target.exists():
        return target
    go = shutil.which("go")
    if go is None:
        raise RuntimeError(f"{target} is missing and so is Go, which builds it; install Go 1.24 or newer, then again")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        command = [go, "install", "-trimpath", "-ldflags", "-s -w", SOURCE]
        done = subprocess.run(command, env={**os.environ, "GOBIN": folder, "CGO_ENABLED": "0"}, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"Go could not build {SOURCE}: see its messages above")
        os.replace(Path(folder, "minio"), target)
    return target


@contextmanager
def minio_server(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run the server with its data in `folder`; yields its endpoint once the bucket is there, always stops."""
    program = binary_path()
    assert program.exists(), f"{program} is missing: run `make services`, which builds it"
    port, console = free_port(), free_port()
    command = [str(program), "server", "--quiet", "--address", f"127.0.0.1:{port}"]
    command += ["--console-address", f"127.0.0.1:{console}", str(folder / "data")]
    endpoint = f"http://127.0.0.1:{port}"
    settings = {**_SETTINGS, **(environment or {})}
    with Server("minio", command, folder, lambda: has_bucket(endpoint), settings):
        yield endpoint


def minio_user(settings: Settings, name: str, *actions: str) -> Settings:
    """The same store for a user who may do only these actions, such as `s3:GetObject`, in the test bucket."""
    secret = SecretStr(f"secret-of-{name}")
    resources = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
    administrator = MinioAdmin(
        endpoint=urlsplit(str(settings.s3_endpoint_url)).netloc,
        credentials=StaticProvider(ACCESS_KEY, SECRET_KEY),
        secure=False,
    )
    administrator.user_add(name, secret.get_secret_value())
    administrator.policy_add(name, policy={"Version": "2012-10-17", "Statement": [statement]})
    administrator.policy_set(name, user=name)
    return settings.model_copy(update={"s3_access_key_id": name, "s3_secret_access_key": secret})


if __name__ == "__main__":
    try:
        print(f"minio: {install()}")  # noqa: T201  # a program that `make services` runs
    except RuntimeError as error:
        raise SystemExit(f"minio: {error}") from None
