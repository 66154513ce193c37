"""The demo's exports: a month as files, each byte read back from the store and held against its manifest."""

from __future__ import annotations

from typing import Any

from datapilot_assets.exports.verify import latest_manifest, read_back
from datapilot_assets.runs import run_exports
from datapilot_domain.exports import EXPORT_FORMATS
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform


def exported_month(platform: Platform, org: OrgId, month: Month) -> dict[str, Any]:
    """Export the month in every format; a row per file, `verified` when its bytes are those of the manifest."""
    runs = run_exports(platform, org, [month], EXPORT_FORMATS)
    manifest = latest_manifest(platform, org, month)
    files = list(read_back(platform, manifest, EXPORT_FORMATS)) if manifest else []
    rows = [
        {
            "file": f"{platform.settings.store_root}/{found.key}",
            "rows": found.file.rows,
            "bytes": found.file.bytes,
            "sha256": found.file.sha256,
            "verified": found.data is not None,
        }
        for found in files
    ]
    ok = bool(rows) and all(run.succeeded for run in runs) and all(row["verified"] for row in rows)
    return {"organization": org, "month": month, "files": rows, "ok": ok}
