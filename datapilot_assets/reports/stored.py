"""Where a report is kept: a name that a person can find."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from datapilot_domain.landing import LandingEntry
from datapilot_domain.partitions import organization_prefix

_LONGEST_NAME = 80


def report_key(entry: LandingEntry) -> str:
    """`org_id=acme/reports/000012-vendas_2024-01.report`, without the ending of its form.

    The number is the entry's place: the same file sent twice has two reports, which sort by arrival; one that is
    decided again has one.
    """
    plain = unicodedata.normalize("NFKD", PurePosixPath(entry.file).stem).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.")[:_LONGEST_NAME] or "file"
    return organization_prefix(entry.org_id, "reports", f"{entry.place:06d}-{name}.report")
