"""The keys that a bucket's event names: as AWS (plain, in SNS, in EventBridge), MinIO and RustFS send it."""

from __future__ import annotations

from urllib.parse import unquote_plus

from pydantic import BaseModel, Field, TypeAdapter


class _Object(BaseModel):
    key: str


class _Entity(BaseModel):
    object: _Object


class _Record(BaseModel):
    s3: _Entity


class _S3Event(BaseModel):
    """AWS, MinIO, RustFS: keys are URL-encoded, a space as a plus."""

    records: list[_Record] = Field(alias="Records")

    def keys(self) -> list[str]:
        return [unquote_plus(record.s3.object.key) for record in self.records]


class _EventBridgeEvent(BaseModel):
    """Keys are as they are."""

    detail: _Entity

    def keys(self) -> list[str]:
        return [self.detail.object.key]


class _SnsNotification(BaseModel):
    message: str = Field(alias="Message")

    def keys(self) -> list[str]:
        return _S3Event.model_validate_json(self.message).keys()


_EVENT: TypeAdapter[_S3Event | _EventBridgeEvent | _SnsNotification] = TypeAdapter(
    _S3Event | _EventBridgeEvent | _SnsNotification
)


def keys_of(body: bytes) -> list[str]:
    """Keys in the bucket, as the sender claims. Raises pydantic.ValidationError: this is no such event."""
    return _EVENT.validate_json(body).keys()
