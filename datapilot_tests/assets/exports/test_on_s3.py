"""The same exports in a bucket: the switch is one object there too."""

from __future__ import annotations

import hashlib
import json

import pytest

from datapilot_assets.exports.write import export_months
from datapilot_domain.contracts import CONTRACTS, SERVED
from datapilot_domain.exports import EXPORT_FORMATS
from datapilot_resources.object_store_s3 import s3_client
from datapilot_resources.settings import Settings
from datapilot_tests.assets.exports.conftest import new_shelf
from datapilot_tests.assets.serving.shelf import JANUARY
from datapilot_tests.services.fixtures import SEAWEEDFS

pytestmark = pytest.mark.services


@pytest.mark.parametrize("s3_store", [SEAWEEDFS], indirect=True)
def test_a_bucket_holds_the_latest_export_and_the_one_before(s3_store: Settings) -> None:
    shelf = new_shelf(s3_store)
    made = []
    for seed in range(3):
        shelf.put_all(JANUARY, seed=seed, contracts=SERVED if seed == 0 else [CONTRACTS["gold.sales_products"]])
        made += list(export_months(shelf.platform, shelf.organization, [JANUARY], EXPORT_FORMATS, f"run {seed}"))
    assert list(export_months(shelf.platform, shelf.organization, [JANUARY], EXPORT_FORMATS, "again")) == []
    # As a program that knows the bucket and nothing of ours.
    bucket, prefix = s3_store.s3_location()
    month, client = f"{prefix}org_id=acme/exports/2024-01", s3_client(s3_store)

    def read(key: str) -> bytes:
        data: bytes = client.get_object(Bucket=bucket, Key=f"{month}/{key}")["Body"].read()
        return data

    manifest = json.loads(read("latest/manifest.json"))
    assert manifest["run_id"] == "run 2"
    assert len(manifest["files"]) == 3 * len(SERVED) + 1
    for file in manifest["files"]:
        data = read(file["path"].removeprefix("../"))
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    listed = client.list_objects_v2(Bucket=bucket, Prefix=f"{month}/")["Contents"]
    folders = {item["Key"].removeprefix(f"{month}/").split("/")[0] for item in listed}
    assert folders == {"latest", made[1].fingerprint, made[2].fingerprint}
