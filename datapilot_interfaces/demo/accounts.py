"""Where every record of a month went, counted from the log and the tables (R10)."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from datapilot_assets.landing.effects import resolve
from datapilot_assets.landing.kept import fetch_indexes
from datapilot_domain.contracts.sales import FAMILY, SALES_QUARANTINE, SILVER_SALES
from datapilot_domain.ledger import active_entries, counted_entries
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform

FATES = ("accepted", "superseded", "quarantined", "ignored")


def month_accounts(platform: Platform, org: OrgId) -> dict[Month, Counter[str]]:
    """Month → records, accepted, superseded, quarantined, ignored; each counted on its own, none by difference."""
    log = platform.lakehouse.landing_log(org)
    active = active_entries(log.entries, FAMILY)
    with tempfile.TemporaryDirectory(prefix="datapilot-units-") as directory:
        lost = resolve(active, fetch_indexes(platform, org, active, Path(directory))).superseded
    active_seqs = {item.entry.seq for item in active}
    found: dict[Month, Counter[str]] = {}
    for entry in counted_entries(log.entries, FAMILY):
        for month, count in entry.months.items():
            here = found.setdefault(month, Counter(dict.fromkeys(("records", *FATES), 0)))
            here["records"] += count.records
            here["ignored"] += count.ignored
            whole = count.records - count.ignored
            here["superseded"] += lost.get((entry.seq, month), 0) if entry.seq in active_seqs else whole
    for row in platform.lakehouse.read(SILVER_SALES, org, columns=["month", "flags"]).to_pylist():
        if "derived_return" not in row["flags"]:
            found[Month.parse(row["month"])]["accepted"] += 1
    for row in platform.lakehouse.read(SALES_QUARANTINE, org, columns=["month"]).to_pylist():
        found[Month.parse(row["month"])]["quarantined"] += 1
    return dict(sorted(found.items()))


def balances(account: Counter[str]) -> bool:
    return account["records"] == sum(account[fate] for fate in FATES)
