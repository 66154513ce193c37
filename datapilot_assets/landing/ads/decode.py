"""Decode a file of ads data, JSON or a connector's CSV: its objects as bronze records, and what it holds (R26, R33)."""

from __future__ import annotations

import datetime as dt
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

from datapilot_assets.landing.ads.connector import Layout, find_layout, is_connector
from datapilot_assets.landing.ads.connector_rows import read_rows
from datapilot_assets.landing.ads.extraction import Around, Tally
from datapilot_assets.landing.ads.facts import AdsFact, Unfit
from datapilot_assets.landing.ads.google import PLATFORM as GOOGLE
from datapilot_assets.landing.ads.google import google_fact, is_google
from datapilot_assets.landing.ads.meta import PLATFORM as META
from datapilot_assets.landing.ads.meta import is_meta, meta_fact
from datapilot_assets.landing.ads.objects import read_objects
from datapilot_assets.landing.ads.records import INDEX_SCHEMA, RecordsWriter
from datapilot_assets.landing.archives import unpack_gzip
from datapilot_assets.landing.content import is_gzip, open_unpacked
from datapilot_domain.extractions import Extraction
from datapilot_domain.findings import found
from datapilot_domain.landing import MonthCount, Notice, content_id
from datapilot_domain.organizations import LandingLimits, Organization
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import Refusal

__all__ = ["INDEX_SCHEMA", "DecodedAds", "decode_ads", "is_ads"]

# Raise it whenever a file may decode to something else than before: its content gets a new id.
DECODER_VERSION = 1
_HEAD_BYTES = 64 * 1024
_FACTS: MappingProxyType[str, Callable[[dict[str, Any]], AdsFact]] = MappingProxyType(
    {META: meta_fact, GOOGLE: google_fact}
)
# What the error bodies of the two platforms have beside their message.
_OF_ERRORS = {"code", "type", "status", "fbtrace_id"}


@dataclass(frozen=True)
class DecodedAds:
    """A decoded file of ads data.

    records_file: Parquet with exactly the columns of the platform's bronze contract, one row per object.
    index_file: Parquet of `INDEX_SCHEMA`, one row per unit_key: what landing decides by.
    records: objects, copies included; months: the same by month; main_month: of most objects, the earliest of equals.
    recipe: what decided, beside the bytes, what the records are: `content_id(sha256, recipe)`.
    """

    platform: str
    extraction: Extraction
    recipe: dict[str, Any]
    records_file: Path
    index_file: Path
    records: int
    months: dict[Month, MonthCount]
    main_month: Month
    notices: tuple[Notice, ...] = ()


def decode_ads(
    path: Path,
    *,
    file_name: str,
    source: str,
    sha256: str,
    organization: Organization,
    arrived_on: dt.date,
    first_month: Month,
    workdir: Path,
) -> DecodedAds:
    """Decode JSON, a connector's CSV or gzip of them into `workdir`, which must exist and be the caller's own.

    file_name and source: as it was sent; they say what a connector's table does not (`find_layout`).
    The file is read in pieces. Nothing in it is converted: every record keeps its text as written (R34), and a row
    of CSV becomes an object of texts.
    Raises Refusal: the ADS_ codes, LIMIT_EXCEEDED, FILE_DAMAGED; its detail names the object and the field.
    """
    limits = organization.limits
    layout = find_layout(path, file_name=file_name, organization=organization, source=source)
    recipe = layout.recipe if layout else {"decoder": ["ads_json", DECODER_VERSION]}
    unpacked = _unpacked(path, limits, workdir)
    around, tally = Around(), None
    first_day, last_day = first_month.first_day, arrived_on + dt.timedelta(days=1)
    days: Counter[dt.date] = Counter()
    number = 0
    with closing(RecordsWriter(workdir, content_id(sha256, recipe))) as writer, unpacked.open("rb") as file:
        for raw, item in _objects(file, layout, limits.max_line_bytes):
            if raw is None:
                around.add(item)
                continue
            number += 1
            if number > limits.max_records:
                raise Refusal("LIMIT_EXCEEDED", "too_many_objects", limit=limits.max_records)
            try:
                platform = _platform_of(item)
                tally = tally or Tally(platform)
                if platform != tally.platform:
                    raise Unfit(
                        "ADS_MIXED", "platform", found("other_platform", platform=platform, before=tally.platform)
                    )
                fact = _FACTS[platform](item)
                if not first_day <= fact.reported_on <= last_day:
                    raise Unfit(
                        "ADS_DATE_OUTSIDE",
                        "day",
                        found("day_outside", day=str(fact.reported_on), first=str(first_day), last=str(last_day)),
                    )
                tally.add(fact)
            except Unfit as unfit:
                raise Refusal(unfit.code, "object_unfit", number=number, field=unfit.field, what=unfit.found) from unfit
            days[fact.reported_on] += 1
            writer.add(number, fact, raw)
        if tally is None:
            raise Refusal("ADS_EMPTY", "no_object")
        records_file, index_file = writer.finish()
    counts: Counter[Month] = Counter()
    for day, count in days.items():
        counts[Month.of(day)] += count
    return DecodedAds(
        platform=tally.platform,
        extraction=tally.extraction(around, number),
        recipe=recipe,
        records_file=records_file,
        index_file=index_file,
        records=number,
        months={month: MonthCount(records=count) for month, count in sorted(counts.items())},
        main_month=min(counts, key=lambda month: (-counts[month], month)),
        notices=layout.notices if layout else (),
    )


def is_ads(path: Path) -> bool:
    """Whether the file begins as Meta insights, rows of Google Ads, an error body of theirs, or a connector's table.

    Never raises.
    """
    return is_connector(path) or _is_json(path)


def _is_json(path: Path) -> bool:
    try:
        with open_unpacked(path) as file:
            first = next(read_objects(file, LandingLimits().max_line_bytes, _HEAD_BYTES), None)
    except (Refusal, OSError, EOFError, zlib.error):
        return False
    if first is None:
        return False
    raw, item = first
    if raw is not None:
        return is_meta(item) or is_google(item)
    error = item.get("error")
    if error is not None:
        return isinstance(error, dict) and "message" in error and not _OF_ERRORS.isdisjoint(error)
    return any(isinstance(item.get(name), list) for name in ("data", "results"))


def _objects(file: BinaryIO, layout: Layout | None, most: int) -> Iterator[tuple[str | None, dict[str, Any]]]:
    return read_rows(file, layout, most) if layout else read_objects(file, most)


def _unpacked(path: Path, limits: LandingLimits, workdir: Path) -> Path:
    if not is_gzip(path):
        return path
    target = workdir / "unpacked"
    unpack_gzip(path, limits, target)
    return target


def _platform_of(item: dict[str, Any]) -> str:
    if is_google(item):
        return GOOGLE
    if is_meta(item):
        return META
    names = ", ".join(sorted(item)[:10])
    raise Unfit("ADS_NOT_DAILY_ROW", "(all)", found("no_platform", names=names))
