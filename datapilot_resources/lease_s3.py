"""The writer lease in a bucket: one small object per organization, written under conditions only.

The object names its holder by a nonce and counts holders (`generation`). A holder writes it again while it works;
one that was not written for TTL_SECONDS by the server's own clock has expired, and the next writer takes it over.
Nothing at Delta's commit asks for the lease, so a holder confirms it after the commit: a lost one means that the
outcome is unknown.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, ValidationError

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import organization_prefix
from datapilot_resources.lease import LeaseBusy, LeaseLost, end_dead_writer
from datapilot_resources.object_store_s3 import CONFLICTS, MISSING, s3_client
from datapilot_resources.settings import Settings

TTL_SECONDS = 30.0
RENEW_SECONDS = 8.0
# A bulk month may take this long to write.
WAIT_SECONDS = 3600.0

logger = logging.getLogger(__name__)


class Holder(BaseModel):
    """What the object says. No nonce: nobody holds the lease."""

    model_config = ConfigDict(frozen=True)

    nonce: str | None
    run_id: str
    generation: int
    renewal: int = 0


@dataclass(frozen=True)
class _Found:
    holder: Holder
    e_tag: str
    expired: bool  # held, and not renewed for too long


@contextmanager
def s3_lease(settings: Settings, org: OrgId, run_id: str) -> Iterator[S3Lease]:
    """Hold the lease while the block runs; renewed in the background. Raises LeaseBusy."""
    bucket, prefix = settings.s3_location()
    key = prefix + organization_prefix(org, "writer.json")
    lease = S3Lease(s3_client(settings), bucket, key, run_id, partial(end_dead_writer, settings))
    lease.acquire()
    try:
        yield lease
    finally:
        lease.release()


@dataclass
class S3Lease:
    client: Any = field(repr=False)
    bucket: str
    key: str
    run_id: str
    # Called with the run of a holder whose lease has expired, before it is taken over.
    end_dead: Callable[[str], None]
    nonce: str = field(default_factory=lambda: uuid.uuid4().hex)
    _mine: Holder | None = field(default=None, init=False)
    _e_tag: str = field(default="", init=False)
    _lost: bool = field(default=False, init=False)
    _released: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    _renewer: threading.Thread | None = field(default=None, init=False, repr=False)

    def acquire(self) -> None:
        """Wait until nobody else holds the lease, or its holder has died. Raises LeaseBusy after WAIT_SECONDS."""
        deadline = time.monotonic() + WAIT_SECONDS
        pause = 0.1
        while True:
            found = self._read()
            if found is not None and found.expired:
                logger.warning("%s: the writer of run %s is gone, its lease has expired", self.key, found.holder.run_id)
                self.end_dead(found.holder.run_id)
            if found is None or found.holder.nonce is None or found.expired:
                before = found.holder.generation if found else 0
                mine = Holder(nonce=self.nonce, run_id=self.run_id, generation=before + 1)
                if self._write(mine, found.e_tag if found else None):
                    break
            if time.monotonic() > deadline:
                who = f"run {found.holder.run_id}" if found else "another run"
                raise LeaseBusy(
                    f"{self.key}: run {who} still writes after {WAIT_SECONDS:.0f} s; run again when it ended"
                )
            # Not in step with the others who wait.
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 1.5, 3.0)
        self._renewer = threading.Thread(target=self._renew, name="writer-lease", daemon=True)
        self._renewer.start()

    def confirm(self) -> None:
        """Raises LeaseLost: another writer has taken the lease, or the store does not say."""
        try:
            found = self._read()
        except (BotoCoreError, ClientError) as error:
            raise LeaseLost(f"{self.key}: cannot be read ({type(error).__name__})") from error
        if self._lost or found is None or found.holder.nonce != self.nonce:
            raise LeaseLost(f"{self.key}: taken over by run {found.holder.run_id if found else 'unknown'}")

    def release(self) -> None:
        """Let the next one write at once. A release that does not reach the store is an expiry later."""
        self._released.set()
        if self._renewer is not None:
            self._renewer.join()
        if self._mine is None or self._lost:
            return
        free = self._mine.model_copy(update={"nonce": None, "renewal": self._mine.renewal + 1})
        try:
            self._write(free, self._e_tag)
        except (BotoCoreError, ClientError) as error:
            logger.warning("%s: not released (%s), expires in %.0f s", self.key, type(error).__name__, TTL_SECONDS)

    def _renew(self) -> None:
        while not self._released.wait(RENEW_SECONDS):
            assert self._mine is not None
            try:
                again = self._mine.model_copy(update={"renewal": self._mine.renewal + 1})
                self._lost = not self._write(again, self._e_tag)
            except (BotoCoreError, ClientError) as error:
                logger.warning("%s: not renewed (%s), trying again", self.key, type(error).__name__)
            if self._lost:
                return

    def _read(self) -> _Found | None:
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=self.key)
            body = answer["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return None
            raise
        try:
            holder = Holder.model_validate_json(body)
        except ValidationError as error:
            raise LeaseBusy(f"{self.key} is not a lease of ours; remove that object when nobody writes") from error
        # Both times are the server's, so that no clock of ours matters.
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        old = now - answer["LastModified"] > dt.timedelta(seconds=TTL_SECONDS)
        return _Found(holder, answer["ETag"], old and holder.nonce is not None)

    def _write(self, holder: Holder, e_tag: str | None) -> bool:
        """Write the object if it is still what was read (None: absent); whether it now says that."""
        condition = {"IfMatch": e_tag} if e_tag else {"IfNoneMatch": "*"}
        try:
            body = holder.model_dump_json().encode()
            answer = self.client.put_object(Bucket=self.bucket, Key=self.key, Body=body, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] not in CONFLICTS | MISSING:
                raise
            # A request that was sent twice may have met what its own first try wrote.
            found = self._read()
            if found is None or found.holder != holder:
                return False
            self._mine, self._e_tag = holder, found.e_tag
            return True
        self._mine, self._e_tag = holder, answer["ETag"]
        return True
