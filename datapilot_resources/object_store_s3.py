"""The store in a bucket of any S3 endpoint that honours `If-None-Match` (conditional writes)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from datapilot_resources.object_store import Claim, ObjectGone, ObjectInfo, ObjectStore, check_key
from datapilot_resources.settings import Settings

_WRITER = "datapilot-writer"
CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
MISSING = {"NoSuchKey", "404", "NotFound"}


@lru_cache(maxsize=8)  # making one takes a tenth of a second, and the writer lease needs one for every table
def s3_client(settings: Settings, service: str = "s3") -> Any:
    """A client of the store's server. `service`: another one that answers at the same endpoint, such as `sts`."""
    secret, token = settings.s3_secret_access_key, settings.s3_session_token
    return boto3.client(
        service,
        endpoint_url=settings.s3_endpoint_url,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key_id,
        aws_secret_access_key=secret.get_secret_value() if secret else None,
        aws_session_token=token.get_secret_value() if token else None,
        config=Config(
            connect_timeout=2,
            read_timeout=30,
            max_pool_connections=32,
            retries={"mode": "standard", "total_max_attempts": 3},
            s3={"addressing_style": "path" if settings.s3_endpoint_url else "auto"},
            # Other servers than Amazon's do not all know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


class S3Store(ObjectStore):
    """Needs s3:GetObject, PutObject, DeleteObject and ListBucket on its prefix."""

    def __init__(self, settings: Settings) -> None:
        self._bucket, self._prefix = settings.s3_location()
        self._client = s3_client(settings)

    def list(self, prefix: str) -> list[ObjectInfo]:
        full = self._prefix + (f"{check_key(prefix)}/" if prefix else "")
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=full)
        found = [
            ObjectInfo(item["Key"][len(self._prefix) :], item["Size"], item["ETag"], item["LastModified"])
            for page in pages
            for item in page.get("Contents", [])
            if not (item["Key"].endswith("/") and item["Size"] == 0)  # what consoles put for an empty folder
        ]
        return sorted(found, key=lambda info: info.key)

    def info(self, key: str) -> ObjectInfo:
        with _missing(key):
            return _info(key, self._client.head_object(**self._at(key)))

    def read(self, key: str) -> bytes:
        with _missing(key):
            data: bytes = self._client.get_object(**self._at(key))["Body"].read()
            return data

    def download(self, key: str, path: Path) -> ObjectInfo:
        with _missing(key):
            answer = self._client.get_object(**self._at(key))
        with path.open("xb") as target:
            for chunk in answer["Body"].iter_chunks(1 << 20):
                target.write(chunk)
        return _info(key, answer)

    def write(self, key: str, data: bytes) -> None:
        self._client.put_object(**self._at(key), Body=data)

    def write_file(self, key: str, path: Path) -> None:
        self._client.upload_file(str(path), self._bucket, self._at(key)["Key"])

    def create(self, key: str, data: bytes) -> bool:
        writer = uuid.uuid4().hex
        try:
            self._client.put_object(**self._at(key), Body=data, IfNoneMatch="*", Metadata={_WRITER: writer})
        except ClientError as error:
            if error.response["Error"]["Code"] not in CONFLICTS:
                raise
            # A retried request may have met the object that its own first try wrote.
            with _missing(key):
                found = self._client.head_object(**self._at(key))
            return bool(found["Metadata"].get(_WRITER) == writer)
        return True

    def delete(self, key: str) -> None:
        self._client.delete_object(**self._at(key))

    def delete_prefix(self, prefix: str) -> int:
        full = f"{self._prefix}{check_key(prefix)}/"
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=full)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        for key in keys:
            self._client.delete_object(Bucket=self._bucket, Key=key)
        return sum(not key.endswith("/") for key in keys)

    def claim(self, key: str) -> Claim:
        return Claim(original_key=key, info=self.info(key))

    def finish(self, claim: Claim) -> bool:
        # Compared here too: a server that does not know If-Match on DELETE ignores it.
        if not self.claim_is_stable(claim):
            return False
        try:
            self._client.delete_object(**self._at(claim.key), IfMatch=claim.info.e_tag)
        except ClientError as error:
            if error.response["Error"]["Code"] in CONFLICTS | MISSING:
                return False
            raise
        return True

    def abandoned_claims(self) -> Sequence[Claim]:
        return []

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + check_key(key)}


def _info(key: str, answer: dict[str, Any]) -> ObjectInfo:
    return ObjectInfo(key, answer["ContentLength"], answer["ETag"], answer["LastModified"])


@contextmanager
def _missing(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            raise ObjectGone(f"no object {key}") from None
        raise
