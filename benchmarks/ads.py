"""A million ad-days from landing to gold, beside the same steps written by hand in PySpark, in one run.

python -m benchmarks.ads --rows 1000000

Two files of Meta insights at the level of the ad, one object a line: 120 days, and a re-sync of the last 30. The
pipeline lands them (bytes kept, records, index, log) and refines them (silver, quarantine, gates, campaigns, gold),
into Delta tables, as the command line does. By hand: read the JSON, keep the newest of each ad and day, add up by
month and by ISO week, write Parquet. Both must give the same figures. Spark is started before either is timed.

On two cores, with other work beside it: 999 900 objects, 626 MB, landed in 118 s and refined in 403 s; by hand
109 s, ratios of 0.21 (landing included) and 0.27. Beside what is done by hand, refining keeps every silver row with
its lineage in Delta, judges it by the rules, counts its fate, runs the gates and writes the campaigns.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from datapilot_assets.landing.inbox import inbox_key
from datapilot_assets.runs import run_intake, run_refine
from datapilot_domain.contracts import TableContract
from datapilot_domain.contracts.ads_gold import CAMPAIGN_MONTH, CAMPAIGN_WEEK
from datapilot_domain.landing import Declaration, Verdict
from datapilot_domain.organizations import MAIN_SOURCE, Organization, OrgId
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_resources.spark import spark_resource

_ORG = OrgId("benchmark")
_FIRST_DAY = dt.date(2024, 1, 1)
_DAYS, _READ_AGAIN = 120, 30
_ADS_PER_CAMPAIGN = 20
_SUMS = ("impressions", "clicks", "spend", "conversions", "conversion_value")
_ACTIONS = "array<struct<action_type: string, value: string>>"
_SCHEMA = (
    "account_id string, account_currency string, campaign_id string, campaign_name string, ad_id string, "
    f"date_start date, impressions string, clicks string, spend string, actions {_ACTIONS}, action_values {_ACTIONS}"
)


def generate(path: Path, ads: int, first: int, late: int, seed: int) -> int:
    """Days from number `first` on of so many ads; a re-sync tells of `late` purchases more. The number of objects."""
    draw = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for ad in range(ads):
            for number in range(_DAYS):
                impressions = draw.randrange(100, 9000)
                clicks, cents, purchases = impressions // 50, impressions * 3, draw.randrange(3)
                if number >= first:
                    day = str(_FIRST_DAY + dt.timedelta(days=number))
                    file.write(_object(ad, day, impressions, clicks, cents, purchases + late) + "\n")
    return ads * (_DAYS - first)


def _object(ad: int, day: str, impressions: int, clicks: int, cents: int, purchases: int) -> str:
    campaign = ad // _ADS_PER_CAMPAIGN
    written = {
        "account_id": "900100200300",
        "account_currency": "BRL",
        "campaign_id": str(120208000000000000 + campaign),
        "campaign_name": f"Campanha {campaign}",
        "adset_id": str(120209000000000000 + campaign),
        "adset_name": "Todos",
        "ad_id": str(120210000000000000 + ad),
        "ad_name": f"Anúncio {ad}",
        "date_start": day,
        "date_stop": day,
        "impressions": str(impressions),
        "clicks": str(clicks),
        "spend": f"{cents // 100}.{cents % 100:02}",
        "actions": [
            {"action_type": "link_click", "value": str(clicks)},
            {"action_type": "purchase", "value": str(purchases)},
            {"action_type": "omni_purchase", "value": str(purchases)},
        ],
        "action_values": [
            {"action_type": name, "value": f"{purchases * 149}.00"} for name in ("purchase", "omni_purchase")
        ],
    }
    return json.dumps(written, ensure_ascii=False)


def land(platform: Platform, files: list[Path], records: int) -> None:
    """Both files, the re-sync as of a later time."""
    keys = []
    for number, path in enumerate(files, start=1):
        as_of = dt.datetime(2024, 5, number, tzinfo=dt.timezone.utc)
        keys.append(inbox_key(_ORG, MAIN_SOURCE, Declaration(as_of=as_of), path.name))
        platform.store.write_file(keys[-1], path)
    landed = run_intake(platform, keys)
    if [item.verdict for item in landed] != [Verdict.ACCEPTED] * len(files):
        raise SystemExit(f"not accepted: {[(item.file, item.verdict, item.reason, item.line) for item in landed]}")
    if sum(item.entry.records for item in landed) != records:
        raise SystemExit(f"{records} objects written, {[item.entry.records for item in landed]} landed")


def refine(platform: Platform) -> None:
    failed = [result.error for result in run_refine(platform, [_ORG], None) if not result.succeeded]
    if failed:
        raise SystemExit(f"refine: {failed}")


def by_hand(spark: SparkSession, files: list[Path], target: Path) -> None:
    """What a notebook would do; the silver rows are kept in memory, since both tables read them."""
    read = [
        spark.read.schema(_SCHEMA).json(str(path)).withColumn("extraction", F.lit(number))
        for number, path in enumerate(files)
    ]
    latest = Window.partitionBy("account_id", "ad_id", "date_start").orderBy(F.desc("extraction"))
    days = (
        read[0]
        .unionByName(read[1])
        .withColumn("place", F.row_number().over(latest))
        .where("place = 1")
        .selectExpr(
            "account_id",
            "campaign_id",
            "account_currency AS currency",
            "date_format(date_start, 'yyyy-MM') AS month",
            "concat(year(date_add(date_trunc('week', date_start), 3)), '-W', lpad(weekofyear(date_start), 2, '0'))"
            " AS iso_week",
            "CAST(impressions AS bigint) AS impressions",
            "CAST(clicks AS bigint) AS clicks",
            "CAST(spend AS decimal(18,6)) AS spend",
            f"{_purchases('actions')} AS conversions",
            f"{_purchases('action_values')} AS conversion_value",
        )
        .persist()
    )
    for period in ("month", "iso_week"):
        _add_up(days, period).write.parquet(str(target / period))
    days.unpersist()


def _purchases(column: str) -> str:
    found = f"filter({column}, a -> a.action_type = 'omni_purchase')"
    return f"aggregate({found}, CAST(0 AS decimal(18,6)), (sum, a) -> CAST(sum + a.value AS decimal(18,6)))"


def _add_up(days: DataFrame, period: str) -> DataFrame:
    sums = days.groupBy(period, "account_id", "campaign_id", "currency").agg(*(F.sum(n).alias(n) for n in _SUMS))
    return sums.selectExpr(
        "*",
        "try_divide(clicks, impressions) AS ctr",
        "try_divide(spend, clicks) AS cpc",
        "try_divide(1000 * spend, impressions) AS cpm",
        "try_divide(spend, conversions) AS cost_per_conversion",
        "try_divide(conversion_value, spend) AS roas_claimed",
    )


def check(platform: Platform, spark: SparkSession, target: Path) -> int:
    """The number of gold rows. Ends the program when the two ways differ in any sum."""
    rows = 0
    for period, contract in (("month", CAMPAIGN_MONTH), ("iso_week", CAMPAIGN_WEEK)):
        theirs = {
            (row[period], row["campaign_id"]): [row[name] for name in _SUMS]
            for row in spark.read.parquet(str(target / period)).collect()
        }
        ours = _sums(platform, contract, period)
        if ours != theirs:
            differ = [key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)]
            raise SystemExit(f"{contract.id}: {len(differ)} rows differ, as {differ[0]}")
        rows += len(ours)
    return rows


def _sums(platform: Platform, contract: TableContract, period: str) -> dict[tuple[str, str], list[object]]:
    found = platform.lakehouse.read(contract, _ORG, None).to_pylist()
    return {(row[period], row["campaign_id"]): [row[name] for name in _SUMS] for row in found}


def measure(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="objects in both files together")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["DATAPILOT_HOME"] = str(folder / "home")
        ads = max(options.rows // (_DAYS + _READ_AGAIN), 1)
        files = [folder / "first.json", folder / "resync.json"]
        # The same seed: the re-sync tells of the same days, with a purchase more on each.
        objects = generate(files[0], ads, 0, 0, 7) + generate(files[1], ads, _DAYS - _READ_AGAIN, 1, 7)
        size = sum(path.stat().st_size for path in files) / 10**6

        session = spark_resource(Settings.from_environment()).spark_session
        platform = Platform.from_environment()
        platform.registry.add(Organization(org_id=_ORG, name="Benchmark"))
        landing = measure(lambda: land(platform, files, objects))
        refining = measure(lambda: refine(platform))

        session = spark_resource(Settings.from_environment()).spark_session
        hand = measure(lambda: by_hand(session, files, folder / "by_hand"))
        rows = check(platform, session, folder / "by_hand")
    sys.stdout.write(f"{objects} objects, {size:.0f} MB, {rows} rows of gold, equal in both\n")
    sys.stdout.write(f"landing {landing:.1f} s, refining {refining:.1f} s; by hand {hand:.1f} s\n")
    sys.stdout.write(
        f"ratio, landing included {hand / (landing + refining):.2f}, refining alone {hand / refining:.2f}\n"
    )


if __name__ == "__main__":
    main()
