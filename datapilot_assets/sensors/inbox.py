"""Inbox sensor: one listing; files that stood still between two ticks are landed, organizations in turn."""

import json
from collections.abc import Sequence
from itertools import chain, zip_longest

import dagster as dg

from datapilot_assets.landing.inbox import INBOX, InvalidInboxPath, parse_inbox_key
from datapilot_assets.landing.job import intake_job
from datapilot_assets.partitioning import ORGANIZATION_TAG
from datapilot_assets.sensors.attempts import request_run
from datapilot_domain.landing import digest
from datapilot_domain.organizations import InvalidName
from datapilot_resources.object_store import ObjectInfo
from datapilot_resources.platform_resource import PlatformResource

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
    now = {info.key: info.e_tag for info in listing}
    still = [info for info in listing if seen.get(info.key) == info.e_tag and owner(info.key) in registered]
    strays = sorted(info.key for info in listing if owner(info.key) not in registered)
    if strays:
        context.log.warning(f"{len(strays)} files belong to no registered organization, first: {strays[0]!r}")
    batch = next_batch(still)
    abandoned = [claim.original_key for claim in services.store.abandoned_claims()]
    cursor = json.dumps(now, sort_keys=True)
    request = _run_request(context, batch, abandoned) if batch or abandoned else None
    if request is None:
        waiting = len(listing) - len(strays)
        return dg.SensorResult(
            cursor=cursor,
            skip_reason=f"{waiting} new files stand still until the next tick" if waiting else "empty",
        )
    return dg.SensorResult(cursor=cursor, run_requests=[request])


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


def _run_request(
    context: dg.SensorEvaluationContext, batch: Sequence[ObjectInfo], abandoned: Sequence[str]
) -> dg.RunRequest | None:
    organizations = {owner(key) for key in (*abandoned, *(info.key for info in batch))}
    tags = {ORGANIZATION_TAG: str(*organizations)} if len(organizations) == 1 else {}
    return request_run(
        context,
        digest([sorted(abandoned), [[info.key, info.e_tag] for info in batch]]),
        tags,
        {"ops": {"land_files": {"config": {"keys": [info.key for info in batch]}}}},
    )
