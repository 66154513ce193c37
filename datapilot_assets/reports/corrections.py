"""Fates of corrected records (R10): the original is superseded, the correction's record stands in its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from datapilot_assets.landing.corrected import read_cells
from datapilot_domain.contracts.sales import FAMILY, SALES_QUARANTINE, SILVER_SALES
from datapilot_domain.landing import LandingEntry
from datapilot_domain.ledger import active_entries
from datapilot_domain.organizations import OrgId
from datapilot_resources.platform import Platform


@dataclass(frozen=True)
class CorrectedRecords:
    """Corrected records that silver accepted and that it quarantined: by entry of their file, and by entry of the
    correction file that spoke last of each."""

    accepted_of: Counter[int]
    quarantined_of: Counter[int]
    accepted_by: Counter[int]
    quarantined_by: Counter[int]

    @classmethod
    def read(cls, platform: Platform, org: OrgId, entries: Iterable[LandingEntry]) -> CorrectedRecords:
        found = cls(Counter(), Counter(), Counter(), Counter())
        last: dict[tuple[int, int], int] = {}
        months = set()
        for item in active_entries(entries, FAMILY):
            for correction in item.entry.corrections:
                months |= set(item.entry.corrected)
                for record in read_cells(platform.store, org, correction.overlay):
                    last[item.entry.seq, record] = correction.seq
        if not last:
            return found
        read = platform.lakehouse.read
        silver = read(SILVER_SALES, org, sorted(months), columns=["landed_seq", "record_no"]).to_pylist()
        held_back = read(SALES_QUARANTINE, org, sorted(months), columns=["landed_seq", "record_no"]).to_pylist()
        for rows, of, by in (
            (silver, found.accepted_of, found.accepted_by),
            (held_back, found.quarantined_of, found.quarantined_by),
        ):
            # A record and the return derived from it are two rows of silver and one record.
            for seq, record in {(row["landed_seq"], row["record_no"]) for row in rows}:
                if (seq, record) in last:
                    of[seq] += 1
                    by[last[seq, record]] += 1
        return found

    def of_original(self, entry: LandingEntry, accepted: int, superseded: int, quarantined: int) -> dict[str, int]:
        good, bad = self.accepted_of[entry.seq], self.quarantined_of[entry.seq]
        return {
            "accepted": accepted - good,
            "superseded": superseded + good + bad,
            "quarantined": quarantined - bad,
        }

    def of_correction(self, entry: LandingEntry) -> dict[str, int]:
        """Rows that were closed already, or that a later file overruled, are superseded."""
        good, bad = self.accepted_by[entry.seq], self.quarantined_by[entry.seq]
        return {
            "accepted": good,
            "superseded": entry.records - entry.ignored - good - bad,
            "quarantined": bad,
            "ignored": entry.ignored,
        }
