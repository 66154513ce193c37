"""Credentials that end by themselves and reach one organization only: for a reader of its tables, or a sender of files.

By STS AssumeRole with a policy of this session. What the server hands out is tried before anybody gets it: a server
that takes no notice of the policy would hand out the whole store.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError  # type: ignore[import-untyped]
from pydantic import SecretStr

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import organization_prefix
from datapilot_resources.object_store_s3 import s3_client
from datapilot_resources.settings import Settings

Purpose = Literal["reading", "sending"]
MAXIMUM_HOURS = 12
# Servers other than Amazon's take any role, or one that they were configured with (S3_ROLE_ARN).
_ANY_ROLE = "arn:aws:iam::000000000000:role/datapilot"
_DENIED = {"AccessDenied", "Forbidden", "403"}


class SessionCredentialsError(RuntimeError):
    """No such credentials can be had here; the message says what to do instead."""


@dataclass(frozen=True)
class SessionCredentials:
    """`settings`: the store as their holder sees it; they end at `expires`."""

    settings: Settings
    expires: dt.datetime


def session_credentials(
    settings: Settings, org: OrgId, purpose: Purpose, hours: int = 1, layer: str | None = None
) -> SessionCredentials:
    """Credentials to read an organization (or one layer of it), or to write below its inbox and nothing else.

    Raises SessionCredentialsError: no S3, no STS, no role, or a server that would not limit them.
    """
    if not settings.store_is_s3:
        raise SessionCredentialsError("the store is a folder; give its readers rights of the file system")
    if settings.s3_endpoint_url is None and settings.s3_role_arn is None:
        raise SessionCredentialsError("S3_ROLE_ARN is not set; name the role that these credentials are of")
    try:
        answer: dict[str, Any] = s3_client(settings, "sts").assume_role(
            RoleArn=settings.s3_role_arn or _ANY_ROLE,
            RoleSessionName=f"{purpose}-{org}",
            Policy=json.dumps(session_policy(settings, org, purpose, layer)),
            DurationSeconds=hours * 3600,
        )["Credentials"]
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        raise SessionCredentialsError(
            f"{settings.s3_endpoint_url or 'STS'} gives no session credentials ({code}: {message}); name a role that "
            "it knows in S3_ROLE_ARN, or, where it has no STS, make a user of this organization with the policy in "
            "docs/object-stores.md"
        ) from None
    limited = settings.model_copy(
        update={
            "s3_access_key_id": answer["AccessKeyId"],
            "s3_secret_access_key": SecretStr(answer["SecretAccessKey"]),
            "s3_session_token": SecretStr(answer["SessionToken"]),
        }
    )
    _assert_limited(limited)
    return SessionCredentials(limited, answer["Expiration"])


def session_policy(settings: Settings, org: OrgId, purpose: Purpose, layer: str | None = None) -> dict[str, Any]:
    """The policy of these credentials, in the language of AWS."""
    bucket, root = settings.s3_location()
    if set("*?$") & set(bucket + root):
        raise SessionCredentialsError(f"{settings.store_root} has a *, ? or $, which a policy reads as a pattern")
    objects = f"arn:aws:s3:::{bucket}/{root}"
    if purpose == "sending":
        actions = ["s3:PutObject", "s3:AbortMultipartUpload"]
        return _policy(_allow(actions, f"{objects}inbox/{organization_prefix(org)}/*"))
    prefix = organization_prefix(org, *([layer] if layer else []))
    listing = _allow(["s3:ListBucket"], f"arn:aws:s3:::{bucket}")
    listing["Condition"] = {"StringLike": {"s3:prefix": [f"{root}{prefix}/*"]}}
    return _policy(_allow(["s3:GetObject"], f"{objects}{prefix}/*"), listing)


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(actions: list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": [resource]}


def _assert_limited(settings: Settings) -> None:
    """Neither kind may list the registry."""
    bucket, root = settings.s3_location()
    try:
        s3_client(settings).list_objects_v2(Bucket=bucket, Prefix=f"{root}registry/", MaxKeys=1)
    except ClientError as error:
        if error.response["Error"]["Code"] in _DENIED:
            return
        raise
    raise SessionCredentialsError(
        f"{settings.s3_endpoint_url or 'STS'} takes no notice of a session's policy: these credentials would reach "
        "every organization and are not shown; make a user of this organization with the policy in "
        "docs/object-stores.md"
    )
