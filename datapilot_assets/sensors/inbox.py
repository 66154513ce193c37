"""Inbox sensor: one listing; files that stood still between two ticks are landed, organizations in turn.

A file that its sender still writes waits: its size or time differs from the last listing, or it was written
just now, or a process has it open, or its name is a temporary one. What is cut all the same, landing refuses.
"""

import datetime as dt
import json
import logging
from collections.abc import Collection, Sequence
from itertools import chain, zip_longest

import dagster as dg

from datapilot_assets.landing.inbox import INBOX, InvalidInboxPath, is_temporary, parse_inbox_key
from datapilot_assets.landing.job import intake_job
from datapilot_assets.partitioning import ORGANIZATION_TAG
from datapilot_assets.sensors.attempts import request_run
from datapilot_domain.landing import digest
from datapilot_domain.organizations import InvalidName
from datapilot_resources.object_store import InvalidKey, ObjectGone, ObjectInfo, ObjectStore
from datapilot_resources.platform import Platform
from datapilot_resources.platform_resource import PlatformResource

# A copy that pauses longer than this, from another machine and under its final name, cannot be told from a whole one.
SETTLE_TIME = dt.timedelta(seconds=20)
# Bounds of one intake run; a bigger file gets a run of its own.
MAX_FILES = 100
MAX_BYTES = 256 * 1024**2


@dg.sensor(
    name="inbox",
    job=intake_job,
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Land files that arrived in the inbox.",
)
def inbox_sensor(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    services = platform.get()
    seen: dict[str, str] = json.loads(context.cursor or "{}")
    registered = set(services.registry.list())
    listing = services.store.list(INBOX.rstrip("/"))
    cursor = json.dumps({info.key: info.e_tag for info in listing}, sort_keys=True)
    strays = sorted(info.key for info in listing if owner(info.key) not in registered)
    if strays:
        context.log.warning(f"{len(strays)} files belong to no registered organization, first: {strays[0]!r}")
    temporary = [info.key for info in listing if owner(info.key) in registered and is_temporary(info.key)]
    arrived = arrived_files(listing, registered)
    unchanged = [info for info in arrived if seen.get(info.key) == info.e_tag]
    batch = next_batch(settled_files(services.store, unchanged))
    abandoned = [
        claim.original_key for claim in services.store.abandoned_claims() if services.store.claim_is_stable(claim)
    ]
    request = request_intake(context.instance, context.log, batch, abandoned)
    if request is None:
        return dg.SensorResult(cursor=cursor, skip_reason=_what_waits(len(arrived), temporary))
    return dg.SensorResult(cursor=cursor, run_requests=[request])


def arrived_files(listing: Sequence[ObjectInfo], registered: Collection[str]) -> list[ObjectInfo]:
    """The files of registered organizations whose names do not say that they are not finished."""
    return [info for info in listing if owner(info.key) in registered and not is_temporary(info.key)]


def settled_files(store: ObjectStore, files: Sequence[ObjectInfo]) -> list[ObjectInfo]:
    """Those that nobody writes now, nor has just written."""
    now = dt.datetime.now(dt.timezone.utc)
    return [info for info in files if is_settled(store, info, now)]


def inbox_batch(platform: Platform) -> list[ObjectInfo]:
    """What a run could land now, by one look: on S3 an object is whole when it appears."""
    listing = platform.store.list(INBOX.rstrip("/"))
    arrived = arrived_files(listing, set(platform.registry.list()))
    return next_batch(settled_files(platform.store, arrived))


def is_settled(store: ObjectStore, info: ObjectInfo, now: dt.datetime) -> bool:
    """Whether a file that looks unchanged may be taken for whole: nobody writes it, nor has just done so."""
    if store.arrives_whole:
        return True
    # A time of the future, as a wrong clock gives it, says nothing.
    just_written = dt.timedelta() <= now - info.last_modified < SETTLE_TIME
    try:
        return not just_written and not store.is_being_written(info.key)
    except (ObjectGone, InvalidKey):
        return True  # the intake says what is the matter


def _what_waits(arrived: int, temporary: Sequence[str]) -> str:
    waiting = []
    if arrived:
        waiting.append(f"{arrived} files are not finished, or wait for their turn")
    if temporary:
        waiting.append(f"{len(temporary)} have temporary names and wait to be renamed, first: {temporary[0]!r}")
    return "; ".join(waiting) or "empty"


def owner(key: str) -> str | None:
    """Organization of an inbox key; None when the key names none that could exist."""
    try:
        return parse_inbox_key(key).org
    except (InvalidInboxPath, InvalidName):
        return None


def next_batch(files: Sequence[ObjectInfo]) -> list[ObjectInfo]:
    """Files of one run: organizations take turns, bounded by count and bytes; a big file goes alone."""
    queues: dict[str | None, list[ObjectInfo]] = {}
    for info in files:
        queues.setdefault(owner(info.key), []).append(info)
    turns = [info for info in chain.from_iterable(zip_longest(*queues.values())) if info is not None]
    batch: list[ObjectInfo] = []
    size = 0
    for info in turns[:MAX_FILES]:
        if batch and size + info.size > MAX_BYTES:
            break
        batch.append(info)
        size += info.size
    return batch


def request_intake(
    instance: dg.DagsterInstance, log: logging.Logger, batch: Sequence[ObjectInfo], abandoned: Sequence[str] = ()
) -> dg.RunRequest | None:
    """The run that lands this batch and the claims of dead runs; None: nothing to land, or not now (`request_run`)."""
    if not batch and not abandoned:
        return None
    organizations = {owner(key) for key in (*abandoned, *(info.key for info in batch))}
    tags = {ORGANIZATION_TAG: str(*organizations)} if len(organizations) == 1 else {}
    return request_run(
        instance,
        log,
        digest([sorted(abandoned), [[info.key, info.e_tag] for info in batch]]),
        tags,
        {"ops": {"land_files": {"config": {"keys": [info.key for info in batch]}}}},
    )
